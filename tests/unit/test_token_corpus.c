/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/token/token against very many inputs. Each is judged a second time, by the regular
 * expressions of DESIGN.md section 3: see judge().
 */
#include <regex.h>
#include <stdio.h>

#include "core/base/crc32.h"
#include "core/base/secret.h"
#include "core/token/generate.h"
#include "core/token/token.h"
#include "tests/unit/expect.h"

#define DIGITS "0123456789abcdefghjkmnpqrstvwxyz"
#define DIGIT "[0-9a-hjkmnp-tv-z]"
#define SHAPED "^pat_[a-z0-9]{1,16}_[1-9]" DIGIT "{20,}$"
/* The rule for scanners, to the letter. */
#define SCANNER "\\bpat_[a-z0-9]{1,16}_1" DIGIT "{34}[0-3]" DIGIT "{6}\\b"

static const struct vector {
    const char *tenant, *id, *secret, *text, *verifier;
} vectors[] = {
#define VECTOR(tenant, id, secret, text, verifier) {tenant, id, secret, text, verifier},
#include "tests/unit/token_vectors.def"
#undef VECTOR
};

static regex_t shaped, scanner;

static int
compile(void **state)
{
    (void)state;
    expect_number("random bytes", pat_generate_start(), PAT_OK);
    return regcomp(&shaped, SHAPED, REG_EXTENDED | REG_NOSUB) != 0 ||
           regcomp(&scanner, SCANNER, REG_EXTENDED) != 0;
}

static int
release(void **state)
{
    (void)state;
    regfree(&shaped);
    regfree(&scanner);
    return 0;
}

/* True when the scanner finds the whole text, and not a part of it. */
static bool
scanner_takes(const char *text)
{
    regmatch_t match;

    return regexec(&scanner, text, 1, &match, 0) == 0 && match.rm_so == 0 &&
           text[match.rm_eo] == '\0';
}

static bool
check_fits(const char *text)
{
    size_t len = strlen(text) - PAT_TOKEN_CHECK_LEN;
    uint32_t crc = pat_crc32(text, len);
    bool fits = true;

    for (size_t i = PAT_TOKEN_CHECK_LEN; i-- > 0; crc >>= 5)
        fits &= text[len + i] == DIGITS[crc & 31];
    return fits;
}

/*
 * The second opinion: trims and folds as section 3 says, then asks the regular expressions. ret is
 * the canonical text, with room for PAT_SECRET_MAX characters.
 */
static enum pat_shape
judge(const char *text, size_t len, char *ret)
{
    static const char spaces[] = " \t\n\v\f\r";
    size_t out = 0;
    int underscores = 0;

    while (len > 0 && memchr(spaces, text[len - 1], sizeof spaces - 1) != NULL)
        len--;
    for (; len > 0 && memchr(spaces, *text, sizeof spaces - 1) != NULL; len--)
        text++;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '\0')
            return PAT_SHAPE_OTHER;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        underscores += c == '_';
        if (underscores >= 2 && (c == 'i' || c == 'l'))
            c = '1';
        if (underscores >= 2 && c == 'o')
            c = '0';
        ret[out++] = c;
    }
    ret[out] = '\0';
    if (regexec(&shaped, ret, 0, NULL, 0) != 0)
        return PAT_SHAPE_OTHER;
    return scanner_takes(ret) && check_fits(ret) ? PAT_SHAPE_TOKEN : PAT_SHAPE_MALFORMED;
}

/* Reads and compares with the second opinion; the token's own text must be the canonical one. */
static enum pat_shape
read_judged(const char *title, const char *text, size_t len)
{
    char canonical[PAT_SECRET_MAX + 1] = "", written[PAT_TOKEN_MAX + 1];
    enum pat_shape wanted = PAT_SHAPE_OTHER, shape;
    struct pat_token token;

    if (len <= PAT_SECRET_MAX)
        wanted = judge(text, len, canonical);
    memset(&token, 0xaa, sizeof token);
    shape = pat_token_read(text, len, &token);
    expect_number(title, shape, wanted);
    if (shape == PAT_SHAPE_TOKEN) {
        pat_token_write(&token, written);
        expect_text(title, written, canonical);
    } else {
        expect_filled(title, &token, 0, sizeof token);
    }
    return shape;
}

/* The same token in a buffer of len bytes: at is where it begins, the rest is filled. */
static void
padded(char *buf, size_t len, size_t at, char fill)
{
    memset(buf, fill, len);
    memcpy(buf + at, vectors[0].text, strlen(vectors[0].text));
}

static void
every_length(void **state)
{
    char text[600 + 1], title[48];
    size_t whole = strlen(vectors[0].text);

    (void)state;
    for (size_t len = 0; len <= 600; len++) {
        static const char fills[] = {'a', ' ', '\0', '_', '\xff'};
        enum pat_shape wanted = len > PAT_SECRET_MAX || len < 30 ? PAT_SHAPE_OTHER
                                : len == whole                   ? PAT_SHAPE_TOKEN
                                                                 : PAT_SHAPE_MALFORMED;

        snprintf(title, sizeof title, "length %zu", len);
        for (size_t i = 0; i < COUNT(fills); i++) {
            memset(text, fills[i], sizeof text);
            expect_number(title, read_judged(title, text, len), PAT_SHAPE_OTHER);
        }
        memset(text, '0', sizeof text);
        memcpy(text, vectors[0].text, whole);
        expect_number(title, read_judged(title, text, len), wanted);
        if (len < whole)
            continue;
        wanted = len > PAT_SECRET_MAX ? PAT_SHAPE_OTHER : PAT_SHAPE_TOKEN;
        padded(text, len, 0, '\n');
        expect_number(title, read_judged(title, text, len), wanted);
        padded(text, len, len - whole, ' ');
        expect_number(title, read_judged(title, text, len), wanted);
        padded(text, len, 0, '\0');
        expect_number(title, read_judged(title, text, len),
                      len == whole ? PAT_SHAPE_TOKEN : PAT_SHAPE_OTHER);
    }
}

