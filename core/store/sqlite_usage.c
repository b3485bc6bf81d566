/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage.db: a queue in memory and a SQLite file with synchronous=NORMAL behind it. A database that
 * failed is not asked again before it was opened anew, by the next flush: it could keep each of
 * many lookups waiting.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/sqlite_usage_open.h"
#include "core/store/sqlite_usage_sql.h"
#include "core/store/usage_queue.h"

#define FILE_NAME "usage.db"
#define PATH_SIZE 4096

struct pat_usage {
    struct pat_usage_queue *queue;
    char path[PATH_SIZE];

    pthread_mutex_t db_lock; /* recursive: its holder looks up */
    bool held;
    bool failed; /* and was told so */
    sqlite3 *db;
    sqlite3_stmt *prepared[PAT_USAGE_SQL_COUNT];
    struct pat_usage_note taken[PAT_USAGE_QUEUE_NOTES];
    int64_t cleaned_day;
    _Atomic int64_t since;
};

static const struct pat_usage_note none; /* for statements that are about no use */

/* --- the database; db_lock is held --- */

static enum pat_err
failure(struct pat_usage *usage)
{
    int code = sqlite3_errcode(usage->db) & 0xff;

    PAT_LOG(LOG_WARNING, "store.failure", {"doing", "usage"}, {"error", sqlite3_errmsg(usage->db)});
    usage->failed |= code == SQLITE_IOERR || code == SQLITE_PROTOCOL;
    return code == SQLITE_NOMEM ? PAT_ERR_NOMEM : PAT_ERR_IO;
}

static sqlite3_stmt *
prepare(struct pat_usage *usage, enum pat_sqlite_usage_sql which)
{
    sqlite3_stmt **slot = &usage->prepared[which];

    if (*slot == NULL && sqlite3_prepare_v3(usage->db, pat_sqlite_usage_sql[which], -1,
                                            SQLITE_PREPARE_PERSISTENT, slot, NULL) != SQLITE_OK) {
        enum pat_err logged = failure(usage);

        (void)logged;
        return NULL;
    }
    return *slot;
}

static bool
bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
    return index > sqlite3_bind_parameter_count(stmt) ||
           sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

static bool
bind_number(sqlite3_stmt *stmt, int index, int64_t number)
{
    return index > sqlite3_bind_parameter_count(stmt) ||
           sqlite3_bind_int64(stmt, index, number) == SQLITE_OK;
}

/* Guesses at the secret of a known id must not push real uses out of the ring. */
static bool
is_kept(const struct pat_usage_note *note)
{
    return note->verdict != PAT_VERDICT_BAD_SECRET;
}

/* Parameters that a statement does not have are left out; those it misses are NULL and fail. */
static sqlite3_stmt *
bound(struct pat_usage *usage, enum pat_sqlite_usage_sql which, const struct pat_usage_note *note,
      int64_t day)
{
    sqlite3_stmt *stmt = usage->failed ? NULL : prepare(usage, which);
    bool accepted = note->verdict == PAT_VERDICT_ACCEPTED;

    if (stmt == NULL)
        return NULL;
    if (bind_text(stmt, 1, note->tenant) && bind_text(stmt, 2, note->id) &&
        bind_number(stmt, 3, note->at) && bind_text(stmt, 4, note->service) &&
        bind_text(stmt, 5, note->address) && bind_number(stmt, 6, accepted ? 1 : 0) &&
        bind_number(stmt, 7, accepted ? 0 : 1) &&
        bind_text(stmt, 8, pat_verdict_name(note->verdict)) && bind_number(stmt, 9, day) &&
        bind_number(stmt, 10, is_kept(note) ? 1 : 0))
        return stmt;
    (void)failure(usage);
    return NULL;
}

static enum pat_err
run(struct pat_usage *usage, enum pat_sqlite_usage_sql which, const struct pat_usage_note *note,
    int64_t day)
{
    sqlite3_stmt *stmt = bound(usage, which, note, day);
    enum pat_err err = PAT_OK;

    if (stmt == NULL)
        return PAT_ERR_IO;
    if (sqlite3_step(stmt) != SQLITE_DONE)
        err = failure(usage);
    sqlite3_reset(stmt);
    return err;
}

