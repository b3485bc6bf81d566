/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever can write the database but holds no key: rows swapped, copied, removed, put back or
 * edited behind the daemon's back. Each such change is found when the row is read or when the store
 * is added up, and a store that nobody touched adds up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/check.h"
#include "tests/unit/support_sqlite.h"

static char template_dir[SUPPORT_PATH_MAX];

/* --- a store with a past --- */

static void
put_user(struct pat_store *store, const char *tenant, const char *name, const char *grants)
{
    union pat_row row;

    support_row(PAT_ROW_USER, 1, &row);
    pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenant);
    pat_text_clip(row.user.user, sizeof row.user.user, name);
    pat_text_clip(row.user.grants.text, sizeof row.user.grants.text, grants);
    assert_ok(pat_store_put(store, PAT_ROW_USER, &row));
}

static void
put_token(struct pat_store *store, const char *tenant, unsigned number, const char *user)
{
    union pat_row row;

    support_row(PAT_ROW_TOKEN, number, &row);
    pat_text_clip(row.token.tenant, sizeof row.token.tenant, tenant);
    pat_text_clip(row.token.user, sizeof row.token.user, user);
    assert_ok(pat_store_put(store, PAT_ROW_TOKEN, &row));
}

static void
put_all(struct pat_store *store)
{
    static const char *const tenants[] = {"acme", "lab"};
    union pat_row row;

    assert_ok(pat_store_begin(store, true));
    for (unsigned i = 0; i < COUNT(tenants); i++) {
        support_row(PAT_ROW_TENANT, 1, &row);
        pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, tenants[i]);
        assert_ok(pat_store_put(store, PAT_ROW_TENANT, &row));
        put_user(store, tenants[i], "alice", "ssh:login,sudo:run");
        put_user(store, tenants[i], "bob", "mail:read");
        put_token(store, tenants[i], 10 * i + 1, "alice");
        put_token(store, tenants[i], 10 * i + 2, "bob");
        support_row(PAT_ROW_GROUP, 1, &row);
        pat_text_clip(row.group.tenant, sizeof row.group.tenant, tenants[i]);
        assert_ok(pat_store_put(store, PAT_ROW_GROUP, &row));
    }
    support_row(PAT_ROW_SCOPE, 1, &row);
    assert_ok(pat_store_put(store, PAT_ROW_SCOPE, &row));
    assert_ok(pat_store_commit(store));
}

static void
get_row(struct pat_store *store, enum pat_row_kind kind, const char *name, union pat_row *ret)
{
    assert_ok(pat_store_get(store, kind, kind == PAT_ROW_SCOPE ? "" : "acme", name, ret));
}

/* The changes that an attacker would like to undo. */
static void
narrow(struct pat_store *store)
{
    union pat_row row;

    assert_ok(pat_store_begin(store, true));
    get_row(store, PAT_ROW_TOKEN, "00000001", &row);
    row.token.state = PAT_STATE_REVOKED;
    row.token.ended = (struct pat_optional){.set = true, .at = 9};
    assert_ok(pat_store_put(store, PAT_ROW_TOKEN, &row));
    get_row(store, PAT_ROW_USER, "alice", &row);
    row.user.state = PAT_STATE_DISABLED;
    assert_ok(pat_store_put(store, PAT_ROW_USER, &row));
    get_row(store, PAT_ROW_TENANT, "", &row);
    row.tenant.require_expiry = true;
    assert_ok(pat_store_put(store, PAT_ROW_TENANT, &row));
    get_row(store, PAT_ROW_GROUP, "group_name1", &row);
    row.group.grants.text[0] = '\0';
    assert_ok(pat_store_put(store, PAT_ROW_GROUP, &row));
    get_row(store, PAT_ROW_SCOPE, "scope1", &row);
    row.scope.label[0] = '\0';
    assert_ok(pat_store_put(store, PAT_ROW_SCOPE, &row));
    assert_ok(pat_store_commit(store));
}

