/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer's front: text or JSON, and what both need to know of the terminal. */
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "admin/out/out_internal.h"
#include "core/base/text.h"

static bool
wants_color(const struct globals *globals)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    const char *force = getenv("CLICOLOR_FORCE");

    if (globals->color != NULL && pat_text_equal(globals->color, "always"))
        return true;
    if (globals->color != NULL && pat_text_equal(globals->color, "never"))
        return false;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    if (force != NULL && force[0] != '\0' && !pat_text_equal(force, "0"))
        return true;
    return isatty(STDOUT_FILENO) && term != NULL && !pat_text_equal(term, "dumb");
}

/* --- the terminal --- */

static size_t
terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int64_t width;

    if (columns != NULL && pat_text_number(columns, 1, 10000, &width) == PAT_OK)
        return (size_t)width;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

size_t
out_columns(const struct out *out)
{
    return out->width;
}

/* In a pipe nobody counts columns. */
bool
out_is_wide(const struct out *out)
{
    return !out->tty || out->width >= 100;
}

bool
out_is_terminal(const struct out *out)
{
    return out->tty;
}

bool
out_is_utf8(const struct out *out)
{
    return out->utf8;
}

struct out *
out_new(const struct patctl *patctl, int64_t now)
{
    struct out *out = calloc(1, sizeof *out);

    if (out == NULL)
        return NULL;
    out->patctl = patctl;
    out->now = now;
    out->utf8 = !patctl->globals.plain && pat_text_equal(nl_langinfo(CODESET), "UTF-8");
    out->color = wants_color(&patctl->globals);
    out->tty = isatty(STDOUT_FILENO) != 0;
    out->width = terminal_width();
    return out;
}

void
out_free(struct out *out)
{
    free(out);
}

bool
out_is_json(const struct out *out)
{
    return out->patctl->globals.json || out->patctl->globals.jsonl;
}

/* --- tables --- */

static void
choose_columns(struct out *out, bool wide)
{
    out->column_count = 0;
    for (const struct out_field *field = out->fields; field->name != NULL; field++)
        if (field->show == OUT_ALWAYS || (field->show == OUT_WIDE && wide))
            out->columns[out->column_count++] = field;
}

void
out_table_begin(struct out *out, const char *name, const struct out_field *fields)
{
    out->name = name;
    out->fields = fields;
    out->row_count = 0;
    out->rows = NULL;
    out->heading[0] = '\0';
    memset(out->widths, 0, sizeof out->widths);
    choose_columns(out, out_is_wide(out));
    if (out_is_json(out) && !out->patctl->globals.jsonl)
        out->rows = json_array();
}

const struct out_field *
out_field(const struct out_field *fields, const char *name, size_t len)
{
    for (; fields->name != NULL; fields++)
        if (strlen(fields->name) == len && strncmp(fields->name, name, len) == 0)
            return fields;
    return NULL;
}

void
out_table_columns(struct out *out, const char *columns)
{
    const char *word;
    size_t len;

    if (columns == NULL)
        return;
    out->column_count = 0;
    while ((len = pat_text_word(&columns, &word)) != 0) {
        const struct out_field *field = out_field(out->fields, word, len);

        if (field != NULL && out->column_count < OUT_COLUMNS_MAX)
            out->columns[out->column_count++] = field;
    }
}

void
out_table_insert(struct out *out, const struct out_field *field)
{
    if (out->column_count == 0 || out->column_count == OUT_COLUMNS_MAX)
        return;
    out->columns[out->column_count] = out->columns[out->column_count - 1];
    out->columns[out->column_count++ - 1] = field;
}

void
out_table_row(struct out *out, json_t *row)
{
    out->row_count++;
    if (out->rows != NULL)
        json_array_append_new(out->rows, out_object(out, out->fields, row));
    else if (out_is_json(out))
        out_json(out, out_object(out, out->fields, row));
    else
        out_text_row(out, row);
}

void
out_table_heading(struct out *out, const char *format, ...)
{
    va_list args;

    if (out_is_json(out) || out->patctl->globals.no_legend || out->patctl->globals.plain)
        return;
    va_start(args, format);
    vsnprintf(out->heading, sizeof out->heading, format, args);
    va_end(args);
}

