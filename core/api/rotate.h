/* SPDX-License-Identifier: BSD-2-Clause */
/* A successor for a token, and the overlap of both. Runs between pat_manage_start() and _end(). */
#ifndef PAT_API_ROTATE_H
#define PAT_API_ROTATE_H

#include "core/api/tokens.h"

struct pat_rotation {
    int64_t grace;          /* microseconds that the old token works on; 0: it is revoked */
    enum pat_expiry expiry; /* PAT_EXPIRY_DEFAULT: as long as the old one was meant to live */
    int64_t expires;
    bool pending; /* the old token stays as it is until the new one is confirmed */
};
#define PAT_GRACE_DEFAULT (INT64_C(86400) * PAT_SECOND)
#define PAT_GRACE_MAX (7 * INT64_C(86400) * PAT_SECOND)

/*
 * A successor with the settings of a token: all that a new one has to satisfy is asked of it. The
 * old token no longer counts. ret_token as of pat_tokens_create().
 */
PAT_CHECKED enum pat_err pat_rotate(struct pat_manage *manage, const char *tenant, const char *id,
                                    const struct pat_rotation *rotation,
                                    struct pat_token *ret_token, struct pat_token_record *ret_new,
                                    struct pat_token_record *ret_old);

/* Revokes the old token of a rotation, named by itself or by its successor. */
PAT_CHECKED enum pat_err pat_rotate_finish(struct pat_manage *manage, const char *tenant,
                                           const char *id, const char *reason,
                                           struct pat_token_record *ret);

/* What a rotation does when its pending successor was confirmed, or will never be. */
PAT_CHECKED enum pat_err pat_rotate_confirmed(struct pat_manage *manage,
                                              const struct pat_token_record *successor,
                                              int64_t grace);
PAT_CHECKED enum pat_err pat_rotate_abandoned(struct pat_manage *manage,
                                              const struct pat_token_record *successor);

#endif
