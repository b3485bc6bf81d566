/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and verifying change logs. */
#include <stdio.h>
#include <string.h>

#include "core/api/history.h"
#include "core/audit/chain.h"
#include "core/base/text.h"

/* Calls once for each log that the filter's tenant means and that exists. */
struct logs {
    struct pat_manage *manage;
    const char *tenant;
    enum pat_err (*work)(struct logs *logs, const struct pat_head_record *head);
    void *context;
    enum pat_err err;
    bool ended;
};

static bool
visit_head(void *context, const void *record)
{
    struct logs *logs = context;
    const struct pat_head_record *head = record;
    const struct pat_actor *actor = &logs->manage->actor;

    if (logs->tenant != NULL && !pat_text_equal(logs->tenant, head->tenant))
        return true;
    if (!actor->is_operator && pat_roles_standing(actor, head->tenant) == NULL)
        return true;
    logs->err = logs->work(logs, head);
    return logs->err == PAT_OK && !logs->ended;
}

static enum pat_err
visit_logs(struct logs *logs)
{
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS};
    struct pat_tenant_record ignored;
    enum pat_err err = PAT_OK;

    if (logs->tenant != NULL && logs->tenant[0] != '\0')
        err = pat_manage_tenant(logs->manage, logs->tenant, &ignored);
    if (err != PAT_OK)
        return err;
    err = pat_store_scan(logs->manage->store, &scan, visit_head, logs);
    if (err == PAT_OK)
        err = logs->err;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(logs->manage, err);
}

/* --- listing --- */

struct listing {
    const struct pat_history_filter *filter;
    struct pat_history_cursor *cursor;
    struct pat_manage *manage;
    pat_scan_each *each;
    void *context;
    struct logs *logs;
    int64_t wanted; /* matches still to be passed on the way back to the first line */
};

static bool
event_fits(const char *event, const char *wanted)
{
    size_t len = strlen(wanted);

    return strncmp(event, wanted, len) == 0 && (event[len] == '\0' || event[len] == '.');
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

    return may_read(listing, change) &&
           (filter->user == NULL || pat_text_equal(change->user, filter->user)) &&
           (filter->token == NULL || pat_text_equal(change->subject, filter->token)) &&
           (filter->event == NULL || event_fits(change->event, filter->event)) &&
           (!filter->until.set || change->at < filter->until.at);
}

/* Goes back over as many matches as lines were asked for; the cursor ends in front of them. */
static bool
go_back(void *context, const void *record)
{
    struct listing *listing = context;
    const struct pat_change_record *change = record;

    if (listing->filter->since.set && change->at < listing->filter->since.at)
        return false; /* newest first: the rest is older */
    if (is_wanted(listing, change)) {
        listing->wanted--;
        listing->cursor->seq = change->seq - 1;
    }
    return listing->wanted > 0;
}

static bool
hand_over(void *context, const void *record)
{
    struct listing *listing = context;
    const struct pat_change_record *change = record;
    bool old = listing->filter->since.set && change->at < listing->filter->since.at;

    if (!old && is_wanted(listing, change)) {
        listing->logs->ended = !listing->each(listing->context, change);
        if (listing->logs->ended)
            return false; /* it is handed over again with the next page */
    }
    listing->cursor->seq = change->seq;
    return true;
}

static enum pat_err
enter_log(struct listing *listing, const struct pat_head_record *head)
{
    struct pat_history_cursor *cursor = listing->cursor;
    const struct pat_scan back = {.what = PAT_SCAN_CHANGES_BACK, .tenant = head->tenant};

    cursor->begun = true;
    pat_text_clip(cursor->tenant, sizeof cursor->tenant, head->tenant);
    cursor->seq = head->cut_seq;
    if (listing->filter->lines == 0)
        return PAT_OK;
    cursor->seq = head->seq;
    listing->wanted = listing->filter->lines;
    return pat_store_scan(listing->manage->store, &back, go_back, listing);
}

