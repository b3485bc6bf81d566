/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One change to many tokens, on every backend: what is found and what of it is still there when
 * its turn comes, what a commit that was refused leaves behind, and what a purge takes along.
 */
#include "core/api/purge.h"
#include "core/base/text.h"
#include "tests/unit/bulk_world.h"

#define FEW 40
#define MANY (PAT_BULK_ROWS + 300)

/* --- steps --- */

static enum pat_err
find_all(struct bulk_world *world, struct pat_bulk *bulk, const struct pat_bulk_task *task)
{
    enum pat_err err = PAT_OK;
    bool found = false;

    while (err == PAT_OK && !found)
        err = pat_bulk_find(&world->manage, bulk, task, &found);
    return err;
}

static enum pat_err
change_all(struct bulk_world *world, struct pat_bulk *bulk, const struct pat_bulk_task *task)
{
    enum pat_err err = PAT_OK;
    bool done = false;

    while (err == PAT_OK && !done)
        err = pat_bulk_commit(&world->manage, bulk, task, &done);
    return err;
}

/* --- revoking --- */

static void
all_that_fit_are_revoked(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = NULL};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "gone");
    struct pat_bulk *bulk = pat_bulk_new();

    bulk_world_put(world, "acme", 1, FEW, PAT_STATE_ACTIVE);
    bulk_world_put(world, "acme", 1000, FEW, PAT_STATE_SUSPENDED);
    bulk_world_put(world, "acme", 2000, FEW, PAT_STATE_REVOKED);
    for (int64_t i = 0; i < FEW; i++) /* far from each other */
        bulk_world_put(world, "lab", 1 + 50 * i, 1, PAT_STATE_ACTIVE);
    assert_ok(find_all(world, bulk, &task));
    assert_int_equal(pat_bulk_of(bulk), 3 * FEW);
    bulk_world_put(world, "acme", 3000, 1, PAT_STATE_ACTIVE); /* made meanwhile */
    assert_ok(change_all(world, bulk, &task));
    assert_int_equal(pat_bulk_done(bulk), 3 * FEW);
    assert_int_equal(bulk_world_census(world, "acme").live, 1);
    assert_int_equal(bulk_world_census(world, "lab").live, 0);
    assert_int_equal(bulk_world_token(world, "lab", 1).ended.at, BULK_NOW);
    assert_int_equal(bulk_world_token(world, "acme", 2000).ended.at,
                     BULK_NOW - 2 * BULK_DAY); /* as it was */
    assert_int_equal(bulk_world_logged(world, "acme", "token.revoke", pat_bulk_batch(bulk)),
                     2 * FEW);
    assert_int_equal(bulk_world_logged(world, "lab", "token.revoke", pat_bulk_batch(bulk)), FEW);
    assert_int_equal(bulk_world_journalled(world), 3 * FEW);
    pat_bulk_free(bulk);
}

/* Between the two its turn has come already, or it has become another one. */
static void
what_no_longer_fits_is_left_alone(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = "acme", .states = "active"};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "");
    struct pat_bulk *bulk = pat_bulk_new();
    struct pat_token_record token;

    bulk_world_put(world, "acme", 1, FEW, PAT_STATE_ACTIVE);
    assert_ok(find_all(world, bulk, &task));
    assert_ok(pat_store_begin(world->at.store, true));
    token = bulk_world_token(world, "acme", 3);
    token.state = PAT_STATE_SUSPENDED;
    assert_ok(pat_store_put(world->at.store, PAT_ROW_TOKEN, &token));
    token = bulk_world_token(world, "acme", 4);
    token.state = PAT_STATE_REVOKED;
    token.ended = (struct pat_optional){.set = true, .at = 7};
    assert_ok(pat_store_put(world->at.store, PAT_ROW_TOKEN, &token));
    token = bulk_world_token(world, "acme", 5);
    token.state = PAT_STATE_REVOKED;
    token.ended = (struct pat_optional){.set = true, .at = 7};
    assert_ok(pat_store_put(world->at.store, PAT_ROW_TOKEN, &token));
    assert_ok(pat_store_drop(world->at.store, PAT_ROW_TOKEN, &token));
    assert_ok(pat_store_commit(world->at.store));
    assert_ok(change_all(world, bulk, &task));
    assert_int_equal(pat_bulk_done(bulk), FEW - 3);
    assert_int_equal(bulk_world_token(world, "acme", 3).state, PAT_STATE_SUSPENDED);
    assert_int_equal(bulk_world_token(world, "acme", 4).ended.at, 7);
    assert_int_equal(bulk_world_census(world, "acme").revoked, FEW - 2);
    pat_bulk_free(bulk);
}

