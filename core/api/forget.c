/* SPDX-License-Identifier: BSD-2-Clause */
/* Forgetting a user, piece by piece, so that nobody waits for the end of many thousand tokens. */
#include <stdio.h>
#include <stdlib.h>

#include "core/api/forget.h"
#include "core/api/retention.h"
#include "core/api/users.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/usage.h"

struct collecting {
    struct pat_manage *manage;
    bool all; /* look at every token, not only at those of this piece */
    bool lives;
    int64_t count; /* that were looked at */
    char (*ids)[PAT_ID_LEN + 1];
};

static bool
collect(void *context, const void *record)
{
    struct collecting *collecting = context;
    const struct pat_token_record *token = record;

    collecting->lives = token->state != PAT_STATE_REVOKED &&
                        !(token->expires.set && token->expires.at <= collecting->manage->now);
    if (collecting->lives)
        return false;
    if (collecting->count < PAT_FORGET_PIECE)
        pat_text_clip(collecting->ids[collecting->count], PAT_ID_LEN + 1, token->id);
    collecting->count++;
    return collecting->all || collecting->count <= PAT_FORGET_PIECE;
}

static enum pat_err
collect_dead(const struct pat_user_record *user, struct collecting *collecting)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_OF_USER, .tenant = user->tenant, .name = user->user};
    struct pat_manage *manage = collecting->manage;
    enum pat_err err = pat_store_scan(manage->store, &scan, collect, collecting);

    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    if (!collecting->lives)
        return PAT_OK;
    (void)pat_manage_refuse(manage, PAT_ERR_CONFLICT, "user.has-tokens", "%.80s has live tokens",
                            user->user);
    return pat_manage_hint(manage, "end them first: patctl user revoke-all %.80s --tenant %s",
                           user->user, user->tenant);
}

static enum pat_err
drop_tokens(const struct pat_user_record *user, const struct collecting *collecting, int64_t count)
{
    struct pat_manage *manage = collecting->manage;
    struct pat_token_record token;
    enum pat_err err = PAT_OK;

    for (int64_t i = 0; err == PAT_OK && i < count; i++) {
        err = pat_store_get(manage->store, PAT_ROW_TOKEN, user->tenant, collecting->ids[i], &token);
        if (err == PAT_OK)
            err = pat_store_drop(manage->store, PAT_ROW_TOKEN, &token);
    }
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    /* Of dead tokens: nothing is lost if the transaction comes to nothing. */
    if (pat_usage_forget(pat_context_usage(manage->context), user->tenant,
                         (const char(*)[PAT_ID_LEN + 1]) collecting->ids, (size_t)count) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "forgetting uses"}, {"user", user->user});
    return PAT_OK;
}

static enum pat_err
log_end(struct pat_manage *manage, const struct pat_forget *forget, const char *event,
        int64_t count)
{
    char after[40];
    const struct pat_change_args change = {.tenant = forget->tenant,
                                           .event = event,
                                           .user = forget->user,
                                           .after = after,
                                           .reason = forget->reason};

    snprintf(after, sizeof after, "count=%lld", (long long)count);
    return pat_manage_log(manage, &change, NULL);
}

/* Others follow: until then no token of theirs is made. */
static enum pat_err
end_piece(struct pat_manage *manage, struct pat_forget *forget, struct pat_user_record *user)
{
    enum pat_err err = PAT_OK;

    if (user->state == PAT_STATE_ACTIVE)
        err = pat_users_set_enabled(manage, forget->tenant, forget->user, false, forget->reason,
                                    user);
    return err == PAT_OK ? log_end(manage, forget, "token.purge", PAT_FORGET_PIECE) : err;
}

static enum pat_err
end_user(struct pat_manage *manage, struct pat_forget *forget, struct pat_user_record *user,
         int64_t count)
{
    enum pat_err err = pat_retention_erase(manage, forget->tenant, forget->user, &forget->changes);

    if (err != PAT_OK)
        return err;
    err = pat_store_drop(manage->store, PAT_ROW_USER, user);
    if (err != PAT_OK)
        return pat_manage_failed(manage, err);
    forget->done = true;
    return log_end(manage, forget, "user.forget", count);
}

static enum pat_err
check(struct pat_manage *manage, const struct pat_forget *forget, struct pat_user_record *user)
{
    enum pat_err err = pat_manage_user(manage, forget->tenant, forget->user, user);

    if (err == PAT_OK)
        err = pat_manage_permit(manage, PAT_ACT_SET_USER, forget->tenant, user);
    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", forget->reason, PAT_REASON_MAX);
    if (err == PAT_OK && user->state != PAT_STATE_ACTIVE)
        err = pat_users_check_enabler(manage, user);
    return err;
}

static enum pat_err
do_piece(struct pat_manage *manage, struct pat_forget *forget, struct pat_user_record *user,
         const struct collecting *collecting)
{
    bool more = collecting->count > PAT_FORGET_PIECE;
    int64_t count = more ? PAT_FORGET_PIECE : collecting->count;
    enum pat_err err = drop_tokens(user, collecting, count);

    if (err == PAT_OK)
        err = more ? end_piece(manage, forget, user) : end_user(manage, forget, user, count);
    if (err == PAT_OK)
        forget->tokens += count;
    return err;
}

enum pat_err
pat_forget_piece(struct pat_manage *manage, struct pat_forget *forget)
{
    struct collecting collecting = {.manage = manage, .all = !forget->begun};
    struct pat_user_record user;
    enum pat_err err = check(manage, forget, &user);

    if (err != PAT_OK)
        return err;
    collecting.ids = calloc(PAT_FORGET_PIECE, sizeof *collecting.ids);
    if (collecting.ids == NULL)
        return pat_manage_failed(manage, PAT_ERR_NOMEM);
    err = collect_dead(&user, &collecting);
    forget->begun = true;
    if (err == PAT_OK && forget->dry_run) {
        forget->tokens = collecting.count;
        forget->done = true;
    } else if (err == PAT_OK) {
        err = do_piece(manage, forget, &user, &collecting);
    }
    free(collecting.ids);
    return err;
}
