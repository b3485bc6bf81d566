/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAT_STORE_SQLITE_FIELDS_H
#define PAT_STORE_SQLITE_FIELDS_H

#include "core/base/err.h"
#include "core/store/row.h"

struct sqlite3_stmt;

/*
 * Binds the fields to ?1, ?2, ... as far as the statement has parameters. The record must outlive
 * the step. False when SQLite refused; it then knows why.
 */
PAT_CHECKED bool pat_sqlite_fields_bind(struct sqlite3_stmt *stmt, enum pat_row_kind kind,
                                        const void *record);

/*
 * Fills a record from the current row, whose columns are the fields in order. PAT_ERR_SEAL for a
 * value that this program cannot have written.
 */
PAT_CHECKED enum pat_err pat_sqlite_fields_read(struct sqlite3_stmt *stmt, enum pat_row_kind kind,
                                                void *ret);

#endif
