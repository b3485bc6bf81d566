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

PAT_CHECKED enum pat_err pat_draft_id_taken(struct pat_manage *manage, const char *id, bool *ret);

#endif
