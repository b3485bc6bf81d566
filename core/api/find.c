/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking tokens up for people. Every token passes the same question before it is shown: may this
 * caller see this user?
 */
#include <stdio.h>
#include <string.h>

#include "core/api/find_filter.h"
#include "core/audit/event.h"
#include "core/base/text.h"
#include "core/policy/policy.h"

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

enum which { ANY, LIVE, STANDING /* live, and nothing succeeds it */ };

struct search {
    struct pat_manage *manage;
    size_t count;
    struct pat_token_record *found;
    char named[300];
    enum which only;
};

static bool
is_meant(const struct search *search, const struct pat_token_record *token)
{
    bool live = search->only == ANY || !pat_find_is_dead(token, search->manage->now);

    return live && (search->only != STANDING || token->successor[0] == '\0');
}

static bool
collect(void *context, const void *record)
{
    struct search *search = context;
    const struct pat_token_record *token = record;
    size_t used = strlen(search->named);

    if (!may_see(search->manage, token) || !is_meant(search, token))
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
collect_named(void *context, const void *record)
{
    struct name_search *names = context;

    return !pat_text_equal(((const struct pat_token_record *)record)->name, names->name) ||
           collect(names->search, record);
}

/* A caller who sees only themselves does not search everybody's tokens: all others would wait. */
static void
search_in(struct name_search *names, const char *tenant)
{
    struct pat_manage *manage = names->search->manage;
    const struct pat_standing *standing = pat_roles_standing(&manage->actor, tenant);
    bool is_user = standing != NULL && standing->role == PAT_ROLE_USER;
    const struct pat_scan everybody = {
        .what = PAT_SCAN_TOKENS_NAMED, .tenant = tenant, .name = names->name};
    struct pat_scan own = {.what = PAT_SCAN_TOKENS_OF_USER, .tenant = tenant};

    if (manage->actor.is_operator || (standing != NULL && !is_user)) {
        names->err = pat_store_scan(manage->store, &everybody, collect_named, names);
        return;
    }
    for (size_t i = 0; i < manage->actor.count && names->err == PAT_OK; i++) {
        own.name = manage->actor.standings[i].user;
        if (pat_text_equal(manage->actor.standings[i].tenant, tenant))
            names->err = pat_store_scan(manage->store, &own, collect_named, names);
    }
}

static bool
search_tenant(void *context, const void *record)
{
    struct name_search *names = context;

    search_in(names, ((const struct pat_tenant_record *)record)->tenant);
    return names->err == PAT_OK;
}

static enum pat_err
search_names(struct search *search, const char *tenant, const char *name)
{
    struct name_search names = {.search = search, .name = name, .err = PAT_OK};
    const struct pat_scan tenants = {.what = PAT_SCAN_TENANTS};
    enum pat_err err;

    if (tenant != NULL) {
        search_in(&names, tenant);
        return names.err;
    }
    err = pat_store_scan(search->manage->store, &tenants, search_tenant, &names);
    return err == PAT_OK ? names.err : err;
}

enum pat_err
pat_find_token(struct pat_manage *manage, const char *tenant, const char *reference,
               struct pat_token_record *ret)
{
    static const enum which order[] = {STANDING, LIVE, ANY};
    struct search search = {.manage = manage, .found = ret};
    size_t points;
    enum pat_err err = search_ids(&search, tenant, reference);

    /* Dead tokens keep their names, and so do those in the overlap of a rotation. */
    for (size_t i = 0; err == PAT_OK && search.count == 0 && i < 3; i++) {
        search.only = order[i];
        err = search_names(&search, tenant, reference);
    }
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

enum pat_err
pat_find_id(struct pat_manage *manage, const char *tenant, const char *id,
            struct pat_token_record *ret)
{
    struct search search = {.manage = manage, .found = ret};
    enum pat_err err = PAT_OK;

    if (strlen(id) == PAT_ID_LEN)
        err = search_ids(&search, tenant, id);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    return search.count == 1
               ? PAT_OK
               : pat_manage_refuse(manage, PAT_ERR_NOT_FOUND, "token.unknown", "no such token");
}

/* --- many --- */

/* What one page looks at: numbers of tokens, which are those of changes in the log, and rows. */
#define PAGE_SEQS 4096 /* some milliseconds, when none fits */
#define PAGE_ROWS 1024

struct listing {
    struct pat_manage *manage;
    const struct pat_find_sieve *sieve;
    struct pat_find_place *place;
    const struct pat_tenant_record *tenant; /* whose tokens are looked at */
    pat_scan_each *each;
    void *context;
    int64_t seqs_left; /* INT64_MAX: no bound */
    int64_t rows_left;
    bool ended;
    enum pat_err err;
};

static bool
is_blocked(const struct listing *listing, const struct pat_token_record *token)
{
    return !pat_find_is_dead(token, listing->manage->now) &&
           pat_policy_unmet(listing->tenant, token) != NULL;
}

/* True when the token is to be handed over. */
static bool
is_listed(struct listing *listing, const struct pat_token_record *token)
{
    struct pat_manage *manage = listing->manage;
    const struct pat_find_sieve *sieve = listing->sieve;
    const struct pat_find_filter *filter = sieve->filter;
    bool fits = pat_find_filter_fits(sieve, token, manage->now) && may_see(manage, token) &&
                (!filter->blocked || is_blocked(listing, token));

    if (fits)
        listing->err = pat_find_filter_use_fits(sieve, pat_context_usage(manage->context), token,
                                                &fits);
    if (!fits || listing->err != PAT_OK)
        return false;
    if (token->state != PAT_STATE_REVOKED || filter->with_revoked || sieve->states != 0)
        return true;
    if (filter->hidden != NULL)
        ++*filter->hidden;
    return false;
}

static bool
list_token(void *context, const void *record)
{
    struct listing *listing = context;
    const struct pat_token_record *token = record;

    listing->ended = listing->rows_left <= 0 ||
                     (is_listed(listing, token) && !listing->each(listing->context, token));
    if (listing->ended || listing->err != PAT_OK)
        return false;
    listing->rows_left--;
    listing->place->before = token->created_seq;
    return true;
}

/* A caller who sees only themselves is not made to wait for everybody's tokens. */
static const char *
only_user(const struct listing *listing, const char *tenant)
{
    const struct pat_actor *actor = &listing->manage->actor;
    const struct pat_standing *standing = pat_roles_standing(actor, tenant);

    if (listing->sieve->filter->user != NULL)
        return listing->sieve->filter->user;
    if (!actor->is_operator && standing != NULL && standing->role == PAT_ROLE_USER)
        return standing->user;
    return NULL;
}

static bool
note_seq(void *context, const void *record)
{
    *(int64_t *)context = ((const struct pat_token_record *)record)->created_seq;
    return false;
}

/* How far down the tenant's tokens this page goes; 1: to the oldest. */
static int64_t
page_end(struct listing *listing, const char *tenant)
{
    const struct pat_scan newest = {
        .what = PAT_SCAN_TOKENS, .tenant = tenant, .before = listing->place->before, .limit = 1};
    int64_t seq = 0, end;

    if (listing->seqs_left == INT64_MAX)
        return 1;
    listing->err = pat_store_scan(listing->manage->store, &newest, note_seq, &seq);
    end = seq > listing->seqs_left ? seq - listing->seqs_left + 1 : 1;
    listing->seqs_left -= seq < end ? 0 : seq - end + 1;
    return end;
}

/* From the place on; ended when others have a turn before the oldest was reached. */
static void
list_rest_of_tenant(struct listing *listing, const char *tenant)
{
    const char *user = only_user(listing, tenant);
    struct pat_scan scan = {.what = user == NULL ? PAT_SCAN_TOKENS_FITTING
                                                 : PAT_SCAN_TOKENS_OF_USER,
                            .tenant = tenant,
                            .name = user,
                            .number = user == NULL ? page_end(listing, tenant) : 1,
                            .before = listing->place->before,
                            .fit = &listing->sieve->fit};

    if (listing->err == PAT_OK) {
        enum pat_err err = pat_store_scan(listing->manage->store, &scan, list_token, listing);

        if (err != PAT_OK)
            listing->err = err;
    }
    if (listing->ended || listing->err != PAT_OK)
        return;
    listing->place->before = scan.number;
    listing->ended = scan.number > 1;
}

static bool
list_tenant(void *context, const void *record)
{
    struct listing *listing = context;
    const char *tenant = ((const struct pat_tenant_record *)record)->tenant;
    struct pat_find_place *place = listing->place;
    int order = strcmp(tenant, place->tenant);

    if (order < 0 || (order == 0 && place->before == 1) || listing->sieve->holds_nothing ||
        (!listing->manage->actor.is_operator &&
         pat_roles_standing(&listing->manage->actor, tenant) == NULL))
        return true;
    listing->ended = listing->seqs_left <= 0 || listing->rows_left <= 0;
    if (listing->ended)
        return false;
    if (order > 0) {
        pat_text_clip(place->tenant, sizeof place->tenant, tenant);
        place->before = 0;
    }
    listing->tenant = record;
    list_rest_of_tenant(listing, tenant);
    return listing->err == PAT_OK && !listing->ended;
}

static enum pat_err
list_tenants(struct listing *listing)
{
    const struct pat_scan tenants = {.what = PAT_SCAN_TENANTS};
    struct pat_tenant_record tenant;
    enum pat_err err;

    if (listing->sieve->filter->tenant == NULL) {
        err = pat_store_scan(listing->manage->store, &tenants, list_tenant, listing);
        return err == PAT_OK ? listing->err : err;
    }
    err = pat_manage_tenant(listing->manage, listing->sieve->filter->tenant, &tenant);
    if (err == PAT_OK)
        list_tenant(listing, &tenant);
    listing->tenant = NULL;
    return err == PAT_OK ? listing->err : err;
}

static enum pat_err
list(struct listing *listing, const struct pat_find_filter *filter)
{
    struct pat_manage *manage = listing->manage;
    struct pat_find_sieve sieve;
    enum pat_err err;

    manage->problem.err = PAT_OK;
    err = pat_find_filter_read(manage, filter, &sieve);
    listing->sieve = &sieve;
    if (err == PAT_OK)
        err = list_tenants(listing);
    listing->sieve = NULL;
    listing->place->done = !listing->ended;
    if (err != PAT_OK && manage->problem.err == PAT_OK)
        pat_manage_failed(manage, err);
    return err;
}

enum pat_err
pat_find_tokens(struct pat_manage *manage, const struct pat_find_filter *filter,
                pat_scan_each *each, void *context)
{
    struct pat_find_place place = {.before = 0};
    struct listing listing = {.manage = manage,
                              .place = &place,
                              .each = each,
                              .context = context,
                              .seqs_left = INT64_MAX,
                              .rows_left = INT64_MAX};

    return list(&listing, filter);
}

enum pat_err
pat_find_page(struct pat_manage *manage, const struct pat_find_filter *filter,
              struct pat_find_place *place, pat_scan_each *each, void *context)
{
    struct listing listing = {.manage = manage,
                              .place = place,
                              .each = each,
                              .context = context,
                              .seqs_left = PAGE_SEQS,
                              .rows_left = PAGE_ROWS};

    return list(&listing, filter);
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
