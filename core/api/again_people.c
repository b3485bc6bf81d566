/* SPDX-License-Identifier: BSD-2-Clause */
/* Users, what is granted, and tenants of a restored database, made as narrow as they were. */
#include <stdlib.h>
#include <string.h>

#include "core/api/again.h"
#include "core/api/roles.h"
#include "core/api/tenant_delete.h"
#include "core/api/tokens_internal.h"
#include "core/base/text.h"
#include "core/policy/policy.h"

/* --- users --- */

/* PAT_ERR_NOT_FOUND was counted: there is nothing to do. */
static enum pat_err
get_user(struct pat_again *again, const struct pat_journal_line *line, struct pat_user_record *ret)
{
    return line->user[0] == '\0'
               ? PAT_ERR_SYNTAX
               : pat_again_get(again, PAT_ROW_USER, line->tenant, line->user, ret);
}

static enum pat_err
put_user(struct pat_again *again, const struct pat_journal_line *line, struct pat_user_record *user)
{
    enum pat_err err = pat_again_put(again, PAT_ROW_USER, user);

    return err == PAT_OK ? pat_again_log(again, line, user->user, NULL) : err;
}

static enum pat_err
unless_missing(enum pat_err err)
{
    return err == PAT_ERR_NOT_FOUND ? PAT_OK : err;
}

enum pat_err
pat_again_user_disable(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_user_record user;
    enum pat_err err = get_user(again, line, &user);

    if (err != PAT_OK || user.state == PAT_STATE_DISABLED)
        return unless_missing(err);
    user.state = PAT_STATE_DISABLED;
    return put_user(again, line, &user);
}

struct binding {
    char account[PAT_ACCOUNT_MAX + 1];
    struct pat_optional uid;
    bool allow_root;
};

static bool
read_binding(const struct pat_journal_line *line, struct binding *ret)
{
    char key[32], value[PAT_JOURNAL_VALUE];
    const char *at = line->after;
    bool good = true;
    enum pat_err err;

    memset(ret, 0, sizeof *ret);
    while ((err = pat_journal_field(&at, key, value)) == PAT_OK && good) {
        if (pat_text_equal(key, "account"))
            good = pat_text_set(ret->account, sizeof ret->account, value) == PAT_OK;
        else if (pat_text_equal(key, "uid"))
            good = ret->uid.set = pat_text_number(value, 0, UINT32_MAX, &ret->uid.at) == PAT_OK;
        else if (pat_text_equal(key, "allow_root"))
            ret->allow_root = pat_text_equal(value, "yes");
    }
    return good && err == PAT_ERR_NOT_FOUND && ret->uid.set == (ret->account[0] != '\0');
}

/*
 * SECURITY: the account that the user lost is taken away; the one that came instead is not given.
 * Tokens of the restored database were made under the rules of the old one.
 */
enum pat_err
pat_again_user_bind(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_user_record user;
    struct binding binding;
    enum pat_err err = get_user(again, line, &user);
    bool same;

    if (err == PAT_OK && !read_binding(line, &binding))
        return PAT_ERR_SYNTAX;
    if (err != PAT_OK || !user.uid.set)
        return unless_missing(err);
    same = binding.uid.set && binding.uid.at == user.uid.at &&
           pat_text_equal(binding.account, user.account);
    if (same && (binding.allow_root || !user.allow_root))
        return PAT_OK;
    user.allow_root = false;
    if (!same) {
        user.account[0] = '\0';
        user.uid = (struct pat_optional){.set = false};
    }
    return put_user(again, line, &user);
}

/* The role of the line, or none at all: that of a user. */
static bool
read_role(const struct pat_journal_line *line, enum pat_role *ret)
{
    char key[32], value[PAT_JOURNAL_VALUE];
    const char *at = line->after;
    bool good = true;
    enum pat_err err;

    *ret = PAT_ROLE_USER;
    while ((err = pat_journal_field(&at, key, value)) == PAT_OK && good)
        if (pat_text_equal(key, "role"))
            good = pat_roles_read(value, ret) == PAT_OK;
    return good && err == PAT_ERR_NOT_FOUND;
}

enum pat_err
pat_again_user_role(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_user_record user;
    enum pat_role role;
    enum pat_err err = get_user(again, line, &user);

    if (err == PAT_OK && !read_role(line, &role))
        return PAT_ERR_SYNTAX;
    if (err != PAT_OK || user.role <= (int32_t)role)
        return unless_missing(err);
    user.role = (int32_t)role;
    return put_user(again, line, &user);
}

