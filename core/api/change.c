/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be changed in a token that is out: it can be narrowed and paused, never widened. */
#include <string.h>

#include "core/api/change.h"
#include "core/api/draft.h"
#include "core/api/pause.h"
#include "core/api/tokens_internal.h"
#include "core/audit/event.h"
#include "core/base/diag.h"
#include "core/base/text.h"

/* --- edit --- */

struct edit {
    struct pat_manage *manage;
    const struct pat_change_wish *wish;
    struct pat_token_record before;
    struct pat_token_record *token;
};

static enum pat_err
refuse_wider(struct edit *edit, const char *id, const char *what)
{
    pat_manage_refuse(edit->manage, PAT_ERR_POLICY, id, "token %s would get %s", edit->token->id,
                      what);
    return pat_manage_hint(edit->manage, "an edit only narrows: make another token");
}

static enum pat_err
edit_name(struct edit *edit)
{
    struct pat_tenant_record tenant;
    enum pat_err err;

    if (edit->wish->name == NULL || pat_text_equal(edit->wish->name, edit->before.name))
        return PAT_OK;
    err = pat_manage_tenant(edit->manage, edit->token->tenant, &tenant);
    if (err != PAT_OK)
        return err;
    return pat_draft_name(edit->manage, &tenant, edit->token->user, edit->wish->name,
                          edit->token->name);
}

static enum pat_err
edit_description(struct edit *edit)
{
    const char *description = edit->wish->description;
    enum pat_err err;

    if (description == NULL)
        return PAT_OK;
    err = pat_manage_text(edit->manage, "description", description, PAT_DESCRIPTION_MAX);
    if (err == PAT_OK)
        pat_text_clip(edit->token->description, sizeof edit->token->description, description);
    return err;
}

static enum pat_err
edit_scopes(struct edit *edit)
{
    struct pat_scopes *scopes = &edit->token->scopes;
    struct pat_diag diag;

    if (edit->wish->scopes == NULL)
        return PAT_OK;
    if (pat_scope_read(edit->wish->scopes, scopes, &diag) != PAT_OK)
        return pat_manage_refuse(edit->manage, diag.code, "scope.illegal", "%s", diag.text);
    if (scopes->text[0] == '\0')
        return pat_manage_refuse(edit->manage, PAT_ERR_SYNTAX, "scope.none",
                                 "a token needs at least one scope");
    return pat_scope_includes(&edit->before.scopes, scopes)
               ? PAT_OK
               : refuse_wider(edit, "scope.wider", "scopes that it does not have");
}

static enum pat_err
edit_addresses(struct edit *edit)
{
    struct pat_cidrs *addresses = &edit->token->addresses;
    const struct pat_cidrs *before = &edit->before.addresses;
    struct pat_diag diag;

    if (edit->wish->addresses == NULL)
        return PAT_OK;
    if (pat_cidr_read(edit->wish->addresses, addresses, &diag) != PAT_OK)
        return pat_manage_refuse(edit->manage, diag.code, "address.illegal", "%s", diag.text);
    if (before->text[0] != '\0' &&
        (addresses->text[0] == '\0' || !pat_cidr_includes(before, addresses)))
        return refuse_wider(edit, "address.wider", "addresses that it is not bound to");
    return PAT_OK;
}

static enum pat_err
refuse_later(struct edit *edit)
{
    pat_manage_refuse(edit->manage, PAT_ERR_POLICY, "expires.later",
                      "token %s would get a later end", edit->token->id);
    return pat_manage_hint(edit->manage, "an edit only narrows: patctl rotate %s", edit->token->id);
}

static enum pat_err
edit_end(struct edit *edit)
{
    const struct pat_optional *before = &edit->before.expires;
    const struct pat_optional *expires = &edit->wish->expires;

    if (!expires->set)
        return PAT_OK;
    if (before->set && expires->at > before->at)
        return refuse_later(edit);
    if (expires->at <= edit->manage->now) {
        pat_manage_refuse(edit->manage, PAT_ERR_RANGE, "expires.past",
                          "the token would have expired already");
        return pat_manage_hint(edit->manage, "patctl revoke %s", edit->token->id);
    }
    if (expires->at - edit->manage->now > PAT_LIFETIME_MAX)
        return pat_manage_refuse(edit->manage, PAT_ERR_RANGE, "expires.far",
                                 "a token lives at most ten years, or for ever");
    edit->token->expires = *expires;
    return PAT_OK;
}

#define RIGHTS 3         /* of the fields below: what the journal must have */
#define LOGGED_BYTES 400 /* of a description: it fits alone, however it is escaped */

static void
clip_description(char ret[LOGGED_BYTES + 1], const char *description)
{
    size_t len;

    pat_text_clip(ret, LOGGED_BYTES + 1, description);
    len = strlen(ret);
    while (len > 0 && ((unsigned char)description[len] & 0xc0) == 0x80) /* whole characters */
        ret[--len] = '\0';
}

/*
 * The fields in which two states of a token differ, as the first of them has them: its rights, then
 * texts as far as they fit. Empty when there are none. The longest rights of all fit.
 */
