/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens to be made, one a line of a file: JSON objects, or CSV (RFC 4180, but a record is one
 * line) under a line of column names. Both know user, name, description, scopes, expires and
 * addresses; scopes and addresses are lists by blanks or commas, in JSON also arrays.
 */
#ifndef ADMIN_CREATE_ROWS_H
#define ADMIN_CREATE_ROWS_H

#include <jansson.h>

#include "admin/create/wish.h"

#define ROWS_MAX 100000

/*
 * The rows of a file ("-": standard input), for rows_at(): as an array of short texts, as a hundred
 * thousand objects would take ten times the memory. EXIT_USAGE after telling every line that cannot
 * be read, by its number.
 */
int rows_read(const struct patctl *patctl, const char *file, json_t **ret);

/* A row as an object of texts, with its "line". The caller releases it. */
json_t *rows_at(const json_t *rows, size_t index);

/* Rows with the names that a template makes of the numbers 1 to count. */
int rows_number(const struct patctl *patctl, int64_t count, const char *name_template,
                json_t **ret);

/* Tells what is wrong with a line, for the first ones of many. */
void rows_tell(const struct patctl *patctl, const char *source, int64_t line, int64_t problem,
               const char *what);

/* A row over what options say for all of them; borrowed. */
void rows_wish(json_t *row, const struct wish *common, struct wish *ret);

#endif
