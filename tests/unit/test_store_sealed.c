/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token store above its backends (store/store.h): versions and seals, sums and heads within a
 * transaction, the anchor behind a commit, and what a failed commit leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/check.h"
#include "tests/unit/support.h"

/* --- a backend that fails on demand --- */

static enum { NOTHING, COMMIT, PUT_HEAD, PUT_HOST, BEGIN } failing;

static void *newest_backend;

static enum pat_err
noting_open(const char *place, enum pat_store_mode mode, void **ret)
{
    enum pat_err err = pat_memory_ops.open(place, mode, ret);

    newest_backend = *ret;
    return err;
}

static enum pat_err
failing_begin(void *backend, bool write)
{
    return failing == BEGIN ? PAT_ERR_BUSY : pat_memory_ops.begin(backend, write);
}

static enum pat_err
failing_commit(void *backend)
{
    return failing == COMMIT ? PAT_ERR_IO : pat_memory_ops.commit(backend);
}

static enum pat_err
failing_put(void *backend, enum pat_row_kind kind, const void *record)
{
    if ((failing == PUT_HEAD && kind == PAT_ROW_HEAD) ||
        (failing == PUT_HOST && kind == PAT_ROW_HOST))
        return PAT_ERR_FULL;
    return pat_memory_ops.put(backend, kind, record);
}

static struct pat_store_ops
failing_ops(void)
{
    struct pat_store_ops ops = pat_memory_ops;

    ops.open = noting_open;
    ops.begin = failing_begin;
    ops.commit = failing_commit;
    ops.put = failing_put;
    failing = NOTHING;
    return ops;
}

static void
expect_sound(struct pat_store *store)
{
    struct pat_check check = {.trouble = ""};

    if (pat_check_store(store, NULL, NULL, &check) != PAT_OK)
        fail_msg("the store does not add up: %s", check.trouble);
    assert_ok(pat_store_compare(store));
}

/* --- rows --- */

static void
put_fills_version_and_seal(struct support_store *at)
{
    union pat_row row, found;

    support_row(PAT_ROW_USER, 1, &row);
    memset(&row.user.seal, 0, sizeof row.user.seal);
    support_store_put(at->store, PAT_ROW_USER, &row);
    assert_int_equal(row.user.version, 1);
    assert_true(pat_seal_holds(at->keyring, PAT_ROW_USER, &row));
    assert_ok(pat_store_get(at->store, PAT_ROW_USER, "acme", "user1", &found));
    assert_true(support_row_equal(PAT_ROW_USER, &row, &found));
    support_store_put(at->store, PAT_ROW_USER, &found);
    assert_int_equal(found.user.version, 2);
    expect_sound(at->store);
    assert_ok(pat_store_begin(at->store, true));
    assert_err(pat_store_put(at->store, PAT_ROW_USER, &row), PAT_ERR_CONFLICT); /* a stale copy */
    pat_store_rollback(at->store);
    expect_sound(at->store);
}

static void
nothing_is_written_outside_a_transaction(struct support_store *at)
{
    struct pat_digest link;
    union pat_row row;
    int64_t seq;

    support_row(PAT_ROW_USER, 1, &row);
    for (int reading = 0; reading < 2; reading++) {
        if (reading == 1)
            assert_ok(pat_store_begin(at->store, false));
        assert_err(pat_store_put(at->store, PAT_ROW_USER, &row), PAT_ERR_INTERNAL);
        assert_err(pat_store_drop(at->store, PAT_ROW_USER, &row), PAT_ERR_INTERNAL);
        assert_err(pat_store_append(at->store, &row.change, NULL), PAT_ERR_INTERNAL);
        assert_err(pat_store_log_head(at->store, "acme", &seq, &link), PAT_ERR_INTERNAL);
    }
    assert_ok(pat_store_commit(at->store));
    assert_err(pat_store_get(at->store, PAT_ROW_USER, "acme", "user1", &row), PAT_ERR_NOT_FOUND);
}

static void
host_takes_its_default_tenant_only(struct support_store *at)
{
    union pat_row row, found;

    assert_ok(pat_store_get(at->store, PAT_ROW_HOST, "", "", &row));
    assert_int_equal(strlen(row.host.id), 32);
    pat_text_clip(row.host.default_tenant, sizeof row.host.default_tenant, "acme");
    row.host.generation = 77;
    memset(row.host.sum, 9, sizeof row.host.sum);
    row.host.id[0] = 'x';
    support_store_put(at->store, PAT_ROW_HOST, &row);
    assert_ok(pat_store_get(at->store, PAT_ROW_HOST, "", "", &found));
    expect_text("default tenant", found.host.default_tenant, "acme");
    assert_int_equal(found.host.generation, 2);
    assert_true(found.host.id[0] != 'x');
    expect_sound(at->store);
}

