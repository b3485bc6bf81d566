/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a file of settings. Lines have an end: lists and texts go on in a line that begins with
 * the same option. What has no form there is left out, and said to be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/apply/print.h"
#include "admin/apply/settings.h"
#include "core/base/text.h"
#include "core/config/ini.h"

#define FIRST_ORDINARY_UID 1000

static const char head[] =
    "# Settings of linux-pat, for patctl apply: pat-settings(5). There is no secret in them.\n";

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static bool
is_printed(json_t *entry, json_t *tenants)
{
    return tenants == NULL || json_object_get(tenants, text_of(entry, "tenant")) != NULL;
}

/* --- lines --- */

/* One line of an option. A ; behind a blank would be a comment. */
static bool
write_line(FILE *file, const char *name, const char *value)
{
    if (strlen(name) + 3 + strlen(value) > PAT_INI_LINE_MAX || strstr(value, " ;") != NULL)
        return false;
    fprintf(file, "%s =%s%s\n", name, value[0] == '\0' ? "" : " ", value);
    return true;
}

static bool
fits_list(const char *name, json_t *array)
{
    size_t index;
    json_t *each;

    json_array_foreach(array, index, each)
    {
        if (strlen(name) + 4 + json_string_length(each) > PAT_INI_LINE_MAX)
            return false;
    }
    return true;
}

static bool
write_list(FILE *file, const char *name, json_t *array)
{
    size_t index, used = 0;
    json_t *each;

    if (!fits_list(name, array))
        return false;
    json_array_foreach(array, index, each)
    {
        size_t len = json_string_length(each);

        if (used > 0 && used + 2 + len > PAT_INI_LINE_MAX) {
            fputc('\n', file);
            used = 0;
        }
        used += (size_t)(used == 0 ? fprintf(file, "%s = ", name) : fprintf(file, ", "));
        fputs(json_string_value(each), file);
        used += len;
    }
    if (index == 0)
        fprintf(file, "%s =", name);
    fputc('\n', file);
    return true;
}

/* Characters of UTF-8 stay whole; a line of them may end at any other place. */
static size_t
character(const char *text)
{
    size_t len = 1;

    while (((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static void
write_quoted(FILE *file, const char *name, const char *text)
{
    while (*text != '\0') {
        size_t used = (size_t)fprintf(file, "%s = \"", name);

        while (*text != '\0' && used + 6 <= PAT_INI_LINE_MAX) { /* an escape or 4 bytes, and \" */
            size_t len = character(text);

            if (strchr("\"\\;", *text) != NULL)
                used += (size_t)fprintf(file, "\\");
            used += fwrite(text, 1, len, file);
            text += len;
        }
        fputs("\"\n", file);
    }
}

static void
write_text(FILE *file, const char *name, const char *text)
{
    size_t len = strlen(text);
    bool plain = len == 0 || (text[0] != ' ' && text[0] != '"' && text[len - 1] != ' ' &&
                              strchr(text, ';') == NULL);

    if (!plain || !write_line(file, name, text))
        write_quoted(file, name, text);
}

/* --- options --- */

/* What has to be meant, so that it is taken again. */
static void
write_allowances(FILE *file, json_t *entry)
{
    json_t *uid = json_object_get(entry, "uid");

    if (uid != NULL && json_integer_value(uid) == 0)
        fputs("allow-root = yes\n", file);
    else if (uid != NULL && json_integer_value(uid) < FIRST_ORDINARY_UID)
        fputs("system = yes\n", file);
}

static bool
write_option(FILE *file, const struct setting *setting, json_t *value)
{
    char text[SETTINGS_TEXT_MAX];

    if (setting->type == SETTINGS_ACCOUNT && json_is_null(value))
        return write_line(file, "virtual", "yes");
    if (setting->type == SETTINGS_TEXT) {
        write_text(file, setting->name, json_string_value(value));
        return true;
    }
    if (json_is_array(value))
        return write_list(file, setting->name, value);
    return settings_write(setting, value, text) && write_line(file, setting->name, text);
}

static bool
is_said(const struct setting *setting, json_t *value)
{
    return value != NULL && (setting->type != SETTINGS_YES || json_is_true(value)) &&
           (setting->type != SETTINGS_TEXT || json_is_string(value));
}

static void
write_section(FILE *file, const char *title, json_t *entry, json_t *left_out)
{
    json_t *set = json_object_get(entry, "set");

    if (strlen(title) + 2 > PAT_INI_LINE_MAX || strchr(title, ']') != NULL ||
        strstr(title, " ;") != NULL) {
        fprintf(file, "\n# A %s of tenant %s is left out: its name has no form here.\n",
                settings_kind_name(settings_kind_of(entry)), text_of(entry, "tenant"));
        json_array_append_new(left_out, json_string(title));
        return;
    }
    fprintf(file, "\n[%s]\n", title);
    for (const struct setting *setting = settings; setting->name != NULL; setting++) {
        json_t *value = json_object_get(set, setting->name);

        if (setting->kind != settings_kind_of(entry) || !is_said(setting, value))
            continue;
        if (!write_option(file, setting, value)) {
            fprintf(file, "# %s is left out: it has no form here.\n", setting->name);
            json_array_append_new(left_out, json_sprintf("%s: %s", title, setting->name));
        } else if (setting->type == SETTINGS_ACCOUNT) {
            write_allowances(file, entry);
        }
    }
}

char *
print_settings(json_t *state, json_t *tenants, json_t *left_out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    const char *title;
    json_t *entry;
    bool good;

    if (file == NULL)
        return NULL;
    fputs(head, file);
    for (int kind = 0; kind < SETTINGS_KINDS; kind++)
        json_object_foreach(state, title, entry)
        {
            if ((int)settings_kind_of(entry) == kind && is_printed(entry, tenants))
                write_section(file, title, entry, left_out);
        }
    good = ferror(file) == 0;
    if (fclose(file) == 0 && good)
        return text;
    free(text);
    return NULL;
}

/* --- for programs --- */

json_t *
print_value(const struct setting *setting, json_t *value)
{
    char text[SETTINGS_TEXT_MAX];

    if (value == NULL || json_is_array(value))
        return value == NULL ? json_null() : json_incref(value);
    if (json_is_null(value) && setting->none == NULL)
        return json_null(); /* the account of a virtual user */
    return settings_write(setting, value, text) ? json_string(text) : json_null();
}

json_t *
print_objects(json_t *state, json_t *tenants)
{
    json_t *objects = json_array(), *entry;
    const char *title;

    json_object_foreach(state, title, entry)
    {
        enum settings_kind kind = settings_kind_of(entry);
        json_t *options = json_object();

        if (is_printed(entry, tenants))
            json_array_append_new(
                objects, json_pack("{s:s, s:s?, s:O, s:O}", "kind", settings_kind_name(kind),
                                   "tenant", pat_text_or_null(text_of(entry, "tenant")), "name",
                                   json_object_get(entry, "name"), "options", options));
        for (const struct setting *setting = settings; setting->name != NULL; setting++) {
            json_t *value = json_object_get(json_object_get(entry, "set"), setting->name);

            if (setting->kind == kind && value != NULL)
                json_object_set_new(options, setting->name, print_value(setting, value));
        }
        json_decref(options);
    }
    return objects;
}
