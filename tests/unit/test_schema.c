/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The schema: its columns against the field tables, its constraints and triggers, and what is made
 * of values that this program cannot have written.
 */
#include <stdio.h>
#include <string.h>

#include "core/store/sqlite_sql.h"
#include "tests/unit/support_sqlite.h"

static const struct pat_store_ops *const ops = &pat_sqlite_ops;

/* --- columns --- */

static void
compare_columns(sqlite3 *db, const char *sql, const struct pat_row_type *type)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_column_count(stmt), type->count);
    for (size_t i = 0; i < type->count; i++)
        expect_text(sql, sqlite3_column_name(stmt, (int)i), type->fields[i].name);
    sqlite3_finalize(stmt);
}

/* A writing statement binds every field, and names its columns in the order of the fields. */
static void
compare_values(sqlite3 *db, const char *sql, const struct pat_row_type *type)
{
    const char *at = strchr(sql, '(');
    sqlite3_stmt *stmt = NULL;

    if (sql == NULL)
        return;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_parameter_count(stmt), type->count);
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < type->count; i++) {
        at += strspn(at, "(, \"");
        assert_memory_equal(at, type->fields[i].name, strlen(type->fields[i].name));
        at += strlen(type->fields[i].name);
    }
    assert_int_equal(at[strspn(at, "\"")], ')');
}

/* What an update leaves alone it asks for, so that nobody changes it unseen. */
static void
compare_update(sqlite3 *db, const char *sql, const struct pat_row_type *type)
{
    const char *at = strchr(sql, '('), *where = strstr(sql, " WHERE ");
    sqlite3_stmt *stmt = NULL;
    char condition[64];

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_parameter_count(stmt), type->count);
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < type->count; i++) {
        size_t len = strlen(type->fields[i].name);
        const char *column = at + strspn(at, "(, \"");

        if (strncmp(column, type->fields[i].name, len) == 0 &&
            strchr(",)\"", column[len]) != NULL) {
            at = column + len;
            continue;
        }
        snprintf(condition, sizeof condition, "%s = ?%zu ", type->fields[i].name, i + 1);
        assert_non_null(strstr(where, condition));
    }
    assert_int_equal(at[strspn(at, "\"")], ')');
}

static void
columns_are_the_fields(void **state)
{
    char dir[SUPPORT_PATH_MAX];
    sqlite3 *db;

    (void)state;
    support_dir(dir);
    support_sqlite_furnish(dir);
    db = support_sqlite_open(dir);
    for (unsigned kind = 0; kind < PAT_ROW_KINDS; kind++) {
        const struct pat_row_type *type = pat_row_type((enum pat_row_kind)kind);
        char *all = sqlite3_mprintf("SELECT * FROM %s", type->table);

        compare_columns(db, all, type);
        sqlite3_free(all);
        if (pat_sqlite_row_sql[kind].get != NULL)
            compare_columns(db, pat_sqlite_row_sql[kind].get, type);
        compare_values(db, pat_sqlite_row_sql[kind].insert, type);
        if (pat_sqlite_row_sql[kind].update != NULL)
            compare_update(db, pat_sqlite_row_sql[kind].update, type);
    }
    for (unsigned what = 0; what < PAT_SCAN_COUNT; what++)
        compare_columns(db, pat_sqlite_scan_sql[what],
                        pat_row_type(pat_store_ops_scan_kind((enum pat_scan_what)what)));
    sqlite3_close(db);
}

/* --- constraints and triggers --- */

#define TOKEN_VALUES(id, user, state, scopes, pending, ended, seal)                                \
    "INSERT INTO tokens VALUES ('acme', 90, " id ", " user ", 'n', '', " state ", " scopes         \
    ", '', 1, 0, '', NULL, NULL, " pending ", " ended ", '', '', 1, zeroblob(32), 1, " seal ")"

