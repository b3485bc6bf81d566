/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The change log within a transaction: what is appended, cut and erased. The heads that it moves
 * are written when the transaction commits.
 */
#include <stdlib.h>
#include <string.h>

#include "core/store/store_internal.h"

enum pat_err
pat_store_log_head(struct pat_store *store, const char *tenant, int64_t *ret_seq,
                   struct pat_digest *ret_link)
{
    enum pat_err err = PAT_OK;
    struct pat_head_record *head;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = pat_store_touch(store, tenant, &err);
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

enum pat_err
pat_store_journal(struct pat_store *store, const char *lines, size_t len)
{
    char *longer;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    if (len == 0)
        return PAT_OK;
    longer = realloc(store->journal, store->journal_len + len);
    if (longer == NULL)
        return PAT_ERR_NOMEM;
    store->journal = longer;
    memcpy(longer + store->journal_len, lines, len);
    store->journal_len += len;
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
    head = pat_store_touch(store, change->tenant, &err);
    if (head == NULL)
        return err;
    if (change->seq != head->seq + 1 || change->generation != pat_store_next_generation(store))
        return PAT_ERR_INTERNAL;
    err = store->args.ops->put(store->backend, PAT_ROW_CHANGE, change);
    if (err == PAT_OK && journal_line != NULL)
        err = pat_store_journal(store, journal_line, strlen(journal_line));
    if (err == PAT_OK && journal_line != NULL)
        err = pat_store_journal(store, "\n", 1);
    if (err == PAT_OK) {
        head->seq = change->seq;
        head->chain = change->link;
    }
    return err;
}

enum pat_err
pat_store_cut(struct pat_store *store, const char *tenant, int64_t seq,
              const struct pat_digest *link)
{
    enum pat_err err = PAT_OK;
    struct pat_head_record *head;

    if (!store->writing)
        return PAT_ERR_INTERNAL;
    head = pat_store_touch(store, tenant, &err);
    if (head == NULL)
        return err;
    if (seq <= head->cut_seq || seq >= head->seq)
        return PAT_ERR_INTERNAL;
    head->cut_seq = seq;
    head->cut_chain = *link;
    store->cuts = true;
    return PAT_OK;
}

enum pat_err
pat_store_erase(struct pat_store *store, const struct pat_erasing *erasing, int64_t *ret)
{
    return store->writing ? store->args.ops->erase(store->backend, erasing, ret) : PAT_ERR_INTERNAL;
}
