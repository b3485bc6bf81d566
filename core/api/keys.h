/* SPDX-License-Identifier: BSD-2-Clause */
/* A new verifier key for new tokens, and the clock's mark, as operators want them. */
#ifndef PAT_API_KEYS_H
#define PAT_API_KEYS_H

#include "core/api/manage.h"

/*
 * Makes the next verifier key, logs it, and lets it serve new tokens; the others stay for the
 * tokens that are under them. A transaction of its own. PAT_ERR_LIMIT when there are too many.
 */
PAT_CHECKED enum pat_err pat_keys_rotate(struct pat_manage *manage, int64_t *ret_number);

/*
 * Logs that an operator takes the clock for right, and moves its mark there, forward or back. A
 * transaction of its own. *ret is the time of decisions from now on.
 */
PAT_CHECKED enum pat_err pat_keys_accept_clock(struct pat_manage *manage, int64_t *ret);

#endif