/* Remembers every row as it was before, in a database beside it. */
static void
remember(const char *dir)
{
    char *sql = sqlite3_mprintf("ATTACH '%q/old.db' AS old;"
                                "CREATE TABLE old.tokens AS SELECT * FROM tokens;"
                                "CREATE TABLE old.users AS SELECT * FROM users;"
                                "CREATE TABLE old.groups AS SELECT * FROM groups;"
                                "CREATE TABLE old.scopes AS SELECT * FROM scopes;"
                                "CREATE TABLE old.tenants AS SELECT * FROM tenants;"
                                "CREATE TABLE old.heads AS SELECT * FROM heads;"
                                "CREATE TABLE old.host AS SELECT * FROM host",
                                dir);

    support_sqlite_exec(dir, sql);
    sqlite3_free(sql);
}

static void
make_template(void **state)
{
    struct support_store at;

    (void)state;
    support_store_make(&at, &pat_sqlite_ops);
    put_all(at.store);
    remember(at.dir);
    narrow(at.store);
    support_store_close(&at);
    pat_text_clip(template_dir, sizeof template_dir, at.dir);
}

/* --- tampering --- */

static const struct tampering {
    const char *title;
    const char *sql;
    const char *tenant; /* a read that refuses; NULL: only the sums tell */
    enum pat_row_kind kind;
    const char *name;
} tamperings[] = {
    {"two users' grants swapped",
     "UPDATE users SET grants = CASE user WHEN 'alice' THEN 'mail:read' ELSE 'ssh:login,sudo:run' "
     "END WHERE tenant = 'acme'",
     "acme", PAT_ROW_USER, "bob"},
    {"two users' names swapped with their rows",
     "UPDATE users SET user = 'carol' WHERE tenant = 'acme' AND user = 'alice';"
     "UPDATE users SET user = 'alice' WHERE tenant = 'acme' AND user = 'bob';"
     "UPDATE users SET user = 'bob' WHERE tenant = 'acme' AND user = 'carol'",
     "acme", PAT_ROW_USER, "alice"},
    {"a row moved to another tenant",
     "DELETE FROM users WHERE tenant = 'lab' AND user = 'alice';"
     "UPDATE users SET tenant = 'lab' WHERE tenant = 'acme' AND user = 'alice'",
     "lab", PAT_ROW_USER, "alice"},
    {"another's seal",
     "UPDATE users SET seal = (SELECT seal FROM users WHERE user = 'bob' AND tenant = 'acme') "
     "WHERE user = 'alice' AND tenant = 'acme'",
     "acme", PAT_ROW_USER, "alice"},
    {"an enabled user", "UPDATE users SET state = 1", "acme", PAT_ROW_USER, "alice"},
    {"a revoked token made active", "UPDATE tokens SET state = 1, ended = NULL", "acme",
     PAT_ROW_TOKEN, "00000001"},
    {"a token given to another user", "UPDATE tokens SET user = 'alice' WHERE id = '00000002'",
     "acme", PAT_ROW_TOKEN, "00000002"},
    {"a token with another's secret",
     "UPDATE tokens SET verifier = (SELECT verifier FROM tokens WHERE id = '00000001') "
     "WHERE id = '00000002'",
     "acme", PAT_ROW_TOKEN, "00000002"},
    {"a copied token under another id",
     "CREATE TEMP TABLE copy AS SELECT * FROM tokens WHERE id = '00000002';"
     "UPDATE copy SET id = 'copyofit', created_seq = 99;"
     "INSERT INTO tokens SELECT * FROM copy",
     "acme", PAT_ROW_TOKEN, "copyofit"},
    {"an older token put back",
     "DELETE FROM tokens WHERE id = '00000001';"
     "INSERT INTO tokens SELECT * FROM old.tokens WHERE id = '00000001'",
     NULL, PAT_ROW_TOKEN, ""},
    {"an older user put back",
     "DELETE FROM users WHERE tenant = 'acme' AND user = 'alice';"
     "INSERT INTO users SELECT * FROM old.users WHERE tenant = 'acme' AND user = 'alice'",
     NULL, PAT_ROW_USER, ""},
    {"an older tenant put back",
     "DELETE FROM tenants WHERE tenant = 'acme';"
     "INSERT INTO tenants SELECT * FROM old.tenants WHERE tenant = 'acme'",
     NULL, PAT_ROW_TENANT, ""},
    {"an older group put back",
     "DELETE FROM groups WHERE tenant = 'acme';"
     "INSERT INTO groups SELECT * FROM old.groups WHERE tenant = 'acme'",
     NULL, PAT_ROW_GROUP, ""},
    {"an older scope put back", "DELETE FROM scopes; INSERT INTO scopes SELECT * FROM old.scopes",
     NULL, PAT_ROW_SCOPE, ""},
    {"an older token and an older head put back",
     "DELETE FROM tokens; INSERT INTO tokens SELECT * FROM old.tokens;"
     "DELETE FROM heads; INSERT INTO heads SELECT * FROM old.heads",
     NULL, PAT_ROW_HEAD, ""},
    {"an older host put back", "DELETE FROM host; INSERT INTO host SELECT * FROM old.host", NULL,
     PAT_ROW_HOST, ""},
    {"a token removed", "DELETE FROM tokens WHERE id = '00000001'", NULL, PAT_ROW_TOKEN, ""},
    {"a user removed", "DELETE FROM users WHERE user = 'bob' AND tenant = 'lab'", NULL,
     PAT_ROW_USER, ""},
    {"a tenant's row removed", "DELETE FROM tenants WHERE tenant = 'lab'", NULL, PAT_ROW_TENANT,
     ""},
    {"a group removed", "DELETE FROM groups WHERE tenant = 'lab'", NULL, PAT_ROW_GROUP, ""},
    {"a scope removed", "DELETE FROM scopes", NULL, PAT_ROW_SCOPE, ""},
    {"a head removed", "DELETE FROM heads WHERE tenant = 'lab'", NULL, PAT_ROW_HEAD, ""},
    {"a whole tenant removed",
     "DELETE FROM tokens WHERE tenant = 'lab'; DELETE FROM users WHERE tenant = 'lab';"
     "DELETE FROM groups WHERE tenant = 'lab'; DELETE FROM tenants WHERE tenant = 'lab';"
     "DELETE FROM heads WHERE tenant = 'lab'",
     NULL, PAT_ROW_HEAD, ""},
    {"an edited sum", "UPDATE heads SET sum = zeroblob(64) WHERE tenant = 'acme'", "acme",
     PAT_ROW_HEAD, ""},
    {"an edited generation", "UPDATE host SET generation = generation + 1", "", PAT_ROW_HOST, ""},
    {"a removed host", "DELETE FROM host", NULL, PAT_ROW_HOST, ""},
};

