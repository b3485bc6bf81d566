/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing an anchor forward. Runs before any answer is given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/recover.h"
#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/check.h"

struct missed {
    struct pat_store *store;
    int64_t above;   /* generations the anchor does not know */
    int64_t newest;  /* the last change of a log that it knows */
    bool found;      /* that log goes back to one that it knows */
    int64_t again;   /* the generation in which a restored database was accepted; 0: none */
    bool incomplete; /* the logs do not tell all that came behind the anchor */
    struct pat_recover_lines lines;
    enum pat_err err;
};

/* --- lines --- */

static enum pat_err
write_line(const struct pat_change_record *change, char *ret, size_t size)
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

static enum pat_err
add_text(struct pat_recover_lines *lines, const char *text)
{
    size_t len = strlen(text), size = 2 * (lines->len + len);
    char *longer;

    if (lines->len + len > lines->size) {
        longer = realloc(lines->text, size);
        if (longer == NULL)
            return PAT_ERR_NOMEM;
        lines->text = longer;
        lines->size = size;
    }
    memcpy(lines->text + lines->len, text, len);
    lines->len += len;
    return PAT_OK;
}

/* One more id in the last line, or the first of a new one. */
static enum pat_err
add_revoked(struct pat_recover_lines *lines, const struct pat_change_record *change)
{
    bool joins = lines->ids > 0 && lines->ids < PAT_RECOVER_IDS &&
                 pat_text_equal(lines->tenant, change->tenant);
    char text[160];
    enum pat_err err;

    if (joins) {
        lines->len--; /* the newline */
        snprintf(text, sizeof text, ",%.8s\n", change->subject);
    } else {
        snprintf(text, sizeof text, "event=%.40s tenant=%.40s subject=%.8s\n", change->event,
                 change->tenant, change->subject);
    }
    err = add_text(lines, text);
    lines->ids = joins ? lines->ids + 1 : 1;
    pat_text_clip(lines->tenant, sizeof lines->tenant, change->tenant);
    return err;
}

enum pat_err
pat_recover_gather(struct pat_recover_lines *lines, const struct pat_change_record *change)
{
    char line[PAT_EVENT_LINE_MAX];
    enum pat_err err;

    if (!pat_event_narrows(change->event))
        return PAT_OK;
    if (pat_text_equal(change->event, "token.revoke")) /* whatever succeeds it */
        return add_revoked(lines, change);
    lines->ids = 0;
    err = write_line(change, line, sizeof line);
    if (err == PAT_OK)
        err = add_text(lines, line);
    return err == PAT_OK ? add_text(lines, "\n") : err;
}

/* --- bringing forward --- */

static bool
note_newest(void *context, const void *record)
{
    struct missed *missed = context;
    const struct pat_change_record *change = record;

    missed->newest = change->seq;
    missed->found = change->generation <= missed->above;
    return !missed->found;
}

/*
 * A crash came between an accepted restore and its anchor: what it made again stands in the journal
 * already. One further back is of a log that lacks changes.
 */
static bool
note_restore(void *context, const void *record)
{
    struct missed *missed = context;
    const struct pat_change_record *change = record;

    if (change->generation <= missed->above)
        return false;
    if (!pat_text_equal(change->event, "db.restore"))
        return true;
    if (change->generation == missed->above + 1)
        missed->again = change->generation;
    else
        missed->incomplete = true;
    return true;
}

static bool
gather_change(void *context, const void *record)
{
    struct missed *missed = context;
    const struct pat_change_record *change = record;

    if (change->generation <= missed->above || change->generation == missed->again)
        return true;
    if (change->erased && pat_event_narrows(change->event))
        missed->incomplete = true; /* what it narrowed to is not known any more */
    else
        missed->err = pat_recover_gather(&missed->lines, change);
    return missed->err == PAT_OK;
}

/* Backwards to the last change that is known, then on from there: the journal is oldest first. */
static bool
gather_log(void *context, const void *record)
{
    struct missed *missed = context;
    const struct pat_head_record *head = record;
    const struct pat_scan back = {.what = PAT_SCAN_CHANGES_BACK, .tenant = head->tenant};
    struct pat_scan on = {.what = PAT_SCAN_CHANGES, .tenant = head->tenant};
    enum pat_err err;

    missed->newest = 0;
    missed->found = false;
    err = pat_store_scan(missed->store, &back, note_newest, missed);
    if (!missed->found && head->cut_seq > 0)
        missed->incomplete = true; /* retention removed what may have narrowed */
    on.number = missed->newest > 0 ? missed->newest - 1 : 0;
    if (err == PAT_OK)
        err = pat_store_scan(missed->store, &on, gather_change, missed);
    if (missed->err == PAT_OK)
        missed->err = err;
    return missed->err == PAT_OK;
}

static enum pat_err
gather(struct missed *missed)
{
    const struct pat_scan host = {.what = PAT_SCAN_CHANGES_BACK, .tenant = ""};
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS};
    enum pat_err err = pat_store_scan(missed->store, &host, note_restore, missed);

    if (err == PAT_OK)
        err = pat_store_scan(missed->store, &scan, gather_log, missed);
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
    if (missed->incomplete || missed->lines.len > PAT_ANCHOR_LINES_MAX) {
        PAT_LOG(LOG_WARNING, "failure",
                {"doing", "bringing the anchor's journal forward: it begins again, and backups "
                          "made before now cannot be accepted"});
        return pat_anchor_begin_again(pat_store_anchor(store), &mark);
    }
    return pat_anchor_advance(pat_store_anchor(store), &mark, missed->lines.text,
                              missed->lines.len);
}

enum pat_err
pat_recover_forward(struct pat_store *store)
{
    struct missed missed = {.store = store,
                            .above = pat_anchor_mark(pat_store_anchor(store))->generation};
    struct pat_check check;
    char generation[24];
    enum pat_err err = pat_check_store(store, NULL, NULL, &check);

    if (err == PAT_OK)
        err = gather(&missed);
    if (err == PAT_OK)
        err = advance(store, &missed);
    free(missed.lines.text);
    if (err != PAT_OK)
        return err;
    snprintf(generation, sizeof generation, "%lld", (long long)missed.above);
    PAT_LOG(LOG_WARNING, "recovered", {"generation", generation});
    return PAT_OK;
}
