/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting tokens by scope: all of a tenant are looked at, for no index knows their scopes. */
#include <stdlib.h>
#include <string.h>

#include "core/api/find.h"
#include "core/api/scopes.h"
#include "core/base/text.h"

#define PIECE 5000
#define LOOKED_AT_MAX 100000 /* about a second */

struct count {
    char scope[PAT_SCOPE_MAX + 1];
    int64_t tokens;
    bool covered; /* by the scopes that were judged last */
};

struct pat_scopes_census {
    char tenant[PAT_TENANT_MAX + 1];
    int64_t before, looked_at, now;
    bool unknown; /* there are too many, or they are not the caller's to count */
    bool lacks_memory;
    struct pat_scopes judged;
    struct count *counts;
    size_t count;
};

static bool
add_entry(void *context, const struct pat_scopes_entry *entry)
{
    struct pat_scopes_census *census = context;
    struct count *longer = realloc(census->counts, (census->count + 1) * sizeof *longer);

    census->lacks_memory = longer == NULL;
    if (longer == NULL)
        return false;
    census->counts = longer;
    longer += census->count++;
    *longer = (struct count){.tokens = 0};
    pat_text_clip(longer->scope, sizeof longer->scope, entry->scope);
    return true;
}

enum pat_err
pat_scopes_census_begin(struct pat_manage *manage, const char *tenant,
                        struct pat_scopes_census **ret)
{
    struct pat_scopes_census *census = calloc(1, sizeof *census);
    struct pat_tenant_record ignored;
    enum pat_err err;

    *ret = census;
    if (census == NULL)
        return pat_manage_failed(manage, PAT_ERR_NOMEM);
    pat_text_clip(census->tenant, sizeof census->tenant, tenant);
    err = pat_manage_tenant(manage, tenant, &ignored);
    census->unknown = !pat_roles_may(&manage->actor, PAT_ACT_SEE_TENANT, tenant, NULL);
    if (err == PAT_OK)
        err = pat_scopes_list(manage, add_entry, census);
    return err == PAT_OK && census->lacks_memory ? pat_manage_failed(manage, PAT_ERR_NOMEM) : err;
}

/* Neighbours often have the same scopes: those are judged once. */
static void
judge(struct pat_scopes_census *census, const struct pat_scopes *scopes)
{
    if (pat_text_equal(census->judged.text, scopes->text))
        return;
    census->judged = *scopes;
    for (size_t i = 0; i < census->count; i++)
        census->counts[i].covered = pat_scope_covers(scopes, census->counts[i].scope);
}

static bool
count_token(void *context, const void *record)
{
    struct pat_scopes_census *census = context;
    const struct pat_token_record *token = record;

    census->looked_at++;
    census->before = token->created_seq;
    if (pat_find_is_dead(token, census->now))
        return true;
    judge(census, &token->scopes);
    for (size_t i = 0; i < census->count; i++)
        census->counts[i].tokens += census->counts[i].covered;
    return true;
}

enum pat_err
pat_scopes_census_piece(struct pat_manage *manage, struct pat_scopes_census *census, bool *ret_done)
{
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS,
                                  .tenant = census->tenant,
                                  .before = census->before,
                                  .limit = PIECE};
    int64_t before = census->looked_at;
    enum pat_err err;

    *ret_done = census->unknown;
    if (census->unknown)
        return PAT_OK;
    census->now = manage->now;
    err = pat_store_scan(manage->store, &scan, count_token, census);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    census->unknown = census->looked_at > LOOKED_AT_MAX;
    *ret_done = census->unknown || census->looked_at - before < PIECE;
    return PAT_OK;
}

struct pat_optional
pat_scopes_census_of(const struct pat_scopes_census *census, const char *scope)
{
    for (size_t i = 0; census != NULL && !census->unknown && i < census->count; i++)
        if (pat_text_equal(census->counts[i].scope, scope))
            return (struct pat_optional){.set = true, .at = census->counts[i].tokens};
    return (struct pat_optional){.set = false};
}

void
pat_scopes_census_free(struct pat_scopes_census *census)
{
    if (census != NULL)
        free(census->counts);
    free(census);
}
