/* SPDX-License-Identifier: BSD-2-Clause */
/* core/api/roles: who a caller is by their uid, and the table of who may do what. */
#include <stdio.h>

#include "core/api/roles.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "tests/unit/support_sqlite.h"

/* Who asks about whom, in the tenant acme. */
enum who {
    OPERATOR,
    STRANGER,      /* stands in no tenant */
    ELSEWHERE,     /* an administrator of another tenant */
    AUDITOR,       /* about somebody else */
    ADMIN,         /* about somebody with an account of the host */
    ADMIN_VIRTUAL, /* about somebody without */
    USER,          /* about somebody else */
    SELF,
    WHO_COUNT
};

static const char *const titles[WHO_COUNT] = {"an operator",
                                              "a stranger",
                                              "an administrator elsewhere",
                                              "an auditor",
                                              "an administrator",
                                              "an administrator, about a virtual user",
                                              "a user, about another",
                                              "a user, about themselves"};

/* DESIGN.md section 1, as who may: O always, and these letters. */
static const struct {
    const char *title;
    enum pat_action action;
    const char *who; /* U: the auditor, A: the administrator, V: of a virtual user, S: self */
} acts[] = {
    {"host", PAT_ACT_HOST, ""},
    {"see a tenant", PAT_ACT_SEE_TENANT, "UAV"},
    {"see a user", PAT_ACT_SEE_USER, "UAVS"},
    {"set a tenant", PAT_ACT_SET_TENANT, "AV"},
    {"create a user", PAT_ACT_CREATE_USER, "AV"},
    {"bind", PAT_ACT_BIND, ""},
    {"set a user", PAT_ACT_SET_USER, "V"},
    {"grant", PAT_ACT_GRANT, "V"},
    {"grant what accounts use", PAT_ACT_GRANT_LOCAL, ""},
    {"create a token", PAT_ACT_CREATE_TOKEN, "VS"},
    {"end a token", PAT_ACT_END_TOKEN, "AVS"},
    {"purge", PAT_ACT_PURGE, "AV"},
    {"what there is not", (enum pat_action)(PAT_ACT_PURGE + 1), ""},
};

static struct pat_actor
actor_of(enum who who)
{
    struct pat_actor actor = {.uid = 1000, .count = 1};
    static const enum pat_role roles[WHO_COUNT] = {
        [ELSEWHERE] = PAT_ROLE_ADMIN,     [AUDITOR] = PAT_ROLE_AUDITOR, [ADMIN] = PAT_ROLE_ADMIN,
        [ADMIN_VIRTUAL] = PAT_ROLE_ADMIN, [USER] = PAT_ROLE_USER,       [SELF] = PAT_ROLE_USER,
    };

    actor.is_operator = who == OPERATOR;
    if (who == OPERATOR || who == STRANGER)
        actor.count = 0;
    actor.standings[0].role = roles[who];
    pat_text_clip(actor.standings[0].tenant, sizeof actor.standings[0].tenant,
                  who == ELSEWHERE ? "lab" : "acme");
    pat_text_clip(actor.standings[0].user, sizeof actor.standings[0].user, "anna");
    return actor;
}

static bool
is_listed(enum who who, const char *letters)
{
    static const char of[WHO_COUNT] = {
        [AUDITOR] = 'U', [ADMIN] = 'A', [ADMIN_VIRTUAL] = 'V', [SELF] = 'S'};

    return who == OPERATOR || (of[who] != '\0' && strchr(letters, of[who]) != NULL);
}

/* FEATURES E: the table, cell by cell. */
static void
the_table(void **state)
{
    char title[96];

    (void)state;
    for (size_t i = 0; i < COUNT(acts); i++)
        for (enum who who = 0; who < WHO_COUNT; who++) {
            const struct pat_actor actor = actor_of(who);
            struct pat_user_record user = {.tenant = "acme", .user = "bob", .account = "bob"};

            if (who == SELF)
                pat_text_clip(user.user, sizeof user.user, "anna");
            if (who == ADMIN_VIRTUAL)
                user.account[0] = '\0';
            snprintf(title, sizeof title, "%s: %s", titles[who], acts[i].title);
            expect_number(title, pat_roles_may(&actor, acts[i].action, "acme", &user),
                          is_listed(who, acts[i].who));
        }
}

/* Where no user is concerned, nobody is themselves, and nobody is virtual. */
static void
without_a_user(void **state)
{
    struct pat_actor admin = actor_of(ADMIN), self = actor_of(SELF);

    (void)state;
    assert_true(pat_roles_may(&admin, PAT_ACT_SEE_USER, "acme", NULL));
    assert_true(pat_roles_may(&admin, PAT_ACT_CREATE_USER, "acme", NULL));
    assert_false(pat_roles_may(&admin, PAT_ACT_SET_USER, "acme", NULL));
    assert_false(pat_roles_may(&admin, PAT_ACT_SET_TENANT, "", NULL));
    assert_false(pat_roles_may(&self, PAT_ACT_SEE_USER, "acme", NULL));
}

