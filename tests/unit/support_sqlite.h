/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking behind the backend's back: raw SQL on a store's database, and a store with a row of
 * every kind.
 */
#ifndef TESTS_UNIT_SUPPORT_SQLITE_H
#define TESTS_UNIT_SUPPORT_SQLITE_H

#include <sqlite3.h>

#include "tests/unit/support.h"

#define SUPPORT_DATABASE "pat.db"

/* Close it with sqlite3_close(). */
sqlite3 *support_sqlite_open(const char *dir);
/* Runs one or more statements, which must succeed. */
void support_sqlite_exec(const char *dir, const char *sql);

/* Puts a row of version 1; with a number that is not 0, support_row()'s. */
void support_sqlite_put(void *backend, enum pat_row_kind kind, unsigned number, union pat_row *row);

/*
 * Makes a store with a row of every kind: tokens 1 (active), 2 (active with an end), 3 (revoked),
 * 4 (pending) of user0; changes 2 to 4 of acme, the first of which retention may remove. Nothing
 * in it is sealed.
 */
void support_sqlite_furnish(const char *dir);

#endif
