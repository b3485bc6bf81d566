/* SPDX-License-Identifier: BSD-2-Clause */
/* What the placeholders of the table of commands stand for, as far as this program knows it. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "admin/complete/complete.h"
#include "admin/out/fields.h"
#include "admin/create/presets.h"
#include "admin/doctor/doctor.h"
#include "admin/times.h"
#include "admin/wiring/service.h"
#include "core/base/text.h"
#include "core/base/when.h"
#include "core/policy/scope.h"

/* --- commands --- */

/* "create, list, show": the second words that there are. */
static void
list_seconds(const char *first, char *ret, size_t size)
{
    size_t len = strlen(first);

    ret[0] = '\0';
    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd))
        if (strncmp(cmd->name, first, len) == 0 && cmd->name[len] == ' ')
            snprintf(ret + strlen(ret), size - strlen(ret), "%s%s", ret[0] == '\0' ? "" : ", ",
                     cmd->name + len + 1);
}

static void
offer_first_word(const struct complete *complete, const struct cmd *cmd)
{
    char first[40], seconds[200];

    pat_text_clip(first, sizeof first, cmd->name);
    first[strcspn(first, " ")] = '\0';
    if (cmd_find(first) != NULL) /* a command of its own, which is offered as that */
        return;
    list_seconds(first, seconds, sizeof seconds);
    complete_put(complete, first, seconds);
}

/* Second names only when somebody begins to type one. */
static void
offer_aliases(const struct complete *complete, const struct cmd *cmd)
{
    const char *at = cmd->alias == NULL || complete->typed[0] == '\0' ? "" : cmd->alias;
    const char *word;
    char alias[40];
    size_t len;

    while ((len = pat_text_word(&at, &word)) != 0)
        if (pat_text_copy(alias, sizeof alias, word, len) == PAT_OK)
            complete_put(complete, alias, cmd->summary);
}

static void
offer_topics(struct complete *complete)
{
    if (complete->word_count > 0)
        return;
    for (const struct cmd_topic *topic = cmd_topics; topic->name != NULL; topic++)
        complete_put(complete, topic->name, topic->summary);
    complete_put(complete, "topics", "what else there is help on");
}

static void
offer_commands(struct complete *complete)
{
    /* Of help it is a word that was typed. */
    const char *first = complete->word_count > 0 ? complete->words[0] : complete->first;
    size_t len = first == NULL ? 0 : strlen(first), before_len = 0;
    const char *before = "";

    for (const struct cmd *cmd = cmd_first(); cmd != NULL; cmd = cmd_next(cmd)) {
        const char *blank = strchr(cmd->name, ' ');

        if (cmd->group == NULL)
            continue;
        if (first != NULL && blank != NULL && strncmp(cmd->name, first, len) == 0 &&
            cmd->name + len == blank)
            complete_put(complete, blank + 1, cmd->summary);
        if (first != NULL)
            continue;
        if (blank == NULL)
            complete_put(complete, cmd->name, cmd->summary);
        else if (before_len != (size_t)(blank - cmd->name) ||
                 strncmp(before, cmd->name, before_len) != 0)
            offer_first_word(complete, cmd);
        before = cmd->name;
        before_len = blank == NULL ? 0 : (size_t)(blank - cmd->name);
        offer_aliases(complete, cmd);
    }
}

/* --- times --- */

static bool
is_any(const char *name, const char *words)
{
    const char *word;
    size_t len;

    while ((len = pat_text_word(&words, &word)) != 0)
        if (strlen(name) == len && strncmp(name, word, len) == 0)
            return true;
    return false;
}

static void
offer_times(struct complete *complete)
{
    static const char *const past[] = {"1h", "24h", "7d", "30d", "today", "yesterday"};
    static const char *const future[] = {"24h", "7d",       "30d", "90d", "6mon",
                                         "1y",  "tomorrow", "eom", "eoy"};
    const char *name = complete->option == NULL ? "" : complete->option->name;
    bool is_past = is_any(name, "since until created-before created-after unused");
    const char *const *words = is_past ? past : future;
    size_t count = is_past ? sizeof past / sizeof past[0] : sizeof future / sizeof future[0];
    struct pat_when when;
    char date[64];

    for (size_t i = 0; i < count; i++)
        if (pat_when_read(words[i], is_past ? PAT_WHEN_PAST : PAT_WHEN_END, times_now(), &when) ==
            PAT_OK) {
            out_date(complete->patctl->out, when.at, date, sizeof date);
            complete_put(complete, words[i], date);
        }
    if (pat_text_equal(name, "expires"))
        complete_put(complete, "never", "it does not end");
    if (pat_text_equal(name, "unused"))
        complete_put(complete, "never", "not used at all");
    if (complete->cmd != NULL && pat_text_equal(complete->cmd->name, "rotate"))
        complete_put(complete, "same", "as long as the old one");
}

