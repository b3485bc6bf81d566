/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A backend without a disk: the same rows and rules in arrays. It proves that the rules are not
 * SQLite's, and serves tests that need many stores quickly. A transaction works on a copy.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/store/memory_scan.h"
#include "core/store/store_ops.h"

struct table {
    unsigned char *rows; /* count records of the kind's size, and place for room */
    size_t count, room;
};

struct memory {
    struct table tables[PAT_ROW_KINDS];
    struct table before[PAT_ROW_KINDS]; /* what a rollback puts back */
    bool writing;
};

static void *
row_at(const struct table *table, enum pat_row_kind kind, size_t index)
{
    return table->rows + index * pat_row_type(kind)->size;
}

static bool
same_key(enum pat_row_kind kind, const void *a, const void *b)
{
    if (kind == PAT_ROW_CHANGE)
        return pat_text_equal(((const struct pat_change_record *)a)->tenant,
                              ((const struct pat_change_record *)b)->tenant) &&
               ((const struct pat_change_record *)a)->seq ==
                   ((const struct pat_change_record *)b)->seq;
    if (kind == PAT_ROW_TOKEN) /* unique in the whole store */
        return pat_text_equal(pat_row_name(kind, a), pat_row_name(kind, b));
    return pat_text_equal(pat_row_tenant(kind, a), pat_row_tenant(kind, b)) &&
           pat_text_equal(pat_row_name(kind, a), pat_row_name(kind, b));
}

static void *
find(const struct memory *memory, enum pat_row_kind kind, const void *record)
{
    const struct table *table = &memory->tables[kind];

    for (size_t i = 0; i < table->count; i++)
        if (same_key(kind, row_at(table, kind, i), record))
            return row_at(table, kind, i);
    return NULL;
}

static void
free_tables(struct table *tables)
{
    for (unsigned kind = 0; kind < PAT_ROW_KINDS; kind++) {
        free(tables[kind].rows);
        tables[kind] = (struct table){.rows = NULL};
    }
}

static enum pat_err
memory_open(const char *place, enum pat_store_mode mode, void **ret)
{
    (void)place;
    if (mode != PAT_STORE_CREATE)
        return PAT_ERR_NOT_FOUND;
    *ret = calloc(1, sizeof(struct memory));
    return *ret == NULL ? PAT_ERR_NOMEM : PAT_OK;
}

static void
memory_close(void *self)
{
    struct memory *memory = self;

    if (memory == NULL)
        return;
    free_tables(memory->tables);
    free_tables(memory->before);
    free(memory);
}

static enum pat_err
memory_begin(void *self, bool write)
{
    struct memory *memory = self;

    memory->writing = write;
    for (unsigned kind = 0; write && kind < PAT_ROW_KINDS; kind++) {
        size_t size = memory->tables[kind].count * pat_row_type((enum pat_row_kind)kind)->size;
        struct table *before = &memory->before[kind];

        before->rows = malloc(size + 1);
        if (before->rows == NULL) {
            free_tables(memory->before);
            return PAT_ERR_NOMEM;
        }
        if (size > 0)
            memcpy(before->rows, memory->tables[kind].rows, size);
        before->count = before->room = memory->tables[kind].count;
    }
    return PAT_OK;
}

static enum pat_err
memory_commit(void *self)
{
    struct memory *memory = self;

    free_tables(memory->before);
    memory->writing = false;
    return PAT_OK;
}

static void
memory_rollback(void *self)
{
    struct memory *memory = self;

    if (!memory->writing)
        return;
    free_tables(memory->tables);
    memcpy(memory->tables, memory->before, sizeof memory->tables);
    memset(memory->before, 0, sizeof memory->before);
    memory->writing = false;
}

static enum pat_err
memory_get(void *self, enum pat_row_kind kind, const char *tenant, const char *name, void *ret)
{
    const struct memory *memory = self;
    const struct table *table = &memory->tables[kind];

    for (size_t i = 0; i < table->count; i++) {
        const void *row = row_at(table, kind, i);

        if (pat_text_equal(pat_row_tenant(kind, row), tenant) &&
            pat_text_equal(pat_row_name(kind, row), name)) {
            memcpy(ret, row, pat_row_type(kind)->size);
            return PAT_OK;
        }
        if (kind == PAT_ROW_HOST) {
            memcpy(ret, row, pat_row_type(kind)->size);
            return PAT_OK;
        }
    }
    return PAT_ERR_NOT_FOUND;
}

static enum pat_err
insert(struct memory *memory, enum pat_row_kind kind, const void *record)
{
    struct table *table = &memory->tables[kind];
    size_t size = pat_row_type(kind)->size;

    if (find(memory, kind, record) != NULL)
        return PAT_ERR_EXISTS;
    if (table->count == table->room) {
        size_t room = 2 * table->room + 1;
        unsigned char *rows = realloc(table->rows, room * size);

        if (rows == NULL)
            return PAT_ERR_NOMEM;
        table->rows = rows;
        table->room = room;
    }
    memcpy(table->rows + table->count * size, record, size);
    table->count++;
    return PAT_OK;
}

