/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of who may do what. What it does not list is refused. Nothing here looks at what a
 * caller says of itself.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/roles.h"
#include "core/base/text.h"

/* Who may: beside operators, who may everything. */
#define SELF 1U          /* the user concerned */
#define AUDITOR 2U       /* an auditor of the tenant */
#define ADMIN 4U         /* an administrator of the tenant */
#define ADMIN_VIRTUAL 8U /* the same, as long as the user concerned has no local account */

static const unsigned who_may[] = {
    [PAT_ACT_HOST] = 0,
    [PAT_ACT_SEE_TENANT] = AUDITOR | ADMIN,
    [PAT_ACT_SEE_USER] = SELF | AUDITOR | ADMIN,
    [PAT_ACT_SET_TENANT] = ADMIN,
    [PAT_ACT_CREATE_USER] = ADMIN,
    [PAT_ACT_BIND] = 0,
    [PAT_ACT_SET_USER] = ADMIN_VIRTUAL,
    [PAT_ACT_GRANT] = ADMIN_VIRTUAL,
    [PAT_ACT_GRANT_LOCAL] = 0,
    [PAT_ACT_CREATE_TOKEN] = SELF | ADMIN_VIRTUAL,
    [PAT_ACT_END_TOKEN] = SELF | ADMIN,
    [PAT_ACT_PURGE] = ADMIN,
};

static const char *const role_names[] = {
    [PAT_ROLE_USER] = "user",
    [PAT_ROLE_AUDITOR] = "auditor",
    [PAT_ROLE_ADMIN] = "admin",
};

struct finding {
    struct pat_store *store;
    struct pat_actor *actor;
    enum pat_err err;
};

static bool
add_standing(void *context, const void *record)
{
    struct finding *finding = context;
    const struct pat_user_record *user = record;
    struct pat_actor *actor = finding->actor;
    struct pat_tenant_record tenant;
    struct pat_standing *standing;

    if (user->state != PAT_STATE_ACTIVE)
        return true;
    finding->err = pat_store_get(finding->store, PAT_ROW_TENANT, user->tenant, "", &tenant);
    if (finding->err != PAT_OK)
        return false;
    if (tenant.state != PAT_STATE_ACTIVE)
        return true;
    if (actor->count == PAT_STANDINGS_MAX)
        return false;
    standing = &actor->standings[actor->count++];
    pat_text_clip(standing->tenant, sizeof standing->tenant, user->tenant);
    pat_text_clip(standing->user, sizeof standing->user, user->user);
    standing->role = (enum pat_role)user->role;
    return true;
}

void
pat_roles_peer(const struct pat_config *config, const struct pat_peer *peer, struct pat_actor *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->uid = peer->uid;
    ret->login_uid = peer->login_uid;
    ret->is_operator = pat_config_is_operator(config, peer->uid);
    if (peer->uid == 0)
        pat_text_clip(ret->name, sizeof ret->name, "root");
    else
        snprintf(ret->name, sizeof ret->name, "uid %u", peer->uid);
}

enum pat_err
pat_roles_find(struct pat_store *store, const struct pat_config *config,
               const struct pat_peer *peer, struct pat_actor *ret)
{
    const struct pat_scan scan = {.what = PAT_SCAN_USERS_OF_UID, .number = peer->uid};
    struct finding finding = {.store = store, .actor = ret, .err = PAT_OK};
    enum pat_err err;

    pat_roles_peer(config, peer, ret);
    err = pat_store_scan(store, &scan, add_standing, &finding);
    if (err == PAT_OK)
        err = finding.err;
    if (err != PAT_OK)
        return err;
    if (peer->uid != 0 && ret->count > 0)
        pat_text_clip(ret->name, sizeof ret->name, ret->standings[0].user);
    return PAT_OK;
}

const struct pat_standing *
pat_roles_standing(const struct pat_actor *actor, const char *tenant)
{
    for (size_t i = 0; i < actor->count; i++)
        if (pat_text_equal(actor->standings[i].tenant, tenant))
            return &actor->standings[i];
    return NULL;
}

bool
pat_roles_is_self(const struct pat_actor *actor, const char *tenant, const char *user)
{
    for (size_t i = 0; i < actor->count; i++)
        if (pat_text_equal(actor->standings[i].tenant, tenant) &&
            pat_text_equal(actor->standings[i].user, user))
            return true;
    return false;
}

bool
pat_roles_may(const struct pat_actor *actor, enum pat_action action, const char *tenant,
              const struct pat_user_record *user)
{
    const struct pat_standing *standing = pat_roles_standing(actor, tenant);
    unsigned who = 0;

    if (actor->is_operator)
        return true;
    if (standing == NULL || (size_t)action >= sizeof who_may / sizeof who_may[0])
        return false;
    if (user != NULL && pat_roles_is_self(actor, tenant, user->user))
        who |= SELF;
    if (standing->role == PAT_ROLE_AUDITOR)
        who |= AUDITOR;
    if (standing->role == PAT_ROLE_ADMIN) {
        who |= ADMIN;
        if (user != NULL && user->account[0] == '\0')
            who |= ADMIN_VIRTUAL;
    }
    return (who & who_may[action]) != 0;
}

const char *
pat_roles_name(enum pat_role role)
{
    return (size_t)role < sizeof role_names / sizeof role_names[0] ? role_names[role] : "user";
}

enum pat_err
pat_roles_read(const char *name, enum pat_role *ret)
{
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
        if (pat_text_equal(role_names[i], name)) {
            *ret = (enum pat_role)i;
            return PAT_OK;
        }
    return PAT_ERR_SYNTAX;
}
