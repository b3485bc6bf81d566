/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ladder of checks for a new token, each a function that refuses with its reason. It runs
 * inside the inserting transaction, so that two creates cannot both take the last place.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/advice.h"
#include "core/api/draft.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/store/usage.h"

#define DAY INT64_C(86400000000) /* microseconds */
#define CREATED_A_DAY_MIN 100    /* tokens of a user within a day, dead ones too */

struct check {
    struct pat_manage *manage;
    const struct pat_token_draft *draft;
    struct pat_tenant_record tenant;
    struct pat_user_record user;
    struct pat_token_record *token;
};

static enum pat_err
check_caller(struct check *check)
{
    struct pat_manage *manage = check->manage;
    enum pat_err err = pat_manage_tenant(manage, check->draft->tenant, &check->tenant);

    if (err == PAT_OK)
        err = pat_manage_user(manage, check->draft->tenant, check->draft->user, &check->user);
    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_CREATE_TOKEN, check->draft->tenant, &check->user);
    return err;
}

/* A token for a disabled user or tenant would be dead: say so instead of making it. */
static enum pat_err
check_enabled(struct check *check)
{
    struct pat_manage *manage = check->manage;

    if (check->tenant.state != PAT_STATE_ACTIVE) {
        pat_manage_refuse(manage, PAT_ERR_CONFLICT, "tenant.disabled", "tenant %s is disabled",
                          check->tenant.tenant);
        return pat_advice_rule(check->manage, &check->tenant, "", "enable", "");
    }
    if (check->user.state == PAT_STATE_ACTIVE)
        return PAT_OK;
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "user.disabled", "user %s is disabled",
                      check->user.user);
    if (manage->actor.is_operator)
        return pat_manage_hint(manage, "patctl user enable %s --tenant %s", check->user.user,
                               check->tenant.tenant);
    return pat_manage_hint(manage, "ask %s", pat_advice_contact(&check->tenant));
}

enum pat_err
pat_draft_name(struct pat_manage *manage, const struct pat_tenant_record *tenant, const char *user,
               const char *name, char ret[PAT_NAME_MAX + 1])
{
    enum pat_err err = pat_manage_text(manage, "name", name, PAT_NAME_MAX);
    int64_t same = 0;

    if (err != PAT_OK)
        return err;
    err = pat_name_token(name, tenant->name_min, ret);
    if (err != PAT_OK)
        return pat_manage_refuse(manage, err, "name.length",
                                 "the name needs %lld to %d characters (tenant %s)",
                                 (long long)tenant->name_min, PAT_NAME_POINTS_MAX, tenant->tenant);
    err = pat_store_count_live(manage->store, tenant->tenant, user, ret, manage->now, &same);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (same > 0)
        return pat_manage_refuse(manage, PAT_ERR_EXISTS, "name.in-use",
                                 "%s has a token of this name already", user);
    return PAT_OK;
}

static enum pat_err
check_name(struct check *check)
{
    return pat_draft_name(check->manage, &check->tenant, check->user.user, check->draft->name,
                          check->token->name);
}

static enum pat_err
check_description(struct check *check)
{
    enum pat_err err = pat_manage_text(check->manage, "description", check->draft->description,
                                       PAT_DESCRIPTION_MAX);

    if (err == PAT_OK)
        pat_text_clip(check->token->description, sizeof check->token->description,
                      check->draft->description);
    return err;
}

/* The first scope that set does not cover. */
static const char *
first_missing(const struct pat_scopes *scopes, const struct pat_scopes *set,
              char ret[PAT_SCOPE_MAX + 1])
{
    for (const char *at = scopes->text; pat_scope_next(&at, ret);)
        if (!pat_scope_covers(set, ret))
            return ret;
    return NULL;
}

static enum pat_err
refuse_scope(struct check *check, const char *id, const char *scope, const char *why)
{
    pat_manage_refuse(check->manage, PAT_ERR_POLICY, id, "scope %s: %s", scope, why);
    return pat_manage_hint(check->manage, "ask %s", pat_advice_contact(&check->tenant));
}

