/* SPDX-License-Identifier: BSD-2-Clause */
/* One token, one receiver. The reply of patd is wiped when it is freed; see pat_varlink_start(). */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/create/box.h"
#include "admin/create/deliver.h"
#include "admin/out/fields.h"
#include "admin/create/hand_over.h"
#include "admin/terminal/prompt.h"
#include "admin/create/qr.h"
#include "admin/tell.h"

#define SCREEN_LIFETIME INT64_C(600000000) /* of a token that needs no confirmation */

/* --- before --- */

static int
open_file(const struct patctl *patctl, struct hand *hand)
{
    if (hand->file == NULL)
        return EXIT_DONE;
    hand->fd = deliver_open(hand->file);
    if (hand->fd != -1)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_USAGE, "out-file", "", "%s: %s", hand->file, strerror(errno));
}

static int
check_wishes(const struct patctl *patctl, const struct hand *hand)
{
    if (hand->copy && !(hand->opened && hand->screen.hides))
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "--copy needs a terminal with a clipboard");
    if (hand->qr && !(hand->shows && hand->screen.hides && hand->screen.utf8))
        return tell_failure(patctl, EXIT_USAGE, "no-terminal", "",
                            "--qr needs a terminal to show the code on, with UTF-8");
    if (hand->qr && !qr_possible())
        return tell_failure(patctl, EXIT_USAGE, "no-library", "install it (Debian: libqrencode4)",
                            "--qr needs libqrencode.so.4");
    return EXIT_DONE;
}

int
hand_prepare(const struct patctl *patctl, const struct cmd_line *line, struct hand *ret)
{
    const struct globals *globals = &patctl->globals;
    bool screen;
    int status;

    *ret = (struct hand){.file = cmd_value(line, "out-file"),
                         .fd = -1,
                         .qr = cmd_flag(line, "qr"),
                         .copy = cmd_flag(line, "copy")};
    screen = ret->file == NULL && !out_is_json(patctl->out) && !globals->quiet &&
             isatty(STDOUT_FILENO) && prompt_possible(patctl);
    /* SECURITY: no core file and no debugger of the same user while a token is in memory. */
    prctl(PR_SET_DUMPABLE, 0);
    status = open_file(patctl, ret);
    if (status == EXIT_DONE && (screen || ret->copy))
        ret->opened = screen_open(patctl, &ret->screen);
    ret->shows = screen && ret->opened;
    ret->confirms = ret->shows && !globals->yes && !cmd_flag(line, "no-confirm");
    if (status == EXIT_DONE)
        status = check_wishes(patctl, ret);
    if (status != EXIT_DONE)
        hand_finish(ret, status);
    return status;
}

void
hand_finish(struct hand *hand, int status)
{
    if (hand->fd != -1)
        close(hand->fd);
    if (hand->fd != -1 && status != EXIT_DONE)
        unlink(hand->file);
    if (hand->opened)
        screen_close(&hand->screen);
    prctl(PR_SET_DUMPABLE, 1);
    hand->fd = -1;
    hand->opened = false;
}

/* --- without a screen --- */

static bool
print_json(struct patctl *patctl, const char *token, json_t *created)
{
    json_t *object = out_object(patctl->out, fields_token, created);
    bool written;

    json_object_set_new(object, "token", json_string(token));
    out_json(patctl->out, object);
    written = fflush(stdout) == 0;
    if (!written)
        __fpurge(stdout); /* nobody may get it any more; errno stays */
    return written;
}

static bool
write_out(struct patctl *patctl, const struct hand *hand, const char *token, json_t *created)
{
    if (hand->fd != -1)
        return deliver_write(hand->fd, token) && fsync(hand->fd) == 0;
    if (out_is_json(patctl->out))
        return print_json(patctl, token, created);
    return deliver_write(STDOUT_FILENO, token);
}

void
hand_revoke(struct patctl *patctl, json_t *created, const char *reason)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;

    ask_set_text(parameters, "tenant", ask_text(created, "tenant"));
    ask_set_list(parameters, "tokens", ask_text(created, "id"));
    ask_set_text(parameters, "reason", reason);
    if (ask_once(patctl, "Revoke", parameters, &reply) != EXIT_DONE)
        tell_note(patctl, "%s could not be revoked. Do it again: patctl revoke %s",
                  ask_text(created, "id"), ask_text(created, "id"));
    json_decref(reply);
}

