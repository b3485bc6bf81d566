/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread's events: descriptors with a callback each, and a deadline each. Only wake and stop
 * may be called from other threads.
 */
#ifndef PATD_LOOP_H
#define PATD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct patd_loop;

/* Embedded in whatever waits for a descriptor; the loop never frees it but by destroy(). */
struct patd_source {
    int fd;
    /* events are epoll(7)'s. */
    void (*ready)(struct patd_source *source, uint32_t events);
    void (*expired)(struct patd_source *source); /* its deadline has passed, and is now unset */
    void (*destroy)(struct patd_source *source); /* once no callback can reach it any more */
    /* The loop's own. */
    struct patd_loop *loop;
    int64_t deadline;
    struct patd_source *before, *after;
    bool watched;
    bool removed;
};

PAT_CHECKED enum pat_err patd_loop_open(struct patd_loop **ret);
/* Removes and destroys what is still in it; loop may be NULL. */
void patd_loop_close(struct patd_loop *loop);

/*
 * The source's fd, ready and destroy must be set. events 0: the descriptor is not watched, for
 * hang-ups neither, until patd_loop_watch(); one that is served at once needs none of it.
 */
PAT_CHECKED enum pat_err patd_loop_add(struct patd_loop *loop, struct patd_source *source,
                                       uint32_t events);
/* Events 0 leaves hang-ups. */
PAT_CHECKED enum pat_err patd_loop_watch(struct patd_source *source, uint32_t events);
/* Closes the descriptor; destroy() follows when the running round of callbacks is over. */
void patd_loop_remove(struct patd_source *source);

/* Milliseconds from now; negative: none. */
void patd_loop_set_deadline(struct patd_source *source, int64_t milliseconds);

/* Runs callbacks until patd_loop_stop(). tick (or NULL) is called about once a second. */
void patd_loop_run(struct patd_loop *loop, void (*tick)(void *context), void *context);
void patd_loop_stop(struct patd_loop *loop);

/* The sources in the order in which they were added; NULL ends. */
struct patd_source *patd_loop_first(const struct patd_loop *loop);

#endif
