/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals, sums, versions and heads, the same for every backend. A transaction keeps the heads of
 * the tenants it touched in memory and writes them, and then the host row, when it commits.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/store.h"
#include "core/token/generate.h"

struct pat_store {
    struct pat_store_args args;
    void *backend;
    bool writing;
    bool broken;
    struct pat_host_record host; /* within a writing transaction */
    struct pat_head_record *heads;
    size_t head_count;
    char *journal;
    size_t journal_len;
};

static void
forget_transaction(struct pat_store *store)
{
    free(store->heads);
    free(store->journal);
    store->heads = NULL;
    store->head_count = 0;
    store->journal = NULL;
    store->journal_len = 0;
    store->writing = false;
}

static const struct pat_store_ops *
ops(const struct pat_store *store)
{
    return store->args.ops;
}

static enum pat_err
sealed_get(struct pat_store *store, enum pat_row_kind kind, const char *tenant, const char *name,
           void *ret)
{
    enum pat_err err = ops(store)->get(store->backend, kind, tenant, name, ret);

    if (err != PAT_OK)
        return err;
    return pat_seal_holds(store->args.keyring, kind, ret) ? PAT_OK : PAT_ERR_SEAL;
}

static enum pat_err
sealed_put(struct pat_store *store, enum pat_row_kind kind, void *record)
{
    ++*pat_row_version(kind, record);
    pat_seal_make(store->args.keyring, kind, record, pat_row_seal(kind, record));
    return ops(store)->put(store->backend, kind, record);
}

/* The same, and the sum over the seals follows; a write that is refused leaves it alone. */
static enum pat_err
summed_put(struct pat_store *store, enum pat_row_kind kind, void *record,
           unsigned char sum[PAT_SUM_LEN])
{
    unsigned char next[PAT_SUM_LEN];
    enum pat_err err;

    memcpy(next, sum, sizeof next);
    if (*pat_row_version(kind, record) > 0)
        pat_seal_take(store->args.keyring, pat_row_seal(kind, record), next);
    err = sealed_put(store, kind, record);
    if (err != PAT_OK)
        return err;
    pat_seal_add(store->args.keyring, pat_row_seal(kind, record), next);
    memcpy(sum, next, sizeof next);
    return PAT_OK;
}

/* --- opening --- */

static enum pat_err
make_host(struct pat_store *store)
{
    struct pat_host_record host = {.generation = 1};
    unsigned char id[16];
    enum pat_err err;

    pat_generate_bytes(id, sizeof id);
    for (size_t i = 0; i < sizeof id; i++) {
        host.id[2 * i] = "0123456789abcdef"[id[i] >> 4];
        host.id[2 * i + 1] = "0123456789abcdef"[id[i] & 15];
    }
    err = ops(store)->begin(store->backend, true);
    if (err == PAT_OK)
        err = sealed_put(store, PAT_ROW_HOST, &host);
    if (err == PAT_OK)
        err = ops(store)->commit(store->backend);
    if (err != PAT_OK)
        ops(store)->rollback(store->backend);
    return err;
}

enum pat_err
pat_store_open(const struct pat_store_args *args, struct pat_store **ret)
{
    struct pat_store *store = calloc(1, sizeof *store);
    struct pat_host_record host;
    enum pat_err err;

    if (store == NULL)
        return PAT_ERR_NOMEM;
    store->args = *args;
    err = ops(store)->open(args->place, args->mode, &store->backend);
    if (err == PAT_OK && args->mode == PAT_STORE_CREATE)
        err = make_host(store);
    if (err == PAT_OK)
        err = sealed_get(store, PAT_ROW_HOST, "", "", &host);
    if (err == PAT_ERR_NOT_FOUND && store->backend != NULL)
        err = PAT_ERR_SEAL; /* a store without its host row */
    if (err != PAT_OK) {
        pat_store_close(store);
        return err;
    }
    *ret = store;
    return PAT_OK;
}

void
pat_store_close(struct pat_store *store)
{
    if (store == NULL)
        return;
    forget_transaction(store);
    ops(store)->close(store->backend);
    free(store);
}