/* Each of the 256 bytes in the place of each character, and before and behind the token. */
static void
every_byte(void **state)
{
    char text[80], title[48];

    (void)state;
    for (size_t row = 0; row < 3; row++) {
        const char *good = vectors[row].text;
        size_t len = strlen(good);

        for (size_t at = 0; at < len + 2; at++)
            for (int byte = 0; byte < 256; byte++) {
                snprintf(title, sizeof title, "byte 0x%02x at %zu", (unsigned)byte, at);
                memcpy(text + 1, good, len);
                text[0] = text[len + 1] = ' ';
                text[at] = (char)byte;
                read_judged(title, text, len + 2);
            }
    }
}

static unsigned
random_below(unsigned limit)
{
    uint32_t number;

    pat_generate_bytes(&number, sizeof number);
    return number % limit;
}

/* One to four strokes of a tired typist. */
static void
random_edits(void **state)
{
    static const char keys[] = "\0 \t\nPAT_pat0123456789aizloulOILUVw~\x80\xff-" DIGITS DIGITS;
    char text[80], title[120];
    long seen[3] = {0};

    (void)state;
    for (int round = 0; round < 60000; round++) {
        const char *good = vectors[random_below(COUNT(vectors))].text;
        size_t len = strlen(good);

        memcpy(text, good, len + 1);
        for (unsigned edits = 1 + random_below(4); edits > 0; edits--) {
            size_t at = random_below((unsigned)len);
            unsigned kind = random_below(4);

            if (kind == 0) {
                memmove(text + at, text + at + 1, --len - at);
                continue;
            }
            if (kind == 1)
                memmove(text + at + 1, text + at, len++ - at);
            text[at] = kind == 2 ? (char)(text[at] & 0x5f)
                                 : keys[random_below((unsigned)sizeof keys - 1)];
        }
        text[len] = '\0';
        snprintf(title, sizeof title, "edited \"%s\"", text);
        seen[read_judged(title, text, len)]++;
    }
    expect("the edits", "lead to every outcome", seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

/* FEATURES M1: no single substitution is taken for a token. */
static void
every_substitution(void **state)
{
    char text[PAT_TOKEN_MAX + 1];
    struct pat_token token, read;

    (void)state;
    for (int round = 0; round < 1000; round++) {
        pat_generate_token(vectors[(size_t)round % COUNT(vectors)].tenant, &token);
        pat_token_write(&token, text);
        for (size_t at = 0; text[at] != '\0'; at++) {
            char right = text[at];

            for (const char *digit = DIGITS; *digit != '\0'; digit++) {
                text[at] = *digit;
                if (*digit != right && pat_token_read(text, strlen(text), &read) == PAT_SHAPE_TOKEN)
                    fail_msg("%s: taken, with %c at %zu instead of %c", text, *digit, at, right);
            }
            text[at] = right;
        }
    }
}

/* FEATURES M1, M22: a million tokens read back as they were made. */
static void
round_trips(void **state)
{
    char text[PAT_TOKEN_MAX + 1];
    struct pat_token token, read;

    (void)state;
    for (int round = 0; round < 1000000; round++) {
        pat_generate_token(vectors[(size_t)round % COUNT(vectors)].tenant, &token);
        pat_token_write(&token, text);
        if (pat_token_read(text, strlen(text), &read) != PAT_SHAPE_TOKEN ||
            memcmp(&read, &token, sizeof read) != 0)
            fail_msg("%s: does not read back", text);
        if (round % 100 == 0)
            expect(text, "is found by scanners", scanner_takes(text));
    }
}

#define BODY "0000000000000000000000000000000000"
#define TOKEN "pat_acme_1" BODY "0x95vgv"

/* FEATURES C23, M22. */
static void
scanner_in_text(void **state)
{
    static const struct {
        const char *title, *text;
        bool found;
    } cases[] = {
        {"alone", TOKEN, true},
        {"in a line", "password=" TOKEN " # cron", true},
        {"in quotes", "\"" TOKEN "\"", true},
        {"glued to a word before", "my" TOKEN, false},
        {"glued to a word behind", TOKEN "s", false},
        {"too short", "pat_acme_1" BODY "0x95vg", false},
        {"the mask", "pat_acme_1m3rjhkwz\xe2\x80\xa6", false},
        {"version 2", "pat_acme_2" BODY "0x95vgv", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_number(cases[i].title, regexec(&scanner, cases[i].text, 0, NULL, 0) == 0,
                      cases[i].found);
    for (size_t i = 0; i < COUNT(vectors); i++)
        expect_number(vectors[i].text, scanner_takes(vectors[i].text), true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length), cmocka_unit_test(every_byte),
        cmocka_unit_test(random_edits), cmocka_unit_test(every_substitution),
        cmocka_unit_test(round_trips),  cmocka_unit_test(scanner_in_text),
    };

    return cmocka_run_group_tests_name("token corpus", tests, compile, release);
}
