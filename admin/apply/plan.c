/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of changes. What takes rights away comes before what gives some: whatever stops the
 * work in the middle leaves nobody with more than the old and the new state both allow. A grant
 * that another form of itself replaces (mail:* by mail:read) is never missing meanwhile.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/apply/plan.h"
#include "admin/apply/plan_policy.h"
#include "admin/apply/settings.h"
#include "core/base/text.h"
#include "core/policy/record.h"

enum phase {
    PHASE_SAME,   /* gives what another grant gives already */
    PHASE_NARROW, /* takes away */
    PHASE_HOST,   /* tenants and scopes: new, and wider ones */
    PHASE_PEOPLE, /* users and groups: the same */
    PHASE_ENABLE, /* behind all that they get */
    PHASE_TIDY,   /* what no longer matters; and what is new, and disabled */
    PHASES
};

struct planning {
    json_t *steps;
    json_t *difference; /* at hand */
    const char *tenant, *name;
    json_t *before, *after;
    json_t *rescoped; /* tenants whose allowed scopes change */
};

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* Takes over parameters. */
static void step(struct planning *planning, enum phase phase, const char *method,
                 json_t *parameters, const char *format, ...) __attribute__((format(printf, 5, 6)));

static void
step(struct planning *planning, enum phase phase, const char *method, json_t *parameters,
     const char *format, ...)
{
    static const char with_reason[] =
        "UserSetEnabled UserSetRole UserSet GrantAdd GrantRemove TenantSet TenantSetEnabled";
    char what[300];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (json_object_get(parameters, "tenant") == NULL && planning->tenant[0] != '\0')
        json_object_set_new(parameters, "tenant", json_string(planning->tenant));
    json_array_append_new(planning->steps,
                          json_pack("{s:i, s:s, s:o, s:s++, s:b}", "phase", (int)phase, "method",
                                    method, "parameters", parameters, "what",
                                    text_of(planning->difference, "title"), ": ", what, "reason",
                                    strstr(with_reason, method) != NULL));
}

/* --- grants --- */

static void
read_set(json_t *array, struct pat_scopes *ret)
{
    char text[SETTINGS_TEXT_MAX] = "";
    const struct setting *setting = settings_find(SETTINGS_GROUP, "grants");

    *ret = (struct pat_scopes){.text = ""};
    if (array == NULL || !settings_write(setting, array, text) ||
        pat_scope_read(text, ret, NULL) != PAT_OK)
        ret->text[0] = '\0'; /* both come from lists that were legal */
}

/* Divides a set by whether other covers each scope. */
static void
divide(const struct pat_scopes *set, const struct pat_scopes *other, struct pat_scopes *covered,
       struct pat_scopes *others)
{
    char scope[PAT_SCOPE_MAX + 1];

    *covered = (struct pat_scopes){.text = ""};
    for (const char *at = set->text; pat_scope_next(&at, scope);)
        if (pat_scope_covers(other, scope)) {
            size_t used = strlen(covered->text);

            snprintf(covered->text + used, sizeof covered->text - used, "%s%s",
                     used == 0 ? "" : ",", scope);
        }
    pat_scope_minus(set, covered, others);
}

static void
change_grants(struct planning *planning, enum phase phase, const char *method,
              const struct pat_scopes *scopes)
{
    bool group = settings_kind_of(planning->difference) == SETTINGS_GROUP;
    const char *sign = pat_text_equal(method, "GrantAdd") ? "+" : "-";
    char why[SETTINGS_WHY_MAX];
    json_t *list;

    if (scopes->text[0] == '\0')
        return;
    list = settings_read(settings_find(SETTINGS_GROUP, "grants"), scopes->text, why);
    step(planning, phase, method,
         json_pack("{s:s+, s:o}", "holder", group ? "@" : "", planning->name, "scopes", list),
         "grants %s %s", sign, scopes->text);
}

