/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the writer share. */
#ifndef ADMIN_OUT_OUT_INTERNAL_H
#define ADMIN_OUT_OUT_INTERNAL_H

#include "admin/out/out.h"

#define OUT_COLUMNS_MAX 32
#define OUT_VALUE_MAX 1024
#define OUT_HEADING_MAX 200

struct libscols_table;

struct out {
    const struct patctl *patctl;
    int64_t now;
    bool utf8;
    bool color;
    bool tty;     /* people look at it: what does not fit is cut */
    size_t width; /* columns of the terminal */
    /* The running table. */
    const char *name;
    const struct out_field *fields;
    const struct out_field *columns[OUT_COLUMNS_MAX];
    size_t column_count;
    size_t widths[OUT_COLUMNS_MAX]; /* of the rows that were printed; 0: none yet */
    json_t *rows;                   /* JSON */
    struct libscols_table *table;   /* text */
    json_t *marks;                  /* lines that stand in front of rows: [[row, text], ...] */
    char heading[OUT_HEADING_MAX];  /* of the next row; or empty */
    int64_t row_count;
};

void out_text_begin(struct out *out);
void out_text_row(struct out *out, json_t *row);
void out_text_end(struct out *out);
void out_text_card(struct out *out, const struct out_field *fields, json_t *object);

/* The value as JSON of one field; new. */
json_t *out_json_value(const struct out_field *field, json_t *object);

#endif
