/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of patd for a drill. Everything is marked, so that nobody else's is removed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/drill/canary.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define LOCK "/run/pat-drill.lock"
#define MARK "patctl drill" /* the contact of a canary of ours */
#define REASON "drill"
#define LIFETIME (INT64_C(600) * 1000000)

/* --- one at a time --- */

static int
take_lock(struct canary *canary)
{
    canary->lock = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (canary->lock == -1)
        return tell_failure(canary->patctl, EXIT_INTERNAL, "drill.lock", "", LOCK ": %s",
                            strerror(errno));
    if (flock(canary->lock, LOCK_EX | LOCK_NB) == 0)
        return EXIT_DONE;
    close(canary->lock);
    canary->lock = -1;
    return tell_failure(canary->patctl, EXIT_CONFLICT, "drill.running", "",
                        "another drill is under way");
}

static void
drop_lock(struct canary *canary)
{
    if (canary->lock == -1)
        return;
    unlink(LOCK);
    close(canary->lock);
    canary->lock = -1;
}

/* --- the user --- */

static json_t *
parameters_of(const struct canary *canary, const char *member)
{
    json_t *parameters = ask_parameters(canary->patctl);

    ask_set_text(parameters, "tenant", canary->tenant);
    ask_set_text(parameters, member, CANARY_NAME);
    ask_set_text(parameters, "reason", REASON);
    return parameters;
}

static bool
take_live(void *context, json_t *entry)
{
    json_t *ids = context, *id = json_object_get(json_object_get(entry, "token"), "id");

    if (id != NULL)
        json_array_append(ids, id);
    return true;
}

/* All of its tokens that still are anything; then the user with all that it has. */
static int
remove_user(struct canary *canary)
{
    json_t *ids = json_array(), *reply = NULL, *parameters;
    int status = ask_each(canary->patctl, "List",
                          json_pack("{s:{s:s, s:s, s:[s, s, s, s]}}", "filter", "tenant",
                                    canary->tenant, "user", CANARY_NAME, "states", "active",
                                    "expiring", "pending", "suspended"),
                          take_live, ids, NULL);

    if (status == EXIT_DONE && json_array_size(ids) > 0) {
        parameters = parameters_of(canary, "user");
        json_object_del(parameters, "user");
        ask_set(parameters, "tokens", json_incref(ids));
        status = ask_once(canary->patctl, "Revoke", parameters, &reply);
        json_decref(reply);
        reply = NULL;
    }
    json_decref(ids);
    if (status == EXIT_DONE)
        status = ask_once(canary->patctl, "UserForget", parameters_of(canary, "user"), &reply);
    json_decref(reply);
    return status;
}

/* Of a drill that was killed; anybody else's user of that name stays. */
static int
remove_leftover(struct canary *canary)
{
    struct patctl quiet = *canary->patctl;
    json_t *reply = NULL;
    int status;
    bool ours;

    quiet.silent = true;
    status = ask_once(&quiet, "UserShow",
                      json_pack("{s:s, s:s}", "tenant", canary->tenant, "user", CANARY_NAME),
                      &reply);
    if (status != EXIT_DONE)
        return status == EXIT_NOT_FOUND ? EXIT_DONE : status;
    ours = pat_text_equal(ask_text(json_object_get(reply, "user"), "contact"), MARK);
    json_decref(reply);
    if (!ours)
        return tell_failure(canary->patctl, EXIT_CONFLICT, "drill.name", "",
                            "tenant %s has a user " CANARY_NAME
                            " that no drill made: the drill needs the name",
                            canary->tenant);
    tell_note(canary->patctl, "A drill that was killed left its canary: it is removed.");
    return remove_user(canary);
}

static int
make_user(struct canary *canary, const struct rows *rows)
{
    json_t *parameters = ask_parameters(canary->patctl), *grants = json_array(), *reply = NULL;
    int status;

    ask_set_text(parameters, "tenant", canary->tenant);
    ask_set_text(parameters, "user", CANARY_NAME);
    ask_set_text(parameters, "contact", MARK);
    if (canary->account != NULL) {
        ask_set_text(parameters, "account", canary->account);
        ask_set(parameters, "uid", json_integer(canary->uid));
        ask_set(parameters, "system", json_true());
    }
    for (size_t i = 0; i < rows->count; i++)
        if (rows->all[i].state == ROW_WAITING)
            json_array_append_new(grants, json_string(rows->all[i].scope));
    ask_set(parameters, "grants", grants);
    status = ask_once(canary->patctl, "UserCreate", parameters, &reply);
    json_decref(reply);
    canary->made = status == EXIT_DONE;
    return status;
}

