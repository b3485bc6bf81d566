/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of a tenant, from what depends on others to what others depend on: tokens, users and
 * groups, the tenant. Every transaction logs itself; the sums follow row by row, so that the head
 * that remains is that of an empty tenant.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/tenant_delete.h"
#include "core/api/tenants.h"
#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/usage.h"

#define ROWS_AT_ONCE 5000

/* --- whether, and how much --- */

static bool
count_row(void *context, const void *record)
{
    (void)record;
    ++*(int64_t *)context;
    return true;
}

static enum pat_err
count_rows(struct pat_manage *manage, struct pat_tenant_deletion *deletion)
{
    const struct pat_scan groups = {.what = PAT_SCAN_GROUPS, .tenant = deletion->tenant};
    struct pat_tally tally;
    enum pat_err err = pat_store_tally(manage->store, deletion->tenant, manage->now, manage->now,
                                       &tally);

    deletion->groups = 0;
    if (err == PAT_OK)
        err = pat_store_scan(manage->store, &groups, count_row, &deletion->groups);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    deletion->live = tally.active + tally.pending + tally.suspended;
    deletion->tokens = deletion->live + tally.expired + tally.revoked;
    deletion->users = tally.users;
    return PAT_OK;
}

static enum pat_err
check_default(struct pat_manage *manage, const char *tenant)
{
    struct pat_host_record host;
    enum pat_err err = pat_store_get(manage->store, PAT_ROW_HOST, "", "", &host);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (!pat_text_equal(host.default_tenant, tenant))
        return PAT_OK;
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "tenant.default",
                      "tenant %s is the one of services that list none", tenant);
    return pat_manage_hint(manage, "make another one the default first: patctl setup --tenant "
                                   "OTHER");
}

static enum pat_err
check_live(struct pat_manage *manage, const struct pat_tenant_deletion *deletion)
{
    if (deletion->live == 0 || deletion->with_tokens)
        return PAT_OK;
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "tenant.in-use", "tenant %s has %lld live token%s",
                      deletion->tenant, (long long)deletion->live, deletion->live == 1 ? "" : "s");
    return pat_manage_hint(manage,
                           "patctl tenant disable %s refuses them and can be undone; to "
                           "delete them too: --with-tokens",
                           deletion->tenant);
}

enum pat_err
pat_tenant_delete_check(struct pat_manage *manage, struct pat_tenant_deletion *deletion)
{
    struct pat_tenant_record tenant;
    enum pat_err err = pat_manage_tenant(manage, deletion->tenant, &tenant);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", deletion->reason, PAT_REASON_MAX);
    if (err == PAT_OK)
        err = check_default(manage, deletion->tenant);
    if (err == PAT_OK)
        err = count_rows(manage, deletion);
    return err == PAT_OK ? check_live(manage, deletion) : err;
}

enum pat_err
pat_tenant_delete_begin(struct pat_manage *manage, struct pat_tenant_deletion *deletion)
{
    struct pat_tenant_record tenant;
    enum pat_err err = pat_tenant_delete_check(manage, deletion);

    return err == PAT_OK
               ? pat_tenants_set_enabled(manage, deletion->tenant, false, deletion->reason, &tenant)
               : err;
}

/* --- rows --- */

/* What a row is dropped by. */
struct victim {
    enum pat_row_kind kind;
    char name[PAT_USER_MAX + 1];
    int64_t created_seq; /* of a token */
    int64_t version;
    struct pat_digest seal;
};

struct harvest {
    enum pat_row_kind kind;
    struct victim *victims; /* ROWS_AT_ONCE of them */
    size_t count;
};

static bool
take_row(void *context, const void *record)
{
    struct harvest *harvest = context;
    const struct pat_row_type *type = pat_row_type(harvest->kind);
    struct victim *victim = &harvest->victims[harvest->count++];
    const struct pat_token_record *token = record;

    *victim = (struct victim){.kind = harvest->kind};
    pat_text_clip(victim->name, sizeof victim->name, pat_row_name(harvest->kind, record));
    if (harvest->kind == PAT_ROW_TOKEN)
        victim->created_seq = token->created_seq;
    memcpy(&victim->version, pat_row_field_const(record, &type->fields[type->count - 2]),
           sizeof victim->version);
    memcpy(&victim->seal, pat_row_field_const(record, &type->fields[type->count - 1]),
           sizeof victim->seal);
    return true;
}

/* The next rows, tokens first; all that are left when they are fewer than go at once. */
static enum pat_err
take_rows(struct pat_manage *manage, const char *tenant, struct harvest *harvest)
{
    static const enum pat_scan_what kinds[] = {PAT_SCAN_TOKENS, PAT_SCAN_USERS, PAT_SCAN_GROUPS};
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct pat_scan scan = {
            .what = kinds[i], .tenant = tenant, .limit = ROWS_AT_ONCE - (int64_t)harvest->count};

        harvest->kind = pat_store_ops_scan_kind(kinds[i]);
        if (scan.limit > 0)
            err = pat_store_scan(manage->store, &scan, take_row, harvest);
    }
    return err;
}

