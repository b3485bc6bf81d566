/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A copy of the store while it works, as a file in the directory "backup" of the state directory.
 * Keys are not in it. One at a time.
 */
#ifndef PAT_API_BACKUP_H
#define PAT_API_BACKUP_H

#include "core/api/manage.h"

struct pat_backup;

/* For operators. PAT_ERR_BUSY when one is being made, PAT_ERR_FULL, ... with a problem. */
PAT_CHECKED enum pat_err pat_backup_begin(struct pat_manage *manage, struct pat_backup **ret);

struct pat_backup_state {
    int64_t done, of; /* parts */
    bool finished;
    /* Once it is finished. */
    const char *path; /* lives as long as the backup */
    int64_t generation;
    int64_t bytes;
};

/*
 * Some more of it. The last step reads the copy's host row with the store's keys, has everything on
 * disk, gives the file its name, and logs a db.backup of the host.
 */
PAT_CHECKED enum pat_err pat_backup_step(struct pat_manage *manage, struct pat_backup *backup,
                                         struct pat_backup_state *ret);

/* What was not finished is removed; backup may be NULL. */
void pat_backup_free(struct pat_backup *backup);

#endif
