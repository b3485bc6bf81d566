/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of management methods: name, who may, what it takes, what does it. */
#include <string.h>

#include "core/base/text.h"
#include "core/wire/varlink.h"
#include "patd/manage_ops.h"
#include "patd/manage_table.h"

static const struct patd_method methods[] = {
    {"WhoAmI", PATD_ANYONE, true, "", patd_manage_who_am_i},
    {"Status", PATD_ANYONE, false, "tenant days", patd_manage_status},
    {"Create", PATD_KNOWN, true,
     "tenant user name description scopes addresses expires never notBefore pending batch claim",
     patd_manage_create},
    {"Offer", PATD_KNOWN, true, "tenant user", patd_manage_offer},
    {"Confirm", PATD_KNOWN, true, "token tenant grace claim", patd_manage_confirm},
    {"List", PATD_KNOWN, true, "filter limit", patd_manage_list},
    {"Show", PATD_KNOWN, true, "token tenant", patd_manage_show},
    {"Edit", PATD_KNOWN, true,
     "token tenant name description scopes addresses expires reason claim", patd_manage_edit},
    {"Rotate", PATD_KNOWN, true, "token tenant grace expires never pending claim",
     patd_manage_rotate},
    {"RotateFinish", PATD_KNOWN, true, "token tenant reason claim", patd_manage_rotate_finish},
    {"Revoke", PATD_KNOWN, true, "tokens tenant reason batch skipDead dryRun claim",
     patd_manage_revoke},
    {"RevokeAll", PATD_KNOWN, true, "filter expected reason dryRun claim", patd_manage_revoke_all},
    {"Purge", PATD_KNOWN, true, "tenant olderThan dryRun claim", patd_manage_purge},
    {"Suspend", PATD_KNOWN, true, "tokens tenant reason claim", patd_manage_suspend},
    {"Resume", PATD_KNOWN, true, "tokens tenant reason claim", patd_manage_resume},
    {"Check", PATD_KNOWN, true, "token service scope user realm address record", patd_manage_check},
    {"Explain", PATD_KNOWN, true, "token tenant service scope user realm address",
     patd_manage_explain},
    {"Uses", PATD_KNOWN, true, "token tenant days", patd_manage_uses},
    {"UserCreate", PATD_KNOWN, true,
     "tenant user account uid system allowRoot role grants contact claim", patd_manage_user_create},
    {"UserShow", PATD_KNOWN, true, "tenant user", patd_manage_user_show},
    {"UserList", PATD_KNOWN, true, "tenant", patd_manage_user_list},
    {"UserBind", PATD_OPERATOR, true, "tenant user account uid system allowRoot claim",
     patd_manage_user_bind},
    {"UserSetEnabled", PATD_KNOWN, true, "tenant user enabled reason claim",
     patd_manage_user_set_enabled},
    {"UserSetRole", PATD_OPERATOR, true, "tenant user role reason claim",
     patd_manage_user_set_role},
    {"UserSet", PATD_KNOWN, true, "tenant user contact reason claim", patd_manage_user_set},
    {"UserForget", PATD_KNOWN, true, "tenant user reason dryRun claim", patd_manage_user_forget},
    {"GrantAdd", PATD_KNOWN, true, "tenant holder scopes reason claim", patd_manage_grant_add},
    {"GrantRemove", PATD_KNOWN, true, "tenant holder scopes reason claim",
     patd_manage_grant_remove},
    {"GrantList", PATD_KNOWN, true, "tenant holder", patd_manage_grant_list},
    {"TenantCreate", PATD_OPERATOR, true,
     "tenant description contact realms policy makeDefault claim", patd_manage_tenant_create},
    {"TenantList", PATD_KNOWN, true, "", patd_manage_tenant_list},
    {"TenantShow", PATD_KNOWN, true, "tenant", patd_manage_tenant_show},
    {"TenantSet", PATD_KNOWN, true, "tenant description contact realms policy reason claim",
     patd_manage_tenant_set},
    {"TenantSetEnabled", PATD_OPERATOR, true, "tenant enabled reason claim",
     patd_manage_tenant_set_enabled},
    {"TenantDelete", PATD_OPERATOR, true, "tenant withTokens dryRun reason claim",
     patd_manage_tenant_delete},
    {"TenantSetDefault", PATD_OPERATOR, true, "tenant claim", patd_manage_tenant_set_default},
    {"Notices", PATD_OPERATOR, true, "days", patd_manage_notices},
    {"NoticeSent", PATD_OPERATOR, true, "token tenant days", patd_manage_notice_sent},
    {"Metrics", PATD_OPERATOR, false, "", patd_manage_metrics},
    {"ScopeList", PATD_KNOWN, true, "tenant count", patd_manage_scope_list},
    {"ScopeAdd", PATD_OPERATOR, true, "scope label meaning claim", patd_manage_scope_add},
    {"ScopeRemove", PATD_OPERATOR, true, "scope claim", patd_manage_scope_remove},
    {"Log", PATD_KNOWN, true, "tenant host user token event batch since until lines follow",
     patd_manage_log},
    {"LogVerify", PATD_KNOWN, true, "tenant host heads", patd_manage_log_verify},
    {"LogCut", PATD_OPERATOR, true, "tenant before reason dryRun claim", patd_manage_log_cut},
    {"LogErase", PATD_OPERATOR, true, "tenant user reason dryRun claim", patd_manage_log_erase},
    {"DbStatus", PATD_OPERATOR, false, "", patd_manage_db_status},
    {"DbCheck", PATD_OPERATOR, false, "", patd_manage_db_check},
    {"DbBackup", PATD_OPERATOR, true, "claim", patd_manage_db_backup},
    {"DbRestoreAccept", PATD_OPERATOR, false, "claim", patd_manage_db_restore_accept},
    {"DbRotateKey", PATD_OPERATOR, true, "claim", patd_manage_db_rotate_key},
    {"ClockAccept", PATD_OPERATOR, true, "claim", patd_manage_clock_accept},
};

