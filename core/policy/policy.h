/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tenant's policy: what it says of tokens that are out, and which of two policies is the tighter,
 * member by member. Pure.
 */
#ifndef PAT_POLICY_POLICY_H
#define PAT_POLICY_POLICY_H

#include "core/base/err.h"
#include "core/policy/record.h"

/* --- tokens that are out --- */

/* A demand of the tenant on every token. What a login may do (scopes, networks) is decide.h's. */
struct pat_policy_demand {
    const char *condition; /* of the ladder: what the token would have to be */
    const char *sentence;  /* what the tenant wants; without a full stop */
};

/* The first demand that the token does not meet, or NULL: it meets all of them. */
const struct pat_policy_demand *pat_policy_unmet(const struct pat_tenant_record *tenant,
                                                 const struct pat_token_record *token);

/* --- members --- */

/* In the order in which a change is written down. Each can be tightened by itself. */
enum pat_policy_member {
    PAT_POLICY_MAX_TOKENS,
    PAT_POLICY_NAME_MIN,
    PAT_POLICY_REQUIRE_EXPIRY,
    PAT_POLICY_REQUIRE_ADDRESSES,
    PAT_POLICY_DEFAULT_LIFETIME,
    PAT_POLICY_MAX_LIFETIME,
    PAT_POLICY_PENDING_LIFETIME,
    PAT_POLICY_SELF_SERVICE,
    PAT_POLICY_SCOPES,
    PAT_POLICY_NETWORKS,
    PAT_POLICY_SELF_SERVICE_SCOPES,
    PAT_POLICY_REALMS,
    PAT_POLICY_MEMBERS
};

/* Its word of audit/keys.def, and what people call it. */
const char *pat_policy_key(enum pat_policy_member member);
const char *pat_policy_words(enum pat_policy_member member);

/* True when both say the same there. */
bool pat_policy_same(const struct pat_tenant_record *a, const struct pat_tenant_record *b,
                     enum pat_policy_member member);

/* True when after allows nothing there that before did not: the same, or tighter. */
bool pat_policy_is_within(const struct pat_tenant_record *after,
                          const struct pat_tenant_record *before, enum pat_policy_member member);

/* Makes the member of to what it is in from. */
void pat_policy_copy(struct pat_tenant_record *to, const struct pat_tenant_record *from,
                     enum pat_policy_member member);

/* The member's value as text, lifetimes in seconds; "unlimited" when it does not limit. */
#define PAT_POLICY_TEXT 1024
const char *pat_policy_write(const struct pat_tenant_record *policy, enum pat_policy_member member,
                             char ret[PAT_POLICY_TEXT]);

/*
 * Makes a policy allow nothing that such a text (of the member with that key) does not, and leaves
 * what is tighter already. PAT_ERR_NOT_FOUND for another key, PAT_ERR_SYNTAX for another text.
 */
PAT_CHECKED enum pat_err pat_policy_tighten(struct pat_tenant_record *policy, const char *key,
                                            const char *value);

#endif
