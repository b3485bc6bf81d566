/* SPDX-License-Identifier: BSD-2-Clause */
/* check, log, whoami, help, version: looking without changing. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/cmds.h"
#include "admin/fields.h"
#include "admin/prompt.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define LADDER_WIDTH 78

/* --- check --- */

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

int
cmd_check(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters, *reply = NULL;
    struct pat_secret token;
    int status;

    if (cmd_value(line, "service") == NULL && cmd_value(line, "scope") == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl check --service sshd --user alice < token",
                            "missing --service or --scope");
    status = prompt_token(patctl, cmd_value(line, "token-file"), &token);
    if (status != EXIT_DONE)
        return status;
    parameters = json_object();
    ask_set(parameters, "token", json_stringn(token.bytes, token.len));
    pat_secret_clear(&token);
    ask_set_text(parameters, "service", cmd_value(line, "service"));
    ask_set_text(parameters, "scope", cmd_value(line, "scope"));
    ask_set_text(parameters, "user", patctl->globals.user);
    ask_set_text(parameters, "realm", cmd_value(line, "realm"));
    ask_set_text(parameters, "address", cmd_value(line, "rhost"));
    if (cmd_flag(line, "record"))
        ask_set(parameters, "record", json_true());
    status = ask_once(patctl, "Check", parameters, &reply);
    if (status == EXIT_DONE)
        status = tell_verdict(patctl, reply);
    json_decref(reply);
    return status;
}

/* --- log --- */

struct changes {
    struct out *out;
    bool some;
};

static bool
list_change(void *context, json_t *entry)
{
    struct changes *changes = context;
    json_t *change = json_object_get(entry, "change");

    if (change == NULL)
        return true;
    changes->some = true;
    out_table_row(changes->out, change);
    return true;
}

struct verifying {
    struct patctl *patctl;
    json_t *logs; /* for JSON */
    int64_t checked;
    bool bad;
};

static bool
take_verdict(void *context, json_t *entry)
{
    struct verifying *verifying = context;
    struct out *out = verifying->patctl->out;
    const char *tenant = ask_text(entry, "tenant");
    json_t *bad = json_object_get(entry, "bad");

    if (json_object_get(entry, "head") == NULL)
        return true;
    verifying->checked += ask_number(entry, "checked");
    verifying->bad |= json_is_integer(bad);
    json_array_append(verifying->logs, entry);
    if (json_is_integer(bad))
        out_say(out, "%s %s: change %lld: %s", out_symbol(out, OUT_NO),
                tenant[0] == '\0' ? "(host)" : tenant, (long long)json_integer_value(bad),
                ask_text(entry, "what"));
    else
        out_say(out, "%s %s: verified up to change %lld", out_symbol(out, OUT_YES),
                tenant[0] == '\0' ? "(host)" : tenant, (long long)ask_number(entry, "head"));
    return true;
}

static json_t *
log_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    if (cmd_flag(line, "host"))
        ask_set(parameters, "host", json_true());
    return parameters;
}

static int
verify_log(struct patctl *patctl, const struct cmd_line *line)
{
    struct verifying verifying = {.patctl = patctl, .logs = json_array()};
    int status = ask_each(patctl, "LogVerify", log_parameters(patctl, line), take_verdict,
                          &verifying, NULL);

    if (status == EXIT_DONE && json_array_size(verifying.logs) == 0)
        status = tell_failure(
            patctl, EXIT_DENIED, "log.none",
            "operators verify all logs, administrators and auditors their tenant's",
            "there is no log that you may verify");
    if (status == EXIT_DONE)
        out_json(patctl->out, json_pack("{s:i, s:b, s:O}", "v", 1, "whole", !verifying.bad, "logs",
                                        verifying.logs));
    json_decref(verifying.logs);
    return status == EXIT_DONE && verifying.bad ? EXIT_FINDINGS : status;
}