/* Without memory it fails: the next transaction tries it again. */
static void
roll_back(struct pat_usage *usage)
{
    if (usage->db != NULL && sqlite3_get_autocommit(usage->db) == 0)
        sqlite3_exec(usage->db, "ROLLBACK", NULL, NULL, NULL);
}

static enum pat_err
begin(struct pat_usage *usage, enum pat_sqlite_usage_sql which)
{
    if (!usage->held)
        roll_back(usage); /* what an earlier one left */
    return run(usage, which, &none, 0);
}

static enum pat_err
write_note(struct pat_usage *usage, const struct pat_usage_note *note)
{
    int64_t day = note->at / PAT_USAGE_DAY;
    enum pat_err err = run(usage, PAT_USAGE_PUT_SERVICE_DAY, note, day);

    if (err != PAT_OK || note->id[0] == '\0')
        return err;
    err = run(usage, PAT_USAGE_PUT_TOKEN, note, day);
    if (err == PAT_OK)
        err = run(usage, PAT_USAGE_PUT_TOKEN_DAY, note, day);
    if (err == PAT_OK && is_kept(note))
        err = run(usage, PAT_USAGE_PUT_RECENT, note, day);
    return err;
}

static enum pat_err
write_notes(struct pat_usage *usage, size_t count)
{
    static const enum pat_sqlite_usage_sql old[] = {
        PAT_USAGE_DROP_TOKEN_DAYS, PAT_USAGE_DROP_SERVICE_DAYS, PAT_USAGE_DROP_TOLD};
    int64_t today = usage->taken[count - 1].at / PAT_USAGE_DAY;
    enum pat_err err = begin(usage, PAT_USAGE_BEGIN);

    for (size_t i = 0; err == PAT_OK && i < count; i++)
        err = write_note(usage, &usage->taken[i]);
    if (err == PAT_OK && today != usage->cleaned_day) {
        for (size_t i = 0; err == PAT_OK && i < sizeof old / sizeof old[0]; i++)
            err = run(usage, old[i], &none, today - PAT_USAGE_DAYS);
        usage->cleaned_day = today;
    }
    if (err == PAT_OK)
        err = run(usage, PAT_USAGE_COMMIT, &none, 0);
    if (err != PAT_OK)
        roll_back(usage);
    return err;
}

/* --- opening --- */

static void
close_db(struct pat_usage *usage)
{
    for (size_t i = 0; i < PAT_USAGE_SQL_COUNT; i++) {
        sqlite3_finalize(usage->prepared[i]);
        usage->prepared[i] = NULL;
    }
    sqlite3_close(usage->db);
    usage->db = NULL;
}

static bool
make_lock(struct pat_usage *usage)
{
    pthread_mutexattr_t recursive;
    bool made = pthread_mutexattr_init(&recursive) == 0;

    if (!made)
        return false;
    made = pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE) == 0 &&
           pthread_mutex_init(&usage->db_lock, &recursive) == 0;
    pthread_mutexattr_destroy(&recursive);
    return made;
}

enum pat_err
pat_usage_open(const char *dir, int64_t now, struct pat_usage **ret)
{
    struct pat_usage *usage = calloc(1, sizeof *usage);
    int64_t since = 0;
    enum pat_err err;

    if (usage == NULL)
        return PAT_ERR_NOMEM;
    err = pat_file_path(usage->path, sizeof usage->path, dir, FILE_NAME);
    if (err == PAT_OK)
        err = pat_sqlite_usage_open(usage->path, now, &usage->db, &since);
    atomic_store(&usage->since, err == PAT_OK ? since : INT64_MAX);
    usage->failed = err == PAT_ERR_BUSY;
    err = usage->failed ? PAT_OK : err;
    if (err == PAT_OK && ((usage->queue = pat_usage_queue_new()) == NULL || !make_lock(usage)))
        err = PAT_ERR_NOMEM;
    if (err != PAT_OK) {
        close_db(usage);
        pat_usage_queue_free(usage->queue);
        free(usage);
        return err;
    }
    *ret = usage;
    return PAT_OK;
}

void
pat_usage_close(struct pat_usage *usage)
{
    if (usage == NULL)
        return;
    if (pat_usage_flush(usage) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "writing the last uses"});
    close_db(usage);
    pthread_mutex_destroy(&usage->db_lock);
    pat_usage_queue_free(usage->queue);
    free(usage);
}

/* --- noting and writing --- */