static void
unsealed_rows_are_refused(struct support_store *at)
{
    const struct pat_scan scan = {.what = PAT_SCAN_USERS, .tenant = "acme"};
    union pat_row row, found;

    support_row(PAT_ROW_USER, 4, &row);
    row.user.version = 1; /* as an attacker would put it: beside the store */
    assert_ok(pat_memory_ops.put(newest_backend, PAT_ROW_USER, &row));
    assert_err(pat_store_get(at->store, PAT_ROW_USER, "acme", "user4", &found), PAT_ERR_SEAL);
    assert_true(support_row_equal(PAT_ROW_USER, &row, &found));
    assert_err(pat_store_scan(at->store, &scan, NULL, NULL), PAT_ERR_SEAL); /* none is shown */
}

/* --- the log --- */

static void
make_change(struct pat_store *store, const char *tenant, struct pat_change_record *ret)
{
    struct pat_digest link;
    union pat_row row;

    support_row(PAT_ROW_CHANGE, 1, &row);
    *ret = row.change;
    pat_text_clip(ret->tenant, sizeof ret->tenant, tenant);
    assert_ok(pat_store_log_head(store, tenant, &ret->seq, &link));
    ret->seq++;
    ret->generation = pat_store_next_generation(store);
    memset(&ret->link, (int)ret->seq, sizeof ret->link);
}

static void
log_heads_move(struct support_store *at)
{
    struct pat_change_record change;
    struct pat_digest link;
    int64_t seq;

    assert_ok(pat_store_begin(at->store, true));
    for (int i = 1; i <= 3; i++) {
        make_change(at->store, i == 3 ? "" : "acme", &change);
        assert_int_equal(change.seq, i == 3 ? 1 : i);
        assert_int_equal(change.generation, 2);
        assert_ok(pat_store_append(at->store, &change, NULL));
    }
    assert_ok(pat_store_commit(at->store));
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_log_head(at->store, "acme", &seq, &link));
    assert_int_equal(seq, 2);
    expect_filled("link", link.bytes, 2, sizeof link.bytes);
    pat_store_rollback(at->store);
    expect_sound(at->store);
}

static void
changes_keep_their_order(struct support_store *at)
{
    static const struct {
        int seq, generation;
    } wrong[] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {100, 100}};
    struct pat_change_record change;

    assert_ok(pat_store_begin(at->store, true));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        make_change(at->store, "acme", &change);
        change.seq += wrong[i].seq;
        change.generation += wrong[i].generation;
        assert_err(pat_store_append(at->store, &change, NULL), PAT_ERR_INTERNAL);
    }
    pat_store_rollback(at->store);
}

static enum pat_err
count_line(void *context, int64_t generation, const char *line)
{
    int *counts = context;

    counts[generation]++;
    return line[0] == 'l' ? PAT_OK : PAT_ERR_INTERNAL;
}

static void
journal_lines_reach_the_anchor(struct support_store *at)
{
    struct pat_change_record change;
    int counts[8] = {0};

    for (int lines = 0; lines < 3; lines++) {
        assert_ok(pat_store_begin(at->store, true));
        for (int i = 0; i <= lines; i++) {
            make_change(at->store, "acme", &change);
            assert_ok(pat_store_append(at->store, &change, i == 0 ? NULL : "line of text"));
        }
        assert_ok(pat_store_commit(at->store));
    }
    assert_ok(pat_store_begin(at->store, true)); /* what is rolled back is not in it */
    make_change(at->store, "acme", &change);
    assert_ok(pat_store_append(at->store, &change, "line"));
    pat_store_rollback(at->store);
    assert_ok(pat_anchor_replay(at->anchor, 0, count_line, counts));
    for (int generation = 0; generation < 8; generation++)
        expect_number("lines of a generation", counts[generation],
                      generation == 3   ? 1
                      : generation == 4 ? 2
                                        : 0);
}

