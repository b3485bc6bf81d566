/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of tokens. They come from anybody who may list something: every value is judged before a
 * row is read. What the store is asked is coarse; each token that it hands over is asked again.
 */
#include <string.h>

#include "core/api/find_filter.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/store/usage.h"

#define LIVING (1u << PAT_STATE_ACTIVE | 1u << PAT_STATE_PENDING | 1u << PAT_STATE_SUSPENDED)
#define ALL_STORED (LIVING | 1u << PAT_STATE_REVOKED)

/* The words of pat_find_state(), and how tokens that it calls so may be stored. */
enum shown { ACTIVE, EXPIRING, EXPIRED, REVOKED, PENDING, SUSPENDED, SHOWN_COUNT };
static const struct {
    const char *word;
    unsigned stored;
} shown_states[SHOWN_COUNT] = {
    [ACTIVE] = {"active", 1u << PAT_STATE_ACTIVE},
    [EXPIRING] = {"expiring", 1u << PAT_STATE_ACTIVE},
    [EXPIRED] = {"expired", LIVING},
    [REVOKED] = {"revoked", 1u << PAT_STATE_REVOKED},
    [PENDING] = {"pending", 1u << PAT_STATE_PENDING},
    [SUSPENDED] = {"suspended", 1u << PAT_STATE_SUSPENDED},
};

/* SHOWN_COUNT for another word. */
static size_t
find_shown(const char *word, size_t len)
{
    size_t i = 0;

    while (i < SHOWN_COUNT &&
           (strlen(shown_states[i].word) != len || memcmp(shown_states[i].word, word, len) != 0))
        i++;
    return i;
}

/* --- reading --- */

static enum pat_err
refuse(struct pat_manage *manage, const char *member, const char *what)
{
    return pat_manage_refuse(manage, PAT_ERR_SYNTAX, "filter.value", "%s of the filter %s", member,
                             what);
}

static enum pat_err
read_states(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const char *at = sieve->filter->states, *word;
    size_t len;

    if (at == NULL)
        return PAT_OK;
    while ((len = pat_text_word(&at, &word)) != 0) {
        size_t which = find_shown(word, len);

        if (which == SHOWN_COUNT)
            return refuse(manage, "states", "holds a word that is no state");
        sieve->states |= 1u << which;
        sieve->fit.states |= shown_states[which].stored;
    }
    return sieve->states == 0 ? refuse(manage, "states", "is empty") : PAT_OK;
}

/* A word that is to stand in a name, or what the whole name is to look like. */
static enum pat_err
read_name(struct pat_manage *manage, const char *member, const char *text)
{
    if (text == NULL)
        return PAT_OK;
    return text[0] == '\0' ? refuse(manage, member, "is empty")
                           : pat_manage_text(manage, member, text, PAT_NAME_MAX);
}

static enum pat_err
read_names(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const struct pat_find_filter *filter = sieve->filter;
    enum pat_err err = read_name(manage, "name", filter->name);

    if (err == PAT_OK)
        err = read_name(manage, "glob", filter->glob);
    if (err != PAT_OK)
        return err;
    sieve->fit.glob = filter->glob;
    if (filter->glob == NULL && filter->name != NULL) {
        char *end = sieve->glob;

        *end++ = '*';
        for (const char *at = filter->name; *at != '\0'; at++)
            *end++ = *at == '*' ? '?' : *at; /* the store lets through more than asked */
        *end++ = '*';
        *end = '\0';
        sieve->fit.glob = sieve->glob;
    }
    return PAT_OK;
}

static enum pat_err
read_scope(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const char *scope = sieve->filter->scope;
    struct pat_scopes one;
    const char *colon;

    if (scope == NULL)
        return PAT_OK;
    if (pat_scope_read(scope, &one, NULL) != PAT_OK || !pat_text_equal(one.text, scope) ||
        pat_scope_count(&one) != 1)
        return refuse(manage, "scope", "is no scope");
    colon = strchr(scope, ':');
    memcpy(sieve->scope, scope, (size_t)(colon - scope) + 1); /* area:* may cover it too */
    sieve->fit.scope = sieve->scope;
    return PAT_OK;
}

static enum pat_err
read_time(struct pat_manage *manage, const char *member, const struct pat_optional *time)
{
    return time->set && time->at < 0 ? refuse(manage, member, "is before 1970") : PAT_OK;
}

static enum pat_err
read_times(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const struct pat_find_filter *filter = sieve->filter;
    enum pat_err err = read_time(manage, "createdBefore", &filter->created_before);

    if (err == PAT_OK)
        err = read_time(manage, "createdAfter", &filter->created_after);
    if (err == PAT_OK)
        err = read_time(manage, "expiresBefore", &filter->expires_before);
    if (err == PAT_OK)
        err = read_time(manage, "unusedSince", &filter->unused_since);
    if (err == PAT_OK && filter->unused_since.set && filter->unused_since.at > manage->now)
        err = refuse(manage, "unusedSince", "is in the future");
    sieve->fit.created_from = filter->created_after;
    sieve->fit.created_before = filter->created_before;
    sieve->fit.expires_before = filter->expires_before;
    sieve->fit.no_expiry = filter->no_expiry;
    sieve->fit.dead_before = filter->dead_before;
    return err;
}

