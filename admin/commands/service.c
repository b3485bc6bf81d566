/* SPDX-License-Identifier: BSD-2-Clause */
/* service: what could take tokens on this host, what does, and which scopes are asked for. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/wiring/wiring.h"
#include "core/base/diag.h"
#include "core/base/text.h"
#include "core/config/config.h"
#include "core/config/file.h"
#include "core/policy/scope.h"

struct looking {
    struct patctl *patctl;
    char config[PATH_MAX];
};

static int
tell_config(const struct looking *looking, const struct pat_diag *diag)
{
    char sentence[600];

    pat_config_file_say(looking->config, diag, sentence, sizeof sentence);
    return tell_failure(looking->patctl, EXIT_USAGE, "config", "", "%s", sentence);
}

/* --- a service --- */

static const char *
state_of(const struct wiring *plan)
{
    if (!plan->installed)
        return "absent";
    if (plan->wired == 0)
        return "no";
    return plan->unwired > 0 || plan->change_count > 0 ? "partly" : "yes";
}

static void
add_scope(json_t *scopes, const char *scope)
{
    size_t index;
    json_t *each;

    json_array_foreach(scopes, index, each)
    {
        if (pat_text_equal(json_string_value(each), scope))
            return;
    }
    json_array_append_new(scopes, json_string(scope));
}

static json_t *
scopes_of(const struct wiring *plan)
{
    const char *at = plan->service->asks, *walk;
    char name[32], scope[PAT_SCOPE_MAX + 1];
    json_t *scopes = json_array();
    struct pat_rule rule;

    while (service_next_name(&at, name)) {
        pat_config_rule(plan->config, name, "", &rule);
        walk = rule.scopes.text;
        while (pat_scope_next(&walk, scope))
            add_scope(scopes, scope);
    }
    return scopes;
}

static json_t *
names_of(const struct wiring *plan)
{
    const char *at = plan->service->asks;
    json_t *names = json_array();
    char name[32];

    while (service_next_name(&at, name))
        json_array_append_new(names, json_string(name));
    return names;
}

static json_t *
service_object(const struct wiring *plan)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:o, s:o}", "service", plan->service->name, "title",
                     plan->service->title, "installed", (int)plan->installed, "wired",
                     state_of(plan), "how", plan->how, "scopes", scopes_of(plan), "asks",
                     names_of(plan));
}

/* --- list --- */

int
cmd_service_list(struct patctl *patctl, const struct cmd_line *line)
{
    struct looking looking = {.patctl = patctl};
    struct pat_diag diag = {.line = 0};
    const struct service *service;
    struct wiring plan;
    int status = EXIT_DONE;

    (void)line;
    cmd_service_config(patctl, looking.config);
    out_table_begin(patctl->out, "services", fields_service);
    for (size_t i = 0; status == EXIT_DONE && (service = service_at(i)) != NULL; i++) {
        if (wiring_look(service, looking.config, patctl->globals.config == NULL, &plan, &diag)) {
            json_t *object = service_object(&plan);

            out_table_row(patctl->out, object);
            json_decref(object);
        } else {
            status = tell_config(&looking, &diag);
        }
        wiring_free(&plan);
    }
    if (status == EXIT_DONE)
        out_table_end(patctl->out, NULL);
    return status;
}

/* --- show --- */

static void
say_lines(const struct patctl *patctl, json_t *lines)
{
    size_t index;
    json_t *line;

    json_array_foreach(lines, index, line)
    {
        out_line(patctl->out, "%s%s:%lld\n    %s", index == 0 ? "\n" : "",
                 json_string_value(json_object_get(line, "file")),
                 (long long)json_integer_value(json_object_get(line, "line")),
                 json_string_value(json_object_get(line, "text")));
    }
}

static void
say_service(const struct patctl *patctl, const struct wiring *plan)
{
    json_t *object = service_object(plan);
    const char *name = plan->service->name;

    out_card(patctl->out, fields_service_card, object);
    say_lines(patctl, plan->lines);
    if (plan->installed && wiring_is_refused(plan))
        out_say(patctl->out, "\n%s patctl enable would refuse: %s\n  %s",
                out_symbol(patctl->out, OUT_WARN), plan->refusal, plan->hint);
    else if (plan->installed && !wiring_is_done(plan))
        out_say(patctl->out, "\n  Wire it:   patctl enable %s", name);
    if (plan->service->page != NULL)
        out_say(patctl->out, "%s  Page:      doc/%s", wiring_is_done(plan) ? "\n" : "",
                plan->service->page);
    json_decref(object);
}

