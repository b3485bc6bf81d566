/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting and blanking rows of the change log. Rare: the statements are not kept. The triggers of
 * sqlite_schema.c let it happen only behind the sealed head's mark, and only to free text.
 */
#include <sqlite3.h>

#include "core/store/sqlite_log.h"
#include "core/store/sqlite_sql.h"

bool
pat_sqlite_log_cut(sqlite3 *db, const char *tenant, int64_t upto)
{
    sqlite3_stmt *stmt = NULL;
    bool done = sqlite3_prepare_v2(db, pat_sqlite_cut_sql, -1, &stmt, NULL) == SQLITE_OK &&
                sqlite3_bind_text(stmt, 1, tenant, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_int64(stmt, 2, upto) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_DONE;

    sqlite3_finalize(stmt);
    return done;
}

bool
pat_sqlite_log_erase(sqlite3 *db, const struct pat_erasing *erasing, int64_t *ret)
{
    sqlite3_stmt *stmt = NULL;
    bool done = sqlite3_prepare_v2(db, pat_sqlite_erase_sql, -1, &stmt, NULL) == SQLITE_OK &&
                sqlite3_bind_text(stmt, 1, erasing->tenant, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_text(stmt, 2, erasing->user, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_int64(stmt, 3, erasing->after) == SQLITE_OK &&
                sqlite3_bind_int64(stmt, 4, erasing->upto) == SQLITE_OK &&
                sqlite3_bind_int64(stmt, 5, erasing->generation) == SQLITE_OK &&
                sqlite3_step(stmt) == SQLITE_DONE;

    if (done)
        *ret = sqlite3_changes64(db);
    sqlite3_finalize(stmt);
    return done;
}
