/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier of a token. Its secret has 130 random bits, so one fast keyed hash is enough: there
 * is nothing to guess that a slow one would protect.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/span.h"
#include "core/token/digest.h"

#define LEFT                                                                                       \
    ((size_t)4096) /* of its stack, by libsodium: pieces of what it hashed, and of the key */

static const char verifier_domain[] = "linux-pat verifier 1";

static void
hash(const struct pat_key *key, const void *bytes, size_t len, unsigned char *ret, size_t ret_len)
{
    if (crypto_generichash(ret, ret_len, bytes, len, key->bytes, sizeof key->bytes) != 0)
        abort();
    sodium_stackzero(LEFT);
}

void
pat_digest_bytes(const struct pat_key *key, const void *bytes, size_t len, struct pat_digest *ret)
{
    hash(key, bytes, len, ret->bytes, sizeof ret->bytes);
}

void
pat_digest_wide(const struct pat_key *key, const void *bytes, size_t len,
                unsigned char ret[PAT_DIGEST_WIDE_LEN])
{
    hash(key, bytes, len, ret, PAT_DIGEST_WIDE_LEN);
}

void
pat_digest_verifier(const struct pat_key *key, const struct pat_token *token,
                    struct pat_digest *ret)
{
    unsigned char input[sizeof verifier_domain + 3 * 4 + sizeof *token];
    struct pat_writer writer = pat_span_writer(input, sizeof input);

    pat_span_put_bytes(&writer, verifier_domain, sizeof verifier_domain);
    pat_span_put_field(&writer, token->tenant, strlen(token->tenant));
    pat_span_put_field(&writer, token->id, strlen(token->id));
    /* SECURITY: of fixed length, so that no byte of it is looked at. */
    pat_span_put_field(&writer, token->secret, PAT_TOKEN_SECRET_LEN);
    if (writer.failed)
        abort();
    pat_digest_bytes(key, input, writer.len, ret);
    pat_secret_wipe(input, sizeof input);
}

bool
pat_digest_equal(const struct pat_digest *a, const struct pat_digest *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
