/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of io.linuxpat.Manage, and a store on which each of them does what it is for. */
#ifndef TESTS_FAULTS_OOM_CALLS_H
#define TESTS_FAULTS_OOM_CALLS_H

#include "tests/faults/host.h"

#define OOM_CALLS_TEXT 2048
#define OOM_CALLS_ALICE 60001U

enum oom_calls_kind {
    OOM_CALLS_READS,
    OOM_CALLS_CHANGES, /* in one transaction */
    OOM_CALLS_PIECES,  /* in more than one */
};

struct oom_call {
    const char *method;
    /* As JSON, without the braces. @a to @z: the id of a token; @A: the text of one. */
    const char *parameters;
    enum oom_calls_kind kind;
    bool more;
    uint32_t uid; /* 0: an operator's */
};

extern const struct oom_call oom_calls[];
extern const size_t oom_calls_count;

/* Makes the store in dir, which must be empty. */
void oom_calls_begin(const char *dir);

/* The message, with its NUL; answers how long it is. */
size_t oom_calls_write(const struct oom_call *call, char ret[OOM_CALLS_TEXT]);

#endif
