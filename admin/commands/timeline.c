/* SPDX-License-Identifier: BSD-2-Clause */
/* timeline: a bar a token, from its beginning to its end, around today. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/out/out_time.h"
#include "admin/out/sort.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define NAME_WIDTH 16
#define LEFT_WIDTH (8 + 1 + NAME_WIDTH + 2)
#define BAR_MIN 20
#define BAR_MAX 200
#define DAYS 180
#define DAYS_MAX 3650

struct timeline {
    struct patctl *patctl;
    json_t *tokens;
    int64_t now;
    int64_t first; /* the moment at the left edge */
    int64_t span;  /* of the whole screen */
    int width;     /* of the bars, in columns */
    int today;     /* column */
};

enum mark { MARK_NONE, MARK_LINE, MARK_TODAY, MARK_CROSS, MARK_END, MARK_ON };

static const char *
mark_text(const struct out *out, enum mark mark)
{
    static const char *const texts[][2] = {
        [MARK_NONE] = {" ", " "},       [MARK_LINE] = {"\u2501", "="},
        [MARK_TODAY] = {"\u2502", "|"}, [MARK_CROSS] = {"\u253f", "+"},
        [MARK_END] = {"\u25cf", "*"},   [MARK_ON] = {"\u25b6", ">"},
    };

    return texts[mark][out_is_utf8(out) ? 0 : 1];
}

/* The column of a moment; it may lie outside. */
static int64_t
column_of(const struct timeline *timeline, int64_t at)
{
    int64_t from_left = at - timeline->first;

    return from_left < 0 ? -1 : from_left / (timeline->span / timeline->width);
}

/* --- one bar --- */

static enum mark
mark_at(const struct timeline *timeline, int column, int64_t begin, int64_t end)
{
    bool today = column == timeline->today;

    if (column == end)
        return MARK_END;
    if (column == timeline->width - 1 && end >= timeline->width)
        return MARK_ON;
    if (column >= begin && column < end)
        return today ? MARK_CROSS : MARK_LINE;
    return today ? MARK_TODAY : MARK_NONE;
}

/* When it began to work, and when it stops or stopped. */
static void
life_of(json_t *token, int64_t *ret_begin, int64_t *ret_end)
{
    json_t *not_before = json_object_get(token, "notBefore");
    json_t *expires = json_object_get(token, "expires"), *ended = json_object_get(token, "ended");

    *ret_begin = json_is_integer(not_before) ? json_integer_value(not_before)
                                             : ask_number(token, "created");
    *ret_end = json_is_integer(ended)     ? json_integer_value(ended)
               : json_is_integer(expires) ? json_integer_value(expires)
                                          : INT64_MAX;
}

static void
draw_bar(const struct timeline *timeline, json_t *token, char *ret, size_t size)
{
    int64_t begin, end;
    size_t used = 0;

    life_of(token, &begin, &end);
    begin = column_of(timeline, begin);
    end = end == INT64_MAX ? timeline->width : column_of(timeline, end);
    ret[0] = '\0';
    for (int column = 0; column < timeline->width && used + 8 < size; column++)
        used += (size_t)snprintf(
            ret + used, size - used, "%s",
            mark_text(timeline->patctl->out, mark_at(timeline, column, begin, end)));
}

/* What stands behind a bar: how long it will go on. */
static void
say_rest(const struct timeline *timeline, json_t *token, char *ret, size_t size)
{
    const struct out *out = timeline->patctl->out;
    const char *state = ask_text(token, "state");
    json_t *expires = json_object_get(token, "expires");
    char when[64];

    if (pat_text_equal(state, "expiring") || pat_text_equal(state, "active")) {
        if (!json_is_integer(expires)) {
            snprintf(ret, size, "never");
            return;
        }
        if (timeline->patctl->globals.time == TIME_RELATIVE)
            out_time_span(json_integer_value(expires) - timeline->now, when, sizeof when);
        else
            out_time(out, json_integer_value(expires), when, sizeof when);
        if (pat_text_equal(state, "expiring")) /* the signs stand below one another */
            snprintf(ret, size, "%-*s  %s", (int)strlen("14 days"), when,
                     out_symbol(out, OUT_WARN));
        else
            pat_text_clip(ret, size, when);
        return;
    }
    snprintf(ret, size, "%s", state);
}

static void
say_token(const struct timeline *timeline, json_t *token)
{
    struct out *out = timeline->patctl->out;
    char name[200], bar[4 * BAR_MAX + 8], rest[100];

    out_put(out, ask_text(token, "name"), NAME_WIDTH, name, sizeof name);
    draw_bar(timeline, token, bar, sizeof bar);
    say_rest(timeline, token, rest, sizeof rest);
    out_line(out, "%s %s  %s %s", ask_text(token, "id"), name, bar, rest);
}

/* --- the frame --- */

static void
say_today(const struct timeline *timeline)
{
    out_line(timeline->patctl->out, "%*stoday", LEFT_WIDTH + timeline->today - 2, "");
}

