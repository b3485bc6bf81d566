/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listing change logs, in steps that others can wait for: a log may be long, and nothing of it may
 * fit what was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "core/api/history.h"
#include "core/base/text.h"

#define ROWS_A_CALL 5000

struct listing {
    const struct pat_history_filter *filter;
    struct pat_history_cursor *cursor;
    struct pat_manage *manage;
    pat_scan_each *each;
    void *context;
    struct pat_history_place *place;
    int64_t left; /* changes that may still be looked at */
    bool ended;
    enum pat_err err;
};

/* --- what fits --- */

static bool
event_fits(const char *event, const char *wanted)
{
    size_t len = strlen(wanted);

    return strncmp(event, wanted, len) == 0 && (event[len] == '\0' || event[len] == '.');
}

static bool
fits(const char *text, const char *wanted)
{
    return wanted == NULL || pat_text_equal(text, wanted);
}

static bool
may_read(const struct listing *listing, const struct pat_change_record *change)
{
    const struct pat_actor *actor = &listing->manage->actor;

    return pat_roles_may(actor, change->tenant[0] == '\0' ? PAT_ACT_HOST : PAT_ACT_SEE_TENANT,
                         change->tenant, NULL) ||
           (change->user[0] != '\0' && pat_roles_is_self(actor, change->tenant, change->user));
}

static bool
is_wanted(const struct listing *listing, const struct pat_change_record *change)
{
    const struct pat_history_filter *filter = listing->filter;

    return may_read(listing, change) && fits(change->user, filter->user) &&
           fits(change->subject, filter->token) && fits(change->batch, filter->batch) &&
           (filter->event == NULL || event_fits(change->event, filter->event)) &&
           (!filter->until.set || change->at < filter->until.at);
}

static bool
is_too_old(const struct listing *listing, const struct pat_change_record *change)
{
    return listing->filter->since.set && change->at < listing->filter->since.at;
}

/* --- one log --- */

/* Goes back over as many matches as lines were asked for; the place ends in front of them. */
static bool
go_back(void *context, const void *record)
{
    struct listing *listing = context;
    struct pat_history_place *place = listing->place;
    const struct pat_change_record *change = record;

    listing->left--;
    place->before = change->seq;
    if (is_too_old(listing, change)) {
        place->wanted = 0; /* newest first: the rest is older */
    } else if (is_wanted(listing, change)) {
        place->wanted--;
        place->seq = change->seq - 1;
    }
    return place->wanted > 0;
}

static bool
hand_over(void *context, const void *record)
{
    struct listing *listing = context;
    const struct pat_change_record *change = record;

    listing->left--;
    if (!is_too_old(listing, change) && is_wanted(listing, change)) {
        listing->ended = !listing->each(listing->context, change);
        if (listing->ended)
            return false; /* it is handed over again with the next page */
    }
    listing->place->seq = change->seq;
    return true;
}

static enum pat_err
walk_back(struct listing *listing)
{
    struct pat_history_place *place = listing->place;
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES_BACK,
                                  .tenant = place->tenant,
                                  .before = place->before,
                                  .limit = listing->left};
    enum pat_err err;

    if (place->wanted == 0)
        return PAT_OK;
    err = pat_store_scan(listing->manage->store, &scan, go_back, listing);
    if (listing->left > 0)
        place->wanted = 0; /* the log begins there */
    return err;
}

static enum pat_err
walk_on(struct listing *listing)
{
    const struct pat_scan scan = {.what = PAT_SCAN_CHANGES,
                                  .tenant = listing->place->tenant,
                                  .number = listing->place->seq,
                                  .limit = listing->left};

    if (listing->left == 0)
        return PAT_OK;
    return pat_store_scan(listing->manage->store, &scan, hand_over, listing);
}

/* --- from log to log --- */

