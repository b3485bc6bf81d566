/* SPDX-License-Identifier: BSD-2-Clause */
/* What a policy must be to be stored, who may make it so, and how it is written down. */
#ifndef PAT_API_TENANT_POLICY_H
#define PAT_API_TENANT_POLICY_H

#include "core/api/manage.h"
#include "core/policy/policy.h"

/* Refuses limits that make no sense, alone or together. */
PAT_CHECKED enum pat_err pat_tenant_policy_check(struct pat_manage *manage,
                                                 const struct pat_tenant_record *draft);

/* Brings the realms of a draft into their only form; refuses those of other tenants. */
PAT_CHECKED enum pat_err pat_tenant_policy_realms(struct pat_manage *manage,
                                                  struct pat_tenant_record *draft);

/* Operators may make any policy of any other; an administrator a tighter one, and no realms. */
PAT_CHECKED enum pat_err pat_tenant_policy_permit(struct pat_manage *manage,
                                                  const struct pat_tenant_record *before,
                                                  const struct pat_tenant_record *after);

/* True when policy, contact and description are the same. */
bool pat_tenant_policy_same(const struct pat_tenant_record *a, const struct pat_tenant_record *b);

/*
 * Logs an event whose "after" is the whole policy, and whose "before" (NULL: there was none) is
 * what differs. What is too long for one change is spread over several: each member stands whole in
 * one of them, so that the journal has what is needed to make any tightening again.
 */
PAT_CHECKED enum pat_err pat_tenant_policy_log(struct pat_manage *manage, const char *event,
                                               const struct pat_tenant_record *before,
                                               const struct pat_tenant_record *after,
                                               const char *reason);

#endif
