/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every backend promises for rows and transactions (store/store_ops.h): one table of cases,
 * run over each of them.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/unit/support.h"

struct rig {
    const struct pat_store_ops *ops;
    void *backend;
};

static enum pat_err
put(const struct rig *rig, enum pat_row_kind kind, const void *record)
{
    return rig->ops->put(rig->backend, kind, record);
}

static enum pat_err
get(const struct rig *rig, enum pat_row_kind kind, const void *like, union pat_row *ret)
{
    return rig->ops->get(rig->backend, kind, pat_row_tenant(kind, like), pat_row_name(kind, like),
                         ret);
}

static void
begin(const struct rig *rig)
{
    assert_ok(rig->ops->begin(rig->backend, true));
}

static void
commit(const struct rig *rig)
{
    assert_ok(rig->ops->commit(rig->backend));
}

static void
set_version(enum pat_row_kind kind, union pat_row *row, int64_t version)
{
    if (pat_row_type(kind)->sealed)
        *pat_row_version(kind, row) = version;
}

/* A row of version 1, ready to be inserted. */
static void
new_row(enum pat_row_kind kind, unsigned number, union pat_row *ret)
{
    support_row(kind, number, ret);
    set_version(kind, ret, 1);
}

/* The tenants and users that other rows belong to. */
static void
furnish(const struct rig *rig)
{
    static const char *const tenants[] = {"acme", "lab"};
    union pat_row row;

    begin(rig);
    for (size_t i = 0; i < COUNT(tenants); i++) {
        new_row(PAT_ROW_TENANT, 0, &row);
        pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, tenants[i]);
        assert_ok(put(rig, PAT_ROW_TENANT, &row));
        new_row(PAT_ROW_USER, 0, &row);
        pat_text_clip(row.user.user, sizeof row.user.user, "user0");
        pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenants[i]);
        assert_ok(put(rig, PAT_ROW_USER, &row));
    }
    commit(rig);
}

/* Kinds that have a key and a version; the host has one row only. */
static const enum pat_row_kind keyed[] = {PAT_ROW_HEAD,  PAT_ROW_TENANT, PAT_ROW_USER,
                                          PAT_ROW_GROUP, PAT_ROW_SCOPE,  PAT_ROW_TOKEN};

/* Tokens with an end may be dropped; the others only when they are dead. */
static void
check_life(const struct rig *rig, enum pat_row_kind kind)
{
    union pat_row row, other, found;

    new_row(kind, 7, &row);
    new_row(kind, 8, &other);
    begin(rig);
    assert_err(get(rig, kind, &row, &found), PAT_ERR_NOT_FOUND);
    assert_ok(put(rig, kind, &row));
    assert_ok(get(rig, kind, &row, &found));
    assert_true(support_row_equal(kind, &row, &found));
    assert_err(get(rig, kind, &other, &found), PAT_ERR_NOT_FOUND);
    assert_ok(put(rig, kind, &other));
    commit(rig);

    begin(rig);
    set_version(kind, &row, 2);
    assert_ok(put(rig, kind, &row));
    commit(rig);
    assert_ok(get(rig, kind, &row, &found));
    assert_true(support_row_equal(kind, &row, &found));
    assert_ok(get(rig, kind, &other, &found));
    assert_true(support_row_equal(kind, &other, &found));

    begin(rig);
    assert_ok(rig->ops->drop(rig->backend, kind, &row));
    assert_err(get(rig, kind, &row, &found), PAT_ERR_NOT_FOUND);
    commit(rig);
    assert_err(get(rig, kind, &row, &found), PAT_ERR_NOT_FOUND);
    assert_ok(get(rig, kind, &other, &found));
}

static void
rows_live(struct rig *rig)
{
    for (size_t i = 0; i < COUNT(keyed); i++)
        check_life(rig, keyed[i]);
}

static void
host_is_one_row(struct rig *rig)
{
    union pat_row row, found;

    new_row(PAT_ROW_HOST, 1, &row);
    begin(rig);
    assert_err(get(rig, PAT_ROW_HOST, &row, &found), PAT_ERR_NOT_FOUND);
    assert_ok(put(rig, PAT_ROW_HOST, &row));
    assert_err(put(rig, PAT_ROW_HOST, &row), PAT_ERR_EXISTS);
    row.host.version = 2;
    row.host.generation = 99;
    assert_ok(put(rig, PAT_ROW_HOST, &row));
    assert_err(put(rig, PAT_ROW_HOST, &row), PAT_ERR_CONFLICT);
    commit(rig);
    assert_ok(get(rig, PAT_ROW_HOST, &row, &found));
    assert_true(support_row_equal(PAT_ROW_HOST, &row, &found));
}