void
out_table_flush(struct out *out)
{
    if (!out_is_json(out))
        out_text_end(out);
    fflush(stdout);
}

void
out_table_end(struct out *out, json_t *extra)
{
    json_t *document;

    if (!out_is_json(out)) {
        out_text_end(out);
        return;
    }
    if (out->rows == NULL)
        return;
    document = json_pack("{s:i, s:o}", "v", 1, out->name, out->rows);
    if (extra != NULL)
        json_object_update(document, extra);
    out_json(out, document);
    out->rows = NULL;
}

void
out_card(struct out *out, const struct out_field *fields, json_t *object)
{
    if (out_is_json(out))
        out_json(out, out_object(out, fields, object));
    else
        out_text_card(out, fields, object);
}

/* --- JSON --- */

bool
out_is_picked(const struct out *out, const char *name)
{
    const char *fields = out->patctl->globals.json_fields;
    const char *word;
    size_t len;

    if (fields == NULL)
        return true;
    while ((len = pat_text_word(&fields, &word)) != 0)
        if (strlen(name) == len && strncmp(name, word, len) == 0)
            return true;
    return false;
}

json_t *
out_object(const struct out *out, const struct out_field *fields, json_t *object)
{
    json_t *result = json_pack("{s:i}", "v", 1);

    for (; fields->name != NULL; fields++)
        if (out_is_picked(out, fields->name))
            json_object_set_new(result, fields->name, out_json_value(fields, object));
    return result;
}

json_t *
out_part(const struct out_field *fields, json_t *object)
{
    json_t *result = json_object();

    for (; fields->name != NULL; fields++)
        json_object_set_new(result, fields->name, out_json_value(fields, object));
    return result;
}

void
out_json(struct out *out, json_t *document)
{
    if (out_is_json(out)) {
        json_dumpf(document, stdout, JSON_COMPACT);
        fputc('\n', stdout);
    }
    json_decref(document);
}

/* --- lines --- */

void
out_say(struct out *out, const char *format, ...)
{
    va_list args;

    if (out_is_json(out) || out->patctl->globals.quiet)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

void
out_line(struct out *out, const char *format, ...)
{
    va_list args;

    if (out_is_json(out))
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

const char *
out_color(const struct out *out, char sign)
{
    if (!out->color)
        return "";
    return sign == '+'   ? "\033[32m"
           : sign == '-' ? "\033[31m"
           : sign == '~' ? "\033[33m"
                         : "\033[0m";
}

void
out_change(struct out *out, char sign, const char *format, ...)
{
    va_list args;

    if (out_is_json(out))
        return;
    fputs(out_color(out, sign), stdout);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    puts(out_color(out, '.'));
}

const char *
out_symbol(const struct out *out, enum out_symbol symbol)
{
    static const char *const symbols[][2] = {
        [OUT_YES] = {"\u2713", "+"},  [OUT_NO] = {"\u2717", "x"},     [OUT_DOT] = {"\u25cf", "*"},
        [OUT_DASH] = {"\u2014", "-"}, [OUT_MORE] = {"\u2026", "..."}, [OUT_WARN] = {"\u25b2", "!"},
        [OUT_VOID] = {"\u2298", "0"}, [OUT_MIDDOT] = {"\u00b7", "-"},
    };

    return symbols[symbol][out->utf8 ? 0 : 1];
}

void
out_sparkline(const struct out *out, const int64_t *counts, size_t count, char *ret)
{
    static const char *const bars[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                       "\u2585", "\u2586", "\u2587", "\u2588"};
    int64_t largest = 1;

    ret[0] = '\0';
    if (!out->utf8)
        return;
    for (size_t i = 0; i < count; i++)
        largest = counts[i] > largest ? counts[i] : largest;
    for (size_t i = 0; i < count; i++) {
        int64_t height = (counts[i] * 7 + largest - 1) / largest;

        pat_text_clip(ret + strlen(ret), 4, bars[height]);
    }
}
