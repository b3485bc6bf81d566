/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new token must satisfy before it is made. */
#ifndef PAT_API_DRAFT_H
#define PAT_API_DRAFT_H

#include "core/api/tokens.h"

/*
 * Checks a draft against role, grammar, grants, policy and cap, within the running transaction,
 * and fills the record but for id, verifier and created_seq.
 */
PAT_CHECKED enum pat_err pat_draft_check(struct pat_manage *manage,
                                         const struct pat_token_draft *draft,
                                         struct pat_token_record *ret);

/* The legal form of a token's name, which no other live token of the user has. */
PAT_CHECKED enum pat_err pat_draft_name(struct pat_manage *manage,
                                        const struct pat_tenant_record *tenant, const char *user,
                                        const char *name, char ret[PAT_NAME_MAX + 1]);

/* Whether the caller could give a scope to a new token of user: all that the ladder asks of it. */
bool pat_draft_may_give(const struct pat_manage *manage, const struct pat_tenant_record *tenant,
                        const struct pat_user_record *user, const char *scope);

/* Refuses where the ladder would refuse every token of this user, whatever is asked for. */
PAT_CHECKED enum pat_err pat_draft_possible(struct pat_manage *manage,
                                            const struct pat_tenant_record *tenant,
                                            const struct pat_user_record *user);

PAT_CHECKED enum pat_err pat_draft_id_taken(struct pat_manage *manage, const char *id, bool *ret);

#endif
