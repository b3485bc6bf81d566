/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening usage.db. What stands in it is worth little: a file that is damaged, or of another
 * version, is moved out of the way, and patd starts in any case.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "core/base/log.h"
#include "core/store/sqlite_connect.h"
#include "core/store/sqlite_usage_open.h"
#include "core/store/sqlite_usage_sql.h"

#define PATH_SIZE 4096
#define BUSY_MILLISECONDS 1000

static int64_t
read_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static bool
make_tables(sqlite3 *db, int64_t now)
{
    sqlite3_stmt *stmt = NULL;
    bool made;

    if (sqlite3_exec(db, pat_sqlite_usage_schema, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    made = sqlite3_prepare_v2(db, "INSERT INTO since VALUES (?1)", -1, &stmt, NULL) == SQLITE_OK &&
           sqlite3_bind_int64(stmt, 1, now) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_DONE;
    sqlite3_finalize(stmt);
    return made;
}

/* Makes what is not there, but for a now below 0. *ret is to be closed in any case. */
static bool
open_db(const char *path, int64_t now, sqlite3 **ret, int64_t *ret_since)
{
    static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = NORMAL;"
                                  "PRAGMA trusted_schema = OFF;"
                                  "PRAGMA secure_delete = ON;"
                                  "PRAGMA cell_size_check = ON;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA cache_size = -512;";
    int64_t version;

    if (!pat_sqlite_connect(path, true, BUSY_MILLISECONDS, ret) ||
        sqlite3_exec(*ret, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return false;
    version = read_number(*ret, "PRAGMA user_version");
    if (version == 0 && read_number(*ret, "SELECT count(*) FROM sqlite_schema") == 0 &&
        (now < 0 || !make_tables(*ret, now)))
        return false;
    *ret_since = read_number(*ret, pat_sqlite_usage_sql[PAT_USAGE_GET_SINCE]);
    return (version == 0 || version == PAT_SQLITE_USAGE_VERSION) && *ret_since >= 0;
}

/* Trouble of the disk or of its locks, and not of what stands in the file. */
static bool
may_pass(sqlite3 *db)
{
    int code = sqlite3_errcode(db) & 0xff;

    return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_BUSY ||
           code == SQLITE_PROTOCOL || code == SQLITE_NOMEM;
}

/* Moves a usage.db that cannot be used out of the way; what follows it belongs to it. */
static void
put_aside(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char from[PATH_SIZE + 8], to[PATH_SIZE + 16];

    PAT_LOG(LOG_WARNING, "failure", {"doing", "opening usage, begun anew"}, {"path", path});
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(from, sizeof from, "%s%s", path, suffixes[i]);
        snprintf(to, sizeof to, "%s.bad%s", path, suffixes[i]);
        rename(from, to);
    }
}

enum pat_err
pat_sqlite_usage_open(const char *path, int64_t now, sqlite3 **ret, int64_t *ret_since)
{
    sqlite3 *db = NULL;
    int64_t since = -1;
    bool opened = open_db(path, now, &db, &since);
    bool passing = !opened && may_pass(db);

    if (!opened && !passing) {
        sqlite3_close(db);
        db = NULL;
        put_aside(path);
        opened = open_db(path, now, &db, &since);
    }
    if (!opened) {
        sqlite3_close(db);
        return passing ? PAT_ERR_BUSY : PAT_ERR_IO;
    }
    *ret = db;
    *ret_since = since;
    return PAT_OK;
}

enum pat_err
pat_sqlite_usage_open_again(const char *path, sqlite3 **ret, int64_t *ret_since)
{
    if (open_db(path, -1, ret, ret_since))
        return PAT_OK;
    sqlite3_close(*ret);
    *ret = NULL;
    return PAT_ERR_IO;
}
