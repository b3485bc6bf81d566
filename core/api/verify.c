/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification. Reads its rows in one transaction, whatever they hold; an unknown token costs the
 * same digest and no fewer seals and look-ups than a known one. What the peer may ask is decided by
 * its uid alone, before any row of a token is read.
 */
#include <stdio.h>
#include <string.h>

#include "core/api/counts.h"
#include "core/api/verify.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/policy/name.h"
#include "core/store/usage.h"

struct asked {
    struct pat_context *context;
    struct pat_store *store;
    struct pat_request request; /* a copy: what the peer may not vouch for is dropped */
    const char *groups;
    struct pat_token token;
    struct pat_verify_rows *rows;
    struct pat_rule rule;
    struct pat_scopes group_grants;
    bool has_groups; /* the tenant grants something to groups */
    bool by_id; /* no secret was presented: the token is named, and its secret taken as right */
    struct pat_facts facts;
};

/* --- what the peer may ask --- */

struct own_account {
    const struct pat_request *request;
    bool local;
    bool found;
};

static bool
is_own_account(void *context, const void *record)
{
    struct own_account *own = context;
    const struct pat_user_record *user = record;
    const char *login = own->request->login;

    own->found = own->local ? pat_text_equal(user->account, login)
                            : strncmp(user->user, login, strlen(user->user)) == 0 &&
                                  strchr("@", login[strlen(user->user)]) != NULL;
    return !own->found;
}

/* What is read from here on is what is committed now. */
static enum pat_verdict
begin_reading(struct asked *asked)
{
    enum pat_err err = pat_store_begin(asked->store, false);

    if (err == PAT_OK)
        return PAT_VERDICT_ACCEPTED;
    pat_context_distrust(asked->context, err);
    return err == PAT_ERR_ROLLBACK || err == PAT_ERR_SEAL ? PAT_VERDICT_UNAVAILABLE_ROLLED_BACK
                                                          : PAT_VERDICT_UNAVAILABLE_STORE;
}

/* Anyone may ask about the account that is bound to their own uid: screen lockers do. */
static enum pat_verdict
may_ask(struct asked *asked, const struct pat_peer *peer)
{
    struct own_account own = {.request = &asked->request, .local = asked->rule.local};
    const struct pat_scan scan = {.what = PAT_SCAN_USERS_OF_UID, .number = peer->uid};
    enum pat_verdict verdict;
    enum pat_err err;

    if (!asked->request.has_login)
        return PAT_VERDICT_NOT_PERMITTED;
    verdict = begin_reading(asked);
    if (verdict != PAT_VERDICT_ACCEPTED)
        return verdict;
    err = pat_store_scan(asked->store, &scan, is_own_account, &own);
    if (err != PAT_OK)
        pat_store_rollback(asked->store);
    else
        err = pat_store_commit(asked->store);
    if (err != PAT_OK)
        return err == PAT_ERR_SEAL ? PAT_VERDICT_BAD_SEAL : PAT_VERDICT_UNAVAILABLE_STORE;
    return own.found ? PAT_VERDICT_ACCEPTED : PAT_VERDICT_NOT_PERMITTED;
}

/* --- what the store knows --- */

/* A missing row is judged as one whose seal does not hold, at the same cost. */
static enum pat_err
load(struct asked *asked, enum pat_row_kind kind, const char *tenant, const char *name, void *row,
     bool *ret_found)
{
    enum pat_err err = pat_store_get(asked->store, kind, tenant, name, row);

    *ret_found = err == PAT_OK || err == PAT_ERR_SEAL;
    if (err == PAT_ERR_NOT_FOUND) {
        memset(row, 0, pat_row_type(kind)->size);
        err = pat_seal_holds(pat_store_keyring(asked->store), kind, row) ? PAT_ERR_INTERNAL
                                                                         : PAT_OK;
    } else if (err == PAT_ERR_SEAL) {
        asked->facts.seals_hold = false;
        err = PAT_OK;
    }
    return err;
}

static enum pat_err
load_rows(struct asked *asked)
{
    struct pat_verify_rows *rows = asked->rows;
    bool token, user, tenant;
    enum pat_err err;

    asked->facts.seals_hold = true;
    err = load(asked, PAT_ROW_TOKEN, asked->token.tenant, asked->token.id, &rows->token, &token);
    if (err == PAT_OK)
        err = load(asked, PAT_ROW_TENANT, asked->token.tenant, "", &rows->tenant, &tenant);
    if (err == PAT_OK)
        err = load(asked, PAT_ROW_USER, asked->token.tenant, rows->token.user, &rows->user, &user);
    if (err != PAT_OK)
        return err;
    asked->facts.token = token ? &rows->token : NULL;
    asked->facts.tenant = tenant ? &rows->tenant : NULL;
    asked->facts.user = user ? &rows->user : NULL;
    return PAT_OK;
}