int
cmd_log(struct patctl *patctl, const struct cmd_line *line)
{
    struct changes changes = {.out = patctl->out};
    json_t *parameters;
    int status;

    if (cmd_flag(line, "verify"))
        return verify_log(patctl, line);
    parameters = log_parameters(patctl, line);
    ask_set_text(parameters, "user", patctl->globals.user);
    ask_set_text(parameters, "token", cmd_value(line, "token"));
    ask_set_text(parameters, "event", cmd_value(line, "event"));
    out_table_begin(patctl->out, "changes", fields_change);
    status = times_set(patctl, parameters, "since", NULL, cmd_value(line, "since"), PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = times_set(patctl, parameters, "until", NULL, cmd_value(line, "until"),
                           PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = times_set_number(patctl, parameters, "lines", cmd_value(line, "lines"));
    if (status == EXIT_DONE && !out_table_columns(patctl->out, cmd_value(line, "columns")))
        status = tell_failure(patctl, EXIT_USAGE, "usage", "names are those of --json",
                              "--columns: no such column");
    if (status != EXIT_DONE) {
        json_decref(parameters);
        return status;
    }
    status = ask_each(patctl, "Log", parameters, list_change, &changes, NULL);
    if (status == EXIT_DONE)
        out_table_end(patctl->out, NULL);
    if (status == EXIT_DONE && !changes.some)
        tell_note(patctl, "no changes");
    return status;
}

/* --- whoami --- */

static void
say_user(struct patctl *patctl, json_t *user)
{
    const struct out_field grants = {"grants",  "grants",   "GRANTS",
                                     OUT_WORDS, OUT_ALWAYS, "nothing"};
    const struct out_field cap = {"maxTokens", "max_tokens", "OF",
                                  OUT_NUMBER,  OUT_ALWAYS,   "unlimited"};
    char held[400], most[32];

    out_value(patctl->out, &grants, user, held, sizeof held);
    out_value(patctl->out, &cap, user, most, sizeof most);
    out_say(patctl->out, "%s in tenant %s, role %s\n  grants %s %s %lld of %s tokens",
            ask_text(user, "user"), ask_text(user, "tenant"), ask_text(user, "role"), held,
            out_symbol(patctl->out, OUT_MIDDOT), (long long)ask_number(user, "live"), most);
}

int
cmd_whoami(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL, *users;
    int status = ask_once(patctl, "WhoAmI", json_object(), &reply);
    size_t index;
    json_t *user;

    (void)line;
    if (status != EXIT_DONE)
        return status;
    users = json_object_get(reply, "users");
    out_say(patctl->out, "%s (uid %lld)%s", ask_text(reply, "name"),
            (long long)ask_number(reply, "uid"),
            json_is_true(json_object_get(reply, "operator")) ? ", operator of this host" : "");
    json_array_foreach(users, index, user) say_user(patctl, user);
    if (out_is_json(patctl->out)) {
        json_object_set_new(reply, "v", json_integer(1));
        out_json(patctl->out, json_incref(reply));
    }
    json_decref(reply);
    return EXIT_DONE;
}

/* --- help, version --- */

int
cmd_help(struct patctl *patctl, const struct cmd_line *line)
{
    char name[80] = "";
    const struct cmd *cmd;

    if (line->word_count == 0) {
        cmd_help_overview();
        return EXIT_DONE;
    }
    snprintf(name, sizeof name, "%.38s%s%.38s", line->words[0], line->word_count > 1 ? " " : "",
             line->word_count > 1 ? line->words[1] : "");
    cmd = cmd_find(name);
    if (cmd == NULL)
        return cmd_tell_unknown(patctl, name);
    cmd_help_command(cmd);
    return EXIT_DONE;
}

int
cmd_version(struct patctl *patctl, const struct cmd_line *line)
{
    (void)line;
    if (out_is_json(patctl->out))
        out_json(patctl->out, json_pack("{s:i, s:s, s:s}", "v", 1, "name", "linux-pat", "version",
                                        PACKAGE_VERSION));
    else
        puts("patctl (linux-pat) " PACKAGE_VERSION);
    return EXIT_DONE;
}