/* Of several standings, the one of the tenant that is asked about. */
static void
standings_are_of_tenants(void **state)
{
    struct pat_actor actor = {.uid = 1000,
                              .count = 3,
                              .standings = {{"acme", "anna", PAT_ROLE_USER},
                                            {"lab", "anna", PAT_ROLE_ADMIN},
                                            {"shop", "a.b", PAT_ROLE_AUDITOR},
                                            {"ghost", "anna", PAT_ROLE_ADMIN}}};

    (void)state;
    assert_false(pat_roles_may(&actor, PAT_ACT_SEE_TENANT, "acme", NULL));
    assert_true(pat_roles_may(&actor, PAT_ACT_SET_TENANT, "lab", NULL));
    assert_true(pat_roles_may(&actor, PAT_ACT_SEE_TENANT, "shop", NULL));
    assert_false(pat_roles_may(&actor, PAT_ACT_SET_TENANT, "shop", NULL));
    assert_false(pat_roles_may(&actor, PAT_ACT_SEE_TENANT, "ghost", NULL)); /* beyond its count */
    assert_ptr_equal(pat_roles_standing(&actor, "lab"), &actor.standings[1]);
    assert_null(pat_roles_standing(&actor, "ghost"));
    assert_null(pat_roles_standing(&actor, ""));
    assert_true(pat_roles_is_self(&actor, "shop", "a.b"));
    assert_false(pat_roles_is_self(&actor, "shop", "anna"));
    assert_false(pat_roles_is_self(&actor, "la", "anna"));
    assert_false(pat_roles_is_self(&actor, "ghost", "anna"));
}

static void
roles_have_names(void **state)
{
    static const struct {
        const char *name;
        enum pat_role role;
    } names[] = {{"user", PAT_ROLE_USER}, {"auditor", PAT_ROLE_AUDITOR}, {"admin", PAT_ROLE_ADMIN}};
    enum pat_role role = PAT_ROLE_AUDITOR;

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        expect_text(names[i].name, pat_roles_name(names[i].role), names[i].name);
        assert_ok(pat_roles_read(names[i].name, &role));
        assert_int_equal(role, names[i].role);
    }
    role = PAT_ROLE_AUDITOR;
    assert_err(pat_roles_read("root", &role), PAT_ERR_SYNTAX);
    assert_err(pat_roles_read("", &role), PAT_ERR_SYNTAX);
    assert_int_equal(role, PAT_ROLE_AUDITOR);
    expect_text("what is no role", pat_roles_name((enum pat_role)COUNT(names)), "user");
    expect_text("what is no role", pat_roles_name((enum pat_role) - 1), "user");
}

/* --- who a peer is --- */

#define UID 1000

static struct pat_config *
config_of(const char *text)
{
    struct pat_diag diag = {.code = PAT_OK};
    struct pat_config *config = NULL;

    assert_ok(pat_config_file_parse(text, strlen(text), &config, &diag));
    return config;
}

static void
put_tenant(struct pat_store *store, const char *name, enum pat_state state)
{
    union pat_row row;

    support_row(PAT_ROW_TENANT, 1, &row);
    pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, name);
    row.tenant.state = state;
    support_store_put(store, PAT_ROW_TENANT, &row);
}

/* A user of this uid; 0: of none. */
static void
put_user(struct pat_store *store, const char *tenant, const char *name, int64_t uid,
         enum pat_role role)
{
    union pat_row row;

    support_row(PAT_ROW_USER, 1, &row);
    pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenant);
    pat_text_clip(row.user.user, sizeof row.user.user, name);
    pat_text_clip(row.user.account, sizeof row.user.account, uid == 0 ? "" : name);
    row.user.uid = (struct pat_optional){.set = uid != 0, .at = uid};
    row.user.state = PAT_STATE_ACTIVE;
    row.user.role = role;
    support_store_put(store, PAT_ROW_USER, &row);
}

static void
a_peer_is_what_its_uid_is_bound_to(void **state)
{
    struct pat_config *config = config_of("[patd]\noperators = 1001\n");
    struct pat_peer peer = {.uid = UID, .login_uid = {.set = true, .at = 55}};
    struct support_store at;
    struct pat_actor actor;

    (void)state;
    support_store_make(&at, &pat_memory_ops);
    put_tenant(at.store, "acme", PAT_STATE_ACTIVE);
    put_tenant(at.store, "lab", PAT_STATE_ACTIVE);
    put_tenant(at.store, "dark", PAT_STATE_DISABLED);
    put_user(at.store, "acme", "anna", UID, PAT_ROLE_ADMIN);
    put_user(at.store, "acme", "bob", 1001, PAT_ROLE_USER);
    put_user(at.store, "lab", "ann", UID, PAT_ROLE_AUDITOR);
    put_user(at.store, "dark", "anna", UID, PAT_ROLE_ADMIN);

    memset(&actor, 0xaa, sizeof actor);
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_int_equal(actor.uid, UID);
    assert_true(actor.login_uid.set);
    assert_int_equal(actor.login_uid.at, 55);
    assert_false(actor.is_operator);
    assert_int_equal(actor.count, 2);
    expect_text("the first", actor.standings[0].tenant, "acme");
    expect_text("the first", actor.standings[0].user, "anna");
    assert_int_equal(actor.standings[0].role, PAT_ROLE_ADMIN);
    expect_text("the second", actor.standings[1].user, "ann");
    assert_int_equal(actor.standings[1].role, PAT_ROLE_AUDITOR);
    expect_text("called as the first", actor.name, "anna");

    peer = (struct pat_peer){.uid = 1001};
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_true(actor.is_operator);
    assert_int_equal(actor.count, 1);
    expect_text("an operator with a name", actor.name, "bob");
    peer.uid = 4294967294U;
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_false(actor.is_operator);
    assert_int_equal(actor.count, 0);
    expect_text("a stranger", actor.name, "uid 4294967294");
    pat_config_free(config);
    support_store_close(&at);
}

