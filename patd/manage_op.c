/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the manage socket. One holds a request at a time and does not read the next before
 * the client has read the answer, so that its memory is bounded. What manage_table.c does not list
 * is refused and logged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/api/ballast.h"
#include "core/api/tokens.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/wire/varlink.h"
#include "patd/followers.h"
#include "patd/manage_op.h"
#include "patd/manage_service.h"
#include "patd/manage_table.h"
#include "patd/outbox.h"
#include "patd/server.h"

#define SESSIONS_MAX 128
#define SESSIONS_OF_UID_MAX 8
#define IDLE_MILLISECONDS 60000
#define SWEEP_TICKS 30
#define SERVICE PATD_MANAGE_SERVICE

struct patd_manage {
    struct patd_loop *loop;
    struct pat_context *context;
    struct patd_server *server;
    struct pat_store *store; /* the only one that writes; NULL while it cannot be opened */
    bool store_failed;       /* it is opened again: a disk may come back */
    int groups_fd;
    int ticks;
    struct patd_followers followers;
};

struct session {
    struct patd_connection connection; /* first */
    struct patd_manage *manage;
    char *in; /* PAT_VARLINK_REQUEST_MAX bytes */
    size_t in_len;
    struct patd_outbox out;
    struct patd_stream *stream; /* of the running call */
    json_t *parameters;         /* of the running call */
    struct patd_follower follower;
};

/* --- output --- */

static enum pat_err
emit(struct patd_call *call, json_t *parameters)
{
    size_t len = 0;
    char *message = patd_call_message(call, parameters, &len);
    struct session *session = call->session;

    return patd_outbox_put(&session->out, message, len);
}

static void
reply_error(struct session *session, const char *error, json_t *parameters)
{
    size_t len = 0;
    char *message = pat_varlink_error(error, parameters, &len);

    if (patd_outbox_put(&session->out, message, len) != PAT_OK)
        patd_server_drop(&session->connection);
}

static void
reply(struct session *session, json_t *parameters)
{
    size_t len = 0;
    char *message = pat_varlink_reply(parameters, false, &len);

    if (patd_outbox_put(&session->out, message, len) != PAT_OK)
        patd_server_drop(&session->connection);
}

static void
reply_problem(struct session *session, const struct patd_call *call, enum pat_err err)
{
    const struct pat_problem *problem = &call->work.problem;
    json_t *parameters;

    session->manage->store_failed |= err == PAT_ERR_IO;
    if (call->expected_more) {
        reply_error(session, SERVICE "ExpectedMore", json_object());
        return;
    }
    if (call->bad_parameter != NULL && pat_text_equal(problem->id, "parameter")) {
        reply_error(session, SERVICE "InvalidParameter",
                    json_pack("{s:s}", "parameter", call->bad_parameter));
        return;
    }
    parameters = json_pack("{s:s, s:s, s:s}", "id", problem->id, "message", problem->message,
                           "hint", problem->hint);
    if (parameters == NULL) /* a message cut within a character */
        parameters = json_pack("{s:s, s:s, s:s}", "id", problem->id, "message", pat_err_text(err),
                               "hint", "");
    reply_error(session, patd_manage_table_error(err), parameters);
}

/* --- calls --- */

static struct pat_store *
open_store(struct patd_manage *manage)
{
    if (manage->store != NULL && (manage->store_failed || pat_store_broken(manage->store))) {
        pat_store_close(manage->store);
        manage->store = NULL;
    }
    manage->store_failed = false;
    if (manage->store == NULL && pat_context_writer(manage->context, &manage->store) != PAT_OK)
        manage->store = NULL;
    return manage->store;
}

static enum pat_err
begin_call(struct session *session, struct patd_call *call)
{
    struct patd_manage *manage = session->manage;
    struct pat_peer *peer = &session->connection.peer;

    call->session = session;
    call->emit = emit;
    call->peer = *peer;
    call->groups_fd = manage->groups_fd;
    call->followers = patd_followers_count(&manage->followers, peer->uid);
    return pat_manage_open(&call->work, manage->context, open_store(manage), peer);
}

