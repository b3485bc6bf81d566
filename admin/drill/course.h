/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The course of a drill, of a minute at most: each row is let in with its token, which is revoked
 * then, and tried until it is refused, several rows at the same time.
 */
#ifndef ADMIN_DRILL_COURSE_H
#define ADMIN_DRILL_COURSE_H

#include <jansson.h>

#include "admin/drill/canary.h"
#include "admin/drill/rows.h"
#include "admin/drill/trials.h"
#include "admin/terminal/progress.h"

struct course {
    struct canary *canary;
    struct rows *rows;
    struct interrupt *interrupt;
    struct progress *progress;
    json_t *evidence; /* by the row's number */
    struct trials trials;
    int64_t began;
    int64_t steps;
    bool waits; /* a row is to be tried again, later */
};

/* Runs it, and judges each row; after an interrupt rows are left as they are. An exit status. */
int course_run(struct course *course);

#endif
