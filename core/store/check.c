/* SPDX-License-Identifier: BSD-2-Clause */
/* The slow, complete check; answers read only the rows they need. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/check.h"

#define ROWS_BETWEEN_PAUSES 256

struct adding {
    struct pat_store *store;
    enum pat_row_kind kind;
    unsigned char sum[PAT_SUM_LEN];
    struct pat_check *check;
    pat_check_pause *pause;
    void *context;
    bool stopped;
};

struct totals {
    struct adding *adding;
    unsigned char heads[PAT_SUM_LEN]; /* over the seals of all heads */
    enum pat_err err;
};

static void
note_key(struct pat_check *check, const struct pat_token_record *token)
{
    struct pat_check_key *key = check->keys;
    size_t i = 0;

    if (token->state == PAT_STATE_REVOKED)
        return;
    while (i < check->key_count && key[i].number != token->key_number)
        i++;
    if (i == PAT_KEYRING_MAX)
        return; /* more than there can be files */
    if (i == check->key_count)
        check->keys[check->key_count++] = (struct pat_check_key){.number = token->key_number};
    key[i].tokens++;
    if (!token->expires.set)
        key[i].forever = true;
    else if (token->expires.at > key[i].until)
        key[i].until = token->expires.at;
}

static bool
add_row(void *context, const void *record)
{
    struct adding *adding = context;
    const struct pat_row_type *type = pat_row_type(adding->kind);
    const struct pat_digest *seal = pat_row_field_const(record, &type->fields[type->count - 1]);

    pat_seal_add(pat_store_keyring(adding->store), seal, adding->sum);
    if (adding->kind == PAT_ROW_TOKEN)
        note_key(adding->check, record);
    if (++adding->check->rows % ROWS_BETWEEN_PAUSES == 0 && adding->pause != NULL)
        adding->stopped = !adding->pause(adding->context);
    return !adding->stopped;
}

static enum pat_err
add_kind(struct adding *adding, enum pat_scan_what what, const char *tenant)
{
    const struct pat_scan scan = {.what = what, .tenant = tenant};
    enum pat_err err;

    adding->kind = pat_store_ops_scan_kind(what);
    err = pat_store_scan(adding->store, &scan, add_row, adding);
    if (err == PAT_ERR_SEAL)
        snprintf(adding->check->trouble, sizeof adding->check->trouble,
                 "a row of %s in tenant \"%s\" does not carry its seal",
                 pat_row_type(adding->kind)->table, tenant);
    return err == PAT_OK && adding->stopped ? PAT_ERR_BUSY : err;
}

static enum pat_err
add_tenant_row(struct adding *adding, const char *tenant)
{
    struct pat_tenant_record row;
    enum pat_err err = pat_store_get(adding->store, PAT_ROW_TENANT, tenant, "", &row);

    adding->kind = PAT_ROW_TENANT;
    if (err == PAT_OK)
        add_row(adding, &row);
    return err == PAT_ERR_NOT_FOUND ? PAT_OK : err; /* a missing one shows in the sum */
}

static enum pat_err
add_tenant(struct adding *adding, const char *tenant)
{
    static const enum pat_scan_what kinds[] = {PAT_SCAN_USERS, PAT_SCAN_GROUPS, PAT_SCAN_TOKENS};
    enum pat_err err;

    memset(adding->sum, 0, sizeof adding->sum);
    if (tenant[0] == '\0')
        return add_kind(adding, PAT_SCAN_SCOPES, tenant);
    err = add_tenant_row(adding, tenant);
    for (size_t i = 0; err == PAT_OK && i < sizeof kinds / sizeof kinds[0]; i++)
        err = add_kind(adding, kinds[i], tenant);
    return err;
}

static bool
check_head(void *context, const void *record)
{
    struct totals *totals = context;
    const struct pat_head_record *head = record;
    struct adding *adding = totals->adding;

    pat_seal_add(pat_store_keyring(adding->store), &head->seal, totals->heads);
    totals->err = add_tenant(adding, head->tenant);
    if (totals->err == PAT_OK && memcmp(adding->sum, head->sum, sizeof head->sum) != 0) {
        snprintf(adding->check->trouble, sizeof adding->check->trouble,
                 "rows of tenant \"%s\" were removed or put back", head->tenant);
        totals->err = PAT_ERR_SEAL;
    }
    return totals->err == PAT_OK;
}

static enum pat_err
check_all(struct adding *adding)
{
    const struct pat_scan heads = {.what = PAT_SCAN_HEADS};
    struct totals totals = {.adding = adding, .err = PAT_OK};
    struct pat_host_record host;
    enum pat_err err = pat_store_get(adding->store, PAT_ROW_HOST, "", "", &host);

    if (err == PAT_OK)
        err = pat_store_scan(adding->store, &heads, check_head, &totals);
    if (err == PAT_OK)
        err = totals.err;
    if (err == PAT_OK && memcmp(totals.heads, host.sum, sizeof host.sum) != 0)
        err = PAT_ERR_SEAL;
    if (err == PAT_ERR_SEAL && adding->check->trouble[0] == '\0')
        pat_text_clip(adding->check->trouble, sizeof adding->check->trouble,
                      "the heads of the tenants do not fit the host row");
    return err;
}

enum pat_err
pat_check_store(struct pat_store *store, pat_check_pause *pause, void *context,
                struct pat_check *ret)
{
    struct adding adding = {.store = store, .check = ret, .pause = pause, .context = context};
    enum pat_err err = pat_store_begin(store, false);
    enum pat_err ended;

    memset(ret, 0, sizeof *ret);
    if (err == PAT_ERR_SEAL)
        pat_text_clip(ret->trouble, sizeof ret->trouble, "the host row does not carry its seal");
    if (err != PAT_OK)
        return err;
    err = check_all(&adding);
    ended = pat_store_commit(store);
    return err == PAT_OK ? ended : err;
}
