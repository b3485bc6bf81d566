/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification as valgrind sees it: keys, the token's secret and the stored verifier are called
 * undefined, so that a branch or an address which depends on one of them is an error of memcheck.
 *
 *     valgrind --error-exitcode=9 constant_time DIRECTORY WAY
 *
 * Way "ours" is what patd does; each of the others puts one well-known mistake in its place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "core/store/keyring.h"
#include "core/store/row.h"
#include "core/store/seal.h"
#include "core/token/digest.h"
#include "core/token/generate.h"

#define ROUNDS 50

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct case_of {
    struct pat_keyring *keyring;
    struct pat_token token;
    struct pat_token_record record;
};

typedef bool way(const struct case_of *one, const struct pat_digest *digest);

static bool
ours(const struct case_of *one, const struct pat_digest *digest)
{
    return pat_digest_equal(digest, &one->record.verifier);
}

static bool
by_memcmp(const struct case_of *one, const struct pat_digest *digest)
{
    return memcmp(digest->bytes, one->record.verifier.bytes, sizeof digest->bytes) == 0;
}

static bool
by_first_difference(const struct case_of *one, const struct pat_digest *digest)
{
    for (size_t i = 0; i < sizeof digest->bytes; i++)
        if (digest->bytes[i] != one->record.verifier.bytes[i])
            return false;
    return true;
}

static bool
by_table(const struct case_of *one, const struct pat_digest *digest)
{
    static const volatile unsigned char values[256];
    unsigned sum = 0;

    for (size_t i = 0; i < PAT_TOKEN_SECRET_LEN; i++)
        sum += values[(unsigned char)one->token.secret[i]];
    return sum == 0 && ours(one, digest);
}

static bool
by_length(const struct case_of *one, const struct pat_digest *digest)
{
    return strlen(one->token.secret) == PAT_TOKEN_SECRET_LEN && ours(one, digest);
}

static const struct {
    const char *name;
    way *judge;
} ways[] = {
    {"ours", ours},      {"memcmp", by_memcmp}, {"difference", by_first_difference},
    {"table", by_table}, {"length", by_length},
};

static void
need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "constant_time: %s\n", what);
    exit(2);
}

static void
hide(const void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

/* What everybody may know: whether it was the right one. */
static bool
told(bool answer)
{
    VALGRIND_MAKE_MEM_DEFINED(&answer, sizeof answer);
    return answer;
}

static void
make_case(struct case_of *one, unsigned number)
{
    struct pat_digest seal;

    memset(&one->record, 0, sizeof one->record);
    snprintf(one->token.tenant, sizeof one->token.tenant, "acme");
    for (size_t i = 0; i < PAT_ID_LEN; i++)
        one->token.id[i] = digits[(number + 5 * i) % 32];
    for (size_t i = 0; i < PAT_TOKEN_SECRET_LEN; i++)
        one->token.secret[i] = digits[(number * 7 + 11 * i) % 32];
    memcpy(one->record.tenant, one->token.tenant, sizeof one->record.tenant);
    memcpy(one->record.id, one->token.id, sizeof one->record.id);
    snprintf(one->record.user, sizeof one->record.user, "alice");
    one->record.key_number = 1;
    pat_digest_verifier(pat_keyring_verifier(one->keyring, 1), &one->token, &one->record.verifier);
    pat_seal_make(one->keyring, PAT_ROW_TOKEN, &one->record, &seal);
    one->record.seal = seal;
}

static void
hide_case(const struct case_of *one)
{
    hide(pat_keyring_verifier(one->keyring, 1), sizeof(struct pat_key));
    hide(pat_keyring_key(one->keyring, PAT_KEYRING_ROW), sizeof(struct pat_key));
    hide(one->token.secret, PAT_TOKEN_SECRET_LEN);
    hide(&one->record.verifier, sizeof one->record.verifier);
}

/* As core/api/verify.c does it: the seal of the row, the digest, the comparison. */
static bool
verify(const struct case_of *one, way *judge)
{
    struct pat_digest digest;
    bool holds = told(pat_seal_holds(one->keyring, PAT_ROW_TOKEN, &one->record));

    pat_digest_verifier(pat_keyring_verifier(one->keyring, one->record.key_number), &one->token,
                        &digest);
    return holds && told(judge(one, &digest));
}

static void
run(struct pat_keyring *keyring, way *judge)
{
    struct case_of one = {.keyring = keyring}, other = {.keyring = keyring};

    for (unsigned i = 0; i < ROUNDS; i++) {
        VALGRIND_MAKE_MEM_DEFINED(pat_keyring_verifier(keyring, 1), sizeof(struct pat_key));
        VALGRIND_MAKE_MEM_DEFINED(pat_keyring_key(keyring, PAT_KEYRING_ROW),
                                  sizeof(struct pat_key));
        make_case(&one, i);
        make_case(&other, i + 1);
        other.record = one.record; /* a token with a secret that is not the row's */
        memcpy(other.token.id, one.token.id, sizeof other.token.id);
        hide_case(&one);
        hide_case(&other);
        need(verify(&one, judge), "the right token was refused");
        need(!verify(&other, judge), "a wrong token was accepted");
    }
}

int
main(int argc, char **argv)
{
    struct pat_keyring *keyring = NULL;
    way *judge = NULL;

    need(argc == 3, "usage: constant_time DIRECTORY WAY");
    need(RUNNING_ON_VALGRIND, "not under valgrind");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i].name, argv[2]) == 0)
            judge = ways[i].judge;
    need(judge != NULL, "no such way");
    need(pat_generate_start() == PAT_OK, "no randomness");
    need(pat_keyring_create(argv[1]) == PAT_OK && pat_keyring_open(argv[1], &keyring) == PAT_OK,
         "no keys");
    run(keyring, judge);
    pat_keyring_free(keyring);
    printf("%d verifications\n", 2 * ROUNDS);
    return 0;
}
