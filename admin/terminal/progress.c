/* SPDX-License-Identifier: BSD-2-Clause */
/* The bar and the lines; nothing of the work. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/out/out.h"
#include "admin/terminal/progress.h"
#include "core/base/monotonic.h"

#define SECOND INT64_C(1000000)
#define BEFORE_THE_BAR (SECOND / 2)
#define BETWEEN_BARS (SECOND / 10)
#define BETWEEN_LINES (10 * SECOND)
#define CELLS_MAX 40
#define BESIDES 46 /* columns for words and numbers */

void
progress_begin(const struct patctl *patctl, const char *verb, int64_t total, struct progress *ret)
{
    *ret = (struct progress){
        .patctl = patctl, .verb = verb, .total = total, .bar = isatty(STDERR_FILENO) == 1};
    ret->silent = patctl->globals.quiet || out_is_json(patctl->out);
    ret->begun = ret->told = pat_monotonic_microseconds();
}

static void
draw_bar(const struct progress *progress, int64_t done, int64_t elapsed)
{
    const char *full = out_is_utf8(progress->patctl->out) ? "\u2588" : "#";
    const char *empty = out_is_utf8(progress->patctl->out) ? "\u2591" : "-";
    int64_t columns = (int64_t)out_columns(progress->patctl->out) - BESIDES;
    int64_t cells = columns < 0 ? 0 : columns > CELLS_MAX ? CELLS_MAX : columns;
    int64_t rate = elapsed > 0 ? done * SECOND / elapsed : 0;
    int64_t left = rate > 0 ? (progress->total - done + rate - 1) / rate : 0;

    fprintf(stderr, "\r%s ", progress->verb);
    for (int64_t i = 0; i < cells; i++)
        fputs(i < cells * done / progress->total ? full : empty, stderr);
    fprintf(stderr, " %lld/%lld  %lld/s  %lld s left\033[K", (long long)done,
            (long long)progress->total, (long long)rate, (long long)left);
}

void
progress_step(struct progress *progress, int64_t done)
{
    int64_t now = pat_monotonic_microseconds();

    if (progress->silent || now - progress->begun < BEFORE_THE_BAR ||
        now - progress->told < (progress->bar ? BETWEEN_BARS : BETWEEN_LINES))
        return;
    progress->told = now;
    if (progress->bar) {
        progress->drawn = true;
        draw_bar(progress, done, now - progress->begun);
    } else {
        fprintf(stderr, "%s: %lld of %lld\n", progress->verb, (long long)done,
                (long long)progress->total);
    }
}

void
progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
}