static enum pat_err
describe_difference(const struct pat_token_record *token, const struct pat_token_record *other,
                    char *ret, size_t size)
{
    const struct pat_optional *end = &token->expires;
    bool same_end = end->set == other->expires.set && end->at == other->expires.at;
    char expires[32], description[LOGGED_BYTES + 1];
    const struct pat_log_field fields[] = {
        {"scopes",
         pat_text_equal(token->scopes.text, other->scopes.text) ? NULL : token->scopes.text},
        {"addresses", pat_text_equal(token->addresses.text, other->addresses.text)
                          ? NULL
                          : token->addresses.text},
        {"expires", same_end ? NULL : expires},
        {"name", pat_text_equal(token->name, other->name) ? NULL : token->name},
        {"description",
         pat_text_equal(token->description, other->description) ? NULL : description},
    };
    enum pat_err err, cut;

    pat_tokens_say_time(end, expires, sizeof expires);
    clip_description(description, token->description);
    err = pat_event_write(ret, size, NULL, fields, RIGHTS);
    if (err != PAT_OK)
        return err;
    cut = pat_event_write(ret, size, NULL, fields, sizeof fields / sizeof fields[0]);
    (void)cut;
    return PAT_OK;
}

static enum pat_err
store_edit(struct edit *edit)
{
    char before[2048], after[2048];
    struct pat_change_args change = {
        .event = "token.edit", .before = before, .after = after, .reason = edit->wish->reason};
    enum pat_err err = describe_difference(&edit->before, edit->token, before, sizeof before);

    if (err == PAT_OK)
        err = describe_difference(edit->token, &edit->before, after, sizeof after);
    if (err != PAT_OK)
        return pat_manage_failed(edit->manage, err);
    if (after[0] == '\0') {
        pat_manage_refuse(edit->manage, PAT_ERR_CONFLICT, "edit.nothing",
                          "token %s is like that already", edit->token->id);
        return pat_manage_hint(edit->manage, "say what is to be another: its name, description, "
                                             "scopes, addresses or end");
    }
    return pat_tokens_put(edit->manage, edit->token, &change);
}

static enum pat_err
refuse_dead(struct pat_manage *manage, const struct pat_token_record *token)
{
    if (token->state == PAT_STATE_REVOKED)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.revoked",
                                 "token %s was revoked before", token->id);
    if (token->expires.set && token->expires.at <= manage->now)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.expired", "token %s has expired",
                                 token->id);
    return PAT_OK;
}

enum pat_err
pat_change_edit(struct pat_manage *manage, const char *tenant, const char *id,
                const struct pat_change_wish *wish, struct pat_token_record *ret)
{
    static enum pat_err (*const ladder[])(struct edit *) = {
        edit_name, edit_description, edit_scopes, edit_addresses, edit_end, store_edit};
    struct edit edit = {.manage = manage, .wish = wish, .token = ret};
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_CREATE_TOKEN, ret);

    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", wish->reason, PAT_REASON_MAX);
    if (err == PAT_OK)
        err = refuse_dead(manage, ret);
    memcpy(&edit.before, ret, sizeof edit.before);
    for (size_t i = 0; err == PAT_OK && i < sizeof ladder / sizeof ladder[0]; i++)
        err = ladder[i](&edit);
    return err;
}

/* --- suspend and resume --- */

enum pat_err
pat_change_suspend(struct pat_manage *manage, const char *tenant, const char *id,
                   const char *reason, struct pat_token_record *ret)
{
    struct pat_change_args change = {.event = "token.suspend", .reason = reason};
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_END_TOKEN, ret);

    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err == PAT_OK)
        err = refuse_dead(manage, ret);
    if (err != PAT_OK)
        return err;
    if (ret->state != PAT_STATE_ACTIVE)
        return pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.not-active", "token %s is %s",
                                 ret->id,
                                 ret->state == PAT_STATE_PENDING ? "pending" : "suspended already");
    ret->state = PAT_STATE_SUSPENDED;
    return pat_tokens_put(manage, ret, &change);
}

static enum pat_err
check_resumer(struct pat_manage *manage, const struct pat_token_record *token)
{
    const struct pat_pause pause = {.tenant = token->tenant,
                                    .event = "token.suspend",
                                    .user = token->user,
                                    .subject = token->id,
                                    .since = token->created_seq};
    char who[PAT_USER_MAX + 1];
    bool may = false;
    enum pat_err err = pat_pause_may_end(manage, &pause, &may, who);

    if (err != PAT_OK || may)
        return err;
    pat_manage_refuse(manage, PAT_ERR_DENIED, "resume.foreign", "token %s was suspended by %s",
                      token->id, who);
    return pat_manage_hint(manage, "only they, or an operator, can resume it");
}

enum pat_err
pat_change_resume(struct pat_manage *manage, const char *tenant, const char *id, const char *reason,
                  struct pat_token_record *ret)
{
    struct pat_change_args change = {.event = "token.resume", .reason = reason};
    enum pat_err err = pat_tokens_take(manage, tenant, id, PAT_ACT_CREATE_TOKEN, ret);

    if (err == PAT_OK)
        err = pat_manage_text(manage, "reason", reason, PAT_REASON_MAX);
    if (err == PAT_OK && ret->state != PAT_STATE_SUSPENDED)
        err = pat_manage_refuse(manage, PAT_ERR_CONFLICT, "token.not-suspended",
                                "token %s is not suspended", ret->id);
    if (err == PAT_OK)
        err = check_resumer(manage, ret);
    if (err != PAT_OK)
        return err;
    ret->state = PAT_STATE_ACTIVE;
    return pat_tokens_put(manage, ret, &change);
}