static void
plan_grants(struct planning *planning)
{
    struct pat_scopes before, after, added, removed, same, more, needless, less;
    bool room_before, room_after;

    read_set(json_object_get(planning->before, "grants"), &before);
    read_set(json_object_get(planning->after, "grants"), &after);
    pat_scope_minus(&after, &before, &added);
    pat_scope_minus(&before, &after, &removed);
    divide(&added, &before, &same, &more);
    divide(&removed, &after, &needless, &less);
    /* A set has an end, and a tenant may have to allow something first. */
    room_before = pat_scope_count(&before) + pat_scope_count(&same) <= PAT_SCOPES_MAX &&
                  json_object_get(planning->rescoped, planning->tenant) == NULL;
    room_after = pat_scope_count(&after) + pat_scope_count(&needless) <= PAT_SCOPES_MAX &&
                 room_before;
    change_grants(planning, room_before ? PHASE_SAME : PHASE_PEOPLE, "GrantAdd", &same);
    change_grants(planning, PHASE_NARROW, "GrantRemove", &less);
    change_grants(planning, room_after ? PHASE_TIDY : PHASE_NARROW, "GrantRemove", &needless);
    change_grants(planning, PHASE_PEOPLE, "GrantAdd", &more);
}

/* --- users --- */

static json_t *
user_parameters(const struct planning *planning)
{
    return json_pack("{s:s}", "user", planning->name);
}

/* account, uid, and what is meant to be allowed. */
static void
set_binding(const struct planning *planning, json_t *parameters)
{
    json_t *section = json_object_get(planning->difference, "section");
    json_t *account = json_object_get(json_object_get(section, "set"), "account");

    if (!json_is_string(account))
        return;
    json_object_set(parameters, "account", account);
    json_object_set(parameters, "uid", json_object_get(section, "uid"));
    json_object_update(parameters, json_object_get(section, "allow"));
}

static void
copy(json_t *to, const char *member, json_t *from, const char *option)
{
    json_t *value = json_object_get(from, option);

    if (value != NULL)
        json_object_set(to, member, value);
}

static void
set_enabled(struct planning *planning, enum phase disable)
{
    json_t *enabled = json_object_get(planning->after, "enabled");
    bool user = settings_kind_of(planning->difference) == SETTINGS_USER;
    json_t *parameters;

    if (enabled == NULL)
        return;
    parameters = user ? user_parameters(planning) : json_object();
    json_object_set(parameters, "enabled", enabled);
    step(planning, json_is_true(enabled) ? PHASE_ENABLE : disable,
         user ? "UserSetEnabled" : "TenantSetEnabled", parameters, "%s",
         json_is_true(enabled) ? "enabled" : "disabled");
}

static void
create_user(struct planning *planning)
{
    json_t *parameters = user_parameters(planning);

    set_binding(planning, parameters);
    copy(parameters, "role", planning->after, "role");
    copy(parameters, "grants", planning->after, "grants");
    copy(parameters, "contact", planning->after, "contact");
    step(planning, PHASE_PEOPLE, "UserCreate", parameters, "made");
    if (json_is_false(json_object_get(planning->after, "enabled")))
        set_enabled(planning, PHASE_TIDY);
}

static int
rank(const char *role)
{
    return pat_text_equal(role, "admin") ? 2 : pat_text_equal(role, "auditor") ? 1 : 0;
}

static void
set_role(struct planning *planning)
{
    const char *before = text_of(planning->before, "role"), *after;
    json_t *parameters;

    if (json_object_get(planning->after, "role") == NULL)
        return;
    after = text_of(planning->after, "role");
    parameters = user_parameters(planning);
    copy(parameters, "role", planning->after, "role");
    step(planning, rank(after) < rank(before) ? PHASE_NARROW : PHASE_PEOPLE, "UserSetRole",
         parameters, "role %s", after);
}

static void
bind_user(struct planning *planning)
{
    json_t *account = json_object_get(planning->after, "account");
    json_t *parameters;

    if (account == NULL)
        return;
    parameters = user_parameters(planning);
    set_binding(planning, parameters);
    step(planning, json_is_null(account) ? PHASE_NARROW : PHASE_PEOPLE, "UserBind", parameters,
         "account %s", json_is_null(account) ? "none" : json_string_value(account));
}

static void
change_user(struct planning *planning)
{
    json_t *parameters;

    bind_user(planning);
    plan_grants(planning);
    set_role(planning);
    set_enabled(planning, PHASE_NARROW);
    if (json_object_get(planning->after, "contact") == NULL)
        return;
    parameters = user_parameters(planning);
    copy(parameters, "contact", planning->after, "contact");
    step(planning, PHASE_PEOPLE, "UserSet", parameters, "contact");
}

/* --- tenants --- */

static void
create_tenant(struct planning *planning)
{
    json_t *parameters = json_object(), *policy = plan_policy_of(planning->after);

    copy(parameters, "description", planning->after, "description");
    copy(parameters, "contact", planning->after, "contact");
    copy(parameters, "realms", planning->after, "realms");
    copy(parameters, "makeDefault", planning->after, "default");
    json_object_set_new(parameters, "policy", policy);
    step(planning, PHASE_HOST, "TenantCreate", parameters, "made");
    if (json_is_false(json_object_get(planning->after, "enabled")))
        set_enabled(planning, PHASE_TIDY);
}

