/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The comparison. Only what the file names is compared: an option that it leaves out stays as it
 * is. The grants that it names are the only ones of their holder.
 */
#include <string.h>

#include "admin/apply/diff.h"
#include "admin/apply/settings.h"
#include "core/base/text.h"

struct comparing {
    json_t *wanted, *state;
    json_t *faults;
    json_t *differences;
};

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static unsigned
line_of(json_t *section, const char *option)
{
    json_t *line = option == NULL ? json_object_get(section, "line")
                                  : json_object_get(json_object_get(section, "lines"), option);

    return (unsigned)json_integer_value(line);
}

static json_t *
value_of(json_t *entry, const char *option)
{
    return json_object_get(json_object_get(entry, "set"), option);
}

json_t *
diff_tenants(json_t *wanted)
{
    json_t *tenants = json_object(), *section;
    const char *title;

    json_object_foreach(wanted, title, section)
    {
        if (text_of(section, "tenant")[0] != '\0')
            json_object_set_new(tenants, text_of(section, "tenant"), json_true());
    }
    return tenants;
}

bool
diff_has_scopes(json_t *wanted)
{
    const char *title;
    json_t *section;

    json_object_foreach(wanted, title, section)
    {
        if (settings_kind_of(section) == SETTINGS_SCOPE)
            return true;
    }
    return false;
}

/* --- values --- */

/* An account is its uid, too: one that was made again is another. */
static bool
same_account(json_t *section, json_t *entry)
{
    json_t *uid = json_object_get(section, "uid");

    return json_equal(value_of(section, "account"), value_of(entry, "account")) &&
           (uid == NULL || json_equal(uid, json_object_get(entry, "uid")));
}

static bool
same_value(json_t *section, json_t *entry, const char *option)
{
    if (entry == NULL) {
        json_t *value = value_of(section, option); /* a group without grants is none */

        return settings_kind_of(section) == SETTINGS_GROUP && json_array_size(value) == 0;
    }
    if (pat_text_equal(option, "account"))
        return same_account(section, entry);
    return json_equal(value_of(section, option), value_of(entry, option));
}

/* "alice", or "alice (uid 1000)" where that is known: two bindings may differ in it alone. */
static json_t *
told_value(json_t *holder, const char *option)
{
    json_t *value = value_of(holder, option), *uid = json_object_get(holder, "uid");

    if (value == NULL || !pat_text_equal(option, "account") || uid == NULL ||
        !json_is_string(value))
        return value == NULL ? json_null() : json_incref(value);
    return json_sprintf("%s (uid %lld)", json_string_value(value),
                        (long long)json_integer_value(uid));
}

/* --- entries --- */

static json_t *
new_difference(struct comparing *comparing, const char *change, json_t *section, json_t *entry)
{
    json_t *of = section == NULL ? entry : section;
    char title[SETTINGS_TITLE_MAX];
    json_t *difference;

    settings_title(settings_kind_of(of), text_of(of, "tenant"), text_of(of, "name"), title);
    difference = json_pack("{s:O, s:O, s:O, s:s, s:s, s:{}, s:{}}", "kind",
                           json_object_get(of, "kind"), "tenant", json_object_get(of, "tenant"),
                           "name", json_object_get(of, "name"), "title", title, "change", change,
                           "before", "after");
    if (section != NULL) {
        json_object_set(difference, "section", section);
        json_object_set(difference, "line", json_object_get(section, "line"));
    }
    if (entry != NULL)
        json_object_set(difference, "entry", entry);
    json_array_append_new(comparing->differences, difference);
    return difference;
}

static void
compare(struct comparing *comparing, json_t *section, json_t *entry)
{
    json_t *difference = NULL, *set = json_object_get(section, "set"), *value;
    bool is_new = entry == NULL;
    const char *option;

    /* An empty section of a group is nothing new. */
    if (is_new && settings_kind_of(section) != SETTINGS_GROUP)
        difference = new_difference(comparing, "add", section, NULL);
    json_object_foreach(set, option, value)
    {
        if (same_value(section, entry, option))
            continue;
        if (difference == NULL)
            difference = new_difference(comparing, is_new ? "add" : "set", section, entry);
        if (!is_new)
            json_object_set_new(json_object_get(difference, "before"), option,
                                told_value(entry, option));
        json_object_set_new(json_object_get(difference, "after"), option,
                            told_value(section, option));
    }
}

