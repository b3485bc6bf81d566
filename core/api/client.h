/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking patd about a token. What PAM and SASL modules call; libc only, no state, no thread. */
#ifndef PAT_API_CLIENT_H
#define PAT_API_CLIENT_H

#include "core/base/err.h"
#include "core/policy/request.h"

/* All of it: connecting, asking, waiting, and one retry. */
#define PAT_CLIENT_SECONDS 3

/*
 * Sends the request and waits for its answer, at most 3 s in all. Fills the request's nonce. The
 * answer's class is PAT_CLASS_UNAVAILABLE with every error; any other class comes with PAT_OK.
 * PAT_ERR_UNAVAILABLE (nobody listens), PAT_ERR_TIMEOUT, PAT_ERR_DENIED (the server is not whom
 * the socket's directory belongs to), PAT_ERR_SYNTAX (not an answer to this request), PAT_ERR_IO.
 */
PAT_CHECKED enum pat_err pat_client_ask(const char *socket_path, struct pat_request *request,
                                        struct pat_answer *ret);

#endif
