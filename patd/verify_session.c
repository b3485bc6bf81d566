/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading requests and sending answers, whatever the protocol. Each session holds at most one
 * request. Every byte comes from somebody who may be hostile: it is bounded, parsed whole, and
 * wiped. A client of the protocols that close may hang until it is answered or its connection ends,
 * so both happen within a fixed time of its arrival, whatever an answer waits for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/base/log.h"
#include "core/base/monotonic.h"
#include "core/wire/wire.h"
#include "patd/verify_session.h"

#define READ_MILLISECONDS 2000
#define WHOLE_MILLISECONDS 1900 /* under two seconds, as the client's clock sees it too */
#define DRAINS_MAX 16

size_t
patd_verify_session_size(const struct patd_verify_codec *codec)
{
    return sizeof(struct patd_verify_session) + codec->request_max + 1;
}

static void
forget_bytes(struct patd_verify_session *session)
{
    pat_secret_wipe(session->bytes, session->len);
    session->len = 0;
}

/*
 * Closing a stream with unread bytes in it resets it, and the client would see that instead of its
 * answer. Who goes on sending after so many bytes, or after a whole request, has earned the reset.
 */
static void
hang_up(struct patd_verify_session *session)
{
    size_t room = session->codec->request_max;

    forget_bytes(session);
    for (int i = 0; session->codec->closes && !session->emptied && i < DRAINS_MAX; i++) {
        ssize_t got = recv(session->connection.source.fd, session->bytes, room, MSG_DONTWAIT);

        if (got <= 0)
            break;
        pat_secret_wipe(session->bytes, (size_t)got);
    }
    patd_server_drop(&session->connection);
}

void
patd_verify_session_answer(struct patd_verify_session *session, const struct pat_answer *answer)
{
    struct patd_source *source = &session->connection.source;
    unsigned char bytes[PAT_WIRE_MAX];
    size_t len = session->codec->write(answer, bytes);

    session->stage = PATD_READING;
    if (len == 0 || send(source->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ||
        session->codec->closes || patd_loop_watch(source, EPOLLIN) != PAT_OK) {
        hang_up(session);
        return;
    }
    patd_server_set_idle(&session->connection, true);
    patd_loop_set_deadline(source, READ_MILLISECONDS);
}

void
patd_verify_session_wait(struct patd_verify_session *session, enum patd_verify_stage stage,
                         int64_t milliseconds)
{
    int64_t left = session->until - pat_monotonic_milliseconds();

    if (session->codec->closes && milliseconds > left)
        milliseconds = left > 0 ? left : 0;
    session->stage = stage;
    if (patd_loop_watch(&session->connection.source, 0) == PAT_OK)
        patd_loop_set_deadline(&session->connection.source, milliseconds);
    else
        patd_server_drop(&session->connection);
}

static void
log_refused(const struct patd_verify_session *session, const char *why)
{
    char uid[16];

    snprintf(uid, sizeof uid, "%u", session->connection.peer.uid);
    PAT_LOG(LOG_WARNING, "refused", {"peer_uid", uid}, {"error", why});
}

/* What came is no request, or one that no token could be in. */
static void
refuse(struct patd_verify_session *session, enum pat_err err)
{
    const struct pat_answer no = {.class = PAT_CLASS_REFUSED};

    session->emptied = false; /* the rest of it may be under way */
    if (err == PAT_ERR_RANGE) {
        log_refused(session, "a name or password that is too long, or of more than one line");
        patd_verify_session_answer(session, &no);
    } else {
        log_refused(session, session->codec->closes ? "bytes that are no request"
                                                    : "a packet that is no request");
        hang_up(session);
    }
}

static void
take(struct patd_verify_session *session, patd_verify_session_asked *asked)
{
    struct pat_request request;
    enum pat_err err = session->codec->read(session->bytes, session->len, &request);

    if (err == PAT_ERR_BUSY && session->len <= session->codec->request_max)
        return;
    patd_server_set_idle(&session->connection, false);
    forget_bytes(session);
    if (err != PAT_OK) {
        refuse(session, err);
        return;
    }
    asked(session, &request);
    pat_secret_wipe(&request, sizeof request);
}

/* What recv(2) returned; 0 and -1 with its errno as well. */
static ssize_t
receive(struct patd_verify_session *session, patd_verify_session_asked *asked)
{
    size_t room = session->codec->request_max + 1 - session->len;
    ssize_t got = recv(session->connection.source.fd, session->bytes + session->len, room,
                       MSG_DONTWAIT);

    if (got > 0) {
        session->len += (size_t)got;
        session->emptied = (size_t)got < room;
        take(session, asked);
    }
    return got;
}

void
patd_verify_session_ready(struct patd_verify_session *session, uint32_t events,
                          patd_verify_session_asked *asked)
{
    bool hung_up = (events & EPOLLIN) == 0 || session->stage != PATD_READING;

    if (hung_up || receive(session, asked) <= 0)
        patd_server_drop(&session->connection);
}

/* Most clients have spoken by now; those that are answered at once need not be watched. */
void
patd_verify_session_begin(struct patd_verify_session *session, patd_verify_session_asked *asked)
{
    struct patd_source *source = &session->connection.source;
    bool gone, waits;
    ssize_t got;

    session->stage = PATD_READING;
    session->until = pat_monotonic_milliseconds() + WHOLE_MILLISECONDS;
    patd_loop_set_deadline(source, session->codec->closes ? WHOLE_MILLISECONDS : READ_MILLISECONDS);
    got = receive(session, asked);
    gone = got == 0 || (got == -1 && errno != EAGAIN);
    waits = !source->watched && !source->removed;
    if (gone || (waits && patd_loop_watch(source, EPOLLIN) != PAT_OK))
        patd_server_drop(&session->connection);
}

void
patd_verify_session_end(struct patd_verify_session *session)
{
    forget_bytes(session);
    if (session->request != NULL)
        pat_secret_wipe(session->request, sizeof *session->request);
    free(session->request);
    session->request = NULL;
}
