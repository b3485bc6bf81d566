/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the parameters of a call. What is in them comes from anybody who may connect. */
#include <stdio.h>
#include <string.h>

#include "core/audit/event.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/store/usage.h"
#include "core/wire/varlink.h"
#include "patd/call.h"

enum pat_err
patd_call_bad(struct patd_call *call)
{
    return pat_manage_refuse(&call->work, PAT_ERR_SYNTAX, "parameter",
                             "parameter \"%.40s\" is wrong", call->bad_parameter);
}

static bool
bad(struct patd_call *call, const char *name)
{
    call->bad_parameter = name;
    return false;
}

/* The value, or NULL when it is absent or null: the same to a client. */
static json_t *
value_of(const struct patd_call *call, const char *name)
{
    json_t *value = json_object_get(call->parameters, name);

    return json_is_null(value) ? NULL : value;
}

const char *
patd_call_unknown(json_t *object, const char *known)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        const char *at = known;
        const char *word;
        bool found = false;
        size_t len;

        while (!found && (len = pat_text_word(&at, &word)) != 0)
            found = strlen(name) == len && strncmp(name, word, len) == 0;
        if (!found)
            return name;
    }
    return NULL;
}

bool
patd_call_text(struct patd_call *call, const char *name, const char **ret)
{
    json_t *value = value_of(call, name);

    *ret = json_string_value(value);
    return value == NULL || *ret != NULL || bad(call, name);
}

bool
patd_call_required(struct patd_call *call, const char *name, const char **ret)
{
    return patd_call_text(call, name, ret) && (*ret != NULL || bad(call, name));
}

bool
patd_call_number(struct patd_call *call, const char *name, struct pat_optional *ret)
{
    json_t *value = value_of(call, name);

    *ret = (struct pat_optional){.set = value != NULL, .at = json_integer_value(value)};
    return value == NULL || json_is_integer(value) || bad(call, name);
}

bool
patd_call_flag(struct patd_call *call, const char *name, bool *ret)
{
    json_t *value = value_of(call, name);

    if (value == NULL)
        return true;
    *ret = json_is_true(value);
    return json_is_boolean(value) || bad(call, name);
}

bool
patd_call_list(struct patd_call *call, const char *name, char *ret, size_t size, bool *ret_given)
{
    json_t *array = value_of(call, name);
    size_t used = 0, index;
    json_t *word;

    ret[0] = '\0';
    *ret_given = array != NULL;
    if (array == NULL)
        return true;
    if (!json_is_array(array))
        return bad(call, name);
    json_array_foreach(array, index, word)
    {
        const char *text = json_string_value(word);
        int len;

        if (text == NULL || text[0] == '\0' || strpbrk(text, ", \t") != NULL)
            return bad(call, name);
        len = snprintf(ret + used, size - used, "%s%s", index == 0 ? "" : ",", text);
        if (len < 0 || (size_t)len >= size - used)
            return bad(call, name);
        used += (size_t)len;
    }
    return true;
}

bool
patd_call_tenant(struct patd_call *call, char ret[PAT_TENANT_MAX + 1])
{
    const struct pat_actor *actor = &call->work.actor;
    const char *tenant;

    if (!patd_call_text(call, "tenant", &tenant))
        return false;
    if (tenant != NULL) /* an illegal one is told so by whoever looks for it */
        return pat_text_set(ret, PAT_TENANT_MAX + 1, tenant) == PAT_OK || bad(call, "tenant");
    if (actor->count == 1 && !actor->is_operator)
        pat_text_clip(ret, PAT_TENANT_MAX + 1, actor->standings[0].tenant);
    else
        pat_context_default_tenant(call->work.context, ret);
    return true;
}

bool
patd_call_user_name(struct patd_call *call, const char *tenant, const char **ret)
{
    const struct pat_standing *standing = pat_roles_standing(&call->work.actor, tenant);

    if (!patd_call_text(call, "user", ret))
        return false;
    if (*ret == NULL && standing != NULL)
        *ret = standing->user;
    return *ret != NULL || bad(call, "user");
}

bool
patd_call_claim(struct patd_call *call)
{
    static const struct {
        const char *member;
        const char *key;
    } members[] = {{"sudoUser", "sudo_user"}, {"tty", "tty"}, {"remote", "remote"}};
    json_t *claim = value_of(call, "claim");
    struct pat_log_field fields[3];
    enum pat_err cut;

    if (claim == NULL)
        return true;
    if (!json_is_object(claim))
        return bad(call, "claim");
    for (size_t i = 0; i < 3; i++) {
        fields[i].key = members[i].key;
        fields[i].value = json_string_value(json_object_get(claim, members[i].member));
    }
    /* What does not fit is left out by whole fields: nobody relies on a claim. */
    cut = pat_event_write(call->work.actor.claimed, sizeof call->work.actor.claimed, NULL, fields,
                          3);
    (void)cut;
    return true;
}

enum pat_err
patd_call_answer(struct patd_call *call, json_t *reply)
{
    if (reply == NULL || call->lacks_memory) {
        json_decref(reply);
        return pat_manage_failed(&call->work, PAT_ERR_NOMEM);
    }
    call->reply = reply;
    return PAT_OK;
}

char *
patd_call_message(const struct patd_call *call, json_t *parameters, size_t *ret_len)
{
    if (!call->lacks_memory)
        return pat_varlink_reply(parameters, true, ret_len);
    json_decref(parameters);
    return NULL;
}

bool
patd_call_misses(struct patd_call *call, enum pat_err err)
{
    call->lacks_memory |= err == PAT_ERR_NOMEM;
    return err != PAT_OK;
}

bool
patd_call_add(struct patd_call *call, json_t *array, json_t *entry)
{
    return !patd_call_misses(call,
                             json_array_append_new(array, entry) == 0 ? PAT_OK : PAT_ERR_NOMEM);
}

void
patd_call_flush_uses(struct patd_call *call)
{
    if (pat_usage_flush(pat_context_usage(call->work.context)) != PAT_OK)
        PAT_LOG(LOG_WARNING, "failure", {"doing", "writing uses"});
}
