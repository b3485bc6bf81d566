/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw SQL for the tests. */
#include "core/base/text.h"
#include "tests/unit/support_sqlite.h"

static const struct pat_store_ops *const ops = &pat_sqlite_ops;

sqlite3 *
support_sqlite_open(const char *dir)
{
    char path[SUPPORT_PATH_MAX];
    sqlite3 *db = NULL;

    support_path(path, dir, SUPPORT_DATABASE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

void
support_sqlite_exec(const char *dir, const char *sql)
{
    sqlite3 *db = support_sqlite_open(dir);
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

void
support_sqlite_put(void *backend, enum pat_row_kind kind, unsigned number, union pat_row *row)
{
    if (number != 0)
        support_row(kind, number, row);
    if (pat_row_type(kind)->sealed)
        *pat_row_version(kind, row) = 1;
    assert_ok(ops->put(backend, kind, row));
}

static void
put_token(void *backend, unsigned number, enum pat_state state, bool expires)
{
    union pat_row row;

    support_row(PAT_ROW_TOKEN, number, &row);
    row.token.state = (int32_t)state;
    row.token.expires.set = expires;
    row.token.ended.set = state == PAT_STATE_REVOKED;
    support_sqlite_put(backend, PAT_ROW_TOKEN, 0, &row);
}

void
support_sqlite_furnish(const char *dir)
{
    void *backend;
    union pat_row row;

    assert_ok(ops->open(dir, PAT_STORE_CREATE, &backend));
    assert_ok(ops->begin(backend, true));
    support_sqlite_put(backend, PAT_ROW_HOST, 1, &row);
    support_row(PAT_ROW_HEAD, 1, &row);
    row.head.cut_seq = 2;
    pat_text_clip(row.head.tenant, sizeof row.head.tenant, "acme");
    support_sqlite_put(backend, PAT_ROW_HEAD, 0, &row);
    support_row(PAT_ROW_TENANT, 1, &row);
    pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, "acme");
    support_sqlite_put(backend, PAT_ROW_TENANT, 0, &row);
    support_row(PAT_ROW_USER, 1, &row);
    pat_text_clip(row.user.user, sizeof row.user.user, "user0");
    support_sqlite_put(backend, PAT_ROW_USER, 0, &row);
    support_sqlite_put(backend, PAT_ROW_GROUP, 1, &row);
    support_sqlite_put(backend, PAT_ROW_SCOPE, 1, &row);
    put_token(backend, 1, PAT_STATE_ACTIVE, false);
    put_token(backend, 2, PAT_STATE_ACTIVE, true);
    put_token(backend, 3, PAT_STATE_REVOKED, false);
    put_token(backend, 4, PAT_STATE_PENDING, false);
    for (unsigned number = 1; number <= 3; number++) /* support_row() adds one */
        support_sqlite_put(backend, PAT_ROW_CHANGE, number, &row);
    assert_ok(ops->commit(backend));
    ops->close(backend);
}
