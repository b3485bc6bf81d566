/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bulk changes. What was found is kept as numbers, eight bytes a token; the rows are read again,
 * one by one, in the transaction that changes them, and asked again whether they fit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/bulk.h"
#include "core/api/find_filter.h"
#include "core/api/tokens_internal.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "core/token/generate.h"

/* The numbers of a tenant's tokens begin at this place of all. */
struct part {
    char tenant[PAT_TENANT_MAX + 1];
    size_t begin;
};

struct pat_bulk {
    char batch[PAT_BATCH_MAX + 1];
    struct pat_find_place place;
    int64_t *seqs; /* newest first within each part */
    size_t count, room;
    struct part *parts;
    size_t part_count;
    size_t at, part; /* the next one, and the part that holds it */
    int64_t done;
};

struct pat_bulk *
pat_bulk_new(void)
{
    struct pat_bulk *bulk = calloc(1, sizeof *bulk);
    unsigned char id[6];

    if (bulk == NULL)
        return NULL;
    pat_generate_bytes(id, sizeof id);
    snprintf(bulk->batch, sizeof bulk->batch, "b_%02x%02x%02x%02x%02x%02x", id[0], id[1], id[2],
             id[3], id[4], id[5]);
    return bulk;
}

void
pat_bulk_free(struct pat_bulk *bulk)
{
    if (bulk == NULL)
        return;
    free(bulk->seqs);
    free(bulk->parts);
    free(bulk);
}

int64_t
pat_bulk_of(const struct pat_bulk *bulk)
{
    return (int64_t)bulk->count;
}

int64_t
pat_bulk_done(const struct pat_bulk *bulk)
{
    return bulk->done;
}

const char *
pat_bulk_batch(const struct pat_bulk *bulk)
{
    return bulk->batch;
}

/* --- finding --- */

static enum pat_err
add_part(struct pat_bulk *bulk, const char *tenant)
{
    struct part *parts;

    if (bulk->part_count > 0 && pat_text_equal(bulk->parts[bulk->part_count - 1].tenant, tenant))
        return PAT_OK;
    parts = realloc(bulk->parts, (bulk->part_count + 1) * sizeof *parts);
    if (parts == NULL)
        return PAT_ERR_NOMEM;
    bulk->parts = parts;
    pat_text_clip(parts[bulk->part_count].tenant, sizeof parts->tenant, tenant);
    parts[bulk->part_count++].begin = bulk->count;
    return PAT_OK;
}

static enum pat_err
add_seq(struct pat_bulk *bulk, const struct pat_token_record *token)
{
    size_t room = bulk->room == 0 ? 1024 : 2 * bulk->room;
    int64_t *seqs;

    if (bulk->count == bulk->room) {
        seqs = realloc(bulk->seqs, room * sizeof *seqs);
        if (seqs == NULL)
            return PAT_ERR_NOMEM;
        bulk->seqs = seqs;
        bulk->room = room;
    }
    bulk->seqs[bulk->count] = token->created_seq;
    if (add_part(bulk, token->tenant) != PAT_OK)
        return PAT_ERR_NOMEM;
    bulk->count++;
    return PAT_OK;
}

/* Of the user's row the two actions ask only whose it is. */
static enum pat_err
permit(struct pat_manage *manage, const struct pat_bulk_task *task,
       const struct pat_token_record *token)
{
    struct pat_user_record user = {.tenant = ""};

    pat_text_clip(user.tenant, sizeof user.tenant, token->tenant);
    pat_text_clip(user.user, sizeof user.user, token->user);
    return pat_manage_permit(manage, task->action, token->tenant, &user);
}

struct finding {
    struct pat_manage *manage;
    const struct pat_bulk_task *task;
    struct pat_bulk *bulk;
    enum pat_err err;
};

static bool
note_token(void *context, const void *record)
{
    struct finding *finding = context;
    const struct pat_token_record *token = record;

    if (finding->task->live_only && pat_find_is_dead(token, finding->manage->now))
        return true;
    finding->err = permit(finding->manage, finding->task, token);
    if (finding->err == PAT_OK && add_seq(finding->bulk, token) != PAT_OK)
        finding->err = pat_manage_failed(finding->manage, PAT_ERR_NOMEM);
    return finding->err == PAT_OK;
}

enum pat_err
pat_bulk_find(struct pat_manage *manage, struct pat_bulk *bulk, const struct pat_bulk_task *task,
              bool *ret_found)
{
    struct finding finding = {.manage = manage, .task = task, .bulk = bulk, .err = PAT_OK};
    struct pat_usage *usage = pat_context_usage(manage->context);
    enum pat_err err = pat_store_begin(manage->store, false);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    pat_usage_hold(usage);
    err = pat_find_page(manage, task->filter, &bulk->place, note_token, &finding);
    pat_usage_release(usage);
    pat_store_rollback(manage->store);
    if (finding.err != PAT_OK)
        return finding.err; /* pat_find_page() counts an early end as none */
    *ret_found = err == PAT_OK && bulk->place.done;
    return err;
}

/* --- changing --- */

