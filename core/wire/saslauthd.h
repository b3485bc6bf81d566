/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libsasl2 asks saslauthd ("pwcheck_method: saslauthd") on its socket "mux", of type
 * SOCK_STREAM; one request a connection. Numbers are big-endian.
 *
 *     request   field user | field password | field service | field realm | field address
 *     answer    field "OK" or "NO", perhaps with text behind it
 *     field     u16 length | bytes
 *
 * The source is lib/checkpw.c of Cyrus SASL. 2.1.28 sends four fields; what comes after it sends
 * a fifth, empty or "address;port" of the client. libsasl2 cuts the name at its last '@', and what
 * stands behind goes into the realm, which is empty when there is none. It sends the request in one
 * piece and waits without a limit for the answer; an end without one is a temporary failure.
 */
#ifndef PAT_WIRE_SASLAUTHD_H
#define PAT_WIRE_SASLAUTHD_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/policy/request.h"

#define PAT_SASLAUTHD_FIELD_MAX 256 /* saslauthd takes no more either */
#define PAT_SASLAUTHD_MAX (5 * (2 + PAT_SASLAUTHD_FIELD_MAX))

/*
 * Reads a request from its first len bytes; it holds a secret. Four whole fields and nothing behind
 * them are a request: whoever sends five sends them at once. Unless PAT_OK, ret is all zero:
 * PAT_ERR_BUSY      good so far, more must come
 * PAT_ERR_RANGE     a field is too long for any name or token: to be refused
 * PAT_ERR_SYNTAX    not this protocol
 */
PAT_CHECKED enum pat_err pat_saslauthd_get_request(const void *bytes, size_t len,
                                                   struct pat_request *ret);

#define PAT_SASLAUTHD_ANSWER_MAX 4

/* The answer's length; 0 when there is none to give: the connection then ends. */
size_t pat_saslauthd_put_answer(const struct pat_answer *answer, unsigned char *ret);

#endif
