/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is answered to those who ask about tokens, in whichever protocol: the decision leaves at
 * once, or waits for Unix groups (a second at most) or for a penalty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/verify.h"
#include "core/base/log.h"
#include "core/base/monotonic.h"
#include "core/base/text.h"
#include "patd/groups.h"
#include "patd/penalty.h"
#include "patd/verify_op.h"
#include "patd/verify_session.h"

#define SESSIONS_MAX 1024 /* of each protocol */
#define REOPEN_MILLISECONDS 200

/* One protocol's listeners and sessions. */
struct room {
    struct patd_verify *verify;
    const struct patd_verify_codec *codec;
    struct patd_server *server;
};

struct patd_verify {
    struct patd_loop *loop;
    struct pat_context *context;
    struct room rooms[PATD_VERIFY_CODECS];
    struct patd_groups *groups;
    struct patd_penalty *penalty;
    struct pat_store *store; /* NULL while it cannot be opened */
    int64_t next_open;
    struct pat_verify_rows rows;
};

/* --- the store --- */

static void
close_store(struct patd_verify *verify)
{
    pat_store_close(verify->store);
    verify->store = NULL;
    verify->next_open = pat_monotonic_milliseconds() + REOPEN_MILLISECONDS;
}

static bool
has_store(struct patd_verify *verify)
{
    if (verify->store != NULL)
        return true;
    if (pat_context_health(verify->context) != PAT_VERDICT_ACCEPTED ||
        pat_monotonic_milliseconds() < verify->next_open)
        return false;
    if (pat_context_reader(verify->context, &verify->store) == PAT_OK) {
        pat_store_linger(verify->store);
        return true;
    }
    verify->next_open = pat_monotonic_milliseconds() + REOPEN_MILLISECONDS;
    return false;
}

static void
decide(struct patd_verify *verify, const struct pat_peer *peer, const struct pat_request *request,
       const char *groups, struct pat_verify_outcome *outcome)
{
    if (has_store(verify)) {
        pat_verify(verify->context, verify->store, peer, request, groups, &verify->rows, outcome);
    } else {
        enum pat_verdict health = pat_context_health(verify->context);

        memset(outcome, 0, sizeof *outcome);
        memcpy(outcome->answer.nonce, request->nonce, sizeof request->nonce);
        outcome->answer.class = PAT_CLASS_UNAVAILABLE;
        outcome->verdict = health == PAT_VERDICT_ACCEPTED ? PAT_VERDICT_UNAVAILABLE_STORE : health;
    }
    /* Without one the time of the next try stands: requests must not put it off. */
    if (outcome->verdict == PAT_VERDICT_UNAVAILABLE_STORE && verify->store != NULL)
        close_store(verify);
}

/* --- answering --- */

/*
 * SECURITY: an account that was removed and made again under another uid must not inherit tokens.
 * Only a client that is told the uid can compare it, so the others get no acceptance for a service
 * of local accounts; they hear what a wrong token hears.
 */
static void
deny_local(const struct patd_verify_session *session, const struct pat_request *request,
           struct pat_verify_outcome *outcome)
{
    char uid[16];

    if (session->codec->carries_uid || !outcome->answer.has_uid)
        return;
    snprintf(uid, sizeof uid, "%u", session->connection.peer.uid);
    PAT_LOG(LOG_WARNING, "refused", {"service", request->service}, {"peer_uid", uid},
            {"error", "a service of local accounts, for which a program must compare uids: use "
                      "pam_pat"});
    outcome->verdict = PAT_VERDICT_NOT_PERMITTED;
    outcome->answer = (struct pat_answer){.class = PAT_CLASS_REFUSED};
}

static bool
is_held_back(const struct patd_source *source, const struct patd_verify_session *like)
{
    const struct patd_verify_session *session = (const struct patd_verify_session *)source;

    return source->ready == like->connection.source.ready && !source->removed &&
           session->codec == like->codec && session->stage == PATD_WAITING_TO_ANSWER &&
           session->connection.peer.uid == like->connection.peer.uid;
}

/* Refusals that wait must not use up the connections of a whole service. */
static bool
may_hold_back(const struct patd_verify_session *session)
{
    bool capped = session->connection.peer.uid != 0;
    size_t most = (capped ? session->codec->per_uid_max : SESSIONS_MAX) / 4;
    const struct patd_source *source = patd_loop_first(session->verify->loop);

    for (; source != NULL && most > 0; source = source->after)
        most -= is_held_back(source, session) ? 1 : 0;
    return most > 0;
}

/* Whom nobody vouches for are counted by themselves: they share no delay with a service's clients.
 */
static int64_t
penalty_of(const struct patd_verify_session *session, const struct pat_request *request,
           const struct pat_verify_outcome *outcome)
{
    struct patd_penalty *penalty = session->verify->penalty;
    char uid[24];

    if (outcome->vouched)
        return patd_penalty_refused(penalty, request->service, request->address,
                                    pat_monotonic_milliseconds());
    snprintf(uid, sizeof uid, "uid %u", session->connection.peer.uid);
    return patd_penalty_refused(penalty, uid, "", pat_monotonic_milliseconds());
}

static void
conclude(struct patd_verify_session *session, const struct pat_request *request,
         struct pat_verify_outcome *outcome)
{
    int64_t delay = 0;

    deny_local(session, request, outcome);
    pat_verify_note(session->verify->context, &session->connection.peer, request, outcome);
    if (outcome->answer.class == PAT_CLASS_REFUSED)
        delay = penalty_of(session, request, outcome);
    if (delay == 0 || !may_hold_back(session)) {
        patd_verify_session_answer(session, &outcome->answer);
        return;
    }
    session->answer = outcome->answer;
    patd_verify_session_wait(session, PATD_WAITING_TO_ANSWER, delay);
}

