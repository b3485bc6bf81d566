/* SPDX-License-Identifier: BSD-2-Clause */
/* Saying times: one unit, the largest that fits; the exact date is a matter of --time. */
#include <stdio.h>
#include <time.h>

#include "admin/out/out_internal.h"
#include "admin/out/out_time.h"
#include "core/base/text.h"
#include "core/base/when.h"

#define SECOND INT64_C(1000000)

/* A unit is used from so many seconds on; what lies ahead is counted in days for longer. */
static const struct unit {
    int64_t past, future;
    int64_t seconds;
    const char *one, *many;
} units[] = {
    {2 * 365 * 86400, 2 * 365 * 86400, 365 * 86400, "year", "years"},
    {60 * 86400, 400 * 86400, 30 * 86400, "month", "months"},
    {2 * 86400, 2 * 86400, 86400, "day", "days"},
    {2 * 3600, 2 * 3600, 3600, "h", "h"},
    {120, 120, 60, "min", "min"},
    {0, 0, 1, "s", "s"},
};

static void
say(int64_t seconds, bool future, char *ret, size_t size)
{
    const struct unit *unit = units;
    int64_t count;

    while (seconds < (future ? unit->future : unit->past))
        unit++;
    count = (seconds + unit->seconds / 2) / unit->seconds;
    snprintf(ret, size, "%lld %s", (long long)count, count == 1 ? unit->one : unit->many);
}

void
out_time_span(int64_t span, char *ret, size_t size)
{
    say(span / SECOND, true, ret, size);
}

void
out_time_relative(int64_t at, int64_t now, char *ret, size_t size)
{
    bool future = at > now;
    char span[40];

    if (at - now < SECOND && now - at < SECOND) {
        pat_text_clip(ret, size, "now");
        return;
    }
    say((future ? at - now : now - at) / SECOND, future, span, sizeof span);
    snprintf(ret, size, future ? "in %s" : "%s ago", span);
}

static bool
split(const struct out *out, int64_t at, struct tm *ret)
{
    time_t seconds = (time_t)(at / SECOND);

    return (out->patctl->globals.utc ? gmtime_r(&seconds, ret) : localtime_r(&seconds, ret)) !=
           NULL;
}

void
out_date(const struct out *out, int64_t at, char *ret, size_t size)
{
    struct tm parts;

    if (!split(out, at, &parts) || strftime(ret, size, "%a %e %b %Y %H:%M:%S %Z", &parts) == 0)
        pat_text_clip(ret, size, "?");
}

void
out_day(const struct out *out, int64_t at, char *ret, size_t size)
{
    struct tm parts;

    if (out->patctl->globals.time != TIME_RELATIVE)
        out_time(out, at, ret, size);
    else if (!split(out, at, &parts) || strftime(ret, size, "%-d %b %Y", &parts) == 0)
        pat_text_clip(ret, size, "?");
}

static void
write_iso(const struct out *out, int64_t at, char *ret, size_t size)
{
    struct tm parts;

    if (out->patctl->globals.utc)
        pat_when_write(at, ret, size);
    else if (!split(out, at, &parts) || strftime(ret, size, "%Y-%m-%dT%H:%M:%S%z", &parts) == 0)
        pat_text_clip(ret, size, "?");
}

void
out_time(const struct out *out, int64_t at, char *ret, size_t size)
{
    switch (out->patctl->globals.time) {
    case TIME_RELATIVE:
        out_time_relative(at, out->now, ret, size);
        break;
    case TIME_ISO:
        write_iso(out, at, ret, size);
        break;
    case TIME_FULL:
        out_date(out, at, ret, size);
        break;
    case TIME_UNIX:
        snprintf(ret, size, "%lld", (long long)(at / SECOND));
        break;
    }
}