/* SECURITY: the digest is computed and compared for unknown tokens too. */
static enum pat_verdict
match_verifier(struct asked *asked)
{
    const struct pat_keyring *keyring = pat_store_keyring(asked->store);
    bool known = asked->facts.token != NULL;
    int64_t number = known ? asked->rows->token.key_number : pat_keyring_newest(keyring);
    const struct pat_key *key = pat_keyring_verifier(keyring, number);
    struct pat_digest digest;
    bool equal;

    if (key == NULL)
        return asked->facts.seals_hold ? PAT_VERDICT_UNAVAILABLE_KEY : PAT_VERDICT_BAD_SEAL;
    pat_digest_verifier(key, &asked->token, &digest);
    equal = pat_digest_equal(&digest, &asked->rows->token.verifier);
    asked->facts.verifier_matches = known && equal;
    pat_secret_wipe(&digest, sizeof digest);
    return PAT_VERDICT_ACCEPTED;
}

/* --- Unix groups --- */

static bool
note_group(void *context, const void *record)
{
    (void)record;
    *(bool *)context = true;
    return false;
}

static void
join_group(struct asked *asked, const char *name)
{
    struct pat_group_record group;
    struct pat_scopes joined;
    enum pat_err err = pat_store_get(asked->store, PAT_ROW_GROUP, asked->rows->tenant.tenant, name,
                                     &group);

    if (err == PAT_ERR_SEAL)
        asked->facts.seals_hold = false;
    if (err == PAT_OK && pat_scope_join(&asked->group_grants, &group.grants, &joined) == PAT_OK)
        asked->group_grants = joined;
}

/* Only a user with an account can be in a group; a group that cannot be read gives nothing. */
static enum pat_err
load_groups(struct asked *asked)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_GROUPS, .tenant = asked->rows->tenant.tenant, .limit = 1};
    char name[PAT_ACCOUNT_MAX + 1];
    enum pat_err err;

    if (asked->facts.tenant == NULL || asked->facts.user == NULL ||
        asked->rows->user.account[0] == '\0')
        return PAT_OK;
    err = pat_store_scan(asked->store, &scan, note_group, &asked->has_groups);
    if (err == PAT_ERR_SEAL) {
        asked->facts.seals_hold = false;
        err = PAT_OK;
    }
    for (const char *at = asked->groups; err == PAT_OK && at != NULL && *at != '\0';) {
        size_t len = strcspn(at, "\n");

        if (pat_text_copy(name, sizeof name, at, len) == PAT_OK)
            join_group(asked, name);
        at += len + (at[len] == '\n');
    }
    asked->facts.group_grants = &asked->group_grants;
    return err;
}

static enum pat_verdict
gather(struct asked *asked)
{
    enum pat_verdict verdict = begin_reading(asked);
    enum pat_err err;

    if (verdict != PAT_VERDICT_ACCEPTED)
        return verdict;
    err = load_rows(asked);
    if (err == PAT_OK)
        err = load_groups(asked);
    if (err != PAT_OK) {
        pat_store_rollback(asked->store);
        return PAT_VERDICT_UNAVAILABLE_STORE;
    }
    if (pat_store_commit(asked->store) != PAT_OK)
        return PAT_VERDICT_UNAVAILABLE_STORE;
    if (!asked->by_id)
        return match_verifier(asked);
    asked->facts.verifier_matches = asked->facts.token != NULL;
    return PAT_VERDICT_ACCEPTED;
}

/* --- the whole --- */

static void
begin_outcome(const struct pat_request *request, struct pat_verify_outcome *ret)
{
    memset(ret, 0, sizeof *ret);
    memcpy(ret->answer.nonce, request->nonce, sizeof ret->answer.nonce);
    ret->verdict = PAT_VERDICT_UNAVAILABLE_INTERNAL;
    ret->answer.class = PAT_CLASS_UNAVAILABLE;
}

