/* SPDX-License-Identifier: BSD-2-Clause */
/* What bulk changes are tried on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/audit/chain.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/file.h"
#include "core/store/check.h"
#include "tests/unit/bulk_world.h"

static const char *const tenants[] = {"acme", "lab"};

/* --- backends that fail when they are told to --- */

static struct pat_store_ops failing;
static const struct pat_store_ops *real;
int bulk_world_puts_left, bulk_world_commits_left;
enum pat_err bulk_world_refusal;

static bool
is_refused(int *left)
{
    return *left > 0 && --*left == 0;
}

static enum pat_err
put(void *backend, enum pat_row_kind kind, const void *record)
{
    return is_refused(&bulk_world_puts_left) ? bulk_world_refusal
                                             : real->put(backend, kind, record);
}

static enum pat_err
commit(void *backend)
{
    return is_refused(&bulk_world_commits_left) ? bulk_world_refusal : real->commit(backend);
}

/* --- a store, and somebody at work on it --- */

static struct pat_context *
new_context(void)
{
    char dir[SUPPORT_PATH_MAX], text[2 * SUPPORT_PATH_MAX + 80], state[SUPPORT_PATH_MAX],
        keys[SUPPORT_PATH_MAX];
    struct pat_config *config = NULL;
    struct pat_context *context = NULL;
    struct pat_diag diag = {.code = PAT_OK};
    int len;

    support_dir(dir);
    support_make_dir(dir, "state", state);
    support_make_dir(dir, "keys", keys);
    len = snprintf(text, sizeof text, "[patd]\nstate_dir = %s\nkeys_dir = %s\n", state, keys);
    assert_ok(pat_config_file_parse(text, (size_t)len, &config, &diag));
    assert_ok(pat_context_open(config, &context, &diag));
    return context;
}

static void
put_people(struct support_store *at)
{
    union pat_row row;

    for (size_t i = 0; i < COUNT(tenants); i++) {
        support_row(PAT_ROW_TENANT, 1, &row);
        pat_text_clip(row.tenant.tenant, sizeof row.tenant.tenant, tenants[i]);
        row.tenant.state = PAT_STATE_ACTIVE;
        support_store_put(at->store, PAT_ROW_TENANT, &row);
        support_row(PAT_ROW_USER, 1, &row);
        pat_text_clip(row.user.tenant, sizeof row.user.tenant, tenants[i]);
        pat_text_clip(row.user.user, sizeof row.user.user, "user0");
        support_store_put(at->store, PAT_ROW_USER, &row);
    }
}

void
bulk_world_id(const char *tenant, int64_t number, char ret[PAT_ID_LEN + 1])
{
    snprintf(ret, PAT_ID_LEN + 1, "%c%07lld", tenant[0], (long long)number);
}

/* A live token without an end, within the running transaction. */
static void
put_token(struct support_store *at, const char *tenant, int64_t number, enum pat_state state)
{
    struct pat_token_record token;
    union pat_row row;

    support_row(PAT_ROW_TOKEN, 1, &row);
    token = row.token;
    pat_text_clip(token.tenant, sizeof token.tenant, tenant);
    bulk_world_id(tenant, number, token.id);
    token.created_seq = number;
    token.state = state;
    token.successor[0] = '\0';
    token.not_before.set = token.expires.set = false;
    token.pending_until = (struct pat_optional){.set = state == PAT_STATE_PENDING,
                                                .at = BULK_NOW + BULK_DAY};
    token.ended = (struct pat_optional){.set = state == PAT_STATE_REVOKED,
                                        .at = BULK_NOW - 2 * BULK_DAY};
    assert_ok(pat_store_put(at->store, PAT_ROW_TOKEN, &token));
}

void
bulk_world_put(struct bulk_world *world, const char *tenant, int64_t from, int64_t count,
               enum pat_state state)
{
    assert_ok(pat_store_begin(world->at.store, true));
    for (int64_t i = from; i < from + count; i++)
        put_token(&world->at, tenant, i, state);
    assert_ok(pat_store_commit(world->at.store));
}

static void
use(struct bulk_world *world)
{
    world->manage = (struct pat_manage){.context = world->context,
                                        .store = world->at.store,
                                        .actor = {.is_operator = true, .name = "root"},
                                        .now = BULK_NOW};
}

void
bulk_world_open(struct bulk_world *world, const struct pat_store_ops *ops)
{
    real = ops;
    failing = *ops;
    failing.put = put;
    failing.commit = commit;
    bulk_world_puts_left = bulk_world_commits_left = 0;
    memset(world, 0, sizeof *world);
    support_store_make(&world->at, &failing);
    put_people(&world->at);
    world->context = new_context();
    use(world);
}

void
bulk_world_close(struct bulk_world *world)
{
    pat_manage_close(&world->manage);
    support_store_close(&world->at);
    pat_context_close(world->context);
}

struct pat_token_record
bulk_world_token(const struct bulk_world *world, const char *tenant, int64_t number)
{
    struct pat_token_record token;
    char id[PAT_ID_LEN + 1];

    bulk_world_id(tenant, number, id);
    assert_ok(pat_store_get(world->at.store, PAT_ROW_TOKEN, tenant, id, &token));
    return token;
}

static bool
count_one(void *context, const void *record)
{
    const struct pat_token_record *token = record;
    struct bulk_census *census = context;

    ++*(token->state == PAT_STATE_REVOKED ? &census->revoked : &census->live);
    return true;
}

struct bulk_census
bulk_world_census(const struct bulk_world *world, const char *tenant)
{
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS, .tenant = tenant};
    struct bulk_census census = {.live = 0};

    assert_ok(pat_store_scan(world->at.store, &scan, count_one, &census));
    return census;
}

/* --- the log --- */

struct reading {
    const struct pat_key *key;
    struct pat_digest link;
    const char *event, *batch;
    int64_t seq, count;
};

static bool
read_change(void *context, const void *record)
{
    struct reading *reading = context;
    const struct pat_change_record *change = record;

    assert_int_equal(change->seq, ++reading->seq);
    assert_int_equal(pat_chain_check(reading->key, &reading->link, change), PAT_CHAIN_WHOLE);
    reading->link = change->link;
    reading->count += pat_text_equal(change->event, reading->event) &&
                      pat_text_equal(change->batch, reading->batch);
    return true;
}

int64_t
bulk_world_logged(const struct bulk_world *world, const char *tenant, const char *event,
                  const char *batch)
{
    struct reading reading = {.key = pat_keyring_key(world->at.keyring, PAT_KEYRING_CHAIN),
                              .event = event,
                              .batch = batch};
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = tenant};
    struct pat_check check = {.trouble = ""};

    assert_ok(pat_store_scan(world->at.store, &scan, read_change, &reading));
    if (pat_check_store(world->at.store, NULL, NULL, &check) != PAT_OK)
        fail_msg("the store does not add up: %s", check.trouble);
    assert_ok(pat_store_compare(world->at.store));
    return reading.count;
}

struct ids {
    int64_t count;
};

static enum pat_err
count_ids(void *context, int64_t generation, const char *line)
{
    struct ids *ids = context;
    const char *subject = strstr(line, "subject=");

    (void)generation;
    assert_non_null(subject);
    ids->count++;
    for (; *subject != '\0'; subject++)
        ids->count += *subject == ',';
    return PAT_OK;
}

int64_t
bulk_world_journalled(const struct bulk_world *world)
{
    struct ids ids = {.count = 0};

    assert_ok(pat_anchor_replay(world->at.anchor, 0, count_ids, &ids));
    return ids.count;
}
