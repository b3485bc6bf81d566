/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core/policy/decide: the order of the ladder. Each of its conditions can be broken by itself; all
 * 131,072 combinations are tried, and the first condition that is broken must name the verdict.
 */
#include <stdio.h>

#include "tests/unit/decide_world.h"
#include "tests/unit/expect.h"

static const struct rung {
    enum pat_verdict refusal;
    bool in_state; /* broken by the token's state, which can be only one */
    const char *script;
} rungs[] = {
    {PAT_VERDICT_MALFORMED, false, "shape=0"},
    {PAT_VERDICT_ILLEGAL_NAME, false, "request.service=-"},
    {PAT_VERDICT_UNKNOWN, false, "no_user=1"},
    {PAT_VERDICT_BAD_SECRET, false, "verifier_matches=0"},
    {PAT_VERDICT_BAD_SEAL, false, "seals_hold=0"},
    {PAT_VERDICT_REVOKED, true, "token.state=4"},
    {PAT_VERDICT_EXPIRED, false, "token.expires=1000"},
    {PAT_VERDICT_PENDING, true, "token.state=2"},
    {PAT_VERDICT_NOT_YET_VALID, false, "token.not_before=1001"},
    {PAT_VERDICT_SUSPENDED, true, "token.state=3"},
    {PAT_VERDICT_USER_DISABLED, false, "user.state=5"},
    {PAT_VERDICT_TENANT_DISABLED, false, "tenant.state=5"},
    {PAT_VERDICT_POLICY_DENIED, false, "tenant.max_lifetime=999"},
    {PAT_VERDICT_WRONG_TENANT, false, "rule.tenants=lab"},
    {PAT_VERDICT_WRONG_USER, false, "request.login=bob"},
    {PAT_VERDICT_SCOPE_DENIED, false, "rule.scopes.text=um:bulk"},
    {PAT_VERDICT_ADDRESS_DENIED, false, "token.addresses.text=192.0.2.0/24"},
};

#define IDENTITY 5 /* rungs behind which nothing is looked at when one of them breaks */
#define SUSPENDED 9

/* What an explanation said. */
struct said {
    size_t count;
    enum pat_verdict refusals[COUNT(rungs)];
    const char *conditions[COUNT(rungs)];
    bool holds[COUNT(rungs)];
};

static void
listen(void *context, enum pat_verdict refusal, const char *condition, bool holds)
{
    struct said *said = context;

    if (said->count == COUNT(rungs))
        fail_msg("more conditions than verdicts: %s", condition);
    said->refusals[said->count] = refusal;
    said->conditions[said->count] = condition;
    said->holds[said->count++] = holds;
}

static size_t
first_broken(unsigned mask)
{
    size_t first = 0;

    while (first < COUNT(rungs) && (mask >> first & 1) == 0)
        first++;
    return first;
}

static bool
breaks_state_twice(unsigned mask)
{
    unsigned states = 0;

    for (size_t i = 0; i < COUNT(rungs); i++)
        states += rungs[i].in_state && (mask >> i & 1) != 0;
    return states > 1;
}

/* Every condition in order, each with its own truth; the end where identity fails. */
static void
check_explanation(const char *title, const struct said *said, unsigned mask)
{
    size_t first = first_broken(mask);
    bool state_broken = false;

    expect_number(title, (int64_t)said->count,
                  first < IDENTITY ? (int64_t)first + 1 : (int64_t)COUNT(rungs));
    for (size_t i = 0; i < said->count; i++) {
        bool broken = (mask >> i & 1) != 0;

        state_broken |= rungs[i].in_state && broken;
        expect_text(title, pat_verdict_name(said->refusals[i]), pat_verdict_name(rungs[i].refusal));
        /* A token that is revoked or pending is not active either. */
        if (i != SUSPENDED || !state_broken || broken)
            expect_number(title, said->holds[i], !broken);
    }
}

static void
check_mask(unsigned mask, enum world_kind kind)
{
    static struct world world;
    size_t first = first_broken(mask);
    enum pat_verdict wanted = first < COUNT(rungs) ? rungs[first].refusal : PAT_VERDICT_ACCEPTED;
    struct said said = {.count = 0};
    struct pat_facts facts;
    char title[64];

    snprintf(title, sizeof title, "broken: 0x%05x, %s", mask,
             kind == WORLD_LOCAL ? "local" : "virtual");
    world_make(&world, kind);
    for (size_t i = 0; i < COUNT(rungs); i++)
        if ((mask >> i & 1) != 0)
            world_change(&world, rungs[i].script);
    facts = world_facts(&world);
    expect_text(title, pat_verdict_name(pat_decide(&facts, &world.request, world.now)),
                pat_verdict_name(wanted));
    expect_text(
        title,
        pat_verdict_name(pat_decide_explain(&facts, &world.request, world.now, listen, &said)),
        pat_verdict_name(wanted));
    check_explanation(title, &said, mask);
}

static void
every_combination(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (unsigned mask = 0; mask < 1U << COUNT(rungs); mask++) {
        if (breaks_state_twice(mask))
            continue;
        check_mask(mask, WORLD_VIRTUAL);
        tried++;
    }
    /* 14 conditions freely, and one of four for the state. */
    expect_number("combinations", tried, 4 * (1 << 14));
}

/* The pairs for local services: each condition wins over each later one. */
static void
every_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rungs); i++)
        for (size_t j = i; j < COUNT(rungs); j++)
            if (!breaks_state_twice(1U << i | 1U << j))
                check_mask(1U << i | 1U << j, WORLD_LOCAL);
}

static void
conditions_have_names(void **state)
{
    static struct world world;
    struct said said = {.count = 0};
    struct pat_facts facts;

    (void)state;
    world_make(&world, WORLD_LOCAL);
    facts = world_facts(&world);
    expect_text(
        "accepted",
        pat_verdict_name(pat_decide_explain(&facts, &world.request, world.now, listen, &said)),
        "accepted");
    expect_number("conditions", (int64_t)said.count, COUNT(rungs));
    for (size_t i = 0; i < said.count; i++) {
        expect(pat_verdict_name(said.refusals[i]), "has a condition for people",
               said.conditions[i] != NULL && said.conditions[i][0] != '\0');
        for (size_t j = 0; j < i; j++)
            expect(said.conditions[i], "is said once",
                   strcmp(said.conditions[i], said.conditions[j]) != 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination),
        cmocka_unit_test(every_pair),
        cmocka_unit_test(conditions_have_names),
    };

    return cmocka_run_group_tests_name("decide: ladder", tests, NULL, NULL);
}