static enum pat_err
drop_row(struct pat_manage *manage, const char *tenant, const struct victim *victim,
         union pat_row *row)
{
    memset(row, 0, sizeof *row);
    switch (victim->kind) {
    case PAT_ROW_TOKEN:
        pat_text_clip(row->token.tenant, sizeof row->token.tenant, tenant);
        pat_text_clip(row->token.id, sizeof row->token.id, victim->name);
        row->token.created_seq = victim->created_seq;
        break;
    case PAT_ROW_USER:
        pat_text_clip(row->user.tenant, sizeof row->user.tenant, tenant);
        pat_text_clip(row->user.user, sizeof row->user.user, victim->name);
        break;
    case PAT_ROW_GROUP:
        pat_text_clip(row->group.tenant, sizeof row->group.tenant, tenant);
        pat_text_clip(row->group.group_name, sizeof row->group.group_name, victim->name);
        break;
    case PAT_ROW_HOST:
    case PAT_ROW_HEAD:
    case PAT_ROW_TENANT:
    case PAT_ROW_SCOPE:
    case PAT_ROW_CHANGE:
    case PAT_ROW_KINDS:
        return PAT_ERR_INTERNAL;
    }
    *pat_row_version(victim->kind, row) = victim->version;
    *pat_row_seal(victim->kind, row) = victim->seal;
    return pat_store_drop(manage->store, victim->kind, row);
}

/* Tokens come first. What is lost if the transaction comes to nothing is of a disabled tenant. */
static void
forget_uses(struct pat_manage *manage, const char *tenant, const struct harvest *harvest)
{
    struct pat_usage *usage = pat_context_usage(manage->context);
    char(*ids)[PAT_ID_LEN + 1] = calloc(ROWS_AT_ONCE, sizeof *ids);
    size_t count = 0;

    for (; ids != NULL && count < harvest->count && harvest->victims[count].kind == PAT_ROW_TOKEN;
         count++)
        pat_text_clip(ids[count], sizeof *ids, harvest->victims[count].name);
    if (usage != NULL && count > 0 &&
        pat_usage_forget(usage, tenant, (const char(*)[PAT_ID_LEN + 1]) ids, count) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "forgetting uses"}, {"tenant", tenant});
    free(ids);
}

static enum pat_err
drop_rows(struct pat_manage *manage, const char *tenant, const struct harvest *harvest)
{
    union pat_row *row = malloc(sizeof *row);
    enum pat_err err = row == NULL ? PAT_ERR_NOMEM : PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < harvest->count; i++)
        err = drop_row(manage, tenant, &harvest->victims[i], row);
    if (err == PAT_OK)
        forget_uses(manage, tenant, harvest);
    free(row);
    return err;
}

/* --- a transaction --- */

/* The last one takes the tenant itself; it narrows, and so it stands in the journal. */
static enum pat_err
finish_step(struct pat_manage *manage, struct pat_tenant_deletion *deletion,
            struct pat_tenant_record *tenant, size_t rows)
{
    bool last = rows < ROWS_AT_ONCE;
    char after[40];
    const struct pat_change_args change = {.tenant = deletion->tenant,
                                           .event = last ? "tenant.delete" : "tenant.empty",
                                           .after = after,
                                           .reason = deletion->reason};
    enum pat_err err = last ? pat_store_drop(manage->store, PAT_ROW_TENANT, tenant) : PAT_OK;

    snprintf(after, sizeof after, "count=%zu", rows);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    err = pat_manage_log(manage, &change, NULL);
    if (err != PAT_OK)
        return err;
    deletion->done += (int64_t)rows;
    deletion->finished = last;
    return PAT_OK;
}

enum pat_err
pat_tenant_delete_step(struct pat_manage *manage, struct pat_tenant_deletion *deletion)
{
    struct harvest harvest = {.count = 0};
    struct pat_tenant_record tenant;
    enum pat_err err = pat_manage_tenant(manage, deletion->tenant, &tenant);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);
    if (err == PAT_OK)
        err = check_default(manage, deletion->tenant);
    if (err != PAT_OK)
        return err;
    if (tenant.state != PAT_STATE_DISABLED)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "tenant.enabled",
                                 "tenant %s was enabled while it was deleted", deletion->tenant);
    harvest.victims = malloc(ROWS_AT_ONCE * sizeof *harvest.victims);
    err = harvest.victims == NULL ? PAT_ERR_NOMEM : take_rows(manage, deletion->tenant, &harvest);
    if (err == PAT_OK)
        err = drop_rows(manage, deletion->tenant, &harvest);
    free(harvest.victims);
    return err == PAT_OK ? finish_step(manage, deletion, &tenant, harvest.count)
                         : pat_manage_failed(manage, err);
}
