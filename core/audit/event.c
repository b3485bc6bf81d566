/* SPDX-License-Identifier: BSD-2-Clause */
/* The one escaper of the project, its reader, and the vocabulary. */
#include <string.h>
#include <strings.h>

#include "core/audit/event.h"
#include "core/base/secret.h"
#include "core/base/span.h"
#include "core/base/text.h"
#include "core/token/token.h"

static const struct event {
    const char *name;
    size_t len;
    bool narrows;
} events[] = {
#define EVENT(name, narrows, meaning) {name, sizeof(name) - 1, narrows},
#include "core/audit/keys.def"
};

static const char *const keys[] = {
#define KEY(name, meaning) name,
#include "core/audit/keys.def"
};

static bool
is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_./:@,+*%", c) != NULL);
}

static bool
stands_bare(const char *value)
{
    if (*value == '\0')
        return false;
    while (is_bare(*value))
        value++;
    return *value == '\0';
}

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* "u" is no digit of a token, but a slip for one: its neighbours are of the secret. */
static enum pat_shape
read_mistyped(const char *text, size_t body, size_t len, struct pat_token *ret)
{
    char copy[PAT_SECRET_MAX + 1];
    enum pat_shape shape = PAT_SHAPE_OTHER;

    if (pat_text_copy(copy, sizeof copy, text, len > PAT_SECRET_MAX ? PAT_SECRET_MAX : len) ==
        PAT_OK) {
        for (char *c = copy + body; *c != '\0'; c++)
            if (*c == 'u' || *c == 'U')
                *c = 'v';
        shape = pat_token_read(copy, strlen(copy), ret);
    }
    pat_secret_wipe(copy, sizeof copy);
    return shape;
}

/*
 * SECURITY: people type tokens where names and reasons belong; no line may carry one. If a token
 * begins at text, writes what may be shown of it and answers the length of the word that it stands
 * in; else 0. Whatever clings to a token goes with it: it may be the rest of another one.
 */
static size_t
token_at(const char *text, char masked[PAT_TOKEN_MASKED_MAX + 2])
{
    size_t len = strlen("pat_"), body;
    struct pat_token token;
    enum pat_shape shape;

    if ((*text != 'p' && *text != 'P') || strncasecmp(text, "pat_", len) != 0)
        return 0;
    len += strspn(text + len, ALPHANUMERIC);
    if (text[len] != '_' || len > strlen("pat_") + PAT_TENANT_MAX)
        return 0;
    body = len + 1;
    shape = read_mistyped(text, body, body + strspn(text + body, ALPHANUMERIC), &token);
    pat_text_clip(masked, PAT_TOKEN_MASKED_MAX + 2, "pat_");
    if (shape == PAT_SHAPE_TOKEN)
        pat_token_masked(token.tenant, token.id, masked);
    pat_text_clip(masked + strlen(masked), 2, "*");
    pat_token_clear(&token);
    return shape == PAT_SHAPE_OTHER ? 0 : strspn(text, ALPHANUMERIC "_");
}

bool
pat_event_holds_token(const char *text)
{
    char masked[PAT_TOKEN_MASKED_MAX + 2];

    for (; *text != '\0'; text++)
        if (token_at(text, masked) != 0)
            return true;
    return false;
}

static void
put_escaped(struct pat_writer *writer, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

    pat_span_put_bytes(writer, escape, sizeof escape);
}

static void
put_quoted(struct pat_writer *writer, const char *value)
{
    char masked[PAT_TOKEN_MASKED_MAX + 2];

    pat_span_put_u8(writer, '"');
    while (*value != '\0') {
        unsigned char byte = (unsigned char)*value;
        size_t token = token_at(value, masked);

        if (token != 0)
            pat_span_put_text(writer, masked);
        else if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
            put_escaped(writer, byte);
        else
            pat_span_put_u8(writer, byte);
        value += token == 0 ? 1 : token;
    }
    pat_span_put_u8(writer, '"');
}

/* All of a field or nothing of it. */
static void
put_field(struct pat_writer *writer, const struct pat_log_field *field)
{
    size_t before = writer->len;

    if (writer->len > 0)
        pat_span_put_u8(writer, ' ');
    pat_span_put_text(writer, field->key);
    pat_span_put_u8(writer, '=');
    if (stands_bare(field->value) && !pat_event_holds_token(field->value))
        pat_span_put_text(writer, field->value);
    else
        put_quoted(writer, field->value);
    if (writer->failed)
        writer->len = before;
}

enum pat_err
pat_event_write(char *ret, size_t size, const char *event, const struct pat_log_field *fields,
                size_t count)
{
    const struct pat_log_field first = {"event", event};
    struct pat_writer writer = pat_span_writer(ret, size - 1);

    if (event != NULL)
        put_field(&writer, &first);
    for (size_t i = 0; i < count && !writer.failed; i++)
        if (fields[i].value != NULL)
            put_field(&writer, &fields[i]);
    ret[writer.len] = '\0';
    return writer.failed ? PAT_ERR_RANGE : PAT_OK;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character within quotes; 0 at a wrong escape or the end. Moves *at. */
static int
read_quoted(const char **at)
{
    const char *text = *at;
    int high, low;

    if (*text != '\\') {
        *at = text + 1;
        return (unsigned char)*text;
    }
    if (text[1] != 'x' || (high = hex_value(text[2])) < 0 || (low = hex_value(text[3])) < 0)
        return 0;
    *at = text + 4;
    return high << 4 | low;
}

static enum pat_err
read_value(const char **at, char *ret, size_t size)
{
    bool quoted = **at == '"';
    size_t len = 0;

    *at += quoted;
    while (quoted ? **at != '"' : is_bare(**at)) {
        int c = quoted ? read_quoted(at) : (unsigned char)*(*at)++;

        if (c == 0)
            return PAT_ERR_SYNTAX;
        if (len + 1 >= size)
            return PAT_ERR_RANGE;
        ret[len++] = (char)c;
    }
    *at += quoted;
    ret[len] = '\0';
    return **at == ' ' || **at == '\0' ? PAT_OK : PAT_ERR_SYNTAX;
}

enum pat_err
pat_event_read(const char **at, char *ret_key, size_t key_size, char *ret_value, size_t value_size)
{
    const char *key = *at + strspn(*at, " ");
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz_");

    if (*key == '\0')
        return PAT_ERR_NOT_FOUND;
    if (len == 0 || key[len] != '=')
        return PAT_ERR_SYNTAX;
    if (pat_text_copy(ret_key, key_size, key, len) != PAT_OK)
        return PAT_ERR_RANGE;
    *at = key + len + 1;
    return read_value(at, ret_value, value_size);
}

/* A bulk change asks for each of its rows: lengths first. */
static const struct event *
find_event(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i].len == len && memcmp(events[i].name, name, len) == 0)
            return &events[i];
    return NULL;
}

bool
pat_event_known(const char *event)
{
    return find_event(event) != NULL;
}

bool
pat_event_narrows(const char *event)
{
    const struct event *found = find_event(event);

    return found != NULL && found->narrows;
}

bool
pat_event_key_known(const char *key)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (pat_text_equal(keys[i], key))
            return true;
    return false;
}