static void
tamper(const char *dir, const char *sql)
{
    char *all = sqlite3_mprintf("PRAGMA foreign_keys = OFF;"
                                "ATTACH '%q/old.db' AS old;"
                                "DROP TRIGGER tokens_stay_revoked;"
                                "DROP TRIGGER tokens_keep_identity;"
                                "DROP TRIGGER tokens_are_not_replaced;"
                                "DROP TRIGGER tokens_are_kept;"
                                "%s",
                                dir, sql);

    support_sqlite_exec(dir, all);
    sqlite3_free(all);
}

static void
copy_template(struct support_store *ret)
{
    static const char *const files[] = {"seal.1", "verifier.1", "anchor", "pat.db", "old.db"};

    memset(ret, 0, sizeof *ret);
    support_dir(ret->dir);
    for (size_t i = 0; i < COUNT(files); i++)
        support_copy(template_dir, ret->dir, files[i]);
}

/* The seal of the row, or else the sums of the store, or else the anchor. */
static void
is_found(void **state)
{
    const struct tampering *one = *state;
    struct support_store at;
    struct pat_check check = {.trouble = ""};
    union pat_row row;
    enum pat_err err;

    copy_template(&at);
    tamper(at.dir, one->sql);
    err = support_store_reopen(&at, &pat_sqlite_ops);
    if (one->kind == PAT_ROW_HOST && err != PAT_OK) {
        assert_err(err, PAT_ERR_SEAL); /* not even opened */
    } else {
        assert_ok(err);
        if (one->tenant != NULL)
            assert_err(pat_store_get(at.store, one->kind, one->tenant, one->name, &row),
                       PAT_ERR_SEAL);
        err = pat_check_store(at.store, NULL, NULL, &check);
        if (one->kind == PAT_ROW_HOST && err == PAT_ERR_ROLLBACK) {
            assert_err(pat_store_begin(at.store, false), PAT_ERR_ROLLBACK);
        } else {
            assert_err(err, PAT_ERR_SEAL);
            assert_true(check.trouble[0] != '\0');
        }
    }
    support_store_close(&at);
}

