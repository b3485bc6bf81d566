/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time and lifetimes as people write them:
 *
 *     2s 15m 36h 90d 12w 6mon 1y                from now; months and years by the calendar
 *     2026-12-31   2026-12-31T18:00   2026-12-31T18:00:30Z   +01:00 and the like instead of Z
 *     tomorrow   eom   eoy                      the end of that day, month, year
 *     never
 *
 * A day without a time means its end (23:59:59) when it is asked for an end, else its beginning.
 * Without a zone it is the local one. Results are microseconds since 1970 UTC.
 */
#ifndef PAT_BASE_WHEN_H
#define PAT_BASE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct pat_when {
    bool never;
    int64_t at; /* microseconds since 1970 UTC; 0 for never */
};

enum pat_when_sense {
    PAT_WHEN_END,   /* "90d" is in 90 days, a day means its end */
    PAT_WHEN_BEGIN, /* "90d" is in 90 days, a day means its beginning */
    PAT_WHEN_PAST,  /* "90d" was 90 days ago, a day means its beginning; also yesterday, today */
};

/* PAT_ERR_SYNTAX, or PAT_ERR_RANGE for a date that does not exist or is too far away. */
PAT_CHECKED enum pat_err pat_when_read(const char *text, enum pat_when_sense sense, int64_t now,
                                       struct pat_when *ret);

/* A lifetime in microseconds: the spans of the first line, with 30 days a month and 365 a year. */
PAT_CHECKED enum pat_err pat_when_span(const char *text, int64_t *ret);

/* RFC 3339 in UTC, to the second: "2026-11-22T14:05:11Z". size is at least 32. */
void pat_when_write(int64_t at, char *ret, size_t size);

#endif
