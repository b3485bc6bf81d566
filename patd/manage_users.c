/* SPDX-License-Identifier: BSD-2-Clause */
/* Methods about users and grants: parameters in, core/api's answer out. No policy here. */
#include <stdlib.h>
#include <string.h>

#include "core/api/grants.h"
#include "core/api/users.h"
#include "core/base/text.h"
#include "patd/groups.h"
#include "patd/manage_ops.h"

static enum pat_err
answer_user(struct patd_call *call, const struct pat_user_record *user)
{
    return patd_call_answer(call, json_pack("{s:o}", "user", patd_call_user(call, user)));
}

static bool
read_binding(struct patd_call *call, struct pat_binding *binding)
{
    struct pat_optional uid;

    *binding = (struct pat_binding){.account = ""};
    if (!patd_call_text(call, "account", &binding->account) ||
        !patd_call_number(call, "uid", &uid) || !patd_call_flag(call, "system", &binding->system) ||
        !patd_call_flag(call, "allowRoot", &binding->allow_root))
        return false;
    if (binding->account == NULL)
        binding->account = "";
    call->bad_parameter = "uid";
    if (uid.set != (binding->account[0] != '\0') ||
        (uid.set && (uid.at < 0 || uid.at > UINT32_MAX)))
        return false;
    binding->uid = uid.set ? (uint32_t)uid.at : 0;
    return true;
}

static bool
read_role(struct patd_call *call, enum pat_role *ret)
{
    const char *role;

    if (!patd_call_text(call, "role", &role))
        return false;
    call->bad_parameter = "role";
    return role == NULL || pat_roles_read(role, ret) == PAT_OK;
}

/* Mail servers often fold case. The name service is asked by a process of its own. */
static enum pat_users_account
find_account(struct patd_call *call, const struct pat_user_draft *draft)
{
    enum patd_groups_account found;
    char folded[PAT_USER_MAX + 1];
    uint32_t uid; /* does not matter */

    if (pat_text_set(folded, sizeof folded, draft->user) != PAT_OK || folded[0] == '\0' ||
        !pat_users_name_matters(&call->work, draft->tenant))
        return PAT_USERS_UNKNOWN;
    found = patd_groups_ask_account(call->groups_fd, folded, &uid);
    pat_text_fold(folded);
    if (found == PATD_GROUPS_NO_ACCOUNT && !pat_text_equal(folded, draft->user))
        found = patd_groups_ask_account(call->groups_fd, folded, &uid);
    if (found == PATD_GROUPS_NO_ANSWER)
        return PAT_USERS_UNKNOWN;
    return found == PATD_GROUPS_ACCOUNT ? PAT_USERS_IS_ACCOUNT : PAT_USERS_NO_ACCOUNT;
}

enum pat_err
patd_manage_user_create(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1], grants[PAT_SCOPES_TEXT];
    struct pat_user_draft draft = {.tenant = tenant, .grants = grants, .role = PAT_ROLE_USER};
    struct pat_user_record user;
    enum pat_err err;
    bool given;

    if (!patd_call_tenant(call, tenant) || !patd_call_required(call, "user", &draft.user) ||
        !read_binding(call, &draft.binding) || !read_role(call, &draft.role) ||
        !patd_call_list(call, "grants", grants, sizeof grants, &given) ||
        !patd_call_text(call, "contact", &draft.contact) || !patd_call_claim(call))
        return patd_call_bad(call);
    if (draft.contact == NULL)
        draft.contact = "";
    if (draft.binding.account[0] == '\0')
        draft.is_account = find_account(call, &draft);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_users_create(&call->work, &draft, &user));
    return err == PAT_OK ? answer_user(call, &user) : err;
}

static bool
read_user(struct patd_call *call, char *tenant, const char **ret_user)
{
    return patd_call_tenant(call, tenant) && patd_call_user_name(call, tenant, ret_user) &&
           patd_call_claim(call);
}

