/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting a tenant. It is disabled first, so that nothing of it is accepted meanwhile; then its
 * rows go, a few thousand a transaction; its change log stays, with its head. What was broken off
 * is gone on with by asking again.
 */
#ifndef PAT_API_TENANT_DELETE_H
#define PAT_API_TENANT_DELETE_H

#include "core/api/manage.h"

struct pat_tenant_deletion {
    const char *tenant;
    const char *reason; /* may be empty, not NULL */
    bool with_tokens;   /* also live ones */
    /* Filled by the functions below. */
    int64_t tokens, live, users, groups; /* there at the beginning */
    int64_t done;                        /* rows that went */
    bool finished;
};

/*
 * Refuses with PAT_ERR_CONFLICT the default tenant, and one with live tokens unless they are meant;
 * counts. Changes nothing. Operators only.
 */
PAT_CHECKED enum pat_err pat_tenant_delete_check(struct pat_manage *manage,
                                                 struct pat_tenant_deletion *deletion);

/* The first transaction, run between pat_manage_start() and _end(): checks, and disables. */
PAT_CHECKED enum pat_err pat_tenant_delete_begin(struct pat_manage *manage,
                                                 struct pat_tenant_deletion *deletion);

/*
 * Each further one: removes at most 5,000 rows, with the last of them the tenant. PAT_ERR_CONFLICT
 * when somebody enabled it again.
 */
PAT_CHECKED enum pat_err pat_tenant_delete_step(struct pat_manage *manage,
                                                struct pat_tenant_deletion *deletion);

#endif
