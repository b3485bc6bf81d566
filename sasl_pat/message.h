/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients send, taken apart. Pure: bytes in, names and a secret out. All of it comes from
 * somebody who has not logged in yet.
 */
#ifndef SASL_PAT_MESSAGE_H
#define SASL_PAT_MESSAGE_H

#include <stddef.h>

#include "core/base/err.h"

#define PAT_MESSAGE_MAX 4096      /* bytes of what a client may send at once */
#define PAT_MESSAGE_NAME_MAX 1024 /* slapd's users may ask to be a whole DN */

/* Holds a secret: wipe it with pat_secret_wipe(). Nothing in it holds a NUL. */
struct pat_message {
    char login[PAT_MESSAGE_NAME_MAX + 1];     /* who logs in; empty for the bearer mechanisms */
    char requested[PAT_MESSAGE_NAME_MAX + 1]; /* who they want to act as; empty: as themselves */
    char secret[PAT_MESSAGE_MAX + 1];
    size_t secret_len;
};

/*
 * PAT_ERR_RANGE when something is longer than its bound, PAT_ERR_SYNTAX when it is not what the
 * mechanism says. *ret is whole or all zero.
 */

/* RFC 7628, section 3.1: a gs2 header and "auth=Bearer ..." among other keys, in any order. */
PAT_CHECKED enum pat_err pat_message_oauthbearer(const char *bytes, size_t len,
                                                 struct pat_message *ret);

/* XOAUTH2 as its inventor documents it: "user=" and "auth=Bearer ...". */
PAT_CHECKED enum pat_err pat_message_xoauth2(const char *bytes, size_t len,
                                             struct pat_message *ret);

/* RFC 4616: authorization identity, authentication identity and password, by NULs. Neither here nor
 * with LOGIN is a password empty: some verifiers take that for nobody in particular. */
PAT_CHECKED enum pat_err pat_message_plain(const char *bytes, size_t len, struct pat_message *ret);

/* The two answers of LOGIN, one by one; they fill a member each. */
PAT_CHECKED enum pat_err pat_message_login_name(const char *bytes, size_t len,
                                                struct pat_message *ret);
PAT_CHECKED enum pat_err pat_message_login_secret(const char *bytes, size_t len,
                                                  struct pat_message *ret);

#endif
