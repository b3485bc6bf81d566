/* SPDX-License-Identifier: BSD-2-Clause */
/* One loop, in which each row takes its next step as soon as it can and there is room. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/drill/caches.h"
#include "admin/drill/course.h"
#include "admin/tell.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"

/* No first login begins after the first, no login at all after the second: one may take 15 s. */
#define FIRST_MILLISECONDS 22500
#define LAST_MILLISECONDS 45000
#define PAUSE_MILLISECONDS 500
#define SURE 3 /* logins that were accepted after the revocation */

static bool
is_late(const struct course *course, int64_t milliseconds)
{
    return pat_monotonic_milliseconds() - course->began > milliseconds;
}

/* --- one login --- */

static int
begin_login(struct course *course, struct row *row)
{
    const struct canary *canary = course->canary;
    char name[PAT_ACCOUNT_MAX + PAT_REALM_MAX + 2];
    const struct login login = {.service = row->service,
                                .name = name,
                                .uid = canary->uid,
                                .gid = canary->gid,
                                .token = row->token,
                                .allowed = {row->askers.uids, row->askers.count},
                                .interrupt = course->interrupt};

    snprintf(name, sizeof name, "%s%s%s", row->local ? canary->account : CANARY_NAME,
             row->realm[0] == '\0' ? "" : "@", row->realm);
    row->busy = trials_begin(&course->trials, (size_t)(row - course->rows->all), row->client,
                             &login, &row->places, row->chosen);
    return row->busy ? EXIT_DONE
                     : tell_failure(canary->patctl, EXIT_INTERNAL, "drill.fork", "",
                                    "no login can be tried: %s", strerror(errno));
}

/* Before the revocation. */
static void
take_first(struct row *row, const struct trial_end *end)
{
    row->chosen = end->chosen;
    if (end->attempt == ATTEMPT_ACCEPTED || end->attempt == ATTEMPT_INTERRUPTED)
        return;
    row->state = ROW_NO_LOGIN;
    snprintf(row->why, sizeof row->why, "the good token was %s: %.300s",
             end->attempt == ATTEMPT_REFUSED ? "refused" : "not let in", end->said);
}

static bool
was_asked(json_t *evidence)
{
    json_t *use;
    size_t index;

    json_array_foreach(json_object_get(evidence, "uses"), index, use)
    {
        if (pat_text_equal(ask_text(use, "verdict"), "accepted"))
            return true;
    }
    return false;
}

/*
 * What lets in whom patd refuses, or does not ask about, does not end with time: no cache has to be
 * waited for.
 */
static void
look_whether_settled(const struct course *course, struct row *row)
{
    int64_t by_patd = -1;
    json_t *evidence = canary_evidence(course->canary, row, &by_patd);

    row->settled = evidence != NULL && (by_patd >= 0 || !was_asked(evidence));
    json_decref(evidence);
}

static void
take_later(struct course *course, struct row *row, const struct trial_end *end)
{
    row->again = end->at + PAUSE_MILLISECONDS;
    switch (end->attempt) {
    case ATTEMPT_ACCEPTED:
        if (++row->accepted_after == SURE)
            look_whether_settled(course, row);
        break;
    case ATTEMPT_REFUSED:
        row->refused_after++;
        row->refused = end->at - row->revoked;
        break;
    case ATTEMPT_FAILED: /* neither: the next attempt may tell */
        snprintf(row->why, sizeof row->why, "%s", end->said);
        break;
    case ATTEMPT_INTERRUPTED:
        break;
    }
}

static void
take_end(struct course *course, const struct trial_end *end)
{
    struct row *row = &course->rows->all[end->number];

    row->busy = false;
    if (row->revoked == 0)
        take_first(row, end);
    else
        take_later(course, row, end);
    progress_step(course->progress, ++course->steps);
}

/* --- the steps of a row --- */

/*
 * A service's rows go one after the other: who was refused by one protocol is held up at the next
 * one, as guessers are.
 */
static bool
is_its_turn(const struct course *course, const struct row *row)
{
    for (const struct row *other = course->rows->all; other < row; other++)
        if (pat_text_equal(other->service, row->service) && other->state == ROW_WAITING &&
            other->refused_after == 0 && other->accepted_after == 0)
            return false;
    return true;
}

