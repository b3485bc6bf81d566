/* SPDX-License-Identifier: BSD-2-Clause */
/* check and explain: patd's own decision and the steps to it, with the secret and without. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/terminal/prompt.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define LADDER_WIDTH 78

/* --- the verdict --- */

static bool
is_unavailable(const char *verdict)
{
    return strncmp(verdict, "unavailable", strlen("unavailable")) == 0;
}

/* As many conditions a line as fit; a symbol is one column wide. */
static void
say_ladder(struct patctl *patctl, json_t *conditions)
{
    struct out *out = patctl->out;
    char line[1024] = " ";
    size_t index, column = 1;
    json_t *condition;

    json_array_foreach(conditions, index, condition)
    {
        const char *text = ask_text(condition, "condition");
        bool holds = json_is_true(json_object_get(condition, "holds"));
        size_t width = strlen("  x ") + strlen(text), used = strlen(line);

        if (column > 1 && column + width > LADDER_WIDTH) {
            out_say(out, "%s", line);
            column = used = 1;
        }
        snprintf(line + used, sizeof line - used, "%s%s %s", column == 1 ? " " : "  ",
                 out_symbol(out, holds ? OUT_YES : OUT_NO), text);
        column += width - (column == 1);
    }
    if (column > 1)
        out_say(out, "%s", line);
}

static void
say_verdict(struct patctl *patctl, json_t *reply)
{
    struct out *out = patctl->out;
    const char *verdict = ask_text(reply, "verdict");
    json_t *token = json_object_get(reply, "token");

    if (json_is_true(json_object_get(reply, "accepted")))
        out_say(out, "%s accepted", out_symbol(out, OUT_YES));
    else if (is_unavailable(verdict))
        out_say(out, "%s %s: %s", out_symbol(out, OUT_NO), verdict, ask_text(reply, "sentence"));
    else
        out_say(out, "%s refused (%s): %s", out_symbol(out, OUT_NO), verdict,
                ask_text(reply, "sentence"));
    if (json_is_object(token))
        out_say(out, "  %s \"%s\" of %s", ask_text(token, "id"), ask_text(token, "name"),
                ask_text(token, "user"));
    say_ladder(patctl, json_object_get(reply, "conditions"));
}

static int
tell_verdict(struct patctl *patctl, json_t *reply)
{
    struct out *out = patctl->out;
    bool accepted = json_is_true(json_object_get(reply, "accepted"));
    json_t *token = json_object_get(reply, "token");

    if (out_is_json(out)) {
        json_object_set_new(reply, "v", json_integer(1));
        if (json_is_object(token))
            json_object_set_new(reply, "token", out_object(out, fields_token, token));
        out_json(out, json_incref(reply));
    } else {
        say_verdict(patctl, reply);
    }
    if (accepted)
        return EXIT_DONE;
    return is_unavailable(ask_text(reply, "verdict")) ? EXIT_UNAVAILABLE : EXIT_REFUSED;
}

/* --- the question --- */

static int
missing_service(const struct patctl *patctl, const char *example)
{
    return tell_failure(patctl, EXIT_USAGE, "usage", example, "missing --service or --scope");
}

static void
set_request(const struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    ask_set_text(parameters, "service", cmd_value(line, "service"));
    ask_set_text(parameters, "scope", cmd_value(line, "scope"));
    ask_set_text(parameters, "user", patctl->globals.user);
    ask_set_text(parameters, "realm", cmd_value(line, "realm"));
    ask_set_text(parameters, "address", cmd_value(line, "rhost"));
}

static int
decide(struct patctl *patctl, const char *method, json_t *parameters)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, method, parameters, &reply);

    if (status == EXIT_DONE)
        status = tell_verdict(patctl, reply);
    json_decref(reply);
    return status;
}

int
cmd_check(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters;
    struct pat_secret token;
    int status;

    if (cmd_value(line, "service") == NULL && cmd_value(line, "scope") == NULL)
        return missing_service(patctl, "example: patctl check --service sshd --user alice < token");
    status = prompt_token(patctl, cmd_value(line, "token-file"), &token);
    if (status != EXIT_DONE)
        return status;
    parameters = json_object();
    ask_set(parameters, "token", json_stringn(token.bytes, token.len));
    pat_secret_clear(&token);
    set_request(patctl, line, parameters);
    if (cmd_flag(line, "record"))
        ask_set(parameters, "record", json_true());
    return decide(patctl, "Check", parameters);
}

int
cmd_explain(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters;

    if (cmd_value(line, "service") == NULL && cmd_value(line, "scope") == NULL)
        return missing_service(patctl,
                               "example: patctl explain 3rjhkwz5 --service sshd --user alice");
    parameters = json_object();
    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "token", line->words[0]);
    set_request(patctl, line, parameters);
    return decide(patctl, "Explain", parameters);
}
