/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same 2,000 operations on every backend: each must answer the same, and hold the same rows
 * after every transaction. The operations look random and are the same in every run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/support.h"

#define OPERATIONS 2000
#define NAMES 7 /* few, so that rows meet */

static const struct pat_store_ops *const backends[] = {&pat_memory_ops, &pat_sqlite_ops};
static const char *const tenants[] = {"acme", "lab"};

struct pair {
    void *at[COUNT(backends)];
    struct support_random random;
    int64_t seq;
    size_t done[5]; /* by outcome, to see that the mix is one */
};

enum outcome { DONE, EXISTS, CONFLICT, ROLLED_BACK, COMMITTED };

/* --- all rows of a backend --- */

struct rows {
    enum pat_row_kind kind;
    union pat_row *at;
    size_t count;
};

static bool
collect(void *context, const void *record)
{
    struct rows *rows = context;
    union pat_row *more = realloc(rows->at, (rows->count + 1) * sizeof *more);

    assert_non_null(more);
    rows->at = more;
    memset(&more[rows->count], 0, sizeof *more);
    memcpy(&more[rows->count++], record, pat_row_type(rows->kind)->size);
    return true;
}

static void
compare_scan(const struct pair *pair, const struct pat_scan *scan)
{
    const enum pat_row_kind kind = pat_store_ops_scan_kind(scan->what);
    struct rows rows[COUNT(backends)] = {{.kind = kind}, {.kind = kind}};

    for (size_t i = 0; i < COUNT(backends); i++)
        assert_ok(backends[i]->scan(pair->at[i], scan, collect, &rows[i]));
    assert_int_equal(rows[0].count, rows[1].count);
    for (size_t i = 0; i < rows[0].count; i++)
        assert_true(support_row_equal(kind, &rows[0].at[i], &rows[1].at[i]));
    for (size_t i = 0; i < COUNT(backends); i++)
        free(rows[i].at);
}

static void
compare_all(struct pair *pair)
{
    const int64_t now = (int64_t)support_below(&pair->random, 40);
    struct pat_tally tallies[COUNT(backends)];
    int64_t live[COUNT(backends)];

    for (size_t t = 0; t < COUNT(tenants); t++) {
        const struct pat_scan scans[] = {
            {.what = PAT_SCAN_TENANTS},
            {.what = PAT_SCAN_HEADS},
            {.what = PAT_SCAN_SCOPES},
            {.what = PAT_SCAN_USERS, .tenant = tenants[t]},
            {.what = PAT_SCAN_GROUPS, .tenant = tenants[t]},
            {.what = PAT_SCAN_TOKENS, .tenant = tenants[t]},
            {.what = PAT_SCAN_TOKENS_OF_USER, .tenant = tenants[t], .name = "user0"},
            {.what = PAT_SCAN_TOKENS_BY_ID, .name = "0000000"},
            {.what = PAT_SCAN_CHANGES, .tenant = tenants[t]},
            {.what = PAT_SCAN_CHANGES_BACK, .tenant = tenants[t]},
        };

        for (size_t i = 0; i < COUNT(scans); i++)
            compare_scan(pair, &scans[i]);
        for (size_t i = 0; i < COUNT(backends); i++) {
            assert_ok(
                backends[i]->count_live(pair->at[i], tenants[t], "user0", NULL, now, &live[i]));
            assert_ok(backends[i]->tally(pair->at[i], tenants[t], now, now + 20, &tallies[i]));
            tallies[i].bytes = 0;
        }
        assert_int_equal(live[0], live[1]);
        assert_memory_equal(&tallies[0], &tallies[1], sizeof tallies[0]);
    }
}

/* --- operations --- */

static void
note(struct pair *pair, enum pat_err err)
{
    if (err == PAT_ERR_EXISTS)
        pair->done[EXISTS]++;
    else
        pair->done[err == PAT_OK ? DONE : CONFLICT]++;
}

static void
put_both(struct pair *pair, enum pat_row_kind kind, const union pat_row *row)
{
    enum pat_err first = backends[0]->put(pair->at[0], kind, row);

    assert_err(backends[1]->put(pair->at[1], kind, row), first);
    note(pair, first);
}

static void
drop_both(struct pair *pair, enum pat_row_kind kind, const union pat_row *row)
{
    enum pat_err first = backends[0]->drop(pair->at[0], kind, row);

    assert_err(backends[1]->drop(pair->at[1], kind, row), first);
    note(pair, first);
}

/* What a row of this kind may hold, at random; its key is one of a few. */
static void
random_row(struct pair *pair, enum pat_row_kind kind, union pat_row *ret)
{
    unsigned number = (unsigned)support_below(&pair->random, NAMES);

    support_row(kind, number, ret);
    if (kind == PAT_ROW_USER || kind == PAT_ROW_GROUP || kind == PAT_ROW_TOKEN)
        pat_text_clip(ret->user.tenant, sizeof ret->user.tenant,
                      tenants[kind == PAT_ROW_TOKEN ? number % COUNT(tenants)
                                                    : support_below(&pair->random, 2)]);
    if (kind == PAT_ROW_USER)
        snprintf(ret->user.user, sizeof ret->user.user, "extra%u", number);
    if (kind == PAT_ROW_TOKEN) {
        ret->token.state = (int32_t)support_below(&pair->random, 4) + 1;
        ret->token.ended.set = ret->token.state == PAT_STATE_REVOKED;
        ret->token.expires = (struct pat_optional){.set = support_below(&pair->random, 2) == 0,
                                                   .at = (int64_t)support_below(&pair->random, 40)};
        ret->token.pending_until.at = (int64_t)support_below(&pair->random, 40);
        snprintf(ret->token.description, sizeof ret->token.description, "%llx",
                 (unsigned long long)support_next(&pair->random));
    }
}

