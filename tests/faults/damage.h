/* SPDX-License-Identifier: BSD-2-Clause */
/* The rooms of damage: files (damage.c), schema (damage_schema.c), rows (damage_rows.c). */
#ifndef TESTS_FAULTS_DAMAGE_H
#define TESTS_FAULTS_DAMAGE_H

#include "tests/faults/answers.h"

/*
 * Starts in dir, asks everything, revokes and makes a token if that can be done, and asks again:
 * what was revoked stays so. refuses counts those that answer nothing.
 */
void damage_try(const char *dir, const char *what, struct answers *answers, unsigned long *refuses);

void damage_schema(const char *base, const char *work);
/* older is the same store at an earlier moment. */
void damage_rows(const char *base, const char *older, const char *work, size_t stride);

/* Raw SQL on the database of dir, without the triggers of the schema; false when it fails. */
bool damage_execute(const char *dir, const char *sql);
/* What the last statement answers. */
long damage_number(const char *dir, const char *sql);
/* The values of an expression over a table; answers how many. */
#define DAMAGE_ROWS_MAX 40
size_t damage_texts(const char *dir, const char *expression, const char *table,
                    char ret[DAMAGE_ROWS_MAX][64]);

#endif
