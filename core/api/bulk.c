/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bulk changes. What was found is kept as numbers, eight bytes a token; the rows are read again,
 * some at a time, in the transaction that changes them, and asked again whether they fit.
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

#define AHEAD 16 /* rows that are read at once */
#define APART 4  /* when their numbers stand no further apart, on average */

/* What was read of the next ones. */
struct ahead {
    struct pat_token_record tokens[AHEAD];
    size_t count, next;
    size_t end; /* the place among all up to which it goes; some may be missing */
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
    size_t rows;                 /* of a commit */
    struct ahead ahead;          /* within a commit */
    char (*ids)[PAT_ID_LEN + 1]; /* of a part's, when the task asks for them */
};

struct pat_bulk *
pat_bulk_new(void)
{
    struct pat_bulk *bulk = calloc(1, sizeof *bulk);
    unsigned char id[6];

    if (bulk == NULL)
        return NULL;
    bulk->rows = PAT_BULK_ROWS;
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
    free(bulk->ids);
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

struct commit {
    struct pat_manage *manage;
    const struct pat_bulk_task *task;
    struct pat_find_sieve sieve;
    size_t end, at, part;
    int64_t done;   /* in this commit */
    size_t of_part; /* of them, of this tenant */
};

/* The numbers that are looked for: a stretch of all. */
struct wanted {
    const int64_t *seqs;
    size_t count, next;
    struct ahead *ahead;
};

static bool
take_row(void *context, const void *record)
{
    struct wanted *wanted = context;
    const struct pat_token_record *token = record;

    while (wanted->next < wanted->count && wanted->seqs[wanted->next] > token->created_seq)
        wanted->next++;
    if (wanted->next < wanted->count && wanted->seqs[wanted->next] == token->created_seq)
        memcpy(&wanted->ahead->tokens[wanted->ahead->count++], token, sizeof *token);
    return true;
}

/* As many as stand close together, and in one part. */
static size_t
stretch(const struct commit *commit, const struct pat_bulk *bulk)
{
    size_t end = commit->part + 1 < bulk->part_count ? bulk->parts[commit->part + 1].begin
                                                     : bulk->count;
    const int64_t *seqs = bulk->seqs + commit->at;
    size_t count = 1;

    if (end > commit->end)
        end = commit->end;
    while (count < AHEAD && commit->at + count < end &&
           seqs[0] - seqs[count] <= APART * (int64_t)count)
        count++;
    return count;
}

static enum pat_err
read_ahead(const struct commit *commit, struct pat_bulk *bulk)
{
    struct wanted wanted = {
        .seqs = bulk->seqs + commit->at, .count = stretch(commit, bulk), .ahead = &bulk->ahead};
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_FITTING,
                                  .tenant = bulk->parts[commit->part].tenant,
                                  .number = wanted.seqs[wanted.count - 1],
                                  .before = wanted.seqs[0] + 1,
                                  .fit = &commit->sieve.fit};

    bulk->ahead.count = bulk->ahead.next = 0;
    bulk->ahead.end = commit->at + wanted.count;
    return pat_store_scan(commit->manage->store, &scan, take_row, &wanted);
}

/* The next token as it is now, if it still is one of those; else *ret is NULL. */
static enum pat_err
read_row(const struct commit *commit, struct pat_bulk *bulk, struct pat_token_record **ret)
{
    struct pat_manage *manage = commit->manage;
    struct ahead *ahead = &bulk->ahead;
    struct pat_token_record *token;
    bool fits = true;
    enum pat_err err = commit->at < ahead->end ? PAT_OK : read_ahead(commit, bulk);

    *ret = NULL;
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    token = &ahead->tokens[ahead->next];
    if (ahead->next == ahead->count || token->created_seq != bulk->seqs[commit->at])
        return PAT_OK;
    ahead->next++;
    if (!pat_find_filter_fits(&commit->sieve, token, manage->now) ||
        (commit->task->live_only && pat_find_is_dead(token, manage->now)))
        return PAT_OK;
    err = pat_find_filter_use_fits(&commit->sieve, pat_context_usage(manage->context), token,
                                   &fits);
    if (fits)
        *ret = token;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

/* Behind the last of a tenant's. */
static enum pat_err
close_part(struct commit *commit, const struct pat_bulk *bulk)
{
    const struct pat_bulk_part part = {.tenant = bulk->parts[commit->part].tenant,
                                       .ids = (const char(*)[PAT_ID_LEN + 1]) bulk->ids,
                                       .count = commit->of_part};

    commit->of_part = 0;
    if (part.count == 0 || commit->task->close == NULL)
        return PAT_OK;
    return commit->task->close(commit->manage, commit->task, bulk->batch, &part);
}

static enum pat_err
change_next(struct commit *commit, struct pat_bulk *bulk)
{
    const struct pat_bulk_task *task = commit->task;
    struct pat_token_record *token = NULL;
    bool is_alone;
    enum pat_err err = PAT_OK;

    if (commit->part + 1 < bulk->part_count && bulk->parts[commit->part + 1].begin == commit->at) {
        err = close_part(commit, bulk);
        commit->part++;
    }
    if (err == PAT_OK)
        err = read_row(commit, bulk, &token);
    commit->at++;
    if (err != PAT_OK || token == NULL)
        return err;
    is_alone = token->state != PAT_STATE_PENDING;
    err = permit(commit->manage, task, token); /* a role may have been lost since */
    if (err == PAT_OK)
        err = task->change(commit->manage, task, bulk->batch, token);
    if (!is_alone) /* the token that it was to succeed was written too */
        bulk->ahead.end = 0;
    if (bulk->ids != NULL)
        memcpy(bulk->ids[commit->of_part], token->id, sizeof *bulk->ids);
    commit->done++;
    commit->of_part++;
    return err;
}

static enum pat_err
change_some(struct commit *commit, struct pat_bulk *bulk)
{
    enum pat_err err = pat_manage_start(commit->manage);

    if (err != PAT_OK)
        return err;
    bulk->ahead.end = 0;
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
    if (task->close != NULL && bulk->ids == NULL)
        bulk->ids = calloc(PAT_BULK_ROWS, sizeof *bulk->ids);
    if (task->close != NULL && bulk->ids == NULL)
        return pat_manage_failed(manage, PAT_ERR_NOMEM);
    commit.end = bulk->at + (left < bulk->rows ? left : bulk->rows);
    err = change_some(&commit, bulk);
    if (err == PAT_ERR_FULL) { /* perhaps before the commit: its pages are written as they come */
        manage->lacks_room = task->action == PAT_ACT_END_TOKEN;
        bulk->rows = PAT_BULK_ROWS_TIGHT;
    }
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
