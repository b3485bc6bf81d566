/* SPDX-License-Identifier: BSD-2-Clause */
/* Minting: the only room that asks for randomness. Server side only. */
#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

#include "core/base/base32.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/token/generate.h"

enum pat_err
pat_generate_start(void)
{
    unsigned char probe[16];
    ssize_t got;

    do
        got = getrandom(probe, sizeof probe, 0);
    while (got == -1 && errno == EINTR);
    if (got != (ssize_t)sizeof probe || sodium_init() == -1)
        return PAT_ERR_UNAVAILABLE;
    return PAT_OK;
}

static void
random_digits(char *digits, size_t len)
{
    unsigned char bytes[PAT_TOKEN_SECRET_LEN];

    /* 256 is a multiple of 32, so the low five bits of a random byte are a uniform digit. */
    randombytes_buf(bytes, len);
    for (size_t i = 0; i < len; i++)
        pat_base32_write(bytes[i] & 31U, digits + i, 1);
    digits[len] = '\0';
    pat_secret_wipe(bytes, sizeof bytes);
}

void
pat_generate_token(const char *tenant, struct pat_token *ret)
{
    pat_token_clear(ret);
    pat_text_clip(ret->tenant, sizeof ret->tenant, tenant);
    random_digits(ret->id, PAT_ID_LEN);
    random_digits(ret->secret, PAT_TOKEN_SECRET_LEN);
}

void
pat_generate_bytes(void *ret, size_t len)
{
    randombytes_buf(ret, len);
}
