/* SPDX-License-Identifier: BSD-2-Clause */
/* The SQLite store as a file: which files it opens, how, and what its connections see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support_sqlite.h"

static const struct pat_store_ops *const ops = &pat_sqlite_ops;

/* --- which --- */

static const struct open_case {
    const char *title;
    const char *sql; /* done before it is opened; NULL: nothing */
    enum pat_err read, write;
} openings[] = {
    {"a store of this version", NULL, PAT_OK, PAT_OK},
    {"one version newer", "PRAGMA user_version = 2", PAT_ERR_VERSION, PAT_ERR_VERSION},
    {"far newer", "PRAGMA user_version = 2147483647", PAT_ERR_VERSION, PAT_ERR_VERSION},
    {"another program's", "PRAGMA application_id = 1", PAT_ERR_SYNTAX, PAT_ERR_SYNTAX},
    {"nobody's", "PRAGMA application_id = 0", PAT_ERR_SYNTAX, PAT_ERR_SYNTAX},
    {"nobody's, in rollback mode", "PRAGMA application_id = 0; PRAGMA journal_mode = DELETE",
     PAT_ERR_SYNTAX, PAT_ERR_SYNTAX},
    {"newer, in rollback mode", "PRAGMA user_version = 3; PRAGMA journal_mode = DELETE",
     PAT_ERR_VERSION, PAT_ERR_VERSION},
    {"half made", "PRAGMA user_version = 0", PAT_ERR_VERSION, PAT_ERR_IO},
};

/* What is refused is not written to: it may be somebody else's, or a newer version's. */
static void
open_case(void **state)
{
    const struct open_case *one = *state;
    const enum pat_err wanted[] = {one->read, one->write};
    static const enum pat_store_mode modes[] = {PAT_STORE_READ, PAT_STORE_WRITE};
    char dir[SUPPORT_PATH_MAX];

    support_dir(dir);
    support_sqlite_furnish(dir);
    if (one->sql != NULL)
        support_sqlite_exec(dir, one->sql);
    for (size_t i = 0; i < COUNT(modes); i++) {
        size_t before, after;
        unsigned char *old = support_read(dir, SUPPORT_DATABASE, &before), *new;
        void *backend = NULL;

        assert_err(ops->open(dir, modes[i], &backend), wanted[i]);
        ops->close(backend);
        new = support_read(dir, SUPPORT_DATABASE, &after);
        assert_int_equal(before, after);
        expect_bytes(one->title, new, old, after);
        free(old);
        free(new);
    }
    assert_err(ops->open(dir, PAT_STORE_CREATE, &(void *){NULL}), PAT_ERR_EXISTS);
}

static void
not_a_database(void **state)
{
    static const char junk[8192] = "this is no database";
    char dir[SUPPORT_PATH_MAX];
    void *backend = NULL;

    (void)state;
    support_dir(dir);
    support_write(dir, SUPPORT_DATABASE, junk, sizeof junk);
    assert_err(ops->open(dir, PAT_STORE_WRITE, &backend), PAT_ERR_IO);
    assert_err(ops->open(dir, PAT_STORE_READ, &backend), PAT_ERR_IO);
    support_write(dir, SUPPORT_DATABASE, "", 0);
    assert_err(ops->open(dir, PAT_STORE_READ, &backend), PAT_ERR_VERSION);
    assert_null(backend);
}

static void
files_of_others_are_not_opened(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0602, 0610, 0601, 0666, 0700};
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX], target[SUPPORT_PATH_MAX];
    void *backend = NULL;

    (void)state;
    support_dir(dir);
    support_sqlite_furnish(dir);
    support_path(path, dir, SUPPORT_DATABASE);
    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_err(ops->open(dir, PAT_STORE_WRITE, &backend),
                   modes[i] == 0700 ? PAT_OK : PAT_ERR_DENIED);
    }
    ops->close(backend);
    backend = NULL;
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        assert_err(ops->open(dir, PAT_STORE_WRITE, &backend), PAT_ERR_DENIED);
    }
    support_path(target, dir, "elsewhere.db");
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_err(ops->open(dir, PAT_STORE_WRITE, &backend), PAT_ERR_DENIED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_err(ops->open(dir, PAT_STORE_WRITE, &backend), PAT_ERR_DENIED);
    assert_null(backend);
}

/* --- how --- */