struct row {
    struct pat_token_record token;
    bool is_there;
};

static bool
take_row(void *context, const void *record)
{
    struct row *row = context;

    row->is_there = true;
    memcpy(&row->token, record, sizeof row->token);
    return false;
}

/* The token of that number as it is now, if it still is one of those. */
static enum pat_err
read_row(struct pat_manage *manage, const struct pat_bulk_task *task,
         const struct pat_find_sieve *sieve, const char *tenant, int64_t seq, struct row *ret)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS, .tenant = tenant, .before = seq + 1, .limit = 1};
    struct pat_usage *usage = pat_context_usage(manage->context);
    enum pat_err err;

    ret->is_there = false;
    err = pat_store_scan(manage->store, &scan, take_row, ret);
    ret->is_there = ret->is_there && ret->token.created_seq == seq &&
                    pat_find_filter_fits(sieve, &ret->token, manage->now) &&
                    !(task->live_only && pat_find_is_dead(&ret->token, manage->now));
    if (err == PAT_OK && ret->is_there)
        err = pat_find_filter_use_fits(sieve, usage, &ret->token, &ret->is_there);
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

struct commit {
    struct pat_manage *manage;
    const struct pat_bulk_task *task;
    struct pat_find_sieve sieve;
    size_t end, at, part;
    int64_t done;    /* in this commit */
    int64_t of_part; /* of them, of this tenant */
    struct row row;
};

/* Behind the last of a tenant's. */
static enum pat_err
close_part(struct commit *commit, const struct pat_bulk *bulk)
{
    const char *tenant = bulk->parts[commit->part].tenant;
    int64_t count = commit->of_part;

    commit->of_part = 0;
    if (count == 0 || commit->task->close == NULL)
        return PAT_OK;
    return commit->task->close(commit->manage, commit->task, bulk->batch, tenant, count);
}

static enum pat_err
change_next(struct commit *commit, const struct pat_bulk *bulk)
{
    const struct pat_bulk_task *task = commit->task;
    enum pat_err err = PAT_OK;

    if (commit->part + 1 < bulk->part_count && bulk->parts[commit->part + 1].begin == commit->at) {
        err = close_part(commit, bulk);
        commit->part++;
    }
    if (err == PAT_OK)
        err = read_row(commit->manage, task, &commit->sieve, bulk->parts[commit->part].tenant,
                       bulk->seqs[commit->at], &commit->row);
    commit->at++;
    if (err != PAT_OK || !commit->row.is_there)
        return err;
    err = permit(commit->manage, task, &commit->row.token); /* a role may have been lost since */
    if (err == PAT_OK)
        err = task->change(commit->manage, task, bulk->batch, &commit->row.token);
    commit->done++;
    commit->of_part++;
    return err;
}

static enum pat_err
change_some(struct commit *commit, const struct pat_bulk *bulk)
{
    enum pat_err err = pat_manage_start(commit->manage);

    if (err != PAT_OK)
        return err;
    while (err == PAT_OK && commit->at < commit->end)
        err = change_next(commit, bulk);
    if (err == PAT_OK)
        err = close_part(commit, bulk);
    return pat_manage_end(commit->manage, err);
}

static void
log_commit(const struct pat_manage *manage, const struct pat_bulk *bulk, const char *reason)
{
    char count[24];

    snprintf(count, sizeof count, "%lld", (long long)bulk->done);
    PAT_LOG(LOG_NOTICE, "bulk", {"batch", bulk->batch}, {"count", count},
            {"actor", manage->actor.name}, {"reason", pat_text_or_null(reason)});
}

enum pat_err
pat_bulk_commit(struct pat_manage *manage, struct pat_bulk *bulk, const struct pat_bulk_task *task,
                bool *ret_done)
{
    struct commit commit = {.manage = manage, .task = task, .at = bulk->at, .part = bulk->part};
    size_t left = bulk->count - bulk->at;
    enum pat_err err = pat_find_filter_read(manage, task->filter, &commit.sieve);

    *ret_done = left == 0;
    if (err != PAT_OK || left == 0)
        return err;
    commit.end = bulk->at + (left < PAT_BULK_ROWS ? left : PAT_BULK_ROWS);
    err = change_some(&commit, bulk);
    if (err != PAT_OK)
        return err;
    bulk->at = commit.at;
    bulk->part = commit.part;
    bulk->done += commit.done;
    *ret_done = bulk->at == bulk->count;
    if (commit.done > 0)
        log_commit(manage, bulk, task->reason);
    return PAT_OK;
}

/* --- revoking --- */

static enum pat_err
end_token(struct pat_manage *manage, const struct pat_bulk_task *task, const char *batch,
          struct pat_token_record *token)
{
    return pat_tokens_end(manage, token, task->reason, batch);
}

struct pat_bulk_task
pat_bulk_revocation(const struct pat_find_filter *filter, const char *reason)
{
    return (struct pat_bulk_task){.filter = filter,
                                  .action = PAT_ACT_END_TOKEN,
                                  .live_only = true,
                                  .change = end_token,
                                  .reason = reason};
}
