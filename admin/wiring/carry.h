/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carrying a plan out, and back. The record is written first and removed last, so that whatever
 * ends the work in the middle leaves files that are old or new, and a way back from both.
 */
#ifndef ADMIN_WIRING_CARRY_H
#define ADMIN_WIRING_CARRY_H

#include <stdbool.h>

#include "admin/wiring/plan.h"
#include "admin/wiring/record.h"
#include "core/base/err.h"

#define CARRY_WHY_MAX 800

/*
 * Makes the plan's changes, for root. The service's own tool judges the result, and the plan made
 * once more has nothing left to do; else everything is as before, and why says so.
 */
PAT_CHECKED enum pat_err carry_out(const struct plan *plan, bool config_may_be_missing,
                                   char why[CARRY_WHY_MAX]);

/* The way back, file by file. */
struct carry_back {
    size_t change_count;
    struct change changes[PLAN_CHANGES_MAX]; /* in the order in which they are made */
    size_t edited;                           /* files that were changed since: only our lines go */
    size_t gone;                             /* files in which nothing of ours is left */
    char refusal[CARRY_WHY_MAX];
    char path[CHANGE_PATH_MAX]; /* refusal: of the file that has to be changed by hand */
};

/* Plans it. Free it in any case. */
PAT_CHECKED enum pat_err carry_plan_back(const struct record *record, struct carry_back *ret);
void carry_free(struct carry_back *back);

/* Carries it out, and removes the record. */
PAT_CHECKED enum pat_err carry_undo(const struct service *service, const struct record *record,
                                    const struct carry_back *back, char why[CARRY_WHY_MAX]);

#endif
