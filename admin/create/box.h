/* SPDX-License-Identifier: BSD-2-Clause */
/* The one-time screen: a new token, the ways to store it, and the question whether it is. */
#ifndef ADMIN_CREATE_BOX_H
#define ADMIN_CREATE_BOX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct patctl;
struct screen;

enum box_outcome {
    BOX_STORED,
    BOX_DISCARDED,
    BOX_LATE,        /* nobody answered in time */
    BOX_INTERRUPTED, /* ^C, SIGTERM */
    BOX_GONE,        /* the terminal was closed */
};

struct box {
    const struct patctl *patctl;
    struct screen *screen; /* open */
    const char *token;
    bool confirms;       /* "stored" has to be typed; else Enter will do */
    bool qr, copy;       /* at once */
    char file[PATH_MAX]; /* set: what the token was written to; or "" */
    char note[PATH_MAX + 80];
};

/* Shows the token for at most lifetime microseconds; the screen is empty and left afterwards. */
enum box_outcome box_show(struct box *box, int64_t lifetime);

#endif