/* A pending one writes its predecessor, which was read together with it. */
static void
a_pending_successor_and_what_it_succeeds(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = "acme"};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "");
    struct pat_bulk *bulk = pat_bulk_new();
    struct pat_token_record token;

    bulk_world_put(world, "acme", 1, 3, PAT_STATE_ACTIVE);
    bulk_world_put(world, "acme", 4, 1, PAT_STATE_PENDING);
    assert_ok(pat_store_begin(world->at.store, true));
    token = bulk_world_token(world, "acme", 2);
    bulk_world_id("acme", 4, token.successor);
    assert_ok(pat_store_put(world->at.store, PAT_ROW_TOKEN, &token));
    assert_ok(pat_store_commit(world->at.store));
    assert_ok(find_all(world, bulk, &task));
    assert_ok(change_all(world, bulk, &task));
    assert_int_equal(pat_bulk_done(bulk), 4);
    assert_int_equal(bulk_world_census(world, "acme").revoked, 4);
    assert_string_equal(bulk_world_token(world, "acme", 2).successor, "");
    assert_int_equal(bulk_world_logged(world, "acme", "token.revoke", pat_bulk_batch(bulk)), 4);
    assert_int_equal(bulk_world_logged(world, "acme", "token.rotate", ""), 1);
    pat_bulk_free(bulk);
}

static void
whoever_may_not_changes_nothing(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = NULL};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "");
    struct pat_bulk *bulk = pat_bulk_new();
    bool done = false;

    bulk_world_put(world, "acme", 1, FEW, PAT_STATE_ACTIVE);
    assert_ok(find_all(world, bulk, &task));
    world->manage.actor.is_operator = false; /* the role was lost */
    assert_err(pat_bulk_commit(&world->manage, bulk, &task, &done), PAT_ERR_DENIED);
    assert_int_equal(bulk_world_census(world, "acme").live, FEW);
    assert_int_equal(bulk_world_logged(world, "acme", "token.revoke", pat_bulk_batch(bulk)), 0);
    assert_int_equal(bulk_world_journalled(world), 0);
    pat_bulk_free(bulk);
}

/* --- refused commits --- */

/* What was committed before stays; of the refused one there is nothing, and it goes on from there.
 */
static void
a_refused_commit_leaves_nothing(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = "acme"};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "");
    struct pat_bulk *bulk = pat_bulk_new();
    bool done = false;

    bulk_world_put(world, "acme", 1, MANY, PAT_STATE_ACTIVE);
    assert_ok(find_all(world, bulk, &task));
    assert_ok(pat_bulk_commit(&world->manage, bulk, &task, &done));
    assert_false(done);
    assert_int_equal(pat_bulk_done(bulk), PAT_BULK_ROWS);
    bulk_world_refusal = PAT_ERR_IO;
    bulk_world_puts_left = 201; /* two of a token: it and its change */
    assert_err(pat_bulk_commit(&world->manage, bulk, &task, &done), PAT_ERR_IO);
    assert_false(world->manage.lacks_room);
    assert_int_equal(pat_bulk_done(bulk), PAT_BULK_ROWS);
    assert_int_equal(bulk_world_census(world, "acme").revoked, PAT_BULK_ROWS);
    assert_int_equal(bulk_world_logged(world, "acme", "token.revoke", pat_bulk_batch(bulk)),
                     PAT_BULK_ROWS);
    assert_int_equal(bulk_world_journalled(world), PAT_BULK_ROWS);
    assert_ok(change_all(world, bulk, &task));
    assert_int_equal(pat_bulk_done(bulk), MANY);
    assert_int_equal(bulk_world_logged(world, "acme", "token.revoke", pat_bulk_batch(bulk)), MANY);
    assert_int_equal(bulk_world_journalled(world), MANY);
    pat_bulk_free(bulk);
}

/* On a full disk it asks for the room that is kept, and goes on by little. */
static void
a_full_disk_asks_for_the_ballast(struct bulk_world *world)
{
    const struct pat_find_filter filter = {.tenant = "acme"};
    const struct pat_bulk_task task = pat_bulk_revocation(&filter, "");
    struct pat_bulk *bulk = pat_bulk_new();
    bool done = false;

    bulk_world_put(world, "acme", 1, 2 * PAT_BULK_ROWS_TIGHT + 1, PAT_STATE_ACTIVE);
    assert_ok(find_all(world, bulk, &task));
    bulk_world_refusal = PAT_ERR_FULL;
    bulk_world_puts_left = 7; /* its pages did not stay in memory */
    assert_err(pat_bulk_commit(&world->manage, bulk, &task, &done), PAT_ERR_FULL);
    assert_true(world->manage.lacks_room);
    assert_int_equal(bulk_world_census(world, "acme").revoked, 0);
    for (int64_t i = 1; i <= 2; i++) {
        assert_ok(pat_bulk_commit(&world->manage, bulk, &task, &done));
        assert_int_equal(bulk_world_census(world, "acme").revoked, i * PAT_BULK_ROWS_TIGHT);
    }
    assert_ok(pat_bulk_commit(&world->manage, bulk, &task, &done));
    assert_true(done);
    assert_int_equal(pat_bulk_done(bulk), 2 * PAT_BULK_ROWS_TIGHT + 1);
    pat_bulk_free(bulk);
}

/* --- purging --- */

