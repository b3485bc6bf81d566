/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What leaves a change log, on every backend: the oldest changes with the commit that seals their
 * checkpoint, and free text of one user within a stretch of one log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/chain.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "tests/unit/support.h"

#define ROWS 8

static const char *const tenants[] = {"acme", "lab"};
static const char *const users[] = {"alice", "bob"};

static const struct pat_key *
chain_key(const struct support_store *at)
{
    return pat_keyring_key(at->keyring, PAT_KEYRING_CHAIN);
}

/* Changes of both tenants, in turn of alice and bob; each is a transaction of its own. */
static void
append(struct support_store *at, const char *tenant, const char *user)
{
    struct pat_change_record change = {.at = 1000, .actor_uid = 7};
    struct pat_digest link;

    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_log_head(at->store, tenant, &change.seq, &link));
    change.seq++;
    change.generation = pat_store_next_generation(at->store);
    pat_text_clip(change.tenant, sizeof change.tenant, tenant);
    pat_text_clip(change.user, sizeof change.user, user);
    pat_text_clip(change.event, sizeof change.event, "token.create");
    pat_text_clip(change.before, sizeof change.before, "name=before");
    pat_text_clip(change.after, sizeof change.after, "name=after");
    pat_text_clip(change.reason, sizeof change.reason, "why");
    pat_text_clip(change.claimed, sizeof change.claimed, "tty=x");
    pat_chain_link(chain_key(at), &link, &change);
    assert_ok(pat_store_append(at->store, &change, NULL));
    assert_ok(pat_store_commit(at->store));
}

static void
fill(struct support_store *at)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COUNT(tenants); j++)
            append(at, tenants[j], users[i % 2]);
}

struct log {
    struct pat_change_record rows[ROWS + 4];
    size_t count;
};

static bool
take(void *context, const void *record)
{
    struct log *log = context;

    assert_true(log->count < COUNT(log->rows));
    memcpy(&log->rows[log->count++], record, sizeof log->rows[0]);
    return true;
}

static void
read_log(struct support_store *at, const char *tenant, struct log *ret)
{
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = tenant};

    ret->count = 0;
    assert_ok(pat_store_scan(at->store, &scan, take, ret));
}

static struct pat_head_record
head_of(struct support_store *at, const char *tenant)
{
    struct pat_head_record head;

    assert_ok(pat_store_get(at->store, PAT_ROW_HEAD, tenant, "", &head));
    return head;
}

/* The chain from the checkpoint holds, and so does every seal and sum. */
static void
expect_whole(struct support_store *at, const char *tenant)
{
    struct pat_head_record head = head_of(at, tenant);
    struct pat_check check = {.trouble = ""};
    struct pat_digest link = head.cut_chain;
    struct log log;

    read_log(at, tenant, &log);
    assert_int_equal(log.count, head.seq - head.cut_seq);
    for (size_t i = 0; i < log.count; i++) {
        assert_int_equal(log.rows[i].seq, head.cut_seq + 1 + (int64_t)i);
        assert_int_equal(pat_chain_check(chain_key(at), &link, &log.rows[i]), PAT_CHAIN_WHOLE);
        link = log.rows[i].link;
    }
    assert_true(pat_digest_equal(&link, &head.chain));
    if (pat_check_store(at->store, NULL, NULL, &check) != PAT_OK)
        fail_msg("the store does not add up: %s", check.trouble);
    assert_ok(pat_store_compare(at->store));
}

/* --- cutting --- */