static int
hand_out(struct patctl *patctl, const struct hand *hand, const char *token, json_t *created)
{
    int status;

    if (write_out(patctl, hand, token, created)) {
        if (hand->copy)
            screen_copy(&hand->screen, token);
        return EXIT_DONE;
    }
    status = tell_failure(patctl, EXIT_INTERNAL, "hand-over", "", "%s: %s",
                          hand->file == NULL ? "standard output" : hand->file, strerror(errno));
    hand_revoke(patctl, created, "it could not be handed over");
    tell_note(patctl, "The token could not be handed over and was revoked.");
    return status;
}

/* --- on the screen --- */

static void
tell_unconfirmed(const struct patctl *patctl, const char *id)
{
    tell_note(patctl,
              "The token is not confirmed. While it is pending it does not work, and it ends "
              "by itself.");
    tell_note(patctl, "  How it stands:    patctl show %s", id);
    tell_note(patctl, "  Make another one: patctl %s",
              patctl->command == NULL ? "create" : patctl->command);
}

static int
confirm(struct patctl *patctl, json_t *created, int64_t grace, json_t **ret)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    int status;

    ask_set_text(parameters, "tenant", ask_text(created, "tenant"));
    ask_set_text(parameters, "token", ask_text(created, "id"));
    if (grace >= 0)
        ask_set(parameters, "grace", json_integer(grace));
    status = ask_once(patctl, "Confirm", parameters, &reply);
    if (status == EXIT_DONE)
        *ret = json_incref(json_object_get(reply, "confirmed"));
    else
        tell_unconfirmed(patctl, ask_text(created, "id"));
    json_decref(reply);
    return status;
}

/* What is said of a token that was not stored; NULL reason: it was, and stays. */
static const struct ending {
    enum box_outcome outcome;
    const char *reason, *sentence;
    int status;
} endings[] = {
    {BOX_STORED, NULL, NULL, EXIT_DONE},
    {BOX_DISCARDED, "discarded", "Discarded", EXIT_DECLINED},
    {BOX_LATE, "nobody confirmed that it was stored", "No answer in time", EXIT_DECLINED},
    {BOX_INTERRUPTED, "interrupted before it was stored", "Interrupted", EXIT_INTERRUPTED},
    {BOX_GONE, "the terminal was closed before it was stored", "The terminal was closed",
     EXIT_INTERRUPTED},
};

static int
give_up(struct patctl *patctl, const struct box *box, json_t *created, enum box_outcome outcome)
{
    const struct ending *ending = endings;

    while (ending->outcome != outcome)
        ending++;
    if (box->file[0] != '\0')
        unlink(box->file);
    hand_revoke(patctl, created, ending->reason);
    tell_note(patctl, "%s: the token was revoked.%s%s", ending->sentence,
              box->file[0] == '\0' ? "" : " Removed: ", box->file);
    return ending->status;
}

static int
show(struct patctl *patctl, struct hand *hand, const char *token, json_t *created, int64_t grace,
     json_t **ret)
{
    struct box box = {.patctl = patctl,
                      .screen = &hand->screen,
                      .token = token,
                      .confirms = hand->confirms,
                      .qr = hand->qr,
                      .copy = hand->copy};
    int64_t lifetime = hand->confirms
                           ? ask_number(created, "pendingUntil") - ask_number(created, "created")
                           : SCREEN_LIFETIME;
    enum box_outcome outcome = box_show(&box, lifetime);

    if (outcome == BOX_DISCARDED || (outcome != BOX_STORED && hand->confirms))
        return give_up(patctl, &box, created, outcome);
    if (box.file[0] != '\0')
        tell_note(patctl, "%s It is in %s.", out_symbol(patctl->out, OUT_YES), box.file);
    if (hand->confirms)
        return confirm(patctl, created, grace, ret);
    *ret = json_incref(created);
    return EXIT_DONE;
}

int
hand_token(struct patctl *patctl, struct hand *hand, json_t *reply, int64_t grace, json_t **ret)
{
    json_t *created = json_object_get(reply, "created");
    const char *token = ask_text(reply, "token");
    int status;

    if (token[0] == '\0' || created == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "protocol", "", "patd sent no token");
    if (hand->shows)
        return show(patctl, hand, token, created, grace, ret);
    status = hand_out(patctl, hand, token, created);
    if (status != EXIT_DONE)
        return status;
    if (hand->confirms)
        return confirm(patctl, created, grace, ret);
    *ret = json_incref(created);
    return EXIT_DONE;
}
