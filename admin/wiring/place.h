/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the host, which other packages own: read whole, and replaced so that there is the old
 * one or the new one and never half of either. Owner, mode and extended attributes (the SELinux
 * context, ACLs) stay. What is not a plain file in directories of root's own is refused.
 */
#ifndef ADMIN_WIRING_PLACE_H
#define ADMIN_WIRING_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "admin/wiring/change.h"
#include "core/base/err.h"

#define PLACE_WHY_MAX 400

/*
 * The text of a file, to be freed by the caller. PAT_ERR_NOT_FOUND: it or its directory is not
 * there. All else tells why in a sentence: PAT_ERR_SYNTAX (a symbolic link, no plain file, not
 * UTF-8 text, more than one name, too long), PAT_ERR_DENIED, PAT_ERR_IO, PAT_ERR_NOMEM.
 */
PAT_CHECKED enum pat_err place_read(const char *path, char **ret_text, struct stat *ret_status,
                                    char why[PLACE_WHY_MAX]);

/* True when there is a directory, and no symbolic link on the way to it. */
bool place_has_directory(const char *path);
/* True when the directory that a file is in is missing. */
bool place_lacks_directory(const char *path);

/*
 * Makes the change: for root. What the file holds must still be what the change was planned on,
 * else PAT_ERR_CONFLICT. Errors as above.
 */
PAT_CHECKED enum pat_err place_change(const struct change *change, char why[PLACE_WHY_MAX]);

/*
 * After a change was taken back: removes what a kill in the middle left beside the file, and the
 * directory that was made for it, if it is empty.
 */
void place_clean(const struct change *change);

#endif