static enum pat_err
check_scopes(struct check *check)
{
    struct pat_scopes *scopes = &check->token->scopes;
    const struct pat_tenant_record *tenant = &check->tenant;
    char scope[PAT_SCOPE_MAX + 1];
    struct pat_diag diag;

    if (pat_scope_read(check->draft->scopes, scopes, &diag) != PAT_OK)
        return pat_manage_refuse(check->manage, diag.code, "scope.illegal", "%s", diag.text);
    if (scopes->text[0] == '\0')
        return pat_manage_refuse(check->manage, PAT_ERR_SYNTAX, "scope.none",
                                 "a token needs at least one scope");
    if (!tenant->any_scope && first_missing(scopes, &tenant->scopes, scope) != NULL)
        return refuse_scope(check, "scope.tenant", scope, "the tenant does not allow it");
    if (first_missing(scopes, &check->user.grants, scope) != NULL) {
        pat_manage_refuse(check->manage, PAT_ERR_POLICY, "scope.grant",
                          "scope %s: %s does not hold it as a grant", scope, check->user.user);
        if (check->manage->actor.is_operator)
            return pat_manage_hint(check->manage, "patctl grant add %s %s --tenant %s",
                                   check->user.user, scope, tenant->tenant);
        return pat_manage_hint(check->manage, "ask %s", pat_advice_contact(tenant));
    }
    return PAT_OK;
}

/* Users may give themselves less than they hold, and only where the tenant lets them. */
static bool
is_self_service(const struct pat_actor *actor, const char *tenant, const char *user)
{
    const struct pat_standing *standing = pat_roles_standing(actor, tenant);

    return !actor->is_operator && (standing == NULL || standing->role != PAT_ROLE_ADMIN ||
                                   pat_roles_is_self(actor, tenant, user));
}

static enum pat_err
check_self_service(struct check *check)
{
    const struct pat_tenant_record *tenant = &check->tenant;

    if (tenant->self_service ||
        !is_self_service(&check->manage->actor, tenant->tenant, check->user.user))
        return PAT_OK;
    pat_manage_refuse(check->manage, PAT_ERR_DENIED, "self-service.off",
                      "in tenant %s only administrators make tokens", tenant->tenant);
    return pat_manage_hint(check->manage, "ask %s", pat_advice_contact(tenant));
}

static enum pat_err
check_self_service_scopes(struct check *check)
{
    const struct pat_tenant_record *tenant = &check->tenant;
    char scope[PAT_SCOPE_MAX + 1];

    if (!is_self_service(&check->manage->actor, tenant->tenant, check->user.user))
        return PAT_OK;
    if (first_missing(&check->token->scopes, &tenant->self_service_scopes, scope) != NULL)
        return refuse_scope(check, "scope.self-service", scope,
                            "users do not give it to themselves");
    return PAT_OK;
}

bool
pat_draft_may_give(const struct pat_manage *manage, const struct pat_tenant_record *tenant,
                   const struct pat_user_record *user, const char *scope)
{
    return (tenant->any_scope || pat_scope_covers(&tenant->scopes, scope)) &&
           pat_scope_covers(&user->grants, scope) &&
           (!is_self_service(&manage->actor, tenant->tenant, user->user) ||
            pat_scope_covers(&tenant->self_service_scopes, scope));
}

static enum pat_err
check_addresses(struct check *check)
{
    struct pat_diag diag;

    if (pat_cidr_read(check->draft->addresses, &check->token->addresses, &diag) != PAT_OK)
        return pat_manage_refuse(check->manage, diag.code, "address.illegal", "%s", diag.text);
    if (!check->tenant.require_addresses || check->token->addresses.text[0] != '\0')
        return PAT_OK;
    pat_manage_refuse(check->manage, PAT_ERR_POLICY, "policy.addresses",
                      "tenant %s requires tokens to be bound to addresses", check->tenant.tenant);
    return pat_advice_rule(check->manage, &check->tenant, "give its addresses", "set",
                           " --no-require-from");
}

static enum pat_err
check_end(struct check *check)
{
    char span[PAT_ADVICE_SPAN];
    struct pat_manage *manage = check->manage;
    const struct pat_optional *end = &check->token->expires;
    const struct pat_optional *longest = &check->tenant.max_lifetime;

    if (!end->set && (check->tenant.require_expiry || longest->set)) {
        pat_manage_refuse(manage, PAT_ERR_POLICY, "policy.expiry",
                          "tenant %s requires tokens to expire", check->tenant.tenant);
        return pat_advice_rule(check->manage, &check->tenant, "give an end", "set",
                               longest->set ? " --max-lifetime none" : " --no-require-expiry");
    }
    if (!end->set)
        return PAT_OK;
    if (end->at <= manage->now)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "expires.past",
                                 "the token would have expired already");
    if (end->at - manage->now > PAT_LIFETIME_MAX)
        return pat_manage_refuse(manage, PAT_ERR_RANGE, "expires.far",
                                 "a token lives at most ten years, or for ever");
    if (longest->set && end->at - manage->now > longest->at) {
        pat_manage_refuse(manage, PAT_ERR_LIMIT, "limit.lifetime",
                          "tokens of tenant %s live at most %s", check->tenant.tenant,
                          pat_advice_span(longest->at, span));
        return pat_advice_rule(check->manage, &check->tenant, "give an earlier end", "set",
                               " --max-lifetime SPAN");
    }
    return PAT_OK;
}

