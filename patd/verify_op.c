/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the verify socket. Each holds at most one request; its answer leaves at once, or
 * waits for Unix groups (a second at most) or for a penalty. Every packet comes from somebody who
 * may be hostile: it is bounded, parsed whole, and wiped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/api/verify.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/wire/wire.h"
#include "patd/groups.h"
#include "patd/penalty.h"
#include "patd/server.h"
#include "patd/verify_op.h"

#define SESSIONS_MAX 1024
#define SESSIONS_OF_UID_MAX 64
#define READ_MILLISECONDS 2000
#define REOPEN_MILLISECONDS 200

enum stage {
    READING,
    WAITING_FOR_GROUPS,
    WAITING_TO_ANSWER, /* the penalty */
};

struct session {
    struct patd_connection connection; /* first */
    struct patd_verify *verify;
    enum stage stage;
    struct pat_request *request; /* while groups are asked for; holds a secret */
    char account[PAT_ACCOUNT_MAX + 1];
    struct pat_answer answer; /* that waits */
};

struct patd_verify {
    struct patd_loop *loop;
    struct pat_context *context;
    struct patd_server *server;
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
    verify->next_open = patd_loop_now() + REOPEN_MILLISECONDS;
}

static bool
has_store(struct patd_verify *verify)
{
    if (verify->store != NULL)
        return true;
    if (pat_context_health(verify->context) != PAT_VERDICT_ACCEPTED ||
        patd_loop_now() < verify->next_open)
        return false;
    if (pat_context_reader(verify->context, &verify->store) == PAT_OK)
        return true;
    verify->next_open = patd_loop_now() + REOPEN_MILLISECONDS;
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
    if (outcome->verdict == PAT_VERDICT_UNAVAILABLE_STORE)
        close_store(verify);
}

/* --- answering --- */

