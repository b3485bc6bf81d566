/* SPDX-License-Identifier: BSD-2-Clause */
/* What enable and disable have in common: people see first what will be done, and say yes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/commands/enabling.h"
#include "admin/nearest.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/file.h"

/* --- what is meant --- */

const struct service *
cmd_service_named(const struct patctl *patctl, const char *name)
{
    struct nearest nearest = {.word = name};
    const struct service *service = service_find(name);
    char hint[120] = "see: patctl service list";

    if (service != NULL)
        return service;
    for (size_t i = 0; service_at(i) != NULL; i++)
        nearest_offer(&nearest, service_at(i)->name);
    if (nearest.best != NULL)
        snprintf(hint, sizeof hint, "did you mean \"%s\"? See: patctl service list", nearest.best);
    tell_failure(patctl, EXIT_NOT_FOUND, "service.unknown", hint, "no service \"%.60s\" is known",
                 name);
    return NULL;
}

void
cmd_service_config(const struct patctl *patctl, char ret[PATH_MAX])
{
    const char *file = patctl->globals.config == NULL ? PAT_CONFIG_FILE : patctl->globals.config;

    if (file[0] == '/' || realpath(file, ret) == NULL)
        pat_text_clip(ret, PATH_MAX, file);
}

static int
tell_config(const struct enabling *enabling, const struct pat_diag *diag)
{
    char sentence[600];

    pat_config_file_say(enabling->config, diag, sentence, sizeof sentence);
    return tell_failure(enabling->patctl, EXIT_USAGE, "config", "", "%s", sentence);
}

int
cmd_enabling_plan(struct enabling *enabling)
{
    struct pat_diag diag = {.line = 0};

    cmd_service_config(enabling->patctl, enabling->config);
    if (wiring_make(enabling->service, enabling->config, enabling->patctl->globals.config == NULL,
                    &enabling->plan, &diag))
        return EXIT_DONE;
    return tell_config(enabling, &diag);
}

/* Without --dry-run only root goes on. */
int
cmd_enabling_demand_root(const struct enabling *enabling)
{
    char hint[160];

    if (geteuid() == 0 || cmd_flag(enabling->line, "dry-run"))
        return EXIT_DONE;
    snprintf(hint, sizeof hint, "as root: patctl %s %s   only to look: --dry-run",
             enabling->patctl->command, enabling->service->name);
    return tell_failure(enabling->patctl, EXIT_DENIED, "not-root", hint,
                        "only root changes what services ask");
}

/* --- showing --- */

void
cmd_enabling_line(void *context, char sign, const char *line)
{
    struct out *out = context;

    if (sign == '+' || sign == '-')
        out_change(out, sign, "%c%s", sign, line);
    else if (sign == '@')
        out_line(out, "@@ %s @@", line);
    else if (sign == 'f')
        out_line(out, "%s", line);
    else
        out_line(out, "%c%s", sign, line);
}

static const char *
kind_of(const struct change *change)
{
    switch (change->kind) {
    case CHANGE_EDIT:
        break;
    case CHANGE_CREATE:
        return "create";
    case CHANGE_REMOVE:
        return "remove";
    }
    return "edit";
}

static void
show_changes(struct out *out, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        change_diff(&changes[i], cmd_enabling_line, out);
        if (changes[i].kind == CHANGE_CREATE)
            out_line(out, "  (a new file, mode %04o)", (unsigned)changes[i].mode);
        else if (changes[i].kind == CHANGE_REMOVE)
            out_line(out, "  (the file goes, as it was not there before)");
    }
}

static void
collect_line(void *context, char sign, const char *line)
{
    char text[CHANGE_PATH_MAX + 300];

    if (sign == '@')
        snprintf(text, sizeof text, "@@ %s @@", line);
    else
        snprintf(text, sizeof text, "%.1s%s", sign == 'f' ? "" : &sign, line);
    json_array_append_new(context, json_string(text));
}

void
cmd_enabling_print(const struct enabling *enabling, bool enabled, bool changed,
                   const struct change *changes, size_t count)
{
    json_t *files = json_array();

    if (!out_is_json(enabling->patctl->out)) {
        json_decref(files);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *diff = json_array();

        change_diff(&changes[i], collect_line, diff);
        json_array_append_new(files, json_pack("{s:s, s:s, s:o}", "path", changes[i].path, "change",
                                               kind_of(&changes[i]), "diff", diff));
    }
    out_json(enabling->patctl->out,
             json_pack("{s:i, s:s, s:b, s:b, s:o, s:o, s:o}", "v", 1, "service",
                       enabling->service->name, "enabled", (int)enabled, "changed", (int)changed,
                       "files", files, "notes", json_incref(enabling->plan.notes), "next",
                       json_incref(enabling->plan.next)));
}

void
cmd_enabling_say(const struct enabling *enabling, json_t *list, const char *first)
{
    size_t index;
    json_t *each;

    json_array_foreach(list, index, each)
    {
        out_say(enabling->patctl->out, "  %-10s %s", index == 0 ? first : "",
                json_string_value(each));
    }
}

bool
cmd_enabling_is_dry(const struct enabling *enabling)
{
    return cmd_flag(enabling->line, "dry-run");
}

/* People see what will be done; who said --quiet and --yes does not want to. */
void
cmd_enabling_show(const struct enabling *enabling, const struct change *changes, size_t count)
{
    const struct globals *globals = &enabling->patctl->globals;

    if (cmd_enabling_is_dry(enabling) || !globals->quiet || !globals->yes)
        show_changes(enabling->patctl->out, changes, count);
    fflush(stdout);
}

int
cmd_enabling_confirm(const struct enabling *enabling, size_t count)
{
    const char *name = enabling->service->name;
    bool one = count == 1;

    if (pat_text_equal(enabling->patctl->command, "enable"))
        return prompt_confirm(enabling->patctl, "%s will take tokens. Change %s?", name,
                              one ? "this file" : "these files");
    return prompt_confirm(enabling->patctl, "%s will take no tokens any more. Change %s?", name,
                          one ? "this file" : "these files");
}

int
cmd_enabling_tell(const struct enabling *enabling, const char *id, const char *why)
{
    return tell_failure(enabling->patctl, EXIT_CONFLICT, id, "", "%s", why);
}

void
cmd_enabling_end(struct enabling *enabling)
{
    rewire_free(&enabling->back);
    record_free(&enabling->record);
    wiring_free(&enabling->plan);
    free(enabling);
}

struct enabling *
cmd_enabling_begin(struct patctl *patctl, const struct cmd_line *line)
{
    struct enabling *enabling = calloc(1, sizeof *enabling);

    if (enabling == NULL) {
        tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
        return NULL;
    }
    enabling->patctl = patctl;
    enabling->line = line;
    enabling->service = cmd_service_named(patctl, line->words[0]);
    return enabling;
}