static void
nothing_is_found(void **state)
{
    struct support_store at;
    struct pat_check check;

    (void)state;
    copy_template(&at);
    tamper(at.dir, "");
    assert_ok(support_store_reopen(&at, &pat_sqlite_ops));
    assert_ok(pat_store_compare(at.store));
    assert_ok(pat_check_store(at.store, NULL, NULL, &check));
    assert_int_equal(check.rows, 2 * (1 + 2 + 2 + 1) + 1);
    expect_text("trouble", check.trouble, "");
    support_store_close(&at);
}

/* A whole older database adds up; only the anchor knows that it is older, and nothing is read. */
static void
older_store_is_older_than_its_anchor(void **state)
{
    static const char all[] = "DELETE FROM tokens; INSERT INTO tokens SELECT * FROM old.tokens;"
                              "DELETE FROM users; INSERT INTO users SELECT * FROM old.users;"
                              "DELETE FROM groups; INSERT INTO groups SELECT * FROM old.groups;"
                              "DELETE FROM scopes; INSERT INTO scopes SELECT * FROM old.scopes;"
                              "DELETE FROM tenants; INSERT INTO tenants SELECT * FROM old.tenants;"
                              "DELETE FROM heads; INSERT INTO heads SELECT * FROM old.heads;"
                              "DELETE FROM host; INSERT INTO host SELECT * FROM old.host";
    struct support_store at;
    struct pat_check check;

    (void)state;
    copy_template(&at);
    tamper(at.dir, all);
    assert_ok(support_store_reopen(&at, &pat_sqlite_ops));
    assert_err(pat_store_begin(at.store, false), PAT_ERR_ROLLBACK);
    assert_err(pat_store_begin(at.store, true), PAT_ERR_ROLLBACK);
    assert_err(pat_check_store(at.store, NULL, NULL, &check), PAT_ERR_ROLLBACK);
    assert_err(pat_store_compare(at.store), PAT_ERR_ROLLBACK);
    support_store_close(&at);
}

/* --- the check itself --- */

struct pauses {
    size_t calls;
    size_t end_at; /* 0: never */
};

static bool
count_pause(void *context)
{
    struct pauses *at = context;

    return ++at->calls != at->end_at;
}

static void
makes_pauses(void **state)
{
    struct pauses all = {.end_at = 0}, one = {.end_at = 2};
    struct support_store at;
    struct pat_check check;
    union pat_row row;

    (void)state;
    support_store_make(&at, &pat_memory_ops);
    assert_ok(pat_store_begin(at.store, true));
    for (unsigned i = 0; i < 1100; i++) {
        support_row(PAT_ROW_USER, i, &row);
        assert_ok(pat_store_put(at.store, PAT_ROW_USER, &row));
    }
    assert_ok(pat_store_commit(at.store));
    assert_ok(pat_check_store(at.store, count_pause, &all, &check));
    assert_int_equal(check.rows, 1100);
    assert_in_range(all.calls, 2, 1100);
    assert_err(pat_check_store(at.store, count_pause, &one, &check), PAT_ERR_BUSY);
    assert_int_equal(one.calls, 2);
    assert_true(check.rows < 1100);
    assert_ok(pat_store_begin(at.store, true)); /* it left no transaction behind */
    pat_store_rollback(at.store);
    support_store_close(&at);
}

int
main(void)
{
    static struct support_list list;

    support_add(&list, "a store with a past", make_template, NULL);
    support_add(&list, "an untouched store adds up", nothing_is_found, NULL);
    SUPPORT_TABLE(&list, tamperings, is_found);
    support_add(&list, "an older store is older than its anchor",
                older_store_is_older_than_its_anchor, NULL);
    support_add(&list, "the check makes pauses and may be ended", makes_pauses, NULL);
    return support_run("check", &list);
}
