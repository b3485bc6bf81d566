/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions: a verification, a decision without a store, and what a caller is shown. */
#include <string.h>

#include "core/api/find.h"
#include "core/api/verify.h"
#include "core/base/text.h"
#include "tests/model/host.h"
#include "tests/model/place.h"

/* --- a service asks --- */

static void
read_request(struct pat_request *ret)
{
    host_copy_word(ret->service, sizeof ret->service);
    ret->has_login = host_copy_word(ret->login, sizeof ret->login);
    ret->has_realm = host_copy_word(ret->realm, sizeof ret->realm);
    host_copy_word(ret->tenant, sizeof ret->tenant);
    ret->has_address = host_copy_word(ret->address, sizeof ret->address);
}

/* What somebody types: the token, or something that is not quite it. */
static void
type_token(struct pat_token token, const char *typed, struct pat_secret *ret)
{
    char text[PAT_TOKEN_MAX + 1] = "correct horse";
    bool is_unknown = token.id[0] == '\0';
    size_t last;

    if (is_unknown)
        pat_text_clip(token.tenant, sizeof token.tenant, "acme");
    if (is_unknown || strcmp(typed, "unknown") == 0)
        pat_text_clip(token.id, sizeof token.id, "zzzzzzzz");
    if (is_unknown)
        memset(token.secret, '7', PAT_TOKEN_SECRET_LEN);
    if (strcmp(typed, "bad-secret") == 0)
        token.secret[5] = token.secret[5] == '0' ? '1' : '0';
    if (strcmp(typed, "not-a-token") != 0)
        pat_token_write(&token, text);
    last = strlen(text) - 1;
    if (strcmp(typed, "malformed") == 0)
        text[last] = text[last] == '0' ? '1' : '0';
    HOST_NEED(pat_secret_set(ret, text, strlen(text)) == PAT_OK);
}

static void
read_groups(char *ret, size_t size)
{
    host_copy_word(ret, size);
    for (char *at = strchr(ret, ','); at != NULL; at = strchr(at, ','))
        *at = '\n';
}

static void
say_identity(const struct pat_answer *answer)
{
    host_say(" %d %s %s ", host_slot_of(answer->id), answer->user,
             answer->realm[0] == '\0' ? "~" : answer->realm);
    host_say(answer->has_uid ? "%u" : "~", answer->uid);
}

void
host_verify(void)
{
    static struct pat_verify_rows rows;
    const struct pat_peer peer = {.uid = (uint32_t)host_number()};
    struct pat_token token = *host_slot(host_word());
    const char *typed = host_word();
    struct pat_request request = {.wants_end = true};
    struct pat_verify_outcome outcome;
    char groups[200];

    read_request(&request);
    read_groups(groups, sizeof groups);
    type_token(token, typed, &request.token);
    pat_verify(place.context, place.reader, &peer, &request, groups, &rows, &outcome);
    host_say("%s", pat_verdict_name(outcome.verdict));
    HOST_NEED((outcome.verdict == PAT_VERDICT_ACCEPTED) ==
              (outcome.answer.class == PAT_CLASS_ACCEPTED));
    if (outcome.verdict == PAT_VERDICT_ACCEPTED)
        say_identity(&outcome.answer);
    else
        HOST_NEED(outcome.answer.id[0] == '\0' && outcome.answer.user[0] == '\0');
}

/* --- what is shown --- */

static void
say_moment(const struct pat_optional *moment)
{
    host_say(moment->set ? ",%lld" : ",~", (long long)moment->at);
}

/* The set with another sign between its words than the fields have. */
static void
say_set(const char *set)
{
    host_say(set[0] == '\0' ? ",~" : ",");
    for (; *set != '\0'; set++)
        host_say("%c", *set == ',' ? '+' : *set);
}

static bool
say_token(void *context, const void *record)
{
    const struct pat_manage *manage = context;
    const struct pat_token_record *token = record;
    const struct pat_optional created = {.set = true, .at = token->created};

    host_say(" %d=%s", host_slot_of(token->id), pat_find_state(token, manage->now));
    say_set(token->scopes.text);
    say_set(token->addresses.text);
    say_moment(&created);
    say_moment(&token->not_before);
    say_moment(&token->expires);
    say_moment(&token->pending_until);
    say_moment(&token->ended);
    if (token->successor[0] == '\0')
        host_say(",~");
    else
        host_say(",%d", host_slot_of(token->successor));
    return true;
}

static bool
say_live(void *context, const void *record)
{
    const struct pat_manage *manage = context;
    const struct pat_user_record *user = record;
    int64_t live = 0;

    HOST_NEED(pat_store_count_live(manage->store, user->tenant, user->user, NULL, manage->now,
                                   &live) == PAT_OK);
    host_say(" %lld", (long long)live);
    return true;
}

static bool
say_users(void *context, const void *record)
{
    const struct pat_manage *manage = context;
    const struct pat_scan users = {.what = PAT_SCAN_USERS,
                                   .tenant = ((const struct pat_tenant_record *)record)->tenant};

    HOST_NEED(pat_store_scan(manage->store, &users, say_live, context) == PAT_OK);
    return true;
}

