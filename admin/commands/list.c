/* SPDX-License-Identifier: BSD-2-Clause */
/* list: tokens as patd streams them, or gathered to be sorted, grouped or drawn. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/filter.h"
#include "admin/out/pick.h"
#include "admin/out/sort.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define BARS_MAX 50 /* rows that are drawn: each costs a question */

static const char *const states[] = {"active",  "expiring", "expired",
                                     "revoked", "pending",  "suspended"};
#define STATE_COUNT (sizeof states / sizeof states[0])

struct listing {
    struct patctl *patctl;
    struct filter filter;
    const struct out_field *sort; /* NULL: as patd has them, the newest first */
    bool descending;
    const char *group; /* NULL: none */
    int64_t limit;     /* 0: none */
    int64_t count;
    int64_t by_state[STATE_COUNT];
    json_t *rows; /* NULL: printed as they come */
};

static void
count_one(struct listing *listing, json_t *token)
{
    listing->count++;
    for (size_t i = 0; i < STATE_COUNT; i++)
        listing->by_state[i] += pat_text_equal(states[i], ask_text(token, "state"));
}

static bool
list_one(void *context, json_t *entry)
{
    struct listing *listing = context;
    json_t *token = json_object_get(entry, "token");

    if (token == NULL || !filter_keeps(&listing->filter, token))
        return true;
    if (listing->sort != NULL)
        return json_array_append(listing->rows, token) == 0;
    if (listing->limit > 0 && listing->count == listing->limit)
        return false;
    count_one(listing, token);
    if (listing->rows != NULL)
        return json_array_append(listing->rows, token) == 0;
    out_table_row(listing->patctl->out, token);
    return true;
}

static void
say_totals(const struct listing *listing, int64_t hidden)
{
    struct out *out = listing->patctl->out;
    char totals[200] = "";

    if (listing->patctl->globals.no_legend || listing->patctl->globals.plain)
        return;
    for (size_t i = 0; i < STATE_COUNT; i++)
        if (listing->by_state[i] > 0)
            snprintf(totals + strlen(totals), sizeof totals - strlen(totals), "%s%lld %s",
                     totals[0] == '\0' ? ": " : ", ", (long long)listing->by_state[i], states[i]);
    if (hidden > 0)
        snprintf(totals + strlen(totals), sizeof totals - strlen(totals),
                 " (%lld revoked hidden, --all shows them)", (long long)hidden);
    out_say(out, "%lld token%s%s", (long long)listing->count, listing->count == 1 ? "" : "s",
            totals);
}

/* --- in another order --- */

