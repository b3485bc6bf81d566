/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Granting and taking back. A grant is read at every use of a token, so taking one back ends what
 * tokens could do with it at the next login.
 */
#include <string.h>

#include "core/api/grants.h"
#include "core/base/diag.h"
#include "core/base/text.h"

struct granting {
    struct pat_manage *manage;
    const struct pat_tenant_record *tenant;
    const char *holder;
    const struct pat_scopes *scopes;
    bool add;
    const char *reason;
};

static enum pat_err
permit(const struct granting *granting, const struct pat_user_record *user)
{
    struct pat_manage *manage = granting->manage;
    const char *tenant = granting->tenant->tenant;
    char scope[PAT_SCOPE_MAX + 1];
    enum pat_err err = pat_manage_permit(manage, user == NULL ? PAT_ACT_GRANT_LOCAL : PAT_ACT_GRANT,
                                         tenant, user);

    for (const char *at = granting->scopes->text; err == PAT_OK && pat_scope_next(&at, scope);)
        if (!pat_scope_is_virtual(scope))
            err = pat_manage_permit(manage, PAT_ACT_GRANT_LOCAL, tenant, user);
    return err;
}

static enum pat_err
add_scopes(const struct granting *granting, struct pat_scopes *held)
{
    struct pat_manage *manage = granting->manage;
    const struct pat_tenant_record *tenant = granting->tenant;

    if (!tenant->any_scope && !pat_scope_includes(&tenant->scopes, granting->scopes))
        return pat_manage_refuse(manage, PAT_ERR_POLICY, "policy.scopes",
                                 "tenant %s does not allow all of these scopes", tenant->tenant);
    if (pat_scope_join(held, granting->scopes, held) != PAT_OK)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "scope.many",
                                 "%s would hold more than %d scopes", granting->holder,
                                 PAT_SCOPES_MAX);
    return PAT_OK;
}

static enum pat_err
remove_scopes(const struct granting *granting, struct pat_scopes *held)
{
    struct pat_scopes joined;

    if (pat_scope_join(held, granting->scopes, &joined) != PAT_OK ||
        !pat_text_equal(joined.text, held->text))
        return pat_manage_refuse(granting->manage, PAT_ERR_NOT_FOUND, "grant.unknown",
                                 "%s does not hold all of these scopes (held: %.200s)",
                                 granting->holder, held->text[0] == '\0' ? "none" : held->text);
    pat_scope_minus(held, granting->scopes, held);
    return PAT_OK;
}

static enum pat_err
log_grant(const struct granting *granting, const char *user)
{
    char after[PAT_SCOPES_TEXT + 32] = "scopes=";
    const struct pat_change_args change = {
        .tenant = granting->tenant->tenant,
        .event = granting->add ? "grant.add" : "grant.remove",
        .user = user,
        .subject = user == NULL ? granting->holder : NULL,
        .after = after,
        .reason = granting->reason,
    };

    pat_text_clip(after + strlen(after), sizeof after - strlen(after), granting->scopes->text);
    return pat_manage_log(granting->manage, &change, NULL);
}

static enum pat_err
change_held(const struct granting *granting, struct pat_scopes *held)
{
    return granting->add ? add_scopes(granting, held) : remove_scopes(granting, held);
}

static enum pat_err
change_user(const struct granting *granting, struct pat_scopes *ret)
{
    struct pat_manage *manage = granting->manage;
    struct pat_user_record user;
    enum pat_err err = pat_manage_user(manage, granting->tenant->tenant, granting->holder, &user);

    if (err == PAT_OK)
        err = permit(granting, &user);
    if (err == PAT_OK)
        err = change_held(granting, &user.grants);
    if (err != PAT_OK)
        return err;
    *ret = user.grants;
    err = pat_store_put(manage->store, PAT_ROW_USER, &user);
    return err == PAT_OK ? log_grant(granting, user.user) : pat_manage_failed(manage, err);
}

static enum pat_err
change_group(const struct granting *granting, struct pat_scopes *ret)
{
    struct pat_manage *manage = granting->manage;
    const char *tenant = granting->tenant->tenant;
    const char *name = granting->holder + 1;
    struct pat_group_record group = {.created = manage->now};
    enum pat_err err = permit(granting, NULL);

    if (err == PAT_OK && !pat_name_account_legal(name))
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "group.illegal",
                                "this is not the name of a group");
    if (err != PAT_OK)
        return err;
    err = pat_store_get(manage->store, PAT_ROW_GROUP, tenant, name, &group);
    if (err == PAT_ERR_NOT_FOUND) {
        pat_text_clip(group.tenant, sizeof group.tenant, tenant);
        pat_text_clip(group.group_name, sizeof group.group_name, name);
        err = PAT_OK;
    }
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    err = change_held(granting, &group.grants);
    if (err != PAT_OK)
        return err;
    *ret = group.grants;
    if (group.grants.text[0] == '\0' && group.version > 0)
        err = pat_store_drop(manage->store, PAT_ROW_GROUP, &group);
    else
        err = pat_store_put(manage->store, PAT_ROW_GROUP, &group);
    return err == PAT_OK ? log_grant(granting, NULL) : pat_manage_failed(manage, err);
}

enum pat_err
pat_grants_change(struct pat_manage *manage, const char *tenant, const char *holder,
                  const char *scopes, bool add, const char *reason, struct pat_scopes *ret)
{
    struct pat_tenant_record row;
    struct pat_scopes wanted;
    struct granting granting = {.manage = manage,
                                .tenant = &row,
                                .holder = holder,
                                .scopes = &wanted,
                                .add = add,
                                .reason = reason};
    struct pat_diag diag;
    enum pat_err err = pat_manage_tenant(manage, tenant, &row);

    if (err == PAT_OK && pat_scope_read(scopes, &wanted, &diag) != PAT_OK)
        err = pat_manage_refuse(manage, diag.code, "scope.illegal", "%s", diag.text);
    if (err == PAT_OK && wanted.text[0] == '\0')
        err = pat_manage_refuse(manage, PAT_ERR_SYNTAX, "scope.none", "no scope was named");
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err != PAT_OK)
        return err;
    return holder[0] == '@' ? change_group(&granting, ret) : change_user(&granting, ret);
}

enum pat_err
pat_grants_groups(struct pat_manage *manage, const char *tenant, const char *after,
                  pat_scan_each *each, void *context)
{
    const struct pat_scan scan = {.what = PAT_SCAN_GROUPS, .tenant = tenant, .after_name = after};
    struct pat_tenant_record ignored;
    enum pat_err err = pat_manage_tenant(manage, tenant, &ignored);

    if (err == PAT_OK && !pat_roles_may(&manage->actor, PAT_ACT_SEE_TENANT, tenant, NULL))
        return PAT_OK; /* users see their own grants, not those of groups */
    if (err != PAT_OK)
        return err;
    err = pat_store_scan(manage->store, &scan, each, context);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}
