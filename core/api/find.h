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

/* The same for a whole id and nothing else: no name is looked for. */
PAT_CHECKED enum pat_err pat_find_id(struct pat_manage *manage, const char *tenant, const char *id,
                                     struct pat_token_record *ret);

/* All of it holds. NULL, or not set: any. Illegal values are refused before anything is listed. */
struct pat_find_filter {
    const char *tenant; /* NULL: every tenant that the caller sees */
    const char *user;   /* NULL: every user that the caller sees */
    const char *name;   /* part of it; the case of ASCII letters does not matter, here and below */
    const char *glob;   /* of the whole name, as in pat_text_glob() */
    const char *scope;  /* is covered by the token's own scopes */
    const char *states; /* words of pat_find_state() by commas; "active" means "expiring" too */
    struct pat_optional created_before; /* earlier */
    struct pat_optional created_after;  /* then or later */
    struct pat_optional expires_before; /* it has an end, and that is earlier */
    bool no_expiry;
    /* Not accepted then or later; it was there already, and so was what counts uses. */
    struct pat_optional unused_since;
    const char *service;             /* accepted it at least once, as far as is known */
    const char *address;             /* a network that holds the address of the last acceptance */
    const char *batch;               /* it was made under it */
    bool blocked;                    /* it is live, and does not keep its tenant's policy */
    bool with_revoked;               /* without states: revoked ones too */
    struct pat_optional dead_before; /* was revoked or has expired, earlier than that */
    int64_t *hidden; /* counts the revoked ones that only this left out; NULL: nobody counts */
};

/* Tenant by tenant, newest first within each; false ends. */
PAT_CHECKED enum pat_err pat_find_tokens(struct pat_manage *manage,
                                         const struct pat_find_filter *filter, pat_scan_each *each,
                                         void *context);

/* How far a listing has come; zeroed at its start. */
struct pat_find_place {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t before; /* what is older than this is left of that tenant; 0: all of it */
    bool done;      /* nothing is left at all */
};

/*
 * The same in pieces that hold nobody else up: ends when each() answers false, with whose token it
 * begins next time, or when much was looked at, found or not. Goes on from the place.
 */
PAT_CHECKED enum pat_err pat_find_page(struct pat_manage *manage,
                                       const struct pat_find_filter *filter,
                                       struct pat_find_place *place, pat_scan_each *each,
                                       void *context);

/* The state that people see. "expiring" is active with at most 14 days left. */
const char *pat_find_state(const struct pat_token_record *token, int64_t now);
#define PAT_FIND_SOON (INT64_C(14) * 86400 * PAT_SECOND)

bool pat_find_is_dead(const struct pat_token_record *token, int64_t now);

#endif
