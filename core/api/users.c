/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, binding, changing users. Grants are in grants.c, the end of a user in forget.c. */
#include <stdio.h>
#include <string.h>

#include "core/api/pause.h"
#include "core/api/users.h"
#include "core/audit/event.h"
#include "core/base/diag.h"
#include "core/base/text.h"

#define FIRST_ORDINARY_UID 1000
#define UID_NOBODY 65534U

static enum pat_err
check_binding(struct pat_manage *manage, const struct pat_binding *binding)
{
    if (!pat_name_account_legal(binding->account))
        return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "account.illegal",
                                 "this is not the name of an account");
    if (binding->uid == UINT32_MAX || binding->uid == UID_NOBODY)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "account.nobody",
                                 "uid %u stands for nobody and cannot be bound", binding->uid);
    if (binding->uid == 0 && !binding->allow_root) {
        pat_manage_refuse(manage, PAT_ERR_DENIED, "account.root",
                          "account %s has uid 0: a token for it is a key to the whole host",
                          binding->account);
        return pat_manage_hint(manage, "if that is meant: --allow-root, here and in pat.conf's "
                                       "section of the service");
    }
    if (binding->uid != 0 && binding->uid < FIRST_ORDINARY_UID && !binding->system) {
        pat_manage_refuse(manage, PAT_ERR_DENIED, "account.system",
                          "account %s has uid %u: it belongs to the system", binding->account,
                          binding->uid);
        return pat_manage_hint(manage, "if that is meant: --system");
    }
    return PAT_OK;
}

/* Ends the scan at the first token that still opens something, or may again. */
static bool
note_live(void *context, const void *record)
{
    const struct pat_token_record *token = record;
    struct pat_manage *manage = context;

    if (token->state == PAT_STATE_REVOKED ||
        (token->expires.set && token->expires.at <= manage->now))
        return true;
    (void)pat_manage_refuse(manage, PAT_ERR_CONFLICT, "user.has-tokens",
                            "%s has live tokens, which would open the account too", token->user);
    return false;
}

/*
 * SECURITY: a token is made under the rules of its user's binding at that time. One made for a
 * user without an account, or with another one, may be in other hands.
 */
static enum pat_err
check_no_tokens(struct pat_manage *manage, const struct pat_user_record *user)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_OF_USER, .tenant = user->tenant, .name = user->user};
    enum pat_err err;

    manage->problem.err = PAT_OK;
    err = pat_store_scan(manage->store, &scan, note_live, manage);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    return manage->problem.err == PAT_OK
               ? PAT_OK
               : pat_manage_hint(manage, "revoke them first: patctl list --user %s", user->user);
}

static enum pat_err
set_binding(struct pat_manage *manage, const struct pat_binding *binding,
            struct pat_user_record *user)
{
    enum pat_err err = PAT_OK;

    if (binding->account[0] != '\0')
        err = check_binding(manage, binding);
    if (err != PAT_OK)
        return err;
    user->uid = (struct pat_optional){.set = binding->account[0] != '\0', .at = binding->uid};
    if (!user->uid.set)
        user->uid.at = 0;
    user->allow_root = binding->account[0] != '\0' && binding->uid == 0;
    pat_text_clip(user->account, sizeof user->account, binding->account);
    return PAT_OK;
}

static void
describe(const struct pat_user_record *user, char *ret, size_t size)
{
    char uid[24];
    const struct pat_log_field fields[] = {
        {"account", user->uid.set ? user->account : NULL},
        {"uid", user->uid.set ? uid : NULL},
        {"allow_root", user->allow_root ? "yes" : NULL},
        {"role", user->role == PAT_ROLE_USER ? NULL : pat_roles_name((enum pat_role)user->role)},
        {"grants", user->grants.text[0] == '\0' ? NULL : user->grants.text}};
    enum pat_err cut;

    snprintf(uid, sizeof uid, "%lld", (long long)user->uid.at);
    cut = pat_event_write(ret, size, NULL, fields, sizeof fields / sizeof fields[0]);
    (void)cut; /* a text that is too long ends after a whole field */
}

static enum pat_err
put_user(struct pat_manage *manage, struct pat_user_record *user, struct pat_change_args *change,
         const char *before)
{
    char after[2048];
    enum pat_err err = pat_store_put(manage->store, PAT_ROW_USER, user);

    if (err == PAT_ERR_EXISTS)
        return pat_manage_refuse(manage, err, "user.exists", "user %s exists already in tenant %s",
                                 user->user, user->tenant);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    describe(user, after, sizeof after);
    change->tenant = user->tenant;
    change->user = user->user;
    change->before = before;
    change->after = after;
    return pat_manage_log(manage, change, NULL);
}

