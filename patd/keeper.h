/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread for what must not hold up answers: log lines that wait, uses, the clock's mark, and
 * the check of all seals and sums in small steps.
 */
#ifndef PATD_KEEPER_H
#define PATD_KEEPER_H

#include "core/api/context.h"

struct pat_sink;
struct patd_keeper;

PAT_CHECKED enum pat_err patd_keeper_start(struct pat_context *context, struct pat_sink *sink,
                                           struct patd_keeper **ret);
/* Ends the thread and waits for it; keeper may be NULL. */
void patd_keeper_stop(struct patd_keeper *keeper);

#endif
