/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scan asks, bound to its statement (sqlite_sql.h). */
#ifndef PAT_STORE_SQLITE_SCAN_H
#define PAT_STORE_SQLITE_SCAN_H

#include "core/store/store_ops.h"

struct sqlite3_stmt;

/* PAT_ERR_RANGE for a glob that fits no name, PAT_ERR_IO when SQLite says no. */
PAT_CHECKED enum pat_err pat_sqlite_scan_bind(struct sqlite3_stmt *stmt,
                                              const struct pat_scan *scan);

#endif
