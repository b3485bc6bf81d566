/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writer: commands hand over replies of patd and a list of fields, and text or JSON comes out,
 * from the same list. No command prints by itself.
 */
#ifndef ADMIN_OUT_OUT_H
#define ADMIN_OUT_OUT_H

#include <jansson.h>
#include <stdint.h>

#include "admin/patctl.h"

enum out_type {
    OUT_TEXT,
    OUT_WORD,  /* text that is never cut: an id, an event */
    OUT_WORDS, /* an array of strings */
    OUT_NUMBER,
    OUT_FLAG,
    OUT_TIME,   /* microseconds; null is "never" */
    OUT_SPAN,   /* microseconds */
    OUT_MASKED, /* the part of a token that may be shown */
    OUT_STATE,  /* of a token: coloured */
    OUT_FIELDS, /* an object of strings */
    OUT_BARS,   /* an array of counts, drawn */
};

/* Where a field is shown. Wide: in wide tables, and in cards when there is something to show. */
enum out_show { OUT_ALWAYS, OUT_WIDE, OUT_ASKED };

struct out_field {
    const char *member;  /* in patd's reply */
    const char *name;    /* in JSON, and for --columns */
    const char *heading; /* of a table; label of a card */
    enum out_type type;
    enum out_show show;
    const char *none; /* for null or nothing; NULL: a dash */
};

#define OUT_FIELDS_END                                                                             \
    {                                                                                              \
        NULL, NULL, NULL, OUT_TEXT, OUT_ALWAYS, NULL                                               \
    }

/* now (microseconds) is what relative times are told from. */
struct out *out_new(const struct patctl *patctl, int64_t now);
void out_free(struct out *out); /* may be NULL */

bool out_is_json(const struct out *out);

/*
 * A table, row by row. name is what the list is called in JSON: {"v":1,"tokens":[...]}; with
 * --jsonl each row is a line. columns (or NULL) picks fields by name. A row is borrowed.
 */
void out_table_begin(struct out *out, const char *name, const struct out_field *fields);
/* They were judged by pick_names(); NULL: as the fields say. */
void out_table_columns(struct out *out, const char *columns);
/* Puts a column in front of the last one. */
void out_table_insert(struct out *out, const struct out_field *field);
void out_table_row(struct out *out, json_t *row);
/* A line that stands in front of the next row, for people. */
void out_table_heading(struct out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Shows the rows that there are; others may follow, in columns as wide. */
void out_table_flush(struct out *out);
/* Ends the table; with JSON, extra members (borrowed, or NULL) follow the list. */
void out_table_end(struct out *out, json_t *extra);

/* One object: a card of labels and values, or a JSON object. */
void out_card(struct out *out, const struct out_field *fields, json_t *object);

/* The field of a list with this name of so many bytes, or NULL. */
const struct out_field *out_field(const struct out_field *fields, const char *name, size_t len);

/* Whether --json=FIELDS wants this member. */
bool out_is_picked(const struct out *out, const char *name);

/* An object as the field list tells it, with "v":1; new. */
json_t *out_object(const struct out *out, const struct out_field *fields, json_t *object);
/* The same without "v" and whatever --json=FIELDS says: a part of a larger object. */
json_t *out_part(const struct out_field *fields, json_t *object);
/* Prints a JSON document on a line; takes over it. Nothing without --json. */
void out_json(struct out *out, json_t *document);

/* A line for people on standard output: nothing with JSON or --quiet. Symbols as in out_symbol().
 */
void out_say(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for what was asked for: --quiet does not keep it back. */
void out_line(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same in the colour of its sign: '+', '~' or '-'. The text has the sign, too. */
void out_change(struct out *out, char sign, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value of a field as people read it; ret is at least 1024 bytes. */
void out_value(const struct out *out, const struct out_field *field, json_t *object, char *ret,
               size_t size);
/* A time as the global options ask for it. */
void out_time(const struct out *out, int64_t at, char *ret, size_t size);
/* The day alone, unless the global options ask for more. */
void out_day(const struct out *out, int64_t at, char *ret, size_t size);
/* The same as an absolute date, always. */
void out_date(const struct out *out, int64_t at, char *ret, size_t size);

/* What begins a colour ('+' good, '~' doubtful, '-' bad) or ends it ('.'); "" without colours. */
const char *out_color(const struct out *out, char sign);

enum out_symbol { OUT_YES, OUT_NO, OUT_DOT, OUT_DASH, OUT_MORE, OUT_WARN, OUT_VOID, OUT_MIDDOT };
/* The symbol, or its ASCII stand-in where the locale is not UTF-8. */
const char *out_symbol(const struct out *out, enum out_symbol symbol);

/* Columns of the terminal; 80 where there is none. */
size_t out_columns(const struct out *out);
/* Whether tables show their wide columns. */
bool out_is_wide(const struct out *out);
/* Whether people look at it, on a terminal. */
bool out_is_terminal(const struct out *out);
/* Whether characters beyond ASCII may be printed. */
bool out_is_utf8(const struct out *out);

/* Columns that a text takes; what is not printable counts as \\xNN. */
size_t out_width(const char *text);
/* As much of a text as fits into so many columns, with a mark where it was cut. */
void out_cut(const struct out *out, const char *text, size_t width, char *ret, size_t size);
/* The same, made harmless and filled up with blanks: a cell of a screen that is no table. */
void out_put(const struct out *out, const char *text, size_t width, char *ret, size_t size);

/* Counts of days, oldest first, as bars; in ASCII nothing. ret is at least 4 * count + 1 bytes. */
void out_sparkline(const struct out *out, const int64_t *counts, size_t count, char *ret);

#endif
