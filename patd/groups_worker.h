/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PATD_GROUPS_WORKER_H
#define PATD_GROUPS_WORKER_H

/* An answer: the account, a NUL, the names of its groups one a line. Truncated after whole names.
 */
#define PATD_GROUPS_ANSWER_MAX 32768

/*
 * In front of a name that may be an account's; the answer is then its uid in decimal, or nobody, or
 * there is none.
 */
#define PATD_GROUPS_UID '\n'
#define PATD_GROUPS_NOBODY "no"

/*
 * Serves requests (an account's name each) on fd until it is closed; never returns. Runs in a
 * process of its own, which holds nothing worth stealing.
 */
_Noreturn void patd_groups_worker_run(int fd);

#endif
