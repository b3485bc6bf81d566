/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening what a patd works with, and watching that it can be trusted. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/api/ballast.h"
#include "core/api/context_internal.h"
#include "core/api/counts.h"
#include "core/api/recover.h"
#include "core/base/diag.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/clock.h"
#include "core/store/usage.h"
#include "core/token/generate.h"

#define PATH_SIZE 4096
/* SECURITY: stands in the key directory, where only patd writes, while the first store and keys are
 * made. */
#define CREATING "creating"

/* --- health --- */

enum pat_verdict
pat_context_health(struct pat_context *context)
{
    return (enum pat_verdict)atomic_load(&context->health);
}

void
pat_context_trouble(struct pat_context *context, char *ret, size_t size)
{
    pthread_mutex_lock(&context->lock);
    pat_text_clip(ret, size, context->trouble);
    pthread_mutex_unlock(&context->lock);
}

void
pat_context_fail(struct pat_context *context, enum pat_verdict verdict, const char *text)
{
    bool known;

    pthread_mutex_lock(&context->lock);
    known = atomic_exchange(&context->health, (int)verdict) == (int)verdict &&
            pat_text_equal(context->trouble, text);
    pat_text_clip(context->trouble, sizeof context->trouble, text);
    pthread_mutex_unlock(&context->lock);
    if (known)
        return; /* whoever tries again finds the same: once is an alarm, more is noise */
    PAT_LOG(LOG_ALERT, "alarm", {"verdict", pat_verdict_name(verdict)}, {"error", text});
}

/* SECURITY: only what may pass is forgotten. A store that was found wrong stays so until a start.
 */
static void
recover_health(struct pat_context *context)
{
    pthread_mutex_lock(&context->lock);
    if (pat_context_health(context) == PAT_VERDICT_UNAVAILABLE_STORE) {
        context->trouble[0] = '\0';
        atomic_store(&context->health, (int)PAT_VERDICT_ACCEPTED);
    }
    pthread_mutex_unlock(&context->lock);
}

/* --- the store's files --- */

struct pat_store_args
pat_context_store_args(const struct pat_context *context, enum pat_store_mode mode)
{
    return (struct pat_store_args){.ops = &pat_sqlite_ops,
                                   .place = context->state_dir,
                                   .mode = mode,
                                   .keyring = context->keyring,
                                   .anchor = context->anchor};
}

static enum pat_err
create_store(struct pat_context *context)
{
    const struct pat_store_args args = pat_context_store_args(context, PAT_STORE_CREATE);
    const struct pat_anchor_mark empty = {.generation = 1};
    struct pat_store *store = NULL;
    enum pat_err err = pat_store_open(&args, &store);

    pat_store_close(store);
    if (err == PAT_OK)
        err = pat_anchor_create(context->keys_dir,
                                pat_keyring_key(context->keyring, PAT_KEYRING_ANCHOR), &empty);
    return err;
}

/* Out of the way, not removed: somebody may have put a backup there since. */
static enum pat_err
put_aside(const char *dir, const char *const *names, size_t count)
{
    char path[PATH_SIZE], aside[PATH_SIZE + 16];
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < count; i++) {
        err = pat_file_path(path, sizeof path, dir, names[i]);
        snprintf(aside, sizeof aside, "%s.half-made", path);
        if (err == PAT_OK && rename(path, aside) == -1 && errno != ENOENT)
            err = pat_file_err(errno);
    }
    return err;
}

/* A crash while the first store was made: nothing in it was ever acknowledged. */
static enum pat_err
put_half_made_aside(const struct pat_context *context)
{
    static const char *const state[] = {"pat.db", "pat.db-wal", "pat.db-shm", "pat.db.new"};
    static const char *const keys[] = {"seal.1", "verifier.1", "anchor", "clock"};
    enum pat_err err;

    PAT_LOG(LOG_WARNING, "failure",
            {"doing", "making the first store again; what was there is now NAME.half-made"});
    err = put_aside(context->state_dir, state, sizeof state / sizeof state[0]);
    return err == PAT_OK ? put_aside(context->keys_dir, keys, sizeof keys / sizeof keys[0]) : err;
}

