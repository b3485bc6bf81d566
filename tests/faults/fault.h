/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points at which something is made to fail. Every call that may fail and is under the tests'
 * control is a point: memory.c, files.c and vfs.c ask here before they do it. Points are counted
 * from when a plan is armed, so that a sweep over all of them is a loop until none is hit.
 */
#ifndef TESTS_FAULTS_FAULT_H
#define TESTS_FAULTS_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_MEMORY = 1,
    FAULT_READ = 2,
    FAULT_WRITE = 4, /* and what makes a file longer or shorter */
    FAULT_SYNC = 8,
    FAULT_NAME = 16, /* opening, renaming, linking, removing */
    FAULT_LOCK = 32,
    FAULT_SHARED = 64, /* memory that connections share */
};

struct fault_plan {
    unsigned kinds; /* the points that are counted */
    long at;        /* the so-manieth fails; 0: none does */
    bool sticky;    /* and all behind it */
    int error;      /* errno, for what is no allocation */
    bool is_short;  /* a write does half of its work first */
};

void fault_arm(const struct fault_plan *plan);
/* Answers how many points there were. */
long fault_disarm(void);
/* Whether any was hit since the plan was armed. */
bool fault_happened(void);

/* What the points of the last plan were, from 1 on; 0 behind the last of them. */
unsigned fault_kind_of(long point);

/* For those who ask. */
bool fault_strikes(enum fault_kind kind);
const struct fault_plan *fault_plan(void);

#endif