/* --- scopes and services --- */

static void
offer_builtin_scopes(struct complete *complete)
{
    const struct pat_scope_entry *entry;

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++)
        complete_put(complete, entry->scope, entry->meaning);
}

/* People are granted whole areas; once each, the catalogue has them beside each other. */
static void
offer_areas(struct complete *complete)
{
    const struct pat_scope_entry *entry;
    char area[PAT_SCOPE_MAX + 1], before[PAT_SCOPE_MAX + 1] = "";

    for (size_t i = 0; (entry = pat_scope_catalogue(i)) != NULL; i++) {
        snprintf(area, sizeof area, "%.*s:*", (int)strcspn(entry->scope, ":"), entry->scope);
        if (!pat_text_equal(area, before))
            complete_put(complete, area, "all of this area");
        pat_text_clip(before, sizeof before, area);
    }
}

static void
offer_scopes(struct complete *complete)
{
    const char *command = complete->cmd == NULL ? "" : complete->cmd->name;

    if (!complete_live_scopes(complete))
        offer_builtin_scopes(complete);
    if (pat_text_equal(command, "grant add") || pat_text_equal(command, "user create"))
        offer_areas(complete);
}

/* As a word of a command: those that patctl knows how to wire. */
static void
offer_wired(struct complete *complete)
{
    const struct service *service;

    for (size_t i = 0; (service = service_at(i)) != NULL; i++)
        complete_put(complete, service->name, service->title);
}

/* What doctor looks at beside services, once each. */
static void
offer_parts(struct complete *complete)
{
    const char *before = "";

    for (const struct check *check = doctor_checks; check->name != NULL; check++) {
        if (check->service == NULL || pat_text_equal(check->service, before) ||
            service_find(check->service) != NULL)
            continue;
        complete_put(complete, check->service, check->summary);
        before = check->service;
    }
}

static void
offer_services(struct complete *complete)
{
    const struct pat_scope_service *each;
    char description[100];

    if (complete->option == NULL) {
        offer_wired(complete);
        if (complete->cmd != NULL && pat_text_equal(complete->cmd->name, "doctor"))
            offer_parts(complete);
        return;
    }
    for (size_t i = 0; (each = pat_scope_builtin(i)) != NULL; i++) {
        snprintf(description, sizeof description, "asks for %s", each->scope);
        complete_put(complete, each->service, description);
    }
}

static void
offer_checks(struct complete *complete)
{
    for (const struct check *check = doctor_checks; check->name != NULL; check++)
        complete_put(complete, check->name, check->summary);
}

/* --- the host --- */

/* Those of the files only: a directory service would be slow, and its users are many. */
static void
offer_accounts(struct complete *complete)
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *entry;
    char description[40];

    while (file != NULL && (entry = fgetpwent(file)) != NULL) {
        snprintf(description, sizeof description, "uid %lu", (unsigned long)entry->pw_uid);
        complete_put(complete, entry->pw_name, description);
    }
    if (file != NULL)
        fclose(file);
}

static void
offer_groups(struct complete *complete)
{
    FILE *file = fopen("/etc/group", "re");
    struct group *entry;
    char holder[100];

    while (file != NULL && (entry = fgetgrent(file)) != NULL) {
        snprintf(holder, sizeof holder, "@%s", entry->gr_name);
        complete_put(complete, holder, "group");
    }
    if (file != NULL)
        fclose(file);
}

static void
offer_files(struct complete *complete)
{
    (void)complete;
    puts(":files");
}

/* --- closed lists --- */

static void
offer_events(struct complete *complete)
{
    static const struct {
        const char *name, *meaning;
    } events[] = {
#define EVENT(event, narrows, text) {event, text},
#include "core/audit/keys.def"
#undef EVENT
    };

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (strchr(events[i].name, '.') != NULL)
            complete_put(complete, events[i].name, events[i].meaning);
}

/* Names of what a command lists, as --json and --columns take them. */
static void
offer_fields(struct complete *complete)
{
    static const struct {
        const char *command;
        const struct out_field *fields;
    } rows[] = {
        {"log", fields_change},  {"uses", fields_use},    {"user ", fields_user},
        {"scope", fields_scope}, {"grant", fields_grant}, {"tenant", fields_tenant},
        {"", fields_token},
    };
    const char *name = complete->cmd == NULL ? "" : complete->cmd->name;
    size_t i = 0;

    while (strncmp(name, rows[i].command, strlen(rows[i].command)) != 0)
        i++;
    for (const struct out_field *field = rows[i].fields; field->name != NULL; field++)
        complete_put(complete, field->name, field->heading);
}

