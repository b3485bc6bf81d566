/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of settings, whole: every section and option is judged, and all that is wrong is told at
 * once, before anybody is asked or anything is changed.
 *
 * SECURITY: a file that holds a token is refused, and no part of such a line is repeated: files
 * like this one live in repositories.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/apply/read.h"
#include "admin/apply/settings.h"
#include "admin/cmd.h"
#include "admin/nearest.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/ini.h"
#include "core/policy/record.h"

struct reading {
    json_t *wanted;
    json_t *faults;
    json_t *section; /* borrowed: the one that is being read */
    json_t *pieces;  /* of its options that came in pieces: raw text; new for each section */
    json_t *quoted;  /* those whose last piece was quoted */
};

static json_t *
member(json_t *object, const char *name, const char *option)
{
    return json_object_get(json_object_get(object, name), option);
}

/* --- sections --- */

static bool
is_built_in(const char *scope)
{
    const struct pat_scope_entry *entry;

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++)
        if (pat_text_equal(entry->scope, scope))
            return true;
    return false;
}

static const char *
judge_scope(const char *name)
{
    struct pat_scopes scopes;

    if (pat_scope_read(name, &scopes, NULL) != PAT_OK || !pat_text_equal(scopes.text, name) ||
        strpbrk(name, ",*") != NULL || name[0] == '\0')
        return "this is not a scope (area:verb)";
    return is_built_in(name) ? "this scope is built in, and stays as it is" : NULL;
}

/* NULL when the name is legal. */
static const char *
judge_name(enum settings_kind kind, const char *tenant, const char *name)
{
    if (kind == SETTINGS_SCOPE)
        return judge_scope(name);
    if (!pat_token_tenant_legal(tenant))
        return "a tenant is 1 to 16 of a-z and 0-9";
    if (kind == SETTINGS_USER && !pat_name_user_legal(name))
        return "a user's name has no @ / : space or control character and does not begin with -";
    if (kind == SETTINGS_GROUP && !pat_name_account_legal(name))
        return "this is not the name of a group";
    return NULL;
}

/* "acme/alice", "acme", "um:bulk" */
static const char *
split(enum settings_kind kind, const char *instance, char tenant[PAT_TENANT_MAX + 1],
      const char **ret_name)
{
    const char *slash = strchr(instance, '/');

    *ret_name = instance;
    tenant[0] = '\0';
    if (kind == SETTINGS_TENANT)
        return pat_text_set(tenant, PAT_TENANT_MAX + 1, instance) == PAT_OK
                   ? NULL
                   : "a tenant is 1 to 16 of a-z and 0-9";
    if (kind == SETTINGS_SCOPE)
        return NULL;
    if (slash == NULL)
        return "needs TENANT/NAME";
    *ret_name = slash + 1;
    return pat_text_copy(tenant, PAT_TENANT_MAX + 1, instance, (size_t)(slash - instance)) == PAT_OK
               ? NULL
               : "a tenant is 1 to 16 of a-z and 0-9";
}

static enum pat_err
take_section(struct reading *reading, const struct pat_ini_item *item, struct pat_diag *diag)
{
    char title[SETTINGS_TITLE_MAX], tenant[PAT_TENANT_MAX + 1];
    int kind = settings_kind_find(item->section);
    const char *name, *why;
    json_t *before, *section;

    reading->section = NULL;
    if (kind < 0)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0, "unknown section \"%.64s\"",
                            item->section);
    why = split((enum settings_kind)kind, item->instance, tenant, &name);
    if (why == NULL)
        why = judge_name((enum settings_kind)kind, tenant, name);
    if (why != NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0, "[%s] %s", item->section, why);
    settings_title((enum settings_kind)kind, tenant, name, title);
    before = json_object_get(reading->wanted, title);
    if (before != NULL)
        return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0,
                            "[%.100s] stands in line %lld already", title,
                            (long long)json_integer_value(json_object_get(before, "line")));
    section = settings_new((enum settings_kind)kind, tenant, name);
    json_object_set_new(section, "line", json_integer(item->line));
    json_object_set_new(section, "lines", json_object());
    if (json_object_set_new(reading->wanted, title, section) != 0)
        return pat_diag_set(diag, PAT_ERR_NOMEM, item->line, 0, "out of memory");
    reading->section = section;
    json_object_clear(reading->pieces);
    json_object_clear(reading->quoted);
    return PAT_OK;
}

