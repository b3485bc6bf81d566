/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens as rows: what a new one must satisfy is in draft.c's ladder of checks. */
#include <stdlib.h>
#include <string.h>

#include "core/api/draft.h"
#include "core/api/rotate.h"
#include "core/api/tokens_internal.h"
#include "core/audit/event.h"
#include "core/base/text.h"
#include "core/base/when.h"
#include "core/token/generate.h"

#define SWEEP_LIMIT 50 /* at once: each may have to look for the token that it was to succeed */
#define GENERATE_TRIES 8

void
pat_tokens_say_time(const struct pat_optional *time, char *ret, size_t size)
{
    if (time->set)
        pat_when_write(time->at, ret, size);
    else
        pat_text_clip(ret, size, "never");
}

static void
describe(const struct pat_token_record *token, char *ret, size_t size)
{
    char expires[32], not_before[32];
    const struct pat_log_field fields[] = {
        {"name", token->name},
        {"scopes", token->scopes.text},
        {"expires", expires},
        {"not_before", token->not_before.set ? not_before : NULL},
        {"addresses", token->addresses.text[0] == '\0' ? NULL : token->addresses.text},
        {"state", token->state == PAT_STATE_PENDING ? "pending" : NULL}};
    enum pat_err cut;

    pat_tokens_say_time(&token->expires, expires, sizeof expires);
    pat_tokens_say_time(&token->not_before, not_before, sizeof not_before);
    cut = pat_event_write(ret, size, NULL, fields, sizeof fields / sizeof fields[0]);
    (void)cut; /* a text that is too long ends after a whole field */
}

/* --- create --- */

/* A fresh id: 40 random bits meet an old one once in a million tokens or so. */
enum pat_err
pat_tokens_mint(struct pat_manage *manage, const char *tenant, struct pat_token *ret)
{
    for (int i = 0; i < GENERATE_TRIES; i++) {
        bool taken = false;
        enum pat_err err;

        pat_generate_token(tenant, ret);
        err = pat_draft_id_taken(manage, ret->id, &taken);
        if (err != PAT_OK)
            return err;
        if (!taken)
            return PAT_OK;
    }
    return pat_manage_failed(manage, PAT_ERR_INTERNAL);
}

static enum pat_err
seal_secret(struct pat_manage *manage, const struct pat_token *token,
            struct pat_token_record *record)
{
    const struct pat_keyring *keyring = pat_store_keyring(manage->store);
    const struct pat_key *key;

    record->key_number = pat_keyring_newest(keyring);
    key = pat_keyring_verifier(keyring, record->key_number);
    if (key == NULL)
        return pat_manage_failed(manage, PAT_ERR_KEY);
    memcpy(record->id, token->id, sizeof record->id);
    pat_digest_verifier(key, token, &record->verifier);
    return PAT_OK;
}

static enum pat_err
store_new(struct pat_manage *manage, struct pat_token_record *record)
{
    char after[2048];
    const struct pat_change_args change = {.tenant = record->tenant,
                                           .event = "token.create",
                                           .user = record->user,
                                           .subject = record->id,
                                           .after = after,
                                           .batch = record->batch};
    enum pat_err err = pat_manage_next_seq(manage, record->tenant, &record->created_seq);

    if (err != PAT_OK)
        return err;
    err = pat_store_put(manage->store, PAT_ROW_TOKEN, record);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    describe(record, after, sizeof after);
    return pat_manage_log(manage, &change, NULL);
}

enum pat_err
pat_tokens_add(struct pat_manage *manage, const struct pat_token_draft *draft,
               const struct pat_token *token, struct pat_token_record *ret)
{
    enum pat_err err = pat_draft_check(manage, draft, ret);

    if (err == PAT_OK)
        err = seal_secret(manage, token, ret);
    return err == PAT_OK ? store_new(manage, ret) : err;
}

enum pat_err
pat_tokens_create(struct pat_manage *manage, const struct pat_token_draft *draft,
                  struct pat_token *ret_token, struct pat_token_record *ret)
{
    enum pat_err err = pat_tokens_mint(manage, draft->tenant, ret_token);

    if (err == PAT_OK)
        err = pat_tokens_add(manage, draft, ret_token, ret);
    if (err != PAT_OK)
        pat_token_clear(ret_token);
    return err;
}

/* --- what happens to a token later --- */

enum pat_err
pat_tokens_take(struct pat_manage *manage, const char *tenant, const char *id,
                enum pat_action action, struct pat_token_record *ret)
{
    struct pat_user_record user;
    enum pat_err err = pat_store_get(manage->store, PAT_ROW_TOKEN, tenant, id, ret);

