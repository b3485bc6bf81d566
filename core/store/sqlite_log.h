/* SPDX-License-Identifier: BSD-2-Clause */
/* What retention does to the change log. Both are true when it was done; else SQLite knows why. */
#ifndef PAT_STORE_SQLITE_LOG_H
#define PAT_STORE_SQLITE_LOG_H

#include "core/store/store_ops.h"

struct sqlite3;

bool pat_sqlite_log_cut(struct sqlite3 *db, const char *tenant, int64_t upto);
bool pat_sqlite_log_erase(struct sqlite3 *db, const struct pat_erasing *erasing, int64_t *ret);

#endif
