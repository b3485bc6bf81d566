/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log --token-stdin: everything that is known of a token that was found. Its text is looked at here
 * and forgotten: patd hears its id alone.
 */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/days.h"
#include "admin/out/fields.h"
#include "admin/since.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"
#include "core/token/token.h"

struct found {
    struct patctl *patctl;
    char id[PAT_ID_LEN + 1];
    char tenant[PAT_TENANT_MAX + 1];
    json_t *changes;
    json_t *uses; /* patd's reply, with the token; NULL: it was purged, or never was */
    json_t *made_since;
};

/* SECURITY: the secret does not leave this function. */
static int
read_id(struct patctl *patctl, struct found *found)
{
    struct pat_secret secret;
    struct pat_token token;
    enum pat_shape shape;
    int status = prompt_token(patctl, NULL, &secret);

    if (status != EXIT_DONE)
        return status;
    shape = pat_token_read(secret.bytes, secret.len, &token);
    pat_secret_clear(&secret);
    pat_text_clip(found->id, sizeof found->id, token.id);
    pat_text_clip(found->tenant, sizeof found->tenant, token.tenant);
    pat_token_clear(&token);
    if (shape == PAT_SHAPE_TOKEN)
        return EXIT_DONE;
    return tell_failure(
        patctl, EXIT_USAGE, "token.malformed",
        shape == PAT_SHAPE_MALFORMED ? "copy it again, whole; its id is the 8 characters behind _1"
                                     : "",
        shape == PAT_SHAPE_MALFORMED ? "that is no whole token" : "that is not a token");
}

static bool
take_change(void *context, json_t *entry)
{
    struct found *found = context;
    json_t *change = json_object_get(entry, "change");

    if (change != NULL)
        json_array_append(found->changes, change);
    return true;
}

/* The token and its uses; a token that was purged is still in the log. */
static int
ask_uses(struct found *found)
{
    struct patctl *patctl = found->patctl;
    bool silent = patctl->silent, is_known = json_array_size(found->changes) > 0;
    int status;

    patctl->silent = is_known;
    status = days_ask(patctl, found->id, found->tenant, 0, &found->uses);
    patctl->silent = silent;
    return status == EXIT_NOT_FOUND && is_known ? EXIT_DONE : status;
}

static int
gather(struct found *found)
{
    struct patctl *patctl = found->patctl;
    json_t *parameters = json_pack("{s:s, s:s}", "tenant", found->tenant, "token", found->id);
    json_t *tokens;
    int status = ask_each(patctl, "Log", parameters, take_change, found, NULL);

    if (status == EXIT_DONE)
        status = ask_uses(found);
    if (status != EXIT_DONE || found->uses == NULL)
        return status;
    tokens = json_pack("[O]", json_object_get(found->uses, "token"));
    status = since_find(patctl, tokens, found->made_since);
    json_decref(tokens);
    return status;
}

/* --- telling --- */

static void
say_table(struct patctl *patctl, const char *title, const struct out_field *fields, json_t *rows)
{
    size_t index;
    json_t *row;

    out_line(patctl->out, "\n%s", title);
    if (json_array_size(rows) == 0) {
        out_line(patctl->out, "%s", "none");
        return;
    }
    out_table_begin(patctl->out, "rows", fields);
    json_array_foreach(rows, index, row)
    {
        if (fields == fields_change)
            cmd_log_mark(patctl, row);
        out_table_row(patctl->out, row);
    }
    out_table_end(patctl->out, NULL);
}

static void
say_found(struct found *found)
{
    struct patctl *patctl = found->patctl;
    json_t *token = json_object_get(found->uses, "token"), *tokens;
    const char *state = ask_text(token, "state");

    if (token == NULL)
        out_line(patctl->out,
                 "%s of tenant %s is no longer kept; what the log says of it:", found->id,
                 found->tenant);
    else
        out_line(patctl->out, "%s \"%s\" of %s in tenant %s: %s", found->id,
                 ask_text(token, "name"), ask_text(token, "user"), found->tenant, state);
    say_table(patctl, "Changes:", fields_change, found->changes);
    if (token == NULL)
        return;
    say_table(patctl, "Logins, the newest first:", fields_use,
              json_object_get(found->uses, "uses"));
    tokens = json_pack("[O]", token);
    since_say(patctl, tokens, found->made_since);
    json_decref(tokens);
    if (!pat_text_equal(state, "revoked"))
        tell_note(patctl, "Whoever had it may use it: patctl revoke --compromised %s", found->id);
}

static json_t *
parts(const struct out_field *fields, json_t *rows)
{
    json_t *array = json_array(), *row;
    size_t index;

    json_array_foreach(rows, index, row) json_array_append_new(array, out_part(fields, row));
    return array;
}

static void
print_found(struct found *found)
{
    json_t *token = json_object_get(found->uses, "token");
    json_t *days = json_object_get(found->uses, "days");

    out_json(found->patctl->out,
             json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:O}", "v", 1, "id", found->id,
                       "tenant", found->tenant, "token",
                       token == NULL ? json_null() : out_part(fields_token, token), "changes",
                       parts(fields_change, found->changes), "uses",
                       parts(fields_use, json_object_get(found->uses, "uses")), "days",
                       days == NULL ? json_array() : json_incref(days), "made_since",
                       found->made_since));
}

int
cmd_log_found(struct patctl *patctl, const struct cmd_line *line)
{
    struct found found = {.patctl = patctl, .changes = json_array(), .made_since = json_array()};
    int status = read_id(patctl, &found);

    (void)line;
    if (status == EXIT_DONE)
        status = gather(&found);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        print_found(&found);
    else if (status == EXIT_DONE)
        say_found(&found);
    json_decref(found.changes);
    json_decref(found.uses);
    json_decref(found.made_since);
    return status;
}
