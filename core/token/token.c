/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing the text of a token. The modules and patd share this room, so that all of
 * them agree on what is a token; it needs libc only. It trusts nothing about its input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/base32.h"
#include "core/base/crc32.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/token/token.h"

#define PREFIX "pat_"
#define FORMAT_VERSION '1'
#define BODY_LEN (1 + PAT_ID_LEN + PAT_TOKEN_SECRET_LEN + PAT_TOKEN_CHECK_LEN)
#define SHAPED_BODY_MIN (1 + 20)

/* The canonical text and where its parts begin. */
struct parts {
    char text[PAT_SECRET_MAX + 1];
    size_t len;
    size_t tenant_len;
    const char *body;
};

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_tenant_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static size_t
tenant_length(const char *text)
{
    size_t len = 0;

    while (len <= PAT_TENANT_MAX && is_tenant_char(text[len]))
        len++;
    return len;
}

bool
pat_token_tenant_legal(const char *tenant)
{
    size_t len = tenant_length(tenant);

    return len >= 1 && len <= PAT_TENANT_MAX && tenant[len] == '\0';
}

static bool
copy_trimmed(const char *text, size_t len, struct parts *parts)
{
    if (len > PAT_SECRET_MAX)
        return false;
    while (len > 0 && is_space(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_space(text[len - 1]))
        len--;
    parts->len = len;
    return pat_text_copy(parts->text, sizeof parts->text, text, len) == PAT_OK;
}

static void
fold_lookalikes(char *body)
{
    for (; *body != '\0'; body++) {
        if (*body == 'i' || *body == 'l')
            *body = '1';
        else if (*body == 'o')
            *body = '0';
    }
}

static bool
all_digits(const char *text, size_t len)
{
    bool all = true;

    for (size_t i = 0; i < len; i++)
        all &= pat_base32_is_digit(text[i]);
    return all;
}

/* True for what is token-shaped; then parts points into its canonical text. */
static bool
split(const char *text, size_t len, struct parts *parts)
{
    char *body;
    size_t body_len;

    if (!copy_trimmed(text, len, parts))
        return false;
    pat_text_fold(parts->text);
    if (strncmp(parts->text, PREFIX, strlen(PREFIX)) != 0)
        return false;
    parts->tenant_len = tenant_length(parts->text + strlen(PREFIX));
    body = parts->text + strlen(PREFIX) + parts->tenant_len;
    if (parts->tenant_len < 1 || parts->tenant_len > PAT_TENANT_MAX || *body++ != '_')
        return false;
    fold_lookalikes(body);
    body_len = strlen(body);
    parts->body = body;
    return body[0] >= '1' && body[0] <= '9' && body_len >= SHAPED_BODY_MIN &&
           all_digits(body, body_len);
}

static void
write_check(const char *text, size_t len, char *digits)
{
    pat_base32_write(pat_crc32(text, len), digits, PAT_TOKEN_CHECK_LEN);
}

static bool
well_formed(const struct parts *parts)
{
    char check[PAT_TOKEN_CHECK_LEN];
    size_t checked = parts->len - PAT_TOKEN_CHECK_LEN;

    if (strlen(parts->body) != BODY_LEN || parts->body[0] != FORMAT_VERSION)
        return false;
    write_check(parts->text, checked, check);
    return memcmp(check, parts->text + checked, sizeof check) == 0;
}

enum pat_shape
pat_token_read(const char *text, size_t len, struct pat_token *ret)
{
    struct parts parts = {.len = 0};
    enum pat_shape shape = PAT_SHAPE_OTHER;

    memset(ret, 0, sizeof *ret);
    if (!split(text, len, &parts))
        goto out;
    shape = PAT_SHAPE_MALFORMED;
    if (!well_formed(&parts))
        goto out;
    memcpy(ret->tenant, parts.text + strlen(PREFIX), parts.tenant_len);
    memcpy(ret->id, parts.body + 1, PAT_ID_LEN);
    memcpy(ret->secret, parts.body + 1 + PAT_ID_LEN, PAT_TOKEN_SECRET_LEN);
    shape = PAT_SHAPE_TOKEN;
out:
    pat_secret_wipe(&parts, sizeof parts);
    return shape;
}

void
pat_token_write(const struct pat_token *token, char ret[PAT_TOKEN_MAX + 1])
{
    char check[PAT_TOKEN_CHECK_LEN + 1] = "";
    int len;

    if (!pat_token_tenant_legal(token->tenant) || strlen(token->id) != PAT_ID_LEN ||
        strlen(token->secret) != PAT_TOKEN_SECRET_LEN)
        abort();
    len = snprintf(ret, PAT_TOKEN_MAX + 1, PREFIX "%s_%c%s%s", token->tenant, FORMAT_VERSION,
                   token->id, token->secret);
    write_check(ret, (size_t)len, check);
    memcpy(ret + len, check, sizeof check);
}

void
pat_token_clear(struct pat_token *token)
{
    if (token != NULL)
        pat_secret_wipe(token, sizeof *token);
}

enum pat_err
pat_token_read_id(const char *text, char ret[PAT_ID_LEN + 1])
{
    char id[PAT_ID_LEN + 1];

    if (text[0] == '\0' || pat_text_set(id, sizeof id, text) != PAT_OK)
        return PAT_ERR_SYNTAX;
    pat_text_fold(id);
    fold_lookalikes(id);
    if (!all_digits(id, strlen(id)))
        return PAT_ERR_SYNTAX;
    memcpy(ret, id, sizeof id);
    return PAT_OK;
}

void
pat_token_masked(const char *tenant, const char *id, char ret[PAT_TOKEN_MASKED_MAX + 1])
{
    snprintf(ret, PAT_TOKEN_MASKED_MAX + 1, PREFIX "%s_%c%s", tenant, FORMAT_VERSION, id);
}