void
pat_usage_note(struct pat_usage *usage, const struct pat_usage_note *note)
{
    if (usage != NULL)
        pat_usage_queue_put(usage->queue, note);
}

/* What stands in it is kept: another try may go well. */
static enum pat_err
open_again(struct pat_usage *usage)
{
    int64_t since = 0;

    if (!usage->failed)
        return PAT_OK;
    close_db(usage);
    if (pat_sqlite_usage_open_again(usage->path, &usage->db, &since) != PAT_OK)
        return PAT_ERR_IO;
    atomic_store(&usage->since, since);
    usage->failed = false;
    return PAT_OK;
}

enum pat_err
pat_usage_flush(struct pat_usage *usage)
{
    enum pat_err err = PAT_OK;
    size_t count;

    if (usage == NULL)
        return PAT_OK;
    pthread_mutex_lock(&usage->db_lock);
    if (!usage->held)
        err = open_again(usage);
    count = usage->held || err != PAT_OK ? 0 : pat_usage_queue_take(usage->queue, usage->taken);
    if (count > 0)
        err = write_notes(usage, count);
    pthread_mutex_unlock(&usage->db_lock);
    return err;
}

/* --- reading --- */

/* Without a transaction, if it cannot be begun, the lookups only take longer. */
void
pat_usage_hold(struct pat_usage *usage)
{
    if (usage == NULL)
        return;
    pthread_mutex_lock(&usage->db_lock);
    usage->held = begin(usage, PAT_USAGE_BEGIN_READ) == PAT_OK;
}

void
pat_usage_release(struct pat_usage *usage)
{
    if (usage == NULL)
        return;
    if (usage->held && run(usage, PAT_USAGE_COMMIT, &none, 0) != PAT_OK)
        roll_back(usage);
    usage->held = false;
    pthread_mutex_unlock(&usage->db_lock);
}

int64_t
pat_usage_since(struct pat_usage *usage)
{
    return usage == NULL ? INT64_MAX : atomic_load(&usage->since);
}

uint64_t
pat_usage_lost(struct pat_usage *usage)
{
    return usage == NULL ? 0 : pat_usage_queue_lost(usage->queue);
}

static const char *
column_text(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text == NULL ? "" : text;
}

static struct pat_usage_note
key_note(const char *tenant, const char *id)
{
    struct pat_usage_note note = {.verdict = PAT_VERDICT_ACCEPTED};

    pat_text_clip(note.tenant, sizeof note.tenant, tenant);
    pat_text_clip(note.id, sizeof note.id, id);
    return note;
}

/* Takes the lock; looked_up() gives it back. NULL: it was told why. */
static sqlite3_stmt *
look_up(struct pat_usage *usage, enum pat_sqlite_usage_sql which, const struct pat_usage_note *key,
        int64_t day)
{
    pthread_mutex_lock(&usage->db_lock);
    return bound(usage, which, key, day);
}

/* A failure must not look like "never used": whoever revokes what is unused believes it. */
static enum pat_err
looked_up(struct pat_usage *usage, sqlite3_stmt *stmt)
{
    enum pat_err err = stmt == NULL ? PAT_ERR_IO : PAT_OK;

    if (sqlite3_reset(stmt) != SQLITE_OK)
        err = failure(usage);
    pthread_mutex_unlock(&usage->db_lock);
    return err;
}

enum pat_err
pat_usage_last(struct pat_usage *usage, const char *tenant, const char *id,
               struct pat_usage_last *ret)
{
    const struct pat_usage_note key = key_note(tenant, id);
    sqlite3_stmt *stmt;

    memset(ret, 0, sizeof *ret);
    if (usage == NULL)
        return PAT_OK;
    stmt = look_up(usage, PAT_USAGE_GET_TOKEN, &key, 0);
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        ret->at = sqlite3_column_int64(stmt, 0);
        pat_text_clip(ret->service, sizeof ret->service, column_text(stmt, 1));
        pat_text_clip(ret->address, sizeof ret->address, column_text(stmt, 2));
        ret->accepted = sqlite3_column_int64(stmt, 3);
        ret->refused = sqlite3_column_int64(stmt, 4);
    }
    return looked_up(usage, stmt);
}

