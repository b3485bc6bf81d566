/* SPDX-License-Identifier: BSD-2-Clause */
/* For each scan: which rows it wants, and how two of them stand. What SQL says in the other
 * backend. */
#include <string.h>

#include "core/base/text.h"
#include "core/store/memory_scan.h"

static bool
is_older(int64_t number, const struct pat_scan *scan)
{
    return scan->before == 0 || number < scan->before;
}

static bool
tenant_after(const struct pat_scan *scan, const void *row)
{
    return strcmp(((const struct pat_tenant_record *)row)->tenant, scan->after_name) > 0;
}

static bool
head_from(const struct pat_scan *scan, const void *row)
{
    return strcmp(((const struct pat_head_record *)row)->tenant, scan->after_name) >= 0;
}

static bool
named_after(const struct pat_scan *scan, const void *row)
{
    enum pat_row_kind kind = pat_store_ops_scan_kind(scan->what);

    return pat_text_equal(pat_row_tenant(kind, row), scan->tenant) &&
           strcmp(pat_row_name(kind, row), scan->after_name) > 0;
}

static bool
user_of_uid(const struct pat_scan *scan, const void *row)
{
    const struct pat_user_record *user = row;

    return user->uid.set && user->uid.at == scan->number;
}

static bool
token_in_tenant(const struct pat_scan *scan, const void *row)
{
    const struct pat_token_record *token = row;

    return pat_text_equal(token->tenant, scan->tenant) && is_older(token->created_seq, scan);
}

static bool
token_of_user(const struct pat_scan *scan, const void *row)
{
    return token_in_tenant(scan, row) &&
           pat_text_equal(((const struct pat_token_record *)row)->user, scan->name);
}

static bool
state_fits(const struct pat_scan_fit *fit, int32_t state)
{
    return fit->states == 0 || (fit->states >> (state & 31) & 1) != 0;
}

static bool
created_fits(const struct pat_scan_fit *fit, int64_t created)
{
    return (!fit->created_from.set || created >= fit->created_from.at) &&
           (!fit->created_before.set || created < fit->created_before.at);
}

static bool
end_fits(const struct pat_scan_fit *fit, const struct pat_optional *expires)
{
    return (!fit->expires_before.set || (expires->set && expires->at < fit->expires_before.at)) &&
           (!fit->no_expiry || !expires->set);
}

static bool
death_fits(const struct pat_scan_fit *fit, const struct pat_token_record *token)
{
    int64_t before = fit->dead_before.at;

    return !fit->dead_before.set || (token->ended.set && token->ended.at < before) ||
           (token->expires.set && token->expires.at < before);
}

static bool
token_fits(const struct pat_scan_fit *fit, const struct pat_token_record *token)
{
    return (fit->glob == NULL || pat_text_glob(fit->glob, token->name)) &&
           (fit->scope == NULL || strstr(token->scopes.text, fit->scope) != NULL) &&
           (fit->batch == NULL || pat_text_equal(fit->batch, token->batch)) &&
           state_fits(fit, token->state) && created_fits(fit, token->created) &&
           end_fits(fit, &token->expires) && death_fits(fit, token);
}

static bool
token_fitting(const struct pat_scan *scan, const void *row)
{
    return token_in_tenant(scan, row) &&
           ((const struct pat_token_record *)row)->created_seq >= scan->number &&
           (scan->fit == NULL || token_fits(scan->fit, row));
}

static bool
token_named(const struct pat_scan *scan, const void *row)
{
    return token_in_tenant(scan, row) &&
           pat_text_equal(((const struct pat_token_record *)row)->name, scan->name);
}

static bool
in_some_tenant(const struct pat_scan *scan, const struct pat_token_record *token)
{
    return scan->tenant[0] == '\0' || pat_text_equal(token->tenant, scan->tenant);
}

static bool
token_by_id(const struct pat_scan *scan, const void *row)
{
    const struct pat_token_record *token = row;

    return in_some_tenant(scan, token) && strncmp(token->id, scan->name, strlen(scan->name)) == 0;
}

