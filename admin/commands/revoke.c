/* SPDX-License-Identifier: BSD-2-Clause */
/* revoke: by name or by what tokens have in common, always after a look at what would go. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/filter.h"
#include "admin/terminal/prompt.h"
#include "admin/since.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define PIECE 1000 /* so many go in one call */

struct revoking {
    struct patctl *patctl;
    const struct cmd_line *line;
    struct filter filter;
    char reason[CMD_VALUE_MAX + 32];
    json_t *ids;
    json_t *preview;
    json_t *revoked;
};

/* --- which ones --- */

static bool
take_token(void *context, json_t *entry)
{
    struct revoking *revoking = context;
    json_t *token = json_object_get(entry, "token");

    if (token == NULL || !filter_keeps(&revoking->filter, token) ||
        pat_text_equal(ask_text(token, "state"), "revoked"))
        return true;
    json_array_append(revoking->ids, json_object_get(token, "id"));
    json_array_append(revoking->preview, token);
    return true;
}

static int
ask_revoke(struct revoking *revoking, json_t *ids, bool dry_run, json_t **ret)
{
    json_t *parameters = ask_parameters(revoking->patctl);

    ask_set(parameters, "tokens", json_incref(ids));
    ask_set_text(parameters, "reason", pat_text_or_null(revoking->reason));
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    return ask_once(revoking->patctl, "Revoke", parameters, ret);
}

static int
pick_named(struct revoking *revoking)
{
    json_t *reply = NULL;
    int status;

    for (int i = 0; i < revoking->line->word_count; i++)
        json_array_append_new(revoking->ids, json_string(revoking->line->words[i]));
    status = ask_revoke(revoking, revoking->ids, true, &reply);
    if (status == EXIT_DONE)
        json_array_extend(revoking->preview, json_object_get(reply, "revoked"));
    json_decref(reply);
    return status;
}

static int
pick(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    bool named = revoking->line->word_count > 0;
    bool filtered = revoking->filter.some || (!named && patctl->globals.user != NULL);

    if (named && filtered)
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "either ids or filters, not both");
    if (!named && !filtered)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl revoke --unused 90d --dry-run",
                            "missing ID... or a filter");
    if (named)
        return pick_named(revoking);
    return ask_each(patctl, "List", json_incref(revoking->filter.parameters), take_token, revoking,
                    NULL);
}

/* --- asking --- */

static void
show_tokens(struct patctl *patctl, json_t *tokens, const char *name, json_t *extra)
{
    size_t index;
    json_t *token;

    out_table_begin(patctl->out, name, fields_token);
    json_array_foreach(tokens, index, token) out_table_row(patctl->out, token);
    out_table_end(patctl->out, extra);
}

/* "3 tokens of 2 users" */
static void
say_how_many(json_t *tokens, char *ret, size_t size)
{
    json_t *users = json_object(), *token;
    size_t index, count = json_array_size(tokens);
    char key[300];

    json_array_foreach(tokens, index, token)
    {
        snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
        ask_set(users, key, json_true());
    }
    snprintf(ret, size, "%zu token%s of %zu user%s", count, count == 1 ? "" : "s",
             json_object_size(users), json_object_size(users) == 1 ? "" : "s");
    json_decref(users);
}

/* "3rjhkwz5  old laptop · alice · mail:read · used 2 h ago" */
static void
say_one(struct patctl *patctl, json_t *token)
{
    struct out *out = patctl->out;
    const char *dot = out_symbol(out, OUT_MIDDOT);
    json_t *last = json_object_get(token, "lastUsed");
    char scopes[1100], when[64] = "", line[2000], cut[2000];

    out_value(out, out_field(fields_token, "scopes", strlen("scopes")), token, scopes,
              sizeof scopes);
    if (json_is_integer(last))
        out_time(out, json_integer_value(last), when, sizeof when);
    snprintf(line, sizeof line, "%s  %s %s %s %s %s %s %s%s", ask_text(token, "id"),
             ask_text(token, "name"), dot, ask_text(token, "user"), dot, scopes, dot,
             json_is_integer(last) ? "used " : "never used", when);
    out_cut(out, line, out_is_terminal(out) ? out_columns(out) - 2 : sizeof line, cut, sizeof cut);
    out_say(out, "  %s", cut);
}