static int64_t
uses_of(const struct bulk_world *world, int64_t number)
{
    struct pat_usage_last last;
    char id[PAT_ID_LEN + 1];

    bulk_world_id("acme", number, id);
    assert_ok(pat_usage_last(pat_context_usage(world->context), "acme", id, &last));
    return last.at > 0;
}

static void
note_use(const struct bulk_world *world, int64_t number)
{
    struct pat_usage_note note = {.tenant = "acme",
                                  .service = "sshd",
                                  .verdict = PAT_VERDICT_ACCEPTED,
                                  .at = BULK_NOW - BULK_DAY};

    bulk_world_id("acme", number, note.id);
    pat_usage_note(pat_context_usage(world->context), &note);
    assert_ok(pat_usage_flush(pat_context_usage(world->context)));
}

static void
a_purge_takes_the_dead_and_their_uses(struct bulk_world *world)
{
    struct pat_find_filter filter;
    struct pat_bulk_task task;
    struct pat_bulk *bulk = pat_bulk_new();

    bulk_world_put(world, "acme", 1, FEW, PAT_STATE_REVOKED);
    bulk_world_put(world, "acme", 100, FEW, PAT_STATE_ACTIVE);
    bulk_world_put(world, "lab", 1, 3, PAT_STATE_REVOKED);
    note_use(world, 1);
    note_use(world, 100);
    assert_ok(pat_purge_task(&world->manage, NULL, BULK_NOW - BULK_DAY, &filter, &task));
    assert_ok(find_all(world, bulk, &task));
    assert_ok(change_all(world, bulk, &task));
    assert_int_equal(pat_bulk_done(bulk), FEW + 3);
    assert_int_equal(bulk_world_census(world, "acme").revoked, 0);
    assert_int_equal(bulk_world_census(world, "acme").live, FEW);
    assert_int_equal(bulk_world_census(world, "lab").revoked, 0);
    assert_false(uses_of(world, 1));
    assert_true(uses_of(world, 100));
    assert_int_equal(bulk_world_logged(world, "acme", "token.purge", pat_bulk_batch(bulk)), 1);
    assert_int_equal(bulk_world_logged(world, "lab", "token.purge", pat_bulk_batch(bulk)), 1);
    pat_bulk_free(bulk);
}

static void
a_refused_purge_keeps_the_tokens(struct bulk_world *world)
{
    struct pat_find_filter filter;
    struct pat_bulk_task task;
    struct pat_bulk *bulk = pat_bulk_new();
    bool done = false;

    bulk_world_put(world, "acme", 1, FEW, PAT_STATE_REVOKED);
    assert_err(pat_purge_task(&world->manage, "acme", BULK_NOW - BULK_DAY + 1, &filter, &task),
               PAT_ERR_RANGE);
    assert_ok(pat_purge_task(&world->manage, "acme", BULK_NOW - BULK_DAY, &filter, &task));
    assert_ok(find_all(world, bulk, &task));
    bulk_world_refusal = PAT_ERR_FULL;
    bulk_world_puts_left = 1; /* the change that says so */
    assert_err(pat_bulk_commit(&world->manage, bulk, &task, &done), PAT_ERR_FULL);
    assert_false(world->manage.lacks_room); /* the ballast is for those that still work */
    assert_int_equal(bulk_world_census(world, "acme").revoked, FEW);
    assert_int_equal(bulk_world_logged(world, "acme", "token.purge", pat_bulk_batch(bulk)), 0);
    bulk_world_commits_left = 1;
    assert_err(pat_bulk_commit(&world->manage, bulk, &task, &done), PAT_ERR_FULL);
    support_store_close(&world->at); /* only a fresh start can tell what is on disk */
    pat_bulk_free(bulk);
}

/* --- all of them, on each backend --- */

static const struct row {
    const char *title;
    void (*test)(struct bulk_world *world);
} rows[] = {
    {"all that fit are revoked", all_that_fit_are_revoked},
    {"what no longer fits is left alone", what_no_longer_fits_is_left_alone},
    {"a pending successor and what it succeeds", a_pending_successor_and_what_it_succeeds},
    {"whoever may not changes nothing", whoever_may_not_changes_nothing},
    {"a refused commit leaves nothing", a_refused_commit_leaves_nothing},
    {"a full disk asks for the ballast", a_full_disk_asks_for_the_ballast},
    {"a purge takes the dead and their uses", a_purge_takes_the_dead_and_their_uses},
    {"a refused purge keeps the tokens", a_refused_purge_keeps_the_tokens},
};

static void
on_every_backend(void **state)
{
    static const struct pat_store_ops *const backends[] = {&pat_memory_ops, &pat_sqlite_ops};
    const struct row *row = *state;
    static struct bulk_world world;

    for (size_t i = 0; i < COUNT(backends); i++) {
        bulk_world_open(&world, backends[i]);
        row->test(&world);
        bulk_world_close(&world);
    }
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, rows, on_every_backend);
    return support_run("bulk", &list);
}
