/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling owners that their tokens end, in steps: with 30, 7 and 1, a token is told of once when it
 * has 30 days left or fewer, once with 7, and once with 1. Only the step that fits counts: who
 * hears of 7 days is not told of 30 afterwards. What was told is remembered in usage.db.
 */
#ifndef PAT_API_NOTICES_H
#define PAT_API_NOTICES_H

#include "core/api/find.h"

#define PAT_NOTICES_STEPS 8
#define PAT_NOTICES_DAYS_MAX 365 /* what is remembered is kept longer */

/* Zeroed: no step. */
struct pat_notices_steps {
    int64_t days[PAT_NOTICES_STEPS]; /* rising */
    size_t count;
};

/* PAT_ERR_RANGE for days that are not 1 to PAT_NOTICES_DAYS_MAX, or too many steps. */
PAT_CHECKED enum pat_err pat_notices_add(struct pat_notices_steps *steps, int64_t days);

/* The step of a token that ends in so many microseconds; 0: none. */
int64_t pat_notices_step(const struct pat_notices_steps *steps, int64_t left);

/* A token whose owner is to be told; all of it lives until the call returns. */
struct pat_notice {
    const struct pat_token_record *token;
    int64_t days; /* the step */
    const struct pat_user_record *user;
    const struct pat_tenant_record *tenant;
};

typedef bool pat_notices_each(void *context, const struct pat_notice *notice);

/*
 * A part of what is due at this moment, from the place on, as pat_find_page(): live tokens that end
 * soon enough and have no successor, whose users and tenants are enabled, and whose owners were not
 * told of the step. There is to be at least one step.
 */
PAT_CHECKED enum pat_err pat_notices_page(struct pat_manage *manage,
                                          const struct pat_notices_steps *steps,
                                          struct pat_find_place *place, pat_notices_each *each,
                                          void *context);

/* The owner was told. PAT_ERR_RANGE for days that are no step. */
PAT_CHECKED enum pat_err pat_notices_sent(struct pat_manage *manage,
                                          const struct pat_token_record *token, int64_t days);

#endif
