/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One change to many tokens. They are found first, page by page, so that others have their turn
 * and it is known how many there are; then they are changed in commits of at most PAT_BULK_ROWS
 * rows, all under one batch. What is found is remembered by number: a token that is made meanwhile
 * is not among them, and one that no longer fits when its turn comes is left alone.
 */
#ifndef PAT_API_BULK_H
#define PAT_API_BULK_H

#include "core/api/find.h"

#define PAT_BULK_ROWS 5000      /* of a commit */
#define PAT_BULK_ROWS_TIGHT 100 /* once the disk was full: they fit into the ballast, with more */

/* Those of a tenant that a commit changed, in the order of the changes. */
struct pat_bulk_part {
    const char *tenant;
    const char (*ids)[PAT_ID_LEN + 1];
    size_t count;
};

/* What is done, to whom; it stays the same from the first call to the last. */
struct pat_bulk_task {
    const struct pat_find_filter *filter;
    enum pat_action action; /* that the caller must be allowed for every token that fits */
    bool live_only;
    /* Changes one token within the running transaction. */
    enum pat_err (*change)(struct pat_manage *manage, const struct pat_bulk_task *task,
                           const char *batch, struct pat_token_record *token);
    /* NULL, or behind the last of a tenant's in a commit, before it is one. */
    enum pat_err (*close)(struct pat_manage *manage, const struct pat_bulk_task *task,
                          const char *batch, const struct pat_bulk_part *part);
    const char *reason;  /* of a revocation; not NULL */
    int64_t dead_before; /* of a purge */
};

/* Ends what is live and fits the filter. */
struct pat_bulk_task pat_bulk_revocation(const struct pat_find_filter *filter, const char *reason);

struct pat_bulk;

/* NULL without memory. */
struct pat_bulk *pat_bulk_new(void);
void pat_bulk_free(struct pat_bulk *bulk); /* bulk may be NULL */

/*
 * Looks at the next page; *ret_found when that was the last. Refuses when the caller may not do it
 * to one of them, so before anything is changed.
 */
PAT_CHECKED enum pat_err pat_bulk_find(struct pat_manage *manage, struct pat_bulk *bulk,
                                       const struct pat_bulk_task *task, bool *ret_found);

/*
 * Changes the next ones in a transaction of its own; *ret_done when none is left. After an error
 * nothing of it is there, and it may be tried again.
 */
PAT_CHECKED enum pat_err pat_bulk_commit(struct pat_manage *manage, struct pat_bulk *bulk,
                                         const struct pat_bulk_task *task, bool *ret_done);

int64_t pat_bulk_of(const struct pat_bulk *bulk);   /* found, so far */
int64_t pat_bulk_done(const struct pat_bulk *bulk); /* changed and committed */
const char *pat_bulk_batch(const struct pat_bulk *bulk);

#endif
