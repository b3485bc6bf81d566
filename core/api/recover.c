/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing an anchor forward. Runs before any answer is given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/recover.h"
#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/store/check.h"

struct missed {
    int64_t above; /* generations the anchor does not know */
    char *lines;
    size_t len;
    enum pat_err err;
};

struct heads {
    struct pat_store *store;
    struct missed *missed;
};

enum pat_err
pat_recover_line(const struct pat_change_record *change, char *ret, size_t size)
{
    const struct pat_log_field fields[] = {
        {"tenant", change->tenant}, {"user", change->user}, {"subject", change->subject}};
    enum pat_err err = pat_event_write(ret, size, change->event, fields, 3);
    size_t len = strlen(ret);

    if (err != PAT_OK || change->after[0] == '\0')
        return err;
    return (size_t)snprintf(ret + len, size - len, " %s", change->after) < size - len
               ? PAT_OK
               : PAT_ERR_RANGE;
}

static bool
collect_change(void *context, const void *record)
{
    struct missed *missed = context;
    const struct pat_change_record *change = record;
    char line[PAT_EVENT_LINE_MAX];
    char *longer;
    size_t len;

    if (change->generation <= missed->above)
        return false; /* newest first: the rest is older */
    if (!pat_event_narrows(change->event))
        return true;
    missed->err = pat_recover_line(change, line, sizeof line);
    len = strlen(line);
    longer = missed->err == PAT_OK ? realloc(missed->lines, missed->len + len + 1) : NULL;
    if (longer == NULL) {
        missed->err = missed->err == PAT_OK ? PAT_ERR_NOMEM : missed->err;
        return false;
    }
    missed->lines = longer;
    memmove(longer + len + 1, longer, missed->len); /* the journal is oldest first */
    memcpy(longer, line, len);
    longer[len] = '\n';
    missed->len += len + 1;
    return true;
}

static bool
collect_tenant(void *context, const void *record)
{
    struct heads *heads = context;
    const struct pat_head_record *head = record;
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES_BACK, .tenant = head->tenant};
    enum pat_err err = pat_store_scan(heads->store, &scan, collect_change, heads->missed);

    if (heads->missed->err == PAT_OK)
        heads->missed->err = err;
    return heads->missed->err == PAT_OK;
}

static enum pat_err
collect(struct pat_store *store, struct missed *missed)
{
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS};
    struct heads heads = {.store = store, .missed = missed};
    enum pat_err err = pat_store_scan(store, &scan, collect_tenant, &heads);

    return err == PAT_OK ? missed->err : err;
}

static enum pat_err
advance(struct pat_store *store, const struct missed *missed)
{
    struct pat_anchor_mark mark;
    struct pat_host_record host;
    enum pat_err err = pat_store_get(store, PAT_ROW_HOST, "", "", &host);

    if (err != PAT_OK)
        return err;
    mark.generation = host.generation;
    memcpy(mark.sum, host.sum, sizeof mark.sum);
    return pat_anchor_advance(pat_store_anchor(store), &mark, missed->lines, missed->len);
}

enum pat_err
pat_recover_forward(struct pat_store *store)
{
    struct missed missed = {.above = pat_anchor_mark(pat_store_anchor(store))->generation};
    struct pat_check check;
    char generation[24];
    enum pat_err err = pat_check_store(store, NULL, NULL, &check);

    if (err == PAT_OK)
        err = collect(store, &missed);
    if (err == PAT_OK)
        err = advance(store, &missed);
    free(missed.lines);
    if (err != PAT_OK)
        return err;
    snprintf(generation, sizeof generation, "%lld", (long long)missed.above);
    PAT_LOG(LOG_WARNING, "recovered", {"generation", generation});
    return PAT_OK;
}