/* The right version half of the time. */
static void
choose_version(struct pair *pair, enum pat_row_kind kind, union pat_row *row, bool replace)
{
    union pat_row found;
    int64_t stored = 0;

    if (backends[0]->get(pair->at[0], kind, pat_row_tenant(kind, row), pat_row_name(kind, row),
                         &found) == PAT_OK)
        stored = *pat_row_version(kind, &found);
    *pat_row_version(kind, row) = support_below(&pair->random, 2) == 0
                                      ? (int64_t)support_below(&pair->random, 4) + 1
                                      : stored + (replace ? 1 : 0);
}

/* Tokens that are not dead are not dropped: that is a rule of one backend's triggers. */
static bool
may_drop(struct pair *pair, enum pat_row_kind kind, const union pat_row *row)
{
    union pat_row found;

    return kind != PAT_ROW_TENANT && (kind != PAT_ROW_TOKEN ||
                                      backends[0]->get(pair->at[0], kind, pat_row_tenant(kind, row),
                                                       pat_row_name(kind, row), &found) != PAT_OK ||
                                      found.token.state == PAT_STATE_REVOKED);
}

static void
operate(struct pair *pair)
{
    static const enum pat_row_kind kinds[] = {PAT_ROW_USER,  PAT_ROW_GROUP, PAT_ROW_SCOPE,
                                              PAT_ROW_TOKEN, PAT_ROW_TOKEN, PAT_ROW_HEAD,
                                              PAT_ROW_TENANT};
    union pat_row row;
    enum pat_row_kind kind;

    if (support_below(&pair->random, 8) == 0) {
        support_row(PAT_ROW_CHANGE, 1, &row);
        pat_text_clip(row.change.tenant, sizeof row.change.tenant,
                      tenants[support_below(&pair->random, 2)]);
        row.change.seq = support_below(&pair->random, 4) == 0 ? 1 : ++pair->seq;
        put_both(pair, PAT_ROW_CHANGE, &row);
        return;
    }
    kind = kinds[support_below(&pair->random, COUNT(kinds))];
    random_row(pair, kind, &row);
    if (support_below(&pair->random, 4) > 0) {
        choose_version(pair, kind, &row, true);
        put_both(pair, kind, &row);
    } else if (may_drop(pair, kind, &row)) {
        choose_version(pair, kind, &row, false);
        drop_both(pair, kind, &row);
    }
}

static void
begin_both(struct pair *pair)
{
    for (size_t i = 0; i < COUNT(backends); i++)
        assert_ok(backends[i]->begin(pair->at[i], true));
}

static void
end_both(struct pair *pair)
{
    const bool keep = support_below(&pair->random, 3) > 0;

    for (size_t i = 0; i < COUNT(backends); i++) {
        if (keep)
            assert_ok(backends[i]->commit(pair->at[i]));
        else
            backends[i]->rollback(pair->at[i]);
    }
    pair->done[keep ? COMMITTED : ROLLED_BACK]++;
}

static void
furnish(struct pair *pair)
{
    begin_both(pair);
    for (size_t t = 0; t < COUNT(tenants); t++) {
        union pat_row row;

        support_row(PAT_ROW_TENANT, 1, &row);
        pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, tenants[t]);
        row.tenant.version = 1;
        put_both(pair, PAT_ROW_TENANT, &row);
        support_row(PAT_ROW_USER, 1, &row);
        pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenants[t]);
        pat_text_clip(row.user.user, sizeof row.user.user, "user0");
        row.user.version = 1;
        put_both(pair, PAT_ROW_USER, &row);
    }
    for (size_t i = 0; i < COUNT(backends); i++)
        assert_ok(backends[i]->commit(pair->at[i]));
}

static const struct seed {
    const char *title;
    uint64_t seed;
} seeds[] = {{"2,000 operations, seed 1", 0x9e3779b97f4a7c15}, {"2,000 operations, seed 2", 7}};

static void
run_operations(void **state)
{
    const struct seed *seed = *state;
    struct pair pair = {.random = {.state = seed->seed}};
    char dir[SUPPORT_PATH_MAX];
    size_t left = 0;

    for (size_t i = 0; i < COUNT(backends); i++) {
        support_dir(dir);
        assert_ok(backends[i]->open(dir, PAT_STORE_CREATE, &pair.at[i]));
    }
    furnish(&pair);
    for (size_t i = 0; i < OPERATIONS; i++) {
        if (left == 0) {
            begin_both(&pair);
            left = support_below(&pair.random, 20) + 1;
        }
        operate(&pair);
        if (--left == 0) {
            end_both(&pair);
            compare_all(&pair);
        }
    }
    if (left > 0)
        end_both(&pair);
    compare_all(&pair);
    for (size_t i = 0; i < COUNT(pair.done); i++)
        assert_true(pair.done[i] > 20);
    for (size_t i = 0; i < COUNT(backends); i++)
        backends[i]->close(pair.at[i]);
}

int
main(void)
{
    static struct support_list list;

    SUPPORT_TABLE(&list, seeds, run_operations);
    return support_run("backends agree", &list);
}
