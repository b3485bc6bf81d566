/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows that need not be read again (store/proved.h): only while nobody commits, only within a
 * transaction of a handle that reads, and never a token or a row without its seal.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/support_sqlite.h"

static unsigned reads[PAT_ROW_KINDS];

static enum pat_err
counting_get(void *backend, enum pat_row_kind kind, const char *tenant, const char *name, void *ret)
{
    reads[kind]++;
    return pat_sqlite_ops.get(backend, kind, tenant, name, ret);
}

/* A store with tenant and user of support_row(), and a handle that reads it. */
struct world {
    struct support_store at;
    struct pat_store_ops ops;
    struct pat_store *reader;
};

static void
open_world(struct world *world)
{
    union pat_row row;

    memset(world, 0, sizeof *world);
    support_store_make(&world->at, &pat_sqlite_ops);
    support_row(PAT_ROW_TENANT, 1, &row);
    pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, "acme");
    support_store_put(world->at.store, PAT_ROW_TENANT, &row);
    support_row(PAT_ROW_USER, 0, &row);
    support_store_put(world->at.store, PAT_ROW_USER, &row);
    support_row(PAT_ROW_TOKEN, 1, &row);
    support_store_put(world->at.store, PAT_ROW_TOKEN, &row);
    world->ops = pat_sqlite_ops;
    world->ops.get = counting_get;
}

static void
open_reader(struct world *world)
{
    const struct pat_store_args args = {.ops = &world->ops,
                                        .place = world->at.dir,
                                        .mode = PAT_STORE_READ,
                                        .keyring = world->at.keyring,
                                        .anchor = world->at.anchor};

    assert_ok(pat_store_open(&args, &world->reader));
    memset(reads, 0, sizeof reads);
}

static void
close_world(struct world *world)
{
    pat_store_close(world->reader);
    support_store_close(&world->at);
}

/* Reads one row in a transaction of its own. */
static enum pat_err
look(struct world *world, enum pat_row_kind kind, const char *name, union pat_row *ret)
{
    enum pat_err err;

    assert_ok(pat_store_begin(world->reader, false));
    err = pat_store_get(world->reader, kind, "acme", name, ret);
    assert_ok(pat_store_commit(world->reader));
    return err;
}

static void
disable_user(struct world *world)
{
    union pat_row row;

    assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", "user0", &row));
    row.user.state = PAT_STATE_DISABLED;
    support_store_put(world->at.store, PAT_ROW_USER, &row);
}

/* --- cases --- */

static void
once_is_enough(struct world *world)
{
    union pat_row first, again;

    for (int i = 0; i < 3; i++) {
        assert_ok(look(world, PAT_ROW_USER, "user0", i == 0 ? &first : &again));
        assert_ok(look(world, PAT_ROW_TENANT, "", &again));
    }
    assert_ok(look(world, PAT_ROW_USER, "user0", &again));
    assert_true(support_row_equal(PAT_ROW_USER, &first, &again));
    assert_int_equal(reads[PAT_ROW_USER], 1);
    assert_int_equal(reads[PAT_ROW_TENANT], 1);
    assert_int_equal(reads[PAT_ROW_HOST], 1);
}

static void
a_commit_is_seen_at_once(struct world *world)
{
    union pat_row row;

    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_ACTIVE);
    disable_user(world);
    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_DISABLED);
    assert_int_equal(reads[PAT_ROW_USER], 2);
    assert_int_equal(reads[PAT_ROW_HOST], 2);
}

/* The snapshot of a transaction that runs stays what it was, and so does what was kept of it. */
static void
a_commit_beside_a_transaction_is_seen_by_the_next(struct world *world)
{
    union pat_row row;

    assert_ok(pat_store_begin(world->reader, false));
    disable_user(world);
    assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_ACTIVE);
    assert_ok(pat_store_commit(world->reader));
    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_DISABLED);
}

static void
an_edit_behind_our_back_is_found(struct world *world)
{
    union pat_row row;

    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    support_sqlite_exec(world->at.dir, "UPDATE users SET grants = 'sudo:run'");
    assert_err(look(world, PAT_ROW_USER, "user0", &row), PAT_ERR_SEAL);
    assert_err(look(world, PAT_ROW_USER, "user0", &row), PAT_ERR_SEAL);
    assert_int_equal(reads[PAT_ROW_USER], 3);
}