static void
what_is_cut_goes_with_the_commit(struct support_store *at)
{
    struct log before, after;

    read_log(at, "acme", &before);
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_cut(at->store, "acme", 5, &before.rows[4].link));
    read_log(at, "acme", &after);
    assert_int_equal(after.count, ROWS); /* not yet */
    pat_store_rollback(at->store);
    read_log(at, "acme", &after);
    assert_int_equal(after.count, ROWS); /* nor ever, when it is rolled back */
    assert_int_equal(head_of(at, "acme").cut_seq, 0);

    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_cut(at->store, "acme", 3, &before.rows[2].link));
    assert_ok(pat_store_cut(at->store, "acme", 5, &before.rows[4].link)); /* further */
    assert_ok(pat_store_commit(at->store));
    read_log(at, "acme", &after);
    assert_int_equal(after.count, ROWS - 5);
    assert_int_equal(after.rows[0].seq, 6);
    assert_int_equal(head_of(at, "acme").cut_seq, 5);
    expect_whole(at, "acme");
    read_log(at, "lab", &after);
    assert_int_equal(after.count, ROWS);
    expect_whole(at, "lab");
    append(at, "acme", "alice");
    expect_whole(at, "acme");
}

static void
no_log_loses_its_newest_change(struct support_store *at)
{
    struct log log;

    read_log(at, "acme", &log);
    assert_err(pat_store_cut(at->store, "acme", 3, &log.rows[2].link), PAT_ERR_INTERNAL);
    assert_ok(pat_store_begin(at->store, true));
    assert_err(pat_store_cut(at->store, "acme", ROWS, &log.rows[7].link), PAT_ERR_INTERNAL);
    assert_err(pat_store_cut(at->store, "acme", ROWS + 1, &log.rows[7].link), PAT_ERR_INTERNAL);
    assert_err(pat_store_cut(at->store, "acme", 0, &log.rows[0].link), PAT_ERR_INTERNAL);
    assert_err(pat_store_cut(at->store, "nowhere", 1, &log.rows[0].link), PAT_ERR_INTERNAL);
    assert_ok(pat_store_cut(at->store, "acme", ROWS - 1, &log.rows[6].link));
    assert_err(pat_store_cut(at->store, "acme", 3, &log.rows[2].link), PAT_ERR_INTERNAL);
    assert_ok(pat_store_commit(at->store));
    read_log(at, "acme", &log);
    assert_int_equal(log.count, 1);
    expect_whole(at, "acme");
}

/* --- erasing --- */

static int64_t
erase(struct support_store *at, const struct pat_erasing *erasing)
{
    int64_t count = -1;

    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_erase(at->store, erasing, &count));
    assert_ok(pat_store_commit(at->store));
    return count;
}

static bool
is_blank(const struct pat_change_record *change)
{
    static const unsigned char zero[sizeof change->salt];

    return change->erased && change->before[0] == '\0' && change->after[0] == '\0' &&
           change->reason[0] == '\0' && change->claimed[0] == '\0' &&
           memcmp(change->salt, zero, sizeof zero) == 0;
}

static void
texts_of_one_user_within_a_stretch_go(struct support_store *at)
{
    struct pat_erasing erasing = {.tenant = "acme", .user = "alice", .after = 2, .upto = 7};
    struct log before, after;

    read_log(at, "acme", &before);
    erasing.generation = before.rows[4].generation; /* of change 5 */
    assert_int_equal(erase(at, &erasing), 2);       /* 3 and 5; 7 is too new */
    read_log(at, "acme", &after);
    for (size_t i = 0; i < ROWS; i++) {
        if (i != 2 && i != 4) {
            assert_true(support_row_equal(PAT_ROW_CHANGE, &before.rows[i], &after.rows[i]));
            continue;
        }
        assert_true(is_blank(&after.rows[i]));
        assert_true(pat_digest_equal(&before.rows[i].link, &after.rows[i].link));
        assert_true(pat_digest_equal(&before.rows[i].text_hash, &after.rows[i].text_hash));
        assert_int_equal(before.rows[i].at, after.rows[i].at);
    }
    erasing.generation = INT64_MAX;
    assert_int_equal(erase(at, &erasing), 1); /* only what is not erased yet */
    erasing.user = "ALICE";
    assert_int_equal(erase(at, &erasing), 0);
    erasing.user = "";
    assert_int_equal(erase(at, &erasing), 0);
    expect_whole(at, "acme");
    read_log(at, "lab", &after);
    for (size_t i = 0; i < ROWS; i++)
        assert_false(after.rows[i].erased);
}

