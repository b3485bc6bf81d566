/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SQLite backend: one file in a directory of patd's own, in WAL mode with synchronous=FULL,
 * because a revocation that was acknowledged must survive a power cut. One connection is used by
 * one thread. It trusts neither the schema nor the values it reads.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/store/sqlite_connect.h"
#include "core/store/sqlite_copy.h"
#include "core/store/sqlite_fields.h"
#include "core/store/sqlite_log.h"
#include "core/store/sqlite_scan.h"
#include "core/store/sqlite_schema.h"
#include "core/store/sqlite_sql.h"
#include "core/store/store_ops.h"

#define FILE_NAME "pat.db"
#define PATH_SIZE 4096
/* One process has the store; only SQLite's own recovery can make a reader wait at all. */
#define BUSY_READ_MILLISECONDS 500
#define BUSY_WRITE_MILLISECONDS 5000

enum row_verb { GET, INSERT, UPDATE, DROP, ROW_VERBS };
enum plain {
    BEGIN_READ,
    BEGIN_WRITE,
    COMMIT,
    ROLLBACK,
    DATA_VERSION,
    COUNT_LIVE,
    TALLY,
    TALLY_ALL,
    PLAIN_COUNT
};

struct backend {
    sqlite3 *db;
    /* Prepared at first use and kept. */
    sqlite3_stmt *rows[PAT_ROW_KINDS][ROW_VERBS];
    sqlite3_stmt *scans[PAT_SCAN_COUNT];
    sqlite3_stmt *plain[PLAIN_COUNT];
};

static const char *
plain_sql(enum plain which)
{
    switch (which) {
    case BEGIN_READ:
        return "BEGIN";
    case BEGIN_WRITE:
        return "BEGIN IMMEDIATE";
    case COMMIT:
        return "COMMIT";
    case ROLLBACK:
        return "ROLLBACK";
    case DATA_VERSION:
        return "PRAGMA data_version";
    case COUNT_LIVE:
        return pat_sqlite_count_live_sql;
    case TALLY:
        return pat_sqlite_tally_sql;
    case TALLY_ALL:
        return pat_sqlite_tally_all_sql;
    case PLAIN_COUNT:
        break;
    }
    return NULL;
}

static const char *
row_sql(enum pat_row_kind kind, enum row_verb verb)
{
    const struct pat_sqlite_row_sql *sql = &pat_sqlite_row_sql[kind];

    switch (verb) {
    case GET:
        return sql->get;
    case INSERT:
        return sql->insert;
    case UPDATE:
        return sql->update;
    case DROP:
        return sql->drop;
    case ROW_VERBS:
        break;
    }
    return NULL;
}

/* Reports at once: any further call may describe something else. */
static enum pat_err
failure(struct backend *backend, const char *doing)
{
    int code = sqlite3_extended_errcode(backend->db);

    switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
        return PAT_ERR_EXISTS;
    case SQLITE_BUSY:
        return PAT_ERR_BUSY;
    default:
        break;
    }
    PAT_LOG(LOG_ERR, "store.failure", {"doing", doing}, {"error", sqlite3_errmsg(backend->db)});
    if (code == SQLITE_IOERR_SHMSIZE) /* no room for what is not even written */
        return PAT_ERR_FULL;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return PAT_ERR_FULL;
    case SQLITE_NOMEM:
        return PAT_ERR_NOMEM;
    case SQLITE_CONSTRAINT:
        return PAT_ERR_CONFLICT;
    default:
        return PAT_ERR_IO;
    }
}

static enum pat_err
prepare(struct backend *backend, sqlite3_stmt **slot, const char *sql)
{
    if (*slot != NULL)
        return PAT_OK;
    if (sql == NULL)
        return PAT_ERR_INTERNAL;
    if (sqlite3_prepare_v3(backend->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL) !=
        SQLITE_OK)
        return failure(backend, "prepare");
    return PAT_OK;
}

