/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of the tests of decide, the fields that a script may change, and running a row. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/decide_world.h"
#include "tests/unit/expect.h"

enum kind { TEXT, FLAG, SMALL, LARGE, OPTIONAL, TENANTS };

#define AT(kind, member)                                                                           \
    {                                                                                              \
#member, kind, offsetof(struct world, member), sizeof(((struct world *)0)->member)         \
    }

static const struct field {
    const char *name;
    enum kind kind;
    size_t at, size;
} fields[] = {
    AT(SMALL, shape),
    AT(FLAG, verifier_matches),
    AT(FLAG, seals_hold),
    AT(LARGE, now),
    AT(FLAG, no_token),
    AT(FLAG, no_user),
    AT(FLAG, no_tenant),
    AT(FLAG, no_groups),
    AT(TEXT, groups.text),
    AT(TEXT, token.tenant),
    AT(TEXT, token.user),
    AT(SMALL, token.state),
    AT(TEXT, token.scopes.text),
    AT(TEXT, token.addresses.text),
    AT(LARGE, token.created),
    AT(OPTIONAL, token.not_before),
    AT(OPTIONAL, token.expires),
    AT(OPTIONAL, token.pending_until),
    AT(OPTIONAL, token.ended),
    AT(TEXT, user.tenant),
    AT(TEXT, user.user),
    AT(SMALL, user.state),
    AT(SMALL, user.role),
    AT(TEXT, user.account),
    AT(OPTIONAL, user.uid),
    AT(FLAG, user.allow_root),
    AT(TEXT, user.grants.text),
    AT(TEXT, tenant.tenant),
    AT(SMALL, tenant.state),
    AT(TEXT, tenant.realms),
    AT(FLAG, tenant.any_scope),
    AT(TEXT, tenant.scopes.text),
    AT(FLAG, tenant.any_network),
    AT(TEXT, tenant.networks.text),
    AT(FLAG, tenant.require_expiry),
    AT(FLAG, tenant.require_addresses),
    AT(OPTIONAL, tenant.max_tokens),
    AT(OPTIONAL, tenant.default_lifetime),
    AT(OPTIONAL, tenant.max_lifetime),
    AT(TEXT, rule.scopes.text),
    AT(FLAG, rule.local),
    AT(FLAG, rule.allow_root),
    AT(TENANTS, rule.tenants),
    AT(TEXT, request.service),
    AT(FLAG, request.has_login),
    AT(TEXT, request.login),
    AT(FLAG, request.has_realm),
    AT(TEXT, request.realm),
    AT(TEXT, request.tenant),
    AT(FLAG, request.has_address),
    AT(TEXT, request.address),
};

void
world_make(struct world *world, enum world_kind kind)
{
    *world = (struct world){
        .shape = PAT_SHAPE_TOKEN,
        .verifier_matches = true,
        .seals_hold = true,
        .now = 1000,
        .token = {.tenant = "acme", .id = "m3rjhkwz", .user = "alice", .state = PAT_STATE_ACTIVE},
        .user = {.tenant = "acme", .user = "alice", .state = PAT_STATE_ACTIVE},
        .tenant = {.tenant = "acme",
                   .state = PAT_STATE_ACTIVE,
                   .realms = "acme.example,acme.test",
                   .any_scope = true,
                   .any_network = true},
        .rule = {.tenant_count = 1, .tenants = {{.name = "acme"}}},
        .request = {.has_login = true, .login = "alice"},
    };
    if (kind == WORLD_LOCAL)
        world_change(world, "request.service=sshd; rule.local=1; rule.scopes.text=ssh:login; "
                            "token.scopes.text=ssh:login; user.grants.text=ssh:login; "
                            "user.account=alice; user.uid=1000");
    else
        world_change(world, "request.service=imap; rule.scopes.text=mail:read; "
                            "token.scopes.text=mail:read; user.grants.text=mail:*");
}

static int64_t
number_of(const char *script, const char *text)
{
    char *end;
    int64_t number = strtoll(text, &end, 10);

    if (end == text || *end != '\0')
        fail_msg("script \"%s\": \"%s\" is no number", script, text);
    return number;
}

static void
set_tenants(struct pat_rule *rule, char *list)
{
    char *rest = NULL;

    rule->tenant_count = 0;
    for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        char *at = strchr(name, '@');

        rule->tenants[rule->tenant_count].needs_realm = at != NULL;
        if (at != NULL)
            *at = '\0';
        snprintf(rule->tenants[rule->tenant_count++].name, PAT_TENANT_MAX + 1, "%s", name);
    }
}

