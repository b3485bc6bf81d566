/* SPDX-License-Identifier: BSD-2-Clause */
/* Cutting and erasing, each with the change that tells of it. Called for operators, or by rooms
 * that judged who may. */
#include <stdio.h>
#include <string.h>

#include "core/api/history.h"
#include "core/api/retention.h"
#include "core/audit/chain.h"
#include "core/audit/event.h"
#include "core/base/text.h"

#define ROWS_A_STEP 5000

/* What is newer is not in the anchor's journal yet. */
static int64_t
known_generation(const struct pat_manage *manage)
{
    const struct pat_anchor *anchor = pat_store_anchor(manage->store);

    return anchor == NULL ? INT64_MAX : pat_anchor_mark(anchor)->generation;
}

static enum pat_err
check_before(struct pat_manage *manage, int64_t before)
{
    if (before <= manage->now - PAT_RETENTION_LEAST)
        return PAT_OK;
    pat_manage_refuse(manage, PAT_ERR_RANGE, "log.recent",
                      "changes stay in the log for at least 30 days");
    return pat_manage_hint(manage, "give an earlier time: --before 31d");
}

/* --- counting --- */

struct counting {
    struct pat_manage *manage;
    struct pat_retention_place *place;
    int64_t before;   /* of old ones */
    const char *user; /* of texts */
    int64_t rows;
    bool ended;
};

static bool
count_old(void *context, const void *record)
{
    struct counting *counting = context;
    struct pat_retention_place *place = counting->place;
    const struct pat_change_record *change = record;

    counting->rows++;
    counting->ended = change->at >= counting->before || change->seq >= place->last ||
                      change->generation > known_generation(counting->manage);
    if (counting->ended)
        return false;
    place->seq = change->seq;
    place->count++;
    return true;
}

static bool
count_text(void *context, const void *record)
{
    struct counting *counting = context;
    struct pat_retention_place *place = counting->place;
    const struct pat_change_record *change = record;

    counting->rows++;
    counting->ended = change->seq > place->last;
    if (counting->ended)
        return false;
    place->seq = change->seq;
    place->count += !change->erased && pat_text_equal(change->user, counting->user);
    return true;
}

static enum pat_err
begin_place(struct pat_manage *manage, const char *tenant, struct pat_retention_place *place)
{
    struct pat_head_record head;
    enum pat_err err;

    if (place->begun)
        return PAT_OK;
    err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);
    if (err == PAT_OK)
        err = pat_history_head(manage, tenant, &head);
    if (err != PAT_OK)
        return err;
    place->begun = true;
    place->seq = head.cut_seq;
    place->last = head.seq;
    return PAT_OK;
}

static enum pat_err
count_some(struct counting *counting, const char *tenant, pat_scan_each *each)
{
    struct pat_retention_place *place = counting->place;
    struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = tenant, .limit = ROWS_A_STEP};
    enum pat_err err = begin_place(counting->manage, tenant, place);

    if (err != PAT_OK)
        return err;
    scan.number = place->seq;
    err = pat_store_scan(counting->manage->store, &scan, each, counting);
    place->done = counting->ended || counting->rows < ROWS_A_STEP;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(counting->manage, err);
}

enum pat_err
pat_retention_count_old(struct pat_manage *manage, const char *tenant, int64_t before,
                        struct pat_retention_place *place)
{
    struct counting counting = {.manage = manage, .place = place, .before = before};
    enum pat_err err = check_before(manage, before);

    return err == PAT_OK ? count_some(&counting, tenant, count_old) : err;
}

enum pat_err
pat_retention_count_texts(struct pat_manage *manage, const char *tenant, const char *user,
                          struct pat_retention_place *place)
{
    struct counting counting = {.manage = manage, .place = place, .user = user};

    return count_some(&counting, tenant, count_text);
}

/* --- cutting --- */

struct cutting {
    const struct pat_key *key;
    const struct pat_head_record *head;
    const struct pat_retention_wish *wish;
    int64_t known; /* generation */
    int64_t seq;   /* the last one that goes */
    struct pat_digest link;
    int64_t count;
    bool broken;
};

/* SECURITY: nobody hides an edit by cutting it away. */
static bool
take_old(void *context, const void *record)
{
    struct cutting *cutting = context;
    const struct pat_change_record *change = record;

    if (change->at >= cutting->wish->before || change->seq >= cutting->head->seq ||
        (cutting->wish->upto > 0 && change->seq > cutting->wish->upto) ||
        change->generation > cutting->known)
        return false;
    cutting->broken = change->seq != cutting->seq + 1 ||
                      pat_chain_check(cutting->key, &cutting->link, change) != PAT_CHAIN_WHOLE;
    if (cutting->broken)
        return false;
    cutting->seq = change->seq;
    cutting->link = change->link;
    cutting->count++;
    return true;
}

static enum pat_err
refuse_broken(struct pat_manage *manage, int64_t seq)
{
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "log.broken",
                      "change %lld is not as it was written: the log is not cut", (long long)seq);
    return pat_manage_hint(manage, "patctl log --verify");
}

