/* SPDX-License-Identifier: BSD-2-Clause */
/* log: the change log as a table, once or as it grows. */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/out/pick.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define LINES_BEFORE 10 /* of each log, before what is new */

struct changes {
    struct patctl *patctl;
    bool follows;
    bool some;
};

/* What was erased is told from what never was. */
void
cmd_log_mark(const struct patctl *patctl, json_t *change)
{
    if (json_is_true(json_object_get(change, "erased")) && !out_is_json(patctl->out))
        ask_set(change, "reason", json_string("(erased)"));
}

static bool
list_change(void *context, json_t *entry)
{
    struct changes *changes = context;
    struct patctl *patctl = changes->patctl;
    json_t *change = json_object_get(entry, "change");

    if (change == NULL)
        return true;
    changes->some = true;
    cmd_log_mark(patctl, change);
    out_table_row(patctl->out, change);
    if (!changes->follows || ask_has_more(patctl))
        return true;
    out_table_flush(patctl->out);
    return ferror(stdout) == 0; /* nobody reads it any more */
}

json_t *
cmd_log_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = json_object();

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    if (cmd_flag(line, "host"))
        ask_set(parameters, "host", json_true());
    return parameters;
}

static int
set_filter(struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    int status;

    ask_set_text(parameters, "user", patctl->globals.user);
    ask_set_text(parameters, "token", cmd_value(line, "token"));
    ask_set_text(parameters, "event", cmd_value(line, "event"));
    ask_set_text(parameters, "batch", cmd_value(line, "batch"));
    status = times_set(patctl, parameters, "since", NULL, cmd_value(line, "since"), PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = times_set(patctl, parameters, "until", NULL, cmd_value(line, "until"),
                           PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = times_set_number(patctl, parameters, "lines", cmd_value(line, "lines"));
    return status;
}

/* A line is printed once: what is relative to now would soon be wrong, and no list ever ends. */
static int
begin_following(struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    if (patctl->globals.json && !patctl->globals.jsonl)
        return tell_failure(patctl, EXIT_USAGE, "usage", "give --jsonl: a line for each change",
                            "--follow never ends, and so does a JSON document");
    if (cmd_value(line, "until") != NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "either --follow or --until");
    if (patctl->globals.time == TIME_RELATIVE)
        patctl->globals.time = TIME_FULL;
    if (cmd_value(line, "lines") == NULL && cmd_value(line, "since") == NULL)
        ask_set(parameters, "lines", json_integer(LINES_BEFORE));
    ask_set(parameters, "follow", json_true());
    ask_be_patient(patctl);
    return EXIT_DONE;
}

static int
list_changes(struct patctl *patctl, const struct cmd_line *line, json_t *parameters)
{
    struct changes changes = {.patctl = patctl, .follows = cmd_flag(line, "follow")};
    int status;

    out_table_begin(patctl->out, "changes", fields_change);
    out_table_columns(patctl->out, cmd_value(line, "columns"));
    status = ask_each(patctl, "Log", parameters, list_change, &changes, NULL);
    if (status == EXIT_DONE)
        out_table_end(patctl->out, NULL);
    if (status == EXIT_DONE && !changes.some)
        tell_note(patctl, "no changes");
    return status;
}

int
cmd_log(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters;
    int status;

    if (cmd_flag(line, "verify") || cmd_value(line, "heads") != NULL)
        return cmd_log_verify(patctl, line);
    if (cmd_flag(line, "token-stdin"))
        return cmd_log_found(patctl, line);
    parameters = cmd_log_parameters(patctl, line);
    status = set_filter(patctl, line, parameters);
    if (status == EXIT_DONE)
        status = pick_names(patctl, "--columns", fields_change, "", cmd_value(line, "columns"));
    if (status == EXIT_DONE && cmd_flag(line, "follow"))
        status = begin_following(patctl, line, parameters);
    if (status == EXIT_DONE)
        return list_changes(patctl, line, parameters);
    json_decref(parameters);
    return status;
}
