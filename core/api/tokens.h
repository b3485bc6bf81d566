/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, confirming and ending tokens. Changes run between pat_manage_start() and _end(). */
#ifndef PAT_API_TOKENS_H
#define PAT_API_TOKENS_H

#include "core/api/manage.h"

enum pat_expiry {
    PAT_EXPIRY_DEFAULT, /* the tenant's default lifetime, or never */
    PAT_EXPIRY_NEVER,
    PAT_EXPIRY_AT,
};

struct pat_token_draft {
    const char *tenant;
    const char *user;
    const char *name;
    const char *description;
    const char *scopes;    /* a list */
    const char *addresses; /* a list; empty: from anywhere */
    enum pat_expiry expiry;
    int64_t expires; /* for PAT_EXPIRY_AT */
    struct pat_optional not_before;
    bool pending; /* does not work until it is confirmed */
    const char *batch;
};

/*
 * Makes a token. ret_token holds its secret, which exists nowhere else: show it once, then clear
 * it. Refused: the caller's role, illegal fields, the tenant's policy, its cap, a name in use.
 */
PAT_CHECKED enum pat_err pat_tokens_create(struct pat_manage *manage,
                                           const struct pat_token_draft *draft,
                                           struct pat_token *ret_token,
                                           struct pat_token_record *ret);

/* A pending token becomes active, within its time; grace is of a rotation, else without meaning. */
PAT_CHECKED enum pat_err pat_tokens_confirm(struct pat_manage *manage, const char *tenant,
                                            const char *id, int64_t grace,
                                            struct pat_token_record *ret);

/* Whether pat_tokens_revoke() would do it; changes nothing. */
PAT_CHECKED enum pat_err pat_tokens_revocable(struct pat_manage *manage, const char *tenant,
                                              const char *id, const char *reason,
                                              struct pat_token_record *ret);

/* For ever. PAT_ERR_CONFLICT when it was revoked before. */
PAT_CHECKED enum pat_err pat_tokens_revoke(struct pat_manage *manage, const char *tenant,
                                           const char *id, const char *reason, const char *batch,
                                           struct pat_token_record *ret);

/* Revokes the pending tokens whose time is over, in a transaction of its own; *ret_count of them.
 */
PAT_CHECKED enum pat_err pat_tokens_sweep(struct pat_manage *manage, int64_t *ret_count);

#endif