static bool
token_overdue(const struct pat_scan *scan, const void *row)
{
    const struct pat_token_record *token = row;

    return token->state == PAT_STATE_PENDING && token->pending_until.at <= scan->number;
}

static bool
token_ending(const struct pat_scan *scan, const void *row)
{
    const struct pat_token_record *token = row;

    return in_some_tenant(scan, token) && token->state == PAT_STATE_ACTIVE && token->expires.set &&
           token->expires.at > scan->number;
}

static bool
change_after(const struct pat_scan *scan, const void *row)
{
    const struct pat_change_record *change = row;

    return pat_text_equal(change->tenant, scan->tenant) && change->seq > scan->number;
}

static bool
change_before(const struct pat_scan *scan, const void *row)
{
    const struct pat_change_record *change = row;

    return pat_text_equal(change->tenant, scan->tenant) && is_older(change->seq, scan);
}

static int
compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int
by_name(const struct pat_scan *scan, const void *a, const void *b)
{
    enum pat_row_kind kind = pat_store_ops_scan_kind(scan->what);
    int tenants = strcmp(pat_row_tenant(kind, a), pat_row_tenant(kind, b));

    return tenants != 0 ? tenants : strcmp(pat_row_name(kind, a), pat_row_name(kind, b));
}

static int
newest_token(const struct pat_scan *scan, const void *a, const void *b)
{
    (void)scan;
    return compare_numbers(((const struct pat_token_record *)b)->created_seq,
                           ((const struct pat_token_record *)a)->created_seq);
}

static int
token_id(const struct pat_scan *scan, const void *a, const void *b)
{
    (void)scan;
    return strcmp(((const struct pat_token_record *)a)->id,
                  ((const struct pat_token_record *)b)->id);
}

static int
soonest_end(const struct pat_scan *scan, const void *a, const void *b)
{
    (void)scan;
    return compare_numbers(((const struct pat_token_record *)a)->expires.at,
                           ((const struct pat_token_record *)b)->expires.at);
}

static int
oldest_change(const struct pat_scan *scan, const void *a, const void *b)
{
    (void)scan;
    return compare_numbers(((const struct pat_change_record *)a)->seq,
                           ((const struct pat_change_record *)b)->seq);
}

static int
newest_change(const struct pat_scan *scan, const void *a, const void *b)
{
    return oldest_change(scan, b, a);
}

static const struct scan_rule {
    bool (*wants)(const struct pat_scan *scan, const void *row);
    int (*order)(const struct pat_scan *scan, const void *a, const void *b);
} scan_rules[PAT_SCAN_COUNT] = {
    [PAT_SCAN_TENANTS] = {tenant_after, by_name},
    [PAT_SCAN_HEADS] = {head_from, by_name},
    [PAT_SCAN_USERS] = {named_after, by_name},
    [PAT_SCAN_USERS_OF_UID] = {user_of_uid, by_name},
    [PAT_SCAN_GROUPS] = {named_after, by_name},
    [PAT_SCAN_SCOPES] = {named_after, by_name},
    [PAT_SCAN_TOKENS] = {token_in_tenant, newest_token},
    [PAT_SCAN_TOKENS_FITTING] = {token_fitting, newest_token},
    [PAT_SCAN_TOKENS_OF_USER] = {token_of_user, newest_token},
    [PAT_SCAN_TOKENS_BY_ID] = {token_by_id, token_id},
    [PAT_SCAN_TOKENS_NAMED] = {token_named, newest_token},
    [PAT_SCAN_TOKENS_OVERDUE] = {token_overdue, newest_token},
    [PAT_SCAN_TOKENS_ENDING] = {token_ending, soonest_end},
    [PAT_SCAN_CHANGES] = {change_after, oldest_change},
    [PAT_SCAN_CHANGES_BACK] = {change_before, newest_change},
};

bool
pat_memory_scan_wants(const struct pat_scan *scan, const void *row)
{
    return scan_rules[scan->what].wants(scan, row);
}

int
pat_memory_scan_order(const struct pat_scan *scan, const void *a, const void *b)
{
    return scan_rules[scan->what].order(scan, a, b);
}