/* The names of the months, each where it begins. */
static void
say_months(const struct timeline *timeline)
{
    char line[BAR_MAX + 8] = "", month[32];
    time_t seconds = (time_t)(timeline->first / 1000000);
    bool utc = timeline->patctl->globals.utc;
    struct tm parts;
    int used = 0;

    if ((utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) == NULL)
        return;
    parts.tm_mday = 1;
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    for (int i = 0; i < 130; i++) {
        struct tm begin = parts;
        int64_t column;

        begin.tm_mon += i;
        begin.tm_isdst = -1;
        seconds = utc ? timegm(&begin) : mktime(&begin);
        column = column_of(timeline, (int64_t)seconds * 1000000);
        strftime(month, sizeof month,
                 begin.tm_mon == 0 && timeline->span > 300 * DAYS_DAY ? "%Y" : "%b", &begin);
        if (column + (int64_t)out_width(month) > timeline->width)
            break;
        if (column < (used == 0 ? 0 : used + 1) || (int64_t)seconds * 1000000 < timeline->first)
            continue;
        snprintf(line + strlen(line), sizeof line - strlen(line), "%*s%s", (int)column - used, "",
                 month);
        used = (int)column + (int)out_width(month);
    }
    out_line(timeline->patctl->out, "%*s%s", LEFT_WIDTH, "", line);
}

/* --- the command --- */

static bool
take_token(void *context, json_t *entry)
{
    struct timeline *timeline = context;
    json_t *token = json_object_get(entry, "token");
    int64_t begin, end;

    if (token == NULL)
        return true;
    life_of(token, &begin, &end);
    if (end < timeline->now - timeline->span / 6 || begin > timeline->now + timeline->span)
        return true;
    return json_array_append(timeline->tokens, token) == 0;
}

static int
ask_tokens(struct timeline *timeline, int64_t limit)
{
    struct patctl *patctl = timeline->patctl;
    json_t *filter = json_object();
    int status;

    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    status = ask_each(patctl, "List", json_pack("{s:o}", "filter", filter), take_token, timeline,
                      NULL);
    if (status == EXIT_DONE &&
        !sort_rows(timeline->tokens, out_field(fields_token, "expires", strlen("expires")), false))
        status = tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    while (limit > 0 && (int64_t)json_array_size(timeline->tokens) > limit)
        json_array_remove(timeline->tokens, json_array_size(timeline->tokens) - 1);
    return status;
}

/* Of the widest text behind a bar. */
static int64_t
rest_width(const struct timeline *timeline)
{
    size_t index, width = 0;
    char rest[100];
    json_t *token;

    json_array_foreach(timeline->tokens, index, token)
    {
        say_rest(timeline, token, rest, sizeof rest);
        width = out_width(rest) > width ? out_width(rest) : width;
    }
    return (int64_t)width;
}

/* A sixth of the screen lies behind us. */
static void
frame(struct timeline *timeline)
{
    const struct out *out = timeline->patctl->out;
    int64_t columns = out_is_terminal(out) ? (int64_t)out_columns(out) : 80;

    timeline->width = (int)(columns - LEFT_WIDTH - rest_width(timeline) - 1);
    timeline->width = timeline->width < BAR_MIN   ? BAR_MIN
                      : timeline->width > BAR_MAX ? BAR_MAX
                                                  : timeline->width;
    timeline->today = timeline->width / 6;
    /* Now is in the middle of its column. */
    timeline->first = timeline->now -
                      timeline->span / timeline->width * (2 * timeline->today + 1) / 2;
}

static int
read_options(const struct patctl *patctl, const struct cmd_line *line, int64_t *ret_days,
             int64_t *ret_limit)
{
    json_t *numbers = json_object();
    int status = times_set_number(patctl, numbers, "days", cmd_value(line, "days"));

    if (status == EXIT_DONE)
        status = times_set_number(patctl, numbers, "limit", cmd_value(line, "limit"));
    *ret_days = cmd_value(line, "days") == NULL ? DAYS : ask_number(numbers, "days");
    *ret_limit = ask_number(numbers, "limit");
    json_decref(numbers);
    if (status == EXIT_DONE && *ret_days > DAYS_MAX)
        status = tell_failure(patctl, EXIT_USAGE, "usage", "", "--days is at most %d", DAYS_MAX);
    return status;
}

static void
print_table(const struct timeline *timeline)
{
    struct out *out = timeline->patctl->out;
    size_t index;
    json_t *token;

    out_table_begin(out, "tokens", fields_token);
    out_table_columns(out, "id,name,not_before,created,expires,status");
    json_array_foreach(timeline->tokens, index, token) out_table_row(out, token);
    out_table_end(out, NULL);
}

static void
draw(const struct timeline *timeline)
{
    bool legend = !timeline->patctl->globals.no_legend;
    size_t index;
    json_t *token;

    if (json_array_size(timeline->tokens) == 0) {
        out_line(timeline->patctl->out, "No token to draw.");
        return;
    }
    if (legend)
        say_today(timeline);
    json_array_foreach(timeline->tokens, index, token) say_token(timeline, token);
    if (legend)
        say_months(timeline);
}

int
cmd_timeline(struct patctl *patctl, const struct cmd_line *line)
{
    struct timeline timeline = {.patctl = patctl};
    int64_t days, limit;
    int status = read_options(patctl, line, &days, &limit);

    if (status != EXIT_DONE)
        return status;
    timeline.now = times_now();
    timeline.span = days * DAYS_DAY;
    timeline.tokens = json_array();
    status = ask_tokens(&timeline, limit);
    frame(&timeline);
    if (status == EXIT_DONE && (out_is_json(patctl->out) || patctl->globals.plain))
        print_table(&timeline);
    else if (status == EXIT_DONE)
        draw(&timeline);
    json_decref(timeline.tokens);
    return status;
}
