/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals, sums, versions and heads, the same for every backend. A transaction keeps the heads of
 * the tenants it touched in memory and writes them, and then the host row, when it commits.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/proved.h"
#include "core/store/store_internal.h"
#include "core/token/generate.h"

static void
forget_transaction(struct pat_store *store)
{
    free(store->heads);
    free(store->journal);
    store->heads = NULL;
    store->head_count = 0;
    store->cuts = false;
    store->journal = NULL;
    store->journal_len = 0;
    if (store->writing && store->args.anchor != NULL)
        pat_anchor_set_moving(store->args.anchor, false);
    store->writing = false;
    store->settled = false;
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
    enum pat_err err;

    if (store->settled && pat_proved_find(store->proved, kind, tenant, name, ret))
        return PAT_OK;
    err = ops(store)->get(store->backend, kind, tenant, name, ret);
    if (err != PAT_OK)
        return err;
    if (!pat_seal_holds(store->args.keyring, kind, ret))
        return PAT_ERR_SEAL;
    if (store->settled)
        pat_proved_keep(store->proved, kind, tenant, name, ret);
    return PAT_OK;
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
    if (args->mode == PAT_STORE_READ && ops(store)->version != NULL)
        store->proved = pat_proved_new();
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
    pat_proved_free(store->proved);
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

void
pat_store_rollback(struct pat_store *store)
{
    forget_transaction(store);
    store->lingering = 0;
    ops(store)->rollback(store->backend);
}

/* From here on what was proved in this version of the store need not be read again. */
static enum pat_err
settle(struct pat_store *store)
{
    int64_t version;
    enum pat_err err;

    if (store->proved == NULL)
        return PAT_OK;
    err = ops(store)->version(store->backend, &version);
    if (err != PAT_OK)
        return err;
    pat_proved_settle(store->proved, version);
    store->settled = true;
    return PAT_OK;
}

void
pat_store_linger(struct pat_store *store)
{
    store->lingers = store->args.anchor != NULL;
}

void
pat_store_release(struct pat_store *store)
{
    if (store->lingering != 0)
        pat_store_rollback(store);
}

/*
 * Whether what was read is left in place for the next to read. Not beside a transaction that
 * writes: SQLite cannot empty its WAL while somebody reads there.
 */
static bool
may_linger(const struct pat_store *store)
{
    return store->lingers && store->settled && !pat_anchor_is_moving(store->args.anchor);
}

static enum pat_err
begin(struct pat_store *store, bool write, int64_t newest)
{
    struct pat_host_record host;
    enum pat_err err;

    if (store->broken)
        return PAT_ERR_UNAVAILABLE;
    if (store->lingering != 0 && store->lingering == newest) {
        store->settled = true;
        return PAT_OK;
    }
    pat_store_release(store);
    err = ops(store)->begin(store->backend, write);
    if (err != PAT_OK)
        return err;
    err = settle(store);
    if (err == PAT_OK)
        err = sealed_get(store, PAT_ROW_HOST, "", "", &host);
    if (err == PAT_OK && host.generation < newest)
        err = PAT_ERR_ROLLBACK;
    if (err != PAT_OK) {
        pat_store_rollback(store);
        return err;
    }
    store->host = host;
    store->writing = write;
    if (write && store->args.anchor != NULL)
        pat_anchor_set_moving(store->args.anchor, true);
    return PAT_OK;
}

enum pat_err
pat_store_begin(struct pat_store *store, bool write)
{
    /* Asked before the snapshot is taken: a commit comes before its anchor. */
    return begin(store, write,
                 store->args.anchor == NULL ? 0 : pat_anchor_newest(store->args.anchor));
}

enum pat_err
pat_store_begin_restored(struct pat_store *store, int64_t *ret_from)
{
    int64_t newest = pat_anchor_mark(store->args.anchor)->generation;
    enum pat_err err = begin(store, true, 0);

    if (err != PAT_OK)
        return err;
    *ret_from = store->host.generation;
    if (store->host.generation < newest)
        store->host.generation = newest;
    return PAT_OK;
}

struct pat_head_record *
pat_store_touch(struct pat_store *store, const char *tenant, enum pat_err *ret_err)
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

/* What a head says is cut may be removed once it says so. */
static enum pat_err
put_heads(struct pat_store *store)
{
    enum pat_err err = PAT_OK;

    for (size_t i = 0; err == PAT_OK && i < store->head_count; i++)
        err = summed_put(store, PAT_ROW_HEAD, &store->heads[i], store->host.sum);
    for (size_t i = 0; err == PAT_OK && store->cuts && i < store->head_count; i++)
        err = ops(store)->cut(store->backend, store->heads[i].tenant, store->heads[i].cut_seq);
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
        store->lingering = may_linger(store) ? store->host.generation : 0;
        store->settled = false;
        if (store->lingering != 0)
            return PAT_OK;
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
    head = pat_store_touch(store, pat_row_tenant(kind, record), &err);
    return head == NULL ? err : summed_put(store, kind, record, head->sum);
}

enum pat_err
pat_store_drop(struct pat_store *store, enum pat_row_kind kind, void *record)
{
    struct pat_head_record *head;
    enum pat_err err = PAT_OK;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = pat_store_touch(store, pat_row_tenant(kind, record), &err);
    if (head == NULL)
        return err;
    err = ops(store)->drop(store->backend, kind, record);
    if (err == PAT_OK)
        pat_seal_take(store->args.keyring, pat_row_seal(kind, record), head->sum);
    return err;
}

/* --- counting --- */

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
