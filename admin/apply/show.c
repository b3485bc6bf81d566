/* SPDX-License-Identifier: BSD-2-Clause */
/* A sign in front of every line says what colours say too. */
#include <stdio.h>
#include <string.h>

#include "admin/apply/print.h"
#include "admin/apply/settings.h"
#include "admin/apply/show.h"
#include "core/base/text.h"

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static char
sign_of(json_t *difference)
{
    const char *change = text_of(difference, "change");

    return pat_text_equal(change, "add") ? '+' : pat_text_equal(change, "set") ? '~' : '-';
}

static void
say_value(const struct setting *setting, json_t *value, char ret[SETTINGS_TEXT_MAX])
{
    if (json_is_null(value) && setting->type == SETTINGS_ACCOUNT)
        pat_text_clip(ret, SETTINGS_TEXT_MAX, "virtual");
    else if (!settings_write(setting, value, ret))
        pat_text_clip(ret, SETTINGS_TEXT_MAX, "?"); /* less than a second */
    else if (ret[0] == '\0')
        pat_text_clip(ret, SETTINGS_TEXT_MAX, "(none)");
}

/* Those of a list that another has not; new. */
static json_t *
minus(json_t *array, json_t *other)
{
    json_t *rest = json_array(), *each, *there;
    size_t index, at;

    json_array_foreach(array, index, each)
    {
        bool found = false;

        json_array_foreach(other, at, there)
        {
            found |= json_equal(each, there) != 0;
        }
        if (!found)
            json_array_append(rest, each);
    }
    return rest;
}

static void
show_members(struct out *out, const struct setting *setting, json_t *before, json_t *after)
{
    json_t *more = minus(after, before), *less = minus(before, after);
    char text[SETTINGS_TEXT_MAX];

    say_value(setting, more, text);
    if (json_array_size(more) > 0)
        out_change(out, '+', "    + %-20s %s", setting->name, text);
    say_value(setting, less, text);
    if (json_array_size(less) > 0)
        out_change(out, '-', "    - %-20s %s", setting->name, text);
    json_decref(more);
    json_decref(less);
}

static void
show_option(struct out *out, const struct setting *setting, json_t *difference)
{
    json_t *before = json_object_get(json_object_get(difference, "before"), setting->name);
    json_t *after = json_object_get(json_object_get(difference, "after"), setting->name);
    char old[SETTINGS_TEXT_MAX], new[SETTINGS_TEXT_MAX];

    if (settings_is_set(setting) && json_is_array(before) && json_is_array(after)) {
        show_members(out, setting, before, after);
        return;
    }
    say_value(setting, after, new);
    if (before == NULL) {
        out_change(out, '+', "    + %-20s %s", setting->name, new);
        return;
    }
    say_value(setting, before, old);
    out_change(out, '~', "    ~ %-20s %s -> %s", setting->name, old, new);
}

void
show_differences(struct out *out, json_t *differences)
{
    json_t *difference;
    size_t index;

    json_array_foreach(differences, index, difference)
    {
        char sign = sign_of(difference);

        out_change(out, sign, "%c %s%s", sign, text_of(difference, "title"),
                   sign == '-' ? "   (the file does not name it)" : "");
        for (const struct setting *setting = settings; setting->name != NULL; setting++)
            if (setting->kind == settings_kind_of(difference) &&
                json_object_get(json_object_get(difference, "after"), setting->name) != NULL)
                show_option(out, setting, difference);
    }
}

void
show_count(json_t *differences, char *ret, size_t size)
{
    static const struct {
        char sign;
        const char *words;
    } rows[] = {{'+', "to add"}, {'~', "to change"}, {'-', "to take away"}};
    json_t *difference;
    size_t index, used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 0;

        json_array_foreach(differences, index, difference)
            count += sign_of(difference) == rows[i].sign;
        if (count > 0 && used < size)
            used += (size_t)snprintf(ret + used, size - used, "%s%zu %s", used == 0 ? "" : ", ",
                                     count, rows[i].words);
    }
}

static json_t *
options_of(json_t *difference)
{
    json_t *options = json_array(), *after = json_object_get(difference, "after");

    for (const struct setting *setting = settings; setting->name != NULL; setting++) {
        json_t *value = json_object_get(after, setting->name);
        json_t *before = json_object_get(json_object_get(difference, "before"), setting->name);

        if (setting->kind == settings_kind_of(difference) && value != NULL)
            json_array_append_new(options, json_pack("{s:s, s:o, s:o}", "option", setting->name,
                                                     "before", print_value(setting, before),
                                                     "after", print_value(setting, value)));
    }
    return options;
}

json_t *
show_objects(json_t *differences)
{
    json_t *objects = json_array(), *difference;
    size_t index;

    json_array_foreach(differences, index, difference)
    {
        json_t *line = json_object_get(difference, "line");

        json_array_append_new(objects,
                              json_pack("{s:O, s:s, s:s?, s:O, s:o, s:o}", "change",
                                        json_object_get(difference, "change"), "kind",
                                        settings_kind_name(settings_kind_of(difference)), "tenant",
                                        pat_text_or_null(text_of(difference, "tenant")), "name",
                                        json_object_get(difference, "name"), "line",
                                        line == NULL ? json_null() : json_incref(line), "options",
                                        options_of(difference)));
    }
    return objects;
}
