/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grammars of the mechanisms. Lengths are bounded before anything is copied, nothing is
 * repaired, and what is not understood is refused.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "core/base/secret.h"
#include "core/base/text.h"
#include "sasl_pat/message.h"

/* A part of a message; it does not end with a NUL. */
struct part {
    const char *at;
    size_t len;
};

/* Takes everything before the separator and the separator; false when there is none. */
static bool
take_until(struct part *rest, char separator, struct part *ret)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);

    if (end == NULL)
        return false;
    *ret = (struct part){.at = rest->at, .len = (size_t)(end - rest->at)};
    rest->len -= ret->len + 1;
    rest->at = end + 1;
    return true;
}

static bool
take_text(struct part *rest, const char *text)
{
    size_t len = strlen(text);

    if (rest->len < len || strncasecmp(rest->at, text, len) != 0)
        return false;
    rest->at += len;
    rest->len -= len;
    return true;
}

static enum pat_err
take_secret(const struct part *part, struct pat_message *ret)
{
    enum pat_err err = pat_text_copy(ret->secret, sizeof ret->secret, part->at, part->len);

    ret->secret_len = err == PAT_OK ? part->len : 0;
    return err;
}

static enum pat_err
finish(enum pat_err err, struct pat_message *ret)
{
    if (err != PAT_OK)
        pat_secret_wipe(ret, sizeof *ret);
    return err;
}

/* --- bearer --- */

/* RFC 5801, section 4: "=2C" is a comma, "=3D" an equals sign, and no other "=" is legal. */
static enum pat_err
read_saslname(const struct part *part, char *ret, size_t size)
{
    size_t len = 0;

    if (part->len == 0)
        return PAT_ERR_SYNTAX;
    for (size_t i = 0; i < part->len; i++) {
        char c = part->at[i];

        if (c == '=') {
            if (part->len - i < 3 ||
                (memcmp(part->at + i, "=2C", 3) != 0 && memcmp(part->at + i, "=3D", 3) != 0))
                return PAT_ERR_SYNTAX;
            c = part->at[i + 1] == '2' ? ',' : '=';
            i += 2;
        }
        if (c == '\0')
            return PAT_ERR_SYNTAX;
        if (len + 1 >= size)
            return PAT_ERR_RANGE;
        ret[len++] = c;
    }
    ret[len] = '\0';
    return PAT_OK;
}

/* "n," or "y,", an authorization identity perhaps, ",". Channel binding ("p=") is not ours. */
static enum pat_err
read_header(struct part *rest, struct pat_message *ret)
{
    struct part flag, name;

    if (!take_until(rest, ',', &flag) || flag.len != 1 || strchr("ny", flag.at[0]) == NULL ||
        flag.at[0] == '\0' || !take_until(rest, ',', &name))
        return PAT_ERR_SYNTAX;
    if (name.len == 0)
        return PAT_OK;
    if (name.len < 2 || memcmp(name.at, "a=", 2) != 0)
        return PAT_ERR_SYNTAX;
    name.at += 2;
    name.len -= 2;
    return read_saslname(&name, ret->requested, sizeof ret->requested);
}

/* RFC 7628: a key is letters, a value is what is visible, white space and line ends. */
static bool
is_value(const struct part *value)
{
    for (size_t i = 0; i < value->len; i++) {
        unsigned char c = (unsigned char)value->at[i];

        if (c > 0x7e || (c < 0x20 && strchr("\t\r\n", c) == NULL) || c == '\0')
            return false;
    }
    return true;
}

static enum pat_err
read_bearer(struct part value, struct pat_message *ret)
{
    if (ret->secret_len != 0 || !is_value(&value) || !take_text(&value, "Bearer "))
        return PAT_ERR_SYNTAX;
    while (value.len > 0 && value.at[0] == ' ')
        value = (struct part){.at = value.at + 1, .len = value.len - 1};
    return value.len == 0 ? PAT_ERR_SYNTAX : take_secret(&value, ret);
}

