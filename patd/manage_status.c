/* SPDX-License-Identifier: BSD-2-Clause */
/* WhoAmI and Status: what a caller is, and how the store is doing. */
#include <stdlib.h>

#include "core/api/find.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "patd/manage_ops.h"

#define UNUSED_TIME (INT64_C(90) * PAT_USAGE_DAY)
#define USES_DAYS 30 /* unless others are asked for */
/* Above this, what was never used is not counted: it would hold up other callers. */
#define COUNTED_MAX 20000

static json_t *
own_users(struct patd_call *call)
{
    const struct pat_actor *actor = &call->work.actor;
    json_t *users = json_array();

    for (size_t i = 0; i < actor->count; i++) {
        const struct pat_standing *standing = &actor->standings[i];
        struct pat_user_record user;

        if (!patd_call_misses(call, pat_store_get(call->work.store, PAT_ROW_USER, standing->tenant,
                                                  standing->user, &user)) &&
            !patd_call_add(call, users, patd_call_user(call, &user)))
            break;
    }
    return users;
}

enum pat_err
patd_manage_who_am_i(struct patd_call *call)
{
    const struct pat_actor *actor = &call->work.actor;

    return patd_call_answer(call, json_pack("{s:I, s:b, s:s, s:o}", "uid", (json_int_t)actor->uid,
                                            "operator", (int)actor->is_operator, "name",
                                            actor->name, "users", own_users(call)));
}

/* --- status --- */

struct status {
    struct patd_call *call;
    char tenant[PAT_TENANT_MAX + 1]; /* empty: all */
    bool own;                        /* only the caller's own tokens */
    struct pat_tally tally;
    struct pat_optional never_used, unused;
    json_t *next;
    json_t *days;
    struct pat_optional days_back;
};

static bool
count_use(void *context, const void *record)
{
    struct status *status = context;
    const struct pat_token_record *token = record;
    struct pat_usage *usage = pat_context_usage(status->call->work.context);
    int64_t known_since = pat_usage_since(usage);
    struct pat_usage_last last;

    if (token->state != PAT_STATE_ACTIVE)
        return true;
    if (patd_call_misses(status->call, pat_usage_last(usage, token->tenant, token->id, &last)))
        return false;
    if (last.at == 0)
        status->never_used.at++;
    if (last.at == 0)
        last.at = token->created > known_since ? token->created : known_since;
    if (status->call->work.now - last.at > UNUSED_TIME)
        status->unused.at++;
    return true;
}

static bool
note_next(void *context, const void *record)
{
    struct status *status = context;

    status->next = patd_call_token(status->call, record);
    status->call->lacks_memory |= status->next == NULL;
    return false;
}

static bool
tally_own(void *context, const void *record)
{
    struct status *status = context;
    const struct pat_token_record *token = record;
    const char *state = pat_find_state(token, status->call->work.now);
    struct pat_tally *tally = &status->tally;

    tally->revoked += pat_text_equal(state, "revoked");
    tally->expired += pat_text_equal(state, "expired");
    tally->pending += pat_text_equal(state, "pending");
    tally->suspended += pat_text_equal(state, "suspended");
    if (!pat_text_equal(state, "active") && !pat_text_equal(state, "expiring"))
        return true;
    tally->active++;
    tally->expiring += pat_text_equal(state, "expiring");
    tally->unlimited += !token->expires.set;
    return count_use(context, record);
}

static enum pat_err
count_own(struct status *status)
{
    const struct pat_find_filter own = {.tenant = status->tenant, .with_revoked = true};

    status->never_used.set = status->unused.set = true;
    status->tally.users = 1;
    return pat_find_tokens(&status->call->work, &own, tally_own, status);
}

