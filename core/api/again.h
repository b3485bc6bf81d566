/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes that are made again on a restored database, from lines of the anchor's journal. All of
 * them narrow: what is narrower already stays. A line that cannot be understood ends whatever it is
 * about: the token is revoked, the user or tenant disabled.
 */
#ifndef PAT_API_AGAIN_H
#define PAT_API_AGAIN_H

#include "core/api/journal.h"
#include "core/api/manage.h"

#define PAT_AGAIN_REASON "made again after a restore"

struct pat_again {
    struct pat_manage *manage;
    int64_t made;    /* changes that were made again */
    int64_t missing; /* subjects that the database does not have */
    int64_t closed;  /* subjects that were ended because their line could not be understood */
};

/*
 * Makes the changes of a line in the running transaction and logs them. PAT_ERR_VERSION when it
 * does not even tell whom it is about.
 */
PAT_CHECKED enum pat_err pat_again(struct pat_again *again, const char *line);

/* --- what the rooms of it share --- */

/* One kind of change. PAT_ERR_SYNTAX: the line cannot be understood. */
typedef enum pat_err pat_again_make(struct pat_again *again, const struct pat_journal_line *line);

pat_again_make pat_again_user_disable, pat_again_user_bind, pat_again_user_role,
    pat_again_user_forget, pat_again_grant_remove;
pat_again_make pat_again_tenant_set, pat_again_tenant_disable, pat_again_tenant_delete;

/* Counts a change and logs it under the line's event; user and subject may be NULL. */
PAT_CHECKED enum pat_err pat_again_log(struct pat_again *again, const struct pat_journal_line *line,
                                       const char *user, const char *subject);

/*
 * Reads a row; PAT_ERR_NOT_FOUND for one that is missing, which is counted. Other failures are the
 * problem of manage already.
 */
PAT_CHECKED enum pat_err pat_again_get(struct pat_again *again, enum pat_row_kind kind,
                                       const char *tenant, const char *name, void *ret);
PAT_CHECKED enum pat_err pat_again_put(struct pat_again *again, enum pat_row_kind kind, void *row);

#endif