static void
set(struct world *world, const struct field *field, const char *script, char *value)
{
    void *at = (char *)world + field->at;

    switch (field->kind) {
    case TEXT:
        if ((size_t)snprintf(at, field->size, "%s", value) >= field->size)
            fail_msg("script \"%s\": too long", script);
        break;
    case FLAG:
        *(bool *)at = number_of(script, value) != 0;
        break;
    case SMALL:
        *(int32_t *)at = (int32_t)number_of(script, value);
        break;
    case LARGE:
        *(int64_t *)at = number_of(script, value);
        break;
    case OPTIONAL:
        *(struct pat_optional *)at = (struct pat_optional){.set = false};
        if (strcmp(value, "-") != 0)
            *(struct pat_optional *)at = (struct pat_optional){.set = true,
                                                               .at = number_of(script, value)};
        break;
    case TENANTS:
        set_tenants(&world->rule, value);
        break;
    }
}

static void
set_one(struct world *world, const char *script, char *change)
{
    char *equals = strchr(change, '=');

    if (equals == NULL)
        fail_msg("script \"%s\": \"%s\" changes nothing", script, change);
    *equals = '\0';
    for (size_t i = 0; i < COUNT(fields); i++)
        if (strcmp(fields[i].name, change) == 0) {
            set(world, &fields[i], script, equals + 1);
            return;
        }
    fail_msg("script \"%s\": no field is called \"%s\"", script, change);
}

void
world_change(struct world *world, const char *script)
{
    char copy[1024];
    char *rest = NULL;

    if ((size_t)snprintf(copy, sizeof copy, "%s", script) >= sizeof copy)
        fail_msg("script \"%s\": too long", script);
    for (char *change = strtok_r(copy, ";", &rest); change; change = strtok_r(NULL, ";", &rest)) {
        change += strspn(change, " ");
        if (*change != '\0')
            set_one(world, script, change);
    }
}

struct pat_facts
world_facts(const struct world *world)
{
    return (struct pat_facts){
        .shape = (enum pat_shape)world->shape,
        .token = world->no_token ? NULL : &world->token,
        .user = world->no_user ? NULL : &world->user,
        .tenant = world->no_tenant ? NULL : &world->tenant,
        .group_grants = world->no_groups ? NULL : &world->groups,
        .rule = &world->rule,
        .verifier_matches = world->verifier_matches,
        .seals_hold = world->seals_hold,
    };
}

static void
write_identity(const struct pat_facts *facts, const struct pat_request *request, char ret[600])
{
    struct pat_answer answer = {.class = PAT_CLASS_ACCEPTED};
    int len;

    memset(answer.nonce, 0x5a, sizeof answer.nonce);
    pat_decide_identity(facts, request, &answer);
    expect_text("id", answer.id, facts->token->id);
    expect_text("tenant", answer.tenant, facts->tenant->tenant);
    expect_filled("nonce stays", answer.nonce, 0x5a, sizeof answer.nonce);
    expect_number("class stays", answer.class, PAT_CLASS_ACCEPTED);
    expect_text("scopes stay", answer.scopes, "");
    expect("a uid", "is there for local services only", answer.has_uid == facts->rule->local);
    expect("a uid", "is zero without one", answer.has_uid || answer.uid == 0);
    len = snprintf(ret, 600, "%s%s%s", answer.user, answer.realm[0] != '\0' ? "@" : "",
                   answer.realm);
    if (answer.has_uid)
        snprintf(ret + len, 600 - (size_t)len, "#%u", (unsigned)answer.uid);
}

/* Nothing: only the verdict of an explanation is of interest here. */
static void
look(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    (void)context;
    (void)refusal;
    (void)condition;
    (void)holds;
}

void
world_run(enum world_kind kind, const struct world_row *rows, size_t count)
{
    static struct world world, before;

    for (size_t i = 0; i < count; i++) {
        struct pat_facts facts;
        enum pat_verdict verdict;
        char who[600];

        world_make(&world, kind);
        world_change(&world, rows[i].script);
        facts = world_facts(&world);
        memcpy(&before, &world, sizeof world);
        verdict = pat_decide(&facts, &world.request, world.now);
        expect_text(rows[i].title, pat_verdict_name(verdict), rows[i].verdict);
        expect(rows[i].title, "is explained by the same verdict",
               pat_decide_explain(&facts, &world.request, world.now, look, NULL) == verdict);
        if (verdict == PAT_VERDICT_ACCEPTED && rows[i].who != NULL) {
            write_identity(&facts, &world.request, who);
            expect_text(rows[i].title, who, rows[i].who);
        }
        expect_bytes(rows[i].title, &world, &before, sizeof world);
    }
}
