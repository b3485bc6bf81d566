/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods that change tokens which are out: edit, rotate, suspend, resume, revoke. */
#include <stdlib.h>
#include <string.h>

#include "core/api/change.h"
#include "core/api/find.h"
#include "core/api/rotate.h"
#include "core/api/tokens.h"
#include "core/base/text.h"
#include "patd/manage_ops.h"
#include "patd/manage_tokens.h"

#define TOKENS_MAX 1000 /* of one call */

/* The parameter "reason", or the empty text. */
static bool
read_reason(struct patd_call *call, const char **ret)
{
    if (!patd_call_text(call, "reason", ret))
        return false;
    if (*ret == NULL)
        *ret = "";
    return true;
}

enum pat_err
patd_manage_change_token(struct patd_call *call, patd_manage_step *step, const void *context,
                         const char *member)
{
    struct pat_token_record token;
    enum pat_err err = patd_manage_find_token(call, &token);

    if (err == PAT_OK)
        err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, step(&call->work, &token, context));
    if (err != PAT_OK)
        return err;
    return patd_call_answer(call, json_pack("{s:o}", member, patd_call_token(call, &token)));
}

/* --- edit --- */

static bool
read_list(struct patd_call *call, const char *name, char *text, size_t size, const char **ret)
{
    bool given;

    if (!patd_call_list(call, name, text, size, &given))
        return false;
    *ret = given ? text : NULL;
    return true;
}

static enum pat_err
edit_token(struct pat_manage *work, struct pat_token_record *token, const void *context)
{
    return pat_change_edit(work, token->tenant, token->id, context, token);
}

enum pat_err
patd_manage_edit(struct patd_call *call)
{
    char scopes[PAT_SCOPES_TEXT], addresses[PAT_CIDRS_TEXT];
    struct pat_change_wish edit = {.name = NULL};

    if (!patd_call_text(call, "name", &edit.name) ||
        !patd_call_text(call, "description", &edit.description) ||
        !read_list(call, "scopes", scopes, sizeof scopes, &edit.scopes) ||
        !read_list(call, "addresses", addresses, sizeof addresses, &edit.addresses) ||
        !patd_call_number(call, "expires", &edit.expires) || !read_reason(call, &edit.reason))
        return patd_call_bad(call);
    return patd_manage_change_token(call, edit_token, &edit, "token");
}

/* --- rotate --- */

enum pat_err
patd_manage_grace(struct patd_call *call, int64_t *ret)
{
    struct pat_optional grace;

    if (!patd_call_number(call, "grace", &grace))
        return patd_call_bad(call);
    *ret = grace.set ? grace.at : PAT_GRACE_DEFAULT;
    return PAT_OK;
}

static bool
read_rotation(struct patd_call *call, struct pat_rotation *rotation)
{
    struct pat_optional expires;
    bool never = false;

    if (!patd_call_number(call, "expires", &expires) || !patd_call_flag(call, "never", &never) ||
        !patd_call_flag(call, "pending", &rotation->pending))
        return false;
    call->bad_parameter = "never";
    rotation->expires = expires.at;
    rotation->expiry = never ? PAT_EXPIRY_NEVER : expires.set ? PAT_EXPIRY_AT : PAT_EXPIRY_DEFAULT;
    return !never || !expires.set;
}

static json_t *
rotated_reply(struct patd_call *call, const struct pat_token *token,
              const struct pat_token_record *successor, const struct pat_token_record *old)
{
    json_t *reply = patd_manage_created(call, token, successor);

    if (reply != NULL && json_object_set_new(reply, "replaced", patd_call_token(call, old)) == 0)
        return reply;
    json_decref(reply);
    return NULL;
}

enum pat_err
patd_manage_rotate(struct patd_call *call)
{
    struct pat_rotation rotation = {.pending = false};
    struct pat_token_record old, successor;
    struct pat_token token;
    enum pat_err err;

    if (!read_rotation(call, &rotation))
        return patd_call_bad(call);
    err = patd_manage_grace(call, &rotation.grace);
    if (err == PAT_OK)
        err = patd_manage_find_token(call, &old);
    if (err == PAT_OK)
        err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_rotate(&call->work, old.tenant, old.id, &rotation, &token,
                                                 &successor, &old));
    if (err == PAT_OK)
        err = patd_call_answer(call, rotated_reply(call, &token, &successor, &old));
    pat_token_clear(&token);
    return err;
}

static enum pat_err
finish_rotation(struct pat_manage *work, struct pat_token_record *token, const void *context)
{
    return pat_rotate_finish(work, token->tenant, token->id, context, token);
}

enum pat_err
patd_manage_rotate_finish(struct patd_call *call)
{
    const char *reason;

    if (!read_reason(call, &reason))
        return patd_call_bad(call);
    return patd_manage_change_token(call, finish_rotation, reason, "revoked");
}

/* --- several at once: all or none --- */

struct changing;

typedef enum pat_err change_token(struct pat_manage *manage, const struct changing *changing,
                                  struct pat_token_record *token);

