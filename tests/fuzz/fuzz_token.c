/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/token/token.c (FEATURES M1). Whatever was typed is judged as a grammar written down here a
 * second time says; and a token made of the input is read back through every way of writing it.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/token/token.h"
#include "tests/fuzz/fuzz.h"

/* DESIGN.md, section 3: what is token-shaped, once trimmed and lowered; and a canonical token. */
#define SHAPED "^pat_[a-z0-9]{1,16}_[1-9il][0-9a-tv-z]{20,}$"
#define CANONICAL "^pat_[a-z0-9]{1,16}_1[0-9a-hjkmnp-tv-z]{34}[0-3][0-9a-hjkmnp-tv-z]{6}$"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static regex_t shaped, canonical;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(regcomp(&shaped, SHAPED, REG_EXTENDED | REG_NOSUB) == 0);
    FUZZ_CHECK(regcomp(&canonical, CANONICAL, REG_EXTENDED | REG_NOSUB) == 0);
    return 0;
}

static bool
is_white(char c)
{
    return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

static bool
is_shaped(const char *text, size_t len)
{
    char plain[PAT_SECRET_MAX + 1];

    if (len > PAT_SECRET_MAX || memchr(text, '\0', len) != NULL)
        return false;
    for (; len > 0 && is_white(text[0]); len--)
        text++;
    for (; len > 0 && is_white(text[len - 1]); len--)
        continue;
    for (size_t i = 0; i < len; i++)
        plain[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    plain[len] = '\0';
    return regexec(&shaped, plain, 0, NULL, 0) == 0;
}

static void
check_text(const char *text, size_t len)
{
    struct pat_token token, again;
    char written[PAT_TOKEN_MAX + 1];
    enum pat_shape shape;

    memset(&token, 0xaa, sizeof token);
    shape = pat_token_read(text, len, &token);
    FUZZ_CHECK((shape != PAT_SHAPE_OTHER) == is_shaped(text, len));
    if (shape != PAT_SHAPE_TOKEN) {
        FUZZ_CHECK(shape == PAT_SHAPE_MALFORMED || shape == PAT_SHAPE_OTHER);
        FUZZ_CHECK(fuzz_is_zero(&token, sizeof token));
        return;
    }
    FUZZ_CHECK(pat_token_tenant_legal(token.tenant));
    pat_token_write(&token, written);
    FUZZ_CHECK(regexec(&canonical, written, 0, NULL, 0) == 0);
    FUZZ_CHECK(pat_token_read(written, strlen(written), &again) == PAT_SHAPE_TOKEN);
    FUZZ_CHECK(memcmp(&token, &again, sizeof token) == 0);
    pat_token_clear(&token);
    FUZZ_CHECK(fuzz_is_zero(&token, sizeof token));
}

static void
check_id(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_string(bytes, len);
    char id[PAT_ID_LEN + 1], again[PAT_ID_LEN + 1];

    if (pat_token_read_id(text, id) == PAT_OK) {
        FUZZ_CHECK(strlen(id) == strlen(text) && strlen(id) >= 1);
        FUZZ_CHECK(strspn(id, digits) == strlen(id));
        FUZZ_CHECK(pat_token_read_id(id, again) == PAT_OK && strcmp(id, again) == 0);
    }
    free(text);
}

/* A token of the input's bytes. */
static void
make_token(struct fuzz_input *input, struct pat_token *ret)
{
    static const char tenant[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = 1 + fuzz_pick(input, PAT_TENANT_MAX);

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < len; i++)
        ret->tenant[i] = tenant[fuzz_pick(input, sizeof tenant - 1)];
    for (size_t i = 0; i < PAT_ID_LEN; i++)
        ret->id[i] = digits[fuzz_pick(input, 32)];
    for (size_t i = 0; i < PAT_TOKEN_SECRET_LEN; i++)
        ret->secret[i] = digits[fuzz_pick(input, 32)];
}

/* As people write it: capitals everywhere, lookalikes in the body. */
static char
disguise(char c, bool in_body, uint8_t how)
{
    if (in_body && c == '1' && (how & 3) != 0)
        c = (how & 1) != 0 ? 'l' : 'i';
    else if (in_body && c == '0' && (how & 1) != 0)
        c = 'o';
    if ((how & 4) != 0 && c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    return c;
}

static void
check_disguised(struct fuzz_input *input)
{
    struct pat_token token, read;
    char written[PAT_TOKEN_MAX + 1], text[PAT_TOKEN_MAX + 5];
    size_t len, body, where;
    char before;

    make_token(input, &token);
    pat_token_write(&token, written);
    len = strlen(written);
    body = strlen("pat_") + strlen(token.tenant) + 1;
    text[0] = " \t\n\v"[fuzz_pick(input, 4)];
    for (size_t i = 0; i < len; i++)
        text[1 + i] = disguise(written[i], i >= body, fuzz_byte(input));
    text[1 + len] = "\r\f \n"[fuzz_pick(input, 4)];
    FUZZ_CHECK(pat_token_read(text, len + 2, &read) == PAT_SHAPE_TOKEN);
    FUZZ_CHECK(memcmp(&token, &read, sizeof token) == 0);
    FUZZ_CHECK(pat_token_read(text, len, &read) != PAT_SHAPE_TOKEN); /* one is missing */

    /* CRC-32 finds every change of one character. */
    where = body + fuzz_pick(input, 42);
    before = written[where];
    written[where] = digits[fuzz_pick(input, 32)];
    FUZZ_CHECK((pat_token_read(written, len, &read) == PAT_SHAPE_TOKEN) ==
               (written[where] == before));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);

    check_text((const char *)bytes, len);
    check_id(bytes, len);
    check_disguised(&input);
    return 0;
}
