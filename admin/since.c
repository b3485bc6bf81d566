/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first use of a token: exact where all of its uses are still kept one by one, else the day;
 * where uses were lost, the moment it was made. Rather too early than too late.
 */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/out/out.h"
#include "admin/since.h"
#include "core/base/text.h"

#define DAYS_KEPT 400
#define NEVER INT64_MAX

struct searching {
    json_t *token;
    json_t *gone; /* tokens that were just revoked */
    json_t *found;
    int64_t since;
};

static int64_t
first_use(json_t *token, json_t *reply)
{
    json_t *uses = json_object_get(reply, "uses"), *since = json_object_get(reply, "since");
    int64_t kept = 0, first = NEVER, day = NEVER, created = ask_number(token, "created");
    size_t index;
    json_t *entry;

    json_array_foreach(uses, index, entry)
    {
        if (!pat_text_equal(ask_text(entry, "verdict"), "accepted"))
            continue;
        kept++;
        first = ask_number(entry, "at"); /* the newest comes first */
    }
    json_array_foreach(json_object_get(reply, "days"), index, entry)
    {
        if (ask_number(entry, "accepted") > 0 && ask_number(entry, "day") < day)
            day = ask_number(entry, "day");
    }
    if (!json_is_integer(since) || json_integer_value(since) > created)
        return created;
    if (ask_number(token, "accepted") == 0 && kept == 0)
        return NEVER;
    if (kept >= ask_number(token, "accepted") || day == NEVER)
        return first;
    return day * DAYS_DAY > created ? day * DAYS_DAY : created;
}

static bool
is_among(json_t *tokens, const char *id)
{
    size_t index;
    json_t *token;

    json_array_foreach(tokens, index, token)
    {
        if (pat_text_equal(ask_text(token, "id"), id))
            return true;
    }
    return false;
}

static bool
take_later(void *context, json_t *entry)
{
    struct searching *searching = context;
    json_t *token = json_object_get(entry, "token");

    if (token == NULL || ask_number(token, "created") < searching->since ||
        is_among(searching->gone, ask_text(token, "id")) ||
        is_among(searching->found, ask_text(token, "id")))
        return true;
    return json_array_append(searching->found, token) == 0;
}

static int
find_later(struct patctl *patctl, struct searching *searching)
{
    json_t *token = searching->token, *reply = NULL;
    int status = days_ask(patctl, ask_text(token, "id"), ask_text(token, "tenant"), DAYS_KEPT,
                          &reply);

    if (status != EXIT_DONE)
        return status;
    searching->since = first_use(token, reply);
    json_decref(reply);
    if (searching->since == NEVER)
        return EXIT_DONE;
    return ask_each(patctl, "List",
                    json_pack("{s:{s:O, s:O}}", "filter", "tenant",
                              json_object_get(token, "tenant"), "user",
                              json_object_get(token, "user")),
                    take_later, searching, NULL);
}

int
since_find(struct patctl *patctl, json_t *tokens, json_t *found)
{
    struct searching searching = {.gone = tokens, .found = json_array()};
    int status = EXIT_DONE;
    size_t index;
    json_t *token;

    json_array_foreach(tokens, index, token)
    {
        searching.token = token;
        if (status == EXIT_DONE)
            status = find_later(patctl, &searching);
    }
    json_array_foreach(searching.found, index, token)
        json_array_append_new(found, out_part(fields_token, token));
    json_decref(searching.found);
    return status;
}

void
since_say(struct patctl *patctl, json_t *tokens, json_t *found)
{
    struct out *out = patctl->out;
    char next[800] = "";
    size_t index;
    json_t *token;

    if (json_array_size(found) == 0) {
        out_say(out, "  No other token was made with what %s opened.",
                json_array_size(tokens) == 1 ? "it" : "they");
        return;
    }
    out_say(out, "\n%s Whoever used %s could have made these, which still work:",
            out_symbol(out, OUT_WARN), json_array_size(tokens) == 1 ? "it" : "them");
    json_array_foreach(found, index, token)
    {
        out_say(out, "    %s  %s %s %s", ask_text(token, "id"), ask_text(token, "name"),
                out_symbol(out, OUT_MIDDOT), ask_text(token, "user"));
        if (strlen(next) + 16 < sizeof next)
            snprintf(next + strlen(next), sizeof next - strlen(next), " %s", ask_text(token, "id"));
    }
    out_say(out, "  If you did not make them: patctl revoke --compromised%s", next);
}