static enum pat_err
check_times(struct check *check)
{
    struct pat_token_record *token = check->token;
    const struct pat_token_draft *draft = check->draft;
    int64_t now = check->manage->now;
    enum pat_err err;

    token->created = now;
    token->not_before = draft->not_before;
    token->expires.set = draft->expiry == PAT_EXPIRY_AT || (draft->expiry == PAT_EXPIRY_DEFAULT &&
                                                            check->tenant.default_lifetime.set);
    if (token->expires.set)
        token->expires.at = draft->expiry == PAT_EXPIRY_AT
                                ? draft->expires
                                : now + check->tenant.default_lifetime.at;
    err = check_end(check);
    if (err != PAT_OK)
        return err;
    if (token->not_before.set &&
        (token->not_before.at < 0 ||
         (token->expires.set && token->not_before.at >= token->expires.at)))
        return pat_manage_refuse(check->manage, PAT_ERR_RANGE, "not-before.late",
                                 "the token would begin after its end");
    return PAT_OK;
}

/* --- the cap --- */

struct stalest {
    struct pat_manage *manage;
    int64_t last_used;
    char id[PAT_ID_LEN + 1];
    char name[PAT_NAME_MAX + 1];
};

/* Tokens come newest first, so among equally unused ones the oldest stays. */
static bool
compare_use(void *context, const void *record)
{
    struct stalest *stalest = context;
    const struct pat_token_record *token = record;
    struct pat_usage_last last;

    if (token->state == PAT_STATE_REVOKED || token->successor[0] != '\0' ||
        (token->expires.set && token->expires.at <= stalest->manage->now))
        return true; /* its end would make no place */
    if (pat_usage_last(pat_context_usage(stalest->manage->context), token->tenant, token->id,
                       &last) != PAT_OK)
        return false;
    if (stalest->id[0] == '\0' || last.at <= stalest->last_used) {
        stalest->last_used = last.at;
        pat_text_clip(stalest->id, sizeof stalest->id, token->id);
        pat_text_clip(stalest->name, sizeof stalest->name, token->name);
    }
    return true;
}

static enum pat_err
refuse_cap(struct check *check, int64_t live)
{
    struct pat_manage *manage = check->manage;
    struct stalest stalest = {.manage = manage};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_OF_USER,
                                  .tenant = check->tenant.tenant,
                                  .name = check->user.user,
                                  .limit = 1000};
    char way[200];

    pat_manage_refuse(manage, PAT_ERR_LIMIT, "limit.tokens",
                      "%s has %lld of %lld tokens in tenant %s", check->user.user, (long long)live,
                      (long long)check->tenant.max_tokens.at, check->tenant.tenant);
    if (pat_store_scan(manage->store, &scan, compare_use, &stalest) != PAT_OK ||
        stalest.id[0] == '\0')
        return pat_advice_rule(check->manage, &check->tenant, "", "set", " --max-tokens N");
    snprintf(way, sizeof way, "%s \"%.100s\": patctl revoke %s",
             stalest.last_used == 0 ? "never used" : "used longest ago", stalest.name, stalest.id);
    return pat_advice_rule(check->manage, &check->tenant, way, "set", " --max-tokens N");
}

static enum pat_err
check_cap(struct check *check)
{
    const struct pat_optional *cap = &check->tenant.max_tokens;
    int64_t live = 0;
    enum pat_err err;

    if (!cap->set)
        return PAT_OK;
    err = pat_store_count_live(check->manage->store, check->tenant.tenant, check->user.user, NULL,
                               check->manage->now, &live);
    if (err != PAT_OK)
        return pat_manage_failed(check->manage, err);
    return live < cap->at ? PAT_OK : refuse_cap(check, live);
}

