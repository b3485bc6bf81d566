/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything is tried on a copy in a directory of its own, "restoring"; only a good one takes the
 * store's name. What a crash leaves in between is an old store without its log, or none: both are
 * refused by patd, and the restore can be run again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/api/install.h"
#include "core/api/manage.h"
#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "core/store/clock.h"
#include "core/token/generate.h"

#define PATH_SIZE 4096
#define BLOCK 65536

struct place {
    const struct pat_config *config;
    struct pat_installed *ret;
    struct pat_diag *diag;
    struct pat_keyring *keyring;
    char staging[PATH_SIZE], file[PATH_SIZE], database[PATH_SIZE];
};

static enum pat_err
say_failed(struct place *place, enum pat_err err, const char *doing)
{
    return err == PAT_OK ? PAT_OK
                         : pat_diag_set(place->diag, err, 0, 0, "%s: %s", doing, pat_err_text(err));
}

/* --- before anything is changed --- */

static enum pat_err
check_owner(struct place *place)
{
    const char *dir = place->config->state_dir;
    struct stat status;

    if (lstat(dir, &status) == -1)
        return pat_diag_set(place->diag, pat_file_err(errno), 0, 0, "%s: %s", dir, strerror(errno));
    return status.st_uid == geteuid()
               ? PAT_OK
               : pat_diag_set(place->diag, PAT_ERR_DENIED, 0, 0,
                              "%s belongs to uid %u: only root and that uid may do this", dir,
                              status.st_uid);
}

/* A name that is not taken: two in a second are possible. */
static void
name_aside(struct place *place, const char *stamp)
{
    char path[PATH_SIZE + 64];
    int number = 1;

    do {
        snprintf(place->ret->aside, sizeof place->ret->aside,
                 number == 1 ? ".before-restore-%s" : ".before-restore-%s-%d", stamp, number);
        snprintf(path, sizeof path, "%s%s", place->database, place->ret->aside);
    } while (number++ < 100 && access(path, F_OK) == 0);
}

static enum pat_err
begin(struct place *place, const struct pat_config *config, struct pat_installed *ret,
      struct pat_diag *diag)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm parts;
    enum pat_err err;

    *place = (struct place){.config = config, .ret = ret, .diag = diag};
    memset(ret, 0, sizeof *ret);
    if (gmtime_r(&now, &parts) == NULL)
        return say_failed(place, PAT_ERR_CLOCK, "the time");
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    err = pat_file_path(place->database, sizeof place->database, config->state_dir, "pat.db");
    if (err == PAT_OK)
        err = pat_file_path(place->staging, sizeof place->staging, config->state_dir, "restoring");
    if (err == PAT_OK)
        err = pat_file_path(place->file, sizeof place->file, place->staging, "pat.db");
    if (err != PAT_OK)
        return say_failed(place, err, config->state_dir);
    name_aside(place, stamp);
    err = check_owner(place);
    if (err == PAT_OK)
        err = say_failed(place, pat_generate_start(), "random numbers");
    if (err != PAT_OK)
        return err;
    err = pat_keyring_open(config->keys_dir, &place->keyring);
    return err == PAT_OK ? PAT_OK
                         : pat_diag_set(diag, PAT_ERR_KEY, 0, 0,
                                        "%s has no whole set of keys: put the backup of the key "
                                        "directory back first",
                                        config->keys_dir);
}

static void
clear_staging(const struct place *place)
{
    static const char *const names[] = {"pat.db", "pat.db-wal", "pat.db-shm", "pat.db-journal"};
    char path[PATH_SIZE];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (pat_file_path(path, sizeof path, place->staging, names[i]) == PAT_OK)
            unlink(path);
    rmdir(place->staging);
}

static void
end(struct place *place)
{
    pat_keyring_free(place->keyring);
    if (place->staging[0] != '\0')
        clear_staging(place);
}

/* --- the copy --- */

static enum pat_err
write_block(int to, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(to, bytes, len);

        if (done == -1 && errno == EINTR)
            continue;
        if (done == -1)
            return pat_file_err(errno);
        bytes += done;
        len -= (size_t)done;
    }
    return PAT_OK;
}

static enum pat_err
copy_bytes(int from, int to)
{
    char block[BLOCK];
    off_t at = 0;
    ssize_t got;
    enum pat_err err = PAT_OK;

    while (err == PAT_OK && (got = pread(from, block, sizeof block, at)) != 0) {
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return pat_file_err(errno);
        err = write_block(to, block, (size_t)got);
        at += got;
    }
    return err;
}

