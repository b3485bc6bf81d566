/* SPDX-License-Identifier: BSD-2-Clause */
/* log, help, version: looking without changing. */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/out/pick.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

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
    if (status == EXIT_DONE)
        status = pick_names(patctl, "--columns", fields_change, "", cmd_value(line, "columns"));
    if (status != EXIT_DONE) {
        json_decref(parameters);
        return status;
    }
    out_table_columns(patctl->out, cmd_value(line, "columns"));
    status = ask_each(patctl, "Log", parameters, list_change, &changes, NULL);
    if (status == EXIT_DONE)
        out_table_end(patctl->out, NULL);
    if (status == EXIT_DONE && !changes.some)
        tell_note(patctl, "no changes");
    return status;
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
    if (cmd == NULL && line->word_count == 1 && (cmd_help_topic(name) || cmd_help_family(name)))
        return EXIT_DONE;
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
