/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and listing tokens as far as the caller may see them. */
#ifndef PAT_API_FIND_H
#define PAT_API_FIND_H

#include "core/api/manage.h"

/*
 * The token that a reference means: its id, an unambiguous beginning of it, or its exact name;
 * tenant (or NULL) limits where it is looked for. What the caller may not see does not exist.
 * PAT_ERR_NOT_FOUND; PAT_ERR_CONFLICT when it fits several, which the problem then names.
 */
PAT_CHECKED enum pat_err pat_find_token(struct pat_manage *manage, const char *tenant,
                                        const char *reference, struct pat_token_record *ret);

struct pat_find_filter {
    const char *tenant; /* NULL: every tenant that the caller sees */
    const char *user;   /* NULL: every user that the caller sees */
    const char *name;   /* part of it, in any case; NULL: any */
    bool with_revoked;
    int64_t *hidden; /* counts the revoked ones that were left out; NULL: nobody counts */
    /* Goes on behind a token that was handed over before; NULL: from the newest. */
    const char *after_tenant;
    int64_t after_seq;
};

/* Tenant by tenant, newest first within each; false ends. */
PAT_CHECKED enum pat_err pat_find_tokens(struct pat_manage *manage,
                                         const struct pat_find_filter *filter, pat_scan_each *each,
                                         void *context);

/* The state that people see. "expiring" is active with at most 14 days left. */
const char *pat_find_state(const struct pat_token_record *token, int64_t now);
#define PAT_FIND_SOON (INT64_C(14) * 86400 * PAT_SECOND)

bool pat_find_is_dead(const struct pat_token_record *token, int64_t now);

#endif