/* The same name in another tenant is another row. */
static void
tenants_are_apart(struct rig *rig)
{
    static const enum pat_row_kind kinds[] = {PAT_ROW_USER, PAT_ROW_GROUP, PAT_ROW_TOKEN};
    union pat_row row, found;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        new_row(kinds[i], 3, &row);
        begin(rig);
        assert_ok(put(rig, kinds[i], &row));
        commit(rig);
        pat_text_clip(row.user.tenant, sizeof row.user.tenant, "lab"); /* first in each of them */
        assert_err(get(rig, kinds[i], &row, &found), PAT_ERR_NOT_FOUND);
    }
}

static void
compare_and_set(struct rig *rig)
{
    static const struct {
        int64_t version;
        enum pat_err put, drop;
    } tries[] = {
        {1, PAT_ERR_EXISTS, PAT_ERR_CONFLICT},   {2, PAT_ERR_CONFLICT, PAT_ERR_CONFLICT},
        {3, PAT_ERR_CONFLICT, PAT_OK},           {4, PAT_OK, PAT_ERR_CONFLICT},
        {5, PAT_ERR_CONFLICT, PAT_ERR_CONFLICT}, {INT64_MAX, PAT_ERR_CONFLICT, PAT_ERR_CONFLICT}};

    for (size_t i = 0; i < COUNT(keyed); i++) {
        union pat_row row;

        new_row(keyed[i], 40, &row);
        begin(rig);
        for (int64_t version = 1; version <= 3; version++) {
            set_version(keyed[i], &row, version);
            assert_ok(put(rig, keyed[i], &row));
        }
        commit(rig);
        for (size_t j = 0; j < COUNT(tries); j++) {
            set_version(keyed[i], &row, tries[j].version);
            begin(rig);
            assert_err(put(rig, keyed[i], &row), tries[j].put);
            rig->ops->rollback(rig->backend);
            begin(rig);
            assert_err(rig->ops->drop(rig->backend, keyed[i], &row), tries[j].drop);
            rig->ops->rollback(rig->backend);
        }
    }
}

static void
missing_rows_conflict(struct rig *rig)
{
    for (size_t i = 0; i < COUNT(keyed); i++) {
        union pat_row row;

        new_row(keyed[i], 41, &row);
        begin(rig);
        assert_err(rig->ops->drop(rig->backend, keyed[i], &row), PAT_ERR_CONFLICT);
        set_version(keyed[i], &row, 2);
        assert_err(put(rig, keyed[i], &row), PAT_ERR_CONFLICT);
        rig->ops->rollback(rig->backend);
    }
}

static void
token_ids_are_unique(struct rig *rig)
{
    union pat_row row, found;

    new_row(PAT_ROW_TOKEN, 5, &row);
    begin(rig);
    assert_ok(put(rig, PAT_ROW_TOKEN, &row));
    commit(rig);
    pat_text_clip(row.token.tenant, sizeof row.token.tenant, "lab");
    row.token.created_seq = 77;
    begin(rig);
    assert_err(put(rig, PAT_ROW_TOKEN, &row), PAT_ERR_EXISTS);
    rig->ops->rollback(rig->backend);
    assert_err(get(rig, PAT_ROW_TOKEN, &row, &found), PAT_ERR_NOT_FOUND);
}

static void
changes_are_only_added(struct rig *rig)
{
    union pat_row row;

    new_row(PAT_ROW_CHANGE, 5, &row);
    begin(rig);
    assert_ok(put(rig, PAT_ROW_CHANGE, &row));
    assert_err(put(rig, PAT_ROW_CHANGE, &row), PAT_ERR_EXISTS);
    pat_text_clip(row.change.tenant, sizeof row.change.tenant, "lab");
    assert_ok(put(rig, PAT_ROW_CHANGE, &row));
    row.change.tenant[0] = '\0';
    assert_ok(put(rig, PAT_ROW_CHANGE, &row));
    commit(rig);
}

