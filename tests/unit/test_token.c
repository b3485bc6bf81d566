/* SPDX-License-Identifier: BSD-2-Clause */
/* core/token/token: what is a token (DESIGN.md section 3), case by case. */
#include <stdio.h>

#include "core/base/base32.h"
#include "core/base/crc32.h"
#include "core/token/token.h"
#include "tests/unit/support.h"

static const struct vector {
    const char *tenant, *id, *secret, *text, *verifier;
} vectors[] = {
#define VECTOR(tenant, id, secret, text, verifier) {tenant, id, secret, text, verifier},
#include "tests/unit/token_vectors.def"
#undef VECTOR
};

/* FEATURES A50, M1. */
static void
fixed_vectors(void **state)
{
    char text[PAT_TOKEN_MAX + 1], masked[PAT_TOKEN_MASKED_MAX + 1];
    struct pat_token token;

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct vector *vector = &vectors[i];
        size_t len = strlen(vector->text);

        expect_number(vector->text, (int64_t)len, 47 + (int64_t)strlen(vector->tenant));
        expect_number(vector->text, pat_token_read(vector->text, len, &token), PAT_SHAPE_TOKEN);
        expect_text(vector->text, token.tenant, vector->tenant);
        expect_text(vector->text, token.id, vector->id);
        expect_text(vector->text, token.secret, vector->secret);
        memset(text, '#', sizeof text);
        pat_token_write(&token, text);
        expect_text(vector->text, text, vector->text);
        pat_token_masked(token.tenant, token.id, masked);
        expect_number(vector->text, (int64_t)strlen(masked), (int64_t)strlen(token.tenant) + 14);
        expect_bytes(vector->text, masked, vector->text, strlen(masked));
        pat_token_clear(&token);
        expect_filled(vector->text, &token, 0, sizeof token);
    }
    pat_token_clear(NULL);
    pat_token_masked("acme", "m3rjhkwz", masked);
    expect_text("masked", masked, "pat_acme_1m3rjhkwz");
}

#define ID20 "00000000001111111111"
#define GOOD "pat_acme_10000000000000000000000000000000000"
#define CHECK "0x95vgv"