static void
send_answer(struct session *session, const struct pat_answer *answer)
{
    unsigned char packet[PAT_WIRE_MAX];
    size_t len = pat_wire_put_answer(answer, packet);

    session->stage = READING;
    if (len == 0 ||
        send(session->connection.source.fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ||
        patd_loop_watch(&session->connection.source, EPOLLIN) != PAT_OK) {
        patd_server_drop(&session->connection);
        return;
    }
    patd_loop_set_deadline(&session->connection.source, READ_MILLISECONDS);
}

/* Nothing is read while an answer waits; a client that leaves is noticed all the same. */
static void
wait_for(struct session *session, enum stage stage, int64_t milliseconds)
{
    session->stage = stage;
    if (patd_loop_watch(&session->connection.source, 0) == PAT_OK)
        patd_loop_set_deadline(&session->connection.source, milliseconds);
    else
        patd_server_drop(&session->connection);
}

static void
conclude(struct session *session, const struct pat_request *request,
         const struct pat_verify_outcome *outcome)
{
    struct patd_verify *verify = session->verify;
    int64_t delay = 0;

    pat_verify_note(verify->context, &session->connection.peer, request, outcome);
    if (outcome->answer.class == PAT_CLASS_REFUSED)
        delay = patd_penalty_refused(verify->penalty, request->service,
                                     outcome->vouched ? request->address : "", patd_loop_now());
    if (delay == 0) {
        send_answer(session, &outcome->answer);
        return;
    }
    session->answer = outcome->answer;
    wait_for(session, WAITING_TO_ANSWER, delay);
}

static void
forget_request(struct session *session)
{
    if (session->request != NULL)
        pat_secret_wipe(session->request, sizeof *session->request);
    free(session->request);
    session->request = NULL;
}

static void
ask_for_groups(struct session *session, const struct pat_request *request,
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
    wait_for(session, WAITING_FOR_GROUPS, PATD_GROUPS_MILLISECONDS);
}

static void
go_on_with(struct session *session, const char *names)
{
    struct pat_verify_outcome outcome;

    decide(session->verify, &session->connection.peer, session->request, names, &outcome);
    conclude(session, session->request, &outcome);
    forget_request(session);
}

static void
handle(struct session *session, const struct pat_request *request)
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
refuse_packet(struct session *session)
{
    char uid[16];

    snprintf(uid, sizeof uid, "%u", session->connection.peer.uid);
    PAT_LOG(LOG_WARNING, "refused", {"peer_uid", uid}, {"error", "a packet that is no request"});
    patd_server_drop(&session->connection);
}

static void
ready(struct patd_source *source, uint32_t events)
{
    struct session *session = (struct session *)source;
    unsigned char packet[PAT_WIRE_MAX];
    struct pat_request request;
    ssize_t got;

    if ((events & EPOLLIN) == 0 || session->stage != READING) {
        patd_server_drop(&session->connection); /* hung up */
        return;
    }
    got = recv(source->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
    if (got <= 0) {
        patd_server_drop(&session->connection);
        return;
    }
    session->connection.has_spoken = true;
    if ((size_t)got > sizeof packet ||
        pat_wire_get_request(packet, (size_t)got, &request) != PAT_OK)
        refuse_packet(session);
    else
        handle(session, &request);
    pat_secret_wipe(packet, sizeof packet);
    pat_secret_wipe(&request, sizeof request);
}

static void
expired(struct patd_source *source)
{
    struct session *session = (struct session *)source;

    switch (session->stage) {
    case READING:
        patd_server_drop(&session->connection);
        break;
    case WAITING_FOR_GROUPS:
        PAT_LOG(LOG_WARNING, "failure", {"doing", "asking for groups: no answer in time"},
                {"account", session->account});
        go_on_with(session, "");
        break;
    case WAITING_TO_ANSWER:
        send_answer(session, &session->answer);
        break;
    }
}

static bool
opened(struct patd_connection *connection, void *context)
{
    struct session *session = (struct session *)connection;

    session->verify = context;
    session->stage = READING;
    connection->source.ready = ready;
    connection->source.expired = expired;
    patd_loop_set_deadline(&connection->source, READ_MILLISECONDS);
    return true;
}

static void
closed(struct patd_connection *connection)
{
    forget_request((struct session *)connection);
}

static bool
waits_for_account(const struct patd_source *source, const char *account)
{
    const struct session *session = (const struct session *)source;

    return source->ready == ready && !source->removed && session->stage == WAITING_FOR_GROUPS &&
           pat_text_equal(session->account, account);
}

/* Answering one session changes the list, so the walk begins again behind each. */
static void
groups_arrived(void *context, const char *account, const char *names)
{
    struct patd_verify *verify = context;
    struct patd_source *source = patd_loop_first(verify->loop);

    while (source != NULL)
        if (waits_for_account(source, account)) {
            go_on_with((struct session *)source, names);
            source = patd_loop_first(verify->loop);
        } else {
            source = source->after;
        }
}

enum pat_err
patd_verify_op_open(struct patd_loop *loop, struct pat_context *context,
                    struct patd_listeners *listeners, int groups_fd, struct patd_verify **ret)
{
    struct patd_verify *verify = calloc(1, sizeof *verify);
    const struct patd_server_args args = {.loop = loop,
                                          .protocol = PAT_PROTOCOL_VERIFY,
                                          .total_max = SESSIONS_MAX,
                                          .per_uid_max = SESSIONS_OF_UID_MAX,
                                          .connection_size = sizeof(struct session),
                                          .opened = opened,
                                          .closed = closed,
                                          .context = verify};
    enum pat_err err = PAT_ERR_NOMEM;

    *ret = verify;
    if (verify == NULL)
        return err;
    verify->loop = loop;
    verify->context = context;
    verify->penalty = patd_penalty_new();
    if (verify->penalty != NULL)
        err = patd_groups_open(loop, groups_fd, groups_arrived, verify, &verify->groups);
    if (err == PAT_OK)
        err = patd_server_open(&args, listeners, &verify->server);
    return err;
}

void
patd_verify_op_free(struct patd_verify *verify)
{
    if (verify == NULL)
        return;
    pat_store_close(verify->store);
    patd_groups_free(verify->groups);
    patd_server_free(verify->server);
    patd_penalty_free(verify->penalty);
    free(verify);
}
