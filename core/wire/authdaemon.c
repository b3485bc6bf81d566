/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Courier's framing, for libsasl2. Every byte comes from a program that passes on what strangers
 * typed; nothing is read behind the length that the first line tells.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/wire/authdaemon.h"

#define COMMAND "AUTH "
#define COMMAND_LEN 5
#define DIGITS_MAX 4 /* libsasl2 sends no more */
#define BODY_MAX (3 * (PAT_AUTHDAEMON_FIELD_MAX + 1) + 6)
#define LINES 4

enum line { SERVICE, TYPE, USER, PASSWORD };

/* The first line; moves *at behind it. */
static enum pat_err
take_length(const char **at, const char *end, size_t *ret)
{
    char digits[DIGITS_MAX + 1];
    size_t len = (size_t)(end - *at);
    const char *newline;
    int64_t number;

    if (memcmp(*at, COMMAND, len < COMMAND_LEN ? len : COMMAND_LEN) != 0)
        return PAT_ERR_SYNTAX;
    if (len <= COMMAND_LEN)
        return PAT_ERR_BUSY;
    *at += COMMAND_LEN;
    len -= COMMAND_LEN;
    newline = memchr(*at, '\n', len < sizeof digits ? len : sizeof digits);
    if (newline == NULL && len < sizeof digits) {
        for (size_t i = 0; i < len; i++)
            if ((*at)[i] < '0' || (*at)[i] > '9')
                return PAT_ERR_SYNTAX;
        return PAT_ERR_BUSY;
    }
    if (newline == NULL ||
        pat_text_copy(digits, sizeof digits, *at, (size_t)(newline - *at)) != PAT_OK ||
        pat_text_number(digits, 0, 9999, &number) != PAT_OK)
        return PAT_ERR_SYNTAX;
    *at = newline + 1;
    *ret = (size_t)number;
    return PAT_OK;
}

static enum pat_err
take_line(enum line line, const char *text, size_t len, struct pat_request *ret)
{
    if (len > PAT_AUTHDAEMON_FIELD_MAX)
        return PAT_ERR_RANGE;
    switch (line) {
    case SERVICE:
        return pat_text_copy(ret->service, sizeof ret->service, text, len);
    case TYPE:
        return len == 5 && memcmp(text, "login", len) == 0 ? PAT_OK : PAT_ERR_SYNTAX;
    case USER:
        ret->has_login = true;
        return pat_text_copy(ret->login, sizeof ret->login, text, len);
    case PASSWORD:
        return pat_secret_set(&ret->token, text, len);
    }
    return PAT_ERR_INTERNAL;
}

/* SECURITY: exactly four lines, or a newline that somebody typed would begin another field. */
static enum pat_err
take_body(const char *at, size_t len, struct pat_request *ret)
{
    const char *end = at + len;
    enum pat_err err = PAT_OK;

    for (enum line line = SERVICE; err == PAT_OK && line < LINES; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        if (newline == NULL)
            return PAT_ERR_RANGE;
        err = take_line(line, at, (size_t)(newline - at), ret);
        at = newline + 1;
    }
    return err == PAT_OK && at != end ? PAT_ERR_RANGE : err;
}

static enum pat_err
take_request(const char *at, const char *end, struct pat_request *ret)
{
    size_t length = 0;
    enum pat_err err = take_length(&at, end, &length);

    if (err != PAT_OK)
        return err;
    if (length > BODY_MAX)
        return PAT_ERR_RANGE;
    if ((size_t)(end - at) < length)
        return PAT_ERR_BUSY;
    err = take_body(at, length, ret);
    at += length;
    if (err == PAT_OK && at != end && (end - at != 1 || *at != '\n'))
        return PAT_ERR_SYNTAX;
    return err;
}

enum pat_err
pat_authdaemon_get_request(const void *bytes, size_t len, struct pat_request *ret)
{
    const char *at = bytes;
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    err = take_request(at, at + len, ret);
    if (err != PAT_OK)
        pat_secret_wipe(ret, sizeof *ret);
    return err;
}

static size_t
put(unsigned char *ret, const char *text)
{
    size_t len = strlen(text);

    memcpy(ret, text, len);
    return len;
}

size_t
pat_authdaemon_put_answer(const struct pat_answer *answer, unsigned char *ret)
{
    switch (answer->class) {
    case PAT_CLASS_ACCEPTED:
        return put(ret, ".\n");
    case PAT_CLASS_OTHER:
    case PAT_CLASS_REFUSED:
        return put(ret, "FAIL\n");
    case PAT_CLASS_UNAVAILABLE:
    case PAT_CLASS_NOT_PERMITTED:
        break;
    }
    return 0;
}
