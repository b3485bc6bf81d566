/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens, one by one. What the store says as a whole is ledger_log.c's. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/faults/figures.h"
#include "tests/faults/ledger.h"
#include "tests/faults/ledger_log.h"
#include "tests/faults/steady.h"

const char *const ledger_users[LEDGER_USERS] = {"alice", "bob", "dora", "erin"};

struct claim *
ledger_add(struct ledger *ledger, const struct pat_token *token, int user, enum claim_state state)
{
    struct claim *claim = &ledger->claims[ledger->count++];

    FIGURES_NEED(ledger->count <= LEDGER_MAX);
    memset(claim, 0, sizeof *claim);
    pat_token_write(token, claim->text);
    pat_text_clip(claim->id, sizeof claim->id, token->id);
    claim->user = user;
    claim->may = CLAIM_ABSENT | state;
    return claim;
}

struct claim *
ledger_pick(struct ledger *ledger, int user, enum claim_state state, uint64_t number)
{
    struct claim *fitting[LEDGER_MAX];
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++) {
        struct claim *claim = &ledger->claims[i];

        if (claim->may == (unsigned)state && claim->user == user && claim->expires == 0)
            fitting[count++] = claim;
    }
    return count == 0 ? NULL : fitting[number % count];
}

size_t
ledger_count(const struct ledger *ledger, enum claim_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++)
        count += ledger->claims[i].may == (unsigned)state;
    return count;
}

/* --- what is there --- */

static enum claim_state
state_of(const struct pat_token_record *token)
{
    switch ((enum pat_state)token->state) {
    case PAT_STATE_PENDING:
        return CLAIM_PENDING;
    case PAT_STATE_SUSPENDED:
        return CLAIM_SUSPENDED;
    case PAT_STATE_REVOKED:
        return CLAIM_REVOKED;
    case PAT_STATE_ACTIVE:
    case PAT_STATE_DISABLED:
        break;
    }
    return pat_text_equal(token->scopes.text, "mail:*") ? CLAIM_ACTIVE : CLAIM_NARROW;
}

static bool
may_end(const struct claim *claim, const struct pat_optional *end)
{
    int64_t expires = claim->expires < 0 ? -claim->expires : claim->expires;

    return end->set ? end->at == expires : claim->expires <= 0;
}

struct found {
    enum claim_state state;
    bool works; /* at all, for who may do what is asked */
};

static enum ledger_verdict
look_up(const struct ledger *ledger, struct host *host, const struct claim *claim,
        struct found *ret, char why[LEDGER_WHY])
{
    struct pat_token_record token;
    struct pat_user_record user;
    enum pat_err err = pat_store_get(host->reader, PAT_ROW_TOKEN, "acme", claim->id, &token);
    unsigned there;

    *ret = (struct found){.state = CLAIM_ABSENT};
    if (err != PAT_OK && err != PAT_ERR_NOT_FOUND) {
        snprintf(why, LEDGER_WHY, "token %s cannot be read: %s", claim->id, pat_err_text(err));
        return LEDGER_WRONG;
    }
    if (err == PAT_OK)
        ret->state = state_of(&token);
    if ((claim->may & (unsigned)ret->state) == 0) {
        snprintf(why, LEDGER_WHY, "token %s is %d and may be %u", claim->id, (int)ret->state,
                 claim->may);
        return LEDGER_WRONG;
    }
    if (err == PAT_OK && !may_end(claim, &token.expires)) {
        snprintf(why, LEDGER_WHY, "token %s ends another time", claim->id);
        return LEDGER_WRONG;
    }
    err = pat_store_get(host->reader, PAT_ROW_USER, "acme", ledger_users[claim->user], &user);
    there = err == PAT_ERR_NOT_FOUND ? 4U : user.state == PAT_STATE_ACTIVE ? 1U : 2U;
    if ((ledger->users[claim->user] & there) == 0) {
        snprintf(why, LEDGER_WHY, "user %s is %u and may be %u", ledger_users[claim->user], there,
                 ledger->users[claim->user]);
        return LEDGER_WRONG;
    }
    ret->works = there == 1 && (ret->state == CLAIM_ACTIVE || ret->state == CLAIM_NARROW) &&
                 !(token.expires.set && token.expires.at <= steady_now);
    return LEDGER_HOLDS;
}

/* --- what is answered --- */

static enum ledger_verdict
ask(struct host *host, const struct claim *claim, const char *service, const char *login,
    bool works, char why[LEDGER_WHY])
{
    const struct host_question question = {
        .token = claim->text, .service = service, .login = login, .peer = 100};
    struct pat_answer answer;
    enum pat_verdict verdict = host_verify(host, &question, &answer);
    bool accepted = verdict == PAT_VERDICT_ACCEPTED || answer.class == PAT_CLASS_ACCEPTED;

    if (accepted == works && pat_verdict_class(verdict) != PAT_CLASS_UNAVAILABLE)
        return LEDGER_HOLDS;
    snprintf(why, LEDGER_WHY, "token %s, %s for %s: %s", claim->id, service, login,
             pat_verdict_name(verdict));
    return pat_verdict_class(verdict) == PAT_CLASS_UNAVAILABLE ? LEDGER_REFUSED : LEDGER_WRONG;
}

