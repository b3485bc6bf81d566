/* SPDX-License-Identifier: BSD-2-Clause */
/* Deeds to users, to many tokens at once, and to the store itself. */
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "core/api/backup.h"
#include "core/api/forget.h"
#include "core/api/keys.h"
#include "core/api/purge.h"
#include "core/api/retention.h"
#include "core/api/tokens.h"
#include "core/api/users.h"
#include "core/store/clock.h"
#include "core/store/usage.h"
#include "tests/faults/deeds_internal.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"

enum { ALICE, BOB, DORA, ERIN };

/* --- users --- */

static enum pat_err
set_enabled(struct world *world, bool enabled)
{
    struct pat_user_record record;
    struct pat_manage manage;
    enum pat_err err, started;

    world->ledger.users[BOB] = 3;
    deeds_note(world);
    started = deeds_start(world, &manage);
    err = started == PAT_OK ? pat_users_set_enabled(&manage, "acme", "bob", enabled, "", &record)
                            : started;
    err = deeds_end(&manage, started, err);
    if (err == PAT_OK) {
        world->ledger.users[BOB] = enabled ? 1 : 2;
        deeds_note(world);
    }
    return err;
}

enum pat_err
deeds_disable(struct world *world)
{
    return set_enabled(world, false);
}

enum pat_err
deeds_enable(struct world *world)
{
    return set_enabled(world, true);
}

bool
deeds_need_enabled(struct world *world)
{
    return world->ledger.users[BOB] == 1 || deeds_enable(world) == PAT_OK;
}

bool
deeds_need_disabled(struct world *world)
{
    return world->ledger.users[BOB] == 2 || deeds_disable(world) == PAT_OK;
}

bool
deeds_need_forgettable(struct world *world)
{
    if (world->ledger.users[ERIN] == 4)
        deeds_make_user(world, ERIN);
    if (world->ledger.users[ERIN] != 1 || !deeds_need(world, ERIN, CLAIM_ACTIVE))
        return false;
    for (size_t i = 0; i < world->ledger.count; i++) {
        const struct deed *revoke = &deeds[3];

        world->subject = &world->ledger.claims[i];
        if (world->subject->user == ERIN && world->subject->may == CLAIM_ACTIVE &&
            revoke->run(world) != PAT_OK)
            return false;
    }
    return true;
}

enum pat_err
deeds_forget(struct world *world)
{
    struct pat_forget forget = {.tenant = "acme", .user = "erin", .reason = ""};
    struct pat_manage manage;
    enum pat_err err = PAT_OK, started;

    world->ledger.users[ERIN] = 1 | 2 | 4;
    for (size_t i = 0; i < world->ledger.count; i++)
        if (world->ledger.claims[i].user == ERIN)
            deeds_may(world, &world->ledger.claims[i], CLAIM_ABSENT);
    while (err == PAT_OK && !forget.done) {
        started = deeds_start(world, &manage);
        err = started == PAT_OK ? pat_forget_piece(&manage, &forget) : started;
        err = deeds_end(&manage, started, err);
    }
    if (err != PAT_OK)
        return err;
    world->ledger.users[ERIN] = 4;
    for (size_t i = 0; i < world->ledger.count; i++)
        if (world->ledger.claims[i].user == ERIN)
            deeds_is(world, &world->ledger.claims[i], CLAIM_ABSENT);
    return err;
}

/* --- many at once --- */

bool
deeds_need_crowd(struct world *world)
{
    for (int i = 0; i < 3; i++)
        if (!deeds_need(world, DORA, CLAIM_ACTIVE))
            return false;
    return true;
}

static enum pat_err
run_bulk(struct world *world, const struct pat_bulk_task *task)
{
    struct pat_bulk *bulk = pat_bulk_new();
    struct pat_manage manage;
    bool found = false, done = false;
    enum pat_err err;

    if (bulk == NULL)
        return PAT_ERR_NOMEM;
    steady_now += 1000000;
    err = host_manage(&world->host, &manage);
    while (err == PAT_OK && !found)
        err = pat_bulk_find(&manage, bulk, task, &found);
    while (err == PAT_OK && !done)
        err = pat_bulk_commit(&manage, bulk, task, &done);
    pat_manage_close(&manage);
    pat_bulk_free(bulk);
    return err;
}

enum pat_err
deeds_revoke_all(struct world *world)
{
    const struct pat_find_filter filter = {.tenant = "acme", .user = "dora"};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "she left");
    const unsigned before = CLAIM_REVOKED | CLAIM_ABSENT;
    enum pat_err err;

    for (size_t i = 0; i < world->ledger.count; i++)
        if (world->ledger.claims[i].user == DORA && (world->ledger.claims[i].may & ~before) != 0)
            deeds_may(world, &world->ledger.claims[i], CLAIM_REVOKED);
    err = run_bulk(world, &task);
    for (size_t i = 0; err == PAT_OK && i < world->ledger.count; i++)
        if (world->ledger.claims[i].user == DORA && (world->ledger.claims[i].may & ~before) != 0)
            deeds_is(world, &world->ledger.claims[i], CLAIM_REVOKED);
    return err;
}

static bool
is_dead(const struct claim *claim, int64_t before)
{
    int64_t expires = claim->expires < 0 ? -claim->expires : claim->expires;

    return ((claim->may & CLAIM_REVOKED) != 0 && claim->ended < before) ||
           (claim->expires != 0 && expires < before);
}