static void
too_much_journal_is_rolled_back(struct support_store *at)
{
    char *line = malloc(PAT_ANCHOR_LINES_MAX + 1);
    struct pat_change_record change;
    union pat_row row;

    assert_non_null(line);
    memset(line, 'l', PAT_ANCHOR_LINES_MAX);
    line[PAT_ANCHOR_LINES_MAX] = '\0'; /* with its newline one byte too long */
    assert_ok(pat_store_begin(at->store, true));
    support_row(PAT_ROW_USER, 1, &row);
    assert_ok(pat_store_put(at->store, PAT_ROW_USER, &row));
    make_change(at->store, "acme", &change);
    assert_ok(pat_store_append(at->store, &change, line));
    assert_err(pat_store_commit(at->store), PAT_ERR_RANGE);
    assert_false(pat_store_broken(at->store));
    assert_err(pat_store_get(at->store, PAT_ROW_USER, "acme", "user1", &row), PAT_ERR_NOT_FOUND);
    line[PAT_ANCHOR_LINES_MAX - 1] = '\0';
    assert_ok(pat_store_begin(at->store, true));
    make_change(at->store, "acme", &change);
    assert_ok(pat_store_append(at->store, &change, line));
    assert_ok(pat_store_commit(at->store));
    expect_sound(at->store);
    free(line);
}

/* --- sums --- */

/* A row that was not written must not count, should the transaction be committed all the same. */
static void
refused_writes_do_not_count(struct support_store *at)
{
    union pat_row row, again, stale;

    support_row(PAT_ROW_USER, 1, &row);
    support_store_put(at->store, PAT_ROW_USER, &row);
    stale = row;
    support_store_put(at->store, PAT_ROW_USER, &row);
    assert_ok(pat_store_begin(at->store, true));
    support_row(PAT_ROW_USER, 1, &again);
    assert_err(pat_store_put(at->store, PAT_ROW_USER, &again), PAT_ERR_EXISTS);
    again = stale;
    assert_err(pat_store_put(at->store, PAT_ROW_USER, &again), PAT_ERR_CONFLICT);
    assert_err(pat_store_drop(at->store, PAT_ROW_USER, &stale), PAT_ERR_CONFLICT);
    assert_ok(pat_store_commit(at->store));
    expect_sound(at->store);
}

static void
sums_follow_any_order(struct support_store *at)
{
    static const enum pat_row_kind kinds[] = {PAT_ROW_USER, PAT_ROW_GROUP, PAT_ROW_TOKEN,
                                              PAT_ROW_SCOPE, PAT_ROW_TENANT};
    struct support_random random = {.state = 99};

    for (int i = 0; i < 300; i++) {
        const enum pat_row_kind kind = kinds[support_below(&random, COUNT(kinds))];
        union pat_row row, found;

        support_row(kind, (unsigned)support_below(&random, 6), &row);
        assert_ok(pat_store_begin(at->store, true));
        if (pat_store_get(at->store, kind, pat_row_tenant(kind, &row), pat_row_name(kind, &row),
                          &found) != PAT_OK)
            assert_ok(pat_store_put(at->store, kind, &row));
        else if (support_below(&random, 2) == 0)
            assert_ok(pat_store_put(at->store, kind, &found));
        else
            assert_ok(pat_store_drop(at->store, kind, &found));
        if (support_below(&random, 4) == 0)
            pat_store_rollback(at->store);
        else
            assert_ok(pat_store_commit(at->store));
    }
    expect_sound(at->store);
}

/* --- failures --- */

static void
expect_broken(struct pat_store *store)
{
    const struct pat_scan scan = {.what = PAT_SCAN_USERS, .tenant = "acme"};
    struct pat_tally tally;
    union pat_row row;
    int64_t count;

    assert_true(pat_store_broken(store));
    assert_err(pat_store_begin(store, false), PAT_ERR_UNAVAILABLE);
    assert_err(pat_store_begin(store, true), PAT_ERR_UNAVAILABLE);
    assert_err(pat_store_get(store, PAT_ROW_HOST, "", "", &row), PAT_ERR_UNAVAILABLE);
    assert_err(pat_store_scan(store, &scan, NULL, NULL), PAT_ERR_UNAVAILABLE);
    assert_err(pat_store_count_live(store, "acme", "user1", NULL, 0, &count), PAT_ERR_UNAVAILABLE);
    assert_err(pat_store_tally(store, "acme", 0, 0, &tally), PAT_ERR_UNAVAILABLE);
}

static void
a_failed_commit_breaks_the_handle(struct support_store *at)
{
    union pat_row row;

    support_row(PAT_ROW_USER, 1, &row);
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_put(at->store, PAT_ROW_USER, &row));
    failing = COMMIT;
    assert_err(pat_store_commit(at->store), PAT_ERR_IO);
    failing = NOTHING;
    expect_broken(at->store);
    assert_int_equal(pat_anchor_mark(at->anchor)->generation, 1);
}

