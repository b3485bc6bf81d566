/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections whose stream goes on with what changes: they wait, and are woken by a commit. */
#ifndef PATD_FOLLOWERS_H
#define PATD_FOLLOWERS_H

#include "patd/loop.h"

/* Embedded in a connection. */
struct patd_follower {
    struct patd_source *source; /* NULL: it does not follow */
    uint32_t uid;
    bool waits; /* it has nothing to say until something changes */
    struct patd_follower *next;
};

struct patd_followers {
    struct patd_follower *first;
    int64_t seen; /* the generation that they know of */
};

void patd_followers_add(struct patd_followers *followers, struct patd_follower *follower,
                        struct patd_source *source, uint32_t uid);
void patd_followers_remove(struct patd_followers *followers, struct patd_follower *follower);
int patd_followers_count(const struct patd_followers *followers, uint32_t uid);

/* Gives those that wait a turn when generation is not the one they know. */
void patd_followers_wake(struct patd_followers *followers, int64_t generation);

#endif