enum pat_err
patd_manage_user_show(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct pat_user_record user;
    const char *name;
    enum pat_err err;

    if (!read_user(call, tenant, &name))
        return patd_call_bad(call);
    err = pat_manage_user(&call->work, tenant, name, &user);
    return err == PAT_OK ? answer_user(call, &user) : err;
}

enum pat_err
patd_manage_user_bind(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct pat_binding binding;
    struct pat_user_record user;
    const char *name;
    enum pat_err err;

    if (!read_user(call, tenant, &name) || !read_binding(call, &binding))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_users_bind(&call->work, tenant, name, &binding, &user));
    return err == PAT_OK ? answer_user(call, &user) : err;
}

enum pat_err
patd_manage_user_set_enabled(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct pat_user_record user;
    const char *name, *reason;
    bool enabled = false;
    enum pat_err err;

    if (!read_user(call, tenant, &name) || !patd_call_flag(call, "enabled", &enabled) ||
        !patd_call_text(call, "reason", &reason))
        return patd_call_bad(call);
    if (!json_is_boolean(json_object_get(call->parameters, "enabled"))) {
        call->bad_parameter = "enabled";
        return patd_call_bad(call);
    }
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_users_set_enabled(&call->work, tenant, name, enabled,
                                                            reason == NULL ? "" : reason, &user));
    return err == PAT_OK ? answer_user(call, &user) : err;
}

enum pat_err
patd_manage_user_set_role(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct pat_user_record user;
    enum pat_role role = PAT_ROLE_USER;
    const char *name, *reason, *word;
    enum pat_err err;

    if (!read_user(call, tenant, &name) || !patd_call_required(call, "role", &word) ||
        !patd_call_text(call, "reason", &reason) || !read_role(call, &role))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_users_set_role(&call->work, tenant, name, role,
                                                         reason == NULL ? "" : reason, &user));
    return err == PAT_OK ? answer_user(call, &user) : err;
}

enum pat_err
patd_manage_user_set(struct patd_call *call)
{
    char tenant[PAT_TENANT_MAX + 1];
    struct pat_user_record user;
    const char *name, *contact, *reason;
    enum pat_err err;

    if (!read_user(call, tenant, &name) || !patd_call_required(call, "contact", &contact) ||
        !patd_call_text(call, "reason", &reason))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_users_set_contact(&call->work, tenant, name, contact,
                                                            reason == NULL ? "" : reason, &user));
    return err == PAT_OK ? answer_user(call, &user) : err;
}

/* --- lists, page by page --- */

#define PAGE 200

enum holders { USERS, GROUPS };

struct holder_stream {
    struct patd_stream stream; /* first */
    char tenant[PAT_TENANT_MAX + 1];
    json_t *parameters; /* keeps holder alive */
    const char *holder; /* of a list of grants; NULL: all */
    bool as_grants;
    enum holders now_at;
    char after[PAT_USER_MAX + 1];
};

struct page {
    struct patd_call *call;
    struct holder_stream *list;
    int64_t count;
    enum pat_err err;
};

static bool
emit_grant(struct page *page, const char *mark, const char *name, const struct pat_scopes *scopes)
{
    struct patd_call *call = page->call;
    char holder[PAT_ACCOUNT_MAX + 2];

    pat_text_clip(holder, sizeof holder, mark);
    pat_text_clip(holder + strlen(holder), sizeof holder - strlen(holder), name);
    if (page->list->holder != NULL && !pat_text_equal(page->list->holder, holder))
        return true;
    page->err = call->emit(call,
                           json_pack("{s:{s:s, s:s, s:o}}", "grant", "tenant", page->list->tenant,
                                     "holder", holder, "scopes", patd_call_words(scopes->text)));
    return page->err == PAT_OK;
}