static void
end_stream(struct session *session)
{
    if (session->stream != NULL) {
        patd_followers_remove(&session->manage->followers, &session->follower);
        session->stream->free(session->stream);
    }
    session->stream = NULL;
    json_decref(session->parameters);
    session->parameters = NULL;
}

static void
go_on_with_stream(struct session *session)
{
    struct patd_call call = {.parameters = session->parameters,
                             .more = true,
                             .hung_up = patd_outbox_hung_up(session->connection.source.fd)};
    enum pat_err err = begin_call(session, &call);
    bool done = false;

    if (session->stream->always && err == PAT_ERR_UNAVAILABLE && call.work.actor.is_operator)
        err = PAT_OK;
    if (err == PAT_OK)
        err = session->stream->step(session->stream, &call, &done);
    if (pat_ballast_makes_room(&call.work, err))
        err = PAT_OK; /* the next step tries it again */
    if (err != PAT_OK)
        reply_problem(session, &call, err);
    else if (done)
        reply(session, call.reply == NULL ? json_object() : call.reply);
    session->follower.waits = err == PAT_OK && !done && call.waits;
    if (err != PAT_OK || done)
        end_stream(session);
    pat_manage_close(&call.work);
}

static void
log_denied(const struct session *session, const char *method)
{
    char uid[16];

    snprintf(uid, sizeof uid, "%u", session->connection.peer.uid);
    PAT_LOG(LOG_NOTICE, "denied", {"peer_uid", uid}, {"method", method});
}

static enum pat_err
try_call(struct session *session, const struct patd_method *method, struct patd_call *call)
{
    enum pat_err err = begin_call(session, call);

    if (!method->needs_store && err == PAT_ERR_UNAVAILABLE)
        err = PAT_OK; /* it asks for the health itself */
    if (err == PAT_OK && !patd_manage_table_allows(method, &call->work.actor)) {
        log_denied(session, method->name);
        err = pat_manage_refuse(&call->work, PAT_ERR_DENIED, "denied", "%s may not do this",
                                call->work.actor.name);
    }
    return err == PAT_OK ? method->handler(call) : err;
}

static void
run(struct session *session, const struct patd_method *method,
    const struct pat_varlink_call *message)
{
    struct patd_call call = {.parameters = message->parameters, .more = message->more};
    enum pat_err err = try_call(session, method, &call);

    /* A full disk must not keep a token alive: there is room for that. */
    if (pat_ballast_makes_room(&call.work, err)) {
        pat_manage_close(&call.work);
        call = (struct patd_call){.parameters = message->parameters, .more = message->more};
        err = try_call(session, method, &call);
    }
    if (err == PAT_OK && call.stream != NULL) {
        session->stream = call.stream;
        if (call.stream->follows)
            patd_followers_add(&session->manage->followers, &session->follower,
                               &session->connection.source, call.peer.uid);
        session->parameters = json_incref(message->parameters);
    } else if (err == PAT_OK) {
        reply(session, call.reply);
    } else {
        reply_problem(session, &call, err);
        json_decref(call.reply);
    }
    pat_manage_close(&call.work);
}

static void
run_service(struct session *session, const char *name, json_t *parameters)
{
    const char *error = NULL;
    json_t *answer = patd_manage_service(name, parameters, &error);

    if (error == NULL)
        reply(session, answer);
    else
        reply_error(session, error, answer);
}

