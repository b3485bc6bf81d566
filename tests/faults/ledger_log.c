/* SPDX-License-Identifier: BSD-2-Clause */
/* Seals and sums, logs and what they tell, the anchor's journal. */
#include <stdio.h>
#include <string.h>

#include "core/api/proof.h"
#include "core/base/text.h"
#include "core/store/check.h"
#include "tests/faults/ledger_log.h"

#define TOLD_MAX 512

/* --- the log against the rows --- */

struct told {
    char id[PAT_ID_LEN + 1];
    enum claim_state state; /* CLAIM_ABSENT: it was made, and more is not told */
};

struct story {
    struct told told[TOLD_MAX];
    size_t count;
    bool purged, cut;
    char *why;
};

static struct told *
find_told(struct story *story, const char *id)
{
    for (size_t i = 0; i < story->count; i++)
        if (pat_text_equal(story->told[i].id, id))
            return &story->told[i];
    return NULL;
}

static bool
read_change(void *context, const void *record)
{
    static const struct {
        const char *event;
        enum claim_state state;
    } events[] = {
        {"token.create", CLAIM_ABSENT},     {"token.confirm", CLAIM_ACTIVE},
        {"token.suspend", CLAIM_SUSPENDED}, {"token.resume", CLAIM_ACTIVE},
        {"token.revoke", CLAIM_REVOKED},
    };
    const struct pat_change_record *change = record;
    struct story *story = context;
    struct told *told;

    story->purged |= pat_text_equal(change->event, "token.purge") ||
                     pat_text_equal(change->event, "user.forget");
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (!pat_text_equal(change->event, events[i].event))
            continue;
        told = find_told(story, change->subject);
        if (told == NULL && story->count < TOLD_MAX)
            told = &story->told[story->count++];
        if (told == NULL)
            continue;
        pat_text_clip(told->id, sizeof told->id, change->subject);
        told->state = events[i].state;
    }
    return true;
}

static bool
agrees(const struct told *told, const struct pat_token_record *token)
{
    switch (told->state) {
    case CLAIM_ABSENT:
        return token->state == PAT_STATE_ACTIVE || token->state == PAT_STATE_PENDING;
    case CLAIM_ACTIVE:
        return token->state == PAT_STATE_ACTIVE;
    case CLAIM_SUSPENDED:
        return token->state == PAT_STATE_SUSPENDED;
    case CLAIM_REVOKED:
    case CLAIM_PENDING:
    case CLAIM_NARROW:
        break;
    }
    return token->state == PAT_STATE_REVOKED;
}

static bool
compare_token(void *context, const void *record)
{
    const struct pat_token_record *token = record;
    struct story *story = context;
    struct told *told = find_told(story, token->id);

    if (told == NULL ? story->cut : agrees(told, token)) {
        if (told != NULL)
            *told = story->told[--story->count];
        return true;
    }
    snprintf(story->why, LEDGER_WHY, "token %s is not what the log tells: row %d, log %d",
             token->id, token->state, told == NULL ? 0 : (int)told->state);
    return false;
}

static enum ledger_verdict
compare_log(struct host *host, char why[LEDGER_WHY])
{
    static struct story story;
    const struct pat_scan changes = {.what = PAT_SCAN_CHANGES, .tenant = "acme"};
    const struct pat_scan tokens = {.what = PAT_SCAN_TOKENS, .tenant = "acme"};
    struct pat_head_record head;
    enum pat_err err;

    story = (struct story){.why = why};
    err = pat_store_get(host->reader, PAT_ROW_HEAD, "acme", "", &head);
    story.cut = err == PAT_OK && head.cut_seq > 0;
    if (err == PAT_ERR_NOT_FOUND)
        return LEDGER_HOLDS; /* the tenant is not there yet */
    if (err == PAT_OK)
        err = pat_store_scan(host->reader, &changes, read_change, &story);
    why[0] = '\0';
    if (err == PAT_OK)
        err = pat_store_scan(host->reader, &tokens, compare_token, &story);
    if (err != PAT_OK)
        snprintf(why, LEDGER_WHY, "the log cannot be read: %s", pat_err_text(err));
    else if (why[0] == '\0' && story.count > 0 && !story.purged)
        snprintf(why, LEDGER_WHY, "token %s is in the log and not there", story.told[0].id);
    return why[0] == '\0' ? LEDGER_HOLDS : LEDGER_WRONG;
}

/* --- the chains --- */

static bool
note_bad(void *context, const struct pat_proof_verdict *verdict)
{
    if (verdict->bad != 0)
        snprintf(context, LEDGER_WHY, "log of \"%s\", change %lld: %s", verdict->tenant,
                 (long long)verdict->bad, verdict->what);
    return verdict->bad == 0;
}

static enum ledger_verdict
prove(struct host *host, char why[LEDGER_WHY])
{
    struct pat_proof proof = {.done = false};
    struct pat_manage manage;
    enum pat_err err = host_manage(host, &manage);

    why[0] = '\0';
    while (err == PAT_OK && !proof.done)
        err = pat_proof_step(&manage, NULL, &proof, note_bad, why);
    if (err != PAT_OK)
        snprintf(why, LEDGER_WHY, "the logs cannot be proved: %.300s", manage.problem.message);
    pat_proof_close(&proof);
    pat_manage_close(&manage);
    return why[0] == '\0' ? LEDGER_HOLDS : LEDGER_WRONG;
}

/* --- the journal --- */

struct journal {
    const struct ledger *ledger;
    bool known[LEDGER_MAX];
};

static enum pat_err
read_line(void *context, int64_t generation, const char *line)
{
    struct journal *journal = context;

    (void)generation;
    if (strncmp(line, "event=token.revoke ", 19) != 0)
        return PAT_OK;
    for (size_t i = 0; i < journal->ledger->count; i++)
        journal->known[i] |= strstr(line, journal->ledger->claims[i].id) != NULL;
    return PAT_OK;
}

/* What was taken away must be known there, or a restored database would give it back. */
static enum ledger_verdict
compare_journal(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    struct pat_anchor *anchor = pat_context_anchor(host->context);
    struct journal journal = {.ledger = ledger};
    int64_t reach = pat_anchor_reach(anchor);
    enum pat_err err = pat_anchor_replay(anchor, reach, read_line, &journal);

    if (err != PAT_OK) {
        snprintf(why, LEDGER_WHY, "the anchor's journal cannot be read: %s", pat_err_text(err));
        return LEDGER_WRONG;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        const struct claim *claim = &ledger->claims[i];

        if (claim->may != CLAIM_REVOKED || claim->generation <= reach || journal.known[i])
            continue;
        snprintf(why, LEDGER_WHY, "the journal does not know that token %s is revoked", claim->id);
        return LEDGER_WRONG;
    }
    return LEDGER_HOLDS;
}

/* --- the whole --- */

enum ledger_verdict
ledger_log_check(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    struct pat_check check = {.trouble = ""};
    enum pat_err err = pat_check_store(host_writer(host), NULL, NULL, &check);
    enum ledger_verdict verdict;

    if (err != PAT_OK) {
        snprintf(why, LEDGER_WHY, "the store does not add up: %s, %s", pat_err_text(err),
                 check.trouble);
        return LEDGER_WRONG;
    }
    verdict = compare_log(host, why);
    if (verdict == LEDGER_HOLDS)
        verdict = prove(host, why);
    return verdict == LEDGER_HOLDS ? compare_journal(ledger, host, why) : verdict;
}
