/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revoke --kill-sessions, and what revoke tells of open sessions without it. root's patctl does it:
 * patd has no power over processes.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/open_sessions.h"
#include "admin/commands/revoke_sessions.h"
#include "admin/out/days.h"
#include "admin/out/out.h"
#include "admin/sessions/end.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define ROUNDS 3      /* what was started meanwhile is found by the next */
#define ASKED_MAX 100 /* tokens whose uses are asked for */

int
cmd_revoke_sessions_may(const struct patctl *patctl)
{
    if (geteuid() == 0)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_DENIED, "sessions.root",
                        "without --kill-sessions the token is revoked, and root ends its sessions "
                        "afterwards with the same command",
                        "only root can end sessions; nothing was revoked");
}

void
cmd_revoke_sessions_line(struct patctl *patctl, json_t *token, char *ret, size_t size)
{
    struct open_sessions open;
    json_t *one = json_pack("[O]", token);
    int64_t count;

    ret[0] = '\0';
    if (geteuid() == 0 && cmd_open_sessions_begin(patctl, &open) == EXIT_DONE) {
        count = cmd_open_sessions_count(&open, one);
        if (count > 0)
            snprintf(ret, size, " %s %lld open session%s", out_symbol(patctl->out, OUT_MIDDOT),
                     (long long)count, count == 1 ? "" : "s");
        cmd_open_sessions_end(&open);
    }
    json_decref(one);
}

/* --- ending --- */

struct ending {
    int64_t sessions, processes, alive, untold, own;
    json_t *accounts; /* whose untold connections were counted */
    json_t *others;   /* services without a shell that took the tokens */
    bool doubtful;    /* one opened sessions, and none is found while some are untold */
};

/* Ends what is there of one token; false when nothing was left to end. */
static bool
end_round(struct open_sessions *open, json_t *token, bool first, struct ending *ending,
          size_t *ret_found)
{
    struct sessions sessions;
    int64_t untold;
    size_t alive = 0, ended, own = 0;
    char key[300];

    if (!cmd_open_sessions_of(open, token, &sessions, &untold)) {
        sessions_free(&sessions);
        return false;
    }
    for (size_t i = 0; i < sessions.count; i++)
        own += sessions.all[i].ours;
    *ret_found = sessions.count;
    if (first) {
        ending->sessions += (int64_t)(sessions.count - own);
        ending->own += (int64_t)own;
        snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
        if (json_object_get(ending->accounts, key) == NULL)
            ending->untold += untold;
        ask_set(ending->accounts, key, json_true());
    }
    ended = sessions.count > own ? end_sessions(&open->processes, &sessions, &alive) : 0;
    ending->processes += (int64_t)ended;
    ending->alive = (int64_t)alive;
    sessions_free(&sessions);
    return ended > 0 || alive > 0;
}

static int
end_of_token(struct patctl *patctl, json_t *token, struct ending *ending, size_t *ret_found)
{
    bool again = true;
    int status = EXIT_DONE;

    for (int round = 0; status == EXIT_DONE && again && round < ROUNDS; round++) {
        struct open_sessions open;
        size_t found = 0;

        status = cmd_open_sessions_begin(patctl, &open);
        again = status == EXIT_DONE && end_round(&open, token, round == 0, ending, &found);
        if (round == 0)
            *ret_found = found;
        cmd_open_sessions_end(&open);
    }
    return status;
}

/* --- what nobody here can end --- */

