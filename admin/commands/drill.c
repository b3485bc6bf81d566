/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drill: a good token is let in, revoked, and tried again until it is refused. SECURITY: no token
 * is printed, or handed to anybody but the clients.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/drill_tell.h"
#include "admin/drill/caches.h"
#include "admin/drill/canary.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "core/base/paths.h"
#include "core/base/text.h"

#define ALL_MILLISECONDS 60000
#define LAST_MILLISECONDS 45000 /* no first login begins later: an attempt may take 15 s */
#define SURE 3                  /* logins that were accepted after the revocation */
#define PAUSE_NANOSECONDS 500000000L

struct drilling {
    struct patctl *patctl;
    struct canary canary;
    struct rows rows;
    struct interrupt interrupt;
    struct progress progress;
    json_t *evidence; /* by the row's number */
    int64_t began;
    int64_t steps;
};

static int64_t
now_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
is_late(const struct drilling *drilling, int64_t milliseconds)
{
    return now_milliseconds() - drilling->began > milliseconds;
}

/* --- who it is about --- */

static int
choose_account(struct drilling *drilling, const char *wanted)
{
    const char *name = wanted == NULL ? CANARY_NAME : wanted;
    const struct passwd *account = getpwnam(name);

    if (account == NULL && wanted != NULL)
        return tell_failure(drilling->patctl, EXIT_NOT_FOUND, "account.unknown", "",
                            "this host has no account %s", wanted);
    if (account != NULL && account->pw_uid == 0)
        return tell_failure(drilling->patctl, EXIT_USAGE, "account.root", "",
                            "the canary is never root");
    drilling->canary.account = account == NULL ? NULL : name;
    drilling->canary.uid = account == NULL ? 0 : account->pw_uid;
    for (size_t i = 0; account == NULL && i < drilling->rows.count; i++) {
        struct row *row = &drilling->rows.all[i];

        if (!row->local || row->state != ROW_WAITING)
            continue;
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why,
                 "needs an account: systemd-sysusers makes " CANARY_NAME ", or give --account");
    }
    return EXIT_DONE;
}

static int
find_rows(struct drilling *drilling, const struct cmd_line *line, json_t *status_reply)
{
    struct patctl *patctl = drilling->patctl;
    const struct rows_wish wish = {
        .words = line->words,
        .word_count = line->word_count,
        .config = patctl->globals.config == NULL ? PAT_CONFIG_FILE : patctl->globals.config,
        .config_may_be_missing = patctl->globals.config == NULL,
        .tenant = patctl->globals.tenant == NULL ? ask_text(status_reply, "defaultTenant")
                                                 : patctl->globals.tenant};
    char problem[ROWS_TEXT];
    enum pat_err err = rows_find(&wish, &drilling->rows, problem);

    drilling->canary.tenant = wish.tenant;
    if (err == PAT_ERR_NOT_FOUND)
        return tell_failure(patctl, EXIT_NOT_FOUND, "service.unknown", "patctl service list",
                            "no service \"%s\" is known", problem);
    if (err != PAT_OK)
        return tell_failure(patctl, EXIT_USAGE, "config", "", "%s", problem);
    return EXIT_DONE;
}

/* --- one attempt --- */

static enum attempt
try_row(struct drilling *drilling, struct row *row, char said[RUN_SAID_MAX])
{
    struct login login = {.service = row->service,
                          .name = row->local ? drilling->canary.account : CANARY_NAME,
                          .uid = drilling->canary.uid,
                          .token = row->token,
                          .endpoint = row->endpoint,
                          .interrupt = &drilling->interrupt};
    enum attempt attempt = row->client->log_in(&login, said);

    row->endpoint = login.endpoint;
    progress_step(&drilling->progress, ++drilling->steps);
    return attempt;
}

