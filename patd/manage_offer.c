/* SPDX-License-Identifier: BSD-2-Clause */
/* The Offer method: what a new token of a user could be, for dialogues and completion. */
#include "core/api/draft.h"
#include "core/api/find.h"
#include "core/api/offer.h"
#include "core/base/text.h"
#include "patd/manage_ops.h"

struct gathering {
    struct patd_call *call;
    json_t *scopes;
};

static bool
add_scope(void *context, const struct pat_scopes_entry *entry)
{
    static const struct pat_optional uncounted;
    struct gathering *gathering = context;

    return patd_call_add(gathering->call, gathering->scopes,
                         patd_call_scope(gathering->call, entry, &uncounted));
}

/* A refusal is part of the answer: it says what to do before anything is typed. */
static enum pat_err
judge(struct pat_manage *work, const struct pat_tenant_record *tenant,
      const struct pat_user_record *user)
{
    enum pat_err err = pat_draft_possible(work, tenant, user);

    if (err == PAT_OK)
        work->problem = (struct pat_problem){.err = PAT_OK};
    return err == PAT_ERR_DENIED || err == PAT_ERR_CONFLICT || err == PAT_ERR_LIMIT ? PAT_OK : err;
}

static enum pat_err
answer(struct patd_call *call, const struct pat_tenant_record *tenant,
       const struct pat_user_record *user)
{
    const struct pat_problem *problem = &call->work.problem;
    json_t *scopes = json_array();
    struct gathering gathering = {.call = call, .scopes = scopes};
    enum pat_err err = scopes == NULL ? PAT_ERR_NOMEM : judge(&call->work, tenant, user);

    if (err == PAT_OK)
        err = pat_offer_scopes(&call->work, tenant, user, add_scope, &gathering);
    if (err != PAT_OK) {
        json_decref(scopes);
        return scopes == NULL ? pat_manage_failed(&call->work, err) : err;
    }
    return patd_call_answer(
        call, json_pack("{s:o, s:o, s:I, s:b, s:b, s:o, s:o, s:I, s:s, s:s, s:s}", "user",
                        patd_call_user(call, user), "scopes", scopes, "nameMin",
                        (json_int_t)tenant->name_min, "requireExpiry", (int)tenant->require_expiry,
                        "requireAddresses", (int)tenant->require_addresses, "defaultLifetime",
                        patd_call_optional(&tenant->default_lifetime), "maxLifetime",
                        patd_call_optional(&tenant->max_lifetime), "pendingLifetime",
                        (json_int_t)tenant->pending_lifetime, "contact", tenant->contact, "refusal",
                        problem->message, "hint", problem->hint));
}

enum pat_err
patd_manage_offer(struct patd_call *call)
{
    char name[PAT_TENANT_MAX + 1];
    struct pat_tenant_record tenant;
    struct pat_user_record user;
    const char *user_name;
    enum pat_err err;

    if (!patd_call_tenant(call, name) || !patd_call_user_name(call, name, &user_name))
        return patd_call_bad(call);
    err = pat_manage_tenant(&call->work, name, &tenant);
    if (err == PAT_OK)
        err = pat_manage_user(&call->work, name, user_name, &user);
    return err == PAT_OK ? answer(call, &tenant, &user) : err;
}
