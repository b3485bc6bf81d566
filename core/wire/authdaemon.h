/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libsasl2 asks Courier's authdaemond ("pwcheck_method: authdaemond"), as lib/checkpw.c of
 * Cyrus SASL 2.1.28 writes and reads it, over a SOCK_STREAM socket; one request a connection.
 *
 *     request   "AUTH " length newline | service newline | "login" newline | user newline
 *               | password newline | newline
 *     answer    ".", or "FAIL", and a newline; then the end of the connection
 *
 * length is decimal and counts from the service to the newline behind the password; libsasl2 sends
 * the newline after that too, others need not. user is the whole name, also with a realm behind
 * '@'. Nothing is escaped, so a newline within a name or password would shift all that follows: a
 * body of more or fewer than four lines is no request. There is no address and no realm field.
 *
 * libsasl2 reads until the connection ends, for 30 seconds at most. The line "." is success, "FAIL"
 * is a wrong password, an end without either is a temporary failure.
 */
#ifndef PAT_WIRE_AUTHDAEMON_H
#define PAT_WIRE_AUTHDAEMON_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/policy/request.h"

#define PAT_AUTHDAEMON_FIELD_MAX 256

/* The longest request: "AUTH 777", service, "login", user, password, the last newline. */
#define PAT_AUTHDAEMON_MAX (9 + 3 * (PAT_AUTHDAEMON_FIELD_MAX + 1) + 6 + 1)

/*
 * Reads a request from its first len bytes; it holds a secret. Unless PAT_OK, ret is all zero:
 * PAT_ERR_BUSY      good so far, more must come
 * PAT_ERR_RANGE     framed well, but something in it is too long for any name or token, or the
 *                   lines are not four: to be refused
 * PAT_ERR_SYNTAX    not this protocol
 */
PAT_CHECKED enum pat_err pat_authdaemon_get_request(const void *bytes, size_t len,
                                                    struct pat_request *ret);

#define PAT_AUTHDAEMON_ANSWER_MAX 5

/* The answer's length; 0 when there is none to give: the connection then ends. */
size_t pat_authdaemon_put_answer(const struct pat_answer *answer, unsigned char *ret);

#endif
