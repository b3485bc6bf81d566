/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copy grows in a directory of its own, "making", and gets its name when it is complete: what
 * has a name is whole. What a crash left there is removed by the next one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/api/backup.h"
#include "core/base/file.h"

#define PATH_SIZE 4096

struct pat_backup {
    struct pat_context *context;
    struct pat_store_copy *copy;
    char making[PATH_SIZE]; /* the directory */
    char file[PATH_SIZE];   /* the copy in it */
    char path[PATH_SIZE];   /* and what it is called in the end */
    bool finished;
};

static void
clear_making(const struct pat_backup *backup)
{
    static const char *const names[] = {"pat.db", "pat.db-wal", "pat.db-shm", "pat.db-journal"};
    char path[PATH_SIZE];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (pat_file_path(path, sizeof path, backup->making, names[i]) == PAT_OK)
            unlink(path);
    rmdir(backup->making);
}

static enum pat_err
make_dir(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? PAT_OK : pat_file_err(errno);
}

static enum pat_err
prepare(struct pat_backup *backup)
{
    char dir[PATH_SIZE];
    enum pat_err err = pat_file_path(dir, sizeof dir, pat_context_state_dir(backup->context),
                                     "backup");

    if (err == PAT_OK)
        err = pat_file_path(backup->making, sizeof backup->making, dir, "making");
    if (err == PAT_OK)
        err = pat_file_path(backup->file, sizeof backup->file, backup->making, "pat.db");
    if (err == PAT_OK)
        err = make_dir(dir);
    if (err != PAT_OK)
        return err;
    clear_making(backup);
    return mkdir(backup->making, 0700) == 0 ? PAT_OK : pat_file_err(errno);
}

static enum pat_err
refuse(struct pat_manage *manage, enum pat_err err)
{
    if (err == PAT_ERR_UNAVAILABLE)
        return pat_manage_refuse(manage, err, "backup.none",
                                 "this store cannot be copied while it works");
    pat_manage_refuse(manage, err, "backup.failed", "the backup could not be made: %s",
                      pat_err_text(err));
    return err == PAT_ERR_FULL
               ? pat_manage_hint(manage, "make room in %s", pat_context_state_dir(manage->context))
               : err;
}

enum pat_err
pat_backup_begin(struct pat_manage *manage, struct pat_backup **ret)
{
    struct pat_backup *backup = NULL;
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err != PAT_OK)
        return err;
    if (!pat_context_take_backup(manage->context))
        return pat_manage_refuse(manage, PAT_ERR_BUSY, "backup.busy", "a backup is being made");
    backup = calloc(1, sizeof *backup);
    if (backup == NULL) {
        pat_context_give_backup(manage->context);
        return pat_manage_failed(manage, PAT_ERR_NOMEM);
    }
    backup->context = manage->context;
    err = prepare(backup);
    if (err == PAT_OK)
        err = pat_store_copy_begin(manage->store, backup->file, &backup->copy);
    if (err != PAT_OK) {
        pat_backup_free(backup);
        return refuse(manage, err);
    }
    *ret = backup;
    return PAT_OK;
}

/* A copy that its own store cannot read is none. */
static enum pat_err
read_copy(const struct pat_backup *backup, int64_t *ret_generation)
{
    const struct pat_store_args args = {.ops = &pat_sqlite_ops,
                                        .place = backup->making,
                                        .mode = PAT_STORE_WRITE,
                                        .keyring = pat_context_keyring(backup->context)};
    struct pat_store *store = NULL;
    struct pat_host_record host;
    enum pat_err err = pat_store_open(&args, &store);

    if (err == PAT_OK)
        err = pat_store_get(store, PAT_ROW_HOST, "", "", &host);
    pat_store_close(store);
    if (err == PAT_OK)
        *ret_generation = host.generation;
    return err;
}

static enum pat_err
name_copy(struct pat_backup *backup, int64_t generation, int64_t *ret_bytes)
{
    char stamp[32], name[96];
    time_t now = time(NULL);
    struct stat status;
    struct tm parts;
    enum pat_err err = pat_file_sync(backup->file);

    if (err != PAT_OK || gmtime_r(&now, &parts) == NULL || stat(backup->file, &status) == -1)
        return err == PAT_OK ? PAT_ERR_IO : err;
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    snprintf(name, sizeof name, "backup/pat-%s-%lld.db", stamp, (long long)generation);
    err = pat_file_path(backup->path, sizeof backup->path, pat_context_state_dir(backup->context),
                        name);
    if (err != PAT_OK)
        return err;
    if (rename(backup->file, backup->path) == -1)
        return pat_file_err(errno);
    *ret_bytes = status.st_size;
    return pat_file_sync_parent(backup->path);
}

static enum pat_err
log_backup(struct pat_manage *manage, const char *path, int64_t generation)
{
    char after[64];
    const struct pat_change_args change = {
        .event = "db.backup", .subject = strrchr(path, '/') + 1, .after = after};
    enum pat_err err = pat_manage_start(manage);

    if (err != PAT_OK)
        return err;
    snprintf(after, sizeof after, "generation=%lld", (long long)generation);
    return pat_manage_end(manage, pat_manage_log(manage, &change, NULL));
}

static enum pat_err
finish(struct pat_manage *manage, struct pat_backup *backup, struct pat_backup_state *ret)
{
    enum pat_err err;

    pat_store_copy_end(backup->copy);
    backup->copy = NULL;
    err = read_copy(backup, &ret->generation);
    if (err == PAT_OK)
        err = name_copy(backup, ret->generation, &ret->bytes);
    if (err != PAT_OK)
        return refuse(manage, err);
    err = log_backup(manage, backup->path, ret->generation);
    if (err != PAT_OK) {
        unlink(backup->path); /* nobody knows of it */
        return err;
    }
    backup->finished = ret->finished = true;
    ret->path = backup->path;
    return PAT_OK;
}

enum pat_err
pat_backup_step(struct pat_manage *manage, struct pat_backup *backup, struct pat_backup_state *ret)
{
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);
    if (err != PAT_OK)
        return err;
    err = pat_store_copy_step(backup->copy, &ret->done, &ret->of);
    if (err != PAT_OK)
        return refuse(manage, err);
    return ret->done == ret->of ? finish(manage, backup, ret) : PAT_OK;
}

void
pat_backup_free(struct pat_backup *backup)
{
    if (backup == NULL)
        return;
    pat_store_copy_end(backup->copy);
    if (backup->making[0] != '\0')
        clear_making(backup);
    pat_context_give_backup(backup->context);
    free(backup);
}
