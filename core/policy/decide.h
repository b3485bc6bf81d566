/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision, DESIGN.md section 4. Pure: no I/O, clock or log; everything it looks at is an
 * argument. A ladder of conditions; the first that does not hold names the verdict.
 */
#ifndef PAT_POLICY_DECIDE_H
#define PAT_POLICY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/record.h"
#include "core/policy/request.h"
#include "core/policy/verdict.h"

#define PAT_RULE_TENANTS_MAX 32

/* What is known of a service: built in, and from pat.conf. */
struct pat_rule {
    struct pat_scopes scopes; /* any one of them is enough */
    bool local;               /* logs into an account of the host */
    bool allow_root;
    size_t tenant_count;
    struct {
        char name[PAT_TENANT_MAX + 1];
        bool needs_realm; /* "lab@": only names with one of the tenant's realms */
    } tenants[PAT_RULE_TENANTS_MAX];
};

/* Everything the store and the digest had to say. NULL records were not found. */
struct pat_facts {
    enum pat_shape shape;
    const struct pat_token_record *token;
    const struct pat_user_record *user;
    const struct pat_tenant_record *tenant;
    const struct pat_scopes *group_grants; /* NULL: none */
    const struct pat_rule *rule;
    bool verifier_matches;
    bool seals_hold;
};

/* Facts must have a rule. Anything missing or contradictory is a refusal. */
enum pat_verdict pat_decide(const struct pat_facts *facts, const struct pat_request *request,
                            int64_t now);

/*
 * The same ladder for people: calls each with every condition in order, whether it holds, and
 * whether it was looked at (the first failure of identity ends what may be looked at). A demand of
 * the tenant that is not met is named itself.
 */
typedef void pat_decide_each(void *context, enum pat_verdict refusal, const char *condition,
                             bool holds);
enum pat_verdict pat_decide_explain(const struct pat_facts *facts,
                                    const struct pat_request *request, int64_t now,
                                    pat_decide_each *each, void *context);

/* Token's scopes that the user's grants and the tenant cover now. */
void pat_decide_effective(const struct pat_facts *facts, struct pat_scopes *ret);

/*
 * Who logs in, after acceptance: user and realm as the service should call them; uid for local
 * services. Fills the answer's fields but nonce, class and scopes.
 */
void pat_decide_identity(const struct pat_facts *facts, const struct pat_request *request,
                         struct pat_answer *ret);

/* True when realm (in lower case) is one of the tenant's. */
bool pat_decide_has_realm(const struct pat_tenant_record *tenant, const char *realm);

#endif