static void
dispatch(struct session *session, const struct pat_varlink_call *message)
{
    static const char interface[] = PAT_VARLINK_INTERFACE ".";
    const struct patd_method *method;
    const char *name, *wrong;

    if (strncmp(message->method, SERVICE, strlen(SERVICE)) == 0) {
        run_service(session, message->method + strlen(SERVICE), message->parameters);
        return;
    }
    if (strncmp(message->method, interface, strlen(interface)) != 0) {
        reply_error(session, SERVICE "InterfaceNotFound",
                    json_pack("{s:s}", "interface", message->method));
        return;
    }
    name = message->method + strlen(interface);
    method = patd_manage_table_find(name);
    if (method == NULL) {
        log_denied(session, name);
        reply_error(session,
                    patd_manage_table_promises(name) ? SERVICE "MethodNotImplemented"
                                                     : SERVICE "MethodNotFound",
                    json_pack("{s:s}", "method", message->method));
        return;
    }
    wrong = patd_call_unknown(message->parameters, method->parameters);
    if (wrong != NULL)
        reply_error(session, SERVICE "InvalidParameter", json_pack("{s:s}", "parameter", wrong));
    else
        run(session, method, message);
}

/* --- the connection --- */

/* One whole request out of the buffer; false when there is none yet. */
static bool
take_request(struct session *session)
{
    char *end = memchr(session->in, '\0', session->in_len);
    struct pat_varlink_call message;
    size_t len;

    if (end == NULL)
        return false;
    len = (size_t)(end - session->in) + 1;
    if (pat_varlink_parse(session->in, len - 1, &message) == PAT_OK) {
        size_t queued = session->out.len;

        dispatch(session, &message);
        if (message.oneway) { /* nobody waits for what it said, a new token perhaps */
            patd_outbox_cut(&session->out, queued);
            end_stream(session);
        }
        pat_varlink_clear(&message);
    } else {
        patd_server_drop(&session->connection);
    }
    memmove(session->in, session->in + len, session->in_len - len);
    session->in_len -= len;
    pat_secret_wipe(session->in + session->in_len, len);
    return true;
}

static bool
flush(struct session *session)
{
    int fd = session->connection.source.fd;
    enum patd_outbox_state state = patd_outbox_send(&session->out, fd, session->stream == NULL);

    if (state == PATD_OUTBOX_BROKEN)
        patd_server_drop(&session->connection);
    return state == PATD_OUTBOX_EMPTY;
}

static bool
has_request(const struct session *session)
{
    return memchr(session->in, '\0', session->in_len) != NULL;
}

static bool
is_open(const struct session *session)
{
    return !session->connection.source.removed;
}

/* Whoever follows may know what was committed meanwhile. */
static void
tell_followers(struct patd_manage *manage)
{
    if (manage->store != NULL && pat_store_anchor(manage->store) != NULL)
        patd_followers_wake(&manage->followers, pat_anchor_newest(pat_store_anchor(manage->store)));
}

/* What it is to be woken by, and when it is too late. */
static void
wait_on(struct session *session)
{
    bool idle = session->out.len == 0 && (session->stream == NULL || session->follower.waits);
    bool ready = !idle || (session->stream == NULL && has_request(session));

    if (idle && (session->in_len == 0 || session->stream != NULL))
        patd_server_set_idle(&session->connection, true);
    if (patd_loop_watch(&session->connection.source, ready ? EPOLLOUT : EPOLLIN) != PAT_OK) {
        patd_server_drop(&session->connection);
        return;
    }
    if (!idle || !session->follower.waits)
        patd_loop_set_deadline(&session->connection.source, IDLE_MILLISECONDS);
    else
        patd_loop_set_deadline(&session->connection.source,
                               session->stream->pause > 0 ? session->stream->pause : -1);
}

/* One request, or one page of a stream; then others have a turn. */
static void
work(struct session *session)
{
    struct patd_manage *manage = session->manage;

    if (flush(session) && session->stream == NULL && take_request(session) && is_open(session))
        flush(session);
    if (is_open(session) && session->out.len == 0 && session->stream != NULL &&
        !session->follower.waits)
        go_on_with_stream(session);
    if (is_open(session))
        wait_on(session);
    tell_followers(manage);
}

static void
read_more(struct session *session)
{
    size_t room = PAT_VARLINK_REQUEST_MAX - session->in_len;
    ssize_t got = room == 0 ? 0
                            : recv(session->connection.source.fd, session->in + session->in_len,
                                   room, MSG_DONTWAIT);

    if (got <= 0) {
        patd_server_drop(&session->connection);
        return;
    }
    patd_server_set_idle(&session->connection, false);
    session->in_len += (size_t)got;
}