enum pat_err
pat_history_head(struct pat_manage *manage, const char *tenant, struct pat_head_record *ret)
{
    struct pat_tenant_record ignored;
    enum pat_err err = pat_store_get(manage->store, PAT_ROW_HEAD, tenant, "", ret);
    enum pat_err seen = PAT_OK;

    if (err != PAT_OK && err != PAT_ERR_NOT_FOUND)
        return pat_manage_failed(manage, err);
    /* The log of a tenant that is gone is still there, for operators. */
    if (tenant[0] != '\0' && (err == PAT_ERR_NOT_FOUND || !manage->actor.is_operator))
        seen = pat_manage_tenant(manage, tenant, &ignored);
    if (err == PAT_ERR_NOT_FOUND)
        *ret = (struct pat_head_record){.seq = 0};
    return seen;
}

/* The place in a log; a new one where the listing enters it. NULL without memory. */
static struct pat_history_place *
find_place(const struct listing *listing, const struct pat_head_record *head)
{
    struct pat_history_cursor *cursor = listing->cursor;
    struct pat_history_place *places;
    size_t low = 0, high = cursor->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(cursor->places[middle].tenant, head->tenant);

        if (order == 0)
            return &cursor->places[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    places = realloc(cursor->places, (cursor->count + 1) * sizeof *places);
    if (places == NULL)
        return NULL;
    cursor->places = places;
    memmove(places + low + 1, places + low, (cursor->count++ - low) * sizeof *places);
    places[low] = (struct pat_history_place){.seq = head->cut_seq};
    pat_text_clip(places[low].tenant, sizeof places[low].tenant, head->tenant);
    if (!cursor->again && listing->filter->lines > 0) {
        places[low].seq = head->seq;
        places[low].wanted = listing->filter->lines;
    }
    return &places[low];
}

static bool
list_log(void *context, const void *record)
{
    struct listing *listing = context;
    struct pat_history_cursor *cursor = listing->cursor;
    const struct pat_head_record *head = record;
    const struct pat_actor *actor = &listing->manage->actor;

    if (!actor->is_operator && pat_roles_standing(actor, head->tenant) == NULL)
        return true;
    listing->place = find_place(listing, head);
    if (listing->place == NULL) {
        listing->err = PAT_ERR_NOMEM;
        return false;
    }
    cursor->begun = true;
    pat_text_clip(cursor->tenant, sizeof cursor->tenant, head->tenant);
    listing->err = walk_back(listing);
    if (listing->err == PAT_OK && listing->place->seq < head->seq)
        listing->err = walk_on(listing);
    listing->ended |= listing->left == 0;
    return listing->err == PAT_OK && !listing->ended;
}

static enum pat_err
list_one(struct listing *listing)
{
    struct pat_head_record head;
    enum pat_err err = pat_history_head(listing->manage, listing->filter->tenant, &head);

    if (err == PAT_OK && head.seq > 0)
        list_log(listing, &head);
    return err;
}

static enum pat_err
list_all(struct listing *listing)
{
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS,
                                  .after_name = listing->cursor->begun ? listing->cursor->tenant
                                                                       : ""};

    listing->err = PAT_OK;
    return pat_store_scan(listing->manage->store, &scan, list_log, listing);
}

enum pat_err
pat_history_list(struct pat_manage *manage, const struct pat_history_filter *filter,
                 struct pat_history_cursor *cursor, pat_scan_each *each, void *context)
{
    struct listing listing = {.filter = filter,
                              .cursor = cursor,
                              .manage = manage,
                              .each = each,
                              .context = context,
                              .left = ROWS_A_CALL,
                              .err = PAT_OK};
    enum pat_err err;

    if (filter->tenant != NULL) {
        err = list_one(&listing);
        if (err != PAT_OK)
            return err; /* and it says why */
    } else {
        err = list_all(&listing);
    }
    if (err == PAT_OK)
        err = listing.err;
    cursor->done = !listing.ended;
    cursor->again |= cursor->done;
    cursor->begun &= !cursor->done;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

void
pat_history_close(struct pat_history_cursor *cursor)
{
    free(cursor->places);
    *cursor = (struct pat_history_cursor){.places = NULL};
}