/* Newest first: the scan ends at the first one that is not of the last day. */
struct recent {
    int64_t since;
    int64_t count;
};

static bool
count_recent(void *context, const void *record)
{
    const struct pat_token_record *token = record;
    struct recent *recent = context;

    if (token->created < recent->since)
        return false;
    recent->count++;
    return true;
}

/* Dead tokens are kept: who makes and revokes in a loop would fill the disk of everybody's revokes.
 */
static enum pat_err
check_rate(struct check *check)
{
    const struct pat_optional *cap = &check->tenant.max_tokens;
    int64_t most = cap->set && 4 * cap->at > CREATED_A_DAY_MIN ? 4 * cap->at : CREATED_A_DAY_MIN;
    struct recent recent = {.since = check->manage->now - DAY};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_OF_USER,
                                  .tenant = check->tenant.tenant,
                                  .name = check->user.user,
                                  .limit = most};
    enum pat_err err = PAT_OK;

    if (check->manage->actor.is_operator)
        return PAT_OK;
    err = pat_store_scan(check->manage->store, &scan, count_recent, &recent);
    if (err != PAT_OK)
        return pat_manage_failed(check->manage, err);
    if (recent.count < most)
        return PAT_OK;
    pat_manage_refuse(check->manage, PAT_ERR_LIMIT, "limit.rate",
                      "%s made %lld tokens within a day", check->user.user,
                      (long long)recent.count);
    return pat_manage_hint(check->manage, "wait, or ask %s", pat_advice_contact(&check->tenant));
}

static enum pat_err
check_batch(struct check *check)
{
    return check->draft->batch == NULL
               ? PAT_OK
               : pat_manage_text(check->manage, "batch", check->draft->batch,
                                 sizeof check->token->batch - 1);
}

/* --- the whole --- */

static void
fill_rest(struct check *check)
{
    struct pat_token_record *token = check->token;
    const struct pat_actor *actor = &check->manage->actor;

    pat_text_clip(token->tenant, sizeof token->tenant, check->tenant.tenant);
    pat_text_clip(token->user, sizeof token->user, check->user.user);
    pat_text_clip(token->batch, sizeof token->batch,
                  check->draft->batch == NULL ? "" : check->draft->batch);
    if (!pat_roles_is_self(actor, check->tenant.tenant, check->user.user))
        pat_text_clip(token->creator, sizeof token->creator, actor->name);
    token->creator_uid = actor->uid;
    token->state = check->draft->pending ? PAT_STATE_PENDING : PAT_STATE_ACTIVE;
    token->pending_until.set = check->draft->pending;
    if (check->draft->pending)
        token->pending_until.at = check->manage->now + check->tenant.pending_lifetime;
}

enum pat_err
pat_draft_check(struct pat_manage *manage, const struct pat_token_draft *draft,
                struct pat_token_record *ret)
{
    static enum pat_err (*const ladder[])(struct check *) = {
        check_caller,
        check_enabled,
        check_name,
        check_description,
        check_scopes,
        check_self_service,
        check_self_service_scopes,
        check_addresses,
        check_times,
        check_batch,
        check_cap,
        check_rate,
    };
    struct check check = {.manage = manage, .draft = draft, .token = ret};
    enum pat_err err = PAT_OK;

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; err == PAT_OK && i < sizeof ladder / sizeof ladder[0]; i++)
        err = ladder[i](&check);
    if (err == PAT_OK)
        fill_rest(&check);
    return err;
}

enum pat_err
pat_draft_possible(struct pat_manage *manage, const struct pat_tenant_record *tenant,
                   const struct pat_user_record *user)
{
    static enum pat_err (*const ladder[])(struct check *) = {check_enabled, check_self_service,
                                                             check_cap, check_rate};
    struct check check = {.manage = manage, .tenant = *tenant, .user = *user};
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_CREATE_TOKEN, tenant->tenant, user);

    for (size_t i = 0; err == PAT_OK && i < sizeof ladder / sizeof ladder[0]; i++)
        err = ladder[i](&check);
    return err;
}

static bool
note_taken(void *context, const void *record)
{
    (void)record;
    *(bool *)context = true;
    return false;
}

enum pat_err
pat_draft_id_taken(struct pat_manage *manage, const char *id, bool *ret)
{
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_BY_ID, .name = id, .limit = 1};
    enum pat_err err = pat_store_scan(manage->store, &scan, note_taken, ret);

    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}
