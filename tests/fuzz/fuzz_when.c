/* SPDX-License-Identifier: BSD-2-Clause */
/* core/base/when.c: a time in the words of people, in several zones, at any moment of ours. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/when.h"
#include "tests/fuzz/fuzz.h"

#define SECOND INT64_C(1000000)
#define YEAR (INT64_C(366) * 86400 * SECOND)
#define YEAR_3000 (INT64_C(32503680000) * SECOND)
#define TEXT_SIZE 64

static const char *const zones[] = {
    "UTC",    "CET-1CEST,M3.5.0,M10.5.0/3",      "EST5EDT,M3.2.0,M11.1.0", "XXX-14",
    "YYY+12", "LHST-10:30LHDT-11,M10.1.0,M4.1.0"};

static void
set_zone(size_t index)
{
    static size_t now = SIZE_MAX;

    if (index == now)
        return;
    now = index;
    FUZZ_CHECK(setenv("TZ", zones[index], 1) == 0);
    tzset();
}

/* What was written is read as the same second, wherever we are. */
static void
check_written(int64_t at)
{
    struct pat_when read;
    char text[32];

    pat_when_write(at, text, sizeof text);
    FUZZ_CHECK(memchr(text, '\0', sizeof text) != NULL);
    if (at < 0 || strlen(text) != strlen("2026-11-22T14:05:11Z"))
        return; /* a year of five digits */
    FUZZ_CHECK(pat_when_read(text, PAT_WHEN_END, 0, &read) == PAT_OK);
    FUZZ_CHECK(!read.never && read.at == at - at % SECOND);
}

static void
check_read(const char *text, enum pat_when_sense sense, int64_t now)
{
    struct pat_when when, untouched;
    int64_t span = -1;
    enum pat_err err;

    memset(&when, 0xaa, sizeof when);
    memset(&untouched, 0xaa, sizeof untouched);
    err = pat_when_read(text, sense, now, &when);
    if (err != PAT_OK) {
        FUZZ_CHECK(err == PAT_ERR_SYNTAX || err == PAT_ERR_RANGE);
        FUZZ_CHECK(memcmp(&when, &untouched, sizeof when) == 0);
    } else {
        FUZZ_CHECK(when.never == (strcmp(text, "never") == 0));
        FUZZ_CHECK(when.at >= 0 && (!when.never || when.at == 0));
        check_written(when.at);
    }
    if (pat_when_span(text, &span) != PAT_OK) {
        FUZZ_CHECK(span == -1);
        return;
    }
    FUZZ_CHECK(span >= SECOND && span <= 201 * YEAR);
    if (err == PAT_OK) /* months and years go by the calendar */
        FUZZ_CHECK(sense == PAT_WHEN_PAST ? when.at <= now : when.at >= now - now % SECOND);
    else
        FUZZ_CHECK(err == PAT_ERR_RANGE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum pat_when_sense senses[] = {PAT_WHEN_END, PAT_WHEN_BEGIN, PAT_WHEN_PAST};
    struct fuzz_input input = fuzz_input(bytes, len);
    enum pat_when_sense sense = senses[fuzz_pick(&input, 3)];
    char text[TEXT_SIZE];
    int64_t now;

    set_zone(fuzz_pick(&input, sizeof zones / sizeof zones[0]));
    now = (int64_t)(fuzz_number(&input, 8) % (uint64_t)YEAR_3000);
    check_written((int64_t)fuzz_number(&input, 8));
    fuzz_line(&input, text, sizeof text);
    check_read(text, sense, now);
    return 0;
}