/* The database is committed, the anchor is not: nobody may be told that all is well. */
static void
a_failed_anchor_breaks_the_handle(struct support_store *at)
{
    const struct pat_anchor_mark far = {.generation = 1000};
    union pat_row row;

    support_row(PAT_ROW_USER, 1, &row);
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_put(at->store, PAT_ROW_USER, &row));
    assert_ok(pat_anchor_advance(at->anchor, &far, NULL, 0));
    assert_err(pat_store_commit(at->store), PAT_ERR_RANGE);
    expect_broken(at->store);
}

static void
a_failed_head_is_rolled_back(struct support_store *at)
{
    union pat_row row, found;

    for (int what = PUT_HEAD; what <= PUT_HOST; what++) {
        support_row(PAT_ROW_USER, 1, &row);
        assert_ok(pat_store_begin(at->store, true));
        assert_ok(pat_store_put(at->store, PAT_ROW_USER, &row));
        failing = what == PUT_HEAD ? PUT_HEAD : PUT_HOST;
        assert_err(pat_store_commit(at->store), PAT_ERR_FULL);
        failing = NOTHING;
        assert_false(pat_store_broken(at->store));
        assert_err(pat_store_get(at->store, PAT_ROW_USER, "acme", "user1", &found),
                   PAT_ERR_NOT_FOUND);
        expect_sound(at->store);
    }
    failing = BEGIN;
    assert_err(pat_store_begin(at->store, true), PAT_ERR_BUSY);
    failing = NOTHING;
    support_row(PAT_ROW_USER, 1, &row);
    support_store_put(at->store, PAT_ROW_USER, &row);
}

/* --- the anchor --- */

static void
anchor_and_store_are_compared(struct support_store *at)
{
    const struct pat_anchor_mark *mark = pat_anchor_mark(at->anchor);
    struct pat_anchor_mark other;
    union pat_row row;

    expect_sound(at->store);
    support_row(PAT_ROW_USER, 1, &row);
    support_store_put(at->store, PAT_ROW_USER, &row);
    assert_int_equal(mark->generation, 2);
    expect_sound(at->store);
    other = *mark;
    other.generation = 3;
    assert_ok(pat_anchor_advance(at->anchor, &other, NULL, 0));
    assert_err(pat_store_compare(at->store), PAT_ERR_ROLLBACK);
}

static const struct store_case {
    const char *title;
    void (*run)(struct support_store *at);
} cases[] = {
    {"put fills version and seal", put_fills_version_and_seal},
    {"nothing is written outside a transaction", nothing_is_written_outside_a_transaction},
    {"the host takes its default tenant only", host_takes_its_default_tenant_only},
    {"rows without a seal are refused", unsealed_rows_are_refused},
    {"heads of the log move", log_heads_move},
    {"changes keep their order", changes_keep_their_order},
    {"journal lines reach the anchor", journal_lines_reach_the_anchor},
    {"too much journal is rolled back", too_much_journal_is_rolled_back},
    {"refused writes do not count", refused_writes_do_not_count},
    {"sums follow any order", sums_follow_any_order},
    {"a failed commit breaks the handle", a_failed_commit_breaks_the_handle},
    {"a failed anchor breaks the handle", a_failed_anchor_breaks_the_handle},
    {"a failed head is rolled back", a_failed_head_is_rolled_back},
    {"anchor and store are compared", anchor_and_store_are_compared},
};

static void
run_case(void **state)
{
    const struct store_case *one = *state;
    const struct pat_store_ops ops = failing_ops();
    struct support_store at;

    support_store_make(&at, &ops);
    one->run(&at);
    support_store_close(&at);
}

/* Wrong keys, or a store without its host row, are not opened. */
static void
foreign_stores_are_not_opened(void **state)
{
    struct support_store at, other;

    (void)state;
    support_store_make(&at, &pat_sqlite_ops);
    support_store_make(&other, &pat_sqlite_ops);
    support_store_close(&at);
    support_store_close(&other);
    support_copy(other.dir, at.dir, "pat.db");
    assert_err(support_store_reopen(&at, &pat_sqlite_ops), PAT_ERR_SEAL);
    support_store_close(&at);
    support_write(at.dir, "pat.db", "", 0);
    assert_err(support_store_reopen(&at, &pat_sqlite_ops), PAT_ERR_SEAL);
    support_store_close(&at);
    support_remove(at.dir, "pat.db");
    assert_err(support_store_reopen(&at, &pat_sqlite_ops), PAT_ERR_NOT_FOUND);
    support_store_close(&at);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    support_add(&list, "foreign stores are not opened", foreign_stores_are_not_opened, NULL);
    return support_run("sealed store", &list);
}
