/* SPDX-License-Identifier: BSD-2-Clause */
/* Following chains, in steps that others can wait for, and comparing heads. Changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "core/api/history.h"
#include "core/api/proof.h"
#include "core/audit/chain.h"
#include "core/base/text.h"

#define ROWS_A_STEP 5000

/* The first erased change of a user that nothing speaks of yet. */
struct pat_proof_gap {
    char user[PAT_USER_MAX + 1];
    int64_t seq;
};

static void
found_bad(struct pat_proof_verdict *verdict, int64_t seq, const char *what)
{
    if (verdict->bad != 0 && verdict->bad <= seq)
        return;
    verdict->bad = seq;
    pat_text_clip(verdict->what, sizeof verdict->what, what);
}

static bool
may_prove(const struct pat_manage *manage, const char *tenant)
{
    return pat_roles_may(&manage->actor, tenant[0] == '\0' ? PAT_ACT_HOST : PAT_ACT_SEE_TENANT,
                         tenant, NULL);
}

/* --- erased texts --- */

static struct pat_proof_gap *
find_gap(const struct pat_proof *proof, const char *user)
{
    for (size_t i = 0; i < proof->gap_count; i++)
        if (pat_text_equal(proof->gaps[i].user, user))
            return &proof->gaps[i];
    return NULL;
}

static enum pat_err
open_gap(struct pat_proof *proof, const struct pat_change_record *change)
{
    struct pat_proof_gap *gaps;

    if (find_gap(proof, change->user) != NULL)
        return PAT_OK;
    gaps = realloc(proof->gaps, (proof->gap_count + 1) * sizeof *gaps);
    if (gaps == NULL)
        return PAT_ERR_NOMEM;
    proof->gaps = gaps;
    gaps += proof->gap_count++;
    pat_text_clip(gaps->user, sizeof gaps->user, change->user);
    gaps->seq = change->seq;
    return PAT_OK;
}

/* SECURITY: else whoever can write the database could blank a text, and nobody would see it. */
static enum pat_err
mind_erasing(struct pat_proof *proof, const struct pat_change_record *change)
{
    struct pat_proof_gap *gap;

    if (pat_text_equal(change->event, "log.erase") && (gap = find_gap(proof, change->user)) != NULL)
        *gap = proof->gaps[--proof->gap_count];
    return change->erased ? open_gap(proof, change) : PAT_OK;
}

static void
judge_gaps(struct pat_proof *proof)
{
    for (size_t i = 0; i < proof->gap_count; i++)
        found_bad(&proof->verdict, proof->gaps[i].seq,
                  "its text was erased, and no change says so");
    proof->gap_count = 0;
}

/* --- the chain --- */

struct walk {
    const struct pat_key *key;
    struct pat_proof *proof;
    int64_t rows;
    enum pat_err err;
};

static bool
follow(void *context, const void *record)
{
    struct walk *walk = context;
    struct pat_proof *proof = walk->proof;
    const struct pat_change_record *change = record;
    int64_t expected = proof->verdict.checked + 1;

    walk->rows++;
    if (change->seq != expected) {
        found_bad(&proof->verdict, expected, "it is missing");
        return false;
    }
    switch (pat_chain_check(walk->key, &proof->link, change)) {
    case PAT_CHAIN_WHOLE:
        break;
    case PAT_CHAIN_EDITED_TEXT:
        found_bad(&proof->verdict, change->seq, "its text was edited");
        return false;
    case PAT_CHAIN_BROKEN:
        found_bad(&proof->verdict, change->seq, "it was edited, moved or put in");
        return false;
    }
    proof->link = change->link;
    proof->verdict.checked = change->seq;
    walk->err = mind_erasing(proof, change);
    return walk->err == PAT_OK;
}

static void
begin_at(struct pat_proof *proof, const struct pat_head_record *head)
{
    proof->link = head->cut_chain;
    proof->gap_count = 0;
    proof->verdict.cut = proof->verdict.checked = head->cut_seq;
}