static void
finish(sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

static enum pat_err
run_plain(struct backend *backend, enum plain which)
{
    sqlite3_stmt **stmt = &backend->plain[which];
    enum pat_err err = prepare(backend, stmt, plain_sql(which));

    if (err == PAT_OK && sqlite3_step(*stmt) != SQLITE_DONE)
        err = failure(backend, "transaction");
    finish(*stmt);
    return err;
}

/* --- the verbs --- */

static void
sqlite_rollback(void *self)
{
    struct backend *backend = self;

    /* SQLite may have rolled back by itself; then there is nothing to do. */
    if (sqlite3_get_autocommit(backend->db) == 0 && run_plain(backend, ROLLBACK) != PAT_OK)
        return; /* for lack of memory: the next transaction tries it again */
}

static enum pat_err
sqlite_begin(void *self, bool write)
{
    sqlite_rollback(self); /* what an earlier one left */
    return run_plain(self, write ? BEGIN_WRITE : BEGIN_READ);
}

static enum pat_err
sqlite_commit(void *self)
{
    return run_plain(self, COMMIT);
}

static enum pat_err
sqlite_version(void *self, int64_t *ret)
{
    struct backend *backend = self;
    sqlite3_stmt **stmt = &backend->plain[DATA_VERSION];
    enum pat_err err = prepare(backend, stmt, plain_sql(DATA_VERSION));

    if (err == PAT_OK && sqlite3_step(*stmt) != SQLITE_ROW)
        err = failure(backend, "version");
    if (err == PAT_OK)
        *ret = sqlite3_column_int64(*stmt, 0);
    finish(*stmt);
    return err;
}

static enum pat_err
sqlite_get(void *self, enum pat_row_kind kind, const char *tenant, const char *name, void *ret)
{
    struct backend *backend = self;
    sqlite3_stmt **stmt = &backend->rows[kind][GET];
    const char *const keys[] = {tenant, name};
    enum pat_err err = prepare(backend, stmt, row_sql(kind, GET));

    for (int i = 0; err == PAT_OK && i < sqlite3_bind_parameter_count(*stmt) && i < 2; i++)
        if (sqlite3_bind_text(*stmt, i + 1, keys[i], -1, SQLITE_STATIC) != SQLITE_OK)
            err = failure(backend, "bind");
    if (err == PAT_OK) {
        int code = sqlite3_step(*stmt);

        if (code == SQLITE_ROW)
            err = pat_sqlite_fields_read(*stmt, kind, ret);
        else
            err = code == SQLITE_DONE ? PAT_ERR_NOT_FOUND : failure(backend, "get");
        /* SECURITY: the host is the one row without a key; a second one was put in by somebody. */
        if (err == PAT_OK && kind == PAT_ROW_HOST && sqlite3_step(*stmt) != SQLITE_DONE)
            err = PAT_ERR_SEAL;
    }
    finish(*stmt);
    return err;
}

static enum pat_err
write_record(struct backend *backend, enum pat_row_kind kind, enum row_verb verb,
             const void *record)
{
    sqlite3_stmt **stmt = &backend->rows[kind][verb];
    enum pat_err err = prepare(backend, stmt, row_sql(kind, verb));

    if (err == PAT_OK && !pat_sqlite_fields_bind(*stmt, kind, record))
        err = failure(backend, "bind");
    if (err == PAT_OK && sqlite3_step(*stmt) != SQLITE_DONE)
        err = verb == INSERT && sqlite3_extended_errcode(backend->db) == SQLITE_CONSTRAINT_TRIGGER
                  ? PAT_ERR_EXISTS /* tokens_are_not_replaced, the only one on INSERT */
                  : failure(backend, "write");
    if (err == PAT_OK && sqlite3_changes(backend->db) != 1)
        err = PAT_ERR_CONFLICT;
    finish(*stmt);
    return err;
}

static enum pat_err
sqlite_put(void *self, enum pat_row_kind kind, const void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);
    const int64_t *version;

    if (!type->sealed)
        return write_record(self, kind, INSERT, record);
    version = pat_row_field_const(record, &type->fields[type->count - 2]);
    return write_record(self, kind, *version == 1 ? INSERT : UPDATE, record);
}

