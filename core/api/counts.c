/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of counters that only grows. A row is complete before it is counted among the used ones,
 * so that readers need no lock; the lock is for those who add a row, once a service.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/api/counts.h"
#include "core/base/text.h"
#include "core/policy/scope.h"

static const enum pat_verdict verdicts[] = {
#define VERDICT(name, value, class, text, sentence) PAT_VERDICT_##name,
#include "core/policy/verdict.def"
#undef VERDICT
};
#define VERDICTS (sizeof verdicts / sizeof verdicts[0])

struct row {
    char service[PAT_SERVICE_MAX + 1];
    _Atomic uint64_t counts[VERDICTS];
};

struct pat_counts {
    int64_t since;
    pthread_mutex_t adding;
    _Atomic size_t used;
    struct row rows[PAT_COUNTS_SERVICES];
    struct row others;
};

enum pat_err
pat_counts_new(int64_t now, struct pat_counts **ret)
{
    struct pat_counts *counts = calloc(1, sizeof *counts);

    if (counts == NULL || pthread_mutex_init(&counts->adding, NULL) != 0) {
        free(counts);
        return PAT_ERR_NOMEM;
    }
    counts->since = now;
    pat_text_clip(counts->others.service, sizeof counts->others.service, PAT_COUNTS_OTHER);
    *ret = counts;
    return PAT_OK;
}

void
pat_counts_free(struct pat_counts *counts)
{
    if (counts != NULL)
        pthread_mutex_destroy(&counts->adding);
    free(counts);
}

static struct row *
find_row(struct pat_counts *counts, const char *service)
{
    size_t used = atomic_load_explicit(&counts->used, memory_order_acquire);

    for (size_t i = 0; i < used; i++)
        if (pat_text_equal(counts->rows[i].service, service))
            return &counts->rows[i];
    return NULL;
}

/* Another thread may have added it meanwhile. */
static struct row *
add_row(struct pat_counts *counts, const char *service)
{
    struct row *row;
    size_t used;

    pthread_mutex_lock(&counts->adding);
    row = find_row(counts, service);
    used = atomic_load_explicit(&counts->used, memory_order_relaxed);
    if (row == NULL && used < PAT_COUNTS_SERVICES) {
        row = &counts->rows[used];
        pat_text_clip(row->service, sizeof row->service, service);
        atomic_store_explicit(&counts->used, used + 1, memory_order_release);
    }
    pthread_mutex_unlock(&counts->adding);
    return row == NULL ? &counts->others : row;
}

static struct row *
row_of(struct pat_counts *counts, const char *service, bool vouched)
{
    struct row *row = find_row(counts, service);

    if (!vouched)
        return &counts->others;
    if (row != NULL)
        return row;
    if (atomic_load_explicit(&counts->used, memory_order_relaxed) == PAT_COUNTS_SERVICES)
        return &counts->others;
    return add_row(counts, service);
}

void
pat_counts_note(struct pat_counts *counts, const char *service, bool vouched,
                enum pat_verdict verdict)
{
    struct row *row = row_of(counts, service, vouched && pat_scope_service_legal(service));

    for (size_t i = 0; i < VERDICTS; i++)
        if (verdicts[i] == verdict)
            atomic_fetch_add_explicit(&row->counts[i], 1, memory_order_relaxed);
}

int64_t
pat_counts_since(const struct pat_counts *counts)
{
    return counts->since;
}

static bool
tell_row(struct row *row, pat_counts_each_count *each, void *context)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        uint64_t count = atomic_load_explicit(&row->counts[i], memory_order_relaxed);

        if (count != 0 && !each(context, row->service, verdicts[i], count))
            return false;
    }
    return true;
}

void
pat_counts_each(struct pat_counts *counts, pat_counts_each_count *each, void *context)
{
    size_t used = atomic_load_explicit(&counts->used, memory_order_acquire);

    for (size_t i = 0; i < used; i++)
        if (!tell_row(&counts->rows[i], each, context))
            return;
    tell_row(&counts->others, each, context);
}