enum pat_err
pat_usage_accepted_by(struct pat_usage *usage, const char *tenant, const char *id,
                      const char *service, bool *ret)
{
    struct pat_usage_note key = key_note(tenant, id);
    sqlite3_stmt *stmt;

    *ret = false;
    if (usage == NULL)
        return PAT_OK;
    pat_text_clip(key.service, sizeof key.service, service);
    stmt = look_up(usage, PAT_USAGE_GET_ACCEPTED_BY, &key, 0);
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
        *ret = sqlite3_column_int(stmt, 0) == 1;
    return looked_up(usage, stmt);
}

enum pat_err
pat_usage_recent(struct pat_usage *usage, const char *tenant, const char *id,
                 pat_usage_each_use *each, void *context)
{
    const struct pat_usage_note key = key_note(tenant, id);
    sqlite3_stmt *stmt;

    if (usage == NULL)
        return PAT_OK;
    stmt = look_up(usage, PAT_USAGE_LIST_RECENT, &key, 0);
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW &&
           each(context, sqlite3_column_int64(stmt, 0), column_text(stmt, 1), column_text(stmt, 2),
                column_text(stmt, 3)))
        continue;
    return looked_up(usage, stmt);
}

enum pat_err
pat_usage_by_day(struct pat_usage *usage, const char *tenant, const char *id, int64_t from_day,
                 pat_usage_each_day *each, void *context)
{
    const struct pat_usage_note key = key_note(tenant, id);
    sqlite3_stmt *stmt;

    if (usage == NULL)
        return PAT_OK;
    stmt = look_up(usage, id[0] == '\0' ? PAT_USAGE_LIST_SERVICE_DAYS : PAT_USAGE_LIST_TOKEN_DAYS,
                   &key, from_day);
    while (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW &&
           each(context, column_text(stmt, 0), sqlite3_column_int64(stmt, 1),
                sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3)))
        continue;
    return looked_up(usage, stmt);
}

/* --- what owners were told --- */

enum pat_err
pat_usage_told(struct pat_usage *usage, const char *tenant, const char *id, int64_t *ret_days)
{
    const struct pat_usage_note key = key_note(tenant, id);
    sqlite3_stmt *stmt;

    *ret_days = INT64_MAX;
    if (usage == NULL)
        return PAT_ERR_UNAVAILABLE;
    stmt = look_up(usage, PAT_USAGE_GET_TOLD, &key, 0);
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW)
        *ret_days = sqlite3_column_int64(stmt, 0);
    return looked_up(usage, stmt);
}

enum pat_err
pat_usage_tell(struct pat_usage *usage, const char *tenant, const char *id, int64_t days,
               int64_t now)
{
    struct pat_usage_note note = key_note(tenant, id);
    enum pat_err err;

    if (usage == NULL)
        return PAT_ERR_UNAVAILABLE;
    note.at = now;
    pthread_mutex_lock(&usage->db_lock);
    err = run(usage, PAT_USAGE_PUT_TOLD, &note, days);
    pthread_mutex_unlock(&usage->db_lock);
    return err;
}

static enum pat_err
forget_one(struct pat_usage *usage, const char *tenant, const char *id)
{
    static const enum pat_sqlite_usage_sql from[] = {PAT_USAGE_FORGET_TOKEN,
                                                     PAT_USAGE_FORGET_RECENT, PAT_USAGE_FORGET_DAYS,
                                                     PAT_USAGE_FORGET_TOLD};
    const struct pat_usage_note key = key_note(tenant, id);
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < sizeof from / sizeof from[0]; i++)
        err = run(usage, from[i], &key, 0);
    return err;
}

enum pat_err
pat_usage_forget(struct pat_usage *usage, const char *tenant, const char (*ids)[PAT_ID_LEN + 1],
                 size_t count)
{
    enum pat_err err = pat_usage_flush(usage); /* what is queued would come back */

    if (usage == NULL || err != PAT_OK)
        return err;
    pthread_mutex_lock(&usage->db_lock);
    err = begin(usage, PAT_USAGE_BEGIN);
    for (size_t i = 0; err == PAT_OK && i < count; i++)
        err = forget_one(usage, tenant, ids[i]);
    if (err == PAT_OK)
        err = run(usage, PAT_USAGE_COMMIT, &none, 0);
    if (err != PAT_OK)
        roll_back(usage);
    pthread_mutex_unlock(&usage->db_lock);
    return err;
}
