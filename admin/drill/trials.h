/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logins at the same time: each in a child, so that what waits (the pause after a refusal, a
 * service that hangs) holds up nobody else. No more than processors at once, so that each takes as
 * long as it would alone; who has taken longer than a login does is waiting, and does not count.
 */
#ifndef ADMIN_DRILL_TRIALS_H
#define ADMIN_DRILL_TRIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/drill/clients.h"

#define TRIALS_MAX 8

struct trials {
    struct interrupt *interrupt;
    size_t count;
    struct trial {
        size_t number; /* the caller's */
        pid_t pid;
        int fd;
        int64_t began;
    } all[TRIALS_MAX];
};

struct trial_end {
    size_t number;
    enum attempt attempt;
    int chosen; /* the place, as clients_log_in() has it */
    int64_t at; /* milliseconds of CLOCK_MONOTONIC */
    char said[RUN_SAID_MAX];
};

/* Whether one more may begin now. */
bool trials_have_room(const struct trials *trials);

/* Begins one; there is room. False: it could not be, errno says why. */
bool trials_begin(struct trials *trials, size_t number, const struct client *client,
                  const struct login *login, const struct places *places, int chosen);

/* One that ends within a moment; false: none did. */
bool trials_next(struct trials *trials, struct trial_end *ret);

/* Ends what is under way. */
void trials_end(struct trials *trials);

#endif
