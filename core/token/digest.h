/* SPDX-License-Identifier: BSD-2-Clause */
/* Keyed BLAKE2b (RFC 7693), of 256 bits mostly, and what is made with it. Server side only. */
#ifndef PAT_TOKEN_DIGEST_H
#define PAT_TOKEN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/token/token.h"

#define PAT_DIGEST_LEN 32
#define PAT_DIGEST_WIDE_LEN 64
#define PAT_KEY_LEN 32

struct pat_key {
    unsigned char bytes[PAT_KEY_LEN];
};

struct pat_digest {
    unsigned char bytes[PAT_DIGEST_LEN];
};

/* What the store keeps of a token: domain, length-prefixed tenant, id and secret under a key. */
void pat_digest_verifier(const struct pat_key *key, const struct pat_token *token,
                         struct pat_digest *ret);

/* Over any bytes; the caller puts a domain in front and prefixes lengths. */
void pat_digest_bytes(const struct pat_key *key, const void *bytes, size_t len,
                      struct pat_digest *ret);
/* The same with 512 bits: another function, not the shorter one with more behind it. */
void pat_digest_wide(const struct pat_key *key, const void *bytes, size_t len,
                     unsigned char ret[PAT_DIGEST_WIDE_LEN]);

/* Takes the same time whatever the digests hold. */
bool pat_digest_equal(const struct pat_digest *a, const struct pat_digest *b);

#endif