enum pat_err
pat_store_compare(struct pat_store *store)
{
    const struct pat_anchor_mark *mark = pat_anchor_mark(store->args.anchor);
    struct pat_host_record host;
    enum pat_err err = sealed_get(store, PAT_ROW_HOST, "", "", &host);

    if (err != PAT_OK)
        return err;
    if (host.generation != mark->generation)
        return host.generation > mark->generation ? PAT_ERR_CONFLICT : PAT_ERR_ROLLBACK;
    return memcmp(host.sum, mark->sum, sizeof host.sum) == 0 ? PAT_OK : PAT_ERR_SEAL;
}

bool
pat_store_broken(const struct pat_store *store)
{
    return store->broken;
}

const struct pat_keyring *
pat_store_keyring(const struct pat_store *store)
{
    return store->args.keyring;
}

struct pat_anchor *
pat_store_anchor(const struct pat_store *store)
{
    return store->args.anchor;
}

/* --- transactions --- */

enum pat_err
pat_store_begin(struct pat_store *store, bool write)
{
    /* Asked before the snapshot is taken: a commit comes before its anchor. */
    int64_t newest = store->args.anchor == NULL ? 0 : pat_anchor_newest(store->args.anchor);
    struct pat_host_record host;
    enum pat_err err;

    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    err = ops(store)->begin(store->backend, write);
    if (err != PAT_OK)
        return err;
    err = sealed_get(store, PAT_ROW_HOST, "", "", &host);
    if (err == PAT_OK && host.generation < newest)
        err = PAT_ERR_ROLLBACK;
    if (err != PAT_OK) {
        ops(store)->rollback(store->backend);
        return err;
    }
    if (write)
        store->host = host;
    store->writing = write;
    return PAT_OK;
}

void
pat_store_rollback(struct pat_store *store)
{
    forget_transaction(store);
    ops(store)->rollback(store->backend);
}

static struct pat_head_record *
touch_head(struct pat_store *store, const char *tenant, enum pat_err *ret_err)
{
    struct pat_head_record *head;

    for (size_t i = 0; i < store->head_count; i++)
        if (pat_text_equal(store->heads[i].tenant, tenant))
            return &store->heads[i];
    head = realloc(store->heads, (store->head_count + 1) * sizeof *head);
    if (head == NULL) {
        *ret_err = PAT_ERR_NOMEM;
        return NULL;
    }
    store->heads = head;
    head += store->head_count;
    *ret_err = sealed_get(store, PAT_ROW_HEAD, tenant, "", head);
    if (*ret_err == PAT_ERR_NOT_FOUND) {
        *head = (struct pat_head_record){.seq = 0};
        pat_text_clip(head->tenant, sizeof head->tenant, tenant);
        *ret_err = PAT_OK;
    }
    if (*ret_err != PAT_OK)
        return NULL;
    store->head_count++;
    return head;
}

static enum pat_err
put_heads(struct pat_store *store)
{
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < store->head_count; i++)
        err = summed_put(store, PAT_ROW_HEAD, &store->heads[i], store->host.sum);
    return err;
}

static enum pat_err
advance_anchor(struct pat_store *store)
{
    struct pat_anchor_mark mark = {.generation = store->host.generation};

    if (store->args.anchor == NULL)
        return PAT_OK;
    memcpy(mark.sum, store->host.sum, sizeof mark.sum);
    return pat_anchor_advance(store->args.anchor, &mark, store->journal, store->journal_len);
}

enum pat_err
pat_store_commit(struct pat_store *store)
{
    enum pat_err err = PAT_OK;

    if (!store->writing) {
        err = ops(store)->commit(store->backend);
        if (err != PAT_OK)
            ops(store)->rollback(store->backend);
        return err;
    }
    store->host.generation++;
    if (store->journal_len > PAT_ANCHOR_LINES_MAX)
        err = PAT_ERR_RANGE;
    if (err == PAT_OK)
        err = put_heads(store);
    if (err == PAT_OK)
        err = sealed_put(store, PAT_ROW_HOST, &store->host);
    if (err != PAT_OK) {
        pat_store_rollback(store);
        return err;
    }
    err = ops(store)->commit(store->backend);
    if (err == PAT_OK)
        err = advance_anchor(store);
    /* What a failed commit or anchor left on disk only a fresh start can tell. */
    store->broken = err != PAT_OK;
    if (err != PAT_OK)
        ops(store)->rollback(store->backend);
    forget_transaction(store);
    return err;
}

/* --- rows --- */

enum pat_err
pat_store_get(struct pat_store *store, enum pat_row_kind kind, const char *tenant, const char *name,
              void *ret)
{
    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    return sealed_get(store, kind, tenant, name, ret);
}