static enum pat_err
log_cut(struct pat_manage *manage, const struct cutting *cutting)
{
    char count[24], seq[24], link[2 * PAT_DIGEST_LEN + 1], after[256];
    const struct pat_log_field fields[] = {{"count", count}, {"seq", seq}, {"link", link}};
    const struct pat_change_args change = {.tenant = cutting->wish->tenant,
                                           .event = "log.cut",
                                           .subject = seq,
                                           .after = after,
                                           .reason = cutting->wish->reason};
    enum pat_err err;

    snprintf(count, sizeof count, "%lld", (long long)cutting->count);
    snprintf(seq, sizeof seq, "%lld", (long long)cutting->seq);
    for (size_t i = 0; i < PAT_DIGEST_LEN; i++)
        snprintf(link + 2 * i, 3, "%02x", cutting->link.bytes[i]);
    err = pat_event_write(after, sizeof after, NULL, fields, 3);
    return err == PAT_OK ? pat_manage_log(manage, &change, NULL) : pat_manage_failed(manage, err);
}

enum pat_err
pat_retention_cut(struct pat_manage *manage, const struct pat_retention_wish *wish, int64_t *ret)
{
    struct pat_head_record head;
    struct cutting cutting = {.wish = wish, .known = known_generation(manage), .head = &head};
    struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = wish->tenant, .limit = ROWS_A_STEP};
    enum pat_err err = pat_manage_permit(manage, PAT_ACT_HOST, "", NULL);

    if (err == PAT_OK)
        err = check_before(manage, wish->before);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", wish->reason, PAT_REASON_MAX);
    if (err == PAT_OK)
        err = pat_history_head(manage, wish->tenant, &head);
    if (err != PAT_OK)
        return err;
    cutting.key = pat_keyring_key(pat_store_keyring(manage->store), PAT_KEYRING_CHAIN);
    scan.number = cutting.seq = head.cut_seq;
    cutting.link = head.cut_chain;
    err = pat_store_scan(manage->store, &scan, take_old, &cutting);
    if (err == PAT_OK && cutting.broken)
        return refuse_broken(manage, cutting.seq + 1);
    if (err == PAT_OK && cutting.count > 0)
        err = pat_store_cut(manage->store, wish->tenant, cutting.seq, &cutting.link);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (cutting.count > 0)
        err = log_cut(manage, &cutting);
    *ret = cutting.count;
    return err;
}

/* --- erasing --- */

static enum pat_err
log_erase(struct pat_manage *manage, const struct pat_erasing *erasing, const char *reason,
          int64_t erased)
{
    char count[24], seq[24], after[128];
    const struct pat_log_field fields[] = {{"count", count}, {"seq", seq}};
    const struct pat_change_args change = {.tenant = erasing->tenant,
                                           .event = "log.erase",
                                           .user = erasing->user,
                                           .subject = seq,
                                           .after = after,
                                           .reason = reason};
    enum pat_err err;

    snprintf(count, sizeof count, "%lld", (long long)erased);
    snprintf(seq, sizeof seq, "%lld", (long long)erasing->upto);
    err = pat_event_write(after, sizeof after, NULL, fields, 2);
    return err == PAT_OK ? pat_manage_log(manage, &change, NULL) : pat_manage_failed(manage, err);
}

static enum pat_err
erase_piece(struct pat_manage *manage, struct pat_erasing *erasing, int64_t last, int64_t *ret)
{
    erasing->generation = known_generation(manage);
    erasing->upto = last - erasing->after > ROWS_A_STEP ? erasing->after + ROWS_A_STEP : last;
    return pat_store_erase(manage->store, erasing, ret);
}

enum pat_err
pat_retention_erase(struct pat_manage *manage, const char *tenant, const char *user, int64_t *ret)
{
    struct pat_erasing erasing = {.tenant = tenant, .user = user};
    struct pat_head_record head;
    int64_t erased = 0, total = 0;
    enum pat_err err = pat_history_head(manage, tenant, &head);

    if (err != PAT_OK)
        return err;
    erasing.after = erasing.upto = head.cut_seq;
    for (; err == PAT_OK && erasing.upto < head.seq; erasing.after = erasing.upto) {
        err = erase_piece(manage, &erasing, head.seq, &erased);
        total += err == PAT_OK ? erased : 0;
    }
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (total > 0)
        err = log_erase(manage, &erasing, "", total);
    *ret = total;
    return err;
}

enum pat_err
pat_retention_erase_step(struct pat_manage *manage, const char *tenant, const char *user,
                         const char *reason, struct pat_retention_place *place)
{
    struct pat_erasing erasing = {.tenant = tenant, .user = user};
    int64_t erased = 0;
    enum pat_err err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);

    if (err == PAT_OK)
        err = pat_manage_start(manage);
    if (err != PAT_OK)
        return err;
    err = begin_place(manage, tenant, place);
    erasing.after = erasing.upto = place->seq;
    if (err == PAT_OK && place->seq < place->last) {
        err = erase_piece(manage, &erasing, place->last, &erased);
        if (err != PAT_OK)
            pat_manage_failed(manage, err);
    }
    if (err == PAT_OK && erased > 0)
        err = log_erase(manage, &erasing, reason, erased);
    err = pat_manage_end(manage, err);
    if (err != PAT_OK)
        return err;
    place->seq = erasing.upto;
    place->count += erased;
    place->done = place->seq >= place->last;
    return PAT_OK;
}
