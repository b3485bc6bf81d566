/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slowing down guesses: after many refusals from one neighbourhood of addresses for one service,
 * the answers of further refusals wait, up to a second each. Acceptances never wait, and neither
 * does any other request: the delay is a timer, not a pause.
 */
#ifndef PATD_PENALTY_H
#define PATD_PENALTY_H

#include <stdint.h>

struct patd_penalty;

struct patd_penalty *patd_penalty_new(void); /* NULL without memory */
void patd_penalty_free(struct patd_penalty *penalty);

/* Counts a refusal at now (milliseconds); answers how long its answer has to wait. */
int64_t patd_penalty_refused(struct patd_penalty *penalty, const char *service, const char *address,
                             int64_t now);

#endif