    if (err == PAT_OK)
        err = pat_store_get(manage->store, PAT_ROW_USER, tenant, ret->user, &user);
    if (err == PAT_OK && !pat_roles_may(&manage->actor, PAT_ACT_SEE_USER, tenant, &user))
        err = PAT_ERR_NOT_FOUND;
    if (err == PAT_ERR_NOT_FOUND)
        return pat_manage_refuse(manage, err, "token.unknown", "no such token");
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    return pat_manage_permit(manage, action, tenant, &user);
}

enum pat_err
pat_tokens_put(struct pat_manage *manage, struct pat_token_record *token,
               struct pat_change_args *change)
{
    enum pat_err err = pat_store_put(manage->store, PAT_ROW_TOKEN, token);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    change->tenant = token->tenant;
    change->user = token->user;
    change->subject = token->id;
    return pat_manage_log(manage, change, NULL);
}

enum pat_err
pat_tokens_confirm(struct pat_manage *manage, const char *tenant, const char *id, int64_t grace,
                   struct pat_token_record *ret)
{
    struct pat_change_args change = {.event = "token.confirm"};
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_CREATE_TOKEN, ret);

    if (err != PAT_OK)
        return err;
    if (ret->state != PAT_STATE_PENDING)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.not-pending",
                                 "token %s does not wait to be confirmed", ret->id);
    if (manage->now >= ret->pending_until.at)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.too-late",
                                 "token %s was not confirmed in time: make a new one", ret->id);
    ret->state = PAT_STATE_ACTIVE;
    ret->pending_until = (struct pat_optional){.set = false};
    err = pat_tokens_put(manage, ret, &change);
    return err == PAT_OK ? pat_rotate_confirmed(manage, ret, grace) : err;
}

enum pat_err
pat_tokens_end(struct pat_manage *manage, struct pat_token_record *token, const char *reason,
               const char *batch)
{
    const struct pat_log_field successor = {"successor", token->successor};
    char after[64] = "";
    struct pat_change_args change = {
        .event = "token.revoke", .after = after, .reason = reason, .batch = batch};
    enum pat_err err = token->state == PAT_STATE_PENDING ? pat_rotate_abandoned(manage, token)
                                                         : PAT_OK;

    if (err == PAT_OK && token->successor[0] != '\0')
        err = pat_event_write(after, sizeof after, NULL, &successor, 1);
    if (err != PAT_OK)
        return err;
    token->state = PAT_STATE_REVOKED;
    token->ended = (struct pat_optional){.set = true, .at = manage->now};
    token->pending_until = (struct pat_optional){.set = false};
    return pat_tokens_put(manage, token, &change);
}

enum pat_err
pat_tokens_revocable(struct pat_manage *manage, const char *tenant, const char *id,
                     const char *reason, struct pat_token_record *ret)
{
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_END_TOKEN, ret);

    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err == PAT_OK && ret->state == PAT_STATE_REVOKED)
        err = pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.revoked",
                                "token %s was revoked before", ret->id);
    return err;
}

enum pat_err
pat_tokens_revoke(struct pat_manage *manage, const char *tenant, const char *id, const char *reason,
                  const char *batch, struct pat_token_record *ret)
{
    enum pat_err err = pat_tokens_revocable(manage, tenant, id, reason, ret);

    return err == PAT_OK ? pat_tokens_end(manage, ret, reason, batch) : err;
}

/* --- the sweep --- */

struct sweep {
    struct pat_token_record *tokens;
    size_t count;
};

static bool
collect_overdue(void *context, const void *record)
{
    struct sweep *sweep = context;
    struct pat_token_record *more = realloc(sweep->tokens, (sweep->count + 1) * sizeof *more);

    if (more == NULL)
        return false; /* the rest waits for the next sweep */
    sweep->tokens = more;
    memcpy(&more[sweep->count++], record, sizeof *more);
    return true;
}

static enum pat_err
end_overdue(struct pat_manage *manage, struct sweep *sweep)
{
    enum pat_err err = pat_manage_start(manage);

    if (err != PAT_OK)
        return err;
    for (size_t i = 0; err == PAT_OK && i < sweep->count; i++)
        err = pat_tokens_end(manage, &sweep->tokens[i], "not confirmed in time", NULL);
    return pat_manage_end(manage, err);
}

enum pat_err
pat_tokens_sweep(struct pat_manage *manage, int64_t *ret_count)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_OVERDUE, .number = manage->now, .limit = SWEEP_LIMIT};
    struct sweep sweep = {.count = 0};
    enum pat_err err = pat_store_scan(manage->store, &scan, collect_overdue, &sweep);

    if (err == PAT_OK && sweep.count > 0)
        err = end_overdue(manage, &sweep);
    *ret_count = err == PAT_OK ? (int64_t)sweep.count : 0;
    free(sweep.tokens);
    return err;
}
