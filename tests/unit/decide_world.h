/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world in which pat_decide() accepts, and a script of one line to change it. So a case of a
 * test is a row: title, what is different, and the verdict.
 */
#ifndef PAT_TESTS_UNIT_DECIDE_WORLD_H
#define PAT_TESTS_UNIT_DECIDE_WORLD_H

#include "core/policy/decide.h"

struct world {
    struct pat_token_record token;
    struct pat_user_record user;
    struct pat_tenant_record tenant;
    struct pat_scopes groups;
    struct pat_rule rule;
    struct pat_request request;
    bool no_token, no_user, no_tenant, no_groups; /* which rows were not found */
    int32_t shape;
    bool verifier_matches;
    bool seals_hold;
    int64_t now;
};

/*
 * VIRTUAL: alice of acme (realms acme.example and acme.test) asks imap, whose rule takes acme.
 * LOCAL: the same alice, bound to the account alice, uid 1000, asks sshd.
 */
enum world_kind { WORLD_VIRTUAL, WORLD_LOCAL };

void world_make(struct world *world, enum world_kind kind);

/*
 * Applies "field=value; field=value". A field is that of the record, as in token.state; a value
 * goes to the next semicolon. Times, numbers, states and flags are numbers; an optional one may be
 * "-". rule.tenants is a list of names, each with or without '@'. A script with a mistake fails
 * the test.
 */
void world_change(struct world *world, const char *script);

/* What pat_decide() takes; its pointers are into world. */
struct pat_facts world_facts(const struct world *world);

/* A case; who logs in after acceptance is user, user@realm or user#uid, or NULL: not looked at. */
struct world_row {
    const char *title, *script, *verdict, *who;
};

/*
 * Decides each row. The explanation must come to the same verdict, and neither of them may change
 * the world.
 */
void world_run(enum world_kind kind, const struct world_row *rows, size_t count);

#endif