static bool
emit_user(void *context, const void *record)
{
    struct page *page = context;
    struct patd_call *call = page->call;
    const struct pat_user_record *user = record;

    if (page->count++ == PAGE)
        return false;
    pat_text_clip(page->list->after, sizeof page->list->after, user->user);
    if (page->list->as_grants)
        return emit_grant(page, "", user->user, &user->grants);
    page->err = call->emit(call, json_pack("{s:o}", "user", patd_call_user(call, user)));
    return page->err == PAT_OK;
}

static bool
emit_group(void *context, const void *record)
{
    struct page *page = context;
    const struct pat_group_record *group = record;

    if (page->count++ == PAGE)
        return false;
    pat_text_clip(page->list->after, sizeof page->list->after, group->group_name);
    return emit_grant(page, "@", group->group_name, &group->grants);
}

static enum pat_err
holder_step(struct patd_stream *stream, struct patd_call *call, bool *ret_done)
{
    struct holder_stream *list = (struct holder_stream *)stream;
    struct page page = {.call = call, .list = list, .err = PAT_OK};
    enum pat_err err;

    if (list->now_at == USERS)
        err = pat_users_list(&call->work, list->tenant, list->after, emit_user, &page);
    else
        err = pat_grants_groups(&call->work, list->tenant, list->after, emit_group, &page);
    if (err == PAT_OK && page.err != PAT_OK)
        err = pat_manage_failed(&call->work, page.err);
    if (page.count > PAGE)
        return err; /* there are more of this kind */
    *ret_done = list->now_at == GROUPS || !list->as_grants;
    list->now_at = GROUPS;
    list->after[0] = '\0';
    return err;
}

static void
holder_free(struct patd_stream *stream)
{
    struct holder_stream *list = (struct holder_stream *)stream;

    json_decref(list->parameters);
    free(list);
}

static enum pat_err
stream_holders(struct patd_call *call, bool as_grants)
{
    struct holder_stream *list;

    call->expected_more = !call->more;
    if (call->expected_more)
        return patd_call_bad(call);
    list = calloc(1, sizeof *list);
    if (list == NULL)
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    list->stream = (struct patd_stream){.step = holder_step, .free = holder_free};
    list->parameters = json_incref(call->parameters);
    list->as_grants = as_grants;
    if (!patd_call_tenant(call, list->tenant) || !patd_call_text(call, "holder", &list->holder)) {
        holder_free(&list->stream);
        return patd_call_bad(call);
    }
    if (list->holder != NULL && list->holder[0] == '@')
        list->now_at = GROUPS; /* no user is called so */
    call->stream = &list->stream;
    return PAT_OK;
}

enum pat_err
patd_manage_user_list(struct patd_call *call)
{
    return stream_holders(call, false);
}

enum pat_err
patd_manage_grant_list(struct patd_call *call)
{
    return stream_holders(call, true);
}

/* --- grants --- */

static enum pat_err
change_grant(struct patd_call *call, bool add)
{
    char tenant[PAT_TENANT_MAX + 1], scopes[PAT_SCOPES_TEXT];
    const char *holder, *reason;
    struct pat_scopes held;
    enum pat_err err;
    bool given;

    if (!patd_call_tenant(call, tenant) || !patd_call_required(call, "holder", &holder) ||
        !patd_call_list(call, "scopes", scopes, sizeof scopes, &given) ||
        !patd_call_text(call, "reason", &reason) || !patd_call_claim(call))
        return patd_call_bad(call);
    err = pat_manage_start(&call->work);
    if (err != PAT_OK)
        return err;
    err = pat_manage_end(&call->work, pat_grants_change(&call->work, tenant, holder, scopes, add,
                                                        reason == NULL ? "" : reason, &held));
    if (err != PAT_OK)
        return err;
    return patd_call_answer(call,
                            json_pack("{s:{s:s, s:s, s:o}}", "grant", "tenant", tenant, "holder",
                                      holder, "scopes", patd_call_words(held.text)));
}

enum pat_err
patd_manage_grant_add(struct patd_call *call)
{
    return change_grant(call, true);
}

enum pat_err
patd_manage_grant_remove(struct patd_call *call)
{
    return change_grant(call, false);
}
