/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens of every kind, made as people make them, and questions with the verdict they get. */
#include <stdio.h>
#include <string.h>

#include "core/api/change.h"
#include "core/api/tenants.h"
#include "core/api/tokens.h"
#include "core/api/users.h"
#include "core/base/text.h"
#include "tests/faults/deeds_internal.h"
#include "tests/faults/figures.h"
#include "tests/faults/requests.h"
#include "tests/faults/steady.h"

#define SERVICE 100U

struct request requests[REQUESTS] = {
    {PAT_VERDICT_ACCEPTED, "good", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_ACCEPTED, "good", "smtpd", "alice", "192.0.2.9", SERVICE},
    {PAT_VERDICT_ACCEPTED, "near", "imap", "alice", "192.0.2.9", SERVICE},
    {PAT_VERDICT_ACCEPTED, "login", "sshd", "bobby", NULL, SERVICE},
    {PAT_VERDICT_ACCEPTED, "login", "sshd", "bobby", NULL, 1500},
    {PAT_VERDICT_ACCEPTED, "lab", "imap", "lena@lab.example", NULL, SERVICE},
    {PAT_VERDICT_NOT_A_TOKEN, "password", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_MALFORMED, "malformed", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_UNKNOWN, "unknown", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_BAD_SECRET, "secret", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_ILLEGAL_NAME, "good", "im/ap", "alice", NULL, SERVICE},
    {PAT_VERDICT_PENDING, "pending", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_NOT_YET_VALID, "later", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_EXPIRED, "expired", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_REVOKED, "revoked", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_SUSPENDED, "suspended", "imap", "alice", NULL, SERVICE},
    {PAT_VERDICT_USER_DISABLED, "dan", "imap", "dan", NULL, SERVICE},
    {PAT_VERDICT_TENANT_DISABLED, "gone", "imap", "gwen@gone.example", NULL, SERVICE},
    {PAT_VERDICT_WRONG_USER, "good", "imap", "bob", NULL, SERVICE},
    {PAT_VERDICT_WRONG_TENANT, "lab", "sshd", "alice", NULL, SERVICE},
    {PAT_VERDICT_SCOPE_DENIED, "narrow", "smtpd", "alice", NULL, SERVICE},
    {PAT_VERDICT_ADDRESS_DENIED, "near", "imap", "alice", "198.51.100.7", SERVICE},
    {PAT_VERDICT_NOT_PERMITTED, "good", "imap", "alice", NULL, 777},
    {PAT_VERDICT_NOT_PERMITTED, "login", "sshd", "bobby", NULL, 1501},
};

/* --- making --- */

static void
fill(const char *word, const struct pat_token *token)
{
    char text[PAT_TOKEN_MAX + 1];

    pat_token_write(token, text);
    for (size_t i = 0; i < REQUESTS; i++)
        if (strcmp(requests[i].token, word) == 0)
            memcpy(requests[i].token, text, sizeof text);
}

static void
make(struct world *world, const char *word, const struct pat_token_draft *draft)
{
    struct pat_token_record record;
    struct pat_token token;
    struct pat_manage manage;
    char name[32];
    struct pat_token_draft named = *draft;
    enum pat_err err;

    snprintf(name, sizeof name, "request for %s", word);
    named.name = name;
    named.description = named.batch = "";
    named.tenant = draft->tenant == NULL ? "acme" : draft->tenant;
    named.user = draft->user == NULL ? "alice" : draft->user;
    named.scopes = draft->scopes == NULL ? "mail:*" : draft->scopes;
    named.addresses = draft->addresses == NULL ? "" : draft->addresses;
    if (draft->expiry == PAT_EXPIRY_DEFAULT)
        named.expiry = PAT_EXPIRY_NEVER;
    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    err = pat_tokens_create(&manage, &named, &token, &record);
    if (err == PAT_OK && strcmp(word, "revoked") == 0)
        err = pat_tokens_revoke(&manage, "acme", token.id, "", "", &record);
    if (err == PAT_OK && strcmp(word, "suspended") == 0)
        err = pat_change_suspend(&manage, "acme", token.id, "", &record);
    FIGURES_NEED(deeds_end(&manage, PAT_OK, err) == PAT_OK);
    fill(word, &token);
    if (strcmp(word, "secret") == 0) { /* another's */
        token.secret[3] = token.secret[3] == '0' ? '1' : '0';
        for (size_t i = 0; i < REQUESTS; i++)
            if (requests[i].wanted == PAT_VERDICT_BAD_SECRET)
                pat_token_write(&token, requests[i].token);
    }
}

