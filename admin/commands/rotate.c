/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rotate: a successor of a token, with the same settings. The old one stays as it is until the new
 * one is where it belongs: only then the successor is confirmed and the grace period begins.
 */
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/rotate_all.h"
#include "admin/out/fields.h"
#include "admin/create/hand_over.h"
#include "admin/out/out_time.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define GRACE_USUAL "1d"

static json_t *
token_parameters(const struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl);

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "token", line->words[0]);
    return parameters;
}

/* --- the end of the grace period --- */

static int
finish(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = token_parameters(patctl, line), *reply = NULL, *revoked;
    int status;

    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    status = ask_once(patctl, "RotateFinish", parameters, &reply);
    revoked = json_object_get(reply, "revoked");
    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_card(patctl->out, fields_token, revoked);
    else if (status == EXIT_DONE)
        out_say(patctl->out, "%s %s, the old one, is revoked; its successor is %s.",
                out_symbol(patctl->out, OUT_YES), ask_text(revoked, "id"),
                ask_text(revoked, "successor"));
    json_decref(reply);
    return status;
}

/* --- the successor --- */

struct rotation {
    struct patctl *patctl;
    json_t *old;
    int64_t grace; /* microseconds */
};

static int64_t
end_of_old(const struct rotation *rotation)
{
    int64_t end = times_now() + rotation->grace;
    json_t *expires = json_object_get(rotation->old, "expires");

    return json_is_integer(expires) && json_integer_value(expires) < end
               ? json_integer_value(expires)
               : end;
}

static void
tell_plan(const struct rotation *rotation)
{
    const struct patctl *patctl = rotation->patctl;
    const char *id = ask_text(rotation->old, "id"), *name = ask_text(rotation->old, "name");
    char date[64], span[40];

    if (out_is_json(patctl->out))
        return;
    if (rotation->grace == 0) {
        tell_note(patctl, "%s %s will get a new secret; the old one ends at once.", id, name);
        return;
    }
    out_date(patctl->out, end_of_old(rotation), date, sizeof date);
    out_time_span(rotation->grace, span, sizeof span);
    tell_note(patctl, "%s %s will get a new secret; the old one keeps working until", id, name);
    tell_note(patctl, "%s (%s).", date, span);
}

static void
tell_rest(const struct rotation *rotation, const struct hand *hand, json_t *created)
{
    const struct patctl *patctl = rotation->patctl;
    const char *id = ask_text(created, "id");
    char date[64];

    out_date(patctl->out, end_of_old(rotation), date, sizeof date);
    if (rotation->grace == 0)
        tell_note(patctl, "%s New: %s   Old: %s is revoked.", out_symbol(patctl->out, OUT_YES), id,
                  ask_text(rotation->old, "id"));
    else
        tell_note(patctl, "%s New: %s   Old: %s until %s", out_symbol(patctl->out, OUT_YES), id,
                  ask_text(rotation->old, "id"), date);
    if (hand->file != NULL)
        tell_note(patctl, "  It is in %s, and nowhere else.", hand->file);
    else if (!hand->shows)
        tell_note(patctl, "  It is shown once and cannot be retrieved: store it now.");
    if (rotation->grace > 0)
        tell_note(patctl, "  End the grace period early: patctl rotate --finish %s", id);
}

static int
read_grace(const struct patctl *patctl, const struct cmd_line *line, int64_t *ret)
{
    const char *text = cmd_value(line, "grace");

    *ret = 0;
    if (text == NULL)
        text = GRACE_USUAL;
    if (pat_text_equal(text, "0") || pat_when_span(text, ret) == PAT_OK)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_USAGE, "usage", "like 24h or 7d; 0 ends the old one at once",
                        "--grace: \"%.60s\" is no lifetime", text);
}