static enum pat_err
read_usage(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const struct pat_find_filter *filter = sieve->filter;
    int64_t known_since = pat_usage_since(pat_context_usage(manage->context));

    if (filter->service != NULL && !pat_scope_service_legal(filter->service))
        return refuse(manage, "service", "is no service");
    if (filter->address != NULL &&
        (pat_cidr_read(filter->address, &sieve->network, NULL) != PAT_OK ||
         sieve->network.text[0] == '\0' || strchr(sieve->network.text, ',') != NULL))
        return refuse(manage, "address", "is not one numeric address or network");
    sieve->asks_usage = filter->unused_since.set || filter->service != NULL ||
                        filter->address != NULL;
    sieve->holds_nothing = filter->unused_since.set && known_since > filter->unused_since.at;
    return PAT_OK;
}

static enum pat_err
read_batch(struct pat_manage *manage, struct pat_find_sieve *sieve)
{
    const char *batch = sieve->filter->batch;

    if (batch == NULL)
        return PAT_OK;
    sieve->fit.batch = batch;
    return batch[0] == '\0' ? refuse(manage, "batch", "is empty")
                            : pat_manage_text(manage, "batch", batch, PAT_BATCH_MAX);
}

/* Leaves more of the rows in the store; only what must be left there in any case. */
static void
narrow(struct pat_find_sieve *sieve, int64_t now)
{
    const struct pat_find_filter *filter = sieve->filter;
    struct pat_optional *end = &sieve->fit.expires_before;
    struct pat_optional *made = &sieve->fit.created_before;
    unsigned ends = 1u << EXPIRED | 1u << EXPIRING;
    int64_t unused_since = filter->unused_since.at;

    if (filter->unused_since.set && (!made->set || made->at > unused_since + 1))
        *made = (struct pat_optional){.set = true, .at = unused_since + 1};
    if (sieve->states == 0 && !filter->with_revoked && filter->hidden == NULL)
        sieve->fit.states = LIVING;
    if (sieve->states != 0 && (sieve->states & ~ends) == 0) {
        int64_t last = sieve->states == 1u << EXPIRED ? now : now + PAT_FIND_SOON;

        if (!end->set || end->at > last + 1)
            *end = (struct pat_optional){.set = true, .at = last + 1};
    }
}

enum pat_err
pat_find_filter_read(struct pat_manage *manage, const struct pat_find_filter *filter,
                     struct pat_find_sieve *ret)
{
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    ret->filter = filter;
    err = read_states(manage, ret);
    if (err == PAT_OK)
        err = read_names(manage, ret);
    if (err == PAT_OK)
        err = read_scope(manage, ret);
    if (err == PAT_OK)
        err = read_times(manage, ret);
    if (err == PAT_OK)
        err = read_usage(manage, ret);
    if (err == PAT_OK)
        err = read_batch(manage, ret);
    if (err == PAT_OK)
        narrow(ret, manage->now);
    return err;
}

/* --- asking --- */

static bool
state_fits(const struct pat_find_sieve *sieve, const struct pat_token_record *token, int64_t now)
{
    const char *word = pat_find_state(token, now);
    size_t which = find_shown(word, strlen(word));

    return sieve->states == 0 || (sieve->states & 1u << which) != 0 ||
           (which == EXPIRING && (sieve->states & 1u << ACTIVE) != 0);
}

static bool
name_fits(const struct pat_find_filter *filter, const char *name)
{
    return (filter->name == NULL || strcasestr(name, filter->name) != NULL) &&
           (filter->glob == NULL || pat_text_glob(filter->glob, name));
}

static bool
times_fit(const struct pat_find_filter *filter, const struct pat_token_record *token)
{
    const struct pat_optional *end = &token->expires;

    return (!filter->created_before.set || token->created < filter->created_before.at) &&
           (!filter->created_after.set || token->created >= filter->created_after.at) &&
           (!filter->expires_before.set || (end->set && end->at < filter->expires_before.at)) &&
           (!filter->no_expiry || !end->set) &&
           (!filter->dead_before.set || (end->set && end->at < filter->dead_before.at) ||
            (token->ended.set && token->ended.at < filter->dead_before.at));
}

bool
pat_find_filter_fits(const struct pat_find_sieve *sieve, const struct pat_token_record *token,
                     int64_t now)
{
    const struct pat_find_filter *filter = sieve->filter;

    return name_fits(filter, token->name) && times_fit(filter, token) &&
           state_fits(sieve, token, now) &&
           (filter->batch == NULL || pat_text_equal(token->batch, filter->batch)) &&
           (filter->scope == NULL || pat_scope_covers(&token->scopes, filter->scope));
}

/* Time in which nobody looked does not count: neither before it was made nor before usage.db. */
static bool
is_unused(const struct pat_find_filter *filter, const struct pat_token_record *token,
          const struct pat_usage_last *last)
{
    int64_t since = filter->unused_since.at;

    return !filter->unused_since.set || (token->created <= since && last->at < since);
}

enum pat_err
pat_find_filter_use_fits(const struct pat_find_sieve *sieve, struct pat_usage *usage,
                         const struct pat_token_record *token, bool *ret)
{
    const struct pat_find_filter *filter = sieve->filter;
    struct pat_usage_last last;
    enum pat_err err;

    *ret = true;
    if (!sieve->asks_usage)
        return PAT_OK;
    err = pat_usage_last(usage, token->tenant, token->id, &last);
    if (err != PAT_OK)
        return err;
    *ret = is_unused(filter, token, &last) &&
           (filter->address == NULL || pat_cidr_holds(&sieve->network, last.address));
    if (!*ret || filter->service == NULL)
        return PAT_OK;
    return pat_usage_accepted_by(usage, token->tenant, token->id, filter->service, ret);
}