/* The keys behind a gs2 header: each ends with a 0x01, and one more ends them all. */
static enum pat_err
read_keys(struct part *rest, struct pat_message *ret)
{
    struct part pair = {.len = 1}, key;
    enum pat_err err = PAT_OK;

    while (err == PAT_OK && take_until(rest, '\001', &pair) && pair.len > 0) {
        if (!take_until(&pair, '=', &key) || key.len == 0)
            return PAT_ERR_SYNTAX;
        for (size_t i = 0; i < key.len; i++)
            if ((key.at[i] | 0x20) < 'a' || (key.at[i] | 0x20) > 'z')
                return PAT_ERR_SYNTAX;
        if (key.len == 4 && strncasecmp(key.at, "auth", 4) == 0)
            err = read_bearer(pair, ret);
        else if (!is_value(&pair))
            return PAT_ERR_SYNTAX;
    }
    if (err != PAT_OK)
        return err;
    return rest->len == 0 && pair.len == 0 && ret->secret_len != 0 ? PAT_OK : PAT_ERR_SYNTAX;
}

enum pat_err
pat_message_oauthbearer(const char *bytes, size_t len, struct pat_message *ret)
{
    struct part rest = {.at = bytes, .len = len}, nothing;
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    if (len > PAT_MESSAGE_MAX)
        return PAT_ERR_RANGE;
    err = read_header(&rest, ret);
    if (err == PAT_OK && (!take_until(&rest, '\001', &nothing) || nothing.len != 0))
        err = PAT_ERR_SYNTAX;
    if (err == PAT_OK)
        err = read_keys(&rest, ret);
    return finish(err, ret);
}

enum pat_err
pat_message_xoauth2(const char *bytes, size_t len, struct pat_message *ret)
{
    struct part rest = {.at = bytes, .len = len}, name, auth;
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    if (len > PAT_MESSAGE_MAX)
        return PAT_ERR_RANGE;
    if (!take_text(&rest, "user=") || !take_until(&rest, '\001', &name) || name.len == 0 ||
        !take_text(&rest, "auth=") || !take_until(&rest, '\001', &auth) || rest.len != 1 ||
        rest.at[0] != '\001')
        return PAT_ERR_SYNTAX;
    err = pat_text_copy(ret->requested, sizeof ret->requested, name.at, name.len);
    if (err == PAT_OK)
        err = read_bearer(auth, ret);
    return finish(err, ret);
}

/* --- names and passwords --- */

enum pat_err
pat_message_plain(const char *bytes, size_t len, struct pat_message *ret)
{
    struct part rest = {.at = bytes, .len = len}, requested, login;
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    if (len > PAT_MESSAGE_MAX)
        return PAT_ERR_RANGE;
    if (!take_until(&rest, '\0', &requested) || !take_until(&rest, '\0', &login) ||
        login.len == 0 || rest.len == 0)
        return PAT_ERR_SYNTAX;
    err = pat_text_copy(ret->requested, sizeof ret->requested, requested.at, requested.len);
    if (err == PAT_OK)
        err = pat_text_copy(ret->login, sizeof ret->login, login.at, login.len);
    if (err == PAT_OK)
        err = take_secret(&rest, ret);
    return finish(err, ret);
}

enum pat_err
pat_message_login_name(const char *bytes, size_t len, struct pat_message *ret)
{
    memset(ret, 0, sizeof *ret);
    return len == 0 ? PAT_ERR_SYNTAX : pat_text_copy(ret->login, sizeof ret->login, bytes, len);
}

enum pat_err
pat_message_login_secret(const char *bytes, size_t len, struct pat_message *ret)
{
    const struct part whole = {.at = bytes, .len = len};

    if (len == 0 || len > PAT_MESSAGE_MAX)
        return finish(len == 0 ? PAT_ERR_SYNTAX : PAT_ERR_RANGE, ret);
    return finish(take_secret(&whole, ret), ret);
}