static void
erasing_is_of_the_transaction(struct support_store *at)
{
    const struct pat_erasing erasing = {
        .tenant = "acme", .user = "bob", .upto = ROWS, .generation = INT64_MAX};
    struct log log;
    int64_t count = -1;

    assert_err(pat_store_erase(at->store, &erasing, &count), PAT_ERR_INTERNAL);
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_erase(at->store, &erasing, &count));
    assert_int_equal(count, ROWS / 2);
    pat_store_rollback(at->store);
    read_log(at, "acme", &log);
    for (size_t i = 0; i < log.count; i++)
        assert_false(log.rows[i].erased);
    expect_whole(at, "acme");
}

static void
cut_and_erased_survive_a_restart(struct support_store *at)
{
    const struct pat_erasing erasing = {
        .tenant = "acme", .user = "bob", .upto = ROWS, .generation = INT64_MAX};
    const struct pat_store_ops *ops = &pat_sqlite_ops;
    struct log before, after;

    read_log(at, "acme", &before);
    assert_ok(pat_store_begin(at->store, true));
    assert_ok(pat_store_cut(at->store, "acme", 4, &before.rows[3].link));
    assert_ok(pat_store_commit(at->store));
    assert_int_equal(erase(at, &erasing), 2);
    read_log(at, "acme", &before);
    support_store_close(at);
    assert_ok(support_store_reopen(at, ops));
    read_log(at, "acme", &after);
    assert_int_equal(after.count, before.count);
    for (size_t i = 0; i < after.count; i++)
        assert_true(support_row_equal(PAT_ROW_CHANGE, &before.rows[i], &after.rows[i]));
    expect_whole(at, "acme");
}

/* --- a backend must not cut by itself --- */

static void
only_a_head_lets_changes_go(struct support_store *at, const struct pat_store_ops *ops)
{
    void *backend = NULL;
    union pat_row row;

    (void)at;
    assert_ok(
        ops->open(at->dir, ops == &pat_memory_ops ? PAT_STORE_CREATE : PAT_STORE_WRITE, &backend));
    assert_ok(ops->begin(backend, true));
    if (ops == &pat_memory_ops) { /* the one above is its own */
        support_row(PAT_ROW_HEAD, 1, &row);
        row.head.version = 1;
        row.head.cut_seq = 0;
        pat_text_clip(row.head.tenant, sizeof row.head.tenant, "acme");
        assert_ok(ops->put(backend, PAT_ROW_HEAD, &row));
        support_row(PAT_ROW_CHANGE, 1, &row);
        pat_text_clip(row.change.tenant, sizeof row.change.tenant, "acme");
        row.change.seq = 1;
        assert_ok(ops->put(backend, PAT_ROW_CHANGE, &row));
    }
    assert_err(ops->cut(backend, "acme", 1), PAT_ERR_CONFLICT);
    ops->rollback(backend);
    ops->close(backend);
}

struct retention_case {
    const char *title;
    const struct pat_store_ops *ops;
    void (*run)(struct support_store *at);
};

static void
run_case(void **state)
{
    const struct retention_case *each = *state;
    struct support_store at;

    support_store_make(&at, each->ops);
    fill(&at);
    if (each->run != NULL)
        each->run(&at);
    else
        only_a_head_lets_changes_go(&at, each->ops);
    support_store_close(&at);
}

#define BOTH(title, run)                                                                           \
    {title " (sqlite)", &pat_sqlite_ops, run},                                                     \
    {                                                                                              \
        title " (memory)", &pat_memory_ops, run                                                    \
    }

static const struct retention_case cases[] = {
    BOTH("what is cut goes with the commit", what_is_cut_goes_with_the_commit),
    BOTH("no log loses its newest change", no_log_loses_its_newest_change),
    BOTH("texts of one user within a stretch go", texts_of_one_user_within_a_stretch_go),
    BOTH("erasing is of the transaction", erasing_is_of_the_transaction),
    BOTH("only a head lets changes go", NULL),
    {"cut and erased survive a restart", &pat_sqlite_ops, cut_and_erased_survive_a_restart},
};

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, cases, run_case);
    return support_run("retention", &list);
}
