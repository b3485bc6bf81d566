/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables as people read them. They are libsmartcols': it lines columns up, and makes control
 * characters harmless. What does not fit the terminal is cut here, with a mark that it was.
 */
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/out/out_internal.h"
#include "core/base/text.h"

#define ROWS_A_TABLE 1000
#define COLUMN_MIN 5 /* no column that gives way gets narrower */

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

/* --- rows --- */

void
out_text_begin(struct out *out)
{
    scols_init_debug(0);
    out->marks = json_array();
    out->table = scols_new_table();
    if (out->table == NULL)
        return;
    scols_table_enable_noheadings(out->table, out->patctl->globals.no_legend ||
                                                  out->patctl->globals.plain || out->row_count > 1);
    scols_table_enable_raw(out->table, out->patctl->globals.plain ? 1 : 0);
    scols_table_enable_nowrap(out->table, 0);
    /* It would cut without a mark. */
    scols_table_set_termforce(out->table, SCOLS_TERMFORCE_NEVER);
    scols_table_enable_colors(out->table, out->color ? 1 : 0);
    for (size_t i = 0; i < out->column_count; i++)
        scols_table_new_column(out->table, out->columns[i]->heading, 1.0,
                               out->columns[i]->type == OUT_NUMBER ? SCOLS_FL_RIGHT : 0);
}

void
out_text_row(struct out *out, json_t *row)
{
    char value[OUT_VALUE_MAX];
    struct libscols_line *line;

    if (out->row_count % ROWS_A_TABLE == 1 && out->table != NULL)
        out_text_end(out); /* long lists are printed in pieces */
    if (out->table == NULL)
        out_text_begin(out);
    line = out->table == NULL ? NULL : scols_table_new_line(out->table, NULL);
    if (line == NULL)
        return;
    if (out->heading[0] != '\0')
        json_array_append_new(
            out->marks,
            json_pack("[I, s]", (json_int_t)scols_table_get_nlines(out->table) - 1, out->heading));
    out->heading[0] = '\0';
    for (size_t i = 0; i < out->column_count; i++) {
        const char *color;

        out_value(out, out->columns[i], row, value, sizeof value);
        scols_line_set_data(line, i, value);
        color = out->columns[i]->type == OUT_STATE ? state_color(value) : NULL;
        if (color != NULL && out->color)
            scols_cell_set_color(scols_line_get_cell(line, i), color);
    }
}

/* --- fitting --- */

static bool
gives_way(const struct out_field *field)
{
    return field->type == OUT_TEXT || field->type == OUT_WORDS || field->type == OUT_FIELDS;
}

static const char *
cell_text(const struct out *out, size_t row, size_t column)
{
    const char *text = scols_cell_get_data(
        scols_line_get_cell(scols_table_get_line(out->table, row), column));

    return text == NULL ? "" : text;
}

static void
measure(const struct out *out, size_t *widths)
{
    for (size_t i = 0; i < out->column_count; i++)
        widths[i] = out->widths[i] > 0 ? out->widths[i] : out_width(out->columns[i]->heading);
    for (size_t row = 0; row < scols_table_get_nlines(out->table); row++)
        for (size_t i = 0; i < out->column_count; i++) {
            size_t width = out_width(cell_text(out, row, i));

            widths[i] = width > widths[i] ? width : widths[i];
        }
}

/* Takes from the widest that gives way, until all fit or none can give more. */
static bool
shrink(const struct out *out, size_t *widths)
{
    size_t total = out->column_count, excess;
    bool shrunk = false;

    for (size_t i = 0; i < out->column_count; i++)
        total += widths[i];
    total--; /* blanks stand between columns only */
    for (excess = total > out->width ? total - out->width : 0; excess > 0; excess--) {
        size_t widest = out->column_count;

        for (size_t i = 0; i < out->column_count; i++)
            if (gives_way(out->columns[i]) && widths[i] > COLUMN_MIN &&
                (widest == out->column_count || widths[i] > widths[widest]))
                widest = i;
        if (widest == out->column_count)
            break;
        widths[widest]--;
        shrunk = true;
    }
    return shrunk;
}

static void
cut_cell(const struct out *out, size_t row, size_t column, size_t width)
{
    struct libscols_cell *cell = scols_line_get_cell(scols_table_get_line(out->table, row), column);
    char text[OUT_VALUE_MAX];

    if (out_width(cell_text(out, row, column)) <= width)
        return;
    out_cut(out, cell_text(out, row, column), width, text, sizeof text);
    scols_cell_set_data(cell, text);
}

static void
cut_column(const struct out *out, size_t column, size_t width)
{
    struct libscols_cell *heading = scols_column_get_header(
        scols_table_get_column(out->table, column));
    char text[OUT_VALUE_MAX];

    out_cut(out, out->columns[column]->heading, width, text, sizeof text);
    scols_cell_set_data(heading, text);
    for (size_t row = 0; row < scols_table_get_nlines(out->table); row++)
        cut_cell(out, row, column, width);
}

/* What follows in another piece of the same list stands in columns as wide. */
static void
fit(struct out *out)
{
    bool shrunk;

    if (out->patctl->globals.plain || out->column_count == 0)
        return;
    measure(out, out->widths);
    shrunk = out->tty && shrink(out, out->widths);
    for (size_t i = 0; i < out->column_count; i++) {
        scols_column_set_whint(scols_table_get_column(out->table, i), (double)out->widths[i]);
        if (shrunk)
            cut_column(out, i, out->widths[i]);
    }
}

/* --- printing --- */

/* The lines from one on, up to a mark. */
static void
print_part(const struct out *out, size_t from, size_t to)
{
    struct libscols_line *last;

    if (from >= to)
        return;
    last = scols_table_get_line(out->table, to - 1);
    scols_table_print_range(out->table, scols_table_get_line(out->table, from), last);
    putchar('\n'); /* ends the last line of the table, and stands between parts */
}

static void
print_in_parts(struct out *out)
{
    size_t index, from = 0;
    json_t *mark;

    json_array_foreach(out->marks, index, mark)
    {
        size_t at = (size_t)json_integer_value(json_array_get(mark, 0));

        print_part(out, from, at);
        out_say(out, "%s", json_string_value(json_array_get(mark, 1)));
        from = at;
    }
    print_part(out, from, scols_table_get_nlines(out->table));
}

void
out_text_end(struct out *out)
{
    if (out->table == NULL)
        return;
    fit(out);
    if (json_array_size(out->marks) > 0)
        print_in_parts(out);
    else
        scols_print_table(out->table);
    scols_unref_table(out->table);
    out->table = NULL;
    json_decref(out->marks);
    out->marks = NULL;
}
