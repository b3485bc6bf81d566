/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and listing tenants. */
#include <stdio.h>
#include <string.h>

#include "core/api/tenants.h"
#include "core/audit/event.h"
#include "core/base/diag.h"
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
check_realms(struct pat_manage *manage, struct pat_tenant_record *draft)
{
    const char *at = draft->realms;
    const char *word;
    char canonical[PAT_REALMS_TEXT] = "";
    size_t len, used = 0;

    while ((len = pat_text_word(&at, &word)) != 0) {
        char text[PAT_REALM_MAX + 1], realm[PAT_REALM_MAX + 1];

        if (pat_text_copy(text, sizeof text, word, len) != PAT_OK ||
            pat_name_realm(text, realm) != PAT_OK)
            return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "realm.illegal",
                                     "\"%.*s\" is not a realm (like example.org)", (int)len, word);
        used += (size_t)snprintf(canonical + used, sizeof canonical - used, "%s%s",
                                 used == 0 ? "" : ",", realm);
    }
    memcpy(draft->realms, canonical, sizeof draft->realms);
    return PAT_OK;
}

struct realm_search {
    const struct pat_tenant_record *draft;
    char owner[PAT_TENANT_MAX + 1];
};

static bool
shares_realm(void *context, const void *record)
{
    struct realm_search *search = context;
    const struct pat_tenant_record *tenant = record;
    const char *at = search->draft->realms;
    const char *word;
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0) {
        char realm[PAT_REALM_MAX + 1];

        if (pat_text_copy(realm, sizeof realm, word, len) == PAT_OK &&
            pat_decide_has_realm(tenant, realm))
            pat_text_clip(search->owner, sizeof search->owner, tenant->tenant);
    }
    return search->owner[0] == '\0';
}

/* A realm belongs to one tenant, or two could share a mailbox. */
static enum pat_err
check_realm_owners(struct pat_manage *manage, const struct pat_tenant_record *draft)
{
    struct realm_search search = {.draft = draft};
    const struct pat_scan scan = {.what = PAT_SCAN_TENANTS};
    enum pat_err err;

    if (draft->realms[0] == '\0')
        return PAT_OK;
    err = pat_store_scan(manage->store, &scan, shares_realm, &search);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (search.owner[0] != '\0')
        return pat_manage_refuse(manage, PAT_ERR_EXISTS, "realm.taken",
                                 "tenant %s has one of these realms", search.owner);
    return PAT_OK;
}

static bool
is_lifetime(int64_t microseconds)
{
    return microseconds >= PAT_SECOND && microseconds <= PAT_LIFETIME_MAX;
}

static enum pat_err
check_policy(struct pat_manage *manage, const struct pat_tenant_record *draft)
{
    if (draft->name_min < 1 || draft->name_min > PAT_NAME_POINTS_MAX)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.name-min",
                                 "the shortest name is 1 to %d characters", PAT_NAME_POINTS_MAX);
    if (draft->max_tokens.set && draft->max_tokens.at < 1)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.max-tokens",
                                 "the cap is at least 1 token, or \"unlimited\"");
    if (draft->default_lifetime.set && draft->max_lifetime.set &&
        draft->default_lifetime.at > draft->max_lifetime.at)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.lifetime",
                                 "the default lifetime is longer than the longest");
    if ((draft->default_lifetime.set && !is_lifetime(draft->default_lifetime.at)) ||
        (draft->max_lifetime.set && !is_lifetime(draft->max_lifetime.at)) ||
        !is_lifetime(draft->pending_lifetime))
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "policy.lifetime",
                                 "a lifetime is one second to ten years");
    return PAT_OK;
}

static const char *
number_text(const struct pat_optional *number, int64_t unit, char *ret, size_t size)
{
    if (!number->set)
        return "unlimited";
    snprintf(ret, size, "%lld", (long long)(number->at / unit));
    return ret;
}

/* The whole policy, in the terms of the vocabulary; lifetimes in seconds. */
static void
describe(const struct pat_tenant_record *tenant, char *ret, size_t size)
{
    const struct pat_optional name_min = {.set = true, .at = tenant->name_min};
    const struct pat_optional pending = {.set = true, .at = tenant->pending_lifetime};
    char numbers[5][24];
    const struct pat_log_field fields[] = {
        {"max_tokens", number_text(&tenant->max_tokens, 1, numbers[0], sizeof numbers[0])},
        {"name_min", number_text(&name_min, 1, numbers[1], sizeof numbers[1])},
        {"require_expiry", tenant->require_expiry ? "yes" : "no"},
        {"require_addresses", tenant->require_addresses ? "yes" : "no"},
        {"default_lifetime",
         number_text(&tenant->default_lifetime, PAT_SECOND, numbers[2], sizeof numbers[2])},
        {"max_lifetime",
         number_text(&tenant->max_lifetime, PAT_SECOND, numbers[3], sizeof numbers[3])},
        {"pending_lifetime", number_text(&pending, PAT_SECOND, numbers[4], sizeof numbers[4])},
        {"scopes", tenant->any_scope ? NULL : tenant->scopes.text},
        {"networks", tenant->any_network ? NULL : tenant->networks.text},
        {"self_service", tenant->self_service ? "yes" : "no"},
        {"self_service_scopes", pat_text_or_null(tenant->self_service_scopes.text)},
        {"realms", pat_text_or_null(tenant->realms)},
        {"contact", pat_text_or_null(tenant->contact)},
    };
    enum pat_err cut = pat_event_write(ret, size, NULL, fields, sizeof fields / sizeof fields[0]);

    (void)cut; /* a text that is too long ends after a whole field: the row has everything */
}

static enum pat_err
log_created(struct pat_manage *manage, const struct pat_tenant_record *tenant)
{
    char after[2048];
    const struct pat_change_args change = {
        .tenant = tenant->tenant, .event = "tenant.create", .after = after};

    describe(tenant, after, sizeof after);
    return pat_manage_log(manage, &change, NULL);
}

enum pat_err
pat_tenants_create(struct pat_manage *manage, struct pat_tenant_record *draft)
{
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK && !pat_token_tenant_legal(draft->tenant))
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "tenant.illegal",
                                "a tenant is 1 to 16 of a-z and 0-9");
    if (err == PAT_OK)
        err = check_policy(manage, draft);
    if (err == PAT_OK)
        err = check_realms(manage, draft);
    if (err == PAT_OK)
        err = check_realm_owners(manage, draft);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "description", draft->description, PAT_DESCRIPTION_MAX);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "contact", draft->contact, PAT_CONTACT_MAX);
    if (err != PAT_OK)
        return err;
    draft->created = manage->now;
    err = pat_store_put(manage->store, PAT_ROW_TENANT, draft);
    if (err == PAT_ERR_EXISTS)
        return pat_manage_refuse(manage, err, "tenant.exists", "tenant %s exists already",
                                 draft->tenant);
    return err == PAT_OK ? log_created(manage, draft) : pat_manage_failed(manage, err);
}

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