static int
begin_first(struct course *course, struct row *row)
{
    int status;

    if (is_late(course, FIRST_MILLISECONDS)) {
        row->state = ROW_UNDRILLED;
        snprintf(row->why, sizeof row->why, "no time was left: drill it alone");
        return EXIT_DONE;
    }
    if (!is_its_turn(course, row)) {
        course->waits = true;
        return EXIT_DONE;
    }
    status = canary_create(course->canary, row);
    return status == EXIT_DONE && row->state == ROW_WAITING ? begin_login(course, row) : status;
}

static int
begin_later(struct course *course, struct row *row)
{
    int status = EXIT_DONE;

    if (row->refused_after > 0 || row->settled || is_late(course, LAST_MILLISECONDS))
        return EXIT_DONE;
    if (row->revoked == 0) {
        status = canary_revoke(course->canary, row);
        row->revoked = pat_monotonic_milliseconds();
    } else if (pat_monotonic_milliseconds() < row->again) {
        course->waits = true;
        return EXIT_DONE;
    }
    return status == EXIT_DONE ? begin_login(course, row) : status;
}

/* Those that were let in go first: what is revoked is tried at once. */
static int
begin_what_can(struct course *course)
{
    int status = EXIT_DONE;

    course->waits = false;
    for (int first = 0; first <= 1; first++)
        for (size_t i = 0; status == EXIT_DONE && i < course->rows->count; i++) {
            struct row *row = &course->rows->all[i];

            if (row->state != ROW_WAITING || row->busy || (row->id[0] == '\0') != (first == 1) ||
                !trials_have_room(&course->trials))
                continue;
            status = first == 1 ? begin_first(course, row) : begin_later(course, row);
        }
    return status;
}

/* --- what it comes to --- */

/* What patd said to a login that did not come in is the beginning of what is wrong. */
static void
add_verdict(const struct canary *canary, struct row *row, json_t *evidence)
{
    const char *verdict = ask_text(json_array_get(json_object_get(evidence, "uses"), 0), "verdict");
    size_t len = strlen(row->why), left = sizeof row->why - len;

    if (verdict[0] == '\0')
        snprintf(row->why + len, left, "; patd was not asked");
    else if (pat_text_equal(verdict, "accepted"))
        snprintf(row->why + len, left,
                 "; patd said yes, so the service wants something else beside a token");
    else if (pat_text_equal(verdict, "address-denied") && canary->needs_addresses)
        snprintf(row->why + len, left,
                 "; tokens of tenant %s are bound to addresses, and this service tells patd none",
                 canary->tenant);
    else
        snprintf(row->why + len, left, "; patd said %s", verdict);
}

/* What servers said is for a terminal, and for JSON. */
static void
tame(char *text)
{
    size_t points;

    if (pat_text_points(text, &points) == PAT_OK)
        return;
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static void
judge(struct course *course, struct row *row, size_t number)
{
    int64_t by_patd = -1;
    json_t *evidence = row->id[0] == '\0' ? NULL : canary_evidence(course->canary, row, &by_patd);

    if (evidence != NULL)
        json_array_set_new(course->evidence, number, evidence);
    if (row->state == ROW_NO_LOGIN && evidence != NULL) {
        add_verdict(course->canary, row, evidence);
    } else if (row->state == ROW_WAITING && evidence != NULL && !was_asked(evidence)) {
        row->state = ROW_NO_LOGIN;
        snprintf(row->why, sizeof row->why,
                 "it let in without asking patd: something else comes before tokens");
    }
    tame(row->why);
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

int
course_run(struct course *course)
{
    struct trial_end end;
    int status = EXIT_DONE;
    bool more = true;

    course->trials = (struct trials){.interrupt = course->interrupt};
    course->began = pat_monotonic_milliseconds();
    while (status == EXIT_DONE && more && !interrupt_came(course->interrupt)) {
        status = begin_what_can(course);
        more = course->trials.count > 0 || course->waits;
        if (more && trials_next(&course->trials, &end))
            take_end(course, &end);
    }
    trials_end(&course->trials);
    for (size_t i = 0; status == EXIT_DONE && i < course->rows->count; i++)
        if (!interrupt_came(course->interrupt))
            judge(course, &course->rows->all[i], i);
    return status;
}
