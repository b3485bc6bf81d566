/* SPDX-License-Identifier: BSD-2-Clause */
/* stats: how often services, users or tokens were used lately; and everything for Prometheus. */
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/metrics.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/out/sort.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define TOKENS_MAX 5000 /* each costs a question: those used last come first */

struct stats {
    struct patctl *patctl;
    const char *by;
    int64_t days, limit; /* limit 0: all */
    json_t *tokens;
    json_t *rows;  /* what, name, tenant, accepted, refused */
    json_t *known; /* what -> row */
};

/* The row that an entry is added to. */
static json_t *
row_of(struct stats *stats, const char *tenant, const char *what, const char *name)
{
    char key[600];
    json_t *row;

    pat_text_clip(key, sizeof key, tenant);
    pat_text_clip(key + strlen(key), sizeof key - strlen(key), "/");
    pat_text_clip(key + strlen(key), sizeof key - strlen(key), what);
    row = json_object_get(stats->known, key);
    if (row != NULL)
        return row;
    row = json_pack("{s:s, s:s, s:s, s:i, s:i}", "what", what, "name", name, "tenant", tenant,
                    "accepted", 0, "refused", 0);
    json_array_append(stats->rows, row);
    json_object_set_new(stats->known, key, row);
    return row;
}

static void
add(json_t *row, json_t *day)
{
    static const char *const members[] = {"accepted", "refused"};

    for (size_t i = 0; i < 2; i++)
        ask_set(row, members[i],
                json_integer(ask_number(row, members[i]) + ask_number(day, members[i])));
}

/* --- by service: patd counts these itself --- */

static int
by_service(struct stats *stats)
{
    json_t *parameters = json_pack("{s:I}", "days", (json_int_t)stats->days), *reply = NULL, *day;
    const char *tenant = stats->patctl->globals.tenant;
    size_t index;
    int status;

    ask_set_text(parameters, "tenant", tenant);
    status = ask_once(stats->patctl, "Status", parameters, &reply);
    json_array_foreach(json_object_get(reply, "days"), index, day)
        add(row_of(stats, tenant == NULL ? "" : tenant, ask_text(day, "service"), ""), day);
    json_decref(reply);
    return status;
}

/* --- by token and user: from the counts of every token that was used --- */

static bool
take_token(void *context, json_t *entry)
{
    struct stats *stats = context;
    json_t *token = json_object_get(entry, "token");

    return token == NULL || ask_number(token, "accepted") + ask_number(token, "refused") == 0 ||
           json_array_append(stats->tokens, token) == 0;
}

static int
count_token(struct stats *stats, json_t *token)
{
    bool of_user = pat_text_equal(stats->by, "user");
    json_t *reply = NULL, *days, *day;
    size_t index;
    int status = days_ask(stats->patctl, ask_text(token, "id"), ask_text(token, "tenant"),
                          stats->days, &reply);

    days = json_object_get(reply, "days");
    json_array_foreach(days, index, day)
        add(row_of(stats, ask_text(token, "tenant"), ask_text(token, of_user ? "user" : "id"),
                   of_user ? "" : ask_text(token, "name")),
            day);
    json_decref(reply);
    return status;
}

static int
by_token(struct stats *stats)
{
    static const struct out_field last = {"lastUsed", "last_used", "", OUT_TIME, OUT_ALWAYS, NULL};
    struct patctl *patctl = stats->patctl;
    json_t *filter = json_pack("{s:b}", "withRevoked", 1), *token;
    size_t index;
    int status;

    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    status = ask_each(patctl, "List", json_pack("{s:o}", "filter", filter), take_token, stats,
                      NULL);
    if (status == EXIT_DONE && !sort_rows(stats->tokens, &last, true))
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    if (json_array_size(stats->tokens) > TOKENS_MAX)
        tell_note(patctl, "Of %zu tokens only the %d used last are counted.",
                  json_array_size(stats->tokens), TOKENS_MAX);
    json_array_foreach(stats->tokens, index, token)
    {
        if (status == EXIT_DONE && index < TOKENS_MAX)
            status = count_token(stats, token);
    }
    return status;
}

/* --- the whole --- */

/* Only tokens have a name beside what they are called. */
static void
print(struct stats *stats)
{
    struct out *out = stats->patctl->out;
    json_t *extra, *row;
    size_t index;

    out_table_begin(out, "stats", fields_stat);
    if (!out_is_json(out) && !pat_text_equal(stats->by, "token"))
        out_table_columns(out, pat_text_equal(stats->by, "user") ? "what,tenant,accepted,refused"
                                                                 : "what,accepted,refused");
    json_array_foreach(stats->rows, index, row)
    {
        if (stats->limit == 0 || (int64_t)index < stats->limit)
            out_table_row(out, row);
    }
    extra = json_pack("{s:s, s:I}", "by", stats->by, "days", (json_int_t)stats->days);
    out_table_end(out, extra);
    json_decref(extra);
    if (json_array_size(stats->rows) == 0)
        out_say(out, "Nothing was used in %lld day%s.", (long long)stats->days,
                stats->days == 1 ? "" : "s");
}

static int
read_options(struct stats *stats, const struct cmd_line *line)
{
    json_t *numbers = json_object();
    int status = times_set_number(stats->patctl, numbers, "days", cmd_value(line, "days"));

    if (status == EXIT_DONE)
        status = times_set_number(stats->patctl, numbers, "limit", cmd_value(line, "limit"));
    stats->days = cmd_value(line, "days") == NULL ? DAYS_SHOWN : ask_number(numbers, "days");
    stats->limit = ask_number(numbers, "limit");
    json_decref(numbers);
    stats->by = cmd_value(line, "by") == NULL ? "service" : cmd_value(line, "by");
    if (status == EXIT_DONE && !pat_text_equal(stats->by, "service") &&
        !pat_text_equal(stats->by, "user") && !pat_text_equal(stats->by, "token"))
        status = tell_failure(stats->patctl, EXIT_USAGE, "usage", "service, user or token",
                              "--by does not know \"%.60s\"", stats->by);
    return status;
}

static int
count(struct stats *stats)
{
    static const struct out_field accepted = {"accepted", "accepted", "",
                                              OUT_NUMBER, OUT_ALWAYS, NULL};
    int status = pat_text_equal(stats->by, "service") ? by_service(stats) : by_token(stats);

    if (status == EXIT_DONE && !sort_rows(stats->rows, &accepted, true))
        status = tell_failure(stats->patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    if (status == EXIT_DONE)
        print(stats);
    return status;
}

int
cmd_stats(struct patctl *patctl, const struct cmd_line *line)
{
    struct stats stats = {.patctl = patctl};
    int status;

    if (cmd_flag(line, "prometheus"))
        return metrics_print(patctl);
    status = read_options(&stats, line);
    if (status != EXIT_DONE)
        return status;
    stats.tokens = json_array();
    stats.rows = json_array();
    stats.known = json_object();
    status = count(&stats);
    json_decref(stats.tokens);
    json_decref(stats.rows);
    json_decref(stats.known);
    return status;
}