/* --- a user who was forgotten --- */

struct ids {
    char (*ids)[PAT_ID_LEN + 1];
    size_t count, size;
    bool failed;
};

static bool
note_id(void *context, const void *record)
{
    struct ids *ids = context;
    const struct pat_token_record *token = record;
    char(*more)[PAT_ID_LEN + 1];

    if (ids->count == ids->size) {
        ids->size = 2 * ids->size + 64;
        more = realloc(ids->ids, ids->size * sizeof *more);
        ids->failed = more == NULL;
        if (more == NULL)
            return false;
        ids->ids = more;
    }
    pat_text_clip(ids->ids[ids->count++], PAT_ID_LEN + 1, token->id);
    return true;
}

/* It went with its user; one that still worked is revoked before, so that the log tells. */
static enum pat_err
drop_token(struct pat_again *again, const char *tenant, const char *id)
{
    struct pat_token_record token;
    enum pat_err err = pat_again_get(again, PAT_ROW_TOKEN, tenant, id, &token);

    if (err == PAT_OK && token.state != PAT_STATE_REVOKED)
        err = pat_tokens_end(again->manage, &token, PAT_AGAIN_REASON, NULL);
    if (err == PAT_OK) {
        err = pat_store_drop(again->manage->store, PAT_ROW_TOKEN, &token);
        if (err != PAT_OK)
            pat_manage_failed(again->manage, err);
    }
    return err;
}

enum pat_err
pat_again_user_forget(struct pat_again *again, const struct pat_journal_line *line)
{
    const struct pat_scan scan = {
        .what = PAT_SCAN_TOKENS_OF_USER, .tenant = line->tenant, .name = line->user};
    struct pat_user_record user;
    struct ids ids = {.count = 0};
    enum pat_err err = get_user(again, line, &user);

    if (err != PAT_OK)
        return unless_missing(err);
    err = pat_store_scan(again->manage->store, &scan, note_id, &ids);
    if (err == PAT_OK && ids.failed)
        err = PAT_ERR_NOMEM;
    if (err != PAT_OK)
        pat_manage_failed(again->manage, err);
    for (size_t i = 0; err == PAT_OK && i < ids.count; i++)
        err = drop_token(again, line->tenant, ids.ids[i]);
    free(ids.ids);
    if (err != PAT_OK)
        return err;
    err = pat_store_drop(again->manage->store, PAT_ROW_USER, &user);
    return err == PAT_OK ? pat_again_log(again, line, line->user, NULL)
                         : pat_manage_failed(again->manage, err);
}

/* --- grants --- */

static bool
read_scopes(const struct pat_journal_line *line, struct pat_scopes *ret)
{
    char key[32], value[PAT_JOURNAL_VALUE];
    const char *at = line->after;

    return pat_journal_field(&at, key, value) == PAT_OK && pat_text_equal(key, "scopes") &&
           pat_scope_read(value, ret, NULL) == PAT_OK && ret->text[0] != '\0' &&
           pat_journal_field(&at, key, value) == PAT_ERR_NOT_FOUND;
}

/* A group without a grant is a row that says nothing. */
static enum pat_err
put_group(struct pat_again *again, const struct pat_journal_line *line,
          struct pat_group_record *group)
{
    enum pat_err err;

    if (group->grants.text[0] != '\0' || group->role != PAT_ROLE_USER)
        err = pat_store_put(again->manage->store, PAT_ROW_GROUP, group);
    else
        err = pat_store_drop(again->manage->store, PAT_ROW_GROUP, group);
    return err == PAT_OK ? pat_again_log(again, line, NULL, line->subjects)
                         : pat_manage_failed(again->manage, err);
}

static enum pat_err
take_from_group(struct pat_again *again, const struct pat_journal_line *line,
                const struct pat_scopes *scopes)
{
    struct pat_group_record group;
    struct pat_scopes held;
    enum pat_err err;

    if (line->subjects[0] != '@')
        return PAT_ERR_SYNTAX;
    err = pat_again_get(again, PAT_ROW_GROUP, line->tenant, line->subjects + 1, &group);
    if (err != PAT_OK)
        return unless_missing(err);
    held = group.grants;
    pat_scope_minus(&held, scopes, &group.grants);
    return pat_text_equal(held.text, group.grants.text) ? PAT_OK : put_group(again, line, &group);
}