static void
revoked_stays_revoked(struct rig *rig)
{
    static const int32_t states[] = {PAT_STATE_ACTIVE, PAT_STATE_PENDING, PAT_STATE_SUSPENDED};
    union pat_row row, found;

    new_row(PAT_ROW_TOKEN, 6, &row);
    row.token.state = PAT_STATE_REVOKED;
    row.token.ended = (struct pat_optional){.set = true, .at = 5};
    begin(rig);
    assert_ok(put(rig, PAT_ROW_TOKEN, &row));
    commit(rig);
    for (size_t i = 0; i < COUNT(states); i++) {
        union pat_row revived = row;

        revived.token.state = states[i];
        revived.token.ended.set = false;
        revived.token.version = 2;
        begin(rig);
        assert_err(put(rig, PAT_ROW_TOKEN, &revived), PAT_ERR_CONFLICT);
        rig->ops->rollback(rig->backend);
        assert_ok(get(rig, PAT_ROW_TOKEN, &row, &found));
        assert_true(support_row_equal(PAT_ROW_TOKEN, &row, &found));
    }
    row.token.version = 2; /* other fields of a dead token may change */
    pat_text_clip(row.token.description, sizeof row.token.description, "gone");
    begin(rig);
    assert_ok(put(rig, PAT_ROW_TOKEN, &row));
    commit(rig);
}

static void
rollback_leaves_nothing(struct rig *rig)
{
    for (size_t i = 0; i < COUNT(keyed); i++) {
        union pat_row kept, added, found;

        new_row(keyed[i], 50, &kept);
        new_row(keyed[i], 51, &added);
        begin(rig);
        assert_ok(put(rig, keyed[i], &kept));
        commit(rig);

        begin(rig);
        assert_ok(put(rig, keyed[i], &added));
        set_version(keyed[i], &kept, 2);
        assert_ok(put(rig, keyed[i], &kept));
        rig->ops->rollback(rig->backend);
        assert_err(get(rig, keyed[i], &added, &found), PAT_ERR_NOT_FOUND);
        set_version(keyed[i], &kept, 1);
        assert_ok(get(rig, keyed[i], &kept, &found));
        assert_true(support_row_equal(keyed[i], &kept, &found));

        begin(rig);
        assert_ok(rig->ops->drop(rig->backend, keyed[i], &kept));
        rig->ops->rollback(rig->backend);
        rig->ops->rollback(rig->backend); /* a second one has nothing to do */
        assert_ok(get(rig, keyed[i], &kept, &found));
    }
}

/* After a refused write the transaction goes on, and what it did before is committed. */
static void
refusal_ends_nothing(struct rig *rig)
{
    union pat_row row, found;

    new_row(PAT_ROW_GROUP, 60, &row);
    begin(rig);
    assert_ok(put(rig, PAT_ROW_GROUP, &row));
    assert_err(put(rig, PAT_ROW_GROUP, &row), PAT_ERR_EXISTS);
    set_version(PAT_ROW_GROUP, &row, 9);
    assert_err(put(rig, PAT_ROW_GROUP, &row), PAT_ERR_CONFLICT);
    assert_err(rig->ops->drop(rig->backend, PAT_ROW_GROUP, &row), PAT_ERR_CONFLICT);
    commit(rig);
    assert_ok(get(rig, PAT_ROW_GROUP, &row, &found));
    assert_int_equal(found.group.version, 1);
}

static void
fill_to_the_brim(enum pat_row_kind kind, union pat_row *row, bool high)
{
    const struct pat_row_type *type = pat_row_type(kind);

    for (size_t i = 0; i < type->count; i++) {
        const struct pat_field *field = &type->fields[i];
        char *at = pat_row_field(row, field);

        if (field->type == PAT_FIELD_TEXT && !pat_text_equal(field->name, "id") &&
            !pat_text_equal(field->name, "tenant") && !pat_text_equal(field->name, "user")) {
            memset(at, high ? 0x7e : 1, field->size - 1);
            at[field->size - 1] = '\0';
        } else if (field->type == PAT_FIELD_INT64 && !pat_text_equal(field->name, "version")) {
            *(int64_t *)(void *)at = high ? INT64_MAX : INT64_MIN;
        } else if (field->type == PAT_FIELD_BYTES) {
            memset(at, high ? 0xff : 0, field->size);
        } else if (field->type == PAT_FIELD_OPTIONAL && !pat_text_equal(field->name, "ended")) {
            *(struct pat_optional *)(void *)at = (struct pat_optional){
                .set = true, .at = high ? INT64_MAX : INT64_MIN};
        }
    }
}