static void
enter(struct pat_proof *proof, const struct pat_head_record *head)
{
    proof->begun = proof->inside = true;
    proof->verdict = (struct pat_proof_verdict){.bad = 0};
    pat_text_clip(proof->verdict.tenant, sizeof proof->verdict.tenant, head->tenant);
    begin_at(proof, head);
}

static void
judge_end(struct pat_proof *proof, const struct pat_head_record *head)
{
    struct pat_proof_verdict *verdict = &proof->verdict;

    verdict->head = head->seq;
    if (verdict->bad != 0)
        return;
    if (verdict->checked < head->seq)
        found_bad(verdict, verdict->checked + 1, "it and what followed were cut off");
    else if (verdict->checked > head->seq)
        found_bad(verdict, head->seq + 1, "it was put in behind the end");
    else if (!pat_digest_equal(&proof->link, &head->chain))
        found_bad(verdict, head->seq, "it is not the one the head knows");
    judge_gaps(proof);
}

static enum pat_err
walk_log(struct pat_manage *manage, struct pat_proof *proof, const struct pat_head_record *head,
         bool *ret_over)
{
    struct walk walk = {.key = pat_keyring_key(pat_store_keyring(manage->store), PAT_KEYRING_CHAIN),
                        .proof = proof,
                        .err = PAT_OK};
    struct pat_scan scan = {.what = PAT_SCAN_CHANGES, .tenant = head->tenant, .limit = ROWS_A_STEP};
    enum pat_err err;

    if (head->cut_seq > proof->verdict.checked)
        begin_at(proof, head); /* retention came in between */
    scan.number = proof->verdict.checked;
    err = pat_store_scan(manage->store, &scan, follow, &walk);
    if (err == PAT_OK)
        err = walk.err;
    *ret_over = proof->verdict.bad != 0 || walk.rows < ROWS_A_STEP;
    return err;
}

/* --- from log to log --- */

struct next {
    const struct pat_manage *manage;
    const struct pat_proof *proof;
    const char *tenant; /* or NULL */
    struct pat_head_record *head;
    bool found;
};

static bool
pick_log(void *context, const void *record)
{
    struct next *next = context;
    const struct pat_head_record *head = record;
    const struct pat_proof *proof = next->proof;
    int order = proof->begun ? strcmp(head->tenant, proof->verdict.tenant) : 1;

    next->found = (order > 0 || (order == 0 && proof->inside)) &&
                  (next->tenant == NULL || pat_text_equal(next->tenant, head->tenant)) &&
                  may_prove(next->manage, head->tenant);
    if (next->found)
        *next->head = *head;
    return !next->found;
}

/* The log that the proof is in, or the next one. */
static enum pat_err
find_log(struct pat_manage *manage, const char *tenant, const struct pat_proof *proof,
         struct pat_head_record *ret, bool *ret_found)
{
    struct next next = {.manage = manage, .proof = proof, .tenant = tenant, .head = ret};
    const char *from = proof->begun ? proof->verdict.tenant : tenant == NULL ? "" : tenant;
    const struct pat_scan scan = {.what = PAT_SCAN_HEADS, .after_name = from};
    enum pat_err err = pat_store_scan(manage->store, &scan, pick_log, &next);

    *ret_found = next.found;
    return err;
}

enum pat_err
pat_proof_step(struct pat_manage *manage, const char *tenant, struct pat_proof *proof,
               pat_proof_each *each, void *context)
{
    struct pat_head_record head;
    bool found = false, over = false;
    enum pat_err err = PAT_OK;

    if (!proof->begun && tenant != NULL)
        err = pat_history_head(manage, tenant, &head);
    if (err != PAT_OK)
        return err; /* and it says why */
    err = find_log(manage, tenant, proof, &head, &found);
    if (err == PAT_OK && found && !(proof->inside && proof->begun))
        enter(proof, &head);
    if (err == PAT_OK && found)
        err = walk_log(manage, proof, &head, &over);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    proof->done = !found;
    if (over) {
        judge_end(proof, &head);
        proof->inside = false;
        proof->done = !each(context, &proof->verdict);
    }
    return PAT_OK;
}

