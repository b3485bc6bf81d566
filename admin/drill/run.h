/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a service's usual client, with a text on its standard input. As in admin/host/tool.h no
 * shell, no descriptors and no environment but what is given; standard output is thrown away, and
 * ^C ends it, too.
 */
#ifndef ADMIN_DRILL_RUN_H
#define ADMIN_DRILL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/terminal/interrupt.h"

#define RUN_SAID_MAX 400

enum run_end { RUN_ENDED, RUN_MISSING, RUN_LATE, RUN_FAILED, RUN_INTERRUPTED };

struct run {
    const char *const *argv;        /* argv[0] is the name of a tool, or a path; up to a NULL */
    const char *const *environment; /* beside PATH and LC_ALL; up to a NULL, or NULL */
    const char *input;              /* NULL: nothing; at most 4096 bytes */
    bool as_account;                /* as this uid and gid, without further groups */
    uid_t uid;
    gid_t gid;
    char *text; /* NULL; else the beginning of standard error, text_size bytes with a NUL */
    size_t text_size;
    unsigned seconds;
    struct interrupt *interrupt;
};

/*
 * status is the exit status; said the last line of standard error, and "" where all of it is asked
 * for: that may hold what nobody is to be told. Only RUN_ENDED fills status.
 */
enum run_end run_client(const struct run *run, int *ret_status, char said[RUN_SAID_MAX]);

/* Waits for a child of one's own in the same way; a child that is late is killed. */
enum run_end run_wait(pid_t pid, unsigned seconds, struct interrupt *interrupt, int *ret_status);

#endif
