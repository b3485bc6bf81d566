/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about tokens: parameters in, core/api's answer out. No policy here. */
#include <stdlib.h>
#include <string.h>

#include "core/api/find.h"
#include "core/api/tokens.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "patd/manage_ops.h"
#include "patd/manage_tokens.h"

#define USES_DAYS 30

/* --- create --- */

static bool
read_draft(struct patd_call *call, struct pat_token_draft *draft, char *scopes, char *addresses,
           char *tenant)
{
    struct pat_optional expires;
    bool given, never = false;

    if (!patd_call_tenant(call, tenant) || !patd_call_user_name(call, tenant, &draft->user) ||
        !patd_call_required(call, "name", &draft->name) ||
        !patd_call_text(call, "description", &draft->description) ||
        !patd_call_list(call, "scopes", scopes, PAT_SCOPES_TEXT, &given) ||
        !patd_call_list(call, "addresses", addresses, PAT_CIDRS_TEXT, &given) ||
        !patd_call_number(call, "expires", &expires) || !patd_call_flag(call, "never", &never) ||
        !patd_call_number(call, "notBefore", &draft->not_before) ||
        !patd_call_flag(call, "pending", &draft->pending) ||
        !patd_call_text(call, "batch", &draft->batch) || !patd_call_claim(call))
        return false;
    call->bad_parameter = "never";
    if (never && expires.set)
        return false;
    if (draft->description == NULL)
        draft->description = "";
    draft->tenant = tenant;
    draft->scopes = scopes;
    draft->addresses = addresses;
    draft->expires = expires.at;
    draft->expiry = never ? PAT_EXPIRY_NEVER : expires.set ? PAT_EXPIRY_AT : PAT_EXPIRY_DEFAULT;
    return true;
}

json_t *
patd_manage_created(struct patd_call *call, const struct pat_token *token,
                    const struct pat_token_record *record)
{
    char text[PAT_TOKEN_MAX + 1];
    json_t *reply;

    pat_token_write(token, text);
    reply = json_pack("{s:s, s:o}", "token", text, "created", patd_call_token(call, record));
    pat_secret_wipe(text, sizeof text);
    return reply;
}

enum pat_err
patd_manage_create(struct patd_call *call)
{
    char scopes[PAT_SCOPES_TEXT], addresses[PAT_CIDRS_TEXT], tenant[PAT_TENANT_MAX + 1];
    struct pat_token_draft draft = {.pending = false};
    struct pat_token_record record;
    struct pat_token token;
    enum pat_err err;

    if (!read_draft(call, &draft, scopes, addresses, tenant))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_tokens_create(&call->work, &draft, &token, &record));
    if (err == PAT_OK)
        err = patd_call_answer(call, patd_manage_created(call, &token, &record));
    pat_token_clear(&token);
    return err;
}

/* --- what names one token --- */

enum pat_err
patd_manage_find_token(struct patd_call *call, struct pat_token_record *ret)
{
    const char *reference, *tenant;

    if (!patd_call_required(call, "token", &reference) ||
        !patd_call_text(call, "tenant", &tenant) || !patd_call_claim(call))
        return patd_call_bad(call);
    return pat_find_token(&call->work, tenant, reference, ret);
}

static enum pat_err
confirm(struct pat_manage *work, struct pat_token_record *token, const void *context)
{
    const int64_t *grace = context;

    return pat_tokens_confirm(work, token->tenant, token->id, *grace, token);
}

enum pat_err
patd_manage_confirm(struct patd_call *call)
{
    int64_t grace;
    enum pat_err err = patd_manage_grace(call, &grace);

    return err == PAT_OK ? patd_manage_change_token(call, confirm, &grace, "confirmed") : err;
}

enum pat_err
patd_manage_show(struct patd_call *call)
{
    struct pat_token_record token;
    struct pat_tenant_record tenant;
    struct pat_user_record user;
    struct pat_scopes effective;
    struct pat_facts facts = {.token = &token, .user = &user, .tenant = &tenant};
    enum pat_err err = patd_manage_find_token(call, &token);

    patd_call_flush_uses(call);
    if (err == PAT_OK)
        err = pat_manage_tenant(&call->work, token.tenant, &tenant);
    if (err == PAT_OK)
        err = pat_manage_user(&call->work, token.tenant, token.user, &user);
    if (err != PAT_OK)
        return err;
    pat_decide_effective(&facts, &effective);
    return patd_call_answer(call,
                            json_pack("{s:o, s:o, s:o}", "token", patd_call_token(call, &token),
                                      "effective", patd_call_words(effective.text), "grants",
                                      patd_call_words(user.grants.text)));
}

/* --- uses --- */

struct gathering {
    struct patd_call *call;
    json_t *uses;
};

static bool
add_use(void *context, int64_t at, const char *service, const char *address, const char *verdict)
{
    const struct gathering *gathering = context;

    return patd_call_add(gathering->call, gathering->uses,
                         json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)at, "service", service,
                                   "address", address, "verdict", verdict));
}

enum pat_err
patd_manage_uses(struct patd_call *call)
{
    struct pat_usage *usage = pat_context_usage(call->work.context);
    struct pat_token_record token;
    struct pat_optional days, since = {.set = usage != NULL, .at = pat_usage_since(usage)};
    json_t *uses = json_array(), *by_day = json_array();
    struct gathering gathering = {.call = call, .uses = uses};
    struct patd_call_days days_of = {.call = call, .days = by_day};
    enum pat_err err = patd_manage_find_token(call, &token);

    if (err == PAT_OK && (!patd_call_number(call, "days", &days) ||
                          (days.set && (days.at < 0 || days.at > PAT_USAGE_DAYS)))) {
        call->bad_parameter = "days";
        err = patd_call_bad(call);
    }
    if (err == PAT_OK) {
        int64_t from = call->work.now / PAT_USAGE_DAY - (days.set ? days.at : USES_DAYS) + 1;

        patd_call_flush_uses(call);
        err = pat_usage_recent(usage, token.tenant, token.id, add_use, &gathering);
        if (err == PAT_OK)
            err = pat_usage_by_day(usage, token.tenant, token.id, from, patd_call_add_day,
                                   &days_of);
        if (err != PAT_OK)
            pat_manage_failed(&call->work, err);
    }
    if (err == PAT_OK)
        return patd_call_answer(
            call, json_pack("{s:o, s:o, s:o, s:o}", "token", patd_call_token(call, &token), "since",
                            patd_call_optional(&since), "uses", uses, "days", by_day));
    json_decref(uses);
    json_decref(by_day);
    return err;
}