void
pat_proof_close(struct pat_proof *proof)
{
    free(proof->gaps);
    *proof = (struct pat_proof){.done = true};
}

/* --- heads from elsewhere --- */

struct looking {
    const struct pat_proof_head *head;
    bool found, fits;
};

static bool
compare_link(void *context, const void *record)
{
    struct looking *looking = context;
    const struct pat_change_record *change = record;

    looking->found = change->seq == looking->head->seq;
    looking->fits = looking->found && pat_digest_equal(&change->link, &looking->head->link);
    return false;
}

static enum pat_err
compare_row(struct pat_manage *manage, const struct pat_proof_head *head,
            struct pat_proof_verdict *verdict)
{
    struct looking looking = {.head = head};
    const struct pat_scan scan = {
        .what = PAT_SCAN_CHANGES, .tenant = head->tenant, .number = head->seq - 1, .limit = 1};
    enum pat_err err = pat_store_scan(manage->store, &scan, compare_link, &looking);

    if (looking.fits)
        verdict->checked++;
    else if (err == PAT_OK)
        found_bad(verdict, head->seq,
                  looking.found ? "it is not the one that was logged as the head"
                                : "it is missing");
    return err;
}

static enum pat_err
compare_head(struct pat_manage *manage, const struct pat_head_record *log,
             const struct pat_proof_head *head, struct pat_proof_verdict *verdict)
{
    if (head->seq > log->seq) {
        found_bad(verdict, log->seq + 1, "it and what followed were cut off");
    } else if (head->seq < log->cut_seq) {
        verdict->before++;
    } else if (log->cut_seq > 0 && head->seq == log->cut_seq) {
        if (pat_digest_equal(&log->cut_chain, &head->link))
            verdict->checked++;
        else
            found_bad(verdict, head->seq, "it is not the one that was logged as the head");
    } else {
        return compare_row(manage, head, verdict);
    }
    return PAT_OK;
}

/* The heads of one log: those from the first one on that name the same tenant. */
static enum pat_err
compare_log(struct pat_manage *manage, const struct pat_proof_head *heads, size_t count,
            struct pat_proof_verdict *verdict)
{
    struct pat_head_record log;
    enum pat_err err = pat_store_get(manage->store, PAT_ROW_HEAD, heads->tenant, "", &log);

    *verdict = (struct pat_proof_verdict){.bad = 0};
    pat_text_clip(verdict->tenant, sizeof verdict->tenant, heads->tenant);
    if (err == PAT_ERR_NOT_FOUND) {
        found_bad(verdict, 1, "the whole log is missing");
        return PAT_OK;
    }
    verdict->head = log.seq;
    verdict->cut = log.cut_seq;
    for (size_t i = 0; err == PAT_OK && i < count; i++)
        if (pat_text_equal(heads[i].tenant, heads->tenant))
            err = compare_head(manage, &log, &heads[i], verdict);
    return err;
}

static bool
was_named(const struct pat_proof_head *heads, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (pat_text_equal(heads[i].tenant, heads[index].tenant))
            return true;
    return false;
}

enum pat_err
pat_proof_heads(struct pat_manage *manage, const char *tenant, const struct pat_proof_head *heads,
                size_t count, pat_proof_each *each, void *context)
{
    struct pat_proof_verdict verdict;
    struct pat_head_record ignored;
    enum pat_err err = tenant == NULL ? PAT_OK : pat_history_head(manage, tenant, &ignored);
    bool ended = err != PAT_OK;

    for (size_t i = 0; !ended && i < count; i++) {
        if ((tenant != NULL && !pat_text_equal(tenant, heads[i].tenant)) ||
            !may_prove(manage, heads[i].tenant) || was_named(heads, i))
            continue;
        err = compare_log(manage, heads + i, count - i, &verdict);
        if (err != PAT_OK)
            return pat_manage_failed(manage, err);
        ended = !each(context, &verdict);
    }
    return err;
}
