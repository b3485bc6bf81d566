/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, changing and listing tenants. */
#include <stdio.h>
#include <string.h>

#include "core/api/tenant_policy.h"
#include "core/api/tenants.h"
#include "core/base/text.h"

#define MAX_TOKENS 25
#define NAME_MIN 8
#define PENDING_LIFETIME (10 * 60 * PAT_SECOND)
/* What users may give themselves. Never what opens a shell with another's rights. */
#define SELF_SERVICE_SCOPES "db:connect,http:access,ldap:bind,mail:*,ssh:login"

void
pat_tenants_default(const char *tenant, struct pat_tenant_record *ret)
{
    *ret = (struct pat_tenant_record){
        .state = PAT_STATE_ACTIVE,
        .any_scope = true,
        .any_network = true,
        .self_service = true,
        .self_service_scopes = {.text = SELF_SERVICE_SCOPES},
        .max_tokens = {.set = true, .at = MAX_TOKENS},
        .name_min = NAME_MIN,
        .pending_lifetime = PENDING_LIFETIME,
    };
    pat_text_clip(ret->tenant, sizeof ret->tenant, tenant);
}

static enum pat_err
check_texts(struct pat_manage *manage, const char *description, const char *contact)
{
    enum pat_err err = PAT_OK;

    if (description != NULL)
        err = pat_manage_text(manage, "description", description, PAT_DESCRIPTION_MAX);
    if (err == PAT_OK && contact != NULL)
        err = pat_manage_text(manage, "contact", contact, PAT_CONTACT_MAX);
    return err;
}

enum pat_err
pat_tenants_create(struct pat_manage *manage, struct pat_tenant_record *draft)
{
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK && !pat_token_tenant_legal(draft->tenant))
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "tenant.illegal",
                                "a tenant is 1 to 16 of a-z and 0-9");
    if (err == PAT_OK)
        err = pat_tenant_policy_check(manage, draft);
    if (err == PAT_OK)
        err = pat_tenant_policy_realms(manage, draft);
    if (err == PAT_OK)
        err = check_texts(manage, draft->description, draft->contact);
    if (err != PAT_OK)
        return err;
    draft->created = manage->now;
    err = pat_store_put(manage->store, PAT_ROW_TENANT, draft);
    if (err == PAT_ERR_EXISTS)
        return pat_manage_refuse(manage, err, "tenant.exists", "tenant %s exists already",
                                 draft->tenant);
    return err == PAT_OK ? pat_tenant_policy_log(manage, "tenant.create", NULL, draft, NULL)
                         : pat_manage_failed(manage, err);
}

/* --- settings --- */

static void
apply(const struct pat_tenants_wish *wish, struct pat_tenant_record *tenant)
{
    for (int i = 0; i < PAT_POLICY_MEMBERS; i++)
        if ((wish->members & 1u << i) != 0)
            pat_policy_copy(tenant, wish->policy, (enum pat_policy_member)i);
    if (wish->description != NULL)
        pat_text_clip(tenant->description, sizeof tenant->description, wish->description);
    if (wish->contact != NULL)
        pat_text_clip(tenant->contact, sizeof tenant->contact, wish->contact);
}

/* A tenant that the caller may do this to. */
static enum pat_err
take_tenant(struct pat_manage *manage, enum pat_action action, const char *tenant,
            const char *reason, struct pat_tenant_record *ret)
{
    enum pat_err err = pat_manage_tenant(manage, tenant, ret);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, action, action == PAT_ACT_HOST ? "" : tenant, NULL);
    return err == PAT_OK ? pat_manage_text(manage, "reason", reason, PAT_REASON_MAX) : err;
}

enum pat_err
pat_tenants_set(struct pat_manage *manage, const struct pat_tenants_wish *wish,
                struct pat_tenant_record *ret)
{
    struct pat_tenant_record before;
    enum pat_err err = take_tenant(manage, PAT_ACT_SET_TENANT, wish->tenant, wish->reason, ret);

    if (err == PAT_OK)
        err = check_texts(manage, wish->description, wish->contact);
    if (err != PAT_OK)
        return err;
    before = *ret;
    apply(wish, ret);
    if ((wish->members & 1u << PAT_POLICY_REALMS) != 0)
        err = pat_tenant_policy_realms(manage, ret);
    if (err == PAT_OK)
        err = pat_tenant_policy_check(manage, ret);
    if (err == PAT_OK)
        err = pat_tenant_policy_permit(manage, &before, ret);
    if (err != PAT_OK || pat_tenant_policy_same(&before, ret))
        return err;
    err = pat_store_put(manage->store, PAT_ROW_TENANT, ret);
    return err == PAT_OK ? pat_tenant_policy_log(manage, "tenant.set", &before, ret, wish->reason)
                         : pat_manage_failed(manage, err);
}

enum pat_err
pat_tenants_set_enabled(struct pat_manage *manage, const char *tenant, bool enabled,
                        const char *reason, struct pat_tenant_record *ret)
{
    const struct pat_change_args change = {
        .tenant = tenant, .event = enabled ? "tenant.enable" : "tenant.disable", .reason = reason};
    enum pat_state wanted = enabled ? PAT_STATE_ACTIVE : PAT_STATE_DISABLED;
    enum pat_err err = take_tenant(manage, PAT_ACT_HOST, tenant, reason, ret);

    if (err != PAT_OK || ret->state == (int32_t)wanted)
        return err;
    ret->state = (int32_t)wanted;
    err = pat_store_put(manage->store, PAT_ROW_TENANT, ret);
    return err == PAT_OK ? pat_manage_log(manage, &change, NULL) : pat_manage_failed(manage, err);
}

/* --- lists --- */

struct listing {
    const struct pat_manage *manage;
    pat_scan_each *each;
    void *context;
};

static bool
list_visible(void *context, const void *record)
{
    const struct listing *listing = context;
    const struct pat_tenant_record *tenant = record;

    if (!listing->manage->actor.is_operator &&
        pat_roles_standing(&listing->manage->actor, tenant->tenant) == NULL)
        return true;
    return listing->each(listing->context, record);
}

enum pat_err
pat_tenants_list(struct pat_manage *manage, pat_scan_each *each, void *context)
{
    struct listing listing = {.manage = manage, .each = each, .context = context};
    const struct pat_scan scan = {.what = PAT_SCAN_TENANTS};
    enum pat_err err = pat_store_scan(manage->store, &scan, list_visible, &listing);

    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

/* --- the default one --- */

enum pat_err
pat_tenants_set_default(struct pat_manage *manage, const char *tenant)
{
    struct pat_tenant_record row;
    struct pat_host_record host;
    char before[64], after[64];
    const struct pat_change_args change = {
        .event = "host.default-tenant", .subject = tenant, .before = before, .after = after};
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK)
        err = pat_manage_tenant(manage, tenant, &row);
    if (err != PAT_OK)
        return err;
    err = pat_store_get(manage->store, PAT_ROW_HOST, "", "", &host);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (pat_text_equal(host.default_tenant, tenant))
        return PAT_OK;
    snprintf(before, sizeof before, "default_tenant=%s",
             host.default_tenant[0] == '\0' ? "\"\"" : host.default_tenant);
    snprintf(after, sizeof after, "default_tenant=%s", tenant);
    pat_text_clip(host.default_tenant, sizeof host.default_tenant, tenant);
    err = pat_store_put(manage->store, PAT_ROW_HOST, &host);
    return err == PAT_OK ? pat_manage_log(manage, &change, NULL) : pat_manage_failed(manage, err);
}