/* What must hold before any row is read; PAT_VERDICT_ACCEPTED to go on. */
static enum pat_verdict
prepare(struct asked *asked, const struct pat_config *config, struct pat_verify_outcome *outcome)
{
    char default_tenant[PAT_TENANT_MAX + 1];
    enum pat_verdict health = pat_context_health(asked->context);
    const struct pat_request *request = &asked->request;

    if (health != PAT_VERDICT_ACCEPTED)
        return health;
    if (pat_context_now(asked->context, &outcome->now) != PAT_OK)
        return PAT_VERDICT_UNAVAILABLE_CLOCK;
    asked->facts.shape = asked->by_id ? PAT_SHAPE_TOKEN
                                      : pat_token_read(request->token.bytes, request->token.len,
                                                       &asked->token);
    if (asked->facts.shape == PAT_SHAPE_OTHER)
        return PAT_VERDICT_NOT_A_TOKEN;
    if (asked->facts.shape == PAT_SHAPE_MALFORMED)
        return PAT_VERDICT_MALFORMED;
    if (!pat_scope_service_legal(request->service))
        return PAT_VERDICT_ILLEGAL_NAME;
    pat_context_default_tenant(asked->context, default_tenant);
    pat_config_rule(config, request->service, default_tenant, &asked->rule);
    asked->facts.rule = &asked->rule;
    return PAT_VERDICT_ACCEPTED;
}

/* An accepted token has not ended; its greatest lifetime fits by far. */
static void
tell_end(const struct pat_token_record *token, int64_t now, struct pat_answer *ret)
{
    ret->has_end = token->expires.set;
    if (!ret->has_end)
        return;
    ret->seconds_left = (uint32_t)((token->expires.at - now) / PAT_SECOND);
    ret->is_replaced = token->successor[0] != '\0';
}

static void
conclude(const struct asked *asked, struct pat_verify_outcome *ret)
{
    const struct pat_facts *facts = &asked->facts;

    pat_text_clip(ret->id, sizeof ret->id, asked->token.id);
    pat_text_clip(ret->tenant, sizeof ret->tenant, asked->token.tenant);
    ret->tenant_known = facts->tenant != NULL;
    if (facts->token != NULL && facts->seals_hold)
        pat_text_clip(ret->user, sizeof ret->user, facts->token->user);
    if (facts->user != NULL && facts->seals_hold)
        pat_text_clip(ret->account, sizeof ret->account, facts->user->account);
    ret->wants_groups = ret->verdict == PAT_VERDICT_SCOPE_DENIED && asked->has_groups &&
                        asked->groups == NULL;
    if (ret->verdict != PAT_VERDICT_ACCEPTED)
        return;
    pat_decide_identity(facts, &asked->request, &ret->answer);
    if (asked->request.wants_end)
        tell_end(facts->token, ret->now, &ret->answer);
    if (asked->request.wants_scopes) {
        struct pat_scopes effective;

        pat_decide_effective(facts, &effective);
        memcpy(ret->answer.scopes, effective.text, sizeof ret->answer.scopes);
    }
}

/* A row that cannot be trusted stops this answer, and tells the operator. */
static void
watch_seals(const struct asked *asked, const struct pat_verify_outcome *outcome)
{
    if (outcome->verdict == PAT_VERDICT_BAD_SEAL ||
        (asked->facts.token != NULL && !asked->facts.seals_hold))
        PAT_LOG(LOG_ALERT, "alarm", {"error", "a row does not carry its seal"},
                {"token", asked->token.id}, {"tenant", asked->token.tenant});
}

static void
begin(struct asked *asked, struct pat_context *context, struct pat_store *store,
      const struct pat_request *request, const char *groups, struct pat_verify_rows *rows)
{
    memset(asked, 0, sizeof *asked);
    asked->context = context;
    asked->store = store;
    asked->request = *request;
    asked->groups = groups;
    asked->rows = rows;
}

static void
end(struct asked *asked)
{
    pat_secret_wipe(&asked->request, sizeof asked->request);
    pat_token_clear(&asked->token);
}

void
pat_verify(struct pat_context *context, struct pat_store *store, const struct pat_peer *peer,
           const struct pat_request *request, const char *groups, struct pat_verify_rows *rows,
           struct pat_verify_outcome *ret)
{
    const struct pat_config *config = pat_context_hold_config(context);
    enum pat_verdict verdict;
    struct asked asked;

    begin(&asked, context, store, request, groups, rows);
    begin_outcome(request, ret);
    ret->vouched = peer->uid == 0 || pat_config_may_ask(config, request->service, peer->uid);
    verdict = prepare(&asked, config, ret);
    if (verdict == PAT_VERDICT_ACCEPTED && !ret->vouched)
        verdict = may_ask(&asked, peer);
    if (!ret->vouched)
        asked.request.has_address = false;
    if (verdict == PAT_VERDICT_ACCEPTED)
        verdict = gather(&asked);
    if (verdict == PAT_VERDICT_ACCEPTED)
        verdict = pat_decide(&asked.facts, &asked.request, ret->now);
    ret->verdict = verdict;
    ret->answer.class = pat_verdict_class(verdict);
    conclude(&asked, ret);
    watch_seals(&asked, ret);
    pat_context_release_config(context, config);
    end(&asked);
}