static bool
revives(enum pat_row_kind kind, const void *before, const void *after)
{
    return kind == PAT_ROW_TOKEN &&
           ((const struct pat_token_record *)before)->state == PAT_STATE_REVOKED &&
           ((const struct pat_token_record *)after)->state != PAT_STATE_REVOKED;
}

static int64_t
version_of(enum pat_row_kind kind, const void *record)
{
    const struct pat_row_type *type = pat_row_type(kind);

    return *(const int64_t *)pat_row_field_const(record, &type->fields[type->count - 2]);
}

static enum pat_err
memory_put(void *self, enum pat_row_kind kind, const void *record)
{
    struct memory *memory = self;
    void *stored;

    if (!pat_row_type(kind)->sealed || version_of(kind, record) == 1)
        return insert(memory, kind, record);
    stored = find(memory, kind, record);
    if (stored == NULL || version_of(kind, stored) != version_of(kind, record) - 1 ||
        revives(kind, stored, record))
        return PAT_ERR_CONFLICT;
    memcpy(stored, record, pat_row_type(kind)->size);
    return PAT_OK;
}

/* Only dead tokens are purged; with a tenant that was disabled before all of them may go. */
static bool
is_kept(struct memory *memory, enum pat_row_kind kind, const void *stored)
{
    const struct pat_token_record *token = stored;
    struct pat_tenant_record tenant;

    return kind == PAT_ROW_TOKEN && token->state != PAT_STATE_REVOKED && !token->expires.set &&
           (memory_get(memory, PAT_ROW_TENANT, token->tenant, "", &tenant) != PAT_OK ||
            tenant.state != PAT_STATE_DISABLED);
}

static enum pat_err
memory_drop(void *self, enum pat_row_kind kind, const void *record)
{
    struct memory *memory = self;
    struct table *table = &memory->tables[kind];
    size_t size = pat_row_type(kind)->size;
    unsigned char *stored = find(memory, kind, record);

    if (stored == NULL || version_of(kind, stored) != version_of(kind, record) ||
        is_kept(memory, kind, stored))
        return PAT_ERR_CONFLICT;
    table->count--;
    memmove(stored, stored + size, (size_t)(table->rows + table->count * size - stored));
    return PAT_OK;
}

/* A copy without NULL texts. */
static struct pat_scan
complete(const struct pat_scan *scan)
{
    struct pat_scan copy = *scan;

    copy.tenant = scan->tenant == NULL ? "" : scan->tenant;
    copy.name = scan->name == NULL ? "" : scan->name;
    copy.after_name = scan->after_name == NULL ? "" : scan->after_name;
    return copy;
}

/* Behind those that come before it, or stand level. */
static size_t
place_of(const struct pat_scan *scan, unsigned char *const *sorted, size_t count, const void *row)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pat_memory_scan_order(scan, sorted[middle], row) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static enum pat_err
memory_scan(void *self, const struct pat_scan *asked, pat_scan_each *each, void *context)
{
    const struct memory *memory = self;
    const struct pat_scan scan = complete(asked);
    enum pat_row_kind kind = pat_store_ops_scan_kind(scan.what);
    const struct table *table = &memory->tables[kind];
    size_t size = pat_row_type(kind)->size;
    unsigned char *found = malloc((table->count + 1) * size);
    unsigned char **sorted = malloc((table->count + 1) * sizeof *sorted);
    size_t count = 0;
    enum pat_err err;

    for (size_t i = 0; found != NULL && sorted != NULL && i < table->count; i++) {
        const void *row = row_at(table, kind, i);
        unsigned char *copy = found + count * size;
        size_t at;

        if (!pat_memory_scan_wants(&scan, row))
            continue;
        memcpy(copy, row, size);
        at = place_of(&scan, sorted, count, row);
        memmove(sorted + at + 1, sorted + at, (count - at) * sizeof *sorted);
        sorted[at] = copy;
        count++;
    }
    for (size_t i = 0; i < count && (scan.limit == 0 || (int64_t)i < scan.limit); i++)
        if (!each(context, sorted[i]))
            break;
    err = found == NULL || sorted == NULL ? PAT_ERR_NOMEM : PAT_OK;
    free(sorted);
    free(found);
    return err;
}

/* --- the change log --- */

/* What a trigger says in the other backend: nothing above the head's mark. */
static bool
is_cut(const struct memory *memory, const char *tenant, int64_t upto)
{
    const struct table *heads = &memory->tables[PAT_ROW_HEAD];

    for (size_t i = 0; i < heads->count; i++) {
        const struct pat_head_record *head = row_at(heads, PAT_ROW_HEAD, i);

        if (pat_text_equal(head->tenant, tenant))
            return upto <= head->cut_seq;
    }
    return false;
}

