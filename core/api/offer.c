/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks the catalogue and the user's grants; the draft's rules pick. */
#include <stdio.h>
#include <string.h>

#include "core/api/draft.h"
#include "core/api/offer.h"
#include "core/base/text.h"

struct offering {
    struct pat_manage *manage;
    const struct pat_tenant_record *tenant;
    const struct pat_user_record *user;
    pat_scopes_each *each;
    void *context;
    bool ended;
};

static bool
offer(void *context, const struct pat_scopes_entry *entry)
{
    struct offering *offering = context;

    if (pat_draft_may_give(offering->manage, offering->tenant, offering->user, entry->scope))
        offering->ended = !offering->each(offering->context, entry);
    return !offering->ended;
}

/* A grant that neither list names: of a service of its own, or of a whole area. */
static enum pat_err
offer_grant(struct offering *offering, const char *name)
{
    char meaning[PAT_SCOPE_MAX + 40];
    const struct pat_scopes_entry entry = {.scope = name, .label = name, .meaning = meaning};
    bool listed = false;
    enum pat_err err = pat_scopes_has(offering->manage, name, &listed);

    if (err != PAT_OK || listed)
        return err;
    if (name[0] != '\0' && name[strlen(name) - 1] == '*')
        snprintf(meaning, sizeof meaning, "everything that begins with %.*s", (int)strlen(name) - 1,
                 name);
    else if (pat_text_equal(name + strcspn(name, ":"), ":login"))
        snprintf(meaning, sizeof meaning, "log in to %.*s", (int)strcspn(name, ":"), name);
    else
        pat_text_clip(meaning, sizeof meaning, PAT_SCOPES_THIRD_PARTY);
    offer(offering, &entry);
    return PAT_OK;
}

enum pat_err
pat_offer_scopes(struct pat_manage *manage, const struct pat_tenant_record *tenant,
                 const struct pat_user_record *user, pat_scopes_each *each, void *context)
{
    struct offering offering = {
        .manage = manage, .tenant = tenant, .user = user, .each = each, .context = context};
    char scope[PAT_SCOPE_MAX + 1];
    enum pat_err err = pat_scopes_list(manage, offer, &offering);

    for (const char *at = user->grants.text;
         err == PAT_OK && !offering.ended && pat_scope_next(&at, scope);)
        err = offer_grant(&offering, scope);
    return err;
}