static void
extremes_come_back(struct rig *rig)
{
    for (size_t i = 0; i < COUNT(keyed); i++)
        for (int high = 0; high < 2; high++) {
            union pat_row row, found;

            new_row(keyed[i], 70 + (unsigned)high, &row);
            fill_to_the_brim(keyed[i], &row, high == 1);
            begin(rig);
            assert_ok(put(rig, keyed[i], &row));
            commit(rig);
            assert_ok(get(rig, keyed[i], &row, &found));
            assert_true(support_row_equal(keyed[i], &row, &found));
        }
}

/* Absent is not zero: an expiry at 0 and none at all are different things. */
static void
absent_is_not_zero(struct rig *rig)
{
    static const struct pat_optional values[] = {
        {false, 0}, {true, 0}, {true, -1}, {true, INT64_MIN}, {true, INT64_MAX}};

    for (size_t i = 0; i < COUNT(values); i++) {
        union pat_row row, found;

        new_row(PAT_ROW_TOKEN, 80 + (unsigned)i, &row);
        row.token.expires = values[i];
        row.token.not_before = values[i];
        begin(rig);
        assert_ok(put(rig, PAT_ROW_TOKEN, &row));
        commit(rig);
        assert_ok(get(rig, PAT_ROW_TOKEN, &row, &found));
        assert_int_equal(found.token.expires.set, values[i].set);
        assert_int_equal(found.token.not_before.set, values[i].set);
        if (values[i].set)
            assert_true(found.token.expires.at == values[i].at);
    }
}

static void
create_is_exclusive(struct rig *rig)
{
    void *backend = NULL;
    char dir[SUPPORT_PATH_MAX];

    support_dir(dir);
    assert_err(rig->ops->open(dir, PAT_STORE_WRITE, &backend), PAT_ERR_NOT_FOUND);
    assert_err(rig->ops->open(dir, PAT_STORE_READ, &backend), PAT_ERR_NOT_FOUND);
    assert_null(backend);
    rig->ops->close(NULL);
    assert_ptr_equal(pat_store_ops_find(rig->ops->name), rig->ops);
    assert_null(pat_store_ops_find("none"));
}

static const struct {
    const char *title;
    void (*run)(struct rig *rig);
} cases[] = {
    {"rows of every kind are put, read, replaced and dropped", rows_live},
    {"the host is one row", host_is_one_row},
    {"a name belongs to its tenant", tenants_are_apart},
    {"put and drop compare the version", compare_and_set},
    {"a missing row is a conflict", missing_rows_conflict},
    {"a token's id is unique in all tenants", token_ids_are_unique},
    {"changes are only added", changes_are_only_added},
    {"a revoked token stays revoked", revoked_stays_revoked},
    {"a rollback leaves nothing", rollback_leaves_nothing},
    {"a refused write does not end the transaction", refusal_ends_nothing},
    {"the longest texts and largest numbers come back", extremes_come_back},
    {"a missing time is not zero", absent_is_not_zero},
    {"a store that is not there is not opened", create_is_exclusive},
};

static const struct pat_store_ops *const backends[] = {&pat_sqlite_ops, &pat_memory_ops};

struct run {
    char title[96];
    const struct pat_store_ops *ops;
    void (*run)(struct rig *rig);
};

static void
run_case(void **state)
{
    const struct run *run = *state;
    struct rig rig = {.ops = run->ops};
    char dir[SUPPORT_PATH_MAX];

    support_dir(dir);
    assert_ok(rig.ops->open(dir, PAT_STORE_CREATE, &rig.backend));
    furnish(&rig);
    run->run(&rig);
    rig.ops->close(rig.backend);
}

int
main(void)
{
    static struct run runs[COUNT(backends) * COUNT(cases)];
    static struct support_list list;

    for (size_t i = 0; i < COUNT(runs); i++) {
        const size_t which = i % COUNT(cases);

        runs[i].ops = backends[i / COUNT(cases)];
        runs[i].run = cases[which].run;
        snprintf(runs[i].title, sizeof runs[i].title, "%s: %s", runs[i].ops->name,
                 cases[which].title);
        support_add(&list, runs[i].title, run_case, &runs[i]);
    }
    return support_run("store", &list);
}
