/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing times. The calendar is libc's, in the zone of the process. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/base/when.h"

#define SECOND INT64_C(1000000)
#define SPAN_MAX (INT64_C(200) * 366 * 86400) /* two centuries, in seconds */

static const struct unit {
    const char *name;
    int64_t seconds;
    int months; /* instead of seconds, by the calendar */
} units[] = {
    {"s", 1, 0},     {"m", 60, 0},        {"min", 60, 0},         {"h", 3600, 0},
    {"d", 86400, 0}, {"w", 7 * 86400, 0}, {"mon", 30 * 86400, 1}, {"y", 365 * 86400, 12},
};

static enum pat_err
read_span(const char *text, int64_t *ret_count, const struct unit **ret_unit)
{
    char number[20];
    size_t digits = strspn(text, "0123456789");

    if (digits == 0)
        return PAT_ERR_SYNTAX;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (pat_text_equal(units[i].name, text + digits)) {
            *ret_unit = &units[i];
            if (pat_text_copy(number, sizeof number, text, digits) != PAT_OK)
                return PAT_ERR_RANGE;
            return pat_text_number(number, 1, SPAN_MAX / units[i].seconds, ret_count);
        }
    return PAT_ERR_SYNTAX;
}

enum pat_err
pat_when_span(const char *text, int64_t *ret)
{
    const struct unit *unit;
    int64_t count;
    enum pat_err err = read_span(text, &count, &unit);

    if (err == PAT_OK)
        *ret = count * unit->seconds * SECOND;
    return err;
}

/* A calendar time to microseconds; normalizes only what adding months needs. */
static enum pat_err
make(struct tm *parts, int64_t *ret)
{
    time_t seconds;

    parts->tm_isdst = -1;
    seconds = mktime(parts);
    if (seconds == (time_t)-1 || seconds < 0)
        return PAT_ERR_RANGE;
    *ret = (int64_t)seconds * SECOND;
    return PAT_OK;
}

static bool
local(int64_t at, struct tm *ret)
{
    time_t seconds = (time_t)(at / SECOND);

    return localtime_r(&seconds, ret) != NULL;
}

static int
days_of_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month] + (month == 1 && leap);
}

/* The 31st of a month that has none becomes its last day. */
static enum pat_err
add_months(int64_t now, int64_t months, int64_t *ret)
{
    struct tm parts;
    int64_t month;

    if (!local(now, &parts))
        return PAT_ERR_RANGE;
    month = (int64_t)parts.tm_year * 12 + parts.tm_mon + months;
    if (month < 0)
        return PAT_ERR_RANGE;
    parts.tm_year = (int)(month / 12);
    parts.tm_mon = (int)(month % 12);
    if (parts.tm_mday > days_of_month(parts.tm_year + 1900, parts.tm_mon))
        parts.tm_mday = days_of_month(parts.tm_year + 1900, parts.tm_mon);
    return make(&parts, ret);
}

static enum pat_err
read_relative(const char *text, enum pat_when_sense sense, int64_t now, int64_t *ret)
{
    const struct unit *unit;
    int64_t count;
    enum pat_err err = read_span(text, &count, &unit);
    int64_t sign = sense == PAT_WHEN_PAST ? -1 : 1;

    if (err != PAT_OK)
        return err;
    if (unit->months != 0)
        return add_months(now, sign * count * unit->months, ret);
    *ret = now + sign * count * unit->seconds * SECOND;
    return *ret > 0 ? PAT_OK : PAT_ERR_RANGE;
}

static void
to_edge(struct tm *parts, enum pat_when_sense sense)
{
    bool end = sense == PAT_WHEN_END;

    parts->tm_hour = end ? 23 : 0;
    parts->tm_min = parts->tm_sec = end ? 59 : 0;
}

static enum pat_err
read_word(const char *text, enum pat_when_sense sense, int64_t now, int64_t *ret)
{
    struct tm parts;

    if (!local(now, &parts))
        return PAT_ERR_RANGE;
    to_edge(&parts, sense);
    if (pat_text_equal(text, "tomorrow"))
        parts.tm_mday++;
    else if (pat_text_equal(text, "yesterday") && sense == PAT_WHEN_PAST)
        parts.tm_mday--;
    else if (pat_text_equal(text, "eom"))
        parts.tm_mday = days_of_month(parts.tm_year + 1900, parts.tm_mon);
    else if (pat_text_equal(text, "eoy"))
        parts.tm_mon = 11, parts.tm_mday = 31;
    else if (!pat_text_equal(text, "today"))
        return PAT_ERR_SYNTAX;
    return make(&parts, ret);
}