static enum ledger_verdict
ask_all(struct host *host, const struct claim *claim, const struct found *found,
        char why[LEDGER_WHY])
{
    const char *login = ledger_users[claim->user];
    enum ledger_verdict verdict = ask(host, claim, "imap", login, found->works, why);

    if (verdict == LEDGER_HOLDS)
        verdict = ask(host, claim, "smtpd", login, found->works && found->state == CLAIM_ACTIVE,
                      why);
    return verdict == LEDGER_HOLDS ? ask(host, claim, "imap", "mallory", false, why) : verdict;
}

static enum ledger_verdict
refuses(struct host *host, char why[LEDGER_WHY])
{
    char trouble[240] = "";
    bool writes = host_writer(host) != NULL;

    if (pat_context_health(host->context) == PAT_VERDICT_ACCEPTED && writes && host->reader != NULL)
        return LEDGER_HOLDS;
    host_trouble(host, trouble, sizeof trouble);
    snprintf(why, LEDGER_WHY, "%s: %s", pat_verdict_name(pat_context_health(host->context)),
             trouble);
    return trouble[0] == '\0' ? LEDGER_WRONG : LEDGER_REFUSED;
}

static void
open_reader(struct host *host)
{
    const struct host_question question = {
        .token = "no token", .service = "imap", .login = "alice", .peer = 100};
    struct pat_answer answer;

    host_verify(host, &question, &answer);
}

static enum ledger_verdict
ask_once(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    enum ledger_verdict verdict;
    struct found found;

    if (host_writer(host) != NULL)
        open_reader(host);
    verdict = refuses(host, why);
    if (verdict == LEDGER_HOLDS)
        pat_store_release(host->reader);
    for (size_t i = 0; verdict == LEDGER_HOLDS && i < ledger->count; i++) {
        verdict = look_up(ledger, host, &ledger->claims[i], &found, why);
        if (verdict == LEDGER_HOLDS)
            verdict = ask_all(host, &ledger->claims[i], &found, why);
    }
    if (host->reader != NULL)
        pat_store_release(host->reader);
    return verdict;
}

/* A handle that failed answers once more that it cannot, and is opened anew for the next. */
enum ledger_verdict
ledger_ask(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    enum ledger_verdict verdict = ask_once(ledger, host, why);

    return verdict == LEDGER_REFUSED ? ask_once(ledger, host, why) : verdict;
}

enum ledger_verdict
ledger_ask_amid(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    const unsigned live = CLAIM_ACTIVE | CLAIM_NARROW;
    enum ledger_verdict verdict = LEDGER_HOLDS;

    for (size_t i = 0; verdict == LEDGER_HOLDS && i < ledger->count; i++) {
        const struct claim *claim = &ledger->claims[i];
        bool ended = claim->expires > 0 && claim->expires <= steady_now;
        bool may = (claim->may & live) != 0 && (ledger->users[claim->user] & 1) != 0 && !ended;
        bool must = (claim->may & ~live) == 0 && ledger->users[claim->user] == 1 &&
                    claim->expires == 0;
        const struct host_question question = {.token = claim->text,
                                               .service = "imap",
                                               .login = ledger_users[claim->user],
                                               .peer = 100};
        struct pat_answer answer;
        enum pat_class class = pat_verdict_class(host_verify(host, &question, &answer));

        if (class == PAT_CLASS_UNAVAILABLE || (class == PAT_CLASS_ACCEPTED && may) ||
            (class == PAT_CLASS_REFUSED && !must))
            continue;
        snprintf(why, LEDGER_WHY, "token %s gets %s", claim->id,
                 class == PAT_CLASS_ACCEPTED ? "in" : "no answer but a refusal");
        verdict = LEDGER_WRONG;
    }
    if (host->reader != NULL)
        pat_store_release(host->reader);
    return verdict;
}

enum ledger_verdict
ledger_check(const struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    enum ledger_verdict verdict = ledger_ask(ledger, host, why);

    return verdict == LEDGER_HOLDS ? ledger_log_check(ledger, host, why) : verdict;
}

enum ledger_verdict
ledger_settle(struct ledger *ledger, struct host *host, char why[LEDGER_WHY])
{
    enum ledger_verdict verdict = ledger_ask(ledger, host, why);
    struct pat_token_record token;
    struct pat_user_record user;
    enum pat_err err;
    struct found found;

    for (size_t i = 0; verdict == LEDGER_HOLDS && i < ledger->count; i++) {
        struct claim *claim = &ledger->claims[i];

        verdict = look_up(ledger, host, claim, &found, why);
        claim->may = (unsigned)found.state;
        if (claim->expires < 0 &&
            pat_store_get(host->reader, PAT_ROW_TOKEN, "acme", claim->id, &token) == PAT_OK)
            claim->expires = token.expires.set ? token.expires.at : 0;
    }
    for (int i = 0; verdict == LEDGER_HOLDS && i < LEDGER_USERS; i++) {
        err = pat_store_get(host->reader, PAT_ROW_USER, "acme", ledger_users[i], &user);
        ledger->users[i] = err == PAT_ERR_NOT_FOUND ? 4U : user.state == PAT_STATE_ACTIVE ? 1U : 2U;
    }
    return verdict;
}
