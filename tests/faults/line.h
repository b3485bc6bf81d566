/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The manage socket of a host: patd's own sessions in its own loop, and a client in the same loop,
 * so that whoever is served is served by one thread and every run is the same. The writing handle
 * is the host's, and stays open from call to call.
 */
#ifndef TESTS_FAULTS_LINE_H
#define TESTS_FAULTS_LINE_H

#include "tests/faults/fault.h"
#include "tests/faults/host.h"

/* Once, before anything else. */
void line_start(void);

/* What came back: texts, each ended by a NUL. Lives until the next call. */
struct line_replies {
    const char *text;
    size_t len;
    bool ended;    /* the last of them is the last reply of the last message */
    bool an_error; /* and that is an error */
};

/*
 * Sends messages (each with its NUL) as uid and reads until the last of them was answered or patd
 * closed the connection. plan, which may be NULL, is armed while patd works on it.
 */
void line_call(struct host *host, uint32_t uid, const char *messages, size_t len,
               const struct fault_plan *plan, struct line_replies *ret);

#endif
