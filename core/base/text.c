/* SPDX-License-Identifier: BSD-2-Clause */
/* Small judgements about text. Nothing here allocates or depends on the locale. */
#include <string.h>

#include "core/base/text.h"

enum pat_err
pat_text_copy(char *ret, size_t size, const char *text, size_t len)
{
    ret[0] = '\0';
    if (len >= size)
        return PAT_ERR_RANGE;
    if (memchr(text, '\0', len) != NULL)
        return PAT_ERR_SYNTAX;
    memcpy(ret, text, len);
    ret[len] = '\0';
    return PAT_OK;
}

enum pat_err
pat_text_set(char *ret, size_t size, const char *text)
{
    return pat_text_copy(ret, size, text, strlen(text));
}

void
pat_text_clip(char *ret, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);

    memcpy(ret, text, len);
    ret[len] = '\0';
}

bool
pat_text_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

const char *
pat_text_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static char
fold(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

void
pat_text_fold(char *text)
{
    for (; *text != '\0'; text++)
        *text = fold(*text);
}

/* Behind the character of UTF-8 that text, which is not empty, begins with. */
static const char *
behind_character(const char *text)
{
    for (text++; ((unsigned char)*text & 0xc0) == 0x80; text++)
        continue;
    return text;
}

bool
pat_text_glob(const char *glob, const char *text)
{
    const char *star = NULL, *from = text; /* behind the last '*', and what it leaves to the rest */

    while (*glob == '*' || *text != '\0') {
        if (*glob == '*') {
            star = ++glob;
            from = text;
        } else if (*glob == '?') {
            glob++;
            text = behind_character(text);
        } else if (fold(*glob) == fold(*text)) { /* text is not at its end */
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star;
            text = from = behind_character(from);
        } else {
            return false;
        }
    }
    return *glob == '\0';
}

enum pat_err
pat_text_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    int64_t value = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return PAT_ERR_SYNTAX;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return PAT_ERR_SYNTAX;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return PAT_ERR_RANGE;
    }
    if (value < min || value > max)
        return PAT_ERR_RANGE;
    *ret = value;
    return PAT_OK;
}

/* Decodes one code point and moves *at behind it; PAT_ERR_SYNTAX for anything RFC 3629 bars. */
static enum pat_err
next_point(const unsigned char **at, uint32_t *ret)
{
    static const uint32_t smallest[4] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = *at;
    uint32_t point = *byte;
    int more = 0;

    if (point >= 0xf0 && point < 0xf8) {
        more = 3;
        point &= 0x07;
    } else if (point >= 0xe0 && point < 0xf0) {
        more = 2;
        point &= 0x0f;
    } else if (point >= 0xc0 && point < 0xe0) {
        more = 1;
        point &= 0x1f;
    } else if (point >= 0x80) {
        return PAT_ERR_SYNTAX;
    }
    for (int i = 1; i <= more; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return PAT_ERR_SYNTAX;
        point = point << 6 | (byte[i] & 0x3fU);
    }
    if (point < smallest[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return PAT_ERR_SYNTAX;
    *at = byte + 1 + more;
    *ret = point;
    return PAT_OK;
}

static bool
point_is_barred(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } barred[] = {
        {0x0000, 0x001f},   /* C0 controls */
        {0x007f, 0x009f},   /* DEL and C1 controls */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x200e, 0x200f},   /* left-to-right and right-to-left marks */
        {0x2028, 0x202e},   /* separators, embeddings and overrides */
        {0x2066, 0x2069},   /* isolates */
        {0xfdd0, 0xfdef},   /* non-characters */
        {0xfff9, 0xfffb},   /* interlinear annotation */
        {0xe0000, 0xe007f}, /* invisible tags */
    };

    for (size_t i = 0; i < sizeof barred / sizeof barred[0]; i++)
        if (point >= barred[i].first && point <= barred[i].last)
            return true;
    return (point & 0xfffe) == 0xfffe;
}

enum pat_err
pat_text_points(const char *text, size_t *ret_points)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t points = 0;
    uint32_t point;

    for (; *at != '\0'; points++) {
        if (next_point(&at, &point) != PAT_OK || point_is_barred(point))
            return PAT_ERR_SYNTAX;
    }
    *ret_points = points;
    return PAT_OK;
}

size_t
pat_text_word(const char **at, const char **ret_word)
{
    const char *word = *at + strspn(*at, " \t,");
    size_t len = strcspn(word, " \t,");

    *at = word + len;
    *ret_word = word;
    return len;
}