struct sealed_each {
    const struct pat_store *store;
    enum pat_row_kind kind;
    pat_scan_each *each;
    void *context;
    enum pat_err err;
};

static bool
check_each(void *context, const void *record)
{
    struct sealed_each *sealed = context;

    if (!pat_seal_holds(sealed->store->args.keyring, sealed->kind, record)) {
        sealed->err = PAT_ERR_SEAL;
        return false;
    }
    return sealed->each(sealed->context, record);
}

enum pat_err
pat_store_scan(struct pat_store *store, const struct pat_scan *scan, pat_scan_each *each,
               void *context)
{
    struct sealed_each sealed = {.store = store,
                                 .kind = pat_store_ops_scan_kind(scan->what),
                                 .each = each,
                                 .context = context,
                                 .err = PAT_OK};
    enum pat_err err;

    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    if (!pat_row_type(sealed.kind)->sealed)
        return ops(store)->scan(store->backend, scan, each, context);
    err = ops(store)->scan(store->backend, scan, check_each, &sealed);
    return err == PAT_OK ? sealed.err : err;
}

enum pat_err
pat_store_put(struct pat_store *store, enum pat_row_kind kind, void *record)
{
    struct pat_head_record *head;
    enum pat_err err = PAT_OK;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    if (kind == PAT_ROW_HOST) { /* only what is not counted by the transaction itself */
        memcpy(store->host.default_tenant, ((struct pat_host_record *)record)->default_tenant,
               sizeof store->host.default_tenant);
        return PAT_OK;
    }
    head = touch_head(store, pat_row_tenant(kind, record), &err);
    return head == NULL ? err : summed_put(store, kind, record, head->sum);
}

enum pat_err
pat_store_drop(struct pat_store *store, enum pat_row_kind kind, void *record)
{
    struct pat_head_record *head;
    enum pat_err err = PAT_OK;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = touch_head(store, pat_row_tenant(kind, record), &err);
    if (head == NULL)
        return err;
    err = ops(store)->drop(store->backend, kind, record);
    if (err == PAT_OK)
        pat_seal_take(store->args.keyring, pat_row_seal(kind, record), head->sum);
    return err;
}

/* --- the change log --- */

enum pat_err
pat_store_log_head(struct pat_store *store, const char *tenant, int64_t *ret_seq,
                   struct pat_digest *ret_link)
{
    enum pat_err err = PAT_OK;
    struct pat_head_record *head;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = touch_head(store, tenant, &err);
    if (head == NULL)
        return err;
    *ret_seq = head->seq;
    *ret_link = head->chain;
    return PAT_OK;
}

int64_t
pat_store_next_generation(const struct pat_store *store)
{
    return store->host.generation + 1;
}

static enum pat_err
add_journal_line(struct pat_store *store, const char *line)
{
    size_t len = strlen(line);
    char *longer = realloc(store->journal, store->journal_len + len + 1);

    if (longer == NULL)
        return PAT_ERR_NOMEM;
    store->journal = longer;
    memcpy(longer + store->journal_len, line, len);
    longer[store->journal_len + len] = '\n';
    store->journal_len += len + 1;
    return PAT_OK;
}

enum pat_err
pat_store_append(struct pat_store *store, const struct pat_change_record *change,
                 const char *journal_line)
{
    enum pat_err err = PAT_OK;
    struct pat_head_record *head;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = touch_head(store, change->tenant, &err);
    if (head == NULL)
        return err;
    if (change->seq != head->seq + 1 || change->generation != pat_store_next_generation(store))
        return PAT_ERR_INTERNAL;
    err = ops(store)->put(store->backend, PAT_ROW_CHANGE, change);
    if (err == PAT_OK && journal_line != NULL)
        err = add_journal_line(store, journal_line);
    if (err == PAT_OK) {
        head->seq = change->seq;
        head->chain = change->link;
    }
    return err;
}

enum pat_err
pat_store_count_live(struct pat_store *store, const char *tenant, const char *user,
                     const char *name, int64_t now, int64_t *ret)
{
    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    return ops(store)->count_live(store->backend, tenant, user, name, now, ret);
}

enum pat_err
pat_store_tally(struct pat_store *store, const char *tenant, int64_t now, int64_t soon,
                struct pat_tally *ret)
{
    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    return ops(store)->tally(store->backend, tenant, now, soon, ret);
}
