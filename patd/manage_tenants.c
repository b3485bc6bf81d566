/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about tenants: parameters in, core/api's answer out. No policy here. */
#include <string.h>

#include "core/api/tenants.h"
#include "core/base/text.h"
#include "core/policy/policy.h"
#include "patd/manage_ops.h"

/* --- policies --- */

#define LIMIT true /* null takes it away */
static const struct member {
    const char *name;
    enum pat_policy_member member;
    bool may_be_null;
} members[] = {
    {"maxTokens", PAT_POLICY_MAX_TOKENS, LIMIT},
    {"nameMin", PAT_POLICY_NAME_MIN, false},
    {"requireExpiry", PAT_POLICY_REQUIRE_EXPIRY, false},
    {"requireAddresses", PAT_POLICY_REQUIRE_ADDRESSES, false},
    {"defaultLifetime", PAT_POLICY_DEFAULT_LIFETIME, LIMIT},
    {"maxLifetime", PAT_POLICY_MAX_LIFETIME, LIMIT},
    {"pendingLifetime", PAT_POLICY_PENDING_LIFETIME, false},
    {"scopes", PAT_POLICY_SCOPES, LIMIT},
    {"networks", PAT_POLICY_NETWORKS, LIMIT},
    {"selfService", PAT_POLICY_SELF_SERVICE, false},
    {"selfServiceScopes", PAT_POLICY_SELF_SERVICE_SCOPES, false},
};

/* Those that are there. A null where nothing can be without a limit says nothing. */
static unsigned
given_members(json_t *policy)
{
    unsigned given = 0;

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(policy, members[i].name);

        if (value != NULL && (members[i].may_be_null || !json_is_null(value)))
            given |= 1u << members[i].member;
    }
    return given;
}

/* A member of a policy that is null takes a limit away; an absent one keeps the default. */
static bool
read_limit(struct patd_call *policy, const char *name, struct pat_optional *limit)
{
    if (json_object_get(policy->parameters, name) == NULL)
        return true;
    return patd_call_number(policy, name, limit);
}

static bool
read_number(struct patd_call *policy, const char *name, int64_t *number)
{
    struct pat_optional value;

    if (!patd_call_number(policy, name, &value))
        return false;
    if (value.set)
        *number = value.at;
    return true;
}

static bool
read_scopes(struct patd_call *policy, const char *name, struct pat_scopes *scopes, bool *ret_given)
{
    char list[PAT_SCOPES_TEXT];

    if (!patd_call_list(policy, name, list, sizeof list, ret_given))
        return false;
    return !*ret_given || pat_scope_read(list, scopes, NULL) == PAT_OK;
}

static bool
read_members(struct patd_call *policy, struct pat_tenant_record *tenant)
{
    char networks[PAT_CIDRS_TEXT];
    struct pat_scopes self_service = tenant->self_service_scopes;
    bool scopes, own, nets;

    if (!read_limit(policy, "maxTokens", &tenant->max_tokens) ||
        !read_number(policy, "nameMin", &tenant->name_min) ||
        !patd_call_flag(policy, "requireExpiry", &tenant->require_expiry) ||
        !patd_call_flag(policy, "requireAddresses", &tenant->require_addresses) ||
        !read_limit(policy, "defaultLifetime", &tenant->default_lifetime) ||
        !read_limit(policy, "maxLifetime", &tenant->max_lifetime) ||
        !read_number(policy, "pendingLifetime", &tenant->pending_lifetime) ||
        !read_scopes(policy, "scopes", &tenant->scopes, &scopes) ||
        !patd_call_list(policy, "networks", networks, sizeof networks, &nets) ||
        !patd_call_flag(policy, "selfService", &tenant->self_service) ||
        !read_scopes(policy, "selfServiceScopes", &self_service, &own) ||
        (nets && pat_cidr_read(networks, &tenant->networks, NULL) != PAT_OK))
        return false;
    tenant->any_scope = !scopes;
    tenant->any_network = !nets;
    tenant->self_service_scopes = self_service;
    return true;
}

/* *ret_given has a bit for every member that the policy names. */
static bool
read_policy(struct patd_call *call, struct pat_tenant_record *tenant, unsigned *ret_given)
{
    static const char known[] = "maxTokens nameMin requireExpiry requireAddresses defaultLifetime "
                                "maxLifetime pendingLifetime scopes networks selfService "
                                "selfServiceScopes";
    struct patd_call policy = {.parameters = json_object_get(call->parameters, "policy")};

    call->bad_parameter = "policy";
    *ret_given = 0;
    if (policy.parameters == NULL || json_is_null(policy.parameters))
        return true;
    if (!json_is_object(policy.parameters) || patd_call_unknown(policy.parameters, known) != NULL ||
        !read_members(&policy, tenant))
        return false;
    *ret_given = given_members(policy.parameters);
    return true;
}

/* --- making one --- */

static bool
read_draft(struct patd_call *call, struct pat_tenant_record *tenant)
{
    const char *name, *description, *contact;
    unsigned members_given;
    bool given;

    if (!patd_call_required(call, "tenant", &name) ||
        !patd_call_text(call, "description", &description) ||
        !patd_call_text(call, "contact", &contact))
        return false;
    pat_tenants_default("", tenant);
    call->bad_parameter = "tenant";
    if (pat_text_set(tenant->tenant, sizeof tenant->tenant, name) != PAT_OK)
        return false;
    call->bad_parameter = "description";
    if (description != NULL &&
        pat_text_set(tenant->description, sizeof tenant->description, description) != PAT_OK)
        return false;
    call->bad_parameter = "contact";
    if (contact != NULL && pat_text_set(tenant->contact, sizeof tenant->contact, contact) != PAT_OK)
        return false;
    return patd_call_list(call, "realms", tenant->realms, sizeof tenant->realms, &given) &&
           read_policy(call, tenant, &members_given) && patd_call_claim(call);
}

