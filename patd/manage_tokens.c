/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about tokens: parameters in, core/api's answer out. No policy here. */
#include <stdlib.h>
#include <string.h>

#include "core/api/find.h"
#include "core/api/tokens.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "patd/manage_ops.h"

#define REVOKE_MAX 1000
#define PAGE 200
#define LIST_MAX 100
#define USES_DAYS 30

/* So that people see the login of a moment ago; without it they see what was written before. */
static void
flush_uses(struct patd_call *call)
{
    if (pat_usage_flush(pat_context_usage(call->work.context)) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "writing uses"});
}

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

static json_t *
created_reply(struct patd_call *call, const struct pat_token *token,
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
        err = patd_call_answer(call, created_reply(call, &token, &record));
    pat_token_clear(&token);
    return err;
}

/* --- what names one token --- */

static enum pat_err
find(struct patd_call *call, struct pat_token_record *ret)
{
    const char *reference, *tenant;

    if (!patd_call_required(call, "token", &reference) ||
        !patd_call_text(call, "tenant", &tenant) || !patd_call_claim(call))
        return patd_call_bad(call);
    return pat_find_token(&call->work, tenant, reference, ret);
}

enum pat_err
patd_manage_confirm(struct patd_call *call)
{
    struct pat_token_record token;
    enum pat_err err = find(call, &token);

    if (err == PAT_OK)
        err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work,
                         pat_tokens_confirm(&call->work, token.tenant, token.id, &token));
    if (err != PAT_OK)
        return err;
    return patd_call_answer(call, json_pack("{s:o}", "confirmed", patd_call_token(call, &token)));
}

