/* SPDX-License-Identifier: BSD-2-Clause */
/* core/token: generate and digest. */
#include <stdio.h>

#include "core/token/digest.h"
#include "core/token/generate.h"
#include "tests/unit/support.h"

#define ROUNDS 2000
#define DIGITS "0123456789abcdefghjkmnpqrstvwxyz"
#define RANDOM_LEN (PAT_ID_LEN + PAT_TOKEN_SECRET_LEN)

static int
start(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        if (pat_generate_start() != PAT_OK)
            return -1;
    return 0;
}

static void
generated_tokens(void **state)
{
    static const char *const tenants[] = {"a", "acme", "0123456789abcdef"};
    char title[32];

    (void)state;
    for (size_t i = 0; i < COUNT(tenants); i++) {
        struct pat_token token;

        memset(&token, 0xaa, sizeof token);
        pat_generate_token(tenants[i], &token);
        expect_text(tenants[i], token.tenant, tenants[i]);
        expect_number(tenants[i], (int64_t)strspn(token.id, DIGITS), PAT_ID_LEN);
        expect_number(tenants[i], (int64_t)strlen(token.id), PAT_ID_LEN);
        expect_number(tenants[i], (int64_t)strspn(token.secret, DIGITS), PAT_TOKEN_SECRET_LEN);
        expect_number(tenants[i], (int64_t)strlen(token.secret), PAT_TOKEN_SECRET_LEN);
        snprintf(title, sizeof title, "%s, behind its end", tenants[i]);
        expect_filled(title, token.tenant + strlen(tenants[i]), 0,
                      sizeof token.tenant - strlen(tenants[i]));
    }
}

/* 2,000 tokens: a digit that is missing somewhere by chance would be one in 10^24. */
static void
digits_are_uniform(void **state)
{
    static int seen[RANDOM_LEN][128];
    long total[128] = {0};
    char title[48];

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct pat_token token;

        pat_generate_token("acme", &token);
        for (size_t i = 0; i < RANDOM_LEN; i++) {
            char digit = i < PAT_ID_LEN ? token.id[i] : token.secret[i - PAT_ID_LEN];

            seen[i][digit & 127]++;
            total[digit & 127]++;
        }
    }
    for (const char *digit = DIGITS; *digit != '\0'; digit++) {
        for (size_t i = 0; i < RANDOM_LEN; i++) {
            snprintf(title, sizeof title, "digit %c in place %zu", *digit, i);
            expect(title, "occurs", seen[i][(int)*digit] > 0);
        }
        /* Mean 2125, standard deviation 45: ten of them. */
        snprintf(title, sizeof title, "digit %c occurs %ld times", *digit, total[(int)*digit]);
        expect(title, "is as frequent as the others",
               total[(int)*digit] > 1675 && total[(int)*digit] < 2575);
    }
}

/* Two equal ids of 1,000 would be an accident of one in two million. */
static void
ids_differ(void **state)
{
    static struct pat_token tokens[1000];

    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        pat_generate_token("acme", &tokens[i]);
        for (size_t other = 0; other < i; other++) {
            expect(tokens[i].id, "was not given out before",
                   strcmp(tokens[i].id, tokens[other].id) != 0);
            expect(tokens[i].id, "has a secret of its own",
                   strcmp(tokens[i].secret, tokens[other].secret) != 0);
        }
    }
}

static void
generated_bytes(void **state)
{
    static const size_t lens[] = {0, 1, 16, 32, 63};
    unsigned char bytes[64], again[64];
    char title[32];

    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        size_t len = lens[i];

        memset(bytes, 0xaa, sizeof bytes);
        memset(again, 0xaa, sizeof again);
        pat_generate_bytes(bytes, len);
        pat_generate_bytes(again, len);
        snprintf(title, sizeof title, "%zu bytes", len);
        expect_filled(title, bytes + len, 0xaa, sizeof bytes - len);
        if (len >= 16)
            expect(title, "never repeat", memcmp(bytes, again, len) != 0);
    }
}

static struct pat_key
counting_key(void)
{
    struct pat_key key;

    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (unsigned char)i;
    return key;
}

static void
expect_hex(const char *title, const struct pat_digest *digest, const char *wanted)
{
    char hex[2 * PAT_DIGEST_LEN + 1];

    for (size_t i = 0; i < sizeof digest->bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest->bytes[i]);
    expect_text(title, hex, wanted);
}

static void
digest_vectors(void **state)
{
    static const struct {
        const char *title;
        size_t len;
        const char *digest; /* hashlib.blake2b() of Python, of the bytes 00 01 02 ... */
    } cases[] = {
        {"nothing", 0, "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d"},
        {"one byte", 1, "41ff93a4eaeebd3b78a93438a6f62a92ab5959c859e682b72c7def406197ca4d"},
        {"one block", 128, "138893f1631ef3165629515d6ed800da3771b7926dced294205c7507351deebc"},
        {"more than a block", 200,
         "a39ff6e7e838226fd50e24a55375ff3a39419fd93e32cc463f3f74323291c425"},
    };
    static const struct {
        struct pat_token token;
        const char *text, *verifier;
    } vectors[] = {
#define VECTOR(tenant, id, secret, text, verifier) {{tenant, id, secret}, text, verifier},
#include "tests/unit/token_vectors.def"
#undef VECTOR
    };
    struct pat_key key = counting_key();
    unsigned char bytes[256];
    struct pat_digest digest;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < COUNT(cases); i++) {
        pat_digest_bytes(&key, bytes, cases[i].len, &digest);
        expect_hex(cases[i].title, &digest, cases[i].digest);
    }
    for (size_t i = 0; i < COUNT(vectors); i++) {
        pat_digest_verifier(&key, &vectors[i].token, &digest);
        expect_hex(vectors[i].text, &digest, vectors[i].verifier);
    }
}

