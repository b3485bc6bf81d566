/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAT_TOKEN_GENERATE_H
#define PAT_TOKEN_GENERATE_H

#include "core/token/token.h"

/*
 * Must succeed once before anything else of libsodium is used. PAT_ERR_UNAVAILABLE when the kernel
 * gives no random bytes: libsodium would abort the process instead of saying so.
 */
PAT_CHECKED enum pat_err pat_generate_start(void);

/*
 * A token with 40 random bits of id and 130 of secret; tenant must be legal. The caller makes
 * sure that the id is new in the store, and clears the token.
 */
void pat_generate_token(const char *tenant, struct pat_token *ret);

/* Random bytes for salts, store ids and keys. */
void pat_generate_bytes(void *ret, size_t len);

#endif
