/* SPDX-License-Identifier: BSD-2-Clause */
/* One handle of libpam: pam_start, the operations of the command line, pam_end. */
#ifndef TESTS_PAM_SESSION_H
#define TESTS_PAM_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests/pam/state.h"

#define SESSION_OPERATIONS_MAX 32
#define SESSION_CODES 32 /* PAM_INCOMPLETE is 31 */

extern const char *const session_code_names[SESSION_CODES];

/* What the command line asks for. */
struct plan {
    const char *confdir, *service, *user;
    char **operations;
    int count;
    long cycles, threads; /* no cycles: one session, printed in full */
    bool closed, alarms, scan;
    int out;
    char *answers; /* one behind the other, each with its NUL */
    size_t answers_len;
    atomic_long tally[SESSION_OPERATIONS_MAX][SESSION_CODES]; /* with cycles */
};

/*
 * Runs one session. Whatever differs from before is printed behind each operation; before is NULL
 * where many sessions run beside each other. Does not return in a child that an operation made.
 */
void session_run(struct plan *plan, const struct state *before);

/* For mistakes of whoever wrote the command line: says so and ends the process. */
_Noreturn void session_fail(const char *what);

#endif
