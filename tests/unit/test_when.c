/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/base/when: every form of its header, in UTC and in Berlin. Berlin's rules come from the
 * zone database and, so that the cases hold without it, from a POSIX rule as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/when.h"
#include "tests/unit/expect.h"

#define UTC "UTC0"
#define BERLIN "Europe/Berlin"
#define BERLIN_RULE "CET-1CEST,M3.5.0,M10.5.0/3"

/* Seconds since 1970, by Python's datetime. */
#define NOW INT64_C(1795357447)      /* 2026-11-22T14:24:07Z */
#define JAN_31 INT64_C(1769855400)   /* 2026-01-31T10:30:00Z */
#define MAR_28 INT64_C(1774697400)   /* 2026-03-28T11:30:00Z, the day before summer time */
#define OCT_24 INT64_C(1792841400)   /* 2026-10-24T11:30:00Z, the day before winter time */
#define LEAP_DAY INT64_C(1835433000) /* 2028-02-29T10:30:00Z */
#define NEW_YEAR INT64_C(1798758000) /* 2026-12-31T23:00:00Z: 2027 in Berlin */

#define END PAT_WHEN_END
#define BEGIN PAT_WHEN_BEGIN
#define PAST PAT_WHEN_PAST

struct row {
    const char *text;
    enum pat_when_sense sense;
    int64_t now;
    const char *at; /* in UTC, "|" between alternatives; "range", "syntax", or "wrong" for both */
};