#define ZEROS "000000000000000000000000"

/* Each row changes one thing, or moves characters across the border of two fields. */
static const struct changed {
    const char *title;
    bool moved;   /* the fields, strung together, stay as they were */
    int key_byte; /* -1: none is changed */
    struct pat_token token;
} changed[] = {
    {"the token", true, -1, {"ab", "c000000", "d" ZEROS}},
    {"the key's first byte", true, 0, {"ab", "c000000", "d" ZEROS}},
    {"the key's last byte", true, 31, {"ab", "c000000", "d" ZEROS}},
    {"the tenant", false, -1, {"ac", "c000000", "d" ZEROS}},
    {"a longer tenant", false, -1, {"ab0", "c000000", "d" ZEROS}},
    {"the id's first digit", false, -1, {"ab", "d000000", "d" ZEROS}},
    {"the id's last digit", false, -1, {"ab", "c000001", "d" ZEROS}},
    {"a longer id", false, -1, {"ab", "c0000000", "d" ZEROS}},
    {"the secret's first digit", false, -1, {"ab", "c000000", "e" ZEROS}},
    {"a longer secret", false, -1, {"ab", "c000000", "d" ZEROS "0"}},
    {"from id to tenant", true, -1, {"abc", "000000", "d" ZEROS}},
    {"from tenant to id", true, -1, {"a", "bc000000", "d" ZEROS}},
    {"from secret to id", true, -1, {"ab", "c000000d", ZEROS}},
    {"from id to secret", true, -1, {"ab", "c00000", "0d" ZEROS}},
    {"the whole tenant to the id", true, -1, {"", "abc00000", "0d" ZEROS}},
    {"the whole id to the tenant", true, -1, {"abc000000", "", "d" ZEROS}},
    {"tenant and id change places", false, -1, {"c000000", "ab", "d" ZEROS}},
};

/* FEATURES M13. */
static void
verifiers_differ(void **state)
{
    struct pat_digest digests[COUNT(changed)];

    (void)state;
    for (size_t i = 0; i < COUNT(changed); i++) {
        const struct pat_token *token = &changed[i].token;
        struct pat_key key = counting_key();
        struct pat_digest again;
        char strung[80];

        snprintf(strung, sizeof strung, "%s%s%s", token->tenant, token->id, token->secret);
        expect_number(changed[i].title, strcmp(strung, "abc000000d" ZEROS) == 0, changed[i].moved);
        if (changed[i].key_byte >= 0)
            key.bytes[changed[i].key_byte] ^= 1;
        pat_digest_verifier(&key, token, &digests[i]);
        pat_digest_verifier(&key, token, &again);
        expect(changed[i].title, "has one verifier", pat_digest_equal(&again, &digests[i]));
        for (size_t other = 0; other < i; other++)
            if (memcmp(&digests[i], &digests[other], sizeof digests[i]) == 0)
                fail_msg("%s: the same verifier as %s", changed[i].title, changed[other].title);
    }
}

static void
verify(const void *token)
{
    const struct pat_key key = counting_key();
    struct pat_digest ignored;

    pat_digest_verifier(&key, token, &ignored);
}

/* Fields that run into each other are longer together than any token. */
static void
a_token_without_ends_is_a_mistake(void **state)
{
    struct {
        struct pat_token token;
        char end;
    } memory = {{"acme", "c000000", "d" ZEROS}, '\0'};

    (void)state;
    expect("a token", "has a verifier", !support_aborts(verify, &memory.token));
    memset(&memory.token, '0', sizeof memory.token);
    expect("a token without ends", "has none", support_aborts(verify, &memory.token));
}

static void
equality(void **state)
{
    struct pat_digest a, b;
    char title[32];

    (void)state;
    for (size_t i = 0; i < sizeof a.bytes; i++)
        a.bytes[i] = (unsigned char)(0xa5 ^ i);
    b = a;
    expect("a copy", "is equal", pat_digest_equal(&a, &b) && pat_digest_equal(&a, &a));
    for (size_t bit = 0; bit < 8 * sizeof a.bytes; bit++) {
        b.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        snprintf(title, sizeof title, "bit %zu flipped", bit);
        expect(title, "is unequal", !pat_digest_equal(&a, &b) && !pat_digest_equal(&b, &a));
        b = a;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_tokens),
        cmocka_unit_test(digits_are_uniform),
        cmocka_unit_test(ids_differ),
        cmocka_unit_test(generated_bytes),
        cmocka_unit_test(digest_vectors),
        cmocka_unit_test(verifiers_differ),
        cmocka_unit_test(a_token_without_ends_is_a_mistake),
        cmocka_unit_test(equality),
    };

    return cmocka_run_group_tests_name("generate and digest", tests, start, NULL);
}