static enum pat_err
sqlite_drop(void *self, enum pat_row_kind kind, const void *record)
{
    return write_record(self, kind, DROP, record);
}

static enum pat_err
sqlite_scan(void *self, const struct pat_scan *scan, pat_scan_each *each, void *context)
{
    struct backend *backend = self;
    sqlite3_stmt **slot = &backend->scans[scan->what];
    enum pat_row_kind kind = pat_store_ops_scan_kind(scan->what);
    enum pat_err err = prepare(backend, slot, pat_sqlite_scan_sql[scan->what]);
    /* Taken out of its slot while it runs, so that each() may start the same scan again. */
    sqlite3_stmt *stmt = *slot;
    union pat_row *row = malloc(sizeof *row);
    int code = SQLITE_ROW;

    *slot = NULL;
    if (err == PAT_OK && row == NULL)
        err = PAT_ERR_NOMEM;
    if (err == PAT_OK && (err = pat_sqlite_scan_bind(stmt, scan)) == PAT_ERR_IO)
        err = failure(backend, "bind");
    while (err == PAT_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        err = pat_sqlite_fields_read(stmt, kind, row);
        if (err == PAT_OK && !each(context, row))
            break;
    }
    if (err == PAT_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        err = failure(backend, "scan");
    finish(stmt);
    if (*slot == NULL)
        *slot = stmt;
    else
        sqlite3_finalize(stmt);
    free(row);
    return err;
}

static enum pat_err
sqlite_count_live(void *self, const char *tenant, const char *user, const char *name, int64_t now,
                  int64_t *ret)
{
    struct backend *backend = self;
    sqlite3_stmt **stmt = &backend->plain[COUNT_LIVE];
    enum pat_err err = prepare(backend, stmt, plain_sql(COUNT_LIVE));

    if (err != PAT_OK)
        return err;
    if (sqlite3_bind_text(*stmt, 1, tenant, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_text(*stmt, 2, user, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_int64(*stmt, 3, now) != SQLITE_OK ||
        sqlite3_bind_text(*stmt, 4, name, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(*stmt) != SQLITE_ROW)
        err = failure(backend, "count");
    else
        *ret = sqlite3_column_int64(*stmt, 0);
    finish(*stmt);
    return err;
}

static enum pat_err
sqlite_tally(void *self, const char *tenant, int64_t now, int64_t soon, struct pat_tally *ret)
{
    struct backend *backend = self;
    enum plain which = tenant[0] == '\0' ? TALLY_ALL : TALLY;
    sqlite3_stmt **stmt = &backend->plain[which];
    int64_t *const counts[] = {&ret->active,    &ret->expiring, &ret->expired,
                               &ret->revoked,   &ret->pending,  &ret->suspended,
                               &ret->unlimited, &ret->users,    &ret->bytes};
    enum pat_err err = prepare(backend, stmt, plain_sql(which));

    if (err != PAT_OK)
        return err;
    if (sqlite3_bind_text(*stmt, 1, tenant, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_int64(*stmt, 2, now) != SQLITE_OK ||
        sqlite3_bind_int64(*stmt, 3, soon) != SQLITE_OK || sqlite3_step(*stmt) != SQLITE_ROW)
        err = failure(backend, "tally");
    for (size_t i = 0; err == PAT_OK && i < sizeof counts / sizeof counts[0]; i++)
        *counts[i] = sqlite3_column_int64(*stmt, (int)i);
    finish(*stmt);
    return err;
}

/* --- the change log --- */

static enum pat_err
sqlite_cut(void *self, const char *tenant, int64_t upto)
{
    struct backend *backend = self;

    return pat_sqlite_log_cut(backend->db, tenant, upto) ? PAT_OK : failure(backend, "cut");
}

static enum pat_err
sqlite_erase(void *self, const struct pat_erasing *erasing, int64_t *ret)
{
    struct backend *backend = self;

    return pat_sqlite_log_erase(backend->db, erasing, ret) ? PAT_OK : failure(backend, "erase");
}

/* --- opening and closing --- */

static enum pat_err
configure(struct backend *backend, enum pat_store_mode mode)
{
    static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA foreign_keys = ON;"
                                  "PRAGMA secure_delete = ON;"
                                  "PRAGMA trusted_schema = OFF;"
                                  "PRAGMA cell_size_check = ON;"
                                  "PRAGMA mmap_size = 0;"
                                  "PRAGMA temp_store = MEMORY;"
                                  "PRAGMA cache_size = -1024;";
    sqlite3 *db = backend->db;
    int version = 0;
    enum pat_err err;

    if (sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, mode == PAT_STORE_READ, NULL) !=
        SQLITE_OK)
        return failure(backend, "open");
    /* Before the first pragma that writes: the file may be another program's, or too new. */
    err = pat_sqlite_schema_version(db, &version);
    if (err == PAT_ERR_IO)
        return failure(backend, "open");
    if (err == PAT_OK && mode == PAT_STORE_READ && version < pat_sqlite_schema_newest())
        err = PAT_ERR_VERSION;
    if (err == PAT_OK && sqlite3_exec(db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        err = failure(backend, "open");
    if (err == PAT_OK)
        err = pat_sqlite_schema_migrate(db, version);
    return err == PAT_OK ? pat_sqlite_schema_compare(db) : err;
}

static void
sqlite_close(void *self)
{
    struct backend *backend = self;

    if (backend == NULL)
        return;
    for (size_t kind = 0; kind < PAT_ROW_KINDS; kind++)
        for (size_t verb = 0; verb < ROW_VERBS; verb++)
            sqlite3_finalize(backend->rows[kind][verb]);
    for (size_t i = 0; i < PAT_SCAN_COUNT; i++)
        sqlite3_finalize(backend->scans[i]);
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        sqlite3_finalize(backend->plain[i]);
    sqlite3_close(backend->db);
    free(backend);
}

/* Looks without opening: closing a database file drops the locks of the whole process. */
static enum pat_err
check_file(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == -1)
        return pat_file_err(errno);
    return S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
                   status.st_uid == geteuid()
               ? PAT_OK
               : PAT_ERR_DENIED;
}

static enum pat_err
sqlite_open(const char *place, enum pat_store_mode mode, void **ret)
{
    int busy = mode == PAT_STORE_READ ? BUSY_READ_MILLISECONDS : BUSY_WRITE_MILLISECONDS;
    struct backend *backend = calloc(1, sizeof *backend);
    char path[PATH_SIZE];
    enum pat_err err = PAT_ERR_NOMEM;

    if (backend != NULL)
        err = pat_file_path(path, sizeof path, place, FILE_NAME);
    if (err == PAT_OK && mode == PAT_STORE_CREATE)
        err = pat_file_write(path, "", 0, 1); /* mode 0600, and never over an existing one */
    if (err == PAT_OK)
        err = check_file(path);
    if (err == PAT_OK && !pat_sqlite_connect(path, false, busy, &backend->db))
        err = failure(backend, "open");
    if (err == PAT_OK)
        err = configure(backend, mode);
    if (err != PAT_OK) {
        sqlite_close(backend);
        return err;
    }
    *ret = backend;
    return PAT_OK;
}

const struct pat_store_ops pat_sqlite_ops = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .version = sqlite_version,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .get = sqlite_get,
    .put = sqlite_put,
    .drop = sqlite_drop,
    .scan = sqlite_scan,
    .cut = sqlite_cut,
    .erase = sqlite_erase,
    .count_live = sqlite_count_live,
    .tally = sqlite_tally,
    .schema = pat_sqlite_schema_newest,
    .copy_begin = pat_sqlite_copy_begin,
    .copy_step = pat_sqlite_copy_step,
    .copy_end = pat_sqlite_copy_end,
    .examine = pat_sqlite_copy_examine,
};
