/* SPDX-License-Identifier: BSD-2-Clause */
/* What users and Unix groups are granted. Changes run between pat_manage_start() and _end(). */
#ifndef PAT_API_GRANTS_H
#define PAT_API_GRANTS_H

#include "core/api/manage.h"

/*
 * Grants scopes to, or takes them from, a user or (holder begins with '@') a Unix group. Taking
 * back a scope that is not held literally is PAT_ERR_NOT_FOUND. ret gets what is held afterwards.
 */
PAT_CHECKED enum pat_err pat_grants_change(struct pat_manage *manage, const char *tenant,
                                           const char *holder, const char *scopes, bool add,
                                           const char *reason, struct pat_scopes *ret);

/* The Unix groups with grants of a tenant, by name, behind after. */
PAT_CHECKED enum pat_err pat_grants_groups(struct pat_manage *manage, const char *tenant,
                                           const char *after, pat_scan_each *each, void *context);

#endif
