/* SPDX-License-Identifier: BSD-2-Clause */
/* list, show, revoke, uses: what is done with tokens that exist. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/cmds.h"
#include "admin/fields.h"
#include "admin/prompt.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define SPARKLINE_DAYS 30
#define DAY INT64_C(86400000000)

/* --- list --- */

static const char *const states[] = {"active",  "expiring", "expired",
                                     "revoked", "pending",  "suspended"};
#define STATE_COUNT (sizeof states / sizeof states[0])

struct listing {
    struct patctl *patctl;
    int64_t limit; /* 0: none */
    int64_t count;
    int64_t by_state[STATE_COUNT];
};

static bool
list_one(void *context, json_t *entry)
{
    struct listing *listing = context;
    json_t *token = json_object_get(entry, "token");

    if (token == NULL)
        return true;
    if (listing->limit > 0 && listing->count == listing->limit)
        return false;
    listing->count++;
    for (size_t i = 0; i < STATE_COUNT; i++)
        listing->by_state[i] += pat_text_equal(states[i], ask_text(token, "state"));
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

static json_t *
list_filter(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *filter = json_object();

    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    ask_set_text(filter, "name", cmd_value(line, "name"));
    if (cmd_flag(line, "all"))
        ask_set(filter, "withRevoked", json_true());
    return filter;
}

int
cmd_list(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.patctl = patctl};
    json_t *parameters = json_object(), *last = NULL;
    json_t *numbers = json_object();
    int status = times_set_number(patctl, numbers, "limit", cmd_value(line, "limit"));

    listing.limit = ask_number(numbers, "limit");
    json_decref(numbers);
    out_table_begin(patctl->out, "tokens", fields_token);
    if (status == EXIT_DONE && !out_table_columns(patctl->out, cmd_value(line, "columns")))
        status = tell_failure(patctl, EXIT_USAGE, "usage", "names are those of --json",
                              "--columns: no such column");
    if (status != EXIT_DONE) {
        json_decref(parameters);
        return status;
    }
    ask_set(parameters, "filter", list_filter(patctl, line));
    status = ask_each(patctl, "List", parameters, list_one, &listing, &last);
    if (status == EXIT_DONE) {
        out_table_end(patctl->out, NULL);
        say_totals(&listing, ask_number(last, "hidden"));
    }
    json_decref(last);
    return status;
}

/* --- show --- */

struct day_counts {
    int64_t first_day;
    int64_t counts[SPARKLINE_DAYS];
    int64_t accepted, refused;
};

static void
count_days(json_t *days, struct day_counts *counts)
{
    size_t index;
    json_t *day;

    json_array_foreach(days, index, day)
    {
        int64_t at = ask_number(day, "day") - counts->first_day;
        int64_t accepted = ask_number(day, "accepted");

        counts->accepted += accepted;
        counts->refused += ask_number(day, "refused");
        if (at >= 0 && at < SPARKLINE_DAYS)
            counts->counts[at] += accepted;
    }
}

static void
say_uses(struct patctl *patctl, json_t *uses)
{
    struct day_counts counts = {.first_day = times_now() / DAY - SPARKLINE_DAYS + 1};
    char bars[4 * SPARKLINE_DAYS + 1], when[64];
    json_t *last = json_array_get(json_object_get(uses, "uses"), 0);

    count_days(json_object_get(uses, "days"), &counts);
    out_sparkline(patctl->out, counts.counts, SPARKLINE_DAYS, bars);
    out_say(patctl->out, "\n  last %d days %s%s %lld uses, %lld refused", SPARKLINE_DAYS, bars,
            bars[0] == '\0' ? "" : "  ", (long long)counts.accepted, (long long)counts.refused);
    if (last == NULL)
        return;
    out_time(patctl->out, ask_number(last, "at"), when, sizeof when);
    out_say(patctl->out, "  last seen    %s   %s   %s   %s", when, ask_text(last, "service"),
            ask_text(last, "address")[0] == '\0' ? "no address" : ask_text(last, "address"),
            ask_text(last, "verdict"));
}

static void
say_card(struct patctl *patctl, json_t *reply)
{
    json_t *token = json_object_get(reply, "token");
    struct out *out = patctl->out;
    const char *state = ask_text(token, "state");
    char effective[400] = "", grants[400] = "";
    const struct out_field words[] = {
        {"effective", "effective", "effective", OUT_WORDS, OUT_ALWAYS, "nothing"},
        {"grants", "grants", "grants", OUT_WORDS, OUT_ALWAYS, "none"}};

    out_say(out, "%s  %s   %s %s", ask_text(token, "id"), ask_text(token, "name"),
            out_symbol(out, OUT_DOT), state);
    out_card(out, fields_token_card, token);
    out_value(out, &words[0], reply, effective, sizeof effective);
    out_value(out, &words[1], reply, grants, sizeof grants);
    if (pat_text_equal(state, "active") || pat_text_equal(state, "expiring"))
        out_say(out, "  effective    %s", effective);
    else
        out_say(out, "  effective    nothing: the token is %s", state);
    out_say(out, "  grants       %s   (of %s)", grants, ask_text(token, "user"));
}

