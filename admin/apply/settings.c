/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of settings, from text and to text. Pure. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "admin/apply/settings.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/base/when.h"
#include "core/policy/record.h"

const struct setting settings[] = {
#define SETTING(kind, name, type, member, none, meaning)                                           \
    {SETTINGS_##kind, name, SETTINGS_##type, member, none, meaning},
#include "admin/apply/settings.def"
#undef SETTING
    {SETTINGS_TENANT, NULL, SETTINGS_TEXT, NULL, NULL, NULL},
};

static const char *const kinds[SETTINGS_KINDS] = {"tenant", "user", "group", "scope"};

const char *
settings_kind_name(enum settings_kind kind)
{
    return kinds[kind];
}

int
settings_kind_find(const char *name)
{
    for (int i = 0; i < SETTINGS_KINDS; i++)
        if (pat_text_equal(kinds[i], name))
            return i;
    return -1;
}

const struct setting *
settings_find(enum settings_kind kind, const char *name)
{
    for (const struct setting *setting = settings; setting->name != NULL; setting++)
        if (setting->kind == kind && pat_text_equal(setting->name, name))
            return setting;
    return NULL;
}

bool
settings_is_set(const struct setting *setting)
{
    return setting->type == SETTINGS_SCOPES || setting->type == SETTINGS_NETWORKS;
}

bool
settings_may_repeat(const struct setting *setting)
{
    return settings_is_set(setting) || setting->type == SETTINGS_REALMS ||
           setting->type == SETTINGS_TEXT;
}

/* --- from text --- */

static json_t *
wrong(char *why, const char *what)
{
    pat_text_clip(why, SETTINGS_WHY_MAX, what);
    return NULL;
}

static json_t *
words(const char *list)
{
    json_t *array = json_array();
    const char *word;
    size_t len;

    while ((len = pat_text_word(&list, &word)) != 0)
        json_array_append_new(array, json_stringn(word, len));
    return array;
}

static json_t *
read_scopes(const struct setting *setting, const char *text, char *why)
{
    struct pat_scopes scopes;
    struct pat_diag diag = {.text = "too many scopes"};

    if (setting->none == NULL && pat_text_equal(text, "none"))
        return json_array();
    return pat_scope_read(text, &scopes, &diag) == PAT_OK ? words(scopes.text)
                                                          : wrong(why, diag.text);
}

static json_t *
read_networks(const char *text, char *why)
{
    struct pat_cidrs networks;
    struct pat_diag diag = {.text = "too many networks"};

    return pat_cidr_read(text, &networks, &diag) == PAT_OK ? words(networks.text)
                                                           : wrong(why, diag.text);
}

static bool
holds(json_t *array, const char *text)
{
    size_t index;
    json_t *each;

    json_array_foreach(array, index, each)
    {
        if (pat_text_equal(json_string_value(each), text))
            return true;
    }
    return false;
}

static bool
add_realm(json_t *array, const char *word, size_t len, size_t *used, char *why)
{
    char text[PAT_REALM_MAX + 1], realm[PAT_REALM_MAX + 1];

    if (pat_text_copy(text, sizeof text, word, len) != PAT_OK ||
        pat_name_realm(text, realm) != PAT_OK) {
        snprintf(why, SETTINGS_WHY_MAX, "\"%.*s\" is not a realm (like example.org)",
                 len > 60 ? 60 : (int)len, word);
        return false;
    }
    *used += strlen(realm) + 1;
    if (holds(array, realm))
        snprintf(why, SETTINGS_WHY_MAX, "realm %.80s comes twice", realm);
    else if (*used > PAT_REALMS_TEXT)
        pat_text_clip(why, SETTINGS_WHY_MAX, "too many realms");
    else
        return json_array_append_new(array, json_string(realm)) == 0;
    return false;
}

static json_t *
read_realms(const char *text, char *why)
{
    json_t *array = json_array();
    const char *word;
    size_t len, used = 0;

    while ((len = pat_text_word(&text, &word)) != 0)
        if (!add_realm(array, word, len, &used, why)) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *
read_text(const struct setting *setting, const char *text, char *why)
{
    bool scope = setting->kind == SETTINGS_SCOPE;
    size_t max = PAT_CONTACT_MAX;

    if (scope && pat_text_equal(setting->name, "label"))
        max = PAT_LABEL_MAX;
    else if (scope || pat_text_equal(setting->name, "description"))
        max = PAT_DESCRIPTION_MAX;
    if (strlen(text) > max) {
        snprintf(why, SETTINGS_WHY_MAX, "longer than %zu bytes", max);
        return NULL;
    }
    if (pat_name_free_text(text, max) != PAT_OK)
        return wrong(why, "not text that people can read");
    return json_string(text);
}

static json_t *
read_flag(const char *text, char *why)
{
    if (pat_text_equal(text, "yes"))
        return json_true();
    return pat_text_equal(text, "no") ? json_false() : wrong(why, "is yes or no");
}

static json_t *
read_yes(const char *text, char *why)
{
    return pat_text_equal(text, "yes") ? json_true() : wrong(why, "is yes, or left out");
}

static json_t *
read_number(const struct setting *setting, const char *text, char *why)
{
    int64_t number,
        max = pat_text_equal(setting->name, "name-min") ? PAT_NAME_POINTS_MAX : INT32_MAX;

    if (pat_text_number(text, 1, max, &number) == PAT_OK)
        return json_integer(number);
    snprintf(why, SETTINGS_WHY_MAX, "is a number from 1 to %lld%s%s", (long long)max,
             setting->none == NULL ? "" : ", or ", setting->none == NULL ? "" : setting->none);
    return NULL;
}

static json_t *
read_span(const struct setting *setting, const char *text, char *why)
{
    int64_t span;

    if (pat_when_span(text, &span) == PAT_OK && span <= PAT_LIFETIME_MAX)
        return json_integer(span);
    snprintf(why, SETTINGS_WHY_MAX, "is a lifetime up to ten years (like 36h, 90d or 1y)%s%s",
             setting->none == NULL ? "" : ", or ", setting->none == NULL ? "" : setting->none);
    return NULL;
}

static json_t *
read_role(const char *text, char *why)
{
    if (pat_text_equal(text, "user") || pat_text_equal(text, "auditor") ||
        pat_text_equal(text, "admin"))
        return json_string(text);
    return wrong(why, "is user, auditor or admin");
}

json_t *
settings_read(const struct setting *setting, const char *text, char why[SETTINGS_WHY_MAX])
{
    bool limit = setting->type == SETTINGS_NUMBER || setting->type == SETTINGS_SPAN;

    if (setting->none != NULL &&
        (pat_text_equal(text, setting->none) ||
         (limit && (pat_text_equal(text, "none") || pat_text_equal(text, "unlimited")))))
        return json_null();
    switch (setting->type) {
    case SETTINGS_TEXT:
        return read_text(setting, text, why);
    case SETTINGS_FLAG:
        return read_flag(text, why);
    case SETTINGS_YES:
    case SETTINGS_VIRTUAL:
    case SETTINGS_ALLOW:
        return read_yes(text, why);
    case SETTINGS_NUMBER:
        return read_number(setting, text, why);
    case SETTINGS_SPAN:
        return read_span(setting, text, why);
    case SETTINGS_REALMS:
        return read_realms(text, why);
    case SETTINGS_SCOPES:
        return read_scopes(setting, text, why);
    case SETTINGS_NETWORKS:
        return read_networks(text, why);
    case SETTINGS_ROLE:
        return read_role(text, why);
    case SETTINGS_ACCOUNT:
        return pat_name_account_legal(text) ? json_string(text)
                                            : wrong(why, "is not the name of an account");
    }
    return NULL;
}

/* --- to text --- */

static bool
write_list(json_t *array, char *ret)
{
    size_t index, used = 0;
    json_t *each;

    ret[0] = '\0';
    json_array_foreach(array, index, each)
    {
        used += (size_t)snprintf(ret + used, SETTINGS_TEXT_MAX - used, "%s%s",
                                 index == 0 ? "" : ", ", json_string_value(each));
        if (used >= SETTINGS_TEXT_MAX)
            return false;
    }
    return true;
}

/* The largest unit that it is a multiple of; nothing below a second can be said. */
static bool
write_span(int64_t span, char *ret)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{INT64_C(365) * 86400, "y"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
    int64_t seconds = span / PAT_SECOND;
    size_t i = 0;

    if (seconds == 0 || span % PAT_SECOND != 0)
        return false;
    while (seconds % units[i].seconds != 0)
        i++;
    snprintf(ret, SETTINGS_TEXT_MAX, "%lld%s", (long long)(seconds / units[i].seconds),
             units[i].name);
    return true;
}

bool
settings_write(const struct setting *setting, json_t *value, char ret[SETTINGS_TEXT_MAX])
{
    if (json_is_null(value))
        pat_text_clip(ret, SETTINGS_TEXT_MAX, setting->none == NULL ? "" : setting->none);
    else if (json_is_boolean(value))
        pat_text_clip(ret, SETTINGS_TEXT_MAX, json_is_true(value) ? "yes" : "no");
    else if (json_is_array(value))
        return write_list(value, ret);
    else if (setting->type == SETTINGS_SPAN)
        return write_span(json_integer_value(value), ret);
    else if (json_is_integer(value))
        snprintf(ret, SETTINGS_TEXT_MAX, "%lld", (long long)json_integer_value(value));
    else
        return json_is_string(value) &&
               pat_text_set(ret, SETTINGS_TEXT_MAX, json_string_value(value)) == PAT_OK;
    return true;
}

/* --- objects --- */

json_t *
settings_take(const struct setting *setting, json_t *object)
{
    const char *member = setting->member;
    json_t *value;

    if (member[0] == '.')
        object = json_object_get(object, "policy");
    value = json_object_get(object, member[0] == '.' ? member + 1 : member);
    return value == NULL ? json_null() : json_incref(value);
}

void
settings_title(enum settings_kind kind, const char *tenant, const char *name,
               char ret[SETTINGS_TITLE_MAX])
{
    bool of_tenant = kind == SETTINGS_USER || kind == SETTINGS_GROUP;

    snprintf(ret, SETTINGS_TITLE_MAX, "%s %s%s%s", kinds[kind], of_tenant ? tenant : "",
             of_tenant ? "/" : "", name);
}

json_t *
settings_new(enum settings_kind kind, const char *tenant, const char *name)
{
    return json_pack("{s:i, s:s, s:s, s:{}}", "kind", (int)kind, "tenant", tenant, "name", name,
                     "set");
}

enum settings_kind
settings_kind_of(json_t *object)
{
    return (enum settings_kind)json_integer_value(json_object_get(object, "kind"));
}

void
settings_fault(json_t *faults, unsigned line, const char *format, ...)
{
    size_t at = json_array_size(faults);
    char text[400];
    va_list args;

    if (at >= SETTINGS_FAULTS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    while (at > 0 && json_integer_value(json_object_get(json_array_get(faults, at - 1), "line")) >
                         (json_int_t)line)
        at--;
    json_array_insert_new(faults, at,
                          json_pack("{s:I, s:s}", "line", (json_int_t)line, "text", text));
}
