/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing tokens that are out. Changes run between pat_manage_start() and _end(). */
#ifndef PAT_API_CHANGE_H
#define PAT_API_CHANGE_H

#include "core/api/manage.h"

/* What an edit is to change. NULL and not set: it stays. */
struct pat_change_wish {
    const char *name;
    const char *description;
    const char *scopes;    /* a list, within the token's own */
    const char *addresses; /* a list, within the token's own */
    struct pat_optional expires;
    const char *reason; /* may be empty, not NULL */
};

/* Narrows a token. PAT_ERR_POLICY for what would widen it, PAT_ERR_CONFLICT when it is dead. */
PAT_CHECKED enum pat_err pat_change_edit(struct pat_manage *manage, const char *tenant,
                                         const char *id, const struct pat_change_wish *wish,
                                         struct pat_token_record *ret);

/* A pause, and its end. Nobody resumes what somebody above them suspended. */
PAT_CHECKED enum pat_err pat_change_suspend(struct pat_manage *manage, const char *tenant,
                                            const char *id, const char *reason,
                                            struct pat_token_record *ret);
PAT_CHECKED enum pat_err pat_change_resume(struct pat_manage *manage, const char *tenant,
                                           const char *id, const char *reason,
                                           struct pat_token_record *ret);

#endif