const struct patd_method *
patd_manage_table_find(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (pat_text_equal(methods[i].name, name))
            return &methods[i];
    return NULL;
}

bool
patd_manage_table_promises(const char *name)
{
    const char *at = pat_varlink_interface_text;
    size_t len = strlen(name);

    while ((at = strstr(at, "\nmethod ")) != NULL) {
        at += strlen("\nmethod ");
        if (strncmp(at, name, len) == 0 && at[len] == '(')
            return true;
    }
    return false;
}

bool
patd_manage_table_allows(const struct patd_method *method, const struct pat_actor *actor)
{
    switch (method->who) {
    case PATD_ANYONE:
        return true;
    case PATD_KNOWN:
        return actor->is_operator || actor->count > 0;
    case PATD_OPERATOR:
        return actor->is_operator;
    }
    return false;
}

const char *
patd_manage_table_error(enum pat_err err)
{
    switch (err) {
    case PAT_ERR_SYNTAX:
    case PAT_ERR_RANGE:
        return PAT_VARLINK_INTERFACE ".Invalid";
    case PAT_ERR_NOT_FOUND:
        return PAT_VARLINK_INTERFACE ".NotFound";
    case PAT_ERR_DENIED:
        return PAT_VARLINK_INTERFACE ".NotPermitted";
    case PAT_ERR_EXISTS:
    case PAT_ERR_CONFLICT:
        return PAT_VARLINK_INTERFACE ".Conflict";
    case PAT_ERR_LIMIT:
        return PAT_VARLINK_INTERFACE ".Limit";
    case PAT_ERR_POLICY:
        return PAT_VARLINK_INTERFACE ".Policy";
    case PAT_ERR_IO:
    case PAT_ERR_FULL:
    case PAT_ERR_BUSY:
    case PAT_ERR_TIMEOUT:
    case PAT_ERR_UNAVAILABLE:
    case PAT_ERR_KEY:
    case PAT_ERR_SEAL:
    case PAT_ERR_ROLLBACK:
    case PAT_ERR_VERSION:
    case PAT_ERR_CLOCK:
        return PAT_VARLINK_INTERFACE ".Unavailable";
    case PAT_OK:
    case PAT_ERR_INTERNAL:
    case PAT_ERR_NOMEM:
    case PAT_ERR_COUNT:
        break;
    }
    return PAT_VARLINK_INTERFACE ".Failed";
}