static bool
has_shells(const char *service)
{
    static const char *const names[] = {"sshd", "su", "su-l", "sudo", "sudo-i", "login", "remote"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (pat_text_equal(service, names[i]))
            return true;
    return false;
}

static bool
is_among(json_t *list, const char *text)
{
    size_t index;
    json_t *entry;

    json_array_foreach(list, index, entry)
    {
        if (pat_text_equal(json_string_value(entry), text))
            return true;
    }
    return false;
}

/* The services that took the token lately: those of mail and directories keep connections open. */
static void
look_at_uses(struct open_sessions *open, json_t *token, size_t found, struct ending *ending)
{
    json_t *reply = NULL, *use;
    bool opened = false;
    size_t index;

    if (days_ask(&open->quiet, ask_text(token, "id"), ask_text(token, "tenant"), 1, &reply) !=
        EXIT_DONE)
        return;
    json_array_foreach(json_object_get(reply, "uses"), index, use)
    {
        const char *service = ask_text(use, "service");

        if (!pat_text_equal(ask_text(use, "verdict"), "accepted"))
            continue;
        if (has_shells(service))
            opened = true;
        else if (!is_among(ending->others, service))
            json_array_append_new(ending->others, json_string(service));
    }
    ending->doubtful = ending->doubtful || (opened && found == 0 && ending->untold > 0);
    json_decref(reply);
}

/* --- the whole --- */

static int
end_all(struct revoking *revoking, struct ending *ending)
{
    struct open_sessions asking = {.quiet = *revoking->patctl};
    json_t *const lists[] = {revoking->revoked, revoking->dead};
    size_t index, looked_at = 0;
    int status = EXIT_DONE;
    json_t *token;

    asking.quiet.silent = true;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_array_foreach(lists[i], index, token)
        {
            size_t found = 0;

            if (status == EXIT_DONE)
                status = end_of_token(revoking->patctl, token, ending, &found);
            if (status == EXIT_DONE && looked_at++ < ASKED_MAX)
                look_at_uses(&asking, token, found, ending);
        }
    if (status == EXIT_DONE && (ending->alive > 0 || ending->own > 0 || ending->doubtful))
        status = EXIT_PARTLY;
    return status;
}

static int
count_open(struct revoking *revoking, json_t **ret_told)
{
    struct open_sessions open;
    int status = cmd_open_sessions_begin(revoking->patctl, &open);

    if (status == EXIT_DONE)
        *ret_told = json_pack("{s:I}", "open",
                              (json_int_t)cmd_open_sessions_count(&open, revoking->revoked));
    cmd_open_sessions_end(&open);
    return status;
}

int
cmd_revoke_sessions_after(struct revoking *revoking, json_t **ret_told)
{
    struct ending ending = {.accounts = json_object(), .others = json_array()};
    int status;

    *ret_told = NULL;
    if (geteuid() != 0)
        *ret_told = json_null();
    else if (!revoking->kill_sessions)
        (void)count_open(revoking, ret_told); /* the revocation is done: this is an extra */
    if (*ret_told != NULL || !revoking->kill_sessions) {
        json_decref(ending.accounts);
        json_decref(ending.others);
        *ret_told = *ret_told == NULL ? json_null() : *ret_told;
        return EXIT_DONE;
    }
    status = end_all(revoking, &ending);
    *ret_told = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "ended", (json_int_t)ending.sessions,
                          "processes", (json_int_t)ending.processes, "alive",
                          (json_int_t)ending.alive, "own", (json_int_t)ending.own, "untold",
                          (json_int_t)ending.untold, "services", ending.others);
    json_decref(ending.accounts);
    return status;
}

static void
say_ended(const struct revoking *revoking, json_t *told)
{
    struct out *out = revoking->patctl->out;
    int64_t ended = ask_number(told, "ended"), processes = ask_number(told, "processes");

    if (ended == 0)
        out_say(out, "%s No open session names %s.", out_symbol(out, OUT_YES),
                revoking->count == 1 ? "it" : "them");
    else
        out_say(out, "%s %lld session%s ended, %lld process%s.", out_symbol(out, OUT_YES),
                (long long)ended, ended == 1 ? "" : "s", (long long)processes,
                processes == 1 ? "" : "es");
}

/* What stays, and why. */
static void
say_rest(const struct revoking *revoking, json_t *told)
{
    struct patctl *patctl = revoking->patctl;
    const char *warn = out_symbol(patctl->out, OUT_WARN);
    long long alive = (long long)ask_number(told, "alive");
    long long untold = (long long)ask_number(told, "untold");
    size_t index;
    json_t *service;

    if (alive > 0)
        tell_note(patctl, "%s %lld process%s did not end: the kernel holds %s.", warn, alive,
                  alive == 1 ? "" : "es", alive == 1 ? "it" : "them");
    if (ask_number(told, "own") > 0)
        tell_note(patctl, "%s You work in such a session yourself: it stays until you log out.",
                  warn);
    if (untold > 0)
        tell_note(
            patctl,
            "%s %lld SSH connection%s of the same account name%s no token, and stay%s: opened "
            "with a password or a key, without a program, or where pam_pat has not the "
            "option putenv. Nobody can tell which.",
            warn, untold, untold == 1 ? "" : "s", untold == 1 ? "s" : "", untold == 1 ? "s" : "");
    json_array_foreach(json_object_get(told, "services"), index, service)
        tell_note(patctl, "%s Connections of %s stay open until %s closes them.", warn,
                  json_string_value(service), json_string_value(service));
}

void
cmd_revoke_sessions_say(const struct revoking *revoking, json_t *told)
{
    struct out *out = revoking->patctl->out;
    long long open = (long long)ask_number(told, "open");
    json_t *first = json_array_get(revoking->revoked, 0);

    if (json_object_get(told, "ended") != NULL) {
        say_ended(revoking, told);
        say_rest(revoking, told);
    }
    if (open > 0)
        out_say(out, "%s %lld session%s still open (end %s: patctl revoke %s --kill-sessions).",
                out_symbol(out, OUT_WARN), open, open == 1 ? " is" : "s are",
                open == 1 ? "it" : "them", revoking->count == 1 ? ask_text(first, "id") : "ID...");
}
