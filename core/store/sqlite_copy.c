/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of a database in use, by SQLite's online backup, and SQLite's own check. Both have
 * connections of their own. A copy reads within one transaction: writers go on, into the
 * write-ahead log, and it never has to begin again because of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/sqlite_connect.h"
#include "core/store/sqlite_copy.h"

#define FILE_NAME "pat.db"
#define PATH_SIZE 4096
#define PAGES_A_STEP 256
#define BUSY_MILLISECONDS 500
#define OPERATIONS_BETWEEN_PAUSES 20000

struct copy {
    sqlite3 *from, *to;
    sqlite3_backup *backup;
};

static enum pat_err
failure(sqlite3 *db, const char *doing)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(db);

    PAT_LOG(LOG_ERR, "store.failure", {"doing", doing},
            {"error", db == NULL ? "out of memory" : sqlite3_errmsg(db)});
    if ((code & 0xff) == SQLITE_FULL)
        return PAT_ERR_FULL;
    if ((code & 0xff) == SQLITE_NOMEM)
        return PAT_ERR_NOMEM;
    return (code & 0xff) == SQLITE_BUSY ? PAT_ERR_BUSY : PAT_ERR_IO;
}

/* A reader of the database in place: it leaves no trace when it is closed. */
static enum pat_err
open_source(const char *place, sqlite3 **ret)
{
    char path[PATH_SIZE];
    enum pat_err err = pat_file_path(path, sizeof path, place, FILE_NAME);

    if (err != PAT_OK)
        return err;
    if (!pat_sqlite_connect(path, false, BUSY_MILLISECONDS, ret) ||
        sqlite3_db_config(*ret, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
        sqlite3_exec(*ret, "PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;", NULL, NULL,
                     NULL) != SQLITE_OK)
        return failure(*ret, "open");
    return PAT_OK;
}

/* The file is made here, so that it never is anybody else's. What is in it is synced at the end. */
static enum pat_err
open_target(const char *path, sqlite3 **ret)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd == -1)
        return pat_file_err(errno);
    close(fd);
    if (!pat_sqlite_connect(path, false, BUSY_MILLISECONDS, ret) ||
        sqlite3_exec(*ret, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", NULL, NULL,
                     NULL) != SQLITE_OK)
        return failure(*ret, "open");
    return PAT_OK;
}

enum pat_err
pat_sqlite_copy_begin(const char *place, const char *path, void **ret)
{
    struct copy *copy = calloc(1, sizeof *copy);
    enum pat_err err;

    if (copy == NULL)
        return PAT_ERR_NOMEM;
    err = open_source(place, &copy->from);
    if (err == PAT_OK)
        err = open_target(path, &copy->to);
    if (err == PAT_OK && sqlite3_exec(copy->from, "BEGIN; SELECT generation FROM host;", NULL, NULL,
                                      NULL) != SQLITE_OK)
        err = failure(copy->from, "copy");
    if (err == PAT_OK) {
        copy->backup = sqlite3_backup_init(copy->to, "main", copy->from, "main");
        if (copy->backup == NULL)
            err = failure(copy->to, "copy");
    }
    if (err != PAT_OK) {
        pat_sqlite_copy_end(copy);
        return err;
    }
    *ret = copy;
    return PAT_OK;
}

enum pat_err
pat_sqlite_copy_step(void *self, int64_t *ret_done, int64_t *ret_of)
{
    struct copy *copy = self;
    int code = sqlite3_backup_step(copy->backup, PAGES_A_STEP);

    if (code != SQLITE_OK && code != SQLITE_DONE) {
        PAT_LOG(LOG_ERR, "store.failure", {"doing", "copy"}, {"error", sqlite3_errstr(code)});
        return (code & 0xff) == SQLITE_FULL ? PAT_ERR_FULL : PAT_ERR_IO;
    }
    *ret_of = sqlite3_backup_pagecount(copy->backup);
    *ret_done = code == SQLITE_DONE ? *ret_of : *ret_of - sqlite3_backup_remaining(copy->backup);
    if (code == SQLITE_OK && *ret_done == *ret_of)
        --*ret_done; /* the step that says so is still to come */
    return PAT_OK;
}

void
pat_sqlite_copy_end(void *self)
{
    struct copy *copy = self;

    if (copy == NULL)
        return;
    sqlite3_backup_finish(copy->backup);
    sqlite3_close(copy->to);
    sqlite3_close(copy->from);
    free(copy);
}

/* --- the examination --- */

struct pausing {
    bool (*pause)(void *context);
    void *context;
};

static int
ask_pause(void *context)
{
    const struct pausing *pausing = context;

    return pausing->pause(pausing->context) ? 0 : 1;
}

static enum pat_err
check_integrity(sqlite3 *db, char *ret, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    const char *said;
    enum pat_err err = PAT_OK;
    int code;

    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt, NULL) != SQLITE_OK)
        return failure(db, "check");
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        said = (const char *)sqlite3_column_text(stmt, 0);
        if (said != NULL && strcmp(said, "ok") != 0)
            pat_text_clip(ret, size, said);
    } else {
        err = code == SQLITE_INTERRUPT ? PAT_ERR_BUSY : failure(db, "check");
    }
    sqlite3_finalize(stmt);
    return err;
}

enum pat_err
pat_sqlite_copy_examine(const char *place, bool (*pause)(void *context), void *context, char *ret,
                        size_t size)
{
    struct pausing pausing = {.pause = pause, .context = context};
    sqlite3 *db = NULL;
    enum pat_err err = open_source(place, &db);

    if (err == PAT_OK && pause != NULL)
        sqlite3_progress_handler(db, OPERATIONS_BETWEEN_PAUSES, ask_pause, &pausing);
    if (err == PAT_OK)
        err = check_integrity(db, ret, size);
    sqlite3_close(db);
    return err;
}