enum pat_err
patd_manage_show(struct patd_call *call)
{
    struct pat_token_record token;
    struct pat_tenant_record tenant;
    struct pat_user_record user;
    struct pat_scopes effective;
    struct pat_facts facts = {.token = &token, .user = &user, .tenant = &tenant};
    enum pat_err err = find(call, &token);

    flush_uses(call);
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

/* --- revoke --- */

struct revoking {
    struct patd_call *call;
    const char *tenant;
    const char *reason;
    bool dry_run;
    json_t *revoked;
};

static enum pat_err
revoke_one(struct revoking *revoking, const char *reference)
{
    struct pat_manage *work = &revoking->call->work;
    struct pat_token_record token;
    enum pat_err err = pat_find_token(work, revoking->tenant, reference, &token);

    if (err == PAT_OK && revoking->dry_run)
        err = pat_tokens_revocable(work, token.tenant, token.id, revoking->reason, &token);
    else if (err == PAT_OK)
        err = pat_tokens_revoke(work, token.tenant, token.id, revoking->reason, NULL, &token);
    if (err == PAT_OK &&
        json_array_append_new(revoking->revoked, patd_call_token(revoking->call, &token)) != 0)
        err = pat_manage_failed(work, PAT_ERR_NOMEM);
    return err;
}

static enum pat_err
revoke_all(struct revoking *revoking, json_t *references)
{
    struct patd_call *call = revoking->call;
    enum pat_err err = pat_manage_start(&call->work);
    json_t *reference;
    size_t index;

    if (err != PAT_OK)
        return err;
    json_array_foreach(references, index, reference)
    {
        if (err == PAT_OK && !json_is_string(reference)) {
            call->bad_parameter = "tokens";
            err = patd_call_bad(call);
        }
        if (err == PAT_OK)
            err = revoke_one(revoking, json_string_value(reference));
    }
    return pat_manage_end(&call->work, err);
}

enum pat_err
patd_manage_revoke(struct patd_call *call)
{
    json_t *references = json_object_get(call->parameters, "tokens");
    struct revoking revoking = {.call = call, .dry_run = false};
    enum pat_err err;

    call->bad_parameter = "tokens";
    if (!json_is_array(references) || json_array_size(references) < 1 ||
        json_array_size(references) > REVOKE_MAX ||
        !patd_call_text(call, "tenant", &revoking.tenant) ||
        !patd_call_text(call, "reason", &revoking.reason) ||
        !patd_call_flag(call, "dryRun", &revoking.dry_run) || !patd_call_claim(call))
        return patd_call_bad(call);
    if (revoking.reason == NULL)
        revoking.reason = "";
    revoking.revoked = json_array();
    if (revoking.revoked == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    err = revoke_all(&revoking, references);
    if (err == PAT_OK)
        return patd_call_answer(call, json_pack("{s:o}", "revoked", revoking.revoked));
    json_decref(revoking.revoked);
    return err;
}

/* --- list --- */

struct list_stream {
    struct patd_stream stream; /* first */
    json_t *filter;            /* keeps the texts alive */
    struct pat_find_filter find;
    char after_tenant[PAT_TENANT_MAX + 1];
    int64_t hidden;
};

struct page {
    struct patd_call *call;
    struct list_stream *list;
    json_t *tokens; /* of a call without "more" */
    int64_t limit;
    int64_t count;
    bool others;
    enum pat_err err;
};

static bool
list_one(void *context, const void *record)
{
    struct page *page = context;
    const struct pat_token_record *token = record;
    json_t *json;

    if (page->count == page->limit) {
        page->others = true;
        return false;
    }
    json = patd_call_token(page->call, token);
    if (page->tokens != NULL)
        page->err = json_array_append_new(page->tokens, json) == 0 ? PAT_OK : PAT_ERR_NOMEM;
    else
        page->err = page->call->emit(page->call, json_pack("{s:o}", "token", json));
    page->count++;
    pat_text_clip(page->list->after_tenant, sizeof page->list->after_tenant, token->tenant);
    page->list->find.after_tenant = page->list->after_tenant;
    page->list->find.after_seq = token->created_seq;
    return page->err == PAT_OK;
}

static enum pat_err
list_page(struct page *page)
{
    struct pat_manage *work = &page->call->work;
    enum pat_err err = pat_store_begin(work->store, false);

    if (err != PAT_OK)
        return pat_manage_failed(work, err);
    err = pat_find_tokens(work, &page->list->find, list_one, page);
    pat_store_rollback(work->store);
    if (err == PAT_OK && page->err != PAT_OK)
        err = pat_manage_failed(work, page->err);
    return err;
}

static enum pat_err
list_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct page page = {.call = call, .list = (struct list_stream *)stream, .limit = PAGE};
    enum pat_err err = list_page(&page);

    *ret_done = !page.others;
    if (err == PAT_OK && *ret_done)
        err = patd_call_answer(call, json_pack("{s:I}", "hidden", (json_int_t)page.list->hidden));
    return err;
}

static void
list_free(struct patd_stream *stream)
{
    struct list_stream *list = (struct list_stream *)stream;

    json_decref(list->filter);
    free(list);
}

/* Reads the filter as if its members were parameters. */
static bool
read_filter(struct patd_call *call, struct list_stream *list)
{
    struct patd_call inner = {.parameters = list->filter};

    if (patd_call_unknown(list->filter, "tenant user name withRevoked") == NULL &&
        patd_call_text(&inner, "tenant", &list->find.tenant) &&
        patd_call_text(&inner, "user", &list->find.user) &&
        patd_call_text(&inner, "name", &list->find.name) &&
        patd_call_flag(&inner, "withRevoked", &list->find.with_revoked))
        return true;
    call->bad_parameter = "filter";
    return false;
}

static bool
read_limit(struct patd_call *call, int64_t *ret)
{
    struct pat_optional limit;
    bool good = patd_call_number(call, "limit", &limit) &&
                (!limit.set || (limit.at >= 1 && limit.at <= LIST_MAX));

    *ret = good && limit.set ? limit.at : LIST_MAX;
    if (!good)
        call->bad_parameter = "limit";
    return good;
}

static enum pat_err
list_once(struct patd_call *call, struct list_stream *list, int64_t limit)
{
    struct page page = {.call = call, .list = list, .limit = limit, .tokens = json_array()};
    enum pat_err err;

    err = page.tokens == NULL ? pat_manage_failed(&call->work, PAT_ERR_NOMEM) : list_page(&page);
    if (err == PAT_OK)
        return patd_call_answer(
            call, json_pack("{s:o, s:b}", "tokens", page.tokens, "others", (int)page.others));
    json_decref(page.tokens);
    return err;
}

enum pat_err
patd_manage_list(struct patd_call *call)
{
    json_t *filter = json_object_get(call->parameters, "filter");
    struct list_stream *list = calloc(1, sizeof *list);
    enum pat_err err;
    int64_t limit;

    if (list == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    list->stream = (struct patd_stream){.step = list_step, .free = list_free};
    list->find.hidden = &list->hidden;
    list->filter = json_is_object(filter) ? json_incref(filter) : json_object();
    call->bad_parameter = "filter";
    if ((filter != NULL && !json_is_object(filter) && !json_is_null(filter)) ||
        !read_filter(call, list) || !read_limit(call, &limit)) {
        list_free(&list->stream);
        return patd_call_bad(call);
    }
    flush_uses(call);
    if (call->more) {
        call->stream = &list->stream;
        return PAT_OK;
    }
    err = list_once(call, list, limit);
    list_free(&list->stream);
    return err;
}

/* --- uses --- */

static bool
add_use(void *context, int64_t at, const char *service, const char *address, const char *verdict)
{
    return json_array_append_new(context,
                                 json_pack("{s:I, s:s, s:s, s:s}", "at", (json_int_t)at, "service",
                                           service, "address", address, "verdict", verdict)) == 0;
}

enum pat_err
patd_manage_uses(struct patd_call *call)
{
    struct pat_usage *usage = pat_context_usage(call->work.context);
    struct pat_token_record token;
    struct pat_optional days, since = {.set = usage != NULL, .at = pat_usage_since(usage)};
    json_t *uses = json_array(), *by_day = json_array();
    enum pat_err err = find(call, &token);

    if (err == PAT_OK && (!patd_call_number(call, "days", &days) ||
                          (days.set && (days.at < 0 || days.at > PAT_USAGE_DAYS)))) {
        call->bad_parameter = "days";
        err = patd_call_bad(call);
    }
    if (err == PAT_OK) {
        int64_t from = call->work.now / PAT_USAGE_DAY - (days.set ? days.at : USES_DAYS) + 1;

        flush_uses(call);
        err = pat_usage_recent(usage, token.tenant, token.id, add_use, uses);
        if (err == PAT_OK)
            err = pat_usage_by_day(usage, token.tenant, token.id, from, patd_call_add_day, by_day);
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