static void
outcomes(void **state)
{
    static const struct {
        const char *title, *text;
        enum pat_shape shape;
    } cases[] = {
        {"nothing", "", PAT_SHAPE_OTHER},
        {"white space", " \t\r\n", PAT_SHAPE_OTHER},
        {"a password", "correct horse battery staple", PAT_SHAPE_OTHER},
        {"it begins with pat_", "pat_ricia likes tea", PAT_SHAPE_OTHER},
        {"it begins like a token", "pat_acme_1", PAT_SHAPE_OTHER},
        {"another kind of token", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", PAT_SHAPE_OTHER},
        {"19 characters behind the version", "pat_acme_1000000000111111111x", PAT_SHAPE_OTHER},
        {"20 characters behind the version", "pat_acme_1" ID20, PAT_SHAPE_MALFORMED},
        {"21 characters behind the version", "pat_acme_1" ID20 "2", PAT_SHAPE_MALFORMED},
        {"version 0", "pat_acme_0" ID20, PAT_SHAPE_OTHER},
        {"version 2", "pat_acme_2" ID20, PAT_SHAPE_MALFORMED},
        {"version 9", "pat_acme_9" ID20, PAT_SHAPE_MALFORMED},
        {"version a", "pat_acme_a" ID20, PAT_SHAPE_OTHER},
        {"version l is 1", "pat_acme_l" ID20, PAT_SHAPE_MALFORMED},
        {"version O is 0", "pat_acme_O" ID20, PAT_SHAPE_OTHER},
        {"u is no digit", "pat_acme_1" ID20 "u", PAT_SHAPE_OTHER},
        {"no tenant", "pat__1" ID20, PAT_SHAPE_OTHER},
        {"a tenant of 16", "pat_0123456789abcdef_1" ID20, PAT_SHAPE_MALFORMED},
        {"a tenant of 17", "pat_0123456789abcdefg_1" ID20, PAT_SHAPE_OTHER},
        {"a tenant with a dash", "pat_ac-me_1" ID20, PAT_SHAPE_OTHER},
        {"two underscores", "pat_acme__1" ID20, PAT_SHAPE_OTHER},
        {"no underscore", "pat_acme1" ID20, PAT_SHAPE_OTHER},
        {"no prefix", "acme_1" ID20, PAT_SHAPE_OTHER},
        {"a dash instead of an underscore", "pat-acme-1" ID20, PAT_SHAPE_OTHER},
        {"something before", "xpat_acme_1" ID20, PAT_SHAPE_OTHER},
        {"a space inside", "pat_acme_1" ID20 " 2", PAT_SHAPE_OTHER},
        {"a token", GOOD CHECK, PAT_SHAPE_TOKEN},
        {"its beginning", GOOD "0x95vg", PAT_SHAPE_MALFORMED},
        {"one digit more", GOOD CHECK "0", PAT_SHAPE_MALFORMED},
        {"another check", GOOD "0x95vgw", PAT_SHAPE_MALFORMED},
        {"a check beyond 32 bits", GOOD "4x95vgv", PAT_SHAPE_MALFORMED},
        {"another tenant",
         "pat_acmf_1"
         "0000000000000000000000000000000000" CHECK,
         PAT_SHAPE_MALFORMED},
        {"capitals", "PAT_ACME_100000000000000000000000000000000000X95VGV", PAT_SHAPE_TOKEN},
        {"o for 0, l and i for 1", "Pat_acme_lOoOo0000000000000000000000000000000x95vgv",
         PAT_SHAPE_TOKEN},
        {"white space around", "\r\n\t\v\f " GOOD CHECK " \n\r", PAT_SHAPE_TOKEN},
        {"a byte order mark", "\xef\xbb\xbf" GOOD CHECK, PAT_SHAPE_OTHER},
        {"a no-break space behind", GOOD CHECK "\xc2\xa0", PAT_SHAPE_OTHER},
        {"a fullwidth digit", "pat_acme_\xef\xbc\x91" ID20, PAT_SHAPE_OTHER},
        {"a fullwidth prefix",
         "\xef\xbd\x90"
         "at_acme_1" ID20,
         PAT_SHAPE_OTHER},
        {"a Cyrillic a", "p\xd0\xb0t_acme_1" ID20, PAT_SHAPE_OTHER},
        {"the mask", "pat_acme_1m3rjhkwz\xe2\x80\xa6", PAT_SHAPE_OTHER},
    };

    struct pat_token token;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].text);

        memset(&token, 0xaa, sizeof token);
        expect_number(cases[i].title, pat_token_read(cases[i].text, len, &token), cases[i].shape);
        if (cases[i].shape != PAT_SHAPE_TOKEN)
            expect_filled(cases[i].title, &token, 0, sizeof token);
    }
}

/* What another version or another length would be, with check digits that fit. */
static void
checks_that_fit(void **state)
{
    static const struct {
        const char *title, *front;
        unsigned zeros;
        enum pat_shape shape;
    } cases[] = {
        {"a token", "pat_acme_1", 34, PAT_SHAPE_TOKEN},
        {"version 2", "pat_acme_2", 34, PAT_SHAPE_MALFORMED},
        {"version 9", "pat_acme_9", 34, PAT_SHAPE_MALFORMED},
        {"one digit less", "pat_acme_1", 33, PAT_SHAPE_MALFORMED},
        {"one digit more", "pat_acme_1", 35, PAT_SHAPE_MALFORMED},
        {"version 2, one digit more", "pat_acme_2", 35, PAT_SHAPE_MALFORMED},
    };
    struct pat_token token;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64] = "", check[PAT_TOKEN_CHECK_LEN];
        size_t len = (size_t)snprintf(text, sizeof text, "%s%0*u", cases[i].front,
                                      (int)cases[i].zeros, 0U);

        pat_base32_write(pat_crc32(text, len), check, sizeof check);
        memcpy(text + len, check, sizeof check);
        expect_number(cases[i].title, pat_token_read(text, strlen(text), &token), cases[i].shape);
    }
}

