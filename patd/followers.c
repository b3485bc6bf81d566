/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of those who wait. They are few: a uid has no more than the method allows. */
#include <stddef.h>
#include <sys/epoll.h>

#include "patd/followers.h"

void
patd_followers_add(struct patd_followers *followers, struct patd_follower *follower,
                   struct patd_source *source, uint32_t uid)
{
    *follower = (struct patd_follower){.source = source, .uid = uid, .next = followers->first};
    followers->first = follower;
}

void
patd_followers_remove(struct patd_followers *followers, struct patd_follower *follower)
{
    struct patd_follower **at = &followers->first;

    while (*at != NULL && *at != follower)
        at = &(*at)->next;
    if (*at != NULL)
        *at = follower->next;
    *follower = (struct patd_follower){.source = NULL};
}

int
patd_followers_count(const struct patd_followers *followers, uint32_t uid)
{
    int count = 0;

    for (const struct patd_follower *each = followers->first; each != NULL; each = each->next)
        count += each->uid == uid;
    return count;
}

void
patd_followers_wake(struct patd_followers *followers, int64_t generation)
{
    if (generation == followers->seen)
        return;
    followers->seen = generation;
    for (struct patd_follower *each = followers->first; each != NULL; each = each->next)
        if (each->waits && patd_loop_watch(each->source, EPOLLOUT) == PAT_OK)
            each->waits = false;
}