static enum pat_err
answer_tenant(struct patd_call *call, const struct pat_tenant_record *tenant)
{
    return patd_call_answer(call, json_pack("{s:o}", "tenant", patd_call_tenant_row(call, tenant)));
}

/* A tenant illegal by its length is refused by the same words as any other. */
enum pat_err
patd_manage_tenant_create(struct patd_call *call)
{
    struct pat_tenant_record tenant;
    bool make_default = false;
    enum pat_err err;

    if (!read_draft(call, &tenant) || !patd_call_flag(call, "makeDefault", &make_default))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_tenants_create(&call->work, &tenant);
    if (err == PAT_OK && make_default)
        err = pat_tenants_set_default(&call->work, tenant.tenant);
    err = pat_manage_end(&call->work, err);
    if (err != PAT_OK)
        return err;
    if (make_default)
        pat_context_set_default_tenant(call->work.context, tenant.tenant);
    return answer_tenant(call, &tenant);
}

/* --- looking --- */

struct emitting {
    struct patd_call *call;
    enum pat_err err;
};

static bool
emit_tenant(void *context, const void *record)
{
    struct emitting *emitting = context;
    struct patd_call *call = emitting->call;

    emitting->err = call->emit(call,
                               json_pack("{s:o}", "tenant", patd_call_tenant_row(call, record)));
    return emitting->err == PAT_OK;
}

enum pat_err
patd_manage_tenant_list(struct patd_call *call)
{
    struct emitting emitting = {.call = call, .err = PAT_OK};
    enum pat_err err;

    call->expected_more = !call->more;
    if (call->expected_more)
        return patd_call_bad(call);
    err = pat_tenants_list(&call->work, emit_tenant, &emitting);
    if (err == PAT_OK && emitting.err != PAT_OK)
        err = pat_manage_failed(&call->work, emitting.err);
    return err == PAT_OK ? patd_call_answer(call, json_object()) : err;
}

enum pat_err
patd_manage_tenant_show(struct patd_call *call)
{
    struct pat_tenant_record tenant;
    const char *name;
    enum pat_err err;

    if (!patd_call_required(call, "tenant", &name))
        return patd_call_bad(call);
    err = pat_manage_tenant(&call->work, name, &tenant);
    return err == PAT_OK ? answer_tenant(call, &tenant) : err;
}

/* --- changing --- */

static bool
read_reason(struct patd_call *call, const char **ret)
{
    if (!patd_call_text(call, "reason", ret))
        return false;
    if (*ret == NULL)
        *ret = "";
    return true;
}

static bool
read_wish(struct patd_call *call, struct pat_tenants_wish *wish, struct pat_tenant_record *policy)
{
    bool given;

    pat_tenants_default("", policy);
    wish->policy = policy;
    if (!patd_call_required(call, "tenant", &wish->tenant) ||
        !patd_call_text(call, "description", &wish->description) ||
        !patd_call_text(call, "contact", &wish->contact) ||
        !patd_call_list(call, "realms", policy->realms, sizeof policy->realms, &given) ||
        !read_policy(call, policy, &wish->members) || !read_reason(call, &wish->reason))
        return false;
    if (given)
        wish->members |= 1u << PAT_POLICY_REALMS;
    return patd_call_claim(call);
}

enum pat_err
patd_manage_tenant_set(struct patd_call *call)
{
    struct pat_tenants_wish wish = {.tenant = NULL};
    struct pat_tenant_record policy, tenant;
    enum pat_err err;

    if (!read_wish(call, &wish, &policy))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_tenants_set(&call->work, &wish, &tenant));
    return err == PAT_OK ? answer_tenant(call, &tenant) : err;
}

/* It has no default: a call that forgets it must not enable anything. */
static bool
read_enabled(struct patd_call *call, bool *ret)
{
    call->bad_parameter = "enabled";
    return json_is_boolean(json_object_get(call->parameters, "enabled")) &&
           patd_call_flag(call, "enabled", ret);
}

enum pat_err
patd_manage_tenant_set_enabled(struct patd_call *call)
{
    struct pat_tenant_record tenant;
    const char *name, *reason;
    bool enabled = false;
    enum pat_err err;

    if (!patd_call_required(call, "tenant", &name) || !read_enabled(call, &enabled) ||
        !read_reason(call, &reason) || !patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work,
                         pat_tenants_set_enabled(&call->work, name, enabled, reason, &tenant));
    return err == PAT_OK ? answer_tenant(call, &tenant) : err;
}

enum pat_err
patd_manage_tenant_set_default(struct patd_call *call)
{
    struct pat_tenant_record tenant;
    const char *name;
    enum pat_err err;

    if (!patd_call_required(call, "tenant", &name) || !patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_tenants_set_default(&call->work, name));
    if (err != PAT_OK)
        return err;
    pat_context_set_default_tenant(call->work.context, name); /* it is, whatever fails now */
    err = pat_manage_tenant(&call->work, name, &tenant);
    return err == PAT_OK ? answer_tenant(call, &tenant) : err;
}