/* A third party asks about a user of the tenant, not about an account of this host. */
static void
ask_for_scope(struct asked *asked, const char *scope)
{
    asked->rule = (struct pat_rule){.local = false, .tenant_count = 1};
    pat_text_clip(asked->rule.scopes.text, sizeof asked->rule.scopes.text, scope);
    pat_text_clip(asked->rule.tenants[0].name, sizeof asked->rule.tenants[0].name,
                  asked->token.tenant);
}

/* SECURITY: only for explanations; no answer to a service comes from here. */
static void
name_token(struct asked *asked, const struct pat_verify_named *named)
{
    asked->by_id = true;
    pat_text_clip(asked->token.tenant, sizeof asked->token.tenant, named->tenant);
    pat_text_clip(asked->token.id, sizeof asked->token.id, named->id);
}

enum pat_verdict
pat_verify_explain(struct pat_context *context, struct pat_store *store,
                   const struct pat_request *request, const struct pat_verify_named *named,
                   const char *scope, const char *groups, struct pat_verify_rows *rows,
                   struct pat_verify_outcome *ret, pat_decide_each *each, void *each_context)
{
    const struct pat_config *config = pat_context_hold_config(context);
    enum pat_verdict verdict;
    struct asked asked;

    begin(&asked, context, store, request, groups, rows);
    if (named != NULL)
        name_token(&asked, named);
    begin_outcome(request, ret);
    verdict = prepare(&asked, config, ret);
    if (scope != NULL)
        ask_for_scope(&asked, scope);
    if (verdict == PAT_VERDICT_ACCEPTED)
        verdict = gather(&asked);
    if (verdict == PAT_VERDICT_ACCEPTED)
        verdict = pat_decide_explain(&asked.facts, &asked.request, ret->now, each, each_context);
    ret->verdict = verdict;
    ret->vouched = true;
    conclude(&asked, ret);
    pat_context_release_config(context, config);
    end(&asked);
    return verdict;
}

/* --- log and usage --- */

/*
 * Names that nobody vouches for are not counted: strangers could fill the disk with them. Nor are
 * names that cannot be shown: a reply of the management interface is UTF-8.
 */
static void
count_use(struct pat_context *context, const struct pat_request *request,
          const struct pat_verify_outcome *outcome)
{
    struct pat_usage_note note = {.verdict = outcome->verdict, .at = outcome->now};
    bool has_service = outcome->vouched && pat_scope_service_legal(request->service);
    bool has_address = outcome->vouched &&
                       pat_name_free_text(request->address, PAT_ADDRESS_MAX) == PAT_OK;

    if (outcome->tenant_known)
        pat_text_clip(note.tenant, sizeof note.tenant, outcome->tenant);
    if (outcome->user[0] != '\0')
        pat_text_clip(note.id, sizeof note.id, outcome->id);
    pat_text_clip(note.service, sizeof note.service, has_service ? request->service : "(other)");
    pat_text_clip(note.address, sizeof note.address, has_address ? request->address : "");
    pat_usage_note(pat_context_usage(context), &note);
}

void
pat_verify_note(struct pat_context *context, const struct pat_peer *peer,
                const struct pat_request *request, const struct pat_verify_outcome *outcome)
{
    bool accepted = outcome->verdict == PAT_VERDICT_ACCEPTED;
    bool lacks_address = outcome->verdict == PAT_VERDICT_ADDRESS_DENIED && !request->has_address;
    char peer_uid[16];

    snprintf(peer_uid, sizeof peer_uid, "%u", peer->uid);
    PAT_LOG(accepted ? LOG_INFO : LOG_NOTICE, "verify",
            {"verdict", pat_verdict_name(outcome->verdict)},
            {"token", pat_text_or_null(outcome->id)}, {"tenant", pat_text_or_null(outcome->tenant)},
            {"user", pat_text_or_null(outcome->user)}, {"service", request->service},
            {"login", accepted && request->has_login ? request->login : NULL},
            {outcome->vouched ? "rhost" : "claimed_rhost", pat_text_or_null(request->address)},
            {"peer_uid", peer_uid}, {"error", lacks_address ? "no address was told" : NULL});
    pat_counts_note(pat_context_counts(context), request->service, outcome->vouched,
                    outcome->verdict);
    if (outcome->id[0] != '\0' && outcome->now != 0)
        count_use(context, request, outcome);
}
