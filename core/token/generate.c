/* SPDX-License-Identifier: BSD-2-Clause */
/* Minting: the only room that asks for randomness. Server side only. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "core/base/base32.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/token/generate.h"

#define PIECE ((size_t)256) /* which getrandom(2) gives whole, whatever comes between */
#define TRIES 200
#define PAUSE_NANOSECONDS 10000000L

/*
 * Where libsodium's own source ends the process at the first error, this one asks again for two
 * seconds: a login waits for no random bytes. SECURITY: behind that it ends the process as well.
 */
static void
fill(void *ret, size_t len)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
    unsigned char *at = ret;

    for (int tries = 0; len > 0; tries++) {
        size_t piece = len < PIECE ? len : PIECE;
        ssize_t got = getrandom(at, piece, 0);

        if (got == (ssize_t)piece) {
            at += piece;
            len -= piece;
            tries = -1;
        } else if (got != -1 || errno != EINTR) {
            if (tries == TRIES)
                abort();
            nanosleep(&pause, NULL);
        }
    }
}

static const char *
name(void)
{
    return "getrandom";
}

static uint32_t
draw(void)
{
    uint32_t number;

    fill(&number, sizeof number);
    return number;
}

enum pat_err
pat_generate_start(void)
{
    static struct randombytes_implementation source = {
        .implementation_name = name, .random = draw, .buf = fill};
    unsigned char probe[16];
    ssize_t got;

    do
        got = getrandom(probe, sizeof probe, 0);
    while (got == -1 && errno == EINTR);
    if (got != (ssize_t)sizeof probe || randombytes_set_implementation(&source) == -1 ||
        sodium_init() == -1)
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
