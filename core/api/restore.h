/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accepting a database that is older than its anchor, and one whose anchor was lost. DESIGN.md,
 * section 5: what was taken away since is taken away again before anything is answered.
 */
#ifndef PAT_API_RESTORE_H
#define PAT_API_RESTORE_H

#include "core/api/manage.h"

struct pat_restore {
    int64_t from, to; /* generations: of the restored database, and of what it is now */
    int64_t made;     /* changes that were made again */
    int64_t missing;  /* subjects that the database does not have: made after it */
    int64_t closed;   /* ended because their line could not be understood */
};

/*
 * Makes everything again that the anchor's journal knows since the database's generation, in one
 * transaction that is a generation above the anchor's, and logs it with a db.restore of the host.
 * Then answers may be given again. For operators, and while the context's health is bad:
 * manage->store is not used. PAT_ERR_CONFLICT when nothing was restored, PAT_ERR_ROLLBACK when the
 * journal does not reach back that far, PAT_ERR_SEAL when the database does not agree with itself.
 */
PAT_CHECKED enum pat_err pat_restore_accept(struct pat_manage *manage, struct pat_restore *ret);

#endif
