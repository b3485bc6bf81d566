/* SPDX-License-Identifier: BSD-2-Clause */
/* Cards are 80 columns wide at most, also on wider terminals: eyes lose the line else. */
#include <stdio.h>
#include <string.h>

#include "admin/out/card.h"

#define LABEL_WIDTH 13
#define VALUE_WIDTH 28
#define SECOND_LABEL_WIDTH 9
#define CARD_WIDTH 80
#define LINE_MAX_BYTES 2048

static size_t
card_width(const struct out *out)
{
    return out_columns(out) < CARD_WIDTH && out_is_terminal(out) ? out_columns(out) : CARD_WIDTH;
}

/* How many bytes of a text go on one line: up to a blank or behind a comma, if there is one. */
static size_t
line_len(const char *text, size_t width)
{
    size_t best = 0, len = 0;
    char head[LINE_MAX_BYTES];

    if (out_width(text) <= width)
        return strlen(text);
    while (text[len] != '\0' && len + 1 < sizeof head) {
        size_t next = len + 1;

        while (((unsigned char)text[next] & 0xc0) == 0x80)
            next++;
        snprintf(head, sizeof head, "%.*s", (int)next, text);
        if (out_width(head) > width)
            break;
        len = next;
        if (text[len] == ' ' || text[len - 1] == ',')
            best = len;
    }
    return best > 0 ? best : len > 0 ? len : 1;
}

/* In a pipe nobody counts columns. */
void
card_line(struct out *out, const char *label, const char *value)
{
    size_t room = card_width(out) - LABEL_WIDTH - 2;

    while (value[0] != '\0') {
        size_t len = out_is_terminal(out) ? line_len(value, room) : strlen(value);
        char part[LINE_MAX_BYTES], safe[4 * LINE_MAX_BYTES];

        snprintf(part, sizeof part, "%.*s", (int)len, value);
        out_put(out, part, out_width(part), safe, sizeof safe);
        out_line(out, "  %-*s%s", LABEL_WIDTH, label, safe);
        value += len;
        value += strspn(value, " ");
        label = "";
    }
}

void
card_pair(struct out *out, const char *label, const char *value, const char *second_label,
          const char *second_value)
{
    size_t second = card_width(out) - LABEL_WIDTH - VALUE_WIDTH - SECOND_LABEL_WIDTH - 4;
    char cell[LINE_MAX_BYTES];

    if (second_label == NULL || out_width(value) > VALUE_WIDTH ||
        (out_is_terminal(out) && out_width(second_value) > second)) {
        card_line(out, label, value);
        if (second_label != NULL)
            card_line(out, second_label, second_value);
        return;
    }
    out_put(out, value, VALUE_WIDTH, cell, sizeof cell);
    out_line(out, "  %-*s%s  %-*s%s", LABEL_WIDTH, label, cell, SECOND_LABEL_WIDTH, second_label,
             second_value);
}

void
card_title(struct out *out, const char *title, const char *state)
{
    char cell[LINE_MAX_BYTES];
    size_t room = card_width(out) - out_width(state) - 2;

    if (!out_is_terminal(out) && out_width(title) + 2 > room)
        room = out_width(title) + 2;
    out_put(out, title, room - 2, cell, sizeof cell);
    out_line(out, "%s  %s %s", cell, out_symbol(out, OUT_DOT), state);
}
