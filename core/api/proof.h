/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proving that nobody edited a change log. Its keyed chain is followed from the checkpoint of
 * retention, or its beginning, up to the sealed head; and every change whose text is erased must be
 * named by a later change that erased it. What the system log holds of heads pins the chain even
 * against who has the keys.
 */
#ifndef PAT_API_PROOF_H
#define PAT_API_PROOF_H

#include "core/api/manage.h"

struct pat_proof_verdict {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t cut;     /* the checkpoint: what is older was removed by retention; 0: nothing was */
    int64_t checked; /* the last change whose link holds; of heads: how many fit */
    int64_t head;    /* the number of the newest change */
    int64_t before;  /* of heads: how many lie before the checkpoint, and prove nothing any more */
    int64_t bad;     /* the first change that is not as it was written; 0: none */
    char what[120];  /* what is wrong with it; empty: the whole log holds */
};

/* False ends. */
typedef bool pat_proof_each(void *context, const struct pat_proof_verdict *verdict);

/* How far a proof has come; zero at its beginning. pat_proof_close() ends its life. */
struct pat_proof {
    bool done;
    bool begun;  /* verdict is of the log that it is in, or was in last */
    bool inside; /* that log is not over yet */
    struct pat_digest link;
    struct pat_proof_verdict verdict;
    struct pat_proof_gap *gaps; /* erased changes that no later one speaks of yet */
    size_t gap_count;
};

/*
 * Follows the chain of a bounded number of changes; a verdict comes when a log is over. The logs
 * that the caller may read as a whole: tenant NULL is all of them, the empty text the host's.
 */
PAT_CHECKED enum pat_err pat_proof_step(struct pat_manage *manage, const char *tenant,
                                        struct pat_proof *proof, pat_proof_each *each,
                                        void *context);
void pat_proof_close(struct pat_proof *proof);

#define PAT_PROOF_HEADS 500 /* at once */

/* A head as the system log has it. */
struct pat_proof_head {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t seq;
    struct pat_digest link;
};

/*
 * Compares heads with the logs, whose chain is not followed for that; one verdict for each log that
 * they name and the caller may read as a whole. tenant as above: those of others are passed over.
 */
PAT_CHECKED enum pat_err pat_proof_heads(struct pat_manage *manage, const char *tenant,
                                         const struct pat_proof_head *heads, size_t count,
                                         pat_proof_each *each, void *context);

#endif