static const struct sql_case {
    const char *title;
    const char *sql;
    const char *error; /* a part of SQLite's message; NULL: it is done */
} statements[] = {
    {"un-revoke", "UPDATE tokens SET state = 1, ended = NULL WHERE id = '00000003'",
     "a revoked token stays revoked"},
    {"un-revoke into pending", "UPDATE tokens SET state = 2, ended = NULL WHERE id = '00000003'",
     "a revoked token stays revoked"},
    {"revoke at another time", "UPDATE tokens SET ended = 1 WHERE id = '00000003'",
     "a revoked token stays revoked"},
    {"rename a revoked token", "UPDATE tokens SET name = 'x' WHERE id = '00000003'", NULL},
    {"revoke", "UPDATE tokens SET state = 4, ended = 9 WHERE id = '00000001'", NULL},
    {"another owner", "UPDATE tokens SET user = 'user9' WHERE id = '00000001'", "keeps its owner"},
    {"another tenant", "UPDATE tokens SET tenant = 'lab' WHERE id = '00000001'", "keeps its owner"},
    {"another id", "UPDATE tokens SET id = '00000099' WHERE id = '00000001'", "keeps its owner"},
    {"another secret", "UPDATE tokens SET verifier = zeroblob(32) WHERE id = '00000001'",
     "keeps its owner"},
    {"another key", "UPDATE tokens SET key_number = 7 WHERE id = '00000001'", "keeps its owner"},
    {"another place in the log", "UPDATE tokens SET created_seq = 70 WHERE id = '00000001'",
     "keeps its owner"},
    {"replace a token", "INSERT OR REPLACE INTO tokens SELECT * FROM tokens WHERE id = '00000003'",
     "a token is never replaced"},
    {"delete an active token", "DELETE FROM tokens WHERE id = '00000001'",
     "only dead tokens are purged"},
    {"delete a pending token", "DELETE FROM tokens WHERE id = '00000004'",
     "only dead tokens are purged"},
    {"delete a revoked token", "DELETE FROM tokens WHERE id = '00000003'", NULL},
    {"delete a token that ends", "DELETE FROM tokens WHERE id = '00000002'", NULL},
    {"delete a change", "DELETE FROM changes WHERE seq = 3", "append-only"},
    {"delete the newest change", "DELETE FROM changes WHERE seq = 4", "append-only"},
    {"delete what retention cut", "DELETE FROM changes WHERE seq = 2", NULL},
    {"erase a change's text",
     "UPDATE changes SET erased = 1, \"before\" = '', after = '', reason = '', claimed = ''", NULL},
    {"erase a part only", "UPDATE changes SET erased = 1, reason = ''", "append-only"},
    {"empty a text without a mark",
     "UPDATE changes SET erased = 0, \"before\" = '', after = '', reason = '', claimed = ''",
     "append-only"},
    {"a token of nobody",
     TOKEN_VALUES("'abcdefgh'", "'nobody'", "1", "'a:b'", "NULL", "NULL", "zeroblob(32)"),
     "FOREIGN KEY"},
    {"a token with a short id",
     TOKEN_VALUES("'abc'", "'user0'", "1", "'a:b'", "NULL", "NULL", "zeroblob(32)"), "CHECK"},
    {"a token in no state",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "5", "'a:b'", "NULL", "NULL", "zeroblob(32)"), "CHECK"},
    {"a token without a scope",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "1", "''", "NULL", "NULL", "zeroblob(32)"), "CHECK"},
    {"a pending token without a deadline",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "2", "'a:b'", "NULL", "NULL", "zeroblob(32)"), "CHECK"},
    {"a revoked token without its end",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "4", "'a:b'", "NULL", "NULL", "zeroblob(32)"), "CHECK"},
    {"an active token with an end",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "1", "'a:b'", "NULL", "5", "zeroblob(32)"), "CHECK"},
    {"a short seal",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "1", "'a:b'", "NULL", "NULL", "zeroblob(31)"), "CHECK"},
    {"a text for a number",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "1", "'a:b'", "'soon'", "NULL", "zeroblob(32)"),
     "cannot store TEXT value in INTEGER"},
    {"a token that is well made",
     TOKEN_VALUES("'abcdefgh'", "'user0'", "1", "'a:b'", "NULL", "NULL", "zeroblob(32)"), NULL},
    {"delete a user with tokens", "DELETE FROM users WHERE user = 'user0'", "FOREIGN KEY"},
    {"delete a tenant with users", "DELETE FROM tenants", "FOREIGN KEY"},
    {"a uid without an account", "UPDATE users SET account = ''", "CHECK"},
    {"an account without a uid", "UPDATE users SET uid = NULL", "CHECK"},
    {"a virtual user", "UPDATE users SET uid = NULL, account = ''", NULL},
    {"a user in no state", "UPDATE users SET state = 2", "CHECK"},
    {"a user of no role", "UPDATE users SET role = 3", "CHECK"},
    {"a group of no role", "UPDATE groups SET role = -1", "CHECK"},
    {"a tenant in no state", "UPDATE tenants SET state = 4", "CHECK"},
    {"a head with a short sum", "UPDATE heads SET sum = zeroblob(63)", "CHECK"},
    {"a host without a sum", "UPDATE host SET sum = zeroblob(0)", "CHECK"},
};

