/* SPDX-License-Identifier: BSD-2-Clause */
/* What patd does that changes nothing: reading, and taking bytes apart. */
#ifndef TESTS_FAULTS_OOM_TASKS_H
#define TESTS_FAULTS_OOM_TASKS_H

#include "tests/faults/deeds.h"

struct oom_result {
    enum pat_err err;
    uint64_t seen; /* a number that is another one when something else was answered */
};

struct oom_task {
    const char *title;
    void (*run)(struct world *world, struct oom_result *ret);
};

extern const struct oom_task oom_tasks[];
extern const size_t oom_tasks_count;

#endif