/* Those of [patd]: names of services and listeners only the file knows. */
static void
offer_options(struct complete *complete)
{
    static const struct {
        const char *section, *name, *meaning;
    } options[] = {
#define FILE_OPTION(section, name, type, member, default_text, meaning) {#section, #name, meaning},
#include "core/config/options.def"
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (pat_text_equal(options[i].section, "patd"))
            complete_put(complete, options[i].name, options[i].meaning);
}

static void
offer_presets(struct complete *complete)
{
    const char *name, *description;

    for (size_t i = 0; (name = presets_at(i, &description)) != NULL; i++)
        complete_put(complete, name, description);
}

static void
offer_words(struct complete *complete, const char *words)
{
    const char *word;
    char each[40];
    size_t len;

    while ((len = pat_text_word(&words, &word)) != 0)
        if (pat_text_copy(each, sizeof each, word, len) == PAT_OK)
            complete_put(complete, each, NULL);
}

/* --- the table --- */

/* Every placeholder stands here, also those for which nothing can be offered: a test looks. */
static const struct kind {
    const char *name;
    bool list; /* several by commas: the last one is completed */
    void (*offer)(struct complete *complete);
    const char *words;
} kinds[] = {
    {"ACCOUNT", false, offer_accounts, NULL},
    {"ADDRESS", false, NULL, NULL},
    {"C", true, offer_fields, NULL},
    {"CHECK", false, offer_checks, NULL},
    {"CIDR", true, NULL, NULL},
    {"COMMAND", false, offer_commands, NULL},
    {"EVENT", false, offer_events, NULL},
    {"FIELD", false, offer_fields, NULL},
    {"FIELDS", true, offer_fields, NULL},
    {"FILE", false, offer_files, NULL},
    {"@GROUP", false, offer_groups, NULL},
    {"GROUP", false, NULL, "user tenant scope status"},
    {"ID", false, complete_live_ids, NULL},
    {"MODE", false, NULL, "auto always never"},
    {"N", false, NULL, NULL},
    {"NAME", false, NULL, NULL},
    {"OPTION", false, offer_options, NULL},
    {"PATH", false, offer_files, NULL},
    {"PRESET", false, offer_presets, NULL},
    {"R", true, NULL, NULL},
    {"REALM", false, NULL, NULL},
    {"ROLE", false, NULL, "user auditor admin"},
    {"S", true, offer_scopes, NULL},
    {"SCOPE", false, offer_scopes, NULL},
    {"SERVICE", false, offer_services, NULL},
    {"SPAN", false, NULL, "24h 7d 30d 90d 6mon 1y"},
    {"STATE", true, NULL, "active expiring expired revoked pending suspended"},
    {"STYLE", false, NULL, "relative iso full unix"},
    {"TENANT", false, complete_live_tenants, NULL},
    {"TEXT", false, NULL, NULL},
    {"TOPIC", false, offer_topics, NULL},
    {"USER", false, complete_live_users, NULL},
    {"WHEN", false, offer_times, NULL},
};

/* What was typed in front of the last comma is kept as it is. */
static void
split_list(struct complete *complete)
{
    char *comma = strrchr(complete->typed, ',');
    size_t used = strlen(complete->lead);
    char rest[CMD_VALUE_MAX];

    if (comma == NULL)
        return;
    pat_text_clip(rest, sizeof rest, comma + 1);
    comma[1] = '\0';
    pat_text_clip(complete->lead + used, sizeof complete->lead - used, complete->typed);
    pat_text_clip(complete->typed, sizeof complete->typed, rest);
}

static void
offer_kind(struct complete *complete, const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!pat_text_equal(kinds[i].name, name))
            continue;
        if (kinds[i].list)
            split_list(complete);
        if (kinds[i].offer != NULL)
            kinds[i].offer(complete);
        if (kinds[i].words != NULL)
            offer_words(complete, kinds[i].words);
    }
}

void
complete_offer(struct complete *complete, const char *placeholder)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ@-";
    static const char lower[] = "abcdefghijklmnopqrstuvwxyz-";
    const char *at = placeholder;
    char each[40];

    while (*at != '\0') {
        size_t name = strspn(at, upper), word = strspn(at, lower);
        size_t len = name > word ? name : word;

        if (len > 0 && pat_text_copy(each, sizeof each, at, len) == PAT_OK) {
            if (name > 0)
                offer_kind(complete, each);
            else
                complete_put(complete, each, NULL);
            at += len;
            at += strcspn(at, "|"); /* "[,S]...": more of the same */
        } else {
            at++;
        }
    }
}
