/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values, tables and cards as people read them. Tables are libsmartcols': it knows how wide
 * characters are and makes control characters harmless.
 */
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/out_internal.h"
#include "admin/out_time.h"
#include "core/base/text.h"

#define ROWS_A_TABLE 1000
#define LABEL_WIDTH 13

/* --- values --- */

static void
put_words(json_t *array, char *ret, size_t size)
{
    size_t index, used = 0;
    json_t *word;

    ret[0] = '\0';
    json_array_foreach(array, index, word)
    {
        int len = snprintf(ret + used, size - used, "%s%s", index == 0 ? "" : ",",
                           json_string_value(word) == NULL ? "" : json_string_value(word));

        used = len < 0 || (size_t)len >= size - used ? size - 1 : used + (size_t)len;
    }
}

static void
put_fields(json_t *object, char *ret, size_t size)
{
    size_t used = 0;
    const char *key;
    json_t *value;

    ret[0] = '\0';
    json_object_foreach(object, key, value)
    {
        int len = snprintf(ret + used, size - used, "%s%s=%s", used == 0 ? "" : " ", key,
                           json_string_value(value) == NULL ? "" : json_string_value(value));

        used = len < 0 || (size_t)len >= size - used ? size - 1 : used + (size_t)len;
    }
}

void
out_value(const struct out *out, const struct out_field *field, json_t *object, char *ret,
          size_t size)
{
    json_t *value = json_object_get(object, field->member);

    ret[0] = '\0';
    if (value != NULL && !json_is_null(value)) {
        switch (field->type) {
        case OUT_TEXT:
        case OUT_WORD:
        case OUT_STATE:
            pat_text_clip(ret, size, json_string_value(value));
            break;
        case OUT_MASKED:
            snprintf(ret, size, "%s%s", json_string_value(value), out_symbol(out, OUT_MORE));
            break;
        case OUT_WORDS:
            put_words(value, ret, size);
            break;
        case OUT_NUMBER:
            snprintf(ret, size, "%lld", (long long)json_integer_value(value));
            break;
        case OUT_FLAG:
            pat_text_clip(ret, size, json_is_true(value) ? "yes" : "no");
            break;
        case OUT_TIME:
            out_time(out, json_integer_value(value), ret, size);
            break;
        case OUT_SPAN:
            out_time_span(json_integer_value(value), ret, size);
            break;
        case OUT_FIELDS:
            put_fields(value, ret, size);
            break;
        }
    }
    if (ret[0] == '\0')
        pat_text_clip(ret, size, field->none == NULL ? out_symbol(out, OUT_DASH) : field->none);
}

/* --- colour: a second channel only; the word is always there --- */

static const char *
state_color(const char *state)
{
    static const char *const colors[][2] = {
        {"active", "\033[32m"},    {"expiring", "\033[33m"}, {"pending", "\033[33m"},
        {"suspended", "\033[33m"}, {"expired", "\033[31m"},  {"revoked", "\033[31m"},
    };

    for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++)
        if (pat_text_equal(colors[i][0], state))
            return colors[i][1];
    return NULL;
}

/* --- tables --- */

void
out_text_begin(struct out *out)
{
    bool tty = isatty(STDOUT_FILENO) != 0;

    scols_init_debug(0);
    out->table = scols_new_table();
    if (out->table == NULL)
        return;
    scols_table_enable_noheadings(out->table, out->patctl->globals.no_legend ||
                                                  out->patctl->globals.plain ||
                                                  out->row_count > ROWS_A_TABLE);
    scols_table_enable_raw(out->table, out->patctl->globals.plain ? 1 : 0);
    scols_table_enable_nowrap(out->table, 0);
    scols_table_set_termforce(out->table, tty ? SCOLS_TERMFORCE_AUTO : SCOLS_TERMFORCE_NEVER);
    scols_table_enable_colors(out->table, out->color ? 1 : 0);
    for (size_t i = 0; i < out->column_count; i++) {
        const struct out_field *field = out->columns[i];
        bool gives_way = field->type == OUT_TEXT || field->type == OUT_WORDS ||
                         field->type == OUT_FIELDS;

        scols_table_new_column(out->table, field->heading, gives_way && tty ? 0.1 : 1.0,
                               (field->type == OUT_NUMBER ? SCOLS_FL_RIGHT : 0) |
                                   (gives_way && tty ? SCOLS_FL_TRUNC : 0));
    }
}

void
out_text_row(struct out *out, json_t *row)
{
    char value[OUT_VALUE_MAX];
    struct libscols_line *line;

    if (out->row_count % ROWS_A_TABLE == 1) { /* long lists are printed in pieces */
        if (out->table != NULL)
            out_text_end(out);
        out_text_begin(out);
    }
    line = out->table == NULL ? NULL : scols_table_new_line(out->table, NULL);
    if (line == NULL)
        return;
    for (size_t i = 0; i < out->column_count; i++) {
        const char *color;

        out_value(out, out->columns[i], row, value, sizeof value);
        scols_line_set_data(line, i, value);
        color = out->columns[i]->type == OUT_STATE ? state_color(value) : NULL;
        if (color != NULL && out->color)
            scols_cell_set_color(scols_line_get_cell(line, i), color);
    }
}

void
out_text_end(struct out *out)
{
    if (out->table == NULL)
        return;
    scols_print_table(out->table);
    scols_unref_table(out->table);
    out->table = NULL;
}

/* --- cards --- */

static bool
is_empty(json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* A card has room for both: the date, and how far away it is. */
static void
card_value(const struct out *out, const struct out_field *field, json_t *object, char *ret,
           size_t size)
{
    json_t *value = json_object_get(object, field->member);
    char relative[64];
    size_t used;

    if (field->type != OUT_TIME || !json_is_integer(value) ||
        out->patctl->globals.time != TIME_RELATIVE) {
        out_value(out, field, object, ret, size);
        return;
    }
    out_date(out, json_integer_value(value), ret, size);
    out_time(out, json_integer_value(value), relative, sizeof relative);
    used = strlen(ret);
    snprintf(ret + used, size - used, " (%s)", relative);
}

void
out_text_card(struct out *out, const struct out_field *fields, json_t *object)
{
    char value[OUT_VALUE_MAX];

    for (; fields->name != NULL; fields++) {
        if (fields->show == OUT_ASKED ||
            (fields->show == OUT_WIDE && is_empty(json_object_get(object, fields->member))))
            continue;
        card_value(out, fields, object, value, sizeof value);
        printf("  %-*s%s\n", LABEL_WIDTH, fields->heading, value);
    }
}
