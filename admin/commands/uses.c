/* SPDX-License-Identifier: BSD-2-Clause */
/* uses: where and when one token was used, or all of a user's. */
#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/out/sort.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define LINES 20
#define TOKENS_MAX 200 /* each costs a question: those used last come first */

/* --- of one token --- */

static void
print_uses(struct patctl *patctl, json_t *reply, int64_t lines)
{
    json_t *uses = json_object_get(reply, "uses");
    json_t *token = json_object_get(reply, "token"), *extra;
    size_t index;
    json_t *use;

    out_table_begin(patctl->out, "uses", fields_use);
    json_array_foreach(uses, index, use)
    {
        if ((int64_t)index < lines)
            out_table_row(patctl->out, use);
    }
    extra = json_pack("{s:O, s:O}", "days", json_object_get(reply, "days"), "id",
                      json_object_get(token, "id"));
    out_table_end(patctl->out, extra);
    json_decref(extra);
    if (json_array_size(uses) == 0)
        out_say(patctl->out, "%s \"%s\" was never used.", ask_text(token, "id"),
                ask_text(token, "name"));
}

static int
uses_of_one(struct patctl *patctl, const char *reference, int64_t days, int64_t lines)
{
    json_t *reply = NULL;
    int status = days_ask(patctl, reference, patctl->globals.tenant, days, &reply);

    if (status == EXIT_DONE)
        print_uses(patctl, reply, lines);
    json_decref(reply);
    return status;
}

/* --- of all of a user's --- */

struct gathering {
    struct patctl *patctl;
    json_t *owners; /* users as WhoAmI tells them; NULL: whatever patd lists */
    json_t *tokens;
    json_t *uses;
};

static bool
is_of(json_t *owners, json_t *token)
{
    size_t index;
    json_t *user;

    json_array_foreach(owners, index, user)
    {
        if (pat_text_equal(ask_text(user, "user"), ask_text(token, "user")) &&
            pat_text_equal(ask_text(user, "tenant"), ask_text(token, "tenant")))
            return true;
    }
    return owners == NULL;
}

static bool
take_token(void *context, json_t *entry)
{
    struct gathering *gathering = context;
    json_t *token = json_object_get(entry, "token");

    if (token != NULL && is_of(gathering->owners, token) &&
        ask_number(token, "accepted") + ask_number(token, "refused") > 0)
        json_array_append(gathering->tokens, token);
    return true;
}

/* One's own; an operator who has none of their own sees everybody's. */
static int
find_owners(struct gathering *gathering, json_t **ret_me)
{
    struct patctl *patctl = gathering->patctl;
    int status;

    if (patctl->globals.user != NULL)
        return EXIT_DONE;
    status = ask_once(patctl, "WhoAmI", json_object(), ret_me);
    if (json_array_size(json_object_get(*ret_me, "users")) > 0)
        gathering->owners = json_object_get(*ret_me, "users");
    return status;
}

static int
gather_uses(struct gathering *gathering)
{
    static const struct out_field last = {"lastUsed", "last_used", "", OUT_TIME, OUT_ALWAYS, NULL};
    static const struct out_field at = {"at", "time", "", OUT_TIME, OUT_ALWAYS, NULL};
    struct patctl *patctl = gathering->patctl;
    json_t *token, *use;
    size_t index, each;
    int status = EXIT_DONE;

    if (!sort_rows(gathering->tokens, &last, true))
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    if (json_array_size(gathering->tokens) > TOKENS_MAX)
        tell_note(patctl, "Of %zu tokens only the %d used last are looked at.",
                  json_array_size(gathering->tokens), TOKENS_MAX);
    json_array_foreach(gathering->tokens, index, token)
    {
        json_t *reply = NULL;

        if (status == EXIT_DONE && index < TOKENS_MAX)
            status = days_ask(patctl, ask_text(token, "id"), ask_text(token, "tenant"), 0, &reply);
        json_array_foreach(json_object_get(reply, "uses"), each, use)
        {
            ask_set(use, "id", json_incref(json_object_get(token, "id")));
            ask_set(use, "name", json_incref(json_object_get(token, "name")));
            json_array_append(gathering->uses, use);
        }
        json_decref(reply);
    }
    if (!sort_rows(gathering->uses, &at, true))
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    return status;
}

static void
print_all(struct gathering *gathering, int64_t lines)
{
    struct out *out = gathering->patctl->out;
    size_t index;
    json_t *use;

    out_table_begin(out, "uses", fields_use_of_token);
    json_array_foreach(gathering->uses, index, use)
    {
        if ((int64_t)index < lines)
            out_table_row(out, use);
    }
    out_table_end(out, NULL);
    if (json_array_size(gathering->uses) == 0)
        out_say(out, "No token was used.");
}

static int
uses_of_all(struct patctl *patctl, int64_t lines)
{
    struct gathering gathering = {.patctl = patctl, .tokens = json_array(), .uses = json_array()};
    json_t *filter = json_pack("{s:b}", "withRevoked", 1), *me = NULL;
    int status = find_owners(&gathering, &me);

    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    if (status == EXIT_DONE)
        status = ask_each(patctl, "List", json_pack("{s:O}", "filter", filter), take_token,
                          &gathering, NULL);
    if (status == EXIT_DONE)
        status = gather_uses(&gathering);
    if (status == EXIT_DONE)
        print_all(&gathering, lines);
    json_decref(filter);
    json_decref(me);
    json_decref(gathering.tokens);
    json_decref(gathering.uses);
    return status;
}

int
cmd_uses(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *numbers = json_object();
    int status = times_set_number(patctl, numbers, "days", cmd_value(line, "days"));
    int64_t days, lines = LINES;

    if (status == EXIT_DONE)
        status = times_set_number(patctl, numbers, "lines", cmd_value(line, "lines"));
    days = ask_number(numbers, "days");
    if (cmd_value(line, "lines") != NULL)
        lines = ask_number(numbers, "lines");
    json_decref(numbers);
    if (status != EXIT_DONE)
        return status;
    return line->word_count > 0 ? uses_of_one(patctl, line->words[0], days, lines)
                                : uses_of_all(patctl, lines);
}
