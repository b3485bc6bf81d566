/* SPDX-License-Identifier: BSD-2-Clause */
/* edit, suspend, resume: what may happen to a token between its making and its end. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

/* --- edit --- */

static bool
holds_text(json_t *array, const char *text)
{
    size_t index;
    json_t *one;

    json_array_foreach(array, index, one)
    {
        if (pat_text_equal(json_string_value(one), text))
            return true;
    }
    return false;
}

/* The scopes that stay, of a token as it is now. */
static int
subtract(struct patctl *patctl, json_t *token, const char *list, json_t *parameters)
{
    json_t *has = json_object_get(token, "scopes"), *unwanted, *stay = json_array(), *scope;
    size_t index;
    int status = EXIT_DONE;

    ask_set_list(parameters, "scopes", list);
    unwanted = json_incref(json_object_get(parameters, "scopes"));
    json_array_foreach(unwanted, index, scope)
    {
        if (status == EXIT_DONE && !holds_text(has, json_string_value(scope)))
            status = tell_failure(patctl, EXIT_CONFLICT, "scope.missing",
                                  "scopes are taken away as they were given: patctl show",
                                  "token %s does not have the scope %s", ask_text(token, "id"),
                                  json_string_value(scope));
    }
    json_array_foreach(has, index, scope)
    {
        if (!holds_text(unwanted, json_string_value(scope)))
            json_array_append(stay, scope);
    }
    if (status == EXIT_DONE && json_array_size(stay) == 0)
        status = tell_failure(patctl, EXIT_CONFLICT, "scope.none",
                              "a token that is for nothing is revoked: patctl revoke",
                              "token %s would have no scope left", ask_text(token, "id"));
    json_decref(unwanted);
    ask_set(parameters, "scopes", stay);
    return status;
}

static int
remove_scopes(struct patctl *patctl, const char *reference, const char *list, json_t *parameters)
{
    json_t *asked = json_object(), *reply = NULL;
    int status;

    if (list == NULL) {
        json_decref(asked);
        return EXIT_DONE;
    }
    ask_set_text(asked, "tenant", patctl->globals.tenant);
    ask_set_text(asked, "token", reference);
    status = ask_once(patctl, "Show", asked, &reply);
    if (status == EXIT_DONE)
        status = subtract(patctl, json_object_get(reply, "token"), list, parameters);
    json_decref(reply);
    return status;
}

static void
say_edited(struct patctl *patctl, json_t *token)
{
    struct out *out = patctl->out;

    if (out_is_json(out)) {
        out_card(out, fields_token, token);
        return;
    }
    out_say(out, "%s %s \"%s\" is now:", out_symbol(out, OUT_YES), ask_text(token, "id"),
            ask_text(token, "name"));
    if (!patctl->globals.quiet)
        out_card(out, fields_token_card, token);
}

static bool
changes_nothing(const struct cmd_line *line)
{
    return cmd_value(line, "name") == NULL && cmd_value(line, "description") == NULL &&
           cmd_value(line, "remove-scope") == NULL && cmd_value(line, "from") == NULL &&
           cmd_value(line, "expires") == NULL;
}

int
cmd_edit(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters, *reply = NULL;
    int status;

    if (changes_nothing(line))
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl edit 3rjhkwz5 --expires 30d",
                            "missing --name, --description, --remove-scope, --from or --expires");
    parameters = ask_parameters(patctl);
    ask_set_text(parameters, "token", line->words[0]);
    ask_set_text(parameters, "name", cmd_value(line, "name"));
    ask_set_text(parameters, "description", cmd_value(line, "description"));
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    ask_set_list(parameters, "addresses", cmd_value(line, "from"));
    status = times_set(patctl, parameters, "expires", NULL, cmd_value(line, "expires"),
                       PAT_WHEN_END);
    if (status == EXIT_DONE)
        status = remove_scopes(patctl, line->words[0], cmd_value(line, "remove-scope"), parameters);
    if (status == EXIT_DONE)
        status = ask_once(patctl, "Edit", json_incref(parameters), &reply);
    json_decref(parameters);
    if (status == EXIT_DONE)
        say_edited(patctl, json_object_get(reply, "token"));
    json_decref(reply);
    return status;
}

/* --- suspend, resume --- */

static int
ask_about_all(struct patctl *patctl, const struct cmd_line *line, const char *method, json_t **ret)
{
    json_t *parameters = ask_parameters(patctl), *tokens = json_array();

    for (int i = 0; i < line->word_count; i++)
        json_array_append_new(tokens, json_string(line->words[i]));
    ask_set(parameters, "tokens", tokens);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    return ask_once(patctl, method, parameters, ret);
}

static void
tell_all(struct patctl *patctl, json_t *tokens, const char *name, const char *sentence,
         const char *undo)
{
    struct out *out = patctl->out;
    size_t index;
    json_t *token;

    if (out_is_json(out))
        out_table_begin(out, name, fields_token);
    json_array_foreach(tokens, index, token)
    {
        if (out_is_json(out))
            out_table_row(out, token);
        else
            out_say(out, "%s %s \"%s\" %s", out_symbol(out, OUT_YES), ask_text(token, "id"),
                    ask_text(token, "name"), sentence);
    }
    if (out_is_json(out))
        out_table_end(out, NULL);
    else if (json_array_size(tokens) == 1)
        out_say(out, "  Undo: patctl %s %s", undo, ask_text(json_array_get(tokens, 0), "id"));
}

int
cmd_suspend(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_about_all(patctl, line, "Suspend", &reply);

    if (status == EXIT_DONE)
        tell_all(patctl, json_object_get(reply, "suspended"), "suspended",
                 "is suspended: services refuse it from now on.", "resume");
    json_decref(reply);
    return status;
}

int
cmd_resume(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_about_all(patctl, line, "Resume", &reply);

    if (status == EXIT_DONE)
        tell_all(patctl, json_object_get(reply, "resumed"), "resumed", "works again.", "suspend");
    json_decref(reply);
    return status;
}