static int
log_in(struct drilling *drilling, struct row *row)
{
    char said[RUN_SAID_MAX];
    int status = canary_create(&drilling->canary, row);
    enum attempt attempt;

    if (status != EXIT_DONE || row->state != ROW_WAITING)
        return status;
    attempt = try_row(drilling, row, said);
    if (attempt == ATTEMPT_ACCEPTED || attempt == ATTEMPT_INTERRUPTED)
        return EXIT_DONE;
    row->state = ROW_NO_LOGIN;
    snprintf(row->why, sizeof row->why, "the good token was %s: %.300s",
             attempt == ATTEMPT_REFUSED ? "refused" : "not let in", said);
    return EXIT_DONE;
}

/* One login behind the revocation. */
static void
try_again(struct drilling *drilling, struct row *row)
{
    char said[RUN_SAID_MAX];

    switch (try_row(drilling, row, said)) {
    case ATTEMPT_ACCEPTED:
        row->accepted_after++;
        break;
    case ATTEMPT_REFUSED:
        row->refused_after++;
        row->refused = now_milliseconds() - row->revoked;
        break;
    case ATTEMPT_FAILED: /* neither: the next attempt may tell */
        snprintf(row->why, sizeof row->why, "%s", said);
        break;
    case ATTEMPT_INTERRUPTED:
        break;
    }
}

/* --- all of it --- */

static int
log_in_everywhere(struct drilling *drilling)
{
    int status = EXIT_DONE;

    for (size_t i = 0; status == EXIT_DONE && i < drilling->rows.count; i++) {
        struct row *row = &drilling->rows.all[i];

        if (row->state != ROW_WAITING || interrupt_came(&drilling->interrupt))
            continue;
        if (is_late(drilling, LAST_MILLISECONDS / 2)) {
            row->state = ROW_UNDRILLED;
            snprintf(row->why, sizeof row->why, "no time was left: drill it alone");
        } else {
            status = log_in(drilling, row);
        }
    }
    return status;
}

/* Each is tried at once; those that were let in again and again, until the time is over. */
static int
revoke_everywhere(struct drilling *drilling)
{
    int status = EXIT_DONE;

    for (size_t i = 0; status == EXIT_DONE && i < drilling->rows.count; i++) {
        struct row *row = &drilling->rows.all[i];

        if (row->state != ROW_WAITING || interrupt_came(&drilling->interrupt))
            continue;
        status = canary_revoke(&drilling->canary, row);
        row->revoked = now_milliseconds();
        if (status == EXIT_DONE)
            try_again(drilling, row);
    }
    return status;
}

/* What lets in whom patd refuses does not end with time: no cache has to be waited for. */
static void
look_whether_denied(struct drilling *drilling, struct row *row)
{
    int64_t by_patd = -1;

    if (row->accepted_after == SURE) {
        json_decref(canary_evidence(&drilling->canary, row, &by_patd));
        row->denied = by_patd >= 0;
    }
}

static bool
poll_once(struct drilling *drilling)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
    bool open = false;

    for (size_t i = 0; i < drilling->rows.count; i++) {
        struct row *row = &drilling->rows.all[i];

        if (row->state != ROW_WAITING || row->refused_after > 0 || row->denied ||
            interrupt_came(&drilling->interrupt) || is_late(drilling, LAST_MILLISECONDS))
            continue;
        try_again(drilling, row);
        look_whether_denied(drilling, row);
        open = open || row->refused_after == 0;
    }
    if (open)
        nanosleep(&pause, NULL);
    return open;
}

static void
judge(struct drilling *drilling, struct row *row, size_t number)
{
    int64_t by_patd = -1;
    json_t *evidence = row->id[0] == '\0' ? NULL
                                          : canary_evidence(&drilling->canary, row, &by_patd);

    if (evidence != NULL)
        json_array_set_new(drilling->evidence, number, evidence);
    if (row->state != ROW_WAITING)
        return;
    row->denied = by_patd >= 0;
    row->state = row->accepted_after > 0 ? ROW_BROKEN : ROW_KEPT;
    if (row->accepted_after == 0 && row->refused_after == 0) {
        row->state = ROW_NO_LOGIN;
        if (row->why[0] == '\0')
            snprintf(row->why, sizeof row->why, "it was not tried again");
    } else if (row->state == ROW_KEPT) {
        if (by_patd >= 0 && by_patd < row->refused)
            row->refused = by_patd; /* the rest was the client's, and the pause for guessers */
        caches_warn(row, row->why, sizeof row->why);
    } else {
        row->why[0] = '\0';
        caches_name(row);
    }
}