static enum pat_err
memory_cut(void *self, const char *tenant, int64_t upto)
{
    struct memory *memory = self;
    struct table *table = &memory->tables[PAT_ROW_CHANGE];
    size_t kept = 0;

    if (!is_cut(memory, tenant, upto))
        return PAT_ERR_CONFLICT;
    for (size_t i = 0; i < table->count; i++) {
        struct pat_change_record *change = row_at(table, PAT_ROW_CHANGE, i);

        if (pat_text_equal(change->tenant, tenant) && change->seq <= upto)
            continue;
        memmove(row_at(table, PAT_ROW_CHANGE, kept++), change, sizeof *change);
    }
    table->count = kept;
    return PAT_OK;
}

static bool
is_to_be_erased(const struct pat_erasing *erasing, const struct pat_change_record *change)
{
    return pat_text_equal(change->tenant, erasing->tenant) &&
           pat_text_equal(change->user, erasing->user) && change->seq > erasing->after &&
           change->seq <= erasing->upto && change->generation <= erasing->generation &&
           !change->erased;
}

static enum pat_err
memory_erase(void *self, const struct pat_erasing *erasing, int64_t *ret)
{
    struct memory *memory = self;
    struct table *table = &memory->tables[PAT_ROW_CHANGE];

    *ret = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct pat_change_record *change = row_at(table, PAT_ROW_CHANGE, i);

        if (!is_to_be_erased(erasing, change))
            continue;
        change->erased = true;
        memset(change->salt, 0, sizeof change->salt);
        change->before[0] = change->after[0] = change->reason[0] = change->claimed[0] = '\0';
        ++*ret;
    }
    return PAT_OK;
}

/* --- counting --- */

static bool
is_over(const struct pat_token_record *token, int64_t now)
{
    return token->expires.set && token->expires.at <= now;
}

static bool
is_live(const struct pat_token_record *token, int64_t now)
{
    return token->state == PAT_STATE_PENDING ||
           (token->state != PAT_STATE_REVOKED && !is_over(token, now));
}

static enum pat_err
memory_count_live(void *self, const char *tenant, const char *user, const char *name, int64_t now,
                  int64_t *ret)
{
    const struct memory *memory = self;
    const struct table *table = &memory->tables[PAT_ROW_TOKEN];

    *ret = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct pat_token_record *token = row_at(table, PAT_ROW_TOKEN, i);

        if (pat_text_equal(token->tenant, tenant) && pat_text_equal(token->user, user) &&
            (name == NULL || pat_text_equal(token->name, name)) && token->successor[0] == '\0' &&
            is_live(token, now))
            ++*ret;
    }
    return PAT_OK;
}

static void
tally_token(const struct pat_token_record *token, int64_t now, int64_t soon,
            struct pat_tally *tally)
{
    bool over = is_over(token, now);

    tally->revoked += token->state == PAT_STATE_REVOKED;
    tally->expired += token->state != PAT_STATE_REVOKED && over;
    tally->pending += token->state == PAT_STATE_PENDING && !over;
    tally->suspended += token->state == PAT_STATE_SUSPENDED && !over;
    if (token->state != PAT_STATE_ACTIVE || over)
        return;
    tally->active++;
    tally->unlimited += !token->expires.set;
    tally->expiring += token->expires.set && token->expires.at <= soon;
}

static enum pat_err
memory_tally(void *self, const char *tenant, int64_t now, int64_t soon, struct pat_tally *ret)
{
    const struct memory *memory = self;

    *ret = (struct pat_tally){.active = 0};
    for (size_t i = 0; i < memory->tables[PAT_ROW_TOKEN].count; i++) {
        const struct pat_token_record *token = row_at(&memory->tables[PAT_ROW_TOKEN], PAT_ROW_TOKEN,
                                                      i);

        if (tenant[0] == '\0' || pat_text_equal(token->tenant, tenant))
            tally_token(token, now, soon, ret);
    }
    for (size_t i = 0; i < memory->tables[PAT_ROW_USER].count; i++) {
        const struct pat_user_record *user = row_at(&memory->tables[PAT_ROW_USER], PAT_ROW_USER, i);

        ret->users += tenant[0] == '\0' || pat_text_equal(user->tenant, tenant);
    }
    return PAT_OK;
}

static int
memory_schema(void)
{
    return 1;
}

const struct pat_store_ops pat_memory_ops = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .get = memory_get,
    .put = memory_put,
    .drop = memory_drop,
    .scan = memory_scan,
    .cut = memory_cut,
    .erase = memory_erase,
    .count_live = memory_count_live,
    .tally = memory_tally,
    .schema = memory_schema,
};
