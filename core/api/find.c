/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking tokens up for people. Every token passes the same question before it is shown: may this
 * caller see this user?
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/api/find.h"
#include "core/audit/event.h"
#include "core/base/text.h"

#define NAMED_MAX 4 /* of several that fit, this many are named */

static bool
may_see(struct pat_manage *manage, const struct pat_token_record *token)
{
    /* The row of the user matters only for what SEE_USER asks: whose it is. */
    struct pat_user_record user = {.tenant = ""};

    pat_text_clip(user.tenant, sizeof user.tenant, token->tenant);
    pat_text_clip(user.user, sizeof user.user, token->user);
    return pat_roles_may(&manage->actor, PAT_ACT_SEE_USER, token->tenant, &user);
}

/* --- one --- */

struct search {
    struct pat_manage *manage;
    size_t count;
    struct pat_token_record *found;
    char named[300];
    bool live_only;
};

static bool
collect(void *context, const void *record)
{
    struct search *search = context;
    const struct pat_token_record *token = record;
    size_t used = strlen(search->named);

    if (!may_see(search->manage, token) ||
        (search->live_only && pat_find_is_dead(token, search->manage->now)))
        return true;
    if (search->count++ == 0)
        memcpy(search->found, token, sizeof *token);
    if (search->count <= NAMED_MAX)
        snprintf(search->named + used, sizeof search->named - used, "%s%s \"%.40s\"",
                 used == 0 ? "" : ", ", token->id, token->name);
    return search->count <= NAMED_MAX;
}

static enum pat_err
search_ids(struct search *search, const char *tenant, const char *reference)
{
    char id[PAT_ID_LEN + 1];
    struct pat_scan scan = {.what = PAT_SCAN_TOKENS_BY_ID, .tenant = tenant, .name = id};

    if (pat_token_read_id(reference, id) != PAT_OK)
        return PAT_OK;
    return pat_store_scan(search->manage->store, &scan, collect, search);
}

struct name_search {
    struct search *search;
    const char *name;
    enum pat_err err;
};

static bool
search_tenant(void *context, const void *record)
{
    struct name_search *names = context;
    const struct pat_tenant_record *tenant = record;
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_NAMED, .tenant = tenant->tenant, .name = names->name};
    struct search *search = names->search;

    if (search->manage->actor.is_operator ||
        pat_roles_standing(&search->manage->actor, tenant->tenant) != NULL)
        names->err = pat_store_scan(search->manage->store, &scan, collect, search);
    return names->err == PAT_OK;
}

/* A dead token keeps its name, so a living one is meant when there is one. */
static enum pat_err
search_names(struct search *search, const char *tenant, const char *name, bool live_only)
{
    struct name_search names = {.search = search, .name = name, .err = PAT_OK};
    const struct pat_scan tenants = {.what = PAT_SCAN_TENANTS};
    const struct pat_scan in_tenant = {
        .what = PAT_SCAN_TOKENS_NAMED, .tenant = tenant, .name = name};
    enum pat_err err;

    search->live_only = live_only;
    if (tenant != NULL)
        return pat_store_scan(search->manage->store, &in_tenant, collect, search);
    err = pat_store_scan(search->manage->store, &tenants, search_tenant, &names);
    return err == PAT_OK ? names.err : err;
}

enum pat_err
pat_find_token(struct pat_manage *manage, const char *tenant, const char *reference,
               struct pat_token_record *ret)
{
    struct search search = {.manage = manage, .found = ret};
    size_t points;
    enum pat_err err = search_ids(&search, tenant, reference);

    if (err == PAT_OK && search.count == 0)
        err = search_names(&search, tenant, reference, true);
    if (err == PAT_OK && search.count == 0)
        err = search_names(&search, tenant, reference, false);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (search.count == 1)
        return PAT_OK;
    if (search.count > 1)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.ambiguous",
                                 "\"%.40s\" fits %s tokens: %s%s", reference,
                                 search.count > NAMED_MAX ? "many" : "several", search.named,
                                 search.count > NAMED_MAX ? ", ..." : "");
    if (pat_text_points(reference, &points) != PAT_OK)
        reference = "(unreadable)";
    if (pat_event_holds_token(reference))
        reference = "(a whole token)"; /* and its secret: say no more */
    return pat_manage_refuse(manage, PAT_ERR_NOT_FOUND, "token.unknown",
                             "no token, id prefix or name \"%.80s\"", reference);
}

