/* SPDX-License-Identifier: BSD-2-Clause */
/* Deeds to single tokens. Those to more than one, and to the store, are in deeds_more.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/change.h"
#include "core/api/rotate.h"
#include "core/api/tenants.h"
#include "core/api/users.h"
#include "core/base/text.h"
#include "tests/faults/deeds_internal.h"
#include "tests/faults/figures.h"
#include "tests/faults/steady.h"

/* --- the ledger while a change is under way --- */

void
deeds_note(struct world *world)
{
    world->ledger.now = steady_now;
    if (world->note != NULL)
        world->note(&world->ledger);
}

void
deeds_may(struct world *world, struct claim *claim, enum claim_state state)
{
    claim->may |= (unsigned)state;
    deeds_note(world);
}

void
deeds_is(struct world *world, struct claim *claim, enum claim_state state)
{
    claim->may = (unsigned)state;
    if (claim->expires < 0)
        claim->expires = -claim->expires;
    if (state == CLAIM_REVOKED) {
        claim->ended = steady_now;
        claim->generation = pat_anchor_newest(pat_context_anchor(world->host.context));
    }
    deeds_note(world);
}

/* --- changes of one transaction --- */

enum pat_err
deeds_start(struct world *world, struct pat_manage *manage)
{
    enum pat_err err;

    steady_now += 1000000;
    err = host_manage(&world->host, manage);
    return err == PAT_OK ? pat_manage_start(manage) : err;
}

enum pat_err
deeds_end(struct pat_manage *manage, enum pat_err started, enum pat_err err)
{
    if (started == PAT_OK)
        err = pat_manage_end(manage, err);
    pat_manage_close(manage);
    return started == PAT_OK ? err : started;
}

/* --- making tokens --- */

static enum pat_err
make(struct world *world, int user, bool pending)
{
    struct pat_token_draft draft = {.tenant = "acme",
                                    .user = ledger_users[user],
                                    .description = "",
                                    .scopes = "mail:*",
                                    .addresses = "",
                                    .expiry = PAT_EXPIRY_NEVER,
                                    .pending = pending,
                                    .batch = ""};
    struct claim *claim = NULL;
    struct pat_token_record record;
    struct pat_token token;
    struct pat_manage manage;
    enum pat_err started = deeds_start(world, &manage), err = PAT_OK;
    char name[32];

    snprintf(name, sizeof name, "token number %u", world->number++);
    draft.name = name;
    if (started == PAT_OK)
        err = pat_tokens_create(&manage, &draft, &token, &record);
    if (started == PAT_OK && err == PAT_OK) {
        claim = ledger_add(&world->ledger, &token, user, pending ? CLAIM_PENDING : CLAIM_ACTIVE);
        deeds_note(world);
    }
    err = deeds_end(&manage, started, err);
    if (err == PAT_OK)
        deeds_is(world, claim, pending ? CLAIM_PENDING : CLAIM_ACTIVE);
    world->subject = claim;
    return err;
}

static bool
has_room(struct world *world)
{
    return world->ledger.count + 4 < LEDGER_MAX;
}

bool
deeds_need(struct world *world, int user, enum claim_state state)
{
    struct claim *claim = ledger_pick(&world->ledger, user, state, steady_next(&world->random));

    world->subject = claim;
    if (claim != NULL)
        return true;
    return state == CLAIM_ACTIVE && has_room(world) && make(world, user, false) == PAT_OK;
}

static enum pat_err
create(struct world *world)
{
    bool bob = world->ledger.users[1] == 1 && steady_below(&world->random, 2) == 0;

    return make(world, bob ? 1 : 0, false);
}

static enum pat_err
create_pending(struct world *world)
{
    return make(world, 0, true);
}

/* --- changes of a token --- */

static bool
need_active(struct world *world)
{
    return deeds_need(world, 0, CLAIM_ACTIVE);
}

/* A new one: older ones may have waited too long. */
static bool
need_pending(struct world *world)
{
    return has_room(world) && make(world, 0, true) == PAT_OK;
}

typedef enum pat_err change(struct pat_manage *manage, const char *id,
                            struct pat_token_record *ret);