static int
sort_and_cut(struct listing *listing)
{
    size_t index;
    json_t *token;

    if (listing->sort == NULL)
        return EXIT_DONE;
    if (!sort_rows(listing->rows, listing->sort, listing->descending))
        return tell_failure(listing->patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    while (listing->limit > 0 && (int64_t)json_array_size(listing->rows) > listing->limit)
        json_array_remove(listing->rows, json_array_size(listing->rows) - 1);
    json_array_foreach(listing->rows, index, token) count_one(listing, token);
    return EXIT_DONE;
}

/* Each token once for every group that it is in: {"group": ..., "token": {...}}. */
static json_t *
group_members(const struct listing *listing)
{
    bool by_scope = pat_text_equal(listing->group, "scope");
    const char *member = pat_text_equal(listing->group, "status") ? "state" : listing->group;
    json_t *members = json_array(), *token, *scope;
    size_t index, at;

    json_array_foreach(listing->rows, index, token)
    {
        if (!by_scope)
            json_array_append_new(
                members,
                json_pack("{s:O, s:O}", "group", json_object_get(token, member), "token", token));
        json_array_foreach(by_scope ? json_object_get(token, "scopes") : NULL, at, scope)
            json_array_append_new(members, json_pack("{s:O, s:O}", "group", scope, "token", token));
    }
    return members;
}

static size_t
count_group(json_t *members, size_t from)
{
    const char *group = ask_text(json_array_get(members, from), "group");
    size_t to = from;

    while (to < json_array_size(members) &&
           pat_text_equal(ask_text(json_array_get(members, to), "group"), group))
        to++;
    return to - from;
}

/* JSON has every token once, and the groups beside them. */
static void
add_to_json(json_t *groups, json_t *member, bool begins)
{
    json_t *group;

    if (begins)
        json_array_append_new(
            groups, json_pack("{s:O, s:[]}", "group", json_object_get(member, "group"), "tokens"));
    group = json_array_get(groups, json_array_size(groups) - 1);
    json_array_append(json_object_get(group, "tokens"),
                      json_object_get(json_object_get(member, "token"), "id"));
}

static int
print_groups(struct listing *listing)
{
    struct out *out = listing->patctl->out;
    const struct out_field by = {
        "group",    "group", "", pat_text_equal(listing->group, "status") ? OUT_STATE : OUT_TEXT,
        OUT_ALWAYS, NULL};
    json_t *members = group_members(listing), *groups = json_array(), *extra, *member, *token;
    size_t index, left = 0;

    if (!sort_rows(members, &by, false)) {
        json_decref(members);
        json_decref(groups);
        return tell_failure(listing->patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    }
    json_array_foreach(members, index, member)
    {
        bool begins = left == 0;

        if (begins) {
            left = count_group(members, index);
            out_table_heading(out, "%s (%zu)", ask_text(member, "group"), left);
        }
        left--;
        if (out_is_json(out))
            add_to_json(groups, member, begins);
        else
            out_table_row(out, json_object_get(member, "token"));
    }
    json_array_foreach(out_is_json(out) ? listing->rows : NULL, index, token)
        out_table_row(out, token);
    extra = json_pack("{s:s, s:o}", "grouped_by", listing->group, "groups", groups);
    out_table_end(out, extra);
    json_decref(extra);
    json_decref(members);
    return EXIT_DONE;
}

static int
print_rows(struct listing *listing)
{
    size_t index;
    json_t *token;

    if (listing->rows == NULL) {
        out_table_end(listing->patctl->out, NULL);
        return EXIT_DONE;
    }
    if (listing->group != NULL)
        return print_groups(listing);
    json_array_foreach(listing->rows, index, token) out_table_row(listing->patctl->out, token);
    out_table_end(listing->patctl->out, NULL);
    return EXIT_DONE;
}

/* --- the bars of a wide terminal --- */

static bool
wants_bars(const struct listing *listing, const struct cmd_line *line)
{
    const struct out *out = listing->patctl->out;

    return out_is_terminal(out) && out_is_wide(out) && out_is_utf8(out) && !out_is_json(out) &&
           !listing->patctl->globals.plain && cmd_value(line, "columns") == NULL;
}

static int
add_bars(struct listing *listing)
{
    static const struct out_field bars = {"bars", "bars", "30 DAYS", OUT_BARS, OUT_ALWAYS, NULL};
    size_t index;
    json_t *token;
    int status = EXIT_DONE;

    if (json_array_size(listing->rows) > BARS_MAX)
        return EXIT_DONE;
    json_array_foreach(listing->rows, index, token)
    {
        if (status == EXIT_DONE)
            status = days_set_bars(listing->patctl, token);
    }
    out_table_insert(listing->patctl->out, &bars);
    return status;
}

/* --- the command --- */

static int
read_sort(struct listing *listing, const char *text)
{
    int status;

    if (text == NULL)
        return EXIT_DONE;
    listing->descending = text[0] == '-';
    text += listing->descending;
    status = pick_names(listing->patctl, "--sort", fields_token, "", text);
    if (status != EXIT_DONE)
        return status;
    listing->sort = out_field(fields_token, text, strlen(text));
    if (listing->sort == NULL)
        return tell_failure(listing->patctl, EXIT_USAGE, "usage", "", "--sort takes one field");
    return EXIT_DONE;
}

static int
read_group(struct listing *listing, const char *text)
{
    listing->group = text;
    if (text == NULL || pat_text_equal(text, "user") || pat_text_equal(text, "tenant") ||
        pat_text_equal(text, "scope") || pat_text_equal(text, "status"))
        return EXIT_DONE;
    return tell_failure(listing->patctl, EXIT_USAGE, "usage", "there are: user tenant scope status",
                        "--group-by: no group \"%.40s\"", text);
}

static int
read_options(struct listing *listing, const struct cmd_line *line)
{
    struct patctl *patctl = listing->patctl;
    json_t *numbers = json_object();
    int status = times_set_number(patctl, numbers, "limit", cmd_value(line, "limit"));

    listing->limit = ask_number(numbers, "limit");
    json_decref(numbers);
    if (status == EXIT_DONE)
        status = read_sort(listing, cmd_value(line, "sort"));
    if (status == EXIT_DONE)
        status = read_group(listing, cmd_value(line, "group-by"));
    if (status == EXIT_DONE)
        status = pick_names(patctl, "--columns", fields_token, "", cmd_value(line, "columns"));
    if (status == EXIT_DONE)
        status = filter_read(patctl, line, &listing->filter);
    return status;
}

static int
run(struct listing *listing, const struct cmd_line *line, bool bars)
{
    struct patctl *patctl = listing->patctl;
    json_t *last = NULL;
    int status;

    if (cmd_flag(line, "all"))
        ask_set(json_object_get(listing->filter.parameters, "filter"), "withRevoked", json_true());
    status = ask_each(patctl, "List", listing->filter.parameters, list_one, listing, &last);
    if (status == EXIT_DONE)
        status = sort_and_cut(listing);
    if (status == EXIT_DONE && bars)
        status = add_bars(listing);
    if (status == EXIT_DONE)
        status = print_rows(listing);
    if (status == EXIT_DONE)
        say_totals(listing, listing->filter.by_state ? 0 : ask_number(last, "hidden"));
    json_decref(last);
    return status;
}

int
cmd_list(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.patctl = patctl};
    int status = read_options(&listing, line);
    bool bars = wants_bars(&listing, line);

    if (status != EXIT_DONE)
        return status;
    if (listing.sort != NULL || listing.group != NULL || bars)
        listing.rows = json_array();
    out_table_begin(patctl->out, "tokens", fields_token);
    out_table_columns(patctl->out, cmd_value(line, "columns"));
    status = run(&listing, line, bars);
    json_decref(listing.rows);
    return status;
}