static bool
say_log(void *context, const void *record)
{
    const struct pat_manage *manage = context;
    struct pat_head_record head;

    HOST_NEED(pat_store_get(manage->store, PAT_ROW_HEAD,
                            ((const struct pat_tenant_record *)record)->tenant, "",
                            &head) == PAT_OK);
    host_say(" %lld", (long long)head.seq);
    return true;
}

void
host_look(void)
{
    const struct pat_peer peer = {.uid = (uint32_t)host_number()};
    const struct pat_find_filter filter = {.with_revoked = true};
    const struct pat_scan tenants = {.what = PAT_SCAN_TENANTS};
    struct pat_manage manage;

    HOST_NEED(pat_manage_open(&manage, place.context, place.writer, &peer) == PAT_OK);
    host_say("%lld", (long long)manage.now);
    HOST_NEED(pat_find_tokens(&manage, &filter, say_token, &manage) == PAT_OK);
    host_say(" live");
    HOST_NEED(pat_store_scan(place.writer, &tenants, say_users, &manage) == PAT_OK);
    host_say(" log");
    HOST_NEED(pat_store_scan(place.writer, &tenants, say_log, &manage) == PAT_OK);
    pat_manage_close(&manage);
}

/* --- a decision alone --- */

static const struct {
    const char *name;
    enum pat_state state;
} states[] = {{"active", PAT_STATE_ACTIVE},
              {"pending", PAT_STATE_PENDING},
              {"suspended", PAT_STATE_SUSPENDED},
              {"revoked", PAT_STATE_REVOKED},
              {"disabled", PAT_STATE_DISABLED}};

/* False: there is no such row. */
static bool
read_state(int32_t *ret)
{
    const char *word = host_word();

    for (size_t i = 0; word != NULL && i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i].name, word) == 0)
            *ret = (int32_t)states[i].state;
    HOST_NEED(word == NULL || *ret != 0);
    return word != NULL;
}

static bool
read_token_row(struct pat_token_record *ret)
{
    bool is_there = read_state(&ret->state);

    host_copy_word(ret->tenant, sizeof ret->tenant);
    host_copy_word(ret->user, sizeof ret->user);
    host_copy_word(ret->scopes.text, sizeof ret->scopes.text);
    host_copy_word(ret->addresses.text, sizeof ret->addresses.text);
    ret->created = host_number();
    ret->not_before = host_optional();
    ret->expires = host_optional();
    return is_there;
}

static bool
read_user_row(struct pat_user_record *ret)
{
    bool is_there = read_state(&ret->state);

    host_copy_word(ret->tenant, sizeof ret->tenant);
    host_copy_word(ret->user, sizeof ret->user);
    host_copy_word(ret->account, sizeof ret->account);
    ret->uid = host_optional();
    ret->allow_root = host_flag();
    host_copy_word(ret->grants.text, sizeof ret->grants.text);
    return is_there;
}

static bool
read_tenant_row(struct pat_tenant_record *ret)
{
    bool is_there = read_state(&ret->state);

    host_copy_word(ret->tenant, sizeof ret->tenant);
    host_copy_word(ret->realms, sizeof ret->realms);
    ret->any_scope = !host_copy_word(ret->scopes.text, sizeof ret->scopes.text);
    ret->any_network = !host_copy_word(ret->networks.text, sizeof ret->networks.text);
    ret->require_expiry = host_flag();
    ret->require_addresses = host_flag();
    ret->max_lifetime = host_optional();
    return is_there;
}

/* "lab@" needs a realm. */
static void
read_rule(struct pat_rule *ret)
{
    char takes[200];
    const char *at = takes, *word;
    size_t len;

    ret->local = host_flag();
    ret->allow_root = host_flag();
    host_copy_word(ret->scopes.text, sizeof ret->scopes.text);
    host_copy_word(takes, sizeof takes);
    while ((len = pat_text_word(&at, &word)) != 0) {
        bool needs_realm = word[len - 1] == '@';

        HOST_NEED(pat_text_copy(ret->tenants[ret->tenant_count].name, PAT_TENANT_MAX + 1, word,
                                len - needs_realm) == PAT_OK);
        ret->tenants[ret->tenant_count++].needs_realm = needs_realm;
    }
}

void
host_decide(void)
{
    struct pat_verify_rows rows = {.token = {.state = 0}};
    struct pat_scopes groups;
    struct pat_rule rule = {.local = false};
    struct pat_request request = {.has_login = false};
    struct pat_facts facts = {.rule = &rule, .group_grants = &groups};
    const char *shape;
    int64_t now = host_number();

    shape = host_word();
    facts.shape = strcmp(shape, "token") == 0 ? PAT_SHAPE_TOKEN : PAT_SHAPE_MALFORMED;
    facts.verifier_matches = host_flag();
    facts.seals_hold = host_flag();
    facts.token = read_token_row(&rows.token) ? &rows.token : NULL;
    facts.user = read_user_row(&rows.user) ? &rows.user : NULL;
    facts.tenant = read_tenant_row(&rows.tenant) ? &rows.tenant : NULL;
    host_copy_word(groups.text, sizeof groups.text);
    read_rule(&rule);
    read_request(&request);
    host_say("%s", pat_verdict_name(pat_decide(&facts, &request, now)));
}