/* Exactly count digits; -1 for anything else. Moves *at. */
static int
read_digits(const char **at, int count)
{
    int value = 0;

    for (int i = 0; i < count; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool
skip(const char **at, char c)
{
    bool there = **at == c;

    *at += there;
    return there;
}

/* "", "Z", "+01:00": seconds east of UTC; false when it is none of them. */
static bool
read_zone(const char *text, bool *ret_local, int64_t *ret_offset)
{
    int sign = *text == '-' ? -1 : 1;
    int hours, minutes;

    *ret_local = *text == '\0';
    *ret_offset = 0;
    if (*ret_local || pat_text_equal(text, "Z"))
        return true;
    if (*text != '+' && *text != '-')
        return false;
    text++;
    hours = read_digits(&text, 2);
    if (!skip(&text, ':'))
        return false;
    minutes = read_digits(&text, 2);
    *ret_offset = sign * (hours * 3600 + minutes * 60);
    return *text == '\0' && hours >= 0 && hours <= 14 && minutes >= 0 && minutes <= 59;
}

static bool
read_date(const char **at, struct tm *parts)
{
    int year = read_digits(at, 4), month, day;

    if (year < 1970 || !skip(at, '-'))
        return false;
    month = read_digits(at, 2);
    if (month < 1 || month > 12 || !skip(at, '-'))
        return false;
    day = read_digits(at, 2);
    parts->tm_year = year - 1900;
    parts->tm_mon = month - 1;
    parts->tm_mday = day;
    return day >= 1 && day <= 31;
}

static bool
read_time(const char **at, struct tm *parts)
{
    parts->tm_hour = read_digits(at, 2);
    if (parts->tm_hour < 0 || parts->tm_hour > 23 || !skip(at, ':'))
        return false;
    parts->tm_min = read_digits(at, 2);
    parts->tm_sec = 0;
    if (parts->tm_min < 0 || parts->tm_min > 59)
        return false;
    if (skip(at, ':'))
        parts->tm_sec = read_digits(at, 2);
    return parts->tm_sec >= 0 && parts->tm_sec <= 59;
}

static enum pat_err
read_absolute(const char *text, enum pat_when_sense sense, int64_t *ret)
{
    struct tm parts = {.tm_isdst = -1};
    bool is_local;
    int64_t offset;
    time_t seconds;

    if (!read_date(&text, &parts))
        return PAT_ERR_SYNTAX;
    if (parts.tm_mday > days_of_month(parts.tm_year + 1900, parts.tm_mon))
        return PAT_ERR_RANGE; /* the 30th of February */
    if (*text == '\0') {
        to_edge(&parts, sense);
        return make(&parts, ret);
    }
    if ((!skip(&text, 'T') && !skip(&text, ' ')) || !read_time(&text, &parts) ||
        !read_zone(text, &is_local, &offset))
        return PAT_ERR_SYNTAX;
    if (is_local)
        return make(&parts, ret);
    seconds = timegm(&parts);
    if (seconds - offset < 0)
        return PAT_ERR_RANGE;
    *ret = ((int64_t)seconds - offset) * SECOND;
    return PAT_OK;
}

enum pat_err
pat_when_read(const char *text, enum pat_when_sense sense, int64_t now, struct pat_when *ret)
{
    int64_t at = 0;
    enum pat_err err;

    if (pat_text_equal(text, "never")) {
        *ret = (struct pat_when){.never = true};
        return PAT_OK;
    }
    err = read_relative(text, sense, now, &at);
    if (err == PAT_ERR_SYNTAX)
        err = read_word(text, sense, now, &at);
    if (err == PAT_ERR_SYNTAX)
        err = read_absolute(text, sense, &at);
    if (err == PAT_OK)
        *ret = (struct pat_when){.at = at};
    return err;
}

void
pat_when_write(int64_t at, char *ret, size_t size)
{
    time_t seconds = (time_t)(at / SECOND);
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        pat_text_clip(ret, size, "?");
}