static void
run_statement(void **state)
{
    const struct sql_case *one = *state;
    char dir[SUPPORT_PATH_MAX], *message = NULL;
    sqlite3 *db;
    int code;

    support_dir(dir);
    support_sqlite_furnish(dir);
    db = support_sqlite_open(dir);
    code = sqlite3_exec(db, one->sql, NULL, NULL, &message);
    if (one->error == NULL)
        expect_text(one->title, message == NULL ? "" : message, "");
    else if (code == SQLITE_OK || strstr(message, one->error) == NULL)
        fail_msg("%s: %s", one->title, message == NULL ? "was done" : message);
    sqlite3_free(message);
    sqlite3_close(db);
}

/* No column of a change can be edited, whatever else the statement does. */
static void
changes_are_not_edited(void **state)
{
    static const char *const values[] = {"'other'", "77", "zeroblob(32)", "zeroblob(16)"};
    static const char erasing[] =
        "erased = 1, \"before\" = '', after = '', reason = '', claimed = ''";
    const struct pat_row_type *type = pat_row_type(PAT_ROW_CHANGE);
    char dir[SUPPORT_PATH_MAX];
    sqlite3 *db;
    size_t tried = 0;

    (void)state;
    support_dir(dir);
    support_sqlite_furnish(dir);
    db = support_sqlite_open(dir);
    for (size_t i = 0; i < type->count; i++)
        for (size_t j = 0; j < COUNT(values); j++) {
            const char *name = type->fields[i].name;
            bool goes = strstr("erased before after reason claimed salt", name) != NULL;
            char *sql = sqlite3_mprintf("UPDATE changes SET %s, \"%w\" = %s WHERE seq = 3", erasing,
                                        name, values[j]);

            if (!goes && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
                fail_msg("%s was done", sql);
            tried += !goes;
            sqlite3_free(sql);
        }
    assert_true(tried > 40);
    sqlite3_close(db);
}

/* --- values that this program cannot have written --- */

static const struct odd_case {
    const char *title;
    const char *sql;
    enum pat_row_kind kind;
    const char *name;
} oddities[] = {
    {"a flag of 2", "UPDATE tenants SET any_scope = 2", PAT_ROW_TENANT, ""},
    {"a flag of -1", "UPDATE users SET allow_root = -1", PAT_ROW_USER, "user0"},
    {"a text that is too long", "UPDATE tenants SET contact = printf('%.*c', 255, 'x')",
     PAT_ROW_TENANT, ""},
    {"a text with a NUL", "UPDATE users SET contact = 'a' || char(0) || 'b'", PAT_ROW_USER,
     "user0"},
    {"scopes that are too long", "UPDATE users SET grants = printf('%.*c', 1024, 'x')",
     PAT_ROW_USER, "user0"},
    {"a host with a long id", "UPDATE host SET id = printf('%.*c', 33, 'a')", PAT_ROW_HOST, ""},
};

static void
read_oddity(void **state)
{
    const struct odd_case *one = *state;
    char dir[SUPPORT_PATH_MAX];
    union pat_row row;
    void *backend;

    support_dir(dir);
    support_sqlite_furnish(dir);
    support_sqlite_exec(dir, one->sql);
    assert_ok(ops->open(dir, PAT_STORE_READ, &backend));
    assert_err(ops->get(backend, one->kind, "acme", one->name, &row), PAT_ERR_SEAL);
    ops->close(backend);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "columns are the fields", columns_are_the_fields, NULL);
    SUPPORT_TABLE(&list, statements, run_statement);
    support_add(&list, "no column of a change is edited", changes_are_not_edited, NULL);
    SUPPORT_TABLE(&list, oddities, read_oddity);
    return support_run("schema", &list);
}
