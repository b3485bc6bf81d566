/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/audit/event.c. Any line may be read; what was written is printable, forges nothing, reads
 * back as it was, and never carries a token, wherever in a value somebody typed one.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/event.h"
#include "core/token/token.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS_MAX 4
#define VALUE_SIZE 1400
#define TOKEN_MIN 48
#define LINE_SIZE ((size_t)4 * FIELDS_MAX * VALUE_SIZE)
#define SECRETS_MAX 16

/* Of the tokens that were put into values. */
static char secrets[SECRETS_MAX][PAT_TOKEN_SECRET_LEN + 1];
static size_t secret_count;

struct field {
    char key[16];
    char value[VALUE_SIZE];
    char others[VALUE_SIZE]; /* the value, each token replaced */
};

/* Whether a well-formed token stands in the text, tried at every place and length. */
static bool
has_token(const char *text)
{
    size_t len = strlen(text);
    struct pat_token token;

    for (size_t i = 0; i + TOKEN_MIN <= len; i++)
        for (size_t n = TOKEN_MIN; text[i + 3] == '_' && n <= PAT_TOKEN_MAX && i + n <= len; n++)
            if (pat_token_read(text + i, n, &token) == PAT_SHAPE_TOKEN)
                return true;
    return false;
}

/* --- reading anything --- */

static void
read_anything(const uint8_t *bytes, size_t len)
{
    char *line = fuzz_string(bytes, len);
    const char *at = line;
    char key[16], value[64];

    while (pat_event_read(&at, key, sizeof key, value, sizeof value) == PAT_OK) {
        FUZZ_CHECK(at > line && at <= line + strlen(line));
        FUZZ_CHECK(key[0] != '\0' && strlen(key) < sizeof key && strlen(value) < sizeof value);
    }
    FUZZ_CHECK(!pat_event_narrows(line) || pat_event_known(line));
    FUZZ_CHECK(pat_event_holds_token(line) || !has_token(line));
    free(line);
}

/* --- writing --- */

static void
put_token(struct fuzz_input *input, char *ret, size_t size)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    struct pat_token token = {.tenant = "acme", .id = "3rjhkwz5"};
    char text[PAT_TOKEN_MAX + 1];

    for (size_t i = 0; i < PAT_TOKEN_SECRET_LEN; i++)
        token.secret[i] = digits[(fuzz_byte(input) + i) % 32];
    pat_token_write(&token, text);
    if (secret_count < SECRETS_MAX)
        memcpy(secrets[secret_count++], token.secret, sizeof token.secret);
    for (size_t i = 0; (fuzz_byte(input) & 1) != 0 && text[i] != '\0'; i++)
        text[i] = (char)toupper((unsigned char)text[i]);
    strncat(ret, text, size - strlen(ret) - 1);
}

static void
add(char value[VALUE_SIZE], const char *text)
{
    strncat(value, text, VALUE_SIZE - strlen(value) - 1);
}

/* Pieces of any bytes, with tokens between them; a long piece is one that repeats. */
static void
make_value(struct fuzz_input *input, struct field *ret)
{
    size_t pieces = fuzz_pick(input, 5);

    for (size_t i = 0; i < pieces; i++) {
        char piece[256];
        size_t times = 1;
        uint8_t kind = fuzz_byte(input);

        if (kind % 4 == 0) {
            put_token(input, ret->value, sizeof ret->value);
            add(ret->others, "*");
            continue;
        }
        fuzz_text(input, piece, sizeof piece);
        if (kind % 4 == 1)
            times += fuzz_byte(input);
        for (size_t n = 0; n < times; n++) {
            add(ret->value, piece);
            add(ret->others, piece);
        }
    }
}

static void
make_fields(struct fuzz_input *input, struct field *fields, size_t count)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";

    for (size_t i = 0; i < count; i++) {
        size_t len = 1 + fuzz_pick(input, sizeof fields[i].key - 2);

        memset(&fields[i], 0, sizeof fields[i]);
        for (size_t n = 0; n < len; n++)
            fields[i].key[n] = letters[fuzz_pick(input, sizeof letters - 1)];
        make_value(input, &fields[i]);
    }
}

/* The digits of a secret may also be there by themselves, or an escape's: then they are no token's.
 */
static void
check_printable(const char *line, const char *others)
{
    for (const char *at = line; *at != '\0'; at++)
        FUZZ_CHECK(*at >= 0x20 && *at <= 0x7e);
    FUZZ_CHECK_TEXT(!has_token(line), line);
    FUZZ_CHECK_TEXT(!pat_event_holds_token(line), line);
    for (size_t i = 0; i < secret_count; i++)
        FUZZ_CHECK_TEXT(
            strcasestr(line, secrets[i]) == NULL || strcasestr(others, secrets[i]) != NULL, line);
}

/* As many fields as the line has, in their order, with the values they were given. */
static size_t
check_fields(const char *line, const struct field *fields, size_t count)
{
    static char value[2 * VALUE_SIZE];
    char key[16];
    enum pat_err err;
    size_t read = 0;

    while ((err = pat_event_read(&line, key, sizeof key, value, sizeof value)) == PAT_OK) {
        FUZZ_CHECK(read < count && strcmp(key, fields[read].key) == 0);
        if (!pat_event_holds_token(fields[read].value))
            FUZZ_CHECK(strcmp(value, fields[read].value) == 0);
        read++;
    }
    FUZZ_CHECK(err == PAT_ERR_NOT_FOUND);
    return read;
}

/* The line that would be written if a * had been typed instead of each token. */
static const char *
write_others(const struct field *fields, size_t count)
{
    static char line[LINE_SIZE];
    struct pat_log_field given[FIELDS_MAX];

    for (size_t i = 0; i < count; i++)
        given[i] = (struct pat_log_field){fields[i].key, fields[i].others};
    FUZZ_CHECK(pat_event_write(line, sizeof line, NULL, given, count) == PAT_OK);
    return line;
}

static void
write_fields(struct fuzz_input *input)
{
    static struct field fields[FIELDS_MAX];
    static char line[LINE_SIZE];
    struct pat_log_field given[FIELDS_MAX];
    size_t count = 1 + fuzz_pick(input, FIELDS_MAX);
    size_t size = 1 + (size_t)fuzz_number(input, 2);
    enum pat_err err;
    size_t read;

    secret_count = 0;
    make_fields(input, fields, count);
    for (size_t i = 0; i < count; i++)
        given[i] = (struct pat_log_field){fields[i].key, fields[i].value};
    if (size > sizeof line)
        size = sizeof line;
    err = pat_event_write(line, size, NULL, given, count);
    FUZZ_CHECK(memchr(line, '\0', size) != NULL);
    check_printable(line, write_others(fields, count));
    read = check_fields(line, fields, count);
    FUZZ_CHECK(err == PAT_OK ? read == count : err == PAT_ERR_RANGE && read < count);
    FUZZ_CHECK(size < sizeof line || err == PAT_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fuzz_input input = fuzz_input(bytes, len);

    if (fuzz_byte(&input) == 'r')
        read_anything(input.at, input.left);
    else
        write_fields(&input);
    return 0;
}