static const struct {
    const char *pragma;
    const char *value;
} pragmas[] = {
    {"PRAGMA journal_mode", "wal"},   {"PRAGMA synchronous", "2"},
    {"PRAGMA foreign_keys", "1"},     {"PRAGMA secure_delete", "1"},
    {"PRAGMA trusted_schema", "0"},   {"PRAGMA cell_size_check", "1"},
    {"PRAGMA mmap_size", "0"},        {"PRAGMA temp_store", "2"},
    {"PRAGMA user_version", "1"},     {"PRAGMA application_id", "1885434929"},
    {"PRAGMA read_uncommitted", "0"}, {"PRAGMA integrity_check", "ok"},
};

static void
expect_pragma(sqlite3 *db, const char *pragma, const char *value)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, pragma, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    expect_text(pragma, (const char *)sqlite3_column_text(stmt, 0), value);
    sqlite3_finalize(stmt);
}

static void
opened_as_designed(void **state)
{
    static const enum pat_store_mode modes[] = {PAT_STORE_CREATE, PAT_STORE_WRITE, PAT_STORE_READ};
    char dir[SUPPORT_PATH_MAX];

    (void)state;
    support_dir(dir);
    for (size_t i = 0; i < COUNT(modes); i++) {
        void *backend;
        sqlite3 *db;
        int on = -1;

        assert_ok(ops->open(dir, modes[i], &backend));
        db = *(sqlite3 **)backend; /* the first member of the backend */
        for (size_t j = 0; j < COUNT(pragmas); j++)
            expect_pragma(db, pragmas[j].pragma, pragmas[j].value);
        assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, -1, &on), SQLITE_OK);
        assert_int_equal(on, 1);
        assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, -1, &on),
                         SQLITE_OK);
        assert_int_equal(on, 0);
        assert_int_equal(sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, -1), 0);
        assert_in_range(sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1), 1, 1 << 20);
        assert_in_range(sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, -1), 1, 1 << 14);
        assert_int_equal(sqlite3_exec(db, "ATTACH ':memory:' AS other", NULL, NULL, NULL),
                         SQLITE_ERROR);
        ops->close(backend);
    }
}

/* --- between connections --- */

static void
a_transaction_sees_one_moment(void **state)
{
    char dir[SUPPORT_PATH_MAX];
    union pat_row row, found;
    void *writer, *reader;

    (void)state;
    support_dir(dir);
    support_sqlite_furnish(dir);
    assert_ok(ops->open(dir, PAT_STORE_WRITE, &writer));
    assert_ok(ops->open(dir, PAT_STORE_READ, &reader));
    assert_ok(ops->begin(reader, false));
    assert_err(ops->get(reader, PAT_ROW_GROUP, "acme", "group_name9", &found), PAT_ERR_NOT_FOUND);
    assert_ok(ops->begin(writer, true));
    support_sqlite_put(writer, PAT_ROW_GROUP, 9, &row);
    assert_err(ops->get(reader, PAT_ROW_GROUP, "acme", "group_name9", &found), PAT_ERR_NOT_FOUND);
    assert_ok(ops->commit(writer));
    assert_err(ops->get(reader, PAT_ROW_GROUP, "acme", "group_name9", &found), PAT_ERR_NOT_FOUND);
    assert_ok(ops->commit(reader));
    assert_ok(ops->get(reader, PAT_ROW_GROUP, "acme", "group_name9", &found));
    ops->close(reader);
    ops->close(writer);
}

static void
closing_rolls_back(void **state)
{
    char dir[SUPPORT_PATH_MAX];
    union pat_row row, found;
    void *backend;

    (void)state;
    support_dir(dir);
    support_sqlite_furnish(dir);
    assert_ok(ops->open(dir, PAT_STORE_WRITE, &backend));
    assert_ok(ops->begin(backend, true));
    support_sqlite_put(backend, PAT_ROW_GROUP, 9, &row);
    ops->close(backend);
    assert_ok(ops->open(dir, PAT_STORE_WRITE, &backend));
    assert_err(ops->get(backend, PAT_ROW_GROUP, "acme", "group_name9", &found), PAT_ERR_NOT_FOUND);
    assert_ok(ops->get(backend, PAT_ROW_GROUP, "acme", "group_name1", &found));
    ops->close(backend);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, openings, open_case);
    support_add(&list, "what is no database", not_a_database, NULL);
    support_add(&list, "files of others are not opened", files_of_others_are_not_opened, NULL);
    support_add(&list, "opened as designed", opened_as_designed, NULL);
    support_add(&list, "a transaction sees one moment", a_transaction_sees_one_moment, NULL);
    support_add(&list, "closing rolls back", closing_rolls_back, NULL);
    return support_run("sqlite", &list);
}
