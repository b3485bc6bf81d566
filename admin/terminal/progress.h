/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a long command is, on standard error: a bar on a terminal as soon as it takes longer than
 * half a second, else a line every ten seconds; nothing with JSON or --quiet.
 */
#ifndef ADMIN_TERMINAL_PROGRESS_H
#define ADMIN_TERMINAL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct patctl;

struct progress {
    const struct patctl *patctl;
    const char *verb; /* "Creating" */
    int64_t total;
    bool bar, silent;
    bool drawn;
    int64_t begun, told; /* monotonic, microseconds */
};

/* The terminal is not shared with a list of results that is printed meanwhile. */
void progress_begin(const struct patctl *patctl, const char *verb, int64_t total,
                    struct progress *ret);
void progress_step(struct progress *progress, int64_t done);
void progress_end(struct progress *progress); /* takes the bar away */

#endif
