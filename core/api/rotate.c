/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rotation: a successor with the same settings, and an old token that works on for a while. Who
 * may not make such a token anew gets no successor either. A pending successor leaves the old token
 * as it is, but for its name: it no longer counts, so that the last place is enough for both.
 */
#include <string.h>

#include "core/api/rotate.h"
#include "core/api/tokens_internal.h"
#include "core/audit/event.h"
#include "core/base/text.h"

#define USER_TOKENS_MAX 100000 /* a predecessor is looked for among so many of its user */

/* --- finding the other one --- */

struct lookup {
    const char *successor;
    struct pat_token_record *found;
    bool is_found;
};

static bool
compare_successor(void *context, const void *record)
{
    const struct pat_token_record *token = record;
    struct lookup *lookup = context;

    if (!pat_text_equal(token->successor, lookup->successor))
        return true;
    lookup->is_found = true;
    memcpy(lookup->found, token, sizeof *token);
    return false;
}

/* *ret_found is false for a token that succeeded none. */
static enum pat_err
find_predecessor(struct pat_manage *manage, const struct pat_token_record *token,
                 struct pat_token_record *ret, bool *ret_found)
{
    const struct pat_scan scan = {.what = PAT_SCAN_TOKENS_OF_USER,
                                  .tenant = token->tenant,
                                  .name = token->user,
                                  .before = token->created_seq,
                                  .limit = USER_TOKENS_MAX};
    struct lookup lookup = {.successor = token->id, .found = ret};
    enum pat_err err = pat_store_scan(manage->store, &scan, compare_successor, &lookup);

    *ret_found = lookup.is_found;
    return err == PAT_OK ? PAT_OK : pat_manage_failed(manage, err);
}

/* --- what becomes of the old one --- */

static enum pat_err
log_old(struct pat_manage *manage, struct pat_token_record *old, const char *reason)
{
    char after[256], expires[32];
    const struct pat_log_field fields[] = {
        {"successor", old->successor[0] == '\0' ? "none" : old->successor}, {"expires", expires}};
    struct pat_change_args change = {.event = "token.rotate", .after = after, .reason = reason};
    enum pat_err cut;

    pat_tokens_say_time(&old->expires, expires, sizeof expires);
    cut = pat_event_write(after, sizeof after, NULL, fields, 2);
    (void)cut;
    return pat_tokens_put(manage, old, &change);
}

static bool
is_over(const struct pat_manage *manage, const struct pat_token_record *token)
{
    return token->state == PAT_STATE_REVOKED ||
           (token->expires.set && token->expires.at <= manage->now);
}

static enum pat_err
let_expire(struct pat_manage *manage, struct pat_token_record *old, int64_t grace)
{
    int64_t end = manage->now + grace;

    if (is_over(manage, old))
        return log_old(manage, old, "");
    if (grace == 0)
        return pat_tokens_end(manage, old, "rotated", NULL);
    if (!old->expires.set || old->expires.at > end)
        old->expires = (struct pat_optional){.set = true, .at = end};
    return log_old(manage, old, "");
}

static enum pat_err
check_grace(struct pat_manage *manage, int64_t grace)
{
    return grace >= 0 && grace <= PAT_GRACE_MAX
               ? PAT_OK
               : pat_manage_refuse(manage, PAT_ERR_RANGE, "grace.range",
                                   "the old token works on for seven days at most");
}

/* A successor would undo the pause. */
static enum pat_err
refuse_suspended(struct pat_manage *manage, const struct pat_token_record *old)
{
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.suspended", "token %s is suspended",
                      old->id);
    return pat_manage_hint(manage, "patctl resume %s", old->id);
}

enum pat_err
pat_rotate_confirmed(struct pat_manage *manage, const struct pat_token_record *successor,
                     int64_t grace)
{
    struct pat_token_record old;
    bool found;
    enum pat_err err = find_predecessor(manage, successor, &old, &found);

    if (err != PAT_OK || !found || old.state == PAT_STATE_REVOKED)
        return err;
    if (old.state == PAT_STATE_SUSPENDED)
        return refuse_suspended(manage, &old);
    err = check_grace(manage, grace);
    return err == PAT_OK ? let_expire(manage, &old, grace) : err;
}

enum pat_err
pat_rotate_abandoned(struct pat_manage *manage, const struct pat_token_record *successor)
{
    struct pat_token_record old;
    bool found;
    enum pat_err err = find_predecessor(manage, successor, &old, &found);

    if (err != PAT_OK || !found || old.state == PAT_STATE_REVOKED)
        return err;
    old.successor[0] = '\0';
    return log_old(manage, &old, "the successor was not confirmed");
}

/* --- rotate --- */

/* An older successor that still lives is the one to rotate. */
static enum pat_err
check_successor(struct pat_manage *manage, const struct pat_token_record *old)
{
    struct pat_token_record successor;
    enum pat_err err;

    if (old->successor[0] == '\0')
        return PAT_OK;
    err = pat_store_get(manage->store, PAT_ROW_TOKEN, old->tenant, old->successor, &successor);
    if (err == PAT_ERR_NOT_FOUND)
        return PAT_OK;
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (is_over(manage, &successor))
        return PAT_OK;
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "rotate.twice", "token %s has a successor: %s",
                      old->id, successor.id);
    return pat_manage_hint(manage, "patctl rotate %s, or patctl revoke %s", successor.id, old->id);
}