static void
ready(struct patd_source *source, uint32_t events)
{
    struct session *session = (struct session *)source;

    if ((events & EPOLLIN) != 0)
        read_more(session);
    else if ((events & EPOLLOUT) == 0)
        patd_server_drop(&session->connection); /* hung up */
    if (is_open(session))
        work(session);
}

/* A stream that asks for another turn, or somebody who is silent for too long. */
static void
expired(struct patd_source *source)
{
    struct session *session = (struct session *)source;

    if (session->stream == NULL || !session->follower.waits ||
        patd_loop_watch(source, EPOLLOUT) != PAT_OK) {
        patd_server_drop(&session->connection);
        return;
    }
    session->follower.waits = false;
    patd_loop_set_deadline(source, IDLE_MILLISECONDS);
}

static void
opened(struct patd_connection *connection, void *context)
{
    struct session *session = (struct session *)connection;

    session->manage = context;
    session->in = malloc(PAT_VARLINK_REQUEST_MAX);
    connection->source.ready = ready;
    connection->source.expired = expired;
    pat_peer_login_find(connection->source.fd, &connection->peer);
    patd_loop_set_deadline(&connection->source, IDLE_MILLISECONDS);
    if (session->in == NULL || patd_loop_watch(&connection->source, EPOLLIN) != PAT_OK)
        patd_server_drop(connection);
}

static void
closed(struct patd_connection *connection)
{
    struct session *session = (struct session *)connection;

    end_stream(session);
    pat_varlink_free(session->in, PAT_VARLINK_REQUEST_MAX);
    patd_outbox_free(&session->out);
}

/* --- the server --- */

enum pat_err
patd_manage_op_open(struct patd_loop *loop, struct pat_context *context,
                    struct patd_listeners *listeners, int groups_fd, struct patd_manage **ret)
{
    struct patd_manage *manage = calloc(1, sizeof *manage);
    const struct patd_server_args args = {.loop = loop,
                                          .protocol = PAT_PROTOCOL_MANAGE,
                                          .total_max = SESSIONS_MAX,
                                          .per_uid_max = SESSIONS_OF_UID_MAX,
                                          .connection_size = sizeof(struct session),
                                          .opened = opened,
                                          .closed = closed,
                                          .context = manage};

    *ret = manage;
    if (manage == NULL)
        return PAT_ERR_NOMEM;
    manage->loop = loop;
    manage->context = context;
    manage->groups_fd = groups_fd;
    if (open_store(manage) != NULL)
        pat_ballast_keep(pat_context_state_dir(context));
    return patd_server_open(&args, listeners, &manage->server);
}

void
patd_manage_op_free(struct patd_manage *manage)
{
    if (manage == NULL)
        return;
    pat_store_close(manage->store);
    patd_server_free(manage->server);
    close(manage->groups_fd);
    free(manage);
}

void
patd_manage_op_tick(void *context)
{
    struct patd_manage *manage = context;
    const struct pat_peer patd = {.uid = (uint32_t)geteuid()};
    struct pat_manage work;
    int64_t swept = 0;

    open_store(manage); /* what failed to open before may open now */
    tell_followers(manage);
    if (++manage->ticks % SWEEP_TICKS != 0)
        return;
    if (manage->store != NULL)
        pat_ballast_keep(pat_context_state_dir(manage->context));
    if (pat_manage_open(&work, manage->context, open_store(manage), &patd) == PAT_OK) {
        pat_text_clip(work.actor.name, sizeof work.actor.name, "patd");
        if (pat_tokens_sweep(&work, &swept) != PAT_OK)
            PAT_LOG(LOG_ERR, "failure", {"doing", "ending tokens that were not confirmed"},
                    {"error", work.problem.message});
    }
    pat_manage_close(&work);
}