static int
confirm(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    size_t count = json_array_size(revoking->preview);
    json_t *token = json_array_get(revoking->preview, 0);
    char many[80];

    if (patctl->globals.yes)
        return EXIT_DONE;
    if (count > 1) {
        if (!out_is_json(patctl->out))
            show_tokens(patctl, revoking->preview, "tokens", NULL);
        fflush(stdout);
        say_how_many(revoking->preview, many, sizeof many);
        return prompt_count(patctl, (int64_t)count, "%s will be revoked. This cannot be undone.",
                            many);
    }
    say_one(patctl, token);
    fflush(stdout);
    return prompt_confirm(patctl, "Revoke %s? This cannot be undone.", ask_text(token, "id"));
}

/* --- doing --- */

/* One call for as many as one takes: all of them are revoked, or none. */
static int
revoke_all(struct revoking *revoking)
{
    size_t count = json_array_size(revoking->ids), done = 0;
    int status = EXIT_DONE;

    while (status == EXIT_DONE && done < count) {
        json_t *piece = json_array(), *reply = NULL;

        for (size_t i = done; i < count && i < done + PIECE; i++)
            json_array_append(piece, json_array_get(revoking->ids, i));
        status = ask_revoke(revoking, piece, false, &reply);
        json_decref(piece);
        if (status == EXIT_DONE)
            json_array_extend(revoking->revoked, json_object_get(reply, "revoked"));
        json_decref(reply);
        done += status == EXIT_DONE ? PIECE : 0;
    }
    if (status == EXIT_DONE || done == 0)
        return status;
    tell_note(revoking->patctl, "%zu of %zu were revoked.", done, count);
    return EXIT_PARTLY;
}

static int
tell_done(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    size_t count = json_array_size(revoking->revoked);
    json_t *extra = NULL;
    int status = EXIT_DONE;

    if (cmd_flag(revoking->line, "compromised")) {
        extra = json_pack("{s:[]}", "made_since");
        status = since_find(patctl, revoking->revoked, json_object_get(extra, "made_since"));
    }
    if (out_is_json(patctl->out)) {
        show_tokens(patctl, revoking->revoked, "revoked", extra);
    } else {
        out_say(patctl->out, "%s %s. Services refuse %s at the next login.",
                out_symbol(patctl->out, OUT_YES), count == 1 ? "Revoked" : "All revoked",
                count == 1 ? "it" : "them");
        if (extra != NULL)
            since_say(patctl, revoking->revoked, json_object_get(extra, "made_since"));
    }
    json_decref(extra);
    return status;
}

static int
run(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    char many[80];
    size_t count;
    int status = pick(revoking);

    count = json_array_size(revoking->preview);
    if (status != EXIT_DONE)
        return status;
    if (count == 0 || cmd_flag(revoking->line, "dry-run")) {
        if (count > 0 || out_is_json(patctl->out))
            show_tokens(patctl, revoking->preview, "tokens", NULL);
        say_how_many(revoking->preview, many, sizeof many);
        out_say(patctl->out, "%s would be revoked. Nothing changed%s.", many,
                cmd_flag(revoking->line, "dry-run") ? " (--dry-run)" : "");
        return EXIT_DONE;
    }
    status = confirm(revoking);
    if (status == EXIT_DONE)
        status = revoke_all(revoking);
    return status == EXIT_DONE ? tell_done(revoking) : status;
}

/* "compromised", and perhaps more: the word comes first, so that it can be looked for. */
static void
set_reason(struct revoking *revoking)
{
    const char *reason = cmd_value(revoking->line, "reason");
    bool compromised = cmd_flag(revoking->line, "compromised");

    if (reason != NULL && pat_text_equal(reason, "compromised"))
        reason = compromised ? NULL : reason;
    snprintf(revoking->reason, sizeof revoking->reason, "%s%s%s", compromised ? "compromised" : "",
             compromised && reason != NULL ? ": " : "", reason == NULL ? "" : reason);
}

int
cmd_revoke(struct patctl *patctl, const struct cmd_line *line)
{
    struct revoking revoking = {.patctl = patctl, .line = line};
    int status = filter_read(patctl, line, &revoking.filter);

    if (status != EXIT_DONE)
        return status;
    set_reason(&revoking);
    revoking.ids = json_array();
    revoking.preview = json_array();
    revoking.revoked = json_array();
    status = run(&revoking);
    json_decref(revoking.filter.parameters);
    json_decref(revoking.ids);
    json_decref(revoking.preview);
    json_decref(revoking.revoked);
    return status;
}