struct changing {
    struct patd_call *call;
    change_token *change;
    const char *tenant, *reason, *batch;
    bool skip_dead; /* ids only; what is dead or unknown is told */
    json_t *changed, *skipped;
};

static enum pat_err
skip(const struct changing *changing, const char *reference)
{
    struct pat_manage *work = &changing->call->work;
    json_t *skipped = json_pack("{s:s, s:s}", "token", reference, "problem", work->problem.id);

    work->problem.err = PAT_OK;
    return json_array_append_new(changing->skipped, skipped) == 0
               ? PAT_OK
               : pat_manage_failed(work, PAT_ERR_NOMEM);
}

static enum pat_err
change_one(struct changing *changing, json_t *reference)
{
    struct patd_call *call = changing->call;
    const char *text = json_string_value(reference);
    struct pat_token_record token;
    enum pat_err err;

    if (text == NULL) {
        call->bad_parameter = "tokens";
        return patd_call_bad(call);
    }
    err = changing->skip_dead ? pat_find_id(&call->work, changing->tenant, text, &token)
                              : pat_find_token(&call->work, changing->tenant, text, &token);
    if (err == PAT_OK)
        err = changing->change(&call->work, changing, &token);
    if (changing->skip_dead && (err == PAT_ERR_NOT_FOUND || err == PAT_ERR_CONFLICT))
        return skip(changing, text);
    if (err == PAT_OK &&
        json_array_append_new(changing->changed, patd_call_token(call, &token)) != 0)
        err = pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    return err;
}

static enum pat_err
change_all(struct changing *changing, json_t *references)
{
    struct pat_manage *work = &changing->call->work;
    enum pat_err err = pat_manage_start(work);
    json_t *reference;
    size_t index;

    if (err != PAT_OK)
        return err;
    json_array_foreach(references, index, reference)
    {
        if (err == PAT_OK)
            err = change_one(changing, reference);
    }
    return pat_manage_end(work, err);
}

static json_t *
changed_reply(const struct changing *changing, const char *member)
{
    json_t *reply = json_pack("{s:O}", member, changing->changed);

    if (reply != NULL && changing->skip_dead &&
        json_object_set(reply, "skipped", changing->skipped) != 0)
        changing->call->lacks_memory = true;
    return reply;
}

static enum pat_err
change_several(struct patd_call *call, struct changing *changing, const char *member)
{
    json_t *references = json_object_get(call->parameters, "tokens");
    enum pat_err err = PAT_OK;

    changing->call = call;
    call->bad_parameter = "tokens";
    if (!json_is_array(references) || json_array_size(references) < 1 ||
        json_array_size(references) > TOKENS_MAX ||
        !patd_call_text(call, "tenant", &changing->tenant) ||
        !read_reason(call, &changing->reason) || !patd_call_claim(call))
        return patd_call_bad(call);
    changing->changed = json_array();
    changing->skipped = json_array();
    if (changing->changed == NULL || changing->skipped == NULL)
        err = pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    if (err == PAT_OK)
        err = change_all(changing, references);
    if (err == PAT_OK)
        err = patd_call_answer(call, changed_reply(changing, member));
    json_decref(changing->changed);
    json_decref(changing->skipped);
    return err;
}

static enum pat_err
revoke(struct pat_manage *manage, const struct changing *changing, struct pat_token_record *token)
{
    return pat_tokens_revoke(manage, token->tenant, token->id, changing->reason, changing->batch,
                             token);
}

static enum pat_err
may_revoke(struct pat_manage *manage, const struct changing *changing,
           struct pat_token_record *token)
{
    return pat_tokens_revocable(manage, token->tenant, token->id, changing->reason, token);
}

enum pat_err
patd_manage_revoke(struct patd_call *call)
{
    struct changing changing = {.change = revoke};
    bool dry_run = false;
    enum pat_err err = PAT_OK;

    if (!patd_call_flag(call, "dryRun", &dry_run) ||
        !patd_call_flag(call, "skipDead", &changing.skip_dead) ||
        !patd_call_text(call, "batch", &changing.batch))
        return patd_call_bad(call);
    if (changing.batch != NULL)
        err = pat_manage_text(&call->work, "batch", changing.batch, PAT_BATCH_MAX);
    if (dry_run)
        changing.change = may_revoke;
    return err == PAT_OK ? change_several(call, &changing, "revoked") : err;
}

static enum pat_err
suspend(struct pat_manage *manage, const struct changing *changing, struct pat_token_record *token)
{
    return pat_change_suspend(manage, token->tenant, token->id, changing->reason, token);
}

enum pat_err
patd_manage_suspend(struct patd_call *call)
{
    struct changing changing = {.change = suspend};

    return change_several(call, &changing, "suspended");
}

static enum pat_err
resume(struct pat_manage *manage, const struct changing *changing, struct pat_token_record *token)
{
    return pat_change_resume(manage, token->tenant, token->id, changing->reason, token);
}

enum pat_err
patd_manage_resume(struct patd_call *call)
{
    struct changing changing = {.change = resume};

    return change_several(call, &changing, "resumed");
}