static void
ask_for_groups(struct patd_verify_session *session, const struct pat_request *request,
               struct pat_verify_outcome *outcome)
{
    struct patd_verify *verify = session->verify;
    const char *names = patd_groups_of(verify->groups, outcome->account);

    if (names == NULL)
        session->request = malloc(sizeof *session->request);
    if (names != NULL || session->request == NULL) {
        decide(verify, &session->connection.peer, request, names == NULL ? "" : names, outcome);
        conclude(session, request, outcome);
        return;
    }
    *session->request = *request;
    pat_text_clip(session->account, sizeof session->account, outcome->account);
    patd_verify_session_wait(session, PATD_WAITING_FOR_GROUPS, PATD_GROUPS_MILLISECONDS);
}

static void
go_on_with(struct patd_verify_session *session, const char *names)
{
    struct pat_verify_outcome outcome;

    decide(session->verify, &session->connection.peer, session->request, names, &outcome);
    conclude(session, session->request, &outcome);
    pat_secret_wipe(session->request, sizeof *session->request);
    free(session->request);
    session->request = NULL;
}

static void
handle(struct patd_verify_session *session, const struct pat_request *request)
{
    struct pat_verify_outcome outcome;

    decide(session->verify, &session->connection.peer, request, NULL, &outcome);
    if (outcome.wants_groups)
        ask_for_groups(session, request, &outcome);
    else
        conclude(session, request, &outcome);
}

/* --- events --- */

static void
ready(struct patd_source *source, uint32_t events)
{
    patd_verify_session_ready((struct patd_verify_session *)source, events, handle);
}

static void
expired(struct patd_source *source)
{
    struct patd_verify_session *session = (struct patd_verify_session *)source;

    switch (session->stage) {
    case PATD_READING:
        patd_server_drop(&session->connection);
        break;
    case PATD_WAITING_FOR_GROUPS:
        PAT_LOG(LOG_WARNING, "failure", {"doing", "asking for groups: no answer in time"},
                {"account", session->account});
        go_on_with(session, "");
        break;
    case PATD_WAITING_TO_ANSWER:
        patd_verify_session_answer(session, &session->answer);
        break;
    }
}

static void
opened(struct patd_connection *connection, void *context)
{
    struct patd_verify_session *session = (struct patd_verify_session *)connection;
    const struct room *room = context;

    session->verify = room->verify;
    session->codec = room->codec;
    connection->source.ready = ready;
    connection->source.expired = expired;
    patd_verify_session_begin(session, handle);
}

static void
closed(struct patd_connection *connection)
{
    patd_verify_session_end((struct patd_verify_session *)connection);
}

static bool
waits_for_account(const struct patd_source *source, const char *account)
{
    const struct patd_verify_session *session = (const struct patd_verify_session *)source;

    return source->ready == ready && !source->removed &&
           session->stage == PATD_WAITING_FOR_GROUPS && pat_text_equal(session->account, account);
}

/* Answering one session changes the list, so the walk begins again behind each. */
static void
groups_arrived(void *context, const char *account, const char *names)
{
    struct patd_verify *verify = context;
    struct patd_source *source = patd_loop_first(verify->loop);

    while (source != NULL)
        if (waits_for_account(source, account)) {
            go_on_with((struct patd_verify_session *)source, names);
            source = patd_loop_first(verify->loop);
        } else {
            source = source->after;
        }
}

static enum pat_err
open_room(struct patd_verify *verify, size_t index, struct patd_listeners *listeners)
{
    struct room *room = &verify->rooms[index];
    const struct patd_verify_codec *codec = &patd_verify_codecs[index];
    const struct patd_server_args args = {.loop = verify->loop,
                                          .protocol = codec->protocol,
                                          .total_max = SESSIONS_MAX,
                                          .per_uid_max = codec->per_uid_max,
                                          .connection_size = patd_verify_session_size(codec),
                                          .opened = opened,
                                          .closed = closed,
                                          .context = room};

    room->verify = verify;
    room->codec = codec;
    return patd_server_open(&args, listeners, &room->server);
}

enum pat_err
patd_verify_op_open(struct patd_loop *loop, struct pat_context *context,
                    struct patd_listeners *listeners, int groups_fd, struct patd_verify **ret)
{
    struct patd_verify *verify = calloc(1, sizeof *verify);
    enum pat_err err = PAT_ERR_NOMEM;

    *ret = verify;
    if (verify == NULL)
        return err;
    verify->loop = loop;
    verify->context = context;
    verify->penalty = patd_penalty_new();
    if (verify->penalty != NULL)
        err = patd_groups_open(loop, groups_fd, groups_arrived, verify, &verify->groups);
    for (size_t i = 0; err == PAT_OK && i < PATD_VERIFY_CODECS; i++)
        err = open_room(verify, i, listeners);
    return err;
}

void
patd_verify_op_tick(void *context)
{
    struct patd_verify *verify = context;

    if (verify->store == NULL)
        return;
    /* Whoever opens it anew begins anew only when nobody has it any more. */
    if (pat_context_health(verify->context) == PAT_VERDICT_UNAVAILABLE_STORE)
        close_store(verify);
    else
        pat_store_release(verify->store);
}

void
patd_verify_op_free(struct patd_verify *verify)
{
    if (verify == NULL)
        return;
    pat_store_close(verify->store);
    patd_groups_free(verify->groups);
    for (size_t i = 0; i < PATD_VERIFY_CODECS; i++)
        patd_server_free(verify->rooms[i].server);
    patd_penalty_free(verify->penalty);
    free(verify);
}