enum pat_err
pat_again_grant_remove(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_user_record user;
    struct pat_scopes scopes, held;
    enum pat_err err;

    if (!read_scopes(line, &scopes))
        return PAT_ERR_SYNTAX;
    if (line->user[0] == '\0')
        return take_from_group(again, line, &scopes);
    err = get_user(again, line, &user);
    if (err != PAT_OK)
        return unless_missing(err);
    held = user.grants;
    pat_scope_minus(&held, &scopes, &user.grants);
    return pat_text_equal(held.text, user.grants.text) ? PAT_OK : put_user(again, line, &user);
}

/* --- tenants --- */

static enum pat_err
put_tenant(struct pat_again *again, const struct pat_journal_line *line,
           struct pat_tenant_record *tenant)
{
    enum pat_err err = pat_again_put(again, PAT_ROW_TENANT, tenant);

    return err == PAT_OK ? pat_again_log(again, line, NULL, NULL) : err;
}

/* What is no member of the policy limits nobody. */
static enum pat_err
tighten(struct pat_tenant_record *tenant, const char *key, const char *value)
{
    enum pat_err err = pat_policy_tighten(tenant, key, value);

    if (err == PAT_ERR_NOT_FOUND &&
        (pat_text_equal(key, "contact") || pat_text_equal(key, "description")))
        return PAT_OK;
    return err == PAT_OK ? PAT_OK : PAT_ERR_SYNTAX;
}

static bool
is_same_policy(const struct pat_tenant_record *a, const struct pat_tenant_record *b)
{
    for (int i = 0; i < PAT_POLICY_MEMBERS; i++)
        if (!pat_policy_same(a, b, (enum pat_policy_member)i))
            return false;
    return true;
}

enum pat_err
pat_again_tenant_set(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_tenant_record tenant, before;
    char key[32], value[PAT_JOURNAL_VALUE];
    const char *at = line->after;
    enum pat_err err = pat_again_get(again, PAT_ROW_TENANT, line->tenant, "", &tenant);

    if (err != PAT_OK)
        return unless_missing(err);
    before = tenant;
    while ((err = pat_journal_field(&at, key, value)) == PAT_OK)
        if (tighten(&tenant, key, value) != PAT_OK)
            return PAT_ERR_SYNTAX;
    if (err != PAT_ERR_NOT_FOUND)
        return PAT_ERR_SYNTAX;
    return is_same_policy(&tenant, &before) ? PAT_OK : put_tenant(again, line, &tenant);
}

enum pat_err
pat_again_tenant_disable(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_tenant_record tenant;
    enum pat_err err = pat_again_get(again, PAT_ROW_TENANT, line->tenant, "", &tenant);

    if (err != PAT_OK || tenant.state == PAT_STATE_DISABLED)
        return unless_missing(err);
    tenant.state = PAT_STATE_DISABLED;
    return put_tenant(again, line, &tenant);
}

/* Nothing is of a tenant that is not there. */
static enum pat_err
forget_default(struct pat_again *again, const char *tenant)
{
    const struct pat_change_args change = {.event = "host.default-tenant",
                                           .subject = tenant,
                                           .after = "default_tenant=\"\"",
                                           .reason = PAT_AGAIN_REASON};
    struct pat_host_record host;
    enum pat_err err = pat_again_get(again, PAT_ROW_HOST, "", "", &host);

    if (err != PAT_OK || !pat_text_equal(host.default_tenant, tenant))
        return err;
    host.default_tenant[0] = '\0';
    err = pat_again_put(again, PAT_ROW_HOST, &host);
    return err == PAT_OK ? pat_manage_log(again->manage, &change, NULL) : err;
}

enum pat_err
pat_again_tenant_delete(struct pat_again *again, const struct pat_journal_line *line)
{
    struct pat_tenant_deletion deletion = {.with_tokens = true, .reason = PAT_AGAIN_REASON};
    struct pat_tenant_record tenant;
    enum pat_err err = pat_again_get(again, PAT_ROW_TENANT, line->tenant, "", &tenant);

    if (err != PAT_OK)
        return unless_missing(err);
    err = forget_default(again, line->tenant);
    if (err == PAT_OK && tenant.state != PAT_STATE_DISABLED) {
        tenant.state = PAT_STATE_DISABLED;
        err = pat_again_put(again, PAT_ROW_TENANT, &tenant);
    }
    deletion.tenant = line->tenant;
    while (err == PAT_OK && !deletion.finished)
        err = pat_tenant_delete_step(again->manage, &deletion);
    again->made += err == PAT_OK ? 1 : 0;
    return err;
}