/* --- options --- */

/* A text in quotation marks keeps its blanks; \" \\ \; stand for what would mean something. */
static bool
unquote(const char *value, char ret[PAT_INI_LINE_MAX + 1])
{
    size_t len = 0;

    for (value++; *value != '\0' && *value != '"'; value++) {
        if (*value == '\\') {
            value++;
            if (*value == '\0' || strchr("\"\\;", *value) == NULL)
                return false;
        }
        ret[len++] = *value;
    }
    ret[len] = '\0';
    return value[0] == '"' && value[1] == '\0';
}

/* What was said of an option so far, with the next piece: lists by commas, texts by a blank. */
static json_t *
add_piece(struct reading *reading, const struct setting *setting, const char *piece, bool quoted)
{
    const char *before = json_string_value(json_object_get(reading->pieces, setting->name));
    bool quoted_before = json_is_true(json_object_get(reading->quoted, setting->name));
    const char *between = setting->type != SETTINGS_TEXT ? "," : quoted || quoted_before ? "" : " ";
    json_t *whole = before == NULL ? json_string(piece)
                                   : json_sprintf("%s%s%s", before, between, piece);

    json_object_set_new(reading->quoted, setting->name, json_boolean(quoted));
    json_object_set_new(reading->pieces, setting->name, whole);
    return whole;
}

static json_t *
read_value(struct reading *reading, const struct setting *setting, const char *value, char *why)
{
    char plain[PAT_INI_LINE_MAX + 1];
    bool quoted = setting->type == SETTINGS_TEXT && value[0] == '"';
    json_t *whole;

    if (quoted && !unquote(value, plain)) {
        pat_text_clip(why, SETTINGS_WHY_MAX,
                      "a text in quotation marks ends with one, and has \\\" \\\\ \\; for these");
        return NULL;
    }
    if (!settings_may_repeat(setting))
        return settings_read(setting, value, why);
    whole = add_piece(reading, setting, quoted ? plain : value, quoted);
    return whole == NULL ? NULL : settings_read(setting, json_string_value(whole), why);
}

static enum pat_err
unknown_option(const struct pat_ini_item *item, enum settings_kind kind, struct pat_diag *diag)
{
    struct nearest nearest = {.word = item->name};

    for (const struct setting *setting = settings; setting->name != NULL; setting++)
        if (setting->kind == kind)
            nearest_offer(&nearest, setting->name);
    if (nearest.best != NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0,
                            "unknown option \"%.64s\" in [%s]: did you mean \"%s\"?", item->name,
                            item->section, nearest.best);
    return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0, "unknown option \"%.64s\" in [%s]",
                        item->name, item->section);
}

/* account and virtual are one thing; what a binding allows stands beside the values. */
static void
keep(json_t *section, const struct setting *setting, json_t *value, unsigned line)
{
    const char *name = setting->type == SETTINGS_VIRTUAL ? "account" : setting->name;

    json_object_set_new(json_object_get(section, "lines"), name, json_integer(line));
    if (setting->type == SETTINGS_ALLOW) {
        if (json_object_get(section, "allow") == NULL)
            json_object_set_new(section, "allow", json_object());
        json_object_set_new(json_object_get(section, "allow"), setting->member, value);
        return;
    }
    if (setting->type == SETTINGS_VIRTUAL) {
        json_decref(value);
        value = json_null();
    }
    json_object_set_new(json_object_get(section, "set"), name, value);
}

static enum pat_err
take_option(struct reading *reading, const struct pat_ini_item *item, struct pat_diag *diag)
{
    enum settings_kind kind = settings_kind_of(reading->section);
    const struct setting *setting = settings_find(kind, item->name);
    char why[SETTINGS_WHY_MAX] = "out of memory";
    bool of_account;
    json_t *value;

    if (setting == NULL)
        return unknown_option(item, kind, diag);
    of_account = setting->type == SETTINGS_VIRTUAL || setting->type == SETTINGS_ACCOUNT;
    if (of_account && member(reading->section, "lines", "account") != NULL)
        return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0, "give account or virtual, once");
    if (!settings_may_repeat(setting) && member(reading->section, "lines", setting->name) != NULL)
        return pat_diag_set(diag, PAT_ERR_EXISTS, item->line, 0,
                            "\"%s\" comes twice in this section", setting->name);
    value = read_value(reading, setting, item->value, why);
    if (value == NULL)
        return pat_diag_set(diag, PAT_ERR_SYNTAX, item->line, 0, "%s: %s", setting->name, why);
    keep(reading->section, setting, value, item->line);
    return PAT_OK;
}