static enum pat_err
copy_file(struct place *place, int from)
{
    enum pat_err err;
    int to;

    clear_staging(place);
    if (mkdir(place->staging, 0700) == -1)
        return say_failed(place, pat_file_err(errno), place->staging);
    to = open(place->file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to == -1)
        return say_failed(place, pat_file_err(errno), place->file);
    err = copy_bytes(from, to);
    close(to);
    return say_failed(place, err, "the backup could not be copied");
}

static enum pat_err
say_unusable(struct place *place, enum pat_err err)
{
    if (err == PAT_ERR_VERSION)
        return pat_diag_set(place->diag, err, 0, 0,
                            "the database was written by a newer version of linux-pat");
    if (err == PAT_ERR_SEAL)
        return pat_diag_set(place->diag, err, 0, 0,
                            "the database was made with other keys than those in %s, or changed",
                            place->config->keys_dir);
    if (err == PAT_ERR_SYNTAX || err == PAT_ERR_IO)
        return pat_diag_set(place->diag, PAT_ERR_SYNTAX, 0, 0,
                            "this is not a database of linux-pat");
    return say_failed(place, err, "the database cannot be read");
}

/* Tokens whose key is gone would be refused as unavailable; the others work. */
static void
note_lost_keys(struct place *place, const struct pat_check *check)
{
    for (size_t i = 0; i < check->key_count; i++)
        if (pat_keyring_verifier(place->keyring, check->keys[i].number) == NULL) {
            place->ret->lost_key = check->keys[i].number;
            place->ret->lost_tokens += check->keys[i].tokens;
        }
}

static enum pat_err
check_store(struct place *place, struct pat_store *store)
{
    struct pat_host_record host;
    struct pat_check check;
    char trouble[240] = "";
    enum pat_err err = pat_store_get(store, PAT_ROW_HOST, "", "", &host);

    if (err == PAT_OK)
        err = pat_store_examine(store, NULL, NULL, trouble, sizeof trouble);
    if (err == PAT_OK && trouble[0] == '\0')
        err = pat_check_store(store, NULL, NULL, &check);
    if (err == PAT_ERR_SEAL)
        pat_text_clip(trouble, sizeof trouble, check.trouble);
    if (trouble[0] != '\0')
        return pat_diag_set(place->diag, PAT_ERR_SEAL, 0, 0,
                            "the database does not agree with itself: %.180s", trouble);
    if (err != PAT_OK)
        return say_failed(place, err, "the database could not be checked");
    place->ret->generation = host.generation;
    note_lost_keys(place, &check);
    return PAT_OK;
}

static enum pat_err
open_at(struct place *place, const char *dir, struct pat_store **ret)
{
    const struct pat_store_args args = {
        .ops = &pat_sqlite_ops, .place = dir, .mode = PAT_STORE_WRITE, .keyring = place->keyring};

    return say_unusable(place, pat_store_open(&args, ret));
}

static enum pat_err
check_copy(struct place *place)
{
    struct pat_store *store = NULL;
    enum pat_err err = open_at(place, place->staging, &store);

    if (err == PAT_OK)
        err = check_store(place, store);
    pat_store_close(store); /* the last one: it leaves one file */
    return err;
}

/* One that is missing or damaged leaves ret->anchor at 0: whoever called tells the next step. */
static int64_t
read_anchor(struct place *place)
{
    struct pat_anchor *anchor = NULL;
    int64_t reach;

    if (pat_anchor_open(place->config->keys_dir,
                        pat_keyring_key(place->keyring, PAT_KEYRING_ANCHOR), &anchor) != PAT_OK)
        return 0;
    place->ret->anchor = pat_anchor_newest(anchor);
    reach = pat_anchor_reach(anchor);
    pat_anchor_close(anchor);
    return reach;
}

static enum pat_err
check_reach(struct place *place)
{
    int64_t reach = read_anchor(place);

    return place->ret->generation >= reach
               ? PAT_OK
               : pat_diag_set(place->diag, PAT_ERR_ROLLBACK, 0, 0,
                              "the backup is of generation %lld, and what was taken away is known "
                              "only since generation %lld",
                              (long long)place->ret->generation, (long long)reach);
}

/* --- putting it in place --- */

static enum pat_err
put_aside(struct place *place, const char *name, bool keep)
{
    char path[PATH_SIZE], aside[PATH_SIZE + 64];
    enum pat_err err = pat_file_path(path, sizeof path, place->config->state_dir, name);

    if (err != PAT_OK)
        return err;
    snprintf(aside, sizeof aside, "%s%s", path, place->ret->aside);
    if ((keep ? link(path, aside) : rename(path, aside)) == -1 && errno != ENOENT)
        return pat_file_err(errno);
    return PAT_OK;
}