/* Makes store and keys if, and only if, neither is there. PAT_ERR_EXISTS when one is. */
static enum pat_err
create_if_absent(struct pat_context *context)
{
    char marker[PATH_SIZE], database[PATH_SIZE];
    enum pat_err err = pat_file_path(marker, sizeof marker, context->keys_dir, CREATING);

    if (err == PAT_OK)
        err = pat_file_path(database, sizeof database, context->state_dir, "pat.db");
    if (err != PAT_OK)
        return err;
    if (access(marker, F_OK) == 0)
        err = put_half_made_aside(context);
    if (err != PAT_OK)
        return err;
    if (access(database, F_OK) == 0)
        return PAT_ERR_EXISTS;
    err = pat_keyring_open(context->keys_dir, &context->keyring);
    if (err != PAT_ERR_NOT_FOUND)
        return err == PAT_OK || err == PAT_ERR_KEY ? PAT_ERR_EXISTS : err;
    err = pat_file_write(marker, "", 0, 0);
    if (err == PAT_OK)
        err = pat_keyring_create(context->keys_dir);
    if (err == PAT_OK)
        err = pat_keyring_open(context->keys_dir, &context->keyring);
    if (err == PAT_OK)
        err = create_store(context);
    if (err == PAT_OK && unlink(marker) == -1)
        err = PAT_ERR_IO;
    return err == PAT_OK ? pat_file_sync_parent(marker) : err;
}

static enum pat_err
open_clock(struct pat_context *context)
{
    struct pat_clock_reading reading;
    enum pat_err err = pat_clock_read(&reading);

    if (err != PAT_OK)
        return err;
    return pat_clock_open(context->keys_dir, pat_keyring_key(context->keyring, PAT_KEYRING_CLOCK),
                          &reading, &context->clock);
}

/* Keys, anchor and clock of a store that is there; what is wrong becomes the health. */
static void
open_files(struct pat_context *context)
{
    enum pat_err err = PAT_OK;

    if (context->keyring == NULL)
        err = pat_keyring_open(context->keys_dir, &context->keyring);
    if (err != PAT_OK) {
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_KEY,
                         "a key is missing or damaged: put the backup of the key directory back");
        return;
    }
    err = pat_anchor_open(context->keys_dir, pat_keyring_key(context->keyring, PAT_KEYRING_ANCHOR),
                          &context->anchor);
    if (err != PAT_OK) {
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_ROLLED_BACK,
                         "the anchor is missing or damaged");
        return;
    }
    if (open_clock(context) != PAT_OK)
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_CLOCK,
                         "the clock or its mark cannot be read");
}

/* --- opening and closing --- */

static void
open_usage(struct pat_context *context)
{
    int64_t now;

    if (context->clock == NULL || pat_clock_now(context->clock, &now) != PAT_OK ||
        pat_usage_open(context->state_dir, now, &context->usage) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "opening usage.db; uses are not counted"});
}

/* By the clock of the system: there may be no other one. */
static enum pat_err
begin_counting(struct pat_context *context)
{
    struct timespec now = {.tv_sec = 0};

    clock_gettime(CLOCK_REALTIME, &now);
    return pat_counts_new((int64_t)now.tv_sec * PAT_SECOND + now.tv_nsec / 1000, &context->counts);
}

enum pat_err
pat_context_open(struct pat_config *config, struct pat_context **ret, struct pat_diag *diag)
{
    struct pat_context *context = calloc(1, sizeof *context);
    enum pat_err err = PAT_ERR_NOMEM;

    if (context == NULL || pthread_mutex_init(&context->lock, NULL) != 0) {
        free(context);
        pat_config_free(config);
        return pat_diag_set(diag, err, 0, 0, "out of memory");
    }
    atomic_store(&context->health, (int)PAT_VERDICT_ACCEPTED);
    pat_text_clip(context->state_dir, sizeof context->state_dir, config->state_dir);
    pat_text_clip(context->keys_dir, sizeof context->keys_dir, config->keys_dir);
    err = pat_context_swap_config(context, config);
    if (err == PAT_OK)
        err = begin_counting(context);
    if (err == PAT_OK)
        err = pat_generate_start();
    if (err == PAT_OK) {
        err = create_if_absent(context);
        err = err == PAT_ERR_EXISTS ? PAT_OK : err;
    }
    if (err != PAT_OK) {
        pat_diag_set(diag, err, 0, 0, "cannot make or open the store in %s with keys in %s: %s",
                     context->state_dir, context->keys_dir, pat_err_text(err));
        pat_context_close(context);
        return err;
    }
    open_files(context);
    open_usage(context);
    *ret = context;
    return PAT_OK;
}