static int
run(struct drilling *drilling)
{
    int status = log_in_everywhere(drilling);

    if (status == EXIT_DONE)
        status = revoke_everywhere(drilling);
    while (status == EXIT_DONE && poll_once(drilling))
        ;
    for (size_t i = 0; status == EXIT_DONE && i < drilling->rows.count; i++)
        if (!interrupt_came(&drilling->interrupt))
            judge(drilling, &drilling->rows.all[i], i);
    return status;
}

/* --- the whole --- */

static int
conclude(const struct drilling *drilling)
{
    const struct rows *rows = &drilling->rows;

    if (rows->count == 0 && !out_is_json(drilling->patctl->out))
        out_say(drilling->patctl->out,
                "No service of this host takes tokens yet, so nothing was drilled.\n"
                "  Wire one: patctl enable SERVICE    (patctl service list)");
    else
        cmd_drill_tell(drilling->patctl, drilling->canary.account, drilling->canary.tenant,
                       &drilling->rows, drilling->evidence);
    if (rows_count(rows, ROW_BROKEN) > 0)
        return EXIT_FINDINGS;
    return rows->count > 0 && rows_count(rows, ROW_KEPT) == rows->count ? EXIT_DONE : EXIT_PARTLY;
}

/* --- the command --- */

static int
confirm(const struct drilling *drilling)
{
    size_t count = rows_count(&drilling->rows, ROW_WAITING);
    const char *account = drilling->canary.account;

    return prompt_confirm(drilling->patctl,
                          "Make the user " CANARY_NAME " in tenant %s%s%s, log in to %zu service%s "
                          "with tokens of its own, and remove it again?",
                          drilling->canary.tenant, account == NULL ? "" : ", bound to account ",
                          account == NULL ? "" : account, count, count == 1 ? "" : "s");
}

/* Nothing may stay behind: signals wait until the canary is gone. */
static int
drill(struct drilling *drilling)
{
    int status, ended;
    bool interrupted;

    interrupt_hold(&drilling->interrupt);
    drilling->began = now_milliseconds();
    progress_begin(drilling->patctl, "Drilling",
                   (int64_t)rows_count(&drilling->rows, ROW_WAITING) * 2, &drilling->progress);
    status = canary_begin(&drilling->canary, &drilling->rows);
    if (status == EXIT_DONE)
        status = run(drilling);
    rows_wipe(&drilling->rows);
    ended = canary_end(&drilling->canary);
    progress_end(&drilling->progress);
    interrupted = interrupt_came(&drilling->interrupt);
    interrupt_release(&drilling->interrupt);
    if (status == EXIT_DONE)
        status = ended;
    if (status == EXIT_DONE && interrupted)
        return tell_failure(drilling->patctl, EXIT_INTERRUPTED, "interrupted", "",
                            "interrupted; the canary is removed");
    return status;
}

int
cmd_drill(struct patctl *patctl, const struct cmd_line *line)
{
    struct drilling drilling = {.patctl = patctl, .evidence = json_array()};
    json_t *reply = NULL;
    int status;

    drilling.canary.patctl = patctl;
    if (geteuid() != 0)
        status = tell_failure(patctl, EXIT_DENIED, "drill.root", "", "only root can drill");
    else
        status = ask_once(patctl, "Status", json_object(), &reply);
    if (status == EXIT_DONE)
        status = find_rows(&drilling, line, reply);
    for (size_t i = 0; i < drilling.rows.count; i++)
        json_array_append_new(drilling.evidence, json_null());
    if (status == EXIT_DONE)
        status = choose_account(&drilling, cmd_value(line, "account"));
    if (status == EXIT_DONE && rows_count(&drilling.rows, ROW_WAITING) > 0) {
        status = confirm(&drilling);
        if (status == EXIT_DONE)
            status = drill(&drilling);
    }
    if (status == EXIT_DONE)
        status = conclude(&drilling);
    json_decref(drilling.evidence);
    json_decref(reply);
    return status;
}