/* The old log goes first: beside another database it would be read as that one's. */
static enum pat_err
put_in_place(struct place *place)
{
    enum pat_err err = pat_file_sync(place->file);

    if (err == PAT_OK)
        err = put_aside(place, "pat.db", true);
    if (err == PAT_OK)
        err = put_aside(place, "pat.db-wal", false);
    if (err == PAT_OK)
        err = put_aside(place, "pat.db-shm", false);
    if (err == PAT_OK)
        err = pat_file_sync_parent(place->database);
    if (err == PAT_OK && rename(place->file, place->database) == -1)
        err = pat_file_err(errno);
    if (err == PAT_OK)
        err = pat_file_sync_parent(place->database);
    return say_failed(place, err, "the backup could not be put in place");
}

enum pat_err
pat_install(const struct pat_config *config, int fd, struct pat_installed *ret,
            struct pat_diag *diag)
{
    struct place place;
    enum pat_err err = begin(&place, config, ret, diag);

    if (err == PAT_OK)
        err = copy_file(&place, fd);
    if (err == PAT_OK)
        err = check_copy(&place);
    if (err == PAT_OK)
        err = check_reach(&place);
    if (err == PAT_OK)
        err = put_in_place(&place);
    end(&place);
    return err;
}

/* --- a new anchor --- */

static enum pat_err
log_new_anchor(struct place *place, struct pat_store *store, uint32_t uid)
{
    struct pat_manage manage = {.store = store, .actor = {.uid = uid, .is_operator = true}};
    struct pat_clock_reading reading;
    char before[64];
    const struct pat_change_args change = {
        .event = "db.restore",
        .before = before,
        .reason = "begun with a new anchor: the old one was lost"};
    enum pat_err err = pat_clock_read(&reading);

    if (err == PAT_OK)
        err = pat_store_begin(store, true);
    if (err != PAT_OK)
        return err;
    manage.now = reading.wall;
    if (uid == 0)
        pat_text_clip(manage.actor.name, sizeof manage.actor.name, "root");
    else
        snprintf(manage.actor.name, sizeof manage.actor.name, "uid %u", uid);
    snprintf(before, sizeof before, "generation=%lld", (long long)place->ret->generation);
    err = pat_manage_end(&manage, pat_manage_log(&manage, &change, NULL));
    pat_manage_close(&manage);
    return err;
}

static enum pat_err
begin_anchor(struct place *place, struct pat_store *store, uint32_t uid)
{
    const char *dir = place->config->keys_dir;
    char path[PATH_SIZE], aside[PATH_SIZE + 64];
    struct pat_anchor_mark mark;
    struct pat_host_record host;
    enum pat_err err = log_new_anchor(place, store, uid);

    if (err == PAT_OK)
        err = pat_store_get(store, PAT_ROW_HOST, "", "", &host);
    if (err == PAT_OK)
        err = pat_file_path(path, sizeof path, dir, "anchor");
    if (err != PAT_OK)
        return err;
    snprintf(aside, sizeof aside, "%s%s", path, place->ret->aside);
    if (rename(path, aside) == -1 && errno != ENOENT)
        return pat_file_err(errno);
    mark.generation = host.generation;
    memcpy(mark.sum, host.sum, sizeof mark.sum);
    place->ret->generation = place->ret->anchor = host.generation;
    return pat_anchor_create(dir, pat_keyring_key(place->keyring, PAT_KEYRING_ANCHOR), &mark);
}

enum pat_err
pat_install_anchor(const struct pat_config *config, uint32_t uid, struct pat_installed *ret,
                   struct pat_diag *diag)
{
    struct pat_store *store = NULL;
    struct place place;
    enum pat_err err = begin(&place, config, ret, diag);

    if (err == PAT_OK)
        (void)read_anchor(&place);
    if (err == PAT_OK && ret->anchor != 0)
        err = pat_diag_set(diag, PAT_ERR_EXISTS, 0, 0, "the anchor is there, and whole");
    if (err == PAT_OK)
        err = open_at(&place, config->state_dir, &store);
    if (err == PAT_OK)
        err = check_store(&place, store);
    if (err == PAT_OK)
        err = say_failed(&place, begin_anchor(&place, store, uid), "a new anchor");
    pat_store_close(store);
    end(&place);
    return err;
}
