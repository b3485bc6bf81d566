/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The present state, in the words of settings.h. What the caller may not see is not there: patd
 * refuses to change it, too.
 */
#include <pwd.h>
#include <string.h>

#include "admin/apply/settings.h"
#include "admin/apply/state.h"
#include "admin/ask.h"

struct gathering {
    json_t *tenants; /* wanted ones; NULL: all */
    json_t *found;   /* their names, in order */
    json_t *state;
};

static json_t *
add(json_t *state, enum settings_kind kind, const char *tenant, const char *name, json_t *object)
{
    char title[SETTINGS_TITLE_MAX];
    json_t *entry = settings_new(kind, tenant, name), *set = json_object_get(entry, "set");

    for (const struct setting *setting = settings; setting->name != NULL; setting++)
        if (setting->kind == kind && setting->type != SETTINGS_VIRTUAL &&
            setting->type != SETTINGS_ALLOW)
            json_object_set_new(set, setting->name, settings_take(setting, object));
    settings_title(kind, tenant, name, title);
    json_object_set_new(state, title, entry);
    return entry;
}

static bool
take_tenant(void *context, json_t *reply)
{
    struct gathering *gathering = context;
    json_t *tenant = json_object_get(reply, "tenant");
    const char *name = ask_text(tenant, "tenant");

    if (tenant == NULL)
        return true;
    /* All of them: a realm or the default may have to be taken from one that is not named. */
    add(gathering->state, SETTINGS_TENANT, name, name, tenant);
    if (gathering->tenants == NULL || json_object_get(gathering->tenants, name) != NULL)
        json_array_append_new(gathering->found, json_string(name));
    return true;
}

static bool
take_user(void *context, json_t *reply)
{
    struct gathering *gathering = context;
    json_t *user = json_object_get(reply, "user"), *entry;

    if (user == NULL)
        return true;
    entry = add(gathering->state, SETTINGS_USER, ask_text(user, "tenant"), ask_text(user, "user"),
                user);
    if (json_is_integer(json_object_get(user, "uid")))
        json_object_set(entry, "uid", json_object_get(user, "uid"));
    return true;
}

static bool
take_group(void *context, json_t *reply)
{
    struct gathering *gathering = context;
    json_t *grant = json_object_get(reply, "grant");

    if (grant != NULL && ask_text(grant, "holder")[0] == '@')
        add(gathering->state, SETTINGS_GROUP, ask_text(grant, "tenant"),
            ask_text(grant, "holder") + 1, grant);
    return true;
}

static bool
take_scope(void *context, json_t *reply)
{
    struct gathering *gathering = context;
    json_t *scope = json_object_get(reply, "scope");

    if (scope != NULL && json_is_true(json_object_get(scope, "thirdParty")))
        add(gathering->state, SETTINGS_SCOPE, "", ask_text(scope, "scope"), scope);
    return true;
}

static int
read_people(struct patctl *patctl, struct gathering *gathering)
{
    int status = EXIT_DONE;
    size_t index;
    json_t *name;

    json_array_foreach(gathering->found, index, name)
    {
        if (status == EXIT_DONE)
            status = ask_each(patctl, "UserList", json_pack("{s:O}", "tenant", name), take_user,
                              gathering, NULL);
        if (status == EXIT_DONE)
            status = ask_each(patctl, "GrantList", json_pack("{s:O}", "tenant", name), take_group,
                              gathering, NULL);
    }
    return status;
}

int
state_read(struct patctl *patctl, json_t *tenants, bool scopes, json_t **ret)
{
    struct gathering gathering = {
        .tenants = tenants, .found = json_array(), .state = json_object()};
    int status = ask_each(patctl, "TenantList", json_object(), take_tenant, &gathering, NULL);

    if (status == EXIT_DONE)
        status = read_people(patctl, &gathering);
    if (status == EXIT_DONE && scopes)
        status = ask_each(patctl, "ScopeList", json_object(), take_scope, &gathering, NULL);
    json_decref(gathering.found);
    if (status == EXIT_DONE)
        *ret = gathering.state;
    else
        json_decref(gathering.state);
    return status;
}

void
state_find_accounts(json_t *wanted)
{
    const char *title;
    json_t *section;

    json_object_foreach(wanted, title, section)
    {
        json_t *account = json_object_get(json_object_get(section, "set"), "account");
        const struct passwd *entry = json_is_string(account) ? getpwnam(json_string_value(account))
                                                             : NULL;

        if (entry == NULL)
            continue;
        json_object_set_new(section, "uid", json_integer((json_int_t)entry->pw_uid));
        /* as the host spells it */
        json_object_set_new(json_object_get(section, "set"), "account",
                            json_string(entry->pw_name));
    }
}
