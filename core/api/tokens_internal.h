/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms about tokens share; within the running transaction. */
#ifndef PAT_API_TOKENS_INTERNAL_H
#define PAT_API_TOKENS_INTERNAL_H

#include "core/api/tokens.h"

/* Reads a token for an action of its caller; a foreign one does not exist for them. */
PAT_CHECKED enum pat_err pat_tokens_take(struct pat_manage *manage, const char *tenant,
                                         const char *id, enum pat_action action,
                                         struct pat_token_record *ret);

/* Writes a changed token and its change, whose tenant, user and subject it fills. */
PAT_CHECKED enum pat_err pat_tokens_put(struct pat_manage *manage, struct pat_token_record *token,
                                        struct pat_change_args *change);

/* Revokes: no way leads back. batch may be NULL. */
PAT_CHECKED enum pat_err pat_tokens_end(struct pat_manage *manage, struct pat_token_record *token,
                                        const char *reason, const char *batch);

/* A fresh id and secret. */
PAT_CHECKED enum pat_err pat_tokens_mint(struct pat_manage *manage, const char *tenant,
                                         struct pat_token *ret);

/* Checks the draft and stores it as this token. */
PAT_CHECKED enum pat_err pat_tokens_add(struct pat_manage *manage,
                                        const struct pat_token_draft *draft,
                                        const struct pat_token *token,
                                        struct pat_token_record *ret);

/* A time as the change log says it; "never" when it is not set. ret is at least 32 bytes. */
void pat_tokens_say_time(const struct pat_optional *time, char *ret, size_t size);

#endif