enum pat_err
deeds_purge(struct world *world)
{
    int64_t before = (steady_now += 2 * STEADY_DAY) - STEADY_DAY;
    struct pat_find_filter filter;
    struct pat_bulk_task task;
    struct pat_manage manage;
    enum pat_err err;

    for (size_t i = 0; i < world->ledger.count; i++)
        if (is_dead(&world->ledger.claims[i], before))
            deeds_may(world, &world->ledger.claims[i], CLAIM_ABSENT);
    err = host_manage(&world->host, &manage);
    if (err == PAT_OK)
        err = pat_purge_task(&manage, "acme", before, &filter, &task);
    pat_manage_close(&manage);
    if (err == PAT_OK)
        err = run_bulk(world, &task);
    for (size_t i = 0; err == PAT_OK && i < world->ledger.count; i++)
        if (is_dead(&world->ledger.claims[i], before))
            deeds_is(world, &world->ledger.claims[i], CLAIM_ABSENT);
    return err;
}

/* What waited too long to be confirmed is revoked; without memory for all of it, some of it. */
enum pat_err
deeds_sweep(struct world *world)
{
    struct pat_manage manage;
    int64_t count = 0, overdue = 0;
    enum pat_err err;

    steady_now += STEADY_HOUR;
    for (size_t i = 0; i < world->ledger.count; i++)
        if ((world->ledger.claims[i].may & CLAIM_PENDING) != 0) {
            deeds_may(world, &world->ledger.claims[i], CLAIM_REVOKED);
            overdue++;
        }
    err = host_manage(&world->host, &manage);
    if (err == PAT_OK)
        err = pat_tokens_sweep(&manage, &count);
    pat_manage_close(&manage);
    for (size_t i = 0; err == PAT_OK && count >= overdue && i < world->ledger.count; i++)
        if (world->ledger.claims[i].may == (CLAIM_PENDING | CLAIM_REVOKED))
            deeds_is(world, &world->ledger.claims[i], CLAIM_REVOKED);
    return err;
}

/* --- the store --- */

enum pat_err
deeds_rotate_key(struct world *world)
{
    struct pat_manage manage;
    int64_t number;
    enum pat_err err;

    steady_now += 1000000;
    err = host_manage(&world->host, &manage);
    if (err == PAT_OK)
        err = pat_keys_rotate(&manage, &number);
    pat_manage_close(&manage);
    return err;
}

enum pat_err
deeds_flush_uses(struct world *world)
{
    char why[LEDGER_WHY];

    if (ledger_ask_amid(&world->ledger, &world->host, why) == LEDGER_WRONG)
        figures_found("while uses are counted: %s", why);
    return pat_usage_flush(pat_context_usage(world->host.context));
}

enum pat_err
deeds_save_clock(struct world *world)
{
    struct pat_clock *clock = pat_context_clock(world->host.context);
    struct pat_clock_reading reading;
    enum pat_err err = clock == NULL ? PAT_ERR_CLOCK : pat_clock_read(&reading);

    steady_now += 60000000;
    return err == PAT_OK ? pat_clock_save(clock, &reading) : err;
}

enum pat_err
deeds_back_up(struct world *world)
{
    struct pat_backup_state state = {.finished = false};
    struct pat_backup *backup = NULL;
    struct pat_manage manage;
    enum pat_err err;

    steady_now += 1000000;
    err = host_manage(&world->host, &manage);
    if (err == PAT_OK)
        err = pat_backup_begin(&manage, &backup);
    while (err == PAT_OK && !state.finished)
        err = pat_backup_step(&manage, backup, &state);
    if (err == PAT_OK && unlink(state.path) == -1)
        err = PAT_ERR_IO;
    pat_backup_free(backup);
    pat_manage_close(&manage);
    return err;
}

/* As SQLite does by itself once the log has a thousand pages. */
enum pat_err
deeds_checkpoint(struct world *world)
{
    static const int modes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL,
                                SQLITE_CHECKPOINT_RESTART, SQLITE_CHECKPOINT_TRUNCATE};
    char path[2 * HOST_PATH];
    sqlite3 *db = NULL;
    int code;

    snprintf(path, sizeof path, "%s/state/pat.db", world->host.dir);
    code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_wal_checkpoint_v2(db, NULL, modes[steady_below(&world->random, 4)], NULL,
                                         NULL);
    sqlite3_close(db);
    return code == SQLITE_OK ? PAT_OK : PAT_ERR_IO;
}

enum pat_err
deeds_restart(struct world *world)
{
    char dir[HOST_PATH];

    snprintf(dir, sizeof dir, "%s", world->host.dir);
    host_close(&world->host);
    return host_open(&world->host, dir);
}

enum pat_err
deeds_cut_log(struct world *world)
{
    struct pat_retention_wish wish = {.tenant = "acme", .reason = ""};
    struct pat_manage manage;
    int64_t count = 0;
    enum pat_err err, started;

    wish.before = steady_now;
    steady_now += PAT_RETENTION_LEAST + STEADY_DAY;
    deeds_note(world);
    started = deeds_start(world, &manage);
    err = started == PAT_OK ? pat_retention_cut(&manage, &wish, &count) : started;
    return deeds_end(&manage, started, err);
}