static void
save_clock(struct pat_context *context)
{
    struct pat_clock_reading reading;

    if (context->clock != NULL &&
        (pat_clock_read(&reading) != PAT_OK || pat_clock_save(context->clock, &reading) != PAT_OK))
        PAT_LOG(LOG_WARNING, "failure", {"doing", "saving the clock's mark"});
}

void
pat_context_close(struct pat_context *context)
{
    if (context == NULL)
        return;
    save_clock(context);
    pat_usage_close(context->usage);
    pat_counts_free(context->counts);
    pat_clock_close(context->clock);
    pat_anchor_close(context->anchor);
    pat_keyring_free(context->keyring);
    pat_context_free_configs(context->configs);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

/* --- handles --- */

static void
learn_default_tenant(struct pat_context *context, struct pat_store *store)
{
    struct pat_host_record host;

    if (pat_store_get(store, PAT_ROW_HOST, "", "", &host) == PAT_OK)
        pat_context_set_default_tenant(context, host.default_tenant);
}

void
pat_context_distrust(struct pat_context *context, enum pat_err err)
{
    if (err == PAT_ERR_SEAL)
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_ROLLED_BACK,
                         "the store was changed behind patd's back");
    else if (err == PAT_ERR_ROLLBACK)
        pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_ROLLED_BACK,
                         "the store is older than its anchor: a backup was put back");
}

static void
fail_open(struct pat_context *context, enum pat_err err)
{
    char text[160];

    pat_context_distrust(context, err);
    if (err == PAT_ERR_ROLLBACK || err == PAT_ERR_SEAL)
        return;
    snprintf(text, sizeof text, "the store cannot be opened: %s", pat_err_text(err));
    pat_context_fail(context, PAT_VERDICT_UNAVAILABLE_STORE, text);
}

static enum pat_err
open_handle(struct pat_context *context, enum pat_store_mode mode, struct pat_store **ret)
{
    const struct pat_store_args args = pat_context_store_args(context, mode);

    if (context->keyring == NULL || context->anchor == NULL || context->clock == NULL)
        return PAT_ERR_UNAVAILABLE; /* the health says why */
    return pat_store_open(&args, ret);
}

/* A reader that cannot be opened may be opened the next time: only a broken seal stops all. */
enum pat_err
pat_context_reader(struct pat_context *context, struct pat_store **ret)
{
    enum pat_err err = open_handle(context, PAT_STORE_READ, ret);

    if (err == PAT_ERR_SEAL)
        fail_open(context, err);
    else if (err != PAT_OK)
        PAT_LOG(LOG_ERR, "failure", {"doing", "opening the store"}, {"error", pat_err_text(err)});
    return err == PAT_OK ? PAT_OK : PAT_ERR_UNAVAILABLE;
}

enum pat_err
pat_context_writer(struct pat_context *context, struct pat_store **ret)
{
    struct pat_store *store = NULL;
    enum pat_err err = open_handle(context, PAT_STORE_WRITE, &store);

    /* Without room for what lies beside it, the store could not even be read. */
    if (err == PAT_ERR_FULL &&
        pat_ballast_drop(context->state_dir, "opening the store on a full disk: the room kept for "
                                             "taking rights away is used now"))
        err = open_handle(context, PAT_STORE_WRITE, &store);
    if (err == PAT_ERR_UNAVAILABLE)
        return err;
    if (err == PAT_OK)
        err = pat_store_compare(store);
    if (err == PAT_ERR_CONFLICT)
        err = pat_recover_forward(store);
    if (err != PAT_OK) {
        pat_store_close(store);
        fail_open(context, err);
        return PAT_ERR_UNAVAILABLE;
    }
    learn_default_tenant(context, store);
    recover_health(context);
    *ret = store;
    return PAT_OK;
}
