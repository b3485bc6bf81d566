/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A handle that lingers over one moment (pat_store_linger): it saves the backend's transactions,
 * misses nothing that was acknowledged, and does not keep the WAL from being emptied.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "tests/unit/support_sqlite.h"

#define NAME "user0"

static unsigned begun;

static enum pat_err
counting_begin(void *backend, bool write)
{
    begun++;
    return pat_sqlite_ops.begin(backend, write);
}

struct world {
    struct support_store at;
    struct pat_store_ops ops;
    struct pat_store *reader;
};

static void
open_world(struct world *world)
{
    union pat_row row;
    struct pat_store_args args = {.ops = &world->ops, .mode = PAT_STORE_READ};

    memset(world, 0, sizeof *world);
    support_store_make(&world->at, &pat_sqlite_ops);
    support_row(PAT_ROW_TENANT, 1, &row);
    pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, "acme");
    support_store_put(world->at.store, PAT_ROW_TENANT, &row);
    support_row(PAT_ROW_USER, 0, &row);
    support_store_put(world->at.store, PAT_ROW_USER, &row);
    world->ops = pat_sqlite_ops;
    world->ops.begin = counting_begin;
    args.place = world->at.dir;
    args.keyring = world->at.keyring;
    args.anchor = world->at.anchor;
    assert_ok(pat_store_open(&args, &world->reader));
    pat_store_linger(world->reader);
    begun = 0;
}

static int32_t
state_seen(struct world *world)
{
    union pat_row row;

    assert_ok(pat_store_begin(world->reader, false));
    assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", NAME, &row));
    assert_ok(pat_store_commit(world->reader));
    return row.user.state;
}

static void
turn(struct world *world, int32_t state)
{
    union pat_row row;

    assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", NAME, &row));
    row.user.state = state;
    support_store_put(world->at.store, PAT_ROW_USER, &row);
}

/* --- cases --- */

static void
one_transaction_serves_many(struct world *world)
{
    for (int i = 0; i < 100; i++)
        assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_int_equal(begun, 1);
}

static void
a_commit_is_seen_at_once(struct world *world)
{
    for (int i = 0; i < 100; i++) {
        int32_t state = i % 2 == 0 ? PAT_STATE_DISABLED : PAT_STATE_ACTIVE;

        turn(world, state);
        assert_int_equal(state_seen(world), state);
    }
    assert_int_equal(begun, 100);
}

/* Another program's commit moves no anchor: it is seen once the moment is let go of. */
static void
an_edit_behind_our_back_is_found_after_the_release(struct world *world)
{
    union pat_row row;

    assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    support_sqlite_exec(world->at.dir, "UPDATE users SET grants = 'sudo:run'");
    assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    pat_store_release(world->reader);
    assert_ok(pat_store_begin(world->reader, false));
    assert_err(pat_store_get(world->reader, PAT_ROW_USER, "acme", NAME, &row), PAT_ERR_SEAL);
    pat_store_rollback(world->reader);
    assert_int_equal(begun, 2);
}

static void
nothing_lingers_beside_a_writer(struct world *world)
{
    assert_ok(pat_store_begin(world->at.store, true));
    for (int i = 0; i < 3; i++)
        assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_int_equal(begun, 3);
    pat_store_rollback(world->at.store);
    for (int i = 0; i < 3; i++)
        assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_int_equal(begun, 4);
}

static void
a_rollback_lets_go(struct world *world)
{
    assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_ok(pat_store_begin(world->reader, false));
    pat_store_rollback(world->reader);
    assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_int_equal(begun, 2);
    pat_store_release(world->reader);
    pat_store_release(world->reader);
    assert_int_equal(state_seen(world), PAT_STATE_ACTIVE);
    assert_int_equal(begun, 3);
}

static off_t
wal_size(const struct world *world)
{
    char path[512];
    struct stat status;

    snprintf(path, sizeof path, "%s/pat.db-wal", world->at.dir);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

/* A verification within each transaction, as on a host that is asked all the time. */
static void
the_wal_stays_small(struct world *world)
{
    for (int i = 0; i < 600; i++) {
        union pat_row row;

        assert_ok(pat_store_begin(world->at.store, true));
        assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", NAME, &row));
        assert_ok(pat_store_put(world->at.store, PAT_ROW_USER, &row));
        state_seen(world);
        assert_ok(pat_store_commit(world->at.store));
        state_seen(world);
    }
    assert_true(wal_size(world) < 8 << 20); /* SQLite empties it from 4 MB on */
}

static const struct test_case {
    const char *title;
    void (*run)(struct world *world);
} cases[] = {
    {"one transaction serves many", one_transaction_serves_many},
    {"a commit is seen at once", a_commit_is_seen_at_once},
    {"an edit behind our back is found after the release",
     an_edit_behind_our_back_is_found_after_the_release},
    {"nothing lingers beside a writer", nothing_lingers_beside_a_writer},
    {"a rollback lets go", a_rollback_lets_go},
    {"the WAL stays small", the_wal_stays_small},
};

static void
run_case(void **state)
{
    const struct test_case *test = *state;
    struct world world;

    open_world(&world);
    test->run(&world);
    pat_store_close(world.reader);
    support_store_close(&world.at);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    return support_run("lingering reads", &list);
}