static enum pat_err
list_log(struct logs *logs, const struct pat_head_record *head)
{
    struct listing *listing = logs->context;
    const struct pat_history_cursor *cursor = listing->cursor;
    int order = cursor->begun ? strcmp(head->tenant, cursor->tenant) : 1;
    struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = head->tenant};
    enum pat_err err = PAT_OK;

    listing->logs = logs;
    if (order < 0)
        return PAT_OK; /* a page before this one had it */
    if (order > 0)
        err = enter_log(listing, head);
    if (err != PAT_OK)
        return err;
    scan.number = cursor->seq;
    return pat_store_scan(logs->manage->store, &scan, hand_over, listing);
}

enum pat_err
pat_history_list(struct pat_manage *manage, const struct pat_history_filter *filter,
                 struct pat_history_cursor *cursor, pat_scan_each *each, void *context)
{
    struct listing listing = {
        .filter = filter, .cursor = cursor, .manage = manage, .each = each, .context = context};
    struct logs logs = {
        .manage = manage, .tenant = filter->tenant, .work = list_log, .context = &listing};

    return visit_logs(&logs);
}

/* --- verifying --- */

struct walk {
    const struct pat_key *key;
    struct pat_digest link; /* of the change before */
    struct pat_history_verdict verdict;
};

static void
found_bad(struct walk *walk, int64_t seq, const char *what)
{
    walk->verdict.bad = seq;
    pat_text_clip(walk->verdict.what, sizeof walk->verdict.what, what);
}

static bool
follow(void *context, const void *record)
{
    struct walk *walk = context;
    const struct pat_change_record *change = record;
    int64_t expected = walk->verdict.checked + 1;

    if (change->seq != expected) {
        found_bad(walk, expected, "it is missing");
        return false;
    }
    switch (pat_chain_check(walk->key, &walk->link, change)) {
    case PAT_CHAIN_WHOLE:
        break;
    case PAT_CHAIN_EDITED_TEXT:
        found_bad(walk, change->seq, "its text was edited");
        return false;
    case PAT_CHAIN_BROKEN:
        found_bad(walk, change->seq, "it was edited, moved or put in");
        return false;
    }
    walk->link = change->link;
    walk->verdict.checked = change->seq;
    return true;
}

struct verifying {
    pat_history_each *each;
    void *context;
};

static enum pat_err
verify_log(struct logs *logs, const struct pat_head_record *head)
{
    const struct verifying *verifying = logs->context;
    struct walk walk = {
        .key = pat_keyring_key(pat_store_keyring(logs->manage->store), PAT_KEYRING_CHAIN),
        .link = head->cut_chain,
        .verdict = {.checked = head->cut_seq, .head = head->seq}};
    const struct pat_scan scan = {
        .what = PAT_SCAN_CHANGES, .tenant = head->tenant, .number = head->cut_seq};
    enum pat_err err;

    if (!pat_roles_may(&logs->manage->actor,
                       head->tenant[0] == '\0' ? PAT_ACT_HOST : PAT_ACT_SEE_TENANT, head->tenant,
                       NULL))
        return PAT_OK;
    pat_text_clip(walk.verdict.tenant, sizeof walk.verdict.tenant, head->tenant);
    err = pat_store_scan(logs->manage->store, &scan, follow, &walk);
    if (err != PAT_OK)
        return err;
    if (walk.verdict.bad == 0 && walk.verdict.checked < head->seq)
        found_bad(&walk, walk.verdict.checked + 1, "it and what followed were cut off");
    else if (walk.verdict.bad == 0 && walk.verdict.checked > head->seq)
        found_bad(&walk, head->seq + 1, "it was put in behind the end");
    else if (walk.verdict.bad == 0 && !pat_digest_equal(&walk.link, &head->chain))
        found_bad(&walk, head->seq, "it is not the one the head knows");
    logs->ended = !verifying->each(verifying->context, &walk.verdict);
    return PAT_OK;
}

enum pat_err
pat_history_verify(struct pat_manage *manage, const char *tenant, pat_history_each *each,
                   void *context)
{
    struct verifying verifying = {.each = each, .context = context};
    struct logs logs = {
        .manage = manage, .tenant = tenant, .work = verify_log, .context = &verifying};

    return visit_logs(&logs);
}