static void
public_ids(void **state)
{
    static const struct {
        const char *title, *text;
        const char *id; /* NULL: refused */
    } cases[] = {
        {"an id", "m3rjhkwz", "m3rjhkwz"},
        {"capitals", "M3RJHKWZ", "m3rjhkwz"},
        {"look-alikes", "iLoO1l0I", "11001101"},
        {"a prefix of one", "m", "m"},
        {"a prefix of seven", "m3rjhkw", "m3rjhkw"},
        {"nothing", "", NULL},
        {"nine digits", "m3rjhkwz0", NULL},
        {"u", "m3rjhkwu", NULL},
        {"a space before", " m3rjhkw", NULL},
        {"a space behind", "m3rjhkw ", NULL},
        {"a dash", "m3rj-kwz", NULL},
        {"a wildcard", "m3rj%", NULL},
        {"beyond ASCII", "m3rj\xc3\xa9", NULL},
        {"the masked form", "pat_acme_1m3rjhkwz", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char id[PAT_ID_LEN + 1] = "unread";

        expect_err(cases[i].title, pat_token_read_id(cases[i].text, id),
                   cases[i].id != NULL ? PAT_OK : PAT_ERR_SYNTAX);
        expect_text(cases[i].title, id, cases[i].id != NULL ? cases[i].id : "unread");
    }
}

/* Lookalikes are folded to the end of a text, and not beyond it. */
static void
nothing_else_is_folded(void **state)
{
    volatile char beyond[1024];
    char id[PAT_ID_LEN + 1];
    struct pat_token token;

    (void)state;
    for (size_t i = 0; i < sizeof beyond; i++)
        beyond[i] = 'l';
    expect_err("an id", pat_token_read_id("L0", id), PAT_OK);
    expect_number("no token", pat_token_read("pat_acme_1", 10, &token), PAT_SHAPE_OTHER);
    for (size_t i = 0; i < sizeof beyond; i++)
        expect("behind the text", "nothing is changed", beyond[i] == 'l');
}

static void
tenants(void **state)
{
    static const struct {
        const char *title, *tenant;
        bool legal;
    } cases[] = {
        {"nothing", "", false},
        {"one character", "a", true},
        {"digits only", "007", true},
        {"16 characters", "0123456789abcdef", true},
        {"17 characters", "0123456789abcdefg", false},
        {"a capital", "Acme", false},
        {"a dash", "ac-me", false},
        {"an underscore", "ac_me", false},
        {"a dot", "acme.", false},
        {"a space", " acme", false},
        {"a newline", "acme\n", false},
        {"beyond ASCII", "acm\xc3\xa9", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_number(cases[i].title, pat_token_tenant_legal(cases[i].tenant), cases[i].legal);
}

static void
write_it(const void *token)
{
    char text[PAT_TOKEN_MAX + 1];

    pat_token_write(token, text);
}

/* What only a mistake of the caller can be: the process ends instead of writing nonsense. */
static void
illegal_fields(void **state)
{
    static const struct {
        const char *title;
        struct pat_token token;
    } cases[] = {
        {"no tenant", {"", "00000000", "00000000000000000000000000"}},
        {"an illegal tenant", {"ac_me", "00000000", "00000000000000000000000000"}},
        {"a short id", {"acme", "0000000", "00000000000000000000000000"}},
        {"a short secret", {"acme", "00000000", "0000000000000000000000000"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].title, "aborts", support_aborts(write_it, &cases[i].token));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_vectors),   cmocka_unit_test(outcomes),
        cmocka_unit_test(public_ids),      cmocka_unit_test(nothing_else_is_folded),
        cmocka_unit_test(tenants),         cmocka_unit_test(illegal_fields),
        cmocka_unit_test(checks_that_fit),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