static enum pat_err
change_subject(struct world *world, change *call, enum claim_state state)
{
    struct claim *claim = world->subject;
    struct pat_token_record record;
    struct pat_manage manage;
    enum pat_err err, started;

    deeds_may(world, claim, state);
    started = deeds_start(world, &manage);
    err = started == PAT_OK ? call(&manage, claim->id, &record) : started;
    err = deeds_end(&manage, started, err);
    if (err == PAT_OK)
        deeds_is(world, claim, state);
    return err;
}

static enum pat_err
call_confirm(struct pat_manage *manage, const char *id, struct pat_token_record *ret)
{
    return pat_tokens_confirm(manage, "acme", id, 0, ret);
}

static enum pat_err
call_revoke(struct pat_manage *manage, const char *id, struct pat_token_record *ret)
{
    return pat_tokens_revoke(manage, "acme", id, "the laptop is lost", "", ret);
}

static enum pat_err
call_suspend(struct pat_manage *manage, const char *id, struct pat_token_record *ret)
{
    return pat_change_suspend(manage, "acme", id, "for a while", ret);
}

static enum pat_err
call_resume(struct pat_manage *manage, const char *id, struct pat_token_record *ret)
{
    return pat_change_resume(manage, "acme", id, "", ret);
}

static enum pat_err
call_edit(struct pat_manage *manage, const char *id, struct pat_token_record *ret)
{
    const struct pat_change_wish wish = {.scopes = "mail:read", .reason = ""};

    return pat_change_edit(manage, "acme", id, &wish, ret);
}

static enum pat_err
confirm(struct world *world)
{
    return change_subject(world, call_confirm, CLAIM_ACTIVE);
}

static enum pat_err
revoke(struct world *world)
{
    return change_subject(world, call_revoke, CLAIM_REVOKED);
}

static enum pat_err
suspend(struct world *world)
{
    return change_subject(world, call_suspend, CLAIM_SUSPENDED);
}

static bool
need_suspended(struct world *world)
{
    return deeds_need(world, 0, CLAIM_SUSPENDED) ||
           (need_active(world) && suspend(world) == PAT_OK);
}

static enum pat_err
resume(struct world *world)
{
    return change_subject(world, call_resume, CLAIM_ACTIVE);
}

static enum pat_err
edit(struct world *world)
{
    return change_subject(world, call_edit, CLAIM_NARROW);
}

/* --- rotation --- */

static enum pat_err
rotate(struct world *world, int64_t grace)
{
    const struct pat_rotation rotation = {.grace = grace};
    struct claim *old = world->subject, *claim = NULL;
    struct pat_token_record record, old_record;
    struct pat_token token;
    struct pat_manage manage;
    enum pat_err err, started;

    steady_now += 1000000;
    old->expires = grace > 0 ? -(steady_now + 1000000 + grace) : 0;
    deeds_may(world, old, grace > 0 ? CLAIM_ACTIVE : CLAIM_REVOKED);
    started = deeds_start(world, &manage);
    err = started == PAT_OK
              ? pat_rotate(&manage, "acme", old->id, &rotation, &token, &record, &old_record)
              : started;
    if (err == PAT_OK) {
        claim = ledger_add(&world->ledger, &token, old->user, CLAIM_ACTIVE);
        deeds_note(world);
    }
    err = deeds_end(&manage, started, err);
    if (err == PAT_OK) {
        deeds_is(world, old, grace > 0 ? CLAIM_ACTIVE : CLAIM_REVOKED);
        deeds_is(world, claim, CLAIM_ACTIVE);
    }
    return err;
}

static bool
need_old(struct world *world)
{
    return has_room(world) && need_active(world);
}

static enum pat_err
rotate_at_once(struct world *world)
{
    return rotate(world, 0);
}

static enum pat_err
rotate_with_grace(struct world *world)
{
    return rotate(world, STEADY_HOUR);
}

/* --- the table --- */