static void
make_tenant(struct world *world, const char *name, const char *realm, const char *user)
{
    const struct pat_user_draft draft = {.tenant = name,
                                         .user = user,
                                         .binding = {.account = ""},
                                         .grants = "mail:*",
                                         .contact = "",
                                         .is_account = PAT_USERS_NO_ACCOUNT};
    struct pat_tenant_record tenant;
    struct pat_user_record record;
    struct pat_manage manage;
    enum pat_err err;

    pat_tenants_default(name, &tenant);
    pat_text_clip(tenant.realms, sizeof tenant.realms, realm);
    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    err = pat_tenants_create(&manage, &tenant);
    if (err == PAT_OK)
        err = pat_users_create(&manage, &draft, &record);
    FIGURES_NEED(deeds_end(&manage, PAT_OK, err) == PAT_OK);
}

static void
make_user(struct world *world, const char *name, const char *account, uint32_t uid)
{
    const struct pat_user_draft draft = {.tenant = "acme",
                                         .user = name,
                                         .binding = {.account = account, .uid = uid},
                                         .grants = uid == 0 ? "mail:*" : "ssh:login",
                                         .contact = "",
                                         .is_account = PAT_USERS_NO_ACCOUNT};
    struct pat_user_record user;
    struct pat_manage manage;
    enum pat_err err;

    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    err = pat_users_create(&manage, &draft, &user);
    FIGURES_NEED(deeds_end(&manage, PAT_OK, err) == PAT_OK);
}

/* A user and a tenant come to their end. */
static void
disable(struct world *world)
{
    struct pat_user_record user;
    struct pat_tenant_record tenant;
    struct pat_manage manage;
    enum pat_err err;

    FIGURES_NEED(deeds_start(world, &manage) == PAT_OK);
    err = pat_users_set_enabled(&manage, "acme", "dan", false, "", &user);
    if (err == PAT_OK)
        err = pat_tenants_set_enabled(&manage, "gone", false, "", &tenant);
    FIGURES_NEED(deeds_end(&manage, PAT_OK, err) == PAT_OK);
}

void
requests_make(struct world *world)
{
    static const struct pat_token unknown = {
        .tenant = "acme", .id = "zzzzzzzz", .secret = "zzzzzzzzzzzzzzzzzzzzzzzzzz"};
    const struct {
        const char *word;
        struct pat_token_draft draft;
    } tokens[] = {
        {"good", {.tenant = NULL}},
        {"near", {.addresses = "192.0.2.0/24"}},
        {"lab", {.tenant = "lab", .user = "lena"}},
        {"secret", {.tenant = NULL}},
        {"malformed", {.tenant = NULL}},
        {"pending", {.pending = true}},
        {"later", {.not_before = {.set = true, .at = steady_now + 300 * STEADY_DAY}}},
        {"expired", {.expiry = PAT_EXPIRY_AT, .expires = steady_now + STEADY_HOUR}},
        {"revoked", {.tenant = NULL}},
        {"suspended", {.tenant = NULL}},
        {"dan", {.user = "dan"}},
        {"gone", {.tenant = "gone", .user = "gwen"}},
        {"narrow", {.scopes = "mail:read"}},
        {"login", {.user = "robert", .scopes = "ssh:login"}},
    };

    make_user(world, "dan", "", 0);
    make_user(world, "robert", "bobby", 1500);
    make_tenant(world, "lab", "lab.example", "lena");
    make_tenant(world, "gone", "gone.example", "gwen");
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        make(world, tokens[i].word, &tokens[i].draft);
    disable(world);
    fill("unknown", &unknown);
    steady_now += 2 * STEADY_HOUR;
    deeds_note(world);
    for (size_t i = 0; i < REQUESTS; i++) {
        enum pat_verdict verdict;
        char *end;

        if (requests[i].wanted == PAT_VERDICT_MALFORMED) {
            end = requests[i].token + strlen(requests[i].token) - 1;
            *end = *end == '0' ? '1' : '0';
        }
        verdict = requests_ask(&world->host, &requests[i]);
        if (verdict != requests[i].wanted)
            figures_found("request %zu: %s instead of %s", i, pat_verdict_name(verdict),
                          pat_verdict_name(requests[i].wanted));
    }
}

enum pat_verdict
requests_ask(struct host *host, const struct request *request)
{
    const struct host_question question = {.token = request->token,
                                           .service = request->service,
                                           .login = request->login,
                                           .address = request->address,
                                           .peer = request->peer};
    struct pat_answer answer;
    enum pat_verdict verdict = host_verify(host, &question, &answer);

    /* An answer that is none tells nothing. */
    if (verdict != PAT_VERDICT_ACCEPTED &&
        (answer.class == PAT_CLASS_ACCEPTED || answer.id[0] != '\0' || answer.user[0] != '\0' ||
         answer.tenant[0] != '\0' || answer.has_uid))
        figures_found("a refusal tells something: %s", pat_verdict_name(verdict));
    return verdict;
}
