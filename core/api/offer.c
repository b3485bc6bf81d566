/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks built-in scopes, the catalogue and the user's grants; the draft's rules pick. */
#include <stdio.h>
#include <string.h>

#include "core/api/draft.h"
#include "core/api/offer.h"
#include "core/base/text.h"

struct offering {
    struct pat_manage *manage;
    const struct pat_tenant_record *tenant;
    const struct pat_user_record *user;
    pat_offer_each *each;
    void *context;
    bool ended;
};

static bool
offer(struct offering *offering, const struct pat_offer_scope *scope)
{
    if (pat_draft_may_give(offering->manage, offering->tenant, offering->user, scope->scope))
        offering->ended = !offering->each(offering->context, scope);
    return !offering->ended;
}

static bool
offer_record(void *context, const void *record)
{
    const struct pat_scope_record *entry = record;
    const struct pat_offer_scope scope = {.scope = entry->scope,
                                          .label = entry->label,
                                          .meaning = entry->meaning,
                                          .third_party = true};

    return offer(context, &scope);
}

static bool
is_builtin(const char *scope)
{
    const struct pat_scope_entry *entry;

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++)
        if (pat_text_equal(entry->scope, scope))
            return true;
    return false;
}

/* A grant that neither list names: of a service of its own, or of a whole area. */
static enum pat_err
offer_grant(struct offering *offering, const char *name)
{
    char meaning[PAT_SCOPE_MAX + 40];
    struct pat_scope_record entry;
    const struct pat_offer_scope scope = {.scope = name, .label = name, .meaning = meaning};
    enum pat_err err;

    if (is_builtin(name))
        return PAT_OK;
    err = pat_store_get(offering->manage->store, PAT_ROW_SCOPE, "", name, &entry);
    if (err != PAT_ERR_NOT_FOUND)
        return err;
    if (name[0] != '\0' && name[strlen(name) - 1] == '*')
        snprintf(meaning, sizeof meaning, "everything that begins with %.*s", (int)strlen(name) - 1,
                 name);
    else
        snprintf(meaning, sizeof meaning, "log in to %.*s", (int)strcspn(name, ":"), name);
    offer(offering, &scope);
    return PAT_OK;
}

enum pat_err
pat_offer_scopes(struct pat_manage *manage, const struct pat_tenant_record *tenant,
                 const struct pat_user_record *user, pat_offer_each *each, void *context)
{
    const struct pat_scan catalogue = {.what = PAT_SCAN_SCOPES};
    struct offering offering = {
        .manage = manage, .tenant = tenant, .user = user, .each = each, .context = context};
    const struct pat_scope_entry *entry;
    char scope[PAT_SCOPE_MAX + 1];
    enum pat_err err = PAT_OK;

    for (size_t i = 0; !offering.ended && (entry = pat_scope_catalogue(i)) != NULL; i++)
        offer(&offering, &(struct pat_offer_scope){.scope = entry->scope,
                                                   .label = entry->label,
                                                   .meaning = entry->meaning});
    if (!offering.ended)
        err = pat_store_scan(manage->store, &catalogue, offer_record, &offering);
    for (const char *at = user->grants.text;
         err == PAT_OK && !offering.ended && pat_scope_next(&at, scope);)
        err = offer_grant(&offering, scope);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}
