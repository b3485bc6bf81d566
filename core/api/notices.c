/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which owners are to hear that a token ends. Nothing is sent from here: somebody asks, tells, and
 * says so. Looking changes nothing.
 */
#include "core/api/notices.h"
#include "core/base/text.h"
#include "core/store/usage.h"

#define DAY (INT64_C(86400) * PAT_SECOND)

enum pat_err
pat_notices_add(struct pat_notices_steps *steps, int64_t days)
{
    size_t at = steps->count;

    if (days < 1 || days > PAT_NOTICES_DAYS_MAX)
        return PAT_ERR_RANGE;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->days[i] == days)
            return PAT_OK;
    if (steps->count == PAT_NOTICES_STEPS)
        return PAT_ERR_RANGE;
    for (; at > 0 && steps->days[at - 1] > days; at--)
        steps->days[at] = steps->days[at - 1];
    steps->days[at] = days;
    steps->count++;
    return PAT_OK;
}

int64_t
pat_notices_step(const struct pat_notices_steps *steps, int64_t left)
{
    for (size_t i = 0; i < steps->count; i++)
        if (left <= steps->days[i] * DAY)
            return steps->days[i];
    return 0;
}

/* --- what is due --- */

struct looking {
    struct pat_manage *manage;
    const struct pat_notices_steps *steps;
    struct pat_tenant_record tenant; /* of the token before: most are of the same */
    struct pat_user_record user;
    pat_notices_each *each;
    void *context;
    enum pat_err err;
};

/* The rows of the token's owner; false: one that is disabled, or that cannot be trusted. */
static bool
has_owner(struct looking *looking, const struct pat_token_record *token)
{
    struct pat_store *store = looking->manage->store;
    enum pat_err err = PAT_OK;

    if (!pat_text_equal(looking->tenant.tenant, token->tenant))
        err = pat_store_get(store, PAT_ROW_TENANT, token->tenant, "", &looking->tenant);
    if (err == PAT_OK)
        err = pat_store_get(store, PAT_ROW_USER, token->tenant, token->user, &looking->user);
    if (err != PAT_OK && err != PAT_ERR_NOT_FOUND && err != PAT_ERR_SEAL)
        looking->err = err;
    if (err != PAT_OK)
        looking->tenant.tenant[0] = '\0';
    return err == PAT_OK && looking->tenant.state == PAT_STATE_ACTIVE &&
           looking->user.state == PAT_STATE_ACTIVE;
}

static bool
look(void *context, const void *record)
{
    struct looking *looking = context;
    const struct pat_token_record *token = record;
    struct pat_notice notice = {.token = token, .user = &looking->user, .tenant = &looking->tenant};
    int64_t told = 0;

    if (token->successor[0] != '\0' || !token->expires.set)
        return true;
    notice.days = pat_notices_step(looking->steps, token->expires.at - looking->manage->now);
    if (notice.days == 0)
        return true;
    looking->err = pat_usage_told(pat_context_usage(looking->manage->context), token->tenant,
                                  token->id, &told);
    if (looking->err != PAT_OK || told <= notice.days || !has_owner(looking, token))
        return looking->err == PAT_OK;
    return looking->each(looking->context, &notice);
}

enum pat_err
pat_notices_page(struct pat_manage *manage, const struct pat_notices_steps *steps,
                 struct pat_find_place *place, pat_notices_each *each, void *context)
{
    struct looking looking = {
        .manage = manage, .steps = steps, .each = each, .context = context, .err = PAT_OK};
    const struct pat_find_filter filter = {
        .states = "active",
        .expires_before = {.set = true,
                           .at = manage->now + steps->days[steps->count - 1] * DAY + 1}};
    enum pat_err err = pat_find_page(manage, &filter, place, look, &looking);

    if (err == PAT_OK && looking.err != PAT_OK)
        err = pat_manage_failed(manage, looking.err);
    return err;
}

enum pat_err
pat_notices_sent(struct pat_manage *manage, const struct pat_token_record *token, int64_t days)
{
    enum pat_err err;

    if (days < 1 || days > PAT_NOTICES_DAYS_MAX)
        return PAT_ERR_RANGE;
    err = pat_usage_tell(pat_context_usage(manage->context), token->tenant, token->id, days,
                         manage->now);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}