/* --- what cannot be --- */

static void
check_tenant(struct comparing *comparing, json_t *section)
{
    char title[SETTINGS_TITLE_MAX];
    const char *tenant = text_of(section, "tenant");

    settings_title(SETTINGS_TENANT, tenant, tenant, title);
    if (tenant[0] != '\0' && json_object_get(comparing->wanted, title) == NULL &&
        json_object_get(comparing->state, title) == NULL)
        settings_fault(comparing->faults, line_of(section, NULL),
                       "there is no tenant %s, and the file does not make it: [tenant %s]", tenant,
                       tenant);
}

static void
check_user(struct comparing *comparing, json_t *section, json_t *entry)
{
    json_t *account = value_of(section, "account");

    if (entry == NULL && account == NULL)
        settings_fault(comparing->faults, line_of(section, NULL),
                       "a new user needs account = ACCOUNT or virtual = yes");
    if (json_is_string(account) && json_object_get(section, "uid") == NULL &&
        !(entry != NULL && same_account(section, entry)))
        settings_fault(comparing->faults, line_of(section, "account"),
                       "account: no account \"%.60s\" on this host", json_string_value(account));
}

static void
check_scope(struct comparing *comparing, json_t *section, json_t *entry)
{
    if (json_string_length(value_of(section, "label")) == 0 &&
        (entry == NULL || value_of(section, "label") != NULL))
        settings_fault(comparing->faults, line_of(section, NULL),
                       "a scope of the catalogue needs a label");
}

static void
check_section(struct comparing *comparing, json_t *section, json_t *entry)
{
    check_tenant(comparing, section);
    if (settings_kind_of(section) == SETTINGS_USER)
        check_user(comparing, section, entry);
    if (settings_kind_of(section) == SETTINGS_SCOPE)
        check_scope(comparing, section, entry);
}

/* --- what is not named --- */

static void
take_away(json_t *difference, json_t *entry, const char *option, json_t *value)
{
    if (!json_equal(value_of(entry, option), value)) {
        json_object_set(json_object_get(difference, "before"), option, value_of(entry, option));
        json_object_set(json_object_get(difference, "after"), option, value);
    }
}

static void
prune_entry(struct comparing *comparing, json_t *entry)
{
    bool user = settings_kind_of(entry) == SETTINGS_USER;
    json_t *none = json_array(), *no = json_false(), *difference;

    difference = new_difference(comparing, "remove", NULL, entry);
    if (user)
        take_away(difference, entry, "enabled", no);
    take_away(difference, entry, "grants", none);
    if (json_object_size(json_object_get(difference, "after")) == 0)
        json_array_remove(comparing->differences, json_array_size(comparing->differences) - 1);
    json_decref(none);
    json_decref(no);
}

static void
prune_kind(struct comparing *comparing, enum settings_kind kind)
{
    char tenant_title[SETTINGS_TITLE_MAX];
    const char *title;
    json_t *entry;

    json_object_foreach(comparing->state, title, entry)
    {
        const char *tenant = text_of(entry, "tenant");

        settings_title(SETTINGS_TENANT, tenant, tenant, tenant_title);
        if (settings_kind_of(entry) == kind &&
            json_object_get(comparing->wanted, tenant_title) != NULL &&
            json_object_get(comparing->wanted, title) == NULL)
            prune_entry(comparing, entry);
    }
}

json_t *
diff_make(json_t *wanted, json_t *state, bool prune, json_t *faults)
{
    struct comparing comparing = {
        .wanted = wanted, .state = state, .faults = faults, .differences = json_array()};
    const char *title;
    json_t *section;

    for (int kind = 0; kind < SETTINGS_KINDS; kind++) {
        json_object_foreach(wanted, title, section)
        {
            json_t *entry = json_object_get(state, title);

            if ((int)settings_kind_of(section) != kind)
                continue;
            check_section(&comparing, section, entry);
            compare(&comparing, section, entry);
        }
        if (prune && (kind == SETTINGS_USER || kind == SETTINGS_GROUP))
            prune_kind(&comparing, (enum settings_kind)kind);
    }
    if (json_array_size(faults) == 0)
        return comparing.differences;
    json_decref(comparing.differences);
    return NULL;
}
