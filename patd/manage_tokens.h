/* SPDX-License-Identifier: BSD-2-Clause */
/* What the methods about tokens share. */
#ifndef PATD_MANAGE_TOKENS_H
#define PATD_MANAGE_TOKENS_H

#include "core/token/token.h"
#include "patd/call.h"

/* The token that the parameters "token" and "tenant" name; reads "claim" as well. */
PAT_CHECKED enum pat_err patd_manage_find_token(struct patd_call *call,
                                                struct pat_token_record *ret);

/* What is done to one token in a transaction; token is as it was found, and as it is afterwards. */
typedef enum pat_err patd_manage_step(struct pat_manage *work, struct pat_token_record *token,
                                      const void *context);

/* Finds the token, does it, and answers with the token as this member of the reply. */
PAT_CHECKED enum pat_err patd_manage_change_token(struct patd_call *call, patd_manage_step *step,
                                                  const void *context, const char *member);

/* The parameter "grace", or its default; microseconds. */
PAT_CHECKED enum pat_err patd_manage_grace(struct patd_call *call, int64_t *ret);

/* A reply with a new token's secret; NULL without memory. */
json_t *patd_manage_created(struct patd_call *call, const struct pat_token *token,
                            const struct pat_token_record *record);

#endif
