/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/policy/decide: the verdict table of DESIGN.md section 4. A row is a case, as decide_world.h
 * says; what it does not name is as in a world that is accepted.
 */
#include "tests/unit/decide_world.h"
#include "tests/unit/expect.h"

static void
every_verdict(void **state)
{
    static const struct world_row rows[] = {
        {"accepted", "", "accepted", "alice"},
        {"malformed", "shape=0", "malformed", NULL},
        {"not a token at all", "shape=1", "malformed", NULL},
        {"no shape", "shape=77", "malformed", NULL},
        {"an illegal login name", "request.login=-alice", "illegal-name", NULL},
        {"an illegal service", "request.service=im ap", "illegal-name", NULL},
        {"an illegal realm", "request.has_realm=1; request.realm=-", "illegal-name", NULL},
        {"no token", "no_token=1", "unknown", NULL},
        {"no user", "no_user=1", "unknown", NULL},
        {"no tenant", "no_tenant=1", "unknown", NULL},
        {"no row at all", "no_token=1; no_user=1; no_tenant=1", "unknown", NULL},
        {"a wrong secret", "verifier_matches=0", "bad-secret", NULL},
        {"a broken seal", "seals_hold=0", "bad-seal", NULL},
        {"the token of another tenant", "token.tenant=lab", "bad-seal", NULL},
        {"the user of another tenant", "user.tenant=lab", "bad-seal", NULL},
        {"another tenant's row", "tenant.tenant=lab; rule.tenants=acme lab", "bad-seal", NULL},
        {"the token of another user", "token.user=bob", "bad-seal", NULL},
        {"another user's row", "user.user=bob; request.login=bob", "bad-seal", NULL},
        {"revoked", "token.state=4", "revoked", NULL},
        {"expired", "token.expires=999", "expired", NULL},
        {"pending", "token.state=2", "pending", NULL},
        {"not yet valid", "token.not_before=1001", "not-yet-valid", NULL},
        {"suspended", "token.state=3", "suspended", NULL},
        {"a disabled token is not active", "token.state=5", "suspended", NULL},
        {"a state that does not exist", "token.state=0", "suspended", NULL},
        {"a negative state", "token.state=-1", "suspended", NULL},
        {"a large state", "token.state=257", "suspended", NULL},
        {"a disabled user", "user.state=5", "user-disabled", NULL},
        {"a user in no state", "user.state=0", "user-disabled", NULL},
        {"a pending user", "user.state=2", "user-disabled", NULL},
        {"a disabled tenant", "tenant.state=5", "tenant-disabled", NULL},
        {"a tenant in no state", "tenant.state=0", "tenant-disabled", NULL},
        {"a suspended tenant", "tenant.state=3", "tenant-disabled", NULL},
        {"wrong tenant", "rule.tenants=lab", "wrong-tenant", NULL},
        {"a policy not kept", "tenant.require_expiry=1", "policy-denied", NULL},
        {"wrong user", "request.login=bob", "wrong-user", NULL},
        {"scope denied", "rule.scopes.text=mail:send", "scope-denied", NULL},
        {"address denied", "token.addresses.text=192.0.2.0/24", "address-denied", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

#define LEAST "-9223372036854775808"
#define MOST "9223372036854775807"

static void
times(void **state)
{
    static const struct world_row rows[] = {
        {"one before expiry", "token.expires=1001", "accepted", NULL},
        {"at expiry", "token.expires=1000", "expired", NULL},
        {"one behind expiry", "token.expires=999", "expired", NULL},
        {"one before its time", "token.not_before=1001", "not-yet-valid", NULL},
        {"at its time", "token.not_before=1000", "accepted", NULL},
        {"one behind its time", "token.not_before=999", "accepted", NULL},
        {"valid at one moment only", "token.not_before=1000; token.expires=1001", "accepted", NULL},
        {"valid never", "token.not_before=1000; token.expires=1000", "expired", NULL},
        {"ends before it begins", "token.not_before=1001; token.expires=999", "expired", NULL},
        {"expires at 0", "token.expires=0", "expired", NULL},
        {"expires at 0, before it", "token.expires=0; now=-1", "accepted", NULL},
        {"never expires, a value stands there", "token.expires=5; token.expires=-", "accepted",
         NULL},
        {"now is the last moment, no expiry", "now=" MOST, "accepted", NULL},
        {"now is the last moment, expires then", "now=" MOST "; token.expires=" MOST, "expired",
         NULL},
        {"the moment before the last", "now=9223372036854775806; token.expires=" MOST, "accepted",
         NULL},
        {"now is the first moment", "now=" LEAST, "accepted", NULL},
        {"now is the first moment, expires then", "now=" LEAST "; token.expires=" LEAST, "expired",
         NULL},
        {"now is the first moment, expires at the last", "now=" LEAST "; token.expires=" MOST,
         "accepted", NULL},
        {"now is the last moment, expired at the first", "now=" MOST "; token.expires=" LEAST,
         "expired", NULL},
        {"begins at the last moment", "token.not_before=" MOST, "not-yet-valid", NULL},
        {"begins at the last moment, now", "now=" MOST "; token.not_before=" MOST, "accepted",
         NULL},
        {"begins at the first moment", "now=" LEAST "; token.not_before=" LEAST, "accepted", NULL},
        {"now is the first moment, begins at 0", "now=" LEAST "; token.not_before=0",
         "not-yet-valid", NULL},
        {"before 1970, begins and ends there",
         "now=-500; token.not_before=-600; token.expires=-400", "accepted", NULL},
        {"a deadline for confirmation does not matter once it is active", "token.pending_until=1",
         "accepted", NULL},
        {"pending, whatever the deadline", "token.state=2; token.pending_until=" MOST, "pending",
         NULL},
        {"the time of a revocation does not revoke", "token.ended=1", "accepted", NULL},
        {"limits of new tokens do not matter", "tenant.max_tokens=0; tenant.default_lifetime=0",
         "accepted", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

/* FEATURES S5: what the tenant demands today, of tokens that were made before. */
static void
policy(void **state)
{
    static const struct world_row rows[] = {
        {"an end is demanded", "tenant.require_expiry=1", "policy-denied", NULL},
        {"an end is demanded, and there", "tenant.require_expiry=1; token.expires=2000", "accepted",
         NULL},
        {"the longest lifetime, no end", "tenant.max_lifetime=1000", "policy-denied", NULL},
        {"a lifetime of just that",
         "tenant.max_lifetime=1000; token.created=500; token.expires=1500", "accepted", NULL},
        {"one more", "tenant.max_lifetime=1000; token.created=500; token.expires=1501",
         "policy-denied", NULL},
        {"what is left of it does not matter",
         "tenant.max_lifetime=1000; token.created=-9000; token.expires=1001", "policy-denied",
         NULL},
        {"from the first moment to the last",
         "tenant.max_lifetime=" MOST "; token.created=" LEAST "; token.expires=" MOST,
         "policy-denied", NULL},
        {"half of all time", "tenant.max_lifetime=" MOST "; token.created=0; token.expires=" MOST,
         "accepted", NULL},
        {"an end before the beginning",
         "tenant.max_lifetime=0; token.created=" MOST "; token.expires=2000", "accepted", NULL},
        {"no lifetime is allowed", "tenant.max_lifetime=0; token.created=999; token.expires=1001",
         "policy-denied", NULL},
        {"a limit that is none", "tenant.max_lifetime=-1; token.created=999; token.expires=1001",
         "policy-denied", NULL},
        {"addresses are demanded", "tenant.require_addresses=1", "policy-denied", NULL},
        {"addresses are demanded, and there",
         "tenant.require_addresses=1; token.addresses.text=192.0.2.0/24; "
         "request.has_address=1; request.address=192.0.2.1",
         "accepted", NULL},
        {"all of it",
         "tenant.require_addresses=1; tenant.require_expiry=1; tenant.max_lifetime=2000; "
         "token.expires=2000; token.addresses.text=192.0.2.0/24; request.has_address=1; "
         "request.address=192.0.2.1",
         "accepted", NULL},
        {"expired comes first", "tenant.max_lifetime=10; token.expires=999", "expired", NULL},
        {"a disabled tenant comes first", "tenant.require_expiry=1; tenant.state=5",
         "tenant-disabled", NULL},
        {"it comes before another name", "tenant.require_expiry=1; request.login=bob",
         "policy-denied", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

/* What an explanation said of the policy. */
static void
hear_policy(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    (void)holds;
    if (refusal == PAT_VERDICT_POLICY_DENIED)
        *(const char **)context = condition;
}

static void
the_demand_is_named(void **state)
{
    static const struct {
        const char *script, *condition;
    } rows[] = {
        {"", "within the policy of the tenant"},
        {"tenant.require_expiry=1; tenant.max_lifetime=1", "expires, as the tenant requires"},
        {"tenant.max_lifetime=1; tenant.require_addresses=1",
         "lives no longer than the tenant allows"},
        {"tenant.require_addresses=1", "bound to addresses, as the tenant requires"},
    };
    static struct world world;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *heard = "nothing";
        struct pat_facts facts;

        world_make(&world, WORLD_VIRTUAL);
        world_change(&world, rows[i].script);
        facts = world_facts(&world);
        pat_decide_explain(&facts, &world.request, world.now, hear_policy, &heard);
        expect_text(rows[i].script, heard, rows[i].condition);
    }
}

static void
local_accounts(void **state)
{
    static const struct world_row rows[] = {
        {"bound", "", "accepted", "alice#1000"},
        {"the account has another name than the user", "user.account=asmith; request.login=asmith",
         "accepted", "alice#1000"},
        {"the user's name is not the account's", "user.account=asmith", "wrong-user", NULL},
        {"not bound", "user.account=; user.uid=-", "wrong-user", NULL},
        {"a uid but no account", "user.account=", "wrong-user", NULL},
        {"a uid but no account, and no name", "user.account=; request.login=", "illegal-name",
         NULL},
        {"an account but no uid", "user.uid=-", "wrong-user", NULL},
        {"another account", "request.login=bob", "wrong-user", NULL},
        {"capitals", "request.login=Alice", "wrong-user", NULL},
        {"the beginning of the account", "request.login=alic", "wrong-user", NULL},
        {"no login name", "request.has_login=0", "wrong-user", NULL},
        {"the highest uid", "user.uid=4294967294", "accepted", "alice#4294967294"},
        {"uid 0, nobody allows it", "user.uid=0", "wrong-user", NULL},
        {"uid 0, the binding allows it", "user.uid=0; user.allow_root=1", "wrong-user", NULL},
        {"uid 0, the service allows it", "user.uid=0; rule.allow_root=1", "wrong-user", NULL},
        {"uid 0, both allow it", "user.uid=0; user.allow_root=1; rule.allow_root=1", "accepted",
         "alice#0"},
        {"uid 0 under the name root",
         "user.uid=0; user.account=root; request.login=root; user.allow_root=1", "wrong-user",
         NULL},
        {"root, both allow it",
         "user.uid=0; user.account=root; request.login=root; user.allow_root=1; rule.allow_root=1",
         "accepted", "alice#0"},
        {"another uid needs neither", "user.uid=1; rule.allow_root=0; user.allow_root=0",
         "accepted", "alice#1"},
        {"an @ in the account", "user.account=alice@corp.example; request.login=alice@corp.example",
         "accepted", "alice#1000"},
        {"a backslash", "user.account=CORP\\alice; request.login=CORP\\alice", "accepted",
         "alice#1000"},
        {"a backslash and an @",
         "user.account=CORP\\alice@corp.example; request.login=CORP\\alice@corp.example",
         "accepted", "alice#1000"},
        {"two @", "user.account=alice@a@b.example; request.login=alice@a@b.example", "accepted",
         "alice#1000"},
        {"an @ that is no realm", "user.account=alice@x_y; request.login=alice@x_y", "accepted",
         "alice#1000"},
        {"an @ last", "user.account=alice@; request.login=alice@", "accepted", "alice#1000"},
        {"an @ is not split off", "request.login=alice@acme.example", "wrong-user", NULL},
        {"the part before a backslash counts", "user.account=CORP\\alice", "wrong-user", NULL},
        {"the part behind an @ counts byte for byte",
         "user.account=alice@corp.example; request.login=alice@CORP.example", "wrong-user", NULL},
        {"a space inside", "user.account=alice smith; request.login=alice smith", "accepted",
         "alice#1000"},
        {"a slash", "user.account=al/ice; request.login=al/ice", "illegal-name", NULL},
        {"a dash first", "user.account=-alice; request.login=-alice", "illegal-name", NULL},
        {"a control character", "user.account=al\tice; request.login=al\tice", "illegal-name",
         NULL},
        {"no name", "request.login=", "illegal-name", NULL},
        {"no realm in the answer", "request.has_realm=1; request.realm=acme.example", "accepted",
         "alice#1000"},
    };

    (void)state;
    world_run(WORLD_LOCAL, rows, COUNT(rows));
}

static void
local_tenants(void **state)
{
    static const struct world_row rows[] = {
        {"listed behind another", "rule.tenants=lab@ acme", "accepted", NULL},
        {"not listed", "rule.tenants=lab", "wrong-tenant", NULL},
        {"a longer name is listed", "rule.tenants=acme2", "wrong-tenant", NULL},
        {"no tenant is listed", "rule.tenants=", "wrong-tenant", NULL},
        {"claimed", "request.tenant=acme", "accepted", NULL},
        {"another one is claimed", "request.tenant=lab; rule.tenants=acme lab@", "wrong-tenant",
         NULL},
        {"listed with @, a plain name", "rule.tenants=acme@", "wrong-tenant", NULL},
        {"listed with @, its realm",
         "rule.tenants=acme@; user.account=alice@acme.example; request.login=alice@acme.example",
         "accepted", "alice#1000"},
        {"listed with @, its second realm",
         "rule.tenants=acme@; user.account=alice@acme.test; request.login=alice@acme.test",
         "accepted", "alice#1000"},
        {"listed with @, realms in any case",
         "rule.tenants=acme@; user.account=alice@ACME.Example; request.login=alice@ACME.Example",
         "accepted", "alice#1000"},
        {"listed with @, a foreign realm",
         "rule.tenants=acme@; user.account=alice@lab.example; request.login=alice@lab.example",
         "wrong-tenant", NULL},
        {"listed with @, an @ that is no realm",
         "rule.tenants=acme@; user.account=alice@x_y; request.login=alice@x_y", "wrong-tenant",
         NULL},
        {"listed with @, no name", "rule.tenants=acme@; request.has_login=0", "wrong-user", NULL},
        {"listed with @, the realm is the request's",
         "rule.tenants=acme@; request.has_realm=1; request.realm=acme.example", "accepted",
         "alice#1000"},
        {"listed with @, a foreign realm in the request",
         "rule.tenants=acme@; request.has_realm=1; request.realm=lab.example", "wrong-tenant",
         NULL},
        {"login name and request name two realms",
         "user.account=alice@acme.example; request.login=alice@acme.example; "
         "request.has_realm=1; request.realm=acme.test",
         "illegal-name", NULL},
    };

    (void)state;
    world_run(WORLD_LOCAL, rows, COUNT(rows));
}

static void
virtual_users(void **state)
{
    static const struct world_row rows[] = {
        {"a user with an account, by the user's name", "user.account=asmith; user.uid=1000",
         "accepted", "alice"},
        {"the account's name is not the user's",
         "user.account=asmith; user.uid=1000; request.login=asmith", "wrong-user", NULL},
        {"bound to root", "user.account=root; user.uid=0", "accepted", "alice"},
        {"capitals", "request.login=Alice", "wrong-user", NULL},
        {"the beginning of the name", "request.login=alic", "wrong-user", NULL},
        {"more than the name", "request.login=alice2", "wrong-user", NULL},
        {"a backslash belongs to the name", "request.login=CORP\\alice", "wrong-user", NULL},
        {"a name with a backslash",
         "user.user=CORP\\alice; token.user=CORP\\alice; request.login=CORP\\alice@acme.example",
         "accepted", "CORP\\alice@acme.example"},
        {"a name with an accent",
         "user.user=zo\xc3\xab; token.user=zo\xc3\xab; request.login=zo\xc3\xab", "accepted",
         "zo\xc3\xab"},
        {"the same accent, combined",
         "user.user=zo\xc3\xab; token.user=zo\xc3\xab; request.login=zoe\xcc\x88", "wrong-user",
         NULL},
        {"its realm", "request.login=alice@acme.example", "accepted", "alice@acme.example"},
        {"its second realm", "request.login=alice@acme.test", "accepted", "alice@acme.test"},
        {"a realm in capitals", "request.login=alice@ACME.Example", "accepted",
         "alice@acme.example"},
        {"a foreign realm", "request.login=alice@lab.example", "wrong-tenant", NULL},
        {"a part of a realm", "request.login=alice@acme", "wrong-tenant", NULL},
        {"more than a realm", "request.login=alice@mail.acme.example", "wrong-tenant", NULL},
        {"both realms", "request.login=alice@acme.example@acme.test", "illegal-name", NULL},
        {"an empty realm", "request.login=alice@", "illegal-name", NULL},
        {"an empty user", "request.login=@acme.example", "illegal-name", NULL},
        {"no name", "request.login=", "illegal-name", NULL},
        {"a space", "request.login=alice smith", "illegal-name", NULL},
        {"a slash", "request.login=alice/x", "illegal-name", NULL},
        {"a tenant without realms", "tenant.realms=; request.login=alice@acme.example",
         "wrong-tenant", NULL},
        {"a tenant without realms, a plain name", "tenant.realms=", "accepted", "alice"},
        {"the realm in the request", "request.has_realm=1; request.realm=acme.test", "accepted",
         "alice@acme.test"},
        {"the realm in the request, in capitals", "request.has_realm=1; request.realm=ACME.test",
         "accepted", "alice@acme.test"},
        {"a foreign realm in the request", "request.has_realm=1; request.realm=lab.example",
         "wrong-tenant", NULL},
        {"an empty realm in the request", "request.has_realm=1", "illegal-name", NULL},
        {"a realm that is not there does not count", "request.realm=lab.example", "accepted",
         "alice"},
        {"the same realm twice",
         "request.login=alice@ACME.example; request.has_realm=1; request.realm=acme.Example",
         "accepted", "alice@acme.example"},
        {"two realms of the tenant",
         "request.login=alice@acme.example; request.has_realm=1; request.realm=acme.test",
         "illegal-name", NULL},
        {"a foreign and an own realm",
         "request.login=alice@acme.example; request.has_realm=1; request.realm=lab.example",
         "illegal-name", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

static void
virtual_tenants(void **state)
{
    static const struct world_row rows[] = {
        {"listed behind another", "rule.tenants=lab@ acme", "accepted", "alice"},
        {"not listed", "rule.tenants=lab", "wrong-tenant", NULL},
        {"not listed, its realm", "rule.tenants=lab; request.login=alice@acme.example",
         "wrong-tenant", NULL},
        {"no tenant is listed", "rule.tenants=", "wrong-tenant", NULL},
        {"claimed", "request.tenant=acme", "accepted", "alice"},
        {"another one is claimed", "request.tenant=lab; rule.tenants=acme lab@", "wrong-tenant",
         NULL},
        {"the claim has capitals", "request.tenant=Acme", "wrong-tenant", NULL},
        {"listed with @, a plain name", "rule.tenants=acme@", "wrong-tenant", NULL},
        {"listed with @, its realm", "rule.tenants=acme@; request.login=alice@acme.example",
         "accepted", "alice@acme.example"},
        {"listed with @, its second realm", "rule.tenants=acme@; request.login=alice@acme.test",
         "accepted", "alice@acme.test"},
        {"listed with @, a foreign realm", "rule.tenants=acme@; request.login=alice@lab.example",
         "wrong-tenant", NULL},
        {"listed with @, claimed, a plain name", "rule.tenants=acme@; request.tenant=acme",
         "wrong-tenant", NULL},
        {"no login name", "request.has_login=0; request.login=", "accepted", "alice"},
        {"no login name, whatever stands there", "request.has_login=0; request.login=bob@x",
         "accepted", "alice"},
        {"no login name, not listed", "request.has_login=0; rule.tenants=lab", "wrong-tenant",
         NULL},
        {"no login name, listed with @", "request.has_login=0; rule.tenants=acme@", "accepted",
         "alice@acme.example"},
        {"no login name, listed with @, no realm",
         "request.has_login=0; rule.tenants=acme@; tenant.realms=", "wrong-tenant", NULL},
        {"no login name, listed plain, no realm", "request.has_login=0; tenant.realms=", "accepted",
         "alice"},
        {"no login name, another claim", "request.has_login=0; request.tenant=lab", "wrong-tenant",
         NULL},
        {"no login name, an own realm, listed with @",
         "request.has_login=0; rule.tenants=acme@; request.has_realm=1; request.realm=acme.test",
         "accepted", "alice@acme.test"},
        {"no login name, a foreign realm, listed with @",
         "request.has_login=0; rule.tenants=acme@; request.has_realm=1; request.realm=lab.example",
         "wrong-tenant", NULL},
        {"no login name, a foreign realm, listed plain",
         "request.has_login=0; request.has_realm=1; request.realm=lab.example", "wrong-tenant",
         NULL},
        {"one alice a realm: the other tenant's", "rule.tenants=lab acme@", "wrong-tenant", NULL},
    };

    (void)state;
    world_run(WORLD_VIRTUAL, rows, COUNT(rows));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict),  cmocka_unit_test(times),
        cmocka_unit_test(policy),         cmocka_unit_test(the_demand_is_named),
        cmocka_unit_test(local_accounts), cmocka_unit_test(local_tenants),
        cmocka_unit_test(virtual_users),  cmocka_unit_test(virtual_tenants),
    };

    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