static void
a_row_is_kept_by_its_whole_key(struct world *world)
{
    union pat_row row;

    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    for (int i = 0; i < 300; i++) { /* more names than there are places */
        char name[16];

        snprintf(name, sizeof name, "nobody%d", i);
        assert_err(look(world, PAT_ROW_USER, name, &row), PAT_ERR_NOT_FOUND);
    }
    assert_ok(pat_store_begin(world->reader, false));
    assert_err(pat_store_get(world->reader, PAT_ROW_USER, "lab", "user0", &row), PAT_ERR_NOT_FOUND);
    assert_err(pat_store_get(world->reader, PAT_ROW_TENANT, "lab", "", &row), PAT_ERR_NOT_FOUND);
    assert_ok(pat_store_commit(world->reader));
}

/* A place that two share goes to whoever came last; nobody gets another's row. */
static void
more_users_than_places(struct world *world)
{
    enum { USERS = 3000 };
    union pat_row row;
    char name[16];

    assert_ok(pat_store_begin(world->at.store, true));
    for (unsigned i = 1; i < USERS; i++) {
        support_row(PAT_ROW_USER, 0, &row);
        snprintf(row.user.user, sizeof row.user.user, "user%u", i);
        row.user.created = i;
        assert_ok(pat_store_put(world->at.store, PAT_ROW_USER, &row));
    }
    assert_ok(pat_store_commit(world->at.store));
    memset(reads, 0, sizeof reads);
    assert_ok(pat_store_begin(world->reader, false));
    for (unsigned i = 1; i < 2 * USERS; i++) {
        snprintf(name, sizeof name, "user%u", i % USERS);
        assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", name, &row));
        assert_string_equal(row.user.user, name);
        if (i % USERS != 0)
            assert_int_equal(row.user.created, i % USERS);
        assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", name, &row));
        assert_string_equal(row.user.user, name);
    }
    assert_ok(pat_store_commit(world->reader));
    assert_in_range(reads[PAT_ROW_USER], USERS + 1, 2 * USERS - 1);
}

static void
tokens_are_read_each_time(struct world *world)
{
    union pat_row token, row;

    support_row(PAT_ROW_TOKEN, 1, &token);
    for (int i = 0; i < 3; i++)
        assert_ok(look(world, PAT_ROW_TOKEN, token.token.id, &row));
    assert_int_equal(reads[PAT_ROW_TOKEN], 3);
}

static void
nothing_is_kept_outside_a_transaction(struct world *world)
{
    union pat_row row;

    assert_ok(look(world, PAT_ROW_USER, "user0", &row));
    for (int i = 0; i < 2; i++)
        assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", "user0", &row));
    assert_int_equal(reads[PAT_ROW_USER], 3);
    assert_ok(pat_store_begin(world->reader, false));
    pat_store_rollback(world->reader);
    assert_ok(pat_store_get(world->reader, PAT_ROW_USER, "acme", "user0", &row));
    assert_int_equal(reads[PAT_ROW_USER], 4);
}

static void
a_writer_reads_what_it_wrote(struct world *world)
{
    union pat_row row;

    assert_ok(pat_store_begin(world->at.store, true));
    assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", "user0", &row));
    row.user.state = PAT_STATE_DISABLED;
    assert_ok(pat_store_put(world->at.store, PAT_ROW_USER, &row));
    assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_DISABLED);
    pat_store_rollback(world->at.store);
    assert_ok(pat_store_get(world->at.store, PAT_ROW_USER, "acme", "user0", &row));
    assert_int_equal(row.user.state, PAT_STATE_ACTIVE);
}

static const struct test_case {
    const char *title;
    void (*run)(struct world *world);
} cases[] = {
    {"a row is read once while nobody commits", once_is_enough},
    {"a commit is seen at once", a_commit_is_seen_at_once},
    {"a commit beside a transaction is seen by the next",
     a_commit_beside_a_transaction_is_seen_by_the_next},
    {"an edit behind our back is found", an_edit_behind_our_back_is_found},
    {"a row is kept by its whole key", a_row_is_kept_by_its_whole_key},
    {"more users than places", more_users_than_places},
    {"tokens are read each time", tokens_are_read_each_time},
    {"nothing is kept outside a transaction", nothing_is_kept_outside_a_transaction},
    {"a writer reads what it wrote", a_writer_reads_what_it_wrote},
};

static void
run_case(void **state)
{
    const struct test_case *test = *state;
    struct world world;

    open_world(&world);
    open_reader(&world);
    test->run(&world);
    close_world(&world);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    return support_run("proved rows", &list);
}
