/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How wide text is on a terminal. What is not printable counts as it is shown, each byte as \xNN:
 * the same rule as libsmartcols', whose tables are measured here.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "admin/out/out_internal.h"
#include "core/base/text.h"

#define ESCAPE_WIDTH 4 /* of \xNN */
#define OUT_CUT_MAX 4096

/* One character: its bytes, and its columns; escaped when it cannot be shown. */
struct glyph {
    size_t bytes;
    size_t columns;
    bool escaped;
};

static struct glyph
next_glyph(const char *text)
{
    mbstate_t state = {0};
    struct glyph glyph = {.bytes = 1, .columns = ESCAPE_WIDTH, .escaped = true};
    wchar_t character;
    size_t len = mbrtowc(&character, text, strlen(text), &state);
    int width;

    if (len == (size_t)-1 || len == (size_t)-2 || len == 0)
        return glyph;
    glyph.bytes = len;
    glyph.columns = ESCAPE_WIDTH * len;
    width = wcwidth(character);
    if (!iswprint((wint_t)character) || width < 0 || (text[0] == '\\' && text[1] == 'x'))
        return glyph;
    glyph.columns = (size_t)width;
    glyph.escaped = false;
    return glyph;
}

size_t
out_width(const char *text)
{
    size_t columns = 0;

    while (*text != '\0') {
        struct glyph glyph = next_glyph(text);

        columns += glyph.columns;
        text += glyph.bytes;
    }
    return columns;
}

void
out_cut(const struct out *out, const char *text, size_t width, char *ret, size_t size)
{
    const char *mark = out_width(text) <= width ? "" : out_symbol(out, OUT_MORE);
    size_t room = out_width(mark) < width ? width - out_width(mark) : 0;
    size_t used = 0, at = 0;

    while (text[at] != '\0') {
        struct glyph glyph = next_glyph(text + at);

        if (mark[0] != '\0' && used + glyph.columns > room)
            break;
        used += glyph.columns;
        at += glyph.bytes;
    }
    snprintf(ret, size, "%.*s%s", (int)(at < size ? at : size), text, mark);
}

void
out_put(const struct out *out, const char *text, size_t width, char *ret, size_t size)
{
    char cut[OUT_CUT_MAX];
    const char *at = cut;
    size_t used = 0, columns = 0;

    out_cut(out, text, width, cut, sizeof cut);
    ret[0] = '\0';
    while (*at != '\0' && used + 5 * sizeof "\\xNN" < size) {
        struct glyph glyph = next_glyph(at);

        for (size_t i = 0; glyph.escaped && i < glyph.bytes; i++)
            used += (size_t)snprintf(ret + used, size - used, "\\x%02x", (unsigned char)at[i]);
        if (!glyph.escaped)
            used += (size_t)snprintf(ret + used, size - used, "%.*s", (int)glyph.bytes, at);
        columns += glyph.columns;
        at += glyph.bytes;
    }
    for (; columns < width && used + 1 < size; columns++)
        ret[used++] = ' ';
    ret[used] = '\0';
}
