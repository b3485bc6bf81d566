/* SPDX-License-Identifier: BSD-2-Clause */
/* Tenants and the host's own settings. Changes run between pat_manage_start() and _end(). */
#ifndef PAT_API_TENANTS_H
#define PAT_API_TENANTS_H

#include "core/api/manage.h"

/* A tenant with the default policy: what DESIGN.md section 5 lists. */
void pat_tenants_default(const char *tenant, struct pat_tenant_record *ret);

/* Makes a tenant of a draft whose name and policy the caller filled. Operators only. */
PAT_CHECKED enum pat_err pat_tenants_create(struct pat_manage *manage,
                                            struct pat_tenant_record *draft);

/* What is to become another: NULL, and members that are not named, stay as they are. */
struct pat_tenants_wish {
    const char *tenant;
    const char *description;
    const char *contact;
    const struct pat_tenant_record *policy; /* has the values of the members */
    unsigned members;                       /* 1u << enum pat_policy_member, each */
    const char *reason;                     /* may be empty, not NULL */
};

/*
 * Operators set everything; an administrator of the tenant tightens its policy, and sets contact
 * and description. Nothing is logged where nothing becomes another.
 */
PAT_CHECKED enum pat_err pat_tenants_set(struct pat_manage *manage,
                                         const struct pat_tenants_wish *wish,
                                         struct pat_tenant_record *ret);

/* A disabled tenant's tokens are refused, until it is enabled again. Operators only. */
PAT_CHECKED enum pat_err pat_tenants_set_enabled(struct pat_manage *manage, const char *tenant,
                                                 bool enabled, const char *reason,
                                                 struct pat_tenant_record *ret);

/* Every tenant that the caller has to do with, by name; false ends. */
PAT_CHECKED enum pat_err pat_tenants_list(struct pat_manage *manage, pat_scan_each *each,
                                          void *context);

/* Names the tenant of services that list none. Operators only. */
PAT_CHECKED enum pat_err pat_tenants_set_default(struct pat_manage *manage, const char *tenant);

#endif