static enum pat_err
count(struct status *status)
{
    struct pat_manage *work = &status->call->work;
    struct pat_usage *usage = pat_context_usage(work->context);
    const struct pat_find_filter live = {.tenant = status->tenant[0] == '\0' ? NULL
                                                                             : status->tenant};
    struct patd_call_days days = {.call = status->call, .days = status->days};
    const struct pat_scan ending = {
        .what = PAT_SCAN_TOKENS_ENDING, .tenant = status->tenant, .number = work->now, .limit = 1};
    enum pat_err err = pat_store_tally(work->store, status->tenant, work->now,
                                       work->now + PAT_FIND_SOON, &status->tally);

    if (err == PAT_OK)
        err = pat_store_scan(work->store, &ending, note_next, status);
    if (err == PAT_OK && usage != NULL && status->tally.active <= COUNTED_MAX) {
        status->never_used.set = status->unused.set = true;
        err = pat_find_tokens(work, &live, count_use, status);
    }
    if (err == PAT_OK)
        err = pat_usage_flush(usage);
    if (err == PAT_OK)
        err = pat_usage_by_day(usage, status->tenant, "",
                               work->now / PAT_USAGE_DAY - status->days_back.at + 1,
                               patd_call_add_day, &days);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(work, err);
}

static json_t *
status_reply(const struct status *status)
{
    struct pat_context *context = status->call->work.context;
    const struct pat_tally *tally = &status->tally;
    struct pat_usage *usage = pat_context_usage(context);
    const struct pat_optional since = {.set = usage != NULL, .at = pat_usage_since(usage)};
    char trouble[240], default_tenant[PAT_TENANT_MAX + 1];

    pat_context_trouble(context, trouble, sizeof trouble);
    pat_context_default_tenant(context, default_tenant);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o,"
        " s:I, s:O?, s:O?}",
        "version", PACKAGE_VERSION, "health", pat_verdict_name(pat_context_health(context)),
        "trouble", trouble, "defaultTenant", default_tenant, "now",
        (json_int_t)status->call->work.now, "bytes", (json_int_t)tally->bytes, "active",
        (json_int_t)tally->active, "expiring", (json_int_t)tally->expiring, "expired",
        (json_int_t)tally->expired, "revoked", (json_int_t)tally->revoked, "pending",
        (json_int_t)tally->pending, "suspended", (json_int_t)tally->suspended, "noExpiry",
        (json_int_t)tally->unlimited, "users", (json_int_t)tally->users, "usageSince",
        patd_call_optional(&since), "neverUsed", patd_call_optional(&status->never_used), "unused",
        patd_call_optional(&status->unused), "usageLost", (json_int_t)pat_usage_lost(usage),
        "nextToExpire", status->next, "days", status->days);
}

/* Whoever may not see a whole tenant sees how their own tokens do. */
static enum pat_err
pick_tenant(struct status *status)
{
    struct patd_call *call = status->call;
    const struct pat_actor *actor = &call->work.actor;
    struct pat_tenant_record row;
    const char *asked;

    if (!patd_call_text(call, "tenant", &asked))
        return patd_call_bad(call);
    if (asked == NULL && actor->is_operator)
        return PAT_OK;
    if (!patd_call_tenant(call, status->tenant))
        return patd_call_bad(call);
    status->own = !pat_roles_may(actor, PAT_ACT_SEE_TENANT, status->tenant, NULL);
    return pat_manage_tenant(&call->work, status->tenant, &row);
}

static bool
read_days(struct patd_call *call, struct pat_optional *ret)
{
    if (!patd_call_number(call, "days", ret))
        return false;
    call->bad_parameter = "days";
    if (!ret->set)
        ret->at = USES_DAYS;
    return ret->at >= 1 && ret->at <= PAT_USAGE_DAYS;
}

enum pat_err
patd_manage_status(struct patd_call *call)
{
    struct status status = {.call = call, .days = json_array()};
    bool good = read_days(call, &status.days_back);
    bool trusted = pat_context_health(call->work.context) == PAT_VERDICT_ACCEPTED &&
                   call->work.store != NULL;
    enum pat_err err = PAT_OK;

    call->lacks_memory = status.days == NULL;
    if (!good)
        err = patd_call_bad(call);
    else if (trusted) {
        err = pick_tenant(&status);
        if (err == PAT_OK)
            err = status.own ? count_own(&status) : count(&status);
    }
    if (err == PAT_OK)
        err = patd_call_answer(call, status_reply(&status));
    json_decref(status.next);
    json_decref(status.days);
    return err;
}