/* --- many --- */

struct listing {
    struct pat_manage *manage;
    const struct pat_find_filter *filter;
    pat_scan_each *each;
    void *context;
    bool ended;
    enum pat_err err;
};

static bool
list_token(void *context, const void *record)
{
    struct listing *listing = context;
    const struct pat_find_filter *filter = listing->filter;
    const struct pat_token_record *token = record;

    if ((filter->name != NULL && strcasestr(token->name, filter->name) == NULL) ||
        !may_see(listing->manage, token))
        return true;
    if (!filter->with_revoked && token->state == PAT_STATE_REVOKED) {
        if (filter->hidden != NULL)
            ++*filter->hidden;
        return true;
    }
    listing->ended = !listing->each(listing->context, token);
    return !listing->ended;
}

/* A caller who sees only themselves is not made to wait for everybody's tokens. */
static const char *
only_user(const struct listing *listing, const char *tenant)
{
    const struct pat_actor *actor = &listing->manage->actor;
    const struct pat_standing *standing = pat_roles_standing(actor, tenant);

    if (listing->filter->user != NULL)
        return listing->filter->user;
    if (!actor->is_operator && standing != NULL && standing->role == PAT_ROLE_USER)
        return standing->user;
    return NULL;
}

static bool
list_tenant(void *context, const void *record)
{
    struct listing *listing = context;
    const char *tenant = ((const struct pat_tenant_record *)record)->tenant;
    const struct pat_find_filter *filter = listing->filter;
    const char *user = only_user(listing, tenant);
    struct pat_scan scan = {.what = user == NULL ? PAT_SCAN_TOKENS : PAT_SCAN_TOKENS_OF_USER,
                            .tenant = tenant,
                            .name = user};

    if (!listing->manage->actor.is_operator &&
        pat_roles_standing(&listing->manage->actor, tenant) == NULL)
        return true;
    if (filter->after_tenant != NULL) {
        int order = strcmp(tenant, filter->after_tenant);

        if (order < 0)
            return true;
        if (order == 0)
            scan.before = filter->after_seq;
    }
    listing->err = pat_store_scan(listing->manage->store, &scan, list_token, listing);
    return listing->err == PAT_OK && !listing->ended;
}

static enum pat_err
list_all(struct listing *listing)
{
    const struct pat_scan tenants = {.what = PAT_SCAN_TENANTS};
    struct pat_tenant_record tenant;
    enum pat_err err;

    if (listing->filter->tenant == NULL) {
        err = pat_store_scan(listing->manage->store, &tenants, list_tenant, listing);
        return err == PAT_OK ? listing->err : err;
    }
    err = pat_manage_tenant(listing->manage, listing->filter->tenant, &tenant);
    if (err == PAT_OK)
        list_tenant(listing, &tenant);
    return err == PAT_OK ? listing->err : err;
}

enum pat_err
pat_find_tokens(struct pat_manage *manage, const struct pat_find_filter *filter,
                pat_scan_each *each, void *context)
{
    struct listing listing = {.manage = manage, .filter = filter, .each = each, .context = context};
    enum pat_err err;

    manage->problem.err = PAT_OK;
    err = list_all(&listing);
    if (err != PAT_OK && manage->problem.err == PAT_OK)
        pat_manage_failed(manage, err);
    return err;
}

bool
pat_find_is_dead(const struct pat_token_record *token, int64_t now)
{
    return token->state == PAT_STATE_REVOKED || (token->expires.set && token->expires.at <= now);
}

const char *
pat_find_state(const struct pat_token_record *token, int64_t now)
{
    if (token->state == PAT_STATE_REVOKED)
        return "revoked";
    if (token->expires.set && token->expires.at <= now)
        return "expired";
    if (token->state == PAT_STATE_PENDING)
        return "pending";
    if (token->state == PAT_STATE_SUSPENDED)
        return "suspended";
    return token->expires.set && token->expires.at - now <= PAT_FIND_SOON ? "expiring" : "active";
}