int
canary_begin(struct canary *canary, const struct rows *rows)
{
    int status;

    canary->lock = -1;
    canary->made = false;
    status = take_lock(canary);
    if (status == EXIT_DONE)
        status = remove_leftover(canary);
    if (status == EXIT_DONE)
        status = make_user(canary, rows);
    return status;
}

int
canary_end(struct canary *canary)
{
    int status = canary->made ? remove_user(canary) : EXIT_DONE;

    canary->made = false;
    drop_lock(canary);
    return status;
}

/* --- tokens --- */

int
canary_create(struct canary *canary, struct row *row)
{
    json_t *parameters = ask_parameters(canary->patctl), *reply = NULL;
    char name[96];
    struct patctl quiet = *canary->patctl;
    struct timespec now;
    int status;

    quiet.silent = true;
    snprintf(name, sizeof name, "canary for %s, %s", row->service, row->client->how);
    clock_gettime(CLOCK_REALTIME, &now);
    ask_set_text(parameters, "tenant", canary->tenant);
    ask_set_text(parameters, "user", CANARY_NAME);
    ask_set_text(parameters, "name", name);
    ask_set_text(parameters, "description", MARK);
    ask_set(parameters, "scopes", json_pack("[s]", row->scope));
    if (canary->needs_addresses)
        ask_set(parameters, "addresses", json_pack("[s, s]", "127.0.0.0/8", "::1/128"));
    ask_set(parameters, "expires", json_integer((json_int_t)now.tv_sec * 1000000 + LIFETIME));
    status = ask_once(&quiet, "Create", parameters, &reply);
    if (status == EXIT_DONE) {
        pat_text_clip(row->token, sizeof row->token, ask_text(reply, "token"));
        pat_text_clip(row->id, sizeof row->id, ask_text(json_object_get(reply, "created"), "id"));
    }
    json_decref(reply); /* and wiped */
    if (status == EXIT_DONE || status == EXIT_UNAVAILABLE)
        return status;
    row->state = ROW_UNDRILLED;
    snprintf(row->why, sizeof row->why, "the rules of tenant %s allow no token for %s",
             canary->tenant, row->scope);
    return EXIT_DONE;
}

int
canary_revoke(struct canary *canary, const struct row *row)
{
    json_t *parameters = ask_parameters(canary->patctl), *reply = NULL;
    int status;

    ask_set_text(parameters, "tenant", canary->tenant);
    ask_set(parameters, "tokens", json_pack("[s]", row->id));
    ask_set_text(parameters, "reason", REASON);
    status = ask_once(canary->patctl, "Revoke", parameters, &reply);
    json_decref(reply);
    return status;
}

/* --- evidence --- */

static bool
take_change(void *context, json_t *entry)
{
    json_t *change = json_object_get(entry, "change"), *evidence = context;
    const char *event = ask_text(change, "event");
    const char *member = pat_text_equal(event, "token.create")   ? "created"
                         : pat_text_equal(event, "token.revoke") ? "revoked"
                                                                 : NULL;

    if (member != NULL)
        ask_set(evidence, member,
                json_pack("{s:O, s:O}", "seq", json_object_get(change, "seq"), "at",
                          json_object_get(change, "at")));
    return true;
}

/* The first refusal behind the revocation; uses come the newest first. */
static int64_t
first_refusal(json_t *evidence)
{
    int64_t revoked = ask_number(json_object_get(evidence, "revoked"), "at"), found = -1;
    size_t index;
    json_t *use;

    json_array_foreach(json_object_get(evidence, "uses"), index, use)
    {
        int64_t at = ask_number(use, "at");

        if (!pat_text_equal(ask_text(use, "verdict"), "accepted") && at >= revoked)
            found = (at - revoked) / 1000;
    }
    return found;
}

json_t *
canary_evidence(struct canary *canary, const struct row *row, int64_t *ret_refused)
{
    json_t *evidence = json_pack("{s:n, s:n, s:[]}", "created", "revoked", "uses"), *reply = NULL;
    int status = ask_each(canary->patctl, "Log",
                          json_pack("{s:s, s:s}", "tenant", canary->tenant, "token", row->id),
                          take_change, evidence, NULL);

    if (status == EXIT_DONE)
        status = ask_once(canary->patctl, "Uses",
                          json_pack("{s:s, s:s}", "tenant", canary->tenant, "token", row->id),
                          &reply);
    if (status == EXIT_DONE)
        ask_set(evidence, "uses", json_incref(json_object_get(reply, "uses")));
    json_decref(reply);
    *ret_refused = first_refusal(evidence);
    if (status == EXIT_DONE)
        return evidence;
    json_decref(evidence);
    return NULL;
}