static void
print_service(const struct patctl *patctl, const struct wiring *plan)
{
    json_t *service = service_object(plan);
    json_t *object = out_object(patctl->out, fields_service_card, service);

    json_object_set(object, "lines", plan->lines);
    json_object_set_new(object, "refusal",
                        wiring_is_refused(plan) ? json_string(plan->refusal) : json_null());
    out_json(patctl->out, object);
    json_decref(service);
}

int
cmd_service_show(struct patctl *patctl, const struct cmd_line *line)
{
    const struct service *service = cmd_service_named(patctl, line->words[0]);
    struct looking looking = {.patctl = patctl};
    struct pat_diag diag = {.line = 0};
    struct wiring *plan;
    int status = EXIT_DONE;

    if (service == NULL)
        return EXIT_NOT_FOUND;
    plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    cmd_service_config(patctl, looking.config);
    if (!wiring_make(service, looking.config, patctl->globals.config == NULL, plan, &diag))
        status = tell_config(&looking, &diag);
    else if (out_is_json(patctl->out))
        print_service(patctl, plan);
    else
        say_service(patctl, plan);
    wiring_free(plan);
    free(plan);
    return status;
}

/* --- map --- */

static void
map_row(const struct patctl *patctl, const struct pat_config *config, const char *name,
        const char *origin)
{
    json_t *scopes = json_array(), *object;
    char scope[PAT_SCOPE_MAX + 1];
    struct pat_rule rule;
    const char *walk;

    pat_config_rule(config, name, "", &rule);
    walk = rule.scopes.text;
    while (pat_scope_next(&walk, scope))
        add_scope(scopes, scope);
    object = json_pack("{s:s, s:o, s:s, s:s}", "service", name, "scopes", scopes, "accounts",
                       rule.local ? "local" : "virtual", "origin", origin);
    out_table_row(patctl->out, object);
    json_decref(object);
}

static bool
is_builtin(const char *name)
{
    const struct pat_scope_service *each;

    for (size_t i = 0; (each = pat_scope_builtin(i)) != NULL; i++)
        if (pat_text_equal(each->service, name))
            return true;
    return false;
}

static const struct pat_config_service *
find_section(const struct pat_config *config, const char *name)
{
    for (size_t i = 0; i < config->service_count; i++)
        if (pat_text_equal(config->services[i].name, name))
            return &config->services[i];
    return NULL;
}

static void
map_named(const struct looking *looking, const struct pat_config *config, const char *name)
{
    const struct pat_config_service *section = find_section(config, name);
    char origin[PATH_MAX + 20];

    if (section != NULL)
        snprintf(origin, sizeof origin, "%s:%u", looking->config, section->line);
    else
        pat_text_clip(origin, sizeof origin, is_builtin(name) ? "built in" : "by its name");
    map_row(looking->patctl, config, name, origin);
}

/* The built-in ones, those of pat.conf, and what else patctl can wire. */
static void
map_all(const struct looking *looking, const struct pat_config *config)
{
    const struct pat_scope_service *builtin;
    const struct service *service;
    char name[32];

    for (size_t i = 0; (builtin = pat_scope_builtin(i)) != NULL; i++)
        map_named(looking, config, builtin->service);
    for (size_t i = 0; i < config->service_count; i++)
        if (!is_builtin(config->services[i].name))
            map_named(looking, config, config->services[i].name);
    for (size_t i = 0; (service = service_at(i)) != NULL; i++) {
        const char *at = service->asks;

        while (service_next_name(&at, name))
            if (!is_builtin(name) && find_section(config, name) == NULL)
                map_named(looking, config, name);
    }
}

int
cmd_service_map(struct patctl *patctl, const struct cmd_line *line)
{
    struct looking looking = {.patctl = patctl};
    struct pat_config *config = NULL;
    struct pat_diag diag = {.line = 0};

    (void)line;
    cmd_service_config(patctl, looking.config);
    if (pat_config_file_load(looking.config, patctl->globals.config == NULL, &config, &diag) !=
        PAT_OK)
        return tell_config(&looking, &diag);
    out_table_begin(patctl->out, "map", fields_service_map);
    map_all(&looking, config);
    out_table_end(patctl->out, NULL);
    pat_config_free(config);
    return EXIT_DONE;
}