bool
pat_users_name_matters(struct pat_manage *manage, const char *tenant)
{
    char default_tenant[PAT_TENANT_MAX + 1];
    const struct pat_config *config;
    bool matters;

    if (manage->actor.is_operator)
        return false;
    pat_context_default_tenant(manage->context, default_tenant);
    config = pat_context_hold_config(manage->context);
    matters = pat_config_takes_plain(config, tenant, default_tenant);
    pat_context_release_config(manage->context, config);
    return matters;
}

/*
 * SECURITY: where users are named without a realm, a virtual user "root" or "bob" is who a mail
 * server takes for the account of that name, and opens its mail.
 */
static enum pat_err
check_name(struct pat_manage *manage, const struct pat_user_draft *draft)
{
    if (draft->binding.account[0] != '\0' || draft->is_account == PAT_USERS_NO_ACCOUNT ||
        !pat_users_name_matters(manage, draft->tenant))
        return PAT_OK;
    (void)pat_manage_refuse(manage, PAT_ERR_DENIED, "user.is-account",
                            draft->is_account == PAT_USERS_UNKNOWN
                                ? "it cannot be told whether %.80s is an account of this host"
                                : "%.80s is an account of this host, whose mail they could read",
                            draft->user);
    return pat_manage_hint(manage, "take another name, or ask an operator");
}

/* A binding, a role, and scopes of local services are an operator's to give. */
static enum pat_err
permit_draft(struct pat_manage *manage, const struct pat_user_draft *draft,
             const struct pat_user_record *user)
{
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_CREATE_USER, draft->tenant, NULL);
    char scope[PAT_SCOPE_MAX + 1];

    if (err == PAT_OK && (draft->binding.account[0] != '\0' || draft->role != PAT_ROLE_USER))
        err = pat_manage_permit(manage, PAT_ACT_BIND, draft->tenant, NULL);
    for (const char *at = user->grants.text; err == PAT_OK && pat_scope_next(&at, scope);)
        if (!pat_scope_is_virtual(scope))
            err = pat_manage_permit(manage, PAT_ACT_GRANT_LOCAL, draft->tenant, NULL);
    return err;
}

enum pat_err
pat_users_create(struct pat_manage *manage, const struct pat_user_draft *draft,
                 struct pat_user_record *ret)
{
    struct pat_change_args change = {.event = "user.create"};
    struct pat_tenant_record tenant;
    struct pat_diag diag;
    enum pat_err err = pat_manage_tenant(manage, draft->tenant, &tenant);

    memset(ret, 0, sizeof *ret);
    if (err == PAT_OK && !pat_name_user_legal(draft->user))
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "user.illegal",
                                "a user's name has no @ / : space or control character and does "
                                "not begin with -");
    if (err == PAT_OK)
        err = pat_manage_text(manage, "user's name", draft->user, PAT_USER_MAX);
    if (err == PAT_OK && pat_scope_read(draft->grants, &ret->grants, &diag) != PAT_OK)
        err = pat_manage_refuse(manage, diag.code, "scope.illegal", "%s", diag.text);
    if (err == PAT_OK)
        err = permit_draft(manage, draft, ret);
    if (err == PAT_OK)
        err = check_name(manage, draft);
    if (err == PAT_OK && !tenant.any_scope && !pat_scope_includes(&tenant.scopes, &ret->grants))
        err = pat_manage_refuse(manage, PAT_ERR_POLICY, "policy.scopes",
                                "tenant %s does not allow all of these scopes", draft->tenant);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "contact", draft->contact, PAT_CONTACT_MAX);
    if (err == PAT_OK)
        err = set_binding(manage, &draft->binding, ret);
    if (err != PAT_OK)
        return err;
    pat_text_clip(ret->tenant, sizeof ret->tenant, draft->tenant);
    pat_text_clip(ret->user, sizeof ret->user, draft->user);
    pat_text_clip(ret->contact, sizeof ret->contact, draft->contact);
    ret->state = PAT_STATE_ACTIVE;
    ret->role = (int32_t)draft->role;
    ret->created = manage->now;
    return put_user(manage, ret, &change, NULL);
}

enum pat_err
pat_users_bind(struct pat_manage *manage, const char *tenant, const char *user,
               const struct pat_binding *binding, struct pat_user_record *ret)
{
    struct pat_change_args change = {.event = "user.bind"};
    char before[2048];
    enum pat_err err = pat_manage_user(manage, tenant, user, ret);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_BIND, tenant, ret);
    if (err != PAT_OK)
        return err;
    describe(ret, before, sizeof before);
    if (binding->account[0] != '\0' && !(ret->uid.set && ret->uid.at == binding->uid))
        err = check_no_tokens(manage, ret);
    if (err == PAT_OK)
        err = set_binding(manage, binding, ret);
    return err == PAT_OK ? put_user(manage, ret, &change, before) : err;
}