/* Whoever root is bound to, it is called root. */
static void
root_is_root(void **state)
{
    struct pat_config *config = config_of("");
    const struct pat_peer peer = {.uid = 0};
    struct support_store at;
    struct pat_actor actor;
    union pat_row row;

    (void)state;
    support_store_make(&at, &pat_memory_ops);
    put_tenant(at.store, "acme", PAT_STATE_ACTIVE);
    support_row(PAT_ROW_USER, 1, &row);
    row.user.uid = (struct pat_optional){.set = true, .at = 0};
    row.user.state = PAT_STATE_ACTIVE;
    support_store_put(at.store, PAT_ROW_USER, &row);
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_true(actor.is_operator);
    assert_int_equal(actor.count, 1);
    expect_text("root", actor.name, "root");
    pat_config_free(config);
    support_store_close(&at);
}

/* A disabled user stands nowhere, and of the seventeenth tenant on nothing is known. */
static void
standings_end(void **state)
{
    struct pat_config *config = config_of("");
    const struct pat_peer peer = {.uid = UID};
    struct support_store at;
    struct pat_actor actor;
    union pat_row row;
    char name[16];

    (void)state;
    support_store_make(&at, &pat_memory_ops);
    for (unsigned i = 0; i < PAT_STANDINGS_MAX + 2; i++) {
        snprintf(name, sizeof name, "t%02u", i);
        put_tenant(at.store, name, PAT_STATE_ACTIVE);
        put_user(at.store, name, "anna", UID, PAT_ROLE_USER);
    }
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_int_equal(actor.count, PAT_STANDINGS_MAX);
    assert_ok(pat_store_get(at.store, PAT_ROW_USER, "t00", "anna", &row));
    row.user.state = PAT_STATE_DISABLED;
    support_store_put(at.store, PAT_ROW_USER, &row);
    assert_ok(pat_roles_find(at.store, config, &peer, &actor));
    assert_int_equal(actor.count, PAT_STANDINGS_MAX);
    expect_text("the first that is not disabled", actor.standings[0].tenant, "t01");
    pat_config_free(config);
    support_store_close(&at);
}

/* What cannot be known is an error, never a lack of standings. */
static void
an_unknown_tenant_is_an_error(void **state)
{
    struct pat_config *config = config_of("");
    const struct pat_peer peer = {.uid = UID};
    struct support_store at;
    struct pat_actor actor;

    (void)state;
    support_store_make(&at, &pat_memory_ops);
    put_tenant(at.store, "lab", PAT_STATE_ACTIVE);
    put_user(at.store, "acme", "anna", UID, PAT_ROLE_ADMIN);
    put_user(at.store, "lab", "anna", UID, PAT_ROLE_ADMIN); /* is not looked at any more */
    assert_err(pat_roles_find(at.store, config, &peer, &actor), PAT_ERR_NOT_FOUND);
    assert_int_equal(actor.count, 0);
    pat_config_free(config);
    support_store_close(&at);
}

static void
an_altered_user_is_an_error(void **state)
{
    struct pat_config *config = config_of("");
    const struct pat_peer peer = {.uid = UID};
    struct support_store at;
    struct pat_actor actor;

    (void)state;
    support_store_make(&at, &pat_sqlite_ops);
    put_tenant(at.store, "acme", PAT_STATE_ACTIVE);
    put_user(at.store, "acme", "anna", UID, PAT_ROLE_USER);
    support_sqlite_exec(at.dir, "UPDATE users SET role = 2");
    assert_err(pat_roles_find(at.store, config, &peer, &actor), PAT_ERR_SEAL);
    assert_int_equal(actor.count, 0);
    expect_text("nobody known", actor.name, "uid 1000");
    pat_config_free(config);
    support_store_close(&at);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(without_a_user),
        cmocka_unit_test(standings_are_of_tenants),
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(a_peer_is_what_its_uid_is_bound_to),
        cmocka_unit_test(root_is_root),
        cmocka_unit_test(standings_end),
        cmocka_unit_test(an_unknown_tenant_is_an_error),
        cmocka_unit_test(an_altered_user_is_an_error),
    };
    struct support_list list = {.count = COUNT(tests)};

    memcpy(list.tests, tests, sizeof tests);
    return support_run("roles", &list);
}