static int
ask_token(struct patctl *patctl, const char *method, const char *reference, const char *days,
          json_t **ret)
{
    json_t *parameters = json_object();
    int status = times_set_number(patctl, parameters, "days", days);

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "token", reference);
    if (status == EXIT_DONE)
        return ask_once(patctl, method, parameters, ret);
    json_decref(parameters);
    return status;
}

static int
show_one(struct patctl *patctl, const char *reference)
{
    json_t *reply = NULL, *uses = NULL, *object;
    int status = ask_token(patctl, "Show", reference, NULL, &reply);

    if (status == EXIT_DONE)
        status = ask_token(patctl, "Uses", reference, NULL, &uses);
    if (status == EXIT_DONE && out_is_json(patctl->out)) {
        object = out_object(patctl->out, fields_token, json_object_get(reply, "token"));
        json_object_set(object, "effective", json_object_get(reply, "effective"));
        json_object_set(object, "grants", json_object_get(reply, "grants"));
        out_json(patctl->out, object);
    } else if (status == EXIT_DONE) {
        say_card(patctl, reply);
        say_uses(patctl, uses);
    }
    json_decref(reply);
    json_decref(uses);
    return status;
}

int
cmd_show(struct patctl *patctl, const struct cmd_line *line)
{
    int status = EXIT_DONE;

    for (int i = 0; status == EXIT_DONE && i < line->word_count; i++) {
        if (i > 0)
            out_say(patctl->out, "%s", "");
        status = show_one(patctl, line->words[i]);
    }
    return status;
}

/* --- revoke --- */

static int
ask_revoke(struct patctl *patctl, const struct cmd_line *line, bool dry_run, json_t **ret)
{
    json_t *parameters = ask_parameters(patctl), *tokens = json_array();

    for (int i = 0; i < line->word_count; i++)
        json_array_append_new(tokens, json_string(line->words[i]));
    ask_set(parameters, "tokens", tokens);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    return ask_once(patctl, "Revoke", parameters, ret);
}

static void
show_tokens(struct patctl *patctl, json_t *tokens, const char *name)
{
    size_t index;
    json_t *token;

    out_table_begin(patctl->out, name, fields_token);
    json_array_foreach(tokens, index, token) out_table_row(patctl->out, token);
    out_table_end(patctl->out, NULL);
}

static int
confirm_revoke(struct patctl *patctl, json_t *preview)
{
    size_t count = json_array_size(preview);
    json_t *token = json_array_get(preview, 0);

    if (patctl->globals.yes)
        return EXIT_DONE;
    if (count > 1) {
        show_tokens(patctl, preview, "tokens");
        return prompt_count(patctl, (int64_t)count,
                            "%zu tokens will be revoked. This cannot be undone.", count);
    }
    out_say(patctl->out, "  %s  %s %s %s", ask_text(token, "id"), ask_text(token, "name"),
            out_symbol(patctl->out, OUT_MIDDOT), ask_text(token, "user"));
    fflush(stdout);
    return prompt_confirm(patctl, "Revoke %s? This cannot be undone.", ask_text(token, "id"));
}

static void
say_revoked(struct patctl *patctl, json_t *revoked)
{
    size_t count = json_array_size(revoked);

    if (out_is_json(patctl->out))
        show_tokens(patctl, revoked, "revoked");
    else
        out_say(patctl->out, "%s %s. Services refuse %s at the next login.",
                out_symbol(patctl->out, OUT_YES), count == 1 ? "Revoked" : "All revoked",
                count == 1 ? "it" : "them");
}

int
cmd_revoke(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *preview = NULL, *reply = NULL;
    int status = ask_revoke(patctl, line, true, &preview);

    if (status == EXIT_DONE && cmd_flag(line, "dry-run")) {
        show_tokens(patctl, json_object_get(preview, "revoked"), "tokens");
        out_say(patctl->out, "%zu would be revoked. Nothing changed (--dry-run).",
                json_array_size(json_object_get(preview, "revoked")));
    } else if (status == EXIT_DONE) {
        status = confirm_revoke(patctl, json_object_get(preview, "revoked"));
        if (status == EXIT_DONE)
            status = ask_revoke(patctl, line, false, &reply);
        if (status == EXIT_DONE)
            say_revoked(patctl, json_object_get(reply, "revoked"));
    }
    json_decref(preview);
    json_decref(reply);
    return status;
}

/* --- uses --- */

static void
print_uses(struct patctl *patctl, json_t *reply)
{
    json_t *uses = json_object_get(reply, "uses");
    json_t *token = json_object_get(reply, "token"), *extra;
    size_t index;
    json_t *use;

    out_table_begin(patctl->out, "uses", fields_use);
    json_array_foreach(uses, index, use) out_table_row(patctl->out, use);
    extra = json_pack("{s:O, s:O}", "days", json_object_get(reply, "days"), "id",
                      json_object_get(token, "id"));
    out_table_end(patctl->out, extra);
    json_decref(extra);
    if (json_array_size(uses) == 0)
        out_say(patctl->out, "%s \"%s\" was never used.", ask_text(token, "id"),
                ask_text(token, "name"));
}

int
cmd_uses(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_token(patctl, "Uses", line->words[0], cmd_value(line, "days"), &reply);

    if (status == EXIT_DONE)
        print_uses(patctl, reply);
    json_decref(reply);
    return status;
}