static void
set_tenant(struct planning *planning, enum phase phase, json_t *values)
{
    json_t *parameters = json_object(), *policy = plan_policy_of(values), *ignored;
    char names[200] = "";
    const char *option;

    json_object_foreach(values, option, ignored)
    {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s%s", used == 0 ? "" : ", ", option);
    }
    copy(parameters, "description", values, "description");
    copy(parameters, "contact", values, "contact");
    copy(parameters, "realms", values, "realms");
    if (json_object_size(policy) > 0)
        json_object_set(parameters, "policy", policy);
    json_decref(policy);
    if (json_object_size(parameters) > 0)
        step(planning, phase, "TenantSet", parameters, "%s", names);
    else
        json_decref(parameters);
}

static void
change_tenant(struct planning *planning)
{
    json_t *before = json_object_get(json_object_get(planning->difference, "entry"), "set");
    json_t *narrow = json_object(), *wide = json_object();

    plan_policy_divide(before, planning->after, narrow, wide);
    set_tenant(planning, PHASE_NARROW, narrow);
    set_tenant(planning, PHASE_HOST, wide);
    json_decref(narrow);
    json_decref(wide);
    if (json_is_true(json_object_get(planning->after, "default")))
        step(planning, PHASE_HOST, "TenantSetDefault", json_object(), "default");
    set_enabled(planning, PHASE_NARROW);
}

/* --- scopes --- */

/* An entry has no other way to change; its name gives no right, and is missed for a moment. */
static void
change_scope(struct planning *planning, bool is_new)
{
    json_t *parameters = json_pack("{s:s}", "scope", planning->name);
    json_t *before = json_object_get(json_object_get(planning->difference, "entry"), "set");

    if (!is_new)
        step(planning, PHASE_HOST, "ScopeRemove", json_deep_copy(parameters), "taken out");
    copy(parameters, "label", before, "label");
    copy(parameters, "meaning", before, "meaning");
    copy(parameters, "label", planning->after, "label");
    copy(parameters, "meaning", planning->after, "meaning");
    step(planning, PHASE_HOST, "ScopeAdd", parameters, "%s", is_new ? "made" : "put back");
}

/* --- all of it --- */

static void
plan_one(struct planning *planning, json_t *difference)
{
    bool is_new = pat_text_equal(text_of(difference, "change"), "add");

    planning->difference = difference;
    planning->tenant = text_of(difference, "tenant");
    planning->name = text_of(difference, "name");
    planning->before = json_object_get(difference, "before");
    planning->after = json_object_get(difference, "after");
    switch (settings_kind_of(difference)) {
    case SETTINGS_TENANT:
        (is_new ? create_tenant : change_tenant)(planning);
        break;
    case SETTINGS_USER:
        (is_new ? create_user : change_user)(planning);
        break;
    case SETTINGS_GROUP:
        plan_grants(planning);
        break;
    case SETTINGS_SCOPE:
        change_scope(planning, is_new);
        break;
    }
}

static json_t *
in_order(json_t *steps)
{
    json_t *ordered = json_array(), *each;
    size_t index;

    for (int phase = 0; phase < PHASES; phase++)
        json_array_foreach(steps, index, each)
        {
            if (json_integer_value(json_object_get(each, "phase")) == phase)
                json_array_append(ordered, each);
        }
    return ordered;
}

/* The tenants whose allowed scopes change; new. */
static json_t *
find_rescoped(json_t *differences)
{
    json_t *tenants = json_object(), *difference;
    size_t index;

    json_array_foreach(differences, index, difference)
    {
        if (json_object_get(json_object_get(difference, "after"), "scopes") != NULL)
            json_object_set_new(tenants, text_of(difference, "tenant"), json_true());
    }
    return tenants;
}

json_t *
plan_steps(json_t *differences)
{
    struct planning planning = {.steps = json_array(), .rescoped = find_rescoped(differences)};
    json_t *difference, *ordered;
    size_t index;

    json_array_foreach(differences, index, difference)
    {
        plan_one(&planning, difference);
    }
    ordered = in_order(planning.steps);
    json_decref(planning.steps);
    json_decref(planning.rescoped);
    return ordered;
}
