/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection of somebody who asks about tokens: bytes become a request, an answer becomes
 * bytes, and all of it in time. What is answered is decided by verify_op.c.
 */
#ifndef PATD_VERIFY_SESSION_H
#define PATD_VERIFY_SESSION_H

#include "patd/server.h"
#include "patd/verify_codec.h"

struct patd_verify;

enum patd_verify_stage {
    PATD_READING,
    PATD_WAITING_FOR_GROUPS,
    PATD_WAITING_TO_ANSWER, /* the penalty */
};

struct patd_verify_session {
    struct patd_connection connection; /* first */
    struct patd_verify *verify;
    const struct patd_verify_codec *codec;
    enum patd_verify_stage stage;
    int64_t until;               /* of a codec that closes: the answer is out by then */
    struct pat_request *request; /* while groups are asked for; holds a secret */
    char account[PAT_ACCOUNT_MAX + 1];
    struct pat_answer answer; /* that waits */
    /* What came of a request; holds a secret until it is whole. One byte more than is legal. */
    size_t len;
    bool emptied; /* the last read took all that the socket held */
    unsigned char bytes[];
};

/* What is done with a request; request is wiped afterwards. */
typedef void patd_verify_session_asked(struct patd_verify_session *session,
                                       const struct pat_request *request);

size_t patd_verify_session_size(const struct patd_verify_codec *codec);

/* Begins to read, at once; the caller has set verify, codec and the source's callbacks. */
void patd_verify_session_begin(struct patd_verify_session *session,
                               patd_verify_session_asked *asked);

/* The source's descriptor is ready: hands over a whole request, or ends the connection. */
void patd_verify_session_ready(struct patd_verify_session *session, uint32_t events,
                               patd_verify_session_asked *asked);

/*
 * Nothing is read while an answer waits; a client that leaves is noticed all the same. The
 * source's expired() is called after so many milliseconds, or earlier where time is short.
 */
void patd_verify_session_wait(struct patd_verify_session *session, enum patd_verify_stage stage,
                              int64_t milliseconds);

/* Sends the answer, then reads on or ends the connection. */
void patd_verify_session_answer(struct patd_verify_session *session,
                                const struct pat_answer *answer);

/* Wipes and frees what it holds beside itself. */
void patd_verify_session_end(struct patd_verify_session *session);

#endif