const struct deed deeds[] = {
    {"create", has_room, create, false},
    {"create pending", has_room, create_pending, false},
    {"confirm", need_pending, confirm, false},
    {"revoke", need_active, revoke, false},
    {"suspend", need_active, suspend, false},
    {"resume", need_suspended, resume, false},
    {"edit", need_active, edit, false},
    {"rotate", need_old, rotate_at_once, false},
    {"rotate with grace", need_old, rotate_with_grace, false},
    {"disable a user", deeds_need_enabled, deeds_disable, false},
    {"enable a user", deeds_need_disabled, deeds_enable, false},
    {"revoke a user's tokens", deeds_need_crowd, deeds_revoke_all, false},
    {"rotate the key", NULL, deeds_rotate_key, false},
    {"count uses", NULL, deeds_flush_uses, false},
    {"save the clock", NULL, deeds_save_clock, false},
    {"back up", NULL, deeds_back_up, false},
    {"checkpoint", NULL, deeds_checkpoint, false},
    {"restart", NULL, deeds_restart, false},
    {"sweep", need_pending, deeds_sweep, false},
    {"forget a user", deeds_need_forgettable, deeds_forget, false},
    {"purge", NULL, deeds_purge, true},
    {"cut the log", NULL, deeds_cut_log, true},
};
const size_t deeds_count = sizeof deeds / sizeof deeds[0];

enum pat_err
deeds_do(struct world *world, const struct deed *deed)
{
    if (deed->prepare != NULL && !deed->prepare(world))
        return PAT_ERR_NOT_FOUND;
    return deed->run(world);
}

/* --- a store to begin with --- */

static void
make_tenant(struct world *world)
{
    struct pat_tenant_record tenant;
    struct pat_manage manage;
    enum pat_err err;

    pat_tenants_default("acme", &tenant);
    tenant.max_tokens.set = false;
    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    err = pat_tenants_create(&manage, &tenant);
    if (err == PAT_OK)
        err = pat_tenants_set_default(&manage, "acme");
    FIGURES_NEED(deeds_end(&manage, PAT_OK, err) == PAT_OK);
}

void
deeds_make_user(struct world *world, int user)
{
    const struct pat_user_draft draft = {.tenant = "acme",
                                         .user = ledger_users[user],
                                         .binding = {.account = ""},
                                         .grants = "mail:*",
                                         .contact = "",
                                         .is_account = PAT_USERS_NO_ACCOUNT};
    struct pat_user_record record;
    struct pat_manage manage;

    world->ledger.users[user] = 1 | 4;
    deeds_note(world);
    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    FIGURES_NEED(deeds_end(&manage, PAT_OK, pat_users_create(&manage, &draft, &record)) == PAT_OK);
    world->ledger.users[user] = 1;
    deeds_note(world);
}

/* So many lines that the journal's half has no room for more than a few changes. */
static void
fill_journal(struct world *world, size_t size)
{
    struct pat_store *store = host_writer(&world->host);
    char line[200], *lines = malloc(size);
    struct pat_host_record host;
    size_t len = 0;

    FIGURES_NEED(lines != NULL);
    memset(line, 'x', sizeof line);
    memcpy(line, "event=tenant.set ", 17);
    line[sizeof line - 1] = '\n';
    for (; len + sizeof line <= size; len += sizeof line)
        memcpy(lines + len, line, sizeof line);
    FIGURES_NEED(pat_store_begin(store, true) == PAT_OK &&
                 pat_store_get(store, PAT_ROW_HOST, "", "", &host) == PAT_OK &&
                 pat_store_put(store, PAT_ROW_HOST, &host) == PAT_OK &&
                 pat_store_journal(store, lines, len) == PAT_OK &&
                 pat_store_commit(store) == PAT_OK);
    free(lines);
}

void
deeds_begin(struct world *world, const char *dir, const struct deeds_start_with *with)
{
    memset(world, 0, sizeof *world);
    steady_now = STEADY_BEGIN;
    steady_reseed(with->seed);
    world->random = with->seed;
    world->note = with->note;
    deeds_note(world);
    FIGURES_NEED(host_open(&world->host, dir) == PAT_OK);
    make_tenant(world);
    for (int i = 0; i < LEDGER_USERS; i++)
        deeds_make_user(world, i);
    for (int i = 0; i < 4; i++)
        FIGURES_NEED(make(world, i % 2, i == 2) == PAT_OK);
    world->subject = &world->ledger.claims[1];
    FIGURES_NEED(revoke(world) == PAT_OK);
    if (with->full_journal) { /* half 0, and all but a little of half 1 */
        fill_journal(world, 900000);
        fill_journal(world, 900000);
        fill_journal(world, 147000);
    }
    deeds_note(world);
}

enum pat_err
deeds_open(struct world *world, const char *dir)
{
    return host_open(&world->host, dir);
}
