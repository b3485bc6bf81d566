/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of uses by day, as patd's method Uses and Status tell them. */
#ifndef ADMIN_OUT_DAYS_H
#define ADMIN_OUT_DAYS_H

#include <jansson.h>
#include <stdint.h>

#include "admin/patctl.h"

#define DAYS_SHOWN 30
#define DAYS_DAY INT64_C(86400000000)

struct days {
    int64_t accepted[DAYS_SHOWN]; /* by day, today is the last one */
    int64_t all_accepted, all_refused;
};

/* Adds one entry of patd's days. */
void days_add(struct days *days, json_t *entry);

/* Asks for the uses of a token: *ret is patd's reply. days 0: as patd has it. */
int days_ask(struct patctl *patctl, const char *reference, const char *tenant, int64_t days,
             json_t **ret);

/* Sets the member "bars" of a token: its last month in a few counts. */
int days_set_bars(struct patctl *patctl, json_t *token);

#endif