static int
ask_rotate(struct patctl *patctl, const struct cmd_line *line, int64_t grace, bool pending,
           json_t **ret)
{
    const char *expires = cmd_value(line, "expires");
    json_t *parameters = token_parameters(patctl, line);
    int status = EXIT_DONE;

    ask_set(parameters, "grace", json_integer(grace));
    if (pending)
        ask_set(parameters, "pending", json_true());
    if (expires != NULL && !pat_text_equal(expires, "same"))
        status = times_set(patctl, parameters, "expires", "never", expires, PAT_WHEN_END);
    if (status == EXIT_DONE)
        return ask_once(patctl, "Rotate", parameters, ret);
    json_decref(parameters);
    return status;
}

/* JSON is printed before patd is told to make the token work. */
static void
show_as_active(json_t *created)
{
    json_object_set_new(created, "state", json_string("active"));
    json_object_set_new(created, "pendingUntil", json_null());
}

static int
hand_successor(const struct rotation *rotation, struct hand *hand, const struct cmd_line *line)
{
    struct patctl *patctl = rotation->patctl;
    json_t *reply = NULL, *created = NULL;
    int status;

    /* Without the screen, too: if it cannot be written the old one has to be as it was. */
    hand->confirms = hand->confirms || !hand->shows;
    status = ask_rotate(patctl, line, rotation->grace, hand->confirms, &reply);
    if (status == EXIT_DONE && !hand->shows)
        show_as_active(json_object_get(reply, "created"));
    if (status == EXIT_DONE)
        status = hand_token(patctl, hand, reply, rotation->grace, &created);
    json_decref(reply);
    if (status == EXIT_DONE && !out_is_json(patctl->out))
        tell_rest(rotation, hand, created);
    else if (status == EXIT_DONE && hand->file != NULL)
        out_card(patctl->out, fields_token, created);
    json_decref(created);
    return status;
}

static int
rotate(struct patctl *patctl, const struct cmd_line *line)
{
    struct rotation rotation = {.patctl = patctl};
    json_t *parameters = json_object(), *shown = NULL;
    int status = read_grace(patctl, line, &rotation.grace);
    struct hand hand;

    ask_set_text(parameters, "tenant", patctl->globals.tenant);
    ask_set_text(parameters, "token", line->words[0]);
    if (status == EXIT_DONE)
        status = ask_once(patctl, "Show", parameters, &shown);
    else
        json_decref(parameters);
    rotation.old = json_object_get(shown, "token");
    if (status == EXIT_DONE)
        status = hand_prepare(patctl, line, &hand);
    if (status == EXIT_DONE) {
        tell_plan(&rotation);
        status = hand_successor(&rotation, &hand, line);
        hand_finish(&hand, status);
    }
    json_decref(shown);
    return status;
}

static int
rotate_all(struct patctl *patctl, const struct cmd_line *line)
{
    int64_t grace;
    int status = read_grace(patctl, line, &grace);

    if (status != EXIT_DONE)
        return status;
    if (line->word_count > 0 || cmd_flag(line, "finish") || cmd_flag(line, "reason") ||
        cmd_flag(line, "copy") || cmd_flag(line, "qr"))
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "--all-expiring goes without ID, --finish, --reason, --copy and --qr");
    return cmd_rotate_all(patctl, line, grace);
}

int
cmd_rotate(struct patctl *patctl, const struct cmd_line *line)
{
    if (cmd_flag(line, "all-expiring"))
        return rotate_all(patctl, line);
    if (cmd_flag(line, "dry-run"))
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "--dry-run goes with --all-expiring");
    if (line->word_count == 0)
        return tell_failure(patctl, EXIT_USAGE, "usage", "usage: patctl rotate ID", "missing ID");
    if (!cmd_flag(line, "finish")) {
        if (cmd_flag(line, "reason"))
            return tell_failure(patctl, EXIT_USAGE, "usage", "", "--reason goes with --finish");
        return rotate(patctl, line);
    }
    if (cmd_flag(line, "grace") || cmd_flag(line, "expires") || cmd_flag(line, "out-file"))
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "--finish makes no token: without --grace, --expires and --out-file");
    return finish(patctl, line);
}