enum pat_err
pat_users_check_enabler(struct pat_manage *manage, const struct pat_user_record *user)
{
    const struct pat_pause pause = {
        .tenant = user->tenant, .event = "user.disable", .user = user->user};
    char who[PAT_USER_MAX + 1];
    bool may = false;
    enum pat_err err = pat_pause_may_end(manage, &pause, &may, who);

    if (err != PAT_OK || may)
        return err;
    pat_manage_refuse(manage, PAT_ERR_DENIED, "enable.foreign", "user %.80s was disabled by %s",
                      user->user, who);
    return pat_manage_hint(manage, "only an operator can end that");
}

enum pat_err
pat_users_set_enabled(struct pat_manage *manage, const char *tenant, const char *user, bool enabled,
                      const char *reason, struct pat_user_record *ret)
{
    struct pat_change_args change = {.event = enabled ? "user.enable" : "user.disable",
                                     .reason = reason};
    enum pat_state wanted = enabled ? PAT_STATE_ACTIVE : PAT_STATE_DISABLED;
    enum pat_err err = pat_manage_user(manage, tenant, user, ret);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_SET_USER, tenant, ret);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err != PAT_OK || ret->state == (int32_t)wanted)
        return err;
    if (enabled)
        err = pat_users_check_enabler(manage, ret);
    if (err != PAT_OK)
        return err;
    ret->state = (int32_t)wanted;
    return put_user(manage, ret, &change, NULL);
}

/* --- role and contact --- */

/* Writes a changed row whose change says only what was and what is. */
static enum pat_err
put_changed(struct pat_manage *manage, struct pat_user_record *user,
            const struct pat_change_args *change)
{
    enum pat_err err = pat_store_put(manage->store, PAT_ROW_USER, user);

    return err == PAT_OK ? pat_manage_log(manage, change, NULL) : pat_manage_failed(manage, err);
}

enum pat_err
pat_users_set_role(struct pat_manage *manage, const char *tenant, const char *user,
                   enum pat_role role, const char *reason, struct pat_user_record *ret)
{
    char before[32], after[32];
    struct pat_change_args change = {
        .event = "user.role", .before = before, .after = after, .reason = reason};
    enum pat_err err = pat_manage_user(manage, tenant, user, ret);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_BIND, tenant, ret);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err != PAT_OK || ret->role == (int32_t)role)
        return err;
    snprintf(before, sizeof before, "role=%s", pat_roles_name((enum pat_role)ret->role));
    snprintf(after, sizeof after, "role=%s", pat_roles_name(role));
    ret->role = (int32_t)role;
    change.tenant = ret->tenant;
    change.user = ret->user;
    return put_changed(manage, ret, &change);
}

static void
describe_contact(const struct pat_user_record *user, char *ret, size_t size)
{
    const struct pat_log_field field = {"contact", user->contact};
    enum pat_err cut = pat_event_write(ret, size, NULL, &field, 1);

    (void)cut; /* the longest contact fits, however it is escaped */
}

enum pat_err
pat_users_set_contact(struct pat_manage *manage, const char *tenant, const char *user,
                      const char *contact, const char *reason, struct pat_user_record *ret)
{
    char before[2048], after[2048];
    struct pat_change_args change = {
        .event = "user.set", .before = before, .after = after, .reason = reason};
    enum pat_err err = pat_manage_user(manage, tenant, user, ret);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_SET_USER, tenant, ret);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "contact", contact, PAT_CONTACT_MAX);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err != PAT_OK || pat_text_equal(ret->contact, contact))
        return err;
    describe_contact(ret, before, sizeof before);
    pat_text_clip(ret->contact, sizeof ret->contact, contact);
    describe_contact(ret, after, sizeof after);
    change.tenant = ret->tenant;
    change.user = ret->user;
    return put_changed(manage, ret, &change);
}

/* --- listing --- */

struct listing {
    const struct pat_manage *manage;
    pat_scan_each *each;
    void *context;
};

static bool
list_visible(void *context, const void *record)
{
    const struct listing *listing = context;
    const struct pat_user_record *user = record;

    if (!pat_roles_may(&listing->manage->actor, PAT_ACT_SEE_USER, user->tenant, user))
        return true;
    return listing->each(listing->context, record);
}

enum pat_err
pat_users_list(struct pat_manage *manage, const char *tenant, const char *after,
               pat_scan_each *each, void *context)
{
    struct listing listing = {.manage = manage, .each = each, .context = context};
    const struct pat_scan scan = {.what = PAT_SCAN_USERS, .tenant = tenant, .after_name = after};
    struct pat_tenant_record ignored;
    enum pat_err err = pat_manage_tenant(manage, tenant, &ignored);

    if (err != PAT_OK)
        return err;
    err = pat_store_scan(manage->store, &scan, list_visible, &listing);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}