static void
use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static bool
is_one_of(const char *text, const char *alternatives)
{
    size_t len = strlen(text);

    for (const char *at = alternatives; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static void
write_outcome(enum pat_err err, const struct pat_when *when, char ret[64])
{
    if (err == PAT_ERR_SYNTAX || err == PAT_ERR_RANGE)
        snprintf(ret, 64, "%s", err == PAT_ERR_SYNTAX ? "syntax" : "range");
    else if (err != PAT_OK)
        snprintf(ret, 64, "%s", pat_err_text(err));
    else if (when->never)
        snprintf(ret, 64, "never");
    else
        pat_when_write(when->at, ret, 64);
}

static void
run_rows(const char *zone, const struct row *rows, size_t count)
{
    static const char *const senses[] = {"end", "begin", "past"};
    const struct pat_when untouched = {.never = true, .at = -77};

    use_zone(zone);
    for (size_t i = 0; i < count; i++) {
        struct pat_when when = untouched;
        char title[128], got[64];
        enum pat_err err = pat_when_read(rows[i].text, rows[i].sense,
                                         rows[i].now * INT64_C(1000000), &when);

        snprintf(title, sizeof title, "\"%.60s\", %s, %s", rows[i].text, senses[rows[i].sense],
                 zone);
        write_outcome(err, &when, got);
        if (!is_one_of(got, rows[i].at) &&
            !(strcmp(rows[i].at, "wrong") == 0 && (err == PAT_ERR_SYNTAX || err == PAT_ERR_RANGE)))
            expect_text(title, got, rows[i].at);
        if (err == PAT_OK)
            expect_number(title, when.at % 1000000, 0);
        else
            expect(title, "leaves its result", when.never && when.at == -77);
        if (when.never && err == PAT_OK)
            expect_number(title, when.at, 0);
    }
}

static void
writing(void **state)
{
    static const struct {
        int64_t at;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999999, "1970-01-01T00:00:00Z"},
        {1000000, "1970-01-01T00:00:01Z"},
        {INT64_C(951827696) * 1000000, "2000-02-29T12:34:56Z"},
        {INT64_C(1795357447) * 1000000 + 999999, "2026-11-22T14:24:07Z"},
        {INT64_C(2147483648) * 1000000, "2038-01-19T03:14:08Z"},
        {INT64_C(4107542399) * 1000000, "2100-02-28T23:59:59Z"},
        {INT64_C(253402300799) * 1000000, "9999-12-31T23:59:59Z"},
        {INT64_MAX, "294247-01-10T04:00:54Z"},
    };
    char text[32];

    (void)state;
    for (int zone = 0; zone < 2; zone++) {
        use_zone(zone == 0 ? UTC : BERLIN_RULE);
        for (size_t i = 0; i < COUNT(cases); i++) {
            pat_when_write(cases[i].at, text, sizeof text);
            expect_text(cases[i].text, text, cases[i].text);
        }
    }
    pat_when_write(INT64_MIN, text, sizeof text);
    expect("the first moment", "is written somehow", memchr(text, '\0', sizeof text) != NULL);
}

static void
spans_from_now(void **state)
{
    static const struct row rows[] = {
        {"2s", END, NOW, "2026-11-22T14:24:09Z"},
        {"15m", END, NOW, "2026-11-22T14:39:07Z"},
        {"15min", END, NOW, "2026-11-22T14:39:07Z"},
        {"36h", END, NOW, "2026-11-24T02:24:07Z"},
        {"90d", END, NOW, "2027-02-20T14:24:07Z"},
        {"12w", END, NOW, "2027-02-14T14:24:07Z"},
        {"6mon", END, NOW, "2027-05-22T14:24:07Z"},
        {"1y", END, NOW, "2027-11-22T14:24:07Z"},
        {"90d", BEGIN, NOW, "2027-02-20T14:24:07Z"},
        {"90d", PAST, NOW, "2026-08-24T14:24:07Z"},
        {"6mon", PAST, NOW, "2026-05-22T14:24:07Z"},
        {"11mon", PAST, NOW, "2025-12-22T14:24:07Z"},
        {"1y", PAST, NOW, "2025-11-22T14:24:07Z"},
        {"13mon", END, NOW, "2027-12-22T14:24:07Z"},
        {"14mon", END, NOW, "2028-01-22T14:24:07Z"},
        {"56y", PAST, NOW, "1970-11-22T14:24:07Z"},
        {"57y", PAST, NOW, "range"},
        {"200y", PAST, NOW, "range"},
        {"2400mon", PAST, NOW, "range"},
        {"73200d", PAST, NOW, "range"},
        {"1mon", END, JAN_31, "2026-02-28T10:30:00Z"},
        {"2mon", END, JAN_31, "2026-03-31T10:30:00Z"},
        {"3mon", END, JAN_31, "2026-04-30T10:30:00Z"},
        {"25mon", END, JAN_31, "2028-02-29T10:30:00Z"},
        {"1mon", PAST, JAN_31, "2025-12-31T10:30:00Z"},
        {"2mon", PAST, JAN_31, "2025-11-30T10:30:00Z"},
        {"11mon", PAST, JAN_31, "2025-02-28T10:30:00Z"},
        {"1y", END, LEAP_DAY, "2029-02-28T10:30:00Z"},
        {"4y", END, LEAP_DAY, "2032-02-29T10:30:00Z"},
        {"72y", END, LEAP_DAY, "2100-02-28T10:30:00Z"},
        {"1y", PAST, LEAP_DAY, "2027-02-28T10:30:00Z"},
        {"200y", END, NOW, "2226-11-22T14:24:07Z"},
        {"201y", END, NOW, "range"},
        {"2440mon", END, NOW, "2230-03-22T14:24:07Z"},
        {"73200d", END, NOW, "2227-04-23T14:24:07Z"},
        {"73201d", END, NOW, "range"},
        {"9223372036854775807s", END, NOW, "range"},
        {"9223372036854775808s", END, NOW, "range"},
        {"99999999999999999999s", END, NOW, "range"},
        {"0d", END, NOW, "wrong"},
        {"0s", END, NOW, "wrong"},
        {"01d", END, NOW, "syntax"},
        {"-1d", END, NOW, "syntax"},
        {"+1d", END, NOW, "syntax"},
        {"1", END, NOW, "syntax"},
        {"d", END, NOW, "syntax"},
        {"1.5d", END, NOW, "syntax"},
        {"1 d", END, NOW, "syntax"},
        {"1dd", END, NOW, "syntax"},
        {"1d2h", END, NOW, "syntax"},
        {"1D", END, NOW, "syntax"},
        {"1M", END, NOW, "syntax"},
        {"1mo", END, NOW, "syntax"},
        {"1month", END, NOW, "syntax"},
        {"1ms", END, NOW, "syntax"},
        {"0x10d", END, NOW, "syntax"},
        {"\xef\xbc\x91"
         "d",
         END, NOW, "syntax"},
    };

    (void)state;
    run_rows(UTC, rows, COUNT(rows));
}

/* FEATURES A9. */
static void
days_and_words(void **state)
{
    static const struct row rows[] = {
        {"never", END, NOW, "never"},
        {"never", BEGIN, NOW, "never"},
        {"tomorrow", END, NOW, "2026-11-23T23:59:59Z"},
        {"tomorrow", BEGIN, NOW, "2026-11-23T00:00:00Z"},
        {"eom", END, NOW, "2026-11-30T23:59:59Z"},
        {"eoy", END, NOW, "2026-12-31T23:59:59Z"},
        {"today", PAST, NOW, "2026-11-22T00:00:00Z"},
        {"yesterday", PAST, NOW, "2026-11-21T00:00:00Z"},
        {"yesterday", END, NOW, "syntax"},
        {"yesterday", BEGIN, NOW, "syntax"},
        {"tomorrow", END, JAN_31, "2026-02-01T23:59:59Z"},
        {"eom", END, JAN_31, "2026-01-31T23:59:59Z"},
        {"eom", END, LEAP_DAY, "2028-02-29T23:59:59Z"},
        {"eoy", END, NEW_YEAR, "2026-12-31T23:59:59Z"},
        {"tomorrow", END, NEW_YEAR, "2027-01-01T23:59:59Z"},
        {"yesterday", PAST, 1769904000, "2026-01-31T00:00:00Z"}, /* 2026-02-01T00:00:00Z */
        {"2026-12-31", END, NOW, "2026-12-31T23:59:59Z"},
        {"2026-12-31", BEGIN, NOW, "2026-12-31T00:00:00Z"},
        {"2026-12-31", PAST, NOW, "2026-12-31T00:00:00Z"},
        {"2026-12-31T18:00", END, NOW, "2026-12-31T18:00:00Z"},
        {"2026-12-31T18:00", BEGIN, NOW, "2026-12-31T18:00:00Z"},
        {"2026-12-31 18:00", END, NOW, "2026-12-31T18:00:00Z"},
        {"2026-12-31T18:00:30", END, NOW, "2026-12-31T18:00:30Z"},
        {"2026-12-31T18:00Z", END, NOW, "2026-12-31T18:00:00Z"},
        {"2026-12-31T18:00:30Z", END, NOW, "2026-12-31T18:00:30Z"},
        {"2026-12-31T18:00+01:00", END, NOW, "2026-12-31T17:00:00Z"},
        {"2026-12-31T18:00:30-05:30", END, NOW, "2026-12-31T23:30:30Z"},
        {"2026-12-31T18:00+14:00", END, NOW, "2026-12-31T04:00:00Z"},
        {"2026-12-31T18:00-12:00", END, NOW, "2027-01-01T06:00:00Z"},
        {"2026-12-31T18:00-00:00", END, NOW, "2026-12-31T18:00:00Z"},
        {"2026-12-31T00:00:00", END, NOW, "2026-12-31T00:00:00Z"},
        {"2026-12-31T23:59:59", END, NOW, "2026-12-31T23:59:59Z"},
        {"2028-02-29", END, NOW, "2028-02-29T23:59:59Z"},
        {"2000-02-29", BEGIN, NOW, "2000-02-29T00:00:00Z"},
        {"2026-02-28", END, NOW, "2026-02-28T23:59:59Z"},
        {"1970-01-01", BEGIN, NOW, "1970-01-01T00:00:00Z"},
        {"1970-01-01T00:00Z", END, NOW, "1970-01-01T00:00:00Z"},
        {"1970-01-01T00:59+01:00", END, NOW, "range"},
        {"2038-01-19T03:14:08Z", END, NOW, "2038-01-19T03:14:08Z"},
        {"2262-04-12", END, NOW, "2262-04-12T23:59:59Z"},
        {"9999-12-31", END, NOW, "9999-12-31T23:59:59Z"},
        {"9999-12-31T23:59:59Z", END, NOW, "9999-12-31T23:59:59Z"},
        {"2026-02-29", END, NOW, "range"},
        {"2026-02-30T10:00", END, NOW, "range"},
        {"2100-02-29", END, NOW, "range"},
        {"2026-04-31", END, NOW, "range"},
        {"2026-06-31T10:00Z", END, NOW, "range"},
    };

    (void)state;
    run_rows(UTC, rows, COUNT(rows));
}

static void
garbage(void **state)
{
    static const struct row rows[] = {
        {"", END, NOW, "syntax"},
        {" ", END, NOW, "syntax"},
        {"now", END, NOW, "syntax"},
        {"Never", END, NOW, "syntax"},
        {"NEVER", END, NOW, "syntax"},
        {" never", END, NOW, "syntax"},
        {"never ", END, NOW, "syntax"},
        {"forever", END, NOW, "syntax"},
        {"Tomorrow", END, NOW, "syntax"},
        {"tomorrow ", END, NOW, "syntax"},
        {"tomorrow 18:00", END, NOW, "syntax"},
        {"eow", END, NOW, "syntax"},
        {"eomx", END, NOW, "syntax"},
        {"2026", END, NOW, "syntax"},
        {"2026-12", END, NOW, "syntax"},
        {"2026-12-", END, NOW, "syntax"},
        {"2026-1-1", END, NOW, "syntax"},
        {"2026-12-1", END, NOW, "syntax"},
        {"2026-12-311", END, NOW, "syntax"},
        {"26-12-31", END, NOW, "syntax"},
        {"02026-12-31", END, NOW, "syntax"},
        {"-2026-12-31", END, NOW, "syntax"},
        {"+2026-12-31", END, NOW, "syntax"},
        {"10000-01-01", END, NOW, "syntax"},
        {"2026/12/31", END, NOW, "syntax"},
        {"31.12.2026", END, NOW, "syntax"},
        {"20261231", END, NOW, "syntax"},
        {"2026-12-31Z", END, NOW, "syntax"},
        {"2026-12-31T", END, NOW, "syntax"},
        {"2026-12-31T18", END, NOW, "syntax"},
        {"2026-12-31T18:", END, NOW, "syntax"},
        {"2026-12-31T1800", END, NOW, "syntax"},
        {"2026-12-31T8:00", END, NOW, "syntax"},
        {"2026-12-31T18:00:", END, NOW, "syntax"},
        {"2026-12-31T18:00:3", END, NOW, "syntax"},
        {"2026-12-31T18:00:30.5Z", END, NOW, "syntax"},
        {"2026-12-31T18:00z", END, NOW, "syntax"},
        {"2026-12-31t18:00Z", END, NOW, "syntax"},
        {"2026-12-31T18:00 Z", END, NOW, "syntax"},
        {"2026-12-31T18:00ZZ", END, NOW, "syntax"},
        {"2026-12-31T18:00+1:00", END, NOW, "syntax"},
        {"2026-12-31T18:00+0100", END, NOW, "syntax"},
        {"2026-12-31T18:00+01", END, NOW, "syntax"},
        {"2026-12-31T18:00+01:0", END, NOW, "syntax"},
        {"2026-12-31T18:00+01:00x", END, NOW, "syntax"},
        {"2026-12-31T18:00--1:00", END, NOW, "syntax"},
        {"2026-12-31T18:00 CET", END, NOW, "syntax"},
        {"2026-12-31  18:00", END, NOW, "syntax"},
        {"2026-12-31x18:00", END, NOW, "syntax"},
        {" 2026-12-31", END, NOW, "syntax"},
        {"2026-12-31 ", END, NOW, "syntax"},
        {"2026-12-31\n", END, NOW, "syntax"},
        {"2026-00-10", END, NOW, "wrong"},
        {"2026-13-01", END, NOW, "wrong"},
        {"2026-99-99", END, NOW, "wrong"},
        {"2026-01-00", END, NOW, "wrong"},
        {"2026-01-32", END, NOW, "wrong"},
        {"2026-12-31T24:00", END, NOW, "wrong"},
        {"2026-12-31T18:60", END, NOW, "wrong"},
        {"2026-12-31T18:00:60", END, NOW, "wrong"},
        {"2026-12-31T18:00+15:00", END, NOW, "wrong"},
        {"2026-12-31T18:00+01:60", END, NOW, "wrong"},
        {"1969-12-31", END, NOW, "wrong"},
        {"0000-01-01", END, NOW, "wrong"},
    };

    (void)state;
    run_rows(UTC, rows, COUNT(rows));
}

/* FEATURES C12. */
static void
berlin(void **state)
{
    static const struct row rows[] = {
        /* a plain day in winter, one in summer */
        {"2026-12-31", END, NOW, "2026-12-31T22:59:59Z"},
        {"2026-12-31", BEGIN, NOW, "2026-12-30T23:00:00Z"},
        {"2026-07-01", END, NOW, "2026-07-01T21:59:59Z"},
        {"2026-07-01T18:00", END, NOW, "2026-07-01T16:00:00Z"},
        {"2026-07-01T18:00Z", END, NOW, "2026-07-01T18:00:00Z"},
        {"2026-07-01T18:00+05:30", END, NOW, "2026-07-01T12:30:00Z"},
        /* 29 March has 23 hours */
        {"2026-03-29", BEGIN, NOW, "2026-03-28T23:00:00Z"},
        {"2026-03-29", END, NOW, "2026-03-29T21:59:59Z"},
        {"tomorrow", BEGIN, MAR_28, "2026-03-28T23:00:00Z"},
        {"tomorrow", END, MAR_28, "2026-03-29T21:59:59Z"},
        {"eom", END, MAR_28, "2026-03-31T21:59:59Z"},
        {"eoy", END, MAR_28, "2026-12-31T22:59:59Z"},
        {"24h", END, MAR_28, "2026-03-29T11:30:00Z"},
        {"1d", END, MAR_28, "2026-03-29T11:30:00Z"},
        {"1w", END, MAR_28, "2026-04-04T11:30:00Z"},
        {"1mon", END, MAR_28, "2026-04-28T10:30:00Z"},
        {"1y", END, MAR_28, "2027-03-28T10:30:00Z"},
        {"today", PAST, MAR_28 + 86400, "2026-03-28T23:00:00Z"},
        {"yesterday", PAST, MAR_28 + 2 * 86400, "2026-03-28T23:00:00Z"},
        {"2026-03-29T01:59:59", END, NOW, "2026-03-29T00:59:59Z"},
        {"2026-03-29T03:00", END, NOW, "2026-03-29T01:00:00Z"},
        {"2026-03-29T02:30", END, NOW, "2026-03-29T00:30:00Z|2026-03-29T01:30:00Z|range"},
        /* 25 October has 25 hours */
        {"2026-10-25", BEGIN, NOW, "2026-10-24T22:00:00Z"},
        {"2026-10-25", END, NOW, "2026-10-25T22:59:59Z"},
        {"tomorrow", BEGIN, OCT_24, "2026-10-24T22:00:00Z"},
        {"tomorrow", END, OCT_24, "2026-10-25T22:59:59Z"},
        {"1d", END, OCT_24, "2026-10-25T11:30:00Z"},
        {"1mon", END, OCT_24, "2026-11-24T12:30:00Z"},
        {"1mon", PAST, OCT_24 + 40 * 86400, "2026-11-03T11:30:00Z"},
        {"2mon", PAST, OCT_24 + 40 * 86400, "2026-10-03T10:30:00Z"},
        {"today", PAST, OCT_24 + 86400, "2026-10-24T22:00:00Z"},
        {"2026-10-25T01:59:59", END, NOW, "2026-10-24T23:59:59Z"},
        {"2026-10-25T03:00", END, NOW, "2026-10-25T02:00:00Z"},
        {"2026-10-25T02:30", END, NOW, "2026-10-25T00:30:00Z|2026-10-25T01:30:00Z"},
        /* where UTC has another day, month and year */
        {"today", PAST, NEW_YEAR, "2026-12-31T23:00:00Z"},
        {"tomorrow", END, NEW_YEAR, "2027-01-02T22:59:59Z"},
        {"eom", END, NEW_YEAR, "2027-01-31T22:59:59Z"},
        {"eoy", END, NEW_YEAR, "2027-12-31T22:59:59Z"},
        {"1mon", END, NEW_YEAR, "2027-01-31T23:00:00Z"},
        {"eoy", END, NEW_YEAR - 1, "2026-12-31T22:59:59Z"},
        {"1970-01-01", BEGIN, NOW, "range"},
        {"1970-01-01T01:00", BEGIN, NOW, "1970-01-01T00:00:00Z"},
        {"9999-12-31", END, NOW, "9999-12-31T22:59:59Z"},
    };
    time_t summer = 1782900000; /* 2026-07-01T10:00:00Z */
    struct tm parts;

    (void)state;
    run_rows(BERLIN_RULE, rows, COUNT(rows));
    use_zone(BERLIN);
    localtime_r(&summer, &parts);
    if (parts.tm_hour != 12)
        fail_msg("the zone %s is not known: install the zone database (Debian: tzdata)", BERLIN);
    run_rows(BERLIN, rows, COUNT(rows));
}

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

static void
lifetimes(void **state)
{
    static const struct {
        const char *text;
        enum pat_err err;
        int64_t span;
    } cases[] = {
        {"1s", PAT_OK, SECOND},
        {"2s", PAT_OK, 2 * SECOND},
        {"15m", PAT_OK, 900 * SECOND},
        {"15min", PAT_OK, 900 * SECOND},
        {"36h", PAT_OK, 36 * 3600 * SECOND},
        {"90d", PAT_OK, 90 * DAY},
        {"12w", PAT_OK, 84 * DAY},
        {"6mon", PAT_OK, 180 * DAY},
        {"1y", PAT_OK, 365 * DAY},
        {"10y", PAT_OK, 3650 * DAY},
        {"200y", PAT_OK, 73000 * DAY},
        {"201y", PAT_ERR_RANGE, 0},
        {"73200d", PAT_OK, 73200 * DAY},
        {"73201d", PAT_ERR_RANGE, 0},
        {"6324480000s", PAT_OK, 6324480000 * SECOND},
        {"6324480001s", PAT_ERR_RANGE, 0},
        {"0s", PAT_ERR_RANGE, 0},
        {"9223372036854775807y", PAT_ERR_RANGE, 0},
        {"99999999999999999999d", PAT_ERR_RANGE, 0},
        {"", PAT_ERR_SYNTAX, 0},
        {"90", PAT_ERR_SYNTAX, 0},
        {"d", PAT_ERR_SYNTAX, 0},
        {"-90d", PAT_ERR_SYNTAX, 0},
        {"090d", PAT_ERR_SYNTAX, 0},
        {"90 d", PAT_ERR_SYNTAX, 0},
        {"90days", PAT_ERR_SYNTAX, 0},
        {"never", PAT_ERR_SYNTAX, 0},
        {"tomorrow", PAT_ERR_SYNTAX, 0},
        {"2026-12-31", PAT_ERR_SYNTAX, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t span = -77;

        expect_err(cases[i].text, pat_when_span(cases[i].text, &span), cases[i].err);
        expect_number(cases[i].text, span, cases[i].err == PAT_OK ? cases[i].span : -77);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing),        cmocka_unit_test(spans_from_now),
        cmocka_unit_test(days_and_words), cmocka_unit_test(garbage),
        cmocka_unit_test(berlin),         cmocka_unit_test(lifetimes),
    };

    return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