static enum pat_err
check_old(struct pat_manage *manage, const struct pat_token_record *old)
{
    switch ((enum pat_state)old->state) {
    case PAT_STATE_ACTIVE:
        return check_successor(manage, old);
    case PAT_STATE_SUSPENDED:
        return refuse_suspended(manage, old);
    case PAT_STATE_PENDING:
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.pending",
                                 "token %s waits to be confirmed", old->id);
    case PAT_STATE_REVOKED:
    case PAT_STATE_DISABLED:
        break;
    }
    pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.revoked", "token %s was revoked before",
                      old->id);
    return pat_manage_hint(manage, "make a new one: patctl create");
}

/*
 * As long as the old one was meant to live, within what the tenant allows today. The end of one
 * that was rotated before was moved: its dead successor knows better.
 */
static enum pat_err
same_lifetime(struct pat_manage *manage, const struct pat_token_record *old,
              struct pat_token_draft *draft)
{
    struct pat_token_record successor;
    struct pat_tenant_record tenant;
    enum pat_err err = pat_manage_tenant(manage, old->tenant, &tenant);
    int64_t span;

    if (err != PAT_OK || draft->expiry != PAT_EXPIRY_DEFAULT)
        return err;
    if (old->successor[0] != '\0' && pat_store_get(manage->store, PAT_ROW_TOKEN, old->tenant,
                                                   old->successor, &successor) == PAT_OK)
        old = &successor;
    span = old->expires.at - old->created;
    draft->expiry = old->expires.set ? PAT_EXPIRY_AT : PAT_EXPIRY_NEVER;
    if (tenant.max_lifetime.set && span > tenant.max_lifetime.at)
        span = tenant.max_lifetime.at;
    draft->expires = manage->now + span;
    return PAT_OK;
}

/* The texts are the old token's own. */
static enum pat_err
draft_successor(struct pat_manage *manage, const struct pat_token_record *old,
                const struct pat_rotation *rotation, struct pat_token_draft *ret)
{
    *ret = (struct pat_token_draft){.tenant = old->tenant,
                                    .user = old->user,
                                    .name = old->name,
                                    .description = old->description,
                                    .scopes = old->scopes.text,
                                    .addresses = old->addresses.text,
                                    .expiry = rotation->expiry,
                                    .expires = rotation->expires,
                                    .pending = rotation->pending};
    if (old->not_before.set && old->not_before.at > manage->now)
        ret->not_before = old->not_before;
    return same_lifetime(manage, old, ret);
}

enum pat_err
pat_rotate(struct pat_manage *manage, const char *tenant, const char *id,
           const struct pat_rotation *rotation, struct pat_token *ret_token,
           struct pat_token_record *ret_new, struct pat_token_record *ret_old)
{
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_CREATE_TOKEN, ret_old);
    struct pat_token_draft draft;

    pat_token_clear(ret_token);
    if (err == PAT_OK)
        err = check_grace(manage, rotation->grace);
    if (err == PAT_OK)
        err = check_old(manage, ret_old);
    if (err == PAT_OK)
        err = draft_successor(manage, ret_old, rotation, &draft);
    if (err == PAT_OK)
        err = pat_tokens_mint(manage, tenant, ret_token);
    if (err == PAT_OK) {
        /* First, so that the old one neither counts nor keeps its name from the new one. */
        pat_text_clip(ret_old->successor, sizeof ret_old->successor, ret_token->id);
        err = rotation->pending ? log_old(manage, ret_old, "")
                                : let_expire(manage, ret_old, rotation->grace);
    }
    if (err == PAT_OK)
        err = pat_tokens_add(manage, &draft, ret_token, ret_new);
    if (err != PAT_OK)
        pat_token_clear(ret_token);
    return err;
}

/* Until it is confirmed the old token is the only one that works. */
static enum pat_err
check_confirmed(struct pat_manage *manage, const char *tenant, const char *successor)
{
    struct pat_token_record token;
    enum pat_err err = pat_store_get(manage->store, PAT_ROW_TOKEN, tenant, successor, &token);

    if (err == PAT_ERR_NOT_FOUND || (err == PAT_OK && token.state != PAT_STATE_PENDING))
        return PAT_OK;
    return err == PAT_OK ? pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.pending",
                                             "token %s waits to be confirmed", token.id)
                         : pat_manage_failed(manage, err);
}

enum pat_err
pat_rotate_finish(struct pat_manage *manage, const char *tenant, const char *id, const char *reason,
                  struct pat_token_record *ret)
{
    struct pat_token_record named;
    bool found = false;
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_END_TOKEN, &named);

    if (err == PAT_OK && named.successor[0] == '\0')
        err = find_predecessor(manage, &named, ret, &found);
    if (err == PAT_OK && named.successor[0] == '\0' && !found)
        err = pat_manage_refuse(manage, PAT_ERR_CONFLICT, "rotate.none",
                                "token %s replaced none and was not replaced", named.id);
    if (err == PAT_OK)
        err = check_confirmed(manage, tenant, found ? named.id : named.successor);
    if (err != PAT_OK)
        return err;
    return pat_tokens_revoke(manage, tenant, found ? ret->id : named.id,
                             reason[0] == '\0' ? "rotated" : reason, NULL, ret);
}
