/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll(7) with deadlines. The next deadline is kept as a lower bound: it is exact when it is
 * computed and may only be too early afterwards, so a pass over the sources is rare.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/monotonic.h"
#include "patd/loop.h"

#define ROUND 64
#define NEVER INT64_MAX
#define TICK_MILLISECONDS 1000

struct patd_loop {
    int epoll;
    int wake; /* eventfd */
    atomic_bool stopped;
    int64_t next_deadline;
    struct patd_source *first, *last;
    struct patd_source *removed; /* linked by after; destroyed behind a round */
};

enum pat_err
patd_loop_open(struct patd_loop **ret)
{
    struct patd_loop *loop = calloc(1, sizeof *loop);
    struct epoll_event event = {.events = EPOLLIN};

    if (loop == NULL)
        return PAT_ERR_NOMEM;
    loop->next_deadline = NEVER;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll == -1 || loop->wake == -1 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) == -1) {
        patd_loop_close(loop);
        return PAT_ERR_IO;
    }
    *ret = loop;
    return PAT_OK;
}

static void
destroy_removed(struct patd_loop *loop)
{
    while (loop->removed != NULL) {
        struct patd_source *source = loop->removed;

        loop->removed = source->after;
        source->destroy(source);
    }
}

void
patd_loop_close(struct patd_loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->first != NULL)
        patd_loop_remove(loop->first);
    destroy_removed(loop);
    if (loop->epoll != -1)
        close(loop->epoll);
    if (loop->wake != -1)
        close(loop->wake);
    free(loop);
}

enum pat_err
patd_loop_watch(struct patd_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    int operation = source->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (epoll_ctl(source->loop->epoll, operation, source->fd, &event) == -1)
        return pat_file_err(errno);
    source->watched = true;
    return PAT_OK;
}

enum pat_err
patd_loop_add(struct patd_loop *loop, struct patd_source *source, uint32_t events)
{
    enum pat_err err;

    source->loop = loop;
    source->watched = false;
    err = events == 0 ? PAT_OK : patd_loop_watch(source, events);
    if (err != PAT_OK)
        return err;
    source->deadline = NEVER;
    source->removed = false;
    source->after = NULL;
    source->before = loop->last;
    if (loop->last != NULL)
        loop->last->after = source;
    else
        loop->first = source;
    loop->last = source;
    return PAT_OK;
}

void
patd_loop_remove(struct patd_source *source)
{
    struct patd_loop *loop = source->loop;

    if (source->removed)
        return;
    source->removed = true;
    close(source->fd); /* leaves the epoll set by that */
    source->fd = -1;
    if (source->before != NULL)
        source->before->after = source->after;
    else
        loop->first = source->after;
    if (source->after != NULL)
        source->after->before = source->before;
    else
        loop->last = source->before;
    source->after = loop->removed;
    loop->removed = source;
}

void
patd_loop_set_deadline(struct patd_source *source, int64_t milliseconds)
{
    source->deadline = milliseconds < 0 ? NEVER : pat_monotonic_milliseconds() + milliseconds;
    if (source->deadline < source->loop->next_deadline)
        source->loop->next_deadline = source->deadline;
}

/* A callback may remove any source: the walk goes on from one that is still in the list. */
static void
expire(struct patd_loop *loop, int64_t now)
{
    struct patd_source *source, *next;

    if (now < loop->next_deadline)
        return;
    loop->next_deadline = NEVER;
    for (source = loop->first; source != NULL; source = next) {
        next = source->after;
        if (source->deadline <= now) {
            source->deadline = NEVER;
            source->expired(source);
            if (next != NULL && next->removed)
                next = loop->first;
        }
    }
    for (source = loop->first; source != NULL; source = source->after)
        if (source->deadline < loop->next_deadline)
            loop->next_deadline = source->deadline;
}

static int
wait_time(const struct patd_loop *loop, int64_t now, int64_t next_tick)
{
    int64_t until = loop->next_deadline < next_tick ? loop->next_deadline : next_tick;

    return until <= now ? 0 : (int)(until - now);
}

static void
dispatch(struct patd_loop *loop, const struct epoll_event *events, int count)
{
    uint64_t ignored;

    for (int i = 0; i < count; i++) {
        struct patd_source *source = events[i].data.ptr;

        if (source == NULL) {
            if (read(loop->wake, &ignored, sizeof ignored) == -1)
                continue;
        } else if (!source->removed) {
            source->ready(source, events[i].events);
        }
    }
}

void
patd_loop_run(struct patd_loop *loop, void (*tick)(void *context), void *context)
{
    int64_t next_tick = pat_monotonic_milliseconds() + TICK_MILLISECONDS;

    while (!atomic_load(&loop->stopped)) {
        struct epoll_event events[ROUND];
        int count = epoll_wait(loop->epoll, events, ROUND,
                               wait_time(loop, pat_monotonic_milliseconds(), next_tick));
        int64_t now;

        dispatch(loop, events, count);
        now = pat_monotonic_milliseconds();
        expire(loop, now);
        if (now >= next_tick) {
            next_tick = now + TICK_MILLISECONDS;
            if (tick != NULL)
                tick(context);
        }
        destroy_removed(loop);
    }
}

void
patd_loop_stop(struct patd_loop *loop)
{
    const uint64_t one = 1;

    atomic_store(&loop->stopped, true);
    if (write(loop->wake, &one, sizeof one) == -1)
        return; /* the tick comes within a second anyway */
}

struct patd_source *
patd_loop_first(const struct patd_loop *loop)
{
    return loop->first;
}
