/* SPDX-License-Identifier: BSD-2-Clause */
/* core/policy/decide: effective rights and addresses, as they are when a token is used. */
#include <stdio.h>

#include "tests/unit/decide_world.h"
#include "tests/unit/expect.h"

static void
rights(void **state)
{
    static const struct world_row rows[] = {
        {"a verb, granted by its area", "", "accepted", NULL},
        {"a verb, granted as a verb", "user.grants.text=mail:read", "accepted", NULL},
        {"an area, granted by a verb", "token.scopes.text=mail:*; user.grants.text=mail:read",
         "accepted", NULL},
        {"an area, granted as an area", "token.scopes.text=mail:*", "accepted", NULL},
        {"an area, another verb is granted", "token.scopes.text=mail:*; user.grants.text=mail:send",
         "scope-denied", NULL},
        {"one of several", "token.scopes.text=ldap:bind,mail:read,mail:send", "accepted", NULL},
        {"the token has another verb", "token.scopes.text=mail:send", "scope-denied", NULL},
        {"the token has another area", "token.scopes.text=mailbox:*; user.grants.text=mailbox:*",
         "scope-denied", NULL},
        {"the token has no scope", "token.scopes.text=", "scope-denied", NULL},
        {"the grant was lost", "user.grants.text=", "scope-denied", NULL},
        {"the grant was changed", "user.grants.text=mail:send,ldap:*", "scope-denied", NULL},
        {"a group grants it", "user.grants.text=; groups.text=mail:read", "accepted", NULL},
        {"a group grants its area", "user.grants.text=ldap:bind; groups.text=mail:*", "accepted",
         NULL},
        {"the group was lost", "user.grants.text=; groups.text=mail:read; no_groups=1",
         "scope-denied", NULL},
        {"no group grants, the user's do", "no_groups=1", "accepted", NULL},
        {"a group grants what the token has not",
         "user.grants.text=; groups.text=mail:*; token.scopes.text=mail:send", "scope-denied",
         NULL},
        {"the tenant allows it", "tenant.any_scope=0; tenant.scopes.text=mail:read", "accepted",
         NULL},
        {"the tenant allows its area", "tenant.any_scope=0; tenant.scopes.text=ldap:*,mail:*",
         "accepted", NULL},
        {"the tenant allows another", "tenant.any_scope=0; tenant.scopes.text=mail:send",
         "scope-denied", NULL},
        {"the tenant allows nothing", "tenant.any_scope=0", "scope-denied", NULL},
        {"the tenant does not limit, a set stands there", "tenant.scopes.text=mail:send",
         "accepted", NULL},
        {"the tenant limits groups, too",
         "user.grants.text=; groups.text=mail:*; tenant.any_scope=0; "
         "tenant.scopes.text=mail:send",
         "scope-denied", NULL},
        {"all three say area",
         "token.scopes.text=mail:*; tenant.any_scope=0; tenant.scopes.text=mail:*", "accepted",
         NULL},
        {"the service takes any of two", "rule.scopes.text=mail:imap,mail:read", "accepted", NULL},
        {"the service takes two others", "rule.scopes.text=mail:imap,mail:pop", "scope-denied",
         NULL},
        {"the service wants the area", "rule.scopes.text=mail:*", "scope-denied", NULL},
        {"the service wants the area, all have it",
         "rule.scopes.text=mail:*; token.scopes.text=mail:*", "accepted", NULL},
        {"the service wants the area, the grants have verbs",
         "rule.scopes.text=mail:*; token.scopes.text=mail:*; "
         "user.grants.text=mail:filter,mail:read,mail:send",
         "scope-denied", NULL},
        {"the service takes nothing", "rule.scopes.text=", "scope-denied", NULL},
        {"the rule decides, not the service's name", "request.service=ldap", "accepted", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

static void
addresses(void **state)
{
    static const struct world_row rows[] = {
        {"no limits, no address", "", "accepted", NULL},
        {"no limits, an address", "request.has_address=1; request.address=203.0.113.9", "accepted",
         NULL},
        {"no limits, no numeric address", "request.has_address=1; request.address=host.example",
         "accepted", NULL},
        {"in the token's network",
         "token.addresses.text=192.0.2.0/24; request.has_address=1; request.address=192.0.2.7",
         "accepted", NULL},
        {"not in the token's network",
         "token.addresses.text=192.0.2.0/24; request.has_address=1; request.address=192.0.3.7",
         "address-denied", NULL},
        {"no address", "token.addresses.text=192.0.2.0/24", "address-denied", NULL},
        {"an address that is not there",
         "token.addresses.text=192.0.2.0/24; request.address=192.0.2.7", "address-denied", NULL},
        {"an empty address", "token.addresses.text=192.0.2.0/24; request.has_address=1",
         "address-denied", NULL},
        {"a name instead of an address",
         "token.addresses.text=0.0.0.0/0,::/0; request.has_address=1; request.address=localhost",
         "address-denied", NULL},
        {"a mapped address",
         "token.addresses.text=192.0.2.0/24; request.has_address=1; "
         "request.address=::ffff:192.0.2.7",
         "accepted", NULL},
        {"the other family",
         "token.addresses.text=0.0.0.0/0; request.has_address=1; request.address=::1",
         "address-denied", NULL},
        {"IPv6 with a zone",
         "token.addresses.text=fe80::/10; request.has_address=1; request.address=fe80::1%eth0",
         "accepted", NULL},
        {"in the tenant's network",
         "tenant.any_network=0; tenant.networks.text=2001:db8::/32; request.has_address=1; "
         "request.address=2001:db8::7",
         "accepted", NULL},
        {"not in the tenant's network",
         "tenant.any_network=0; tenant.networks.text=2001:db8::/32; request.has_address=1; "
         "request.address=2001:db9::7",
         "address-denied", NULL},
        {"the tenant limits, no address",
         "tenant.any_network=0; tenant.networks.text=0.0.0.0/0,::/0", "address-denied", NULL},
        {"the tenant has no network at all",
         "tenant.any_network=0; request.has_address=1; request.address=192.0.2.7", "address-denied",
         NULL},
        {"the tenant does not limit, networks stand there",
         "tenant.networks.text=2001:db8::/32; request.has_address=1; request.address=192.0.2.7",
         "accepted", NULL},
        {"in the token's, not in the tenant's",
         "token.addresses.text=192.0.2.0/24; tenant.any_network=0; "
         "tenant.networks.text=10.0.0.0/8; request.has_address=1; request.address=192.0.2.7",
         "address-denied", NULL},
        {"in the tenant's, not in the token's",
         "token.addresses.text=192.0.2.0/24; tenant.any_network=0; "
         "tenant.networks.text=10.0.0.0/8; request.has_address=1; request.address=10.0.0.1",
         "address-denied", NULL},
        {"in both",
         "token.addresses.text=192.0.2.0/24; tenant.any_network=0; "
         "tenant.networks.text=192.0.0.0/16; request.has_address=1; request.address=192.0.2.7",
         "accepted", NULL},
        {"a broken list holds nothing",
         "token.addresses.text=192.0.2.1/24; request.has_address=1; request.address=192.0.2.1",
         "address-denied", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
    world_run(WORLD_LOCAL, rows, COUNT(rows));
}

static void
effective(void **state)
{
    static const struct {
        const char *title, *script, *effective;
    } cases[] = {
        {"a verb of an area", "", "mail:read"},
        {"what the token has not", "user.grants.text=ldap:*,mail:*", "mail:read"},
        {"an area, narrowed by grants",
         "token.scopes.text=ldap:bind,mail:*; user.grants.text=mail:read,mail:send",
         "mail:read,mail:send"},
        {"user and group together",
         "token.scopes.text=ldap:*,mail:*; user.grants.text=mail:read; groups.text=ldap:bind",
         "ldap:bind,mail:read"},
        {"no groups",
         "token.scopes.text=ldap:*,mail:*; user.grants.text=mail:read; groups.text=ldap:bind; "
         "no_groups=1",
         "mail:read"},
        {"narrowed by the tenant",
         "token.scopes.text=ldap:*,mail:*; user.grants.text=ldap:*,mail:*; tenant.any_scope=0; "
         "tenant.scopes.text=mail:send",
         "mail:send"},
        {"the tenant does not limit", "token.scopes.text=mail:*; tenant.scopes.text=mail:send",
         "mail:*"},
        {"nothing is left", "user.grants.text=ssh:login", ""},
        {"third-party scopes", "token.scopes.text=um:bulk,um:read; user.grants.text=um:*",
         "um:bulk,um:read"},
    };
    static struct world world;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pat_facts facts;
        struct pat_scopes ret;

        memset(&ret, 'x', sizeof ret);
        world_make(&world, WORLD_VIRTUAL);
        world_change(&world, cases[i].script);
        facts = world_facts(&world);
        pat_decide_effective(&facts, &ret);
        expect_text(cases[i].title, ret.text, cases[i].effective);
    }
}

/* User and groups grant more scopes than a set can hold: what the user's own grants say, counts. */
static void
too_many_grants(void **state)
{
    static struct world world;
    struct pat_facts facts;
    struct pat_scopes ret;
    size_t len = 0;

    (void)state;
    world_make(&world, WORLD_VIRTUAL);
    for (int i = 0; i < PAT_SCOPES_MAX; i++)
        len += (size_t)snprintf(world.user.grants.text + len, PAT_SCOPES_TEXT - len, "%sm%02d:x",
                                i == 0 ? "" : ",", i);
    world_change(&world, "groups.text=z:group; token.scopes.text=m31:*,z:group");
    facts = world_facts(&world);
    pat_decide_effective(&facts, &ret);
    expect_text("33 grants", ret.text, "m31:x");
}

static void
realms_of_tenants(void **state)
{
    static const struct {
        const char *title, *realms, *realm;
        bool has;
    } cases[] = {
        {"none", "", "acme.example", false},
        {"the only one", "acme.example", "acme.example", true},
        {"the first", "acme.example,acme.test", "acme.example", true},
        {"the last", "acme.example,acme.test", "acme.test", true},
        {"another", "acme.example,acme.test", "lab.example", false},
        {"a beginning", "acme.example", "acme", false},
        {"an end", "mail.acme.example", "acme.example", false},
        {"more than one", "acme.example", "acme.example.org", false},
        {"two together", "acme.example,acme.test", "acme.example,acme.test", false},
        {"nothing", "acme.example", "", false},
        {"nothing of nothing", "", "", false},
    };
    static struct pat_tenant_record tenant;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(tenant.realms, sizeof tenant.realms, "%s", cases[i].realms);
        expect_number(cases[i].title, pat_decide_has_realm(&tenant, cases[i].realm), cases[i].has);
    }
}

/* Names are not told from nothing by anything but their first character. */
static void
names_of_one_character(void **state)
{
    static const struct world_row rows[] = {
        {"a realm", "request.login=alice@x; tenant.realms=x", "accepted", "alice@x"},
        {"another realm", "request.login=alice@x; tenant.realms=y", "wrong-tenant", NULL},
        {"realms that differ",
         "request.login=alice@x; tenant.realms=x,y; request.has_realm=1; request.realm=y",
         "illegal-name", NULL},
        {"a realm without a login", "request.has_login=0; request.has_realm=1; request.realm=x",
         "wrong-tenant", NULL},
        {"the realm of no login",
         "request.has_login=0; request.has_realm=1; request.realm=x; tenant.realms=x", "accepted",
         "alice@x"},
        {"another tenant is claimed", "request.tenant=x", "wrong-tenant", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

/* An account of one character is one; without a uid, or a login, nobody owns anything. */
static void
owners_of_accounts(void **state)
{
    static const struct world_row rows[] = {
        {"one character", "user.account=a; request.login=a", "accepted", "alice#1000"},
        {"no uid", "user.uid=-", "wrong-user", NULL},
        {"no uid is not root's", "user.uid=-; user.allow_root=1; rule.allow_root=1", "wrong-user",
         NULL},
        {"no account", "user.account=", "wrong-user", NULL},
        {"no login", "request.has_login=0", "wrong-user", NULL},
    };

    (void)state;
    world_run(WORLD_LOCAL, rows, COUNT(rows));
}

/* The primary realm answers for a mechanism that carries no name, if it can be one. */
static void
longest_realm(void **state)
{
    static struct world world;

    (void)state;
    for (size_t len = PAT_REALM_MAX; len <= PAT_REALM_MAX + 1; len++) {
        struct pat_answer answer = {.realm = ""};
        struct pat_facts facts;

        world_make(&world, WORLD_VIRTUAL);
        world_change(&world, "request.has_login=0; rule.tenants=acme@");
        memset(world.tenant.realms, 'r', len);
        world.tenant.realms[len] = '\0';
        facts = world_facts(&world);
        expect_text("a primary realm",
                    pat_verdict_name(pat_decide(&facts, &world.request, world.now)),
                    len == PAT_REALM_MAX ? "accepted" : "wrong-tenant");
        pat_decide_identity(&facts, &world.request, &answer);
        expect_number("a primary realm", (int64_t)strlen(answer.realm),
                      len == PAT_REALM_MAX ? PAT_REALM_MAX : 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights),
        cmocka_unit_test(addresses),
        cmocka_unit_test(effective),
        cmocka_unit_test(too_many_grants),
        cmocka_unit_test(realms_of_tenants),
        cmocka_unit_test(names_of_one_character),
        cmocka_unit_test(longest_realm),
        cmocka_unit_test(owners_of_accounts),
    };

    return cmocka_run_group_tests_name("decide: rights", tests, NULL, NULL);
}
