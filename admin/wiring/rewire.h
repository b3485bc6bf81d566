/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carrying a plan out, and back. The record is written first and removed last, so that whatever
 * ends the work in the middle leaves files that are old or new, and a way back from both.
 */
#ifndef ADMIN_WIRING_REWIRE_H
#define ADMIN_WIRING_REWIRE_H

#include <stdbool.h>

#include "admin/wiring/wiring.h"
#include "admin/wiring/record.h"
#include "core/base/err.h"

#define REWIRE_WHY_MAX 800

/*
 * Makes the plan's changes, for root. The service's own tool judges the result, and the plan made
 * once more has nothing left to do; else everything is as before, and why says so.
 */
PAT_CHECKED enum pat_err rewire_out(const struct wiring *plan, bool config_may_be_missing,
                                    char why[REWIRE_WHY_MAX]);

/* The way back, file by file. */
struct rewire_back {
    size_t change_count;
    struct change changes[WIRING_CHANGES_MAX]; /* in the order in which they are made */
    size_t edited; /* files that were changed since: only our lines go */
    size_t gone;   /* files in which nothing of ours is left */
    char refusal[REWIRE_WHY_MAX];
    char path[CHANGE_PATH_MAX]; /* refusal: of the file that has to be changed by hand */
};

/* Plans it. Free it in any case. */
PAT_CHECKED enum pat_err rewire_plan_back(const struct record *record, struct rewire_back *ret);
void rewire_free(struct rewire_back *back);

/* Carries it out, and removes the record. */
PAT_CHECKED enum pat_err rewire_undo(const struct service *service, const struct record *record,
                                     const struct rewire_back *back, char why[REWIRE_WHY_MAX]);

#endif