static enum pat_err
take(void *context, const struct pat_ini_item *item, struct pat_diag *diag)
{
    return item->name == NULL ? take_section(context, item, diag)
                              : take_option(context, item, diag);
}

static bool
note(void *context, const struct pat_diag *diag)
{
    struct reading *reading = context;

    settings_fault(reading->faults, diag->line, "%s", diag->text);
    return json_array_size(reading->faults) < SETTINGS_FAULTS_MAX;
}

/* --- the whole --- */

static unsigned
line_of(json_t *section, const char *option)
{
    return (unsigned)json_integer_value(member(section, "lines", option));
}

/* A realm belongs to one tenant. */
static void
check_realms(json_t *section, json_t *owners, json_t *faults)
{
    size_t index;
    json_t *realm;

    json_array_foreach(member(section, "set", "realms"), index, realm)
    {
        const char *owner = json_string_value(json_object_get(owners, json_string_value(realm)));

        if (owner != NULL)
            settings_fault(faults, line_of(section, "realms"),
                           "realms: %.80s is one of tenant %s already", json_string_value(realm),
                           owner);
        json_object_set(owners, json_string_value(realm), json_object_get(section, "name"));
    }
}

static void
check_user(json_t *section, json_t *faults)
{
    const char *name;
    json_t *ignored;

    if (json_is_string(member(section, "set", "account")))
        return;
    json_object_foreach(json_object_get(section, "allow"), name, ignored)
    {
        const char *option = pat_text_equal(name, "system") ? "system" : "allow-root";

        settings_fault(faults, line_of(section, option), "%s: goes with account", option);
    }
}

static void
check_sections(json_t *wanted, json_t *faults)
{
    json_t *owners = json_object(), *section;
    const char *title;
    unsigned default_line = 0;

    json_object_foreach(wanted, title, section)
    {
        unsigned line = line_of(section, "default");

        if (line != 0 && default_line != 0)
            settings_fault(faults, line, "default: another tenant is the default one, in line %u",
                           default_line);
        default_line = line == 0 ? default_line : line;
        check_realms(section, owners, faults);
        check_user(section, faults);
        /* patd has words of its own for a scope that nobody said anything about. */
        if (json_string_length(member(section, "set", "meaning")) == 0)
            json_object_del(json_object_get(section, "set"), "meaning");
    }
    json_decref(owners);
}

/* Longer lines are refused as such. */
static void
check_secrets(const char *text, size_t len, json_t *faults)
{
    char copy[PAT_INI_LINE_MAX + 1];
    const char *end = text + len;
    unsigned number = 1;

    for (const char *line = text; line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline == NULL ? end : newline) - line);

        if (pat_text_copy(copy, sizeof copy, line, line_len) == PAT_OK && cmd_holds_token(copy))
            settings_fault(faults, number,
                           "that is a secret: a file of settings holds no token (if it was real, "
                           "revoke it)");
        line += line_len + 1;
    }
}

json_t *
read_settings(const char *text, size_t len, json_t *faults)
{
    static const struct pat_ini ini = {.take = take, .fault = note, .max = READ_BYTES_MAX};
    struct reading reading = {.wanted = json_object(),
                              .faults = faults,
                              .pieces = json_object(),
                              .quoted = json_object()};
    struct pat_diag diag = {.text = ""};
    enum pat_err err;

    check_secrets(text, len, faults);
    if (json_array_size(faults) == 0) { /* else another fault might repeat what stands there */
        err = pat_ini_read(text, len, &ini, &reading, &diag);
        if (err == PAT_OK)
            check_sections(reading.wanted, faults);
    }
    json_decref(reading.pieces);
    json_decref(reading.quoted);
    if (json_array_size(faults) == 0)
        return reading.wanted;
    json_decref(reading.wanted);
    return NULL;
}
