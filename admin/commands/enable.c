/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enable and disable: a service takes tokens, or takes them no more. What will be changed is shown
 * first; nothing else is changed; and the way back is kept.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/nearest.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "admin/wiring/carry.h"
#include "admin/wiring/plan.h"
#include "admin/wiring/record.h"
#include "core/base/diag.h"
#include "core/base/paths.h"
#include "core/base/text.h"
#include "core/config/file.h"

struct enabling {
    struct patctl *patctl;
    const struct cmd_line *line;
    const struct service *service;
    char config[PATH_MAX];
    struct plan plan;
    struct record record;
    struct carry_back back;
};

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

static int
make_plan(struct enabling *enabling)
{
    struct pat_diag diag = {.line = 0};

    cmd_service_config(enabling->patctl, enabling->config);
    if (plan_make(enabling->service, enabling->config, enabling->patctl->globals.config == NULL,
                  &enabling->plan, &diag))
        return EXIT_DONE;
    return tell_config(enabling, &diag);
}

/* Without --dry-run only root goes on. */
static int
demand_root(const struct enabling *enabling)
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

static void
show_line(void *context, char sign, const char *line)
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
        change_diff(&changes[i], show_line, out);
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

static void
print_document(const struct enabling *enabling, bool enabled, bool changed,
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

static void
say_list(const struct enabling *enabling, json_t *list, const char *first)
{
    size_t index;
    json_t *each;

    json_array_foreach(list, index, each)
    {
        out_say(enabling->patctl->out, "  %-10s %s", index == 0 ? first : "",
                json_string_value(each));
    }
}

static bool
is_dry(const struct enabling *enabling)
{
    return cmd_flag(enabling->line, "dry-run");
}

/* People see what will be done; who said --quiet and --yes does not want to. */
static void
show_first(const struct enabling *enabling, const struct change *changes, size_t count)
{
    const struct globals *globals = &enabling->patctl->globals;

    if (is_dry(enabling) || !globals->quiet || !globals->yes)
        show_changes(enabling->patctl->out, changes, count);
    fflush(stdout);
}

static int
confirm(const struct enabling *enabling, size_t count)
{
    const char *name = enabling->service->name;
    bool one = count == 1;

    if (pat_text_equal(enabling->patctl->command, "enable"))
        return prompt_confirm(enabling->patctl, "%s will take tokens. Change %s?", name,
                              one ? "this file" : "these files");
    return prompt_confirm(enabling->patctl, "%s will take no tokens any more. Change %s?", name,
                          one ? "this file" : "these files");
}

static int
tell_why(const struct enabling *enabling, const char *id, const char *why)
{
    return tell_failure(enabling->patctl, EXIT_CONFLICT, id, "", "%s", why);
}

/* --- enable --- */

static int
say_already(const struct enabling *enabling)
{
    print_document(enabling, true, false, NULL, 0);
    out_say(enabling->patctl->out,
            "%s %s takes tokens already (%s).\n  Undo:      patctl disable %s",
            out_symbol(enabling->patctl->out, OUT_YES), enabling->service->name, enabling->plan.how,
            enabling->service->name);
    return EXIT_DONE;
}

/* An earlier change that did not come to its end, or of which a part is gone, is undone first. */
static int
refuse_leftovers(struct enabling *enabling)
{
    char why[400], hint[100];
    enum pat_err err = record_read(enabling->service, &enabling->record, why);

    if (err != PAT_OK)
        return EXIT_DONE;
    err = carry_plan_back(&enabling->record, &enabling->back);
    if (err == PAT_OK && enabling->back.change_count == 0)
        return EXIT_DONE;
    snprintf(hint, sizeof hint, "undo what is left of it first: patctl disable %s",
             enabling->service->name);
    return tell_failure(enabling->patctl, EXIT_CONFLICT, "wiring.partly", hint,
                        "%s is wired in part: an earlier change was interrupted, or a file was put "
                        "back since",
                        enabling->service->name);
}

static int
judge_plan(struct enabling *enabling)
{
    const struct plan *plan = &enabling->plan;
    int status;

    if (!plan->installed)
        return tell_failure(enabling->patctl, EXIT_NOT_FOUND, "service.missing",
                            "see: patctl service list", "%s", plan->refusal);
    if (geteuid() == 0) {
        status = refuse_leftovers(enabling);
        if (status != EXIT_DONE)
            return status;
    }
    if (plan_is_refused(plan))
        return tell_failure(enabling->patctl, EXIT_CONFLICT, "wiring.refused", plan->hint, "%s",
                            plan->refusal);
    return EXIT_DONE;
}

static void
say_enabled(const struct enabling *enabling)
{
    struct patctl *patctl = enabling->patctl;
    const struct service *service = enabling->service;
    bool waits = json_array_size(enabling->plan.next) > 0;

    out_say(patctl->out, "%s %s takes tokens%s.", out_symbol(patctl->out, OUT_YES), service->name,
            waits ? " as soon as this was done" : " from the next login on");
    say_list(enabling, enabling->plan.next, "Next:");
    if (service->test != NULL)
        out_say(patctl->out, "  %-10s %s", "Test it:", service->test);
    out_say(patctl->out, "  %-10s patctl disable %s", "Undo:", service->name);
    if (service->way == SERVICE_PAM)
        out_say(patctl->out, "Keep this shell open until a login has worked.");
}

static int
enable(struct enabling *enabling)
{
    const struct plan *plan = &enabling->plan;
    char why[CARRY_WHY_MAX];
    enum pat_err err;
    int lock, status;

    show_first(enabling, plan->changes, plan->change_count);
    say_list(enabling, plan->notes, "Note:");
    if (is_dry(enabling)) {
        print_document(enabling, false, false, plan->changes, plan->change_count);
        out_say(enabling->patctl->out, "Nothing changed (--dry-run).");
        return EXIT_DONE;
    }
    status = confirm(enabling, plan->change_count);
    if (status != EXIT_DONE)
        return status;
    lock = record_lock(why);
    if (lock == -1)
        return tell_why(enabling, "wiring.busy", why);
    err = carry_out(plan, enabling->patctl->globals.config == NULL, why);
    close(lock);
    if (err != PAT_OK)
        return tell_why(enabling, "wiring.failed", why);
    print_document(enabling, true, true, plan->changes, plan->change_count);
    say_enabled(enabling);
    return EXIT_DONE;
}

static void
end(struct enabling *enabling)
{
    carry_free(&enabling->back);
    record_free(&enabling->record);
    plan_free(&enabling->plan);
    free(enabling);
}

static struct enabling *
begin(struct patctl *patctl, const struct cmd_line *line)
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

int
cmd_enable(struct patctl *patctl, const struct cmd_line *line)
{
    struct enabling *enabling = begin(patctl, line);
    int status = EXIT_NOT_FOUND;

    if (enabling == NULL)
        return EXIT_INTERNAL;
    if (enabling->service != NULL)
        status = demand_root(enabling);
    if (enabling->service != NULL && status == EXIT_DONE)
        status = make_plan(enabling);
    if (status == EXIT_DONE && plan_is_done(&enabling->plan) && !plan_is_refused(&enabling->plan)) {
        status = say_already(enabling);
    } else if (status == EXIT_DONE) {
        status = judge_plan(enabling);
        if (status == EXIT_DONE)
            status = enable(enabling);
    }
    end(enabling);
    return status;
}

/* --- disable --- */

/* Without a record there is nothing that could be put back byte for byte. */
static int
disable_unrecorded(struct enabling *enabling)
{
    struct patctl *patctl = enabling->patctl;
    json_t *line;
    size_t index;
    int status = make_plan(enabling);

    if (status != EXIT_DONE)
        return status;
    if (enabling->plan.wired == 0) {
        print_document(enabling, false, false, NULL, 0);
        out_say(patctl->out, "%s %s takes no tokens.", out_symbol(patctl->out, OUT_YES),
                enabling->service->name);
        return EXIT_DONE;
    }
    json_array_foreach(enabling->plan.lines, index, line)
    {
        tell_note(patctl, "%s:%lld: %s", json_string_value(json_object_get(line, "file")),
                  (long long)json_integer_value(json_object_get(line, "line")),
                  json_string_value(json_object_get(line, "text")));
    }
    return tell_failure(patctl, EXIT_CONFLICT, "wiring.unrecorded",
                        "whoever wrote these lines takes them out; its page in doc/ says how: Undo",
                        "%s was not wired by patctl enable", enabling->service->name);
}

static int
tell_refusal(const struct enabling *enabling)
{
    const struct carry_back *back = &enabling->back;

    for (size_t i = 0; i < enabling->record.change_count; i++)
        if (pat_text_equal(enabling->record.changes[i].path, back->path) &&
            !out_is_json(enabling->patctl->out)) {
            out_line(enabling->patctl->out, "What enable had changed, to be taken back by hand:");
            change_diff(&enabling->record.changes[i], show_line, enabling->patctl->out);
        }
    return tell_failure(enabling->patctl, EXIT_CONFLICT, "wiring.changed",
                        "take these lines out of it by hand, then disable it again", "%s",
                        back->refusal);
}

static void
plan_restarts(struct enabling *enabling)
{
    const struct record *record = &enabling->record;
    const struct service *service = enabling->service;

    for (size_t i = 0; i < record->change_count; i++) {
        const char *path = record->changes[i].path;

        if (pat_text_equal(path, enabling->config))
            plan_next(&enabling->plan, "systemctl reload patd");
        else if (strncmp(path, "/etc/systemd/", strlen("/etc/systemd/")) == 0)
            plan_next(&enabling->plan, "systemctl daemon-reload");
        else if (strncmp(path, "/etc/ssh/", strlen("/etc/ssh/")) == 0)
            plan_next(&enabling->plan, "systemctl reload ssh");
    }
    if (service->restart != NULL)
        plan_next(&enabling->plan, "%s", service->restart);
}

static void
say_disabled(struct enabling *enabling)
{
    struct out *out = enabling->patctl->out;
    const struct carry_back *back = &enabling->back;

    if (back->change_count == 0)
        out_say(out, "%s %s was as it had been: nothing of the change was left.",
                out_symbol(out, OUT_YES), enabling->service->name);
    else if (back->edited > 0)
        out_say(out,
                "%s %s takes no tokens any more. Files that were edited since lost only the lines "
                "that\n  enable had put in.",
                out_symbol(out, OUT_YES), enabling->service->name);
    else
        out_say(out, "%s %s takes no tokens any more; everything is as it was before.",
                out_symbol(out, OUT_YES), enabling->service->name);
    say_list(enabling, enabling->plan.next, "Next:");
}

static int
disable(struct enabling *enabling)
{
    const struct carry_back *back = &enabling->back;
    char why[CARRY_WHY_MAX];
    enum pat_err err;
    int lock, status = EXIT_DONE;

    if (carry_plan_back(&enabling->record, &enabling->back) != PAT_OK)
        return tell_refusal(enabling);
    show_first(enabling, back->changes, back->change_count);
    if (is_dry(enabling)) {
        print_document(enabling, true, false, back->changes, back->change_count);
        out_say(enabling->patctl->out, "Nothing changed (--dry-run).");
        return EXIT_DONE;
    }
    if (back->change_count > 0)
        status = confirm(enabling, back->change_count);
    if (status != EXIT_DONE)
        return status;
    lock = record_lock(why);
    if (lock == -1)
        return tell_why(enabling, "wiring.busy", why);
    err = carry_undo(enabling->service, &enabling->record, back, why);
    close(lock);
    if (err != PAT_OK)
        return tell_why(enabling, "wiring.failed", why);
    if (back->change_count > 0)
        plan_restarts(enabling);
    print_document(enabling, false, back->change_count > 0, back->changes, back->change_count);
    say_disabled(enabling);
    return EXIT_DONE;
}

int
cmd_disable(struct patctl *patctl, const struct cmd_line *line)
{
    struct enabling *enabling = begin(patctl, line);
    int status = EXIT_NOT_FOUND;
    char why[400];

    if (enabling == NULL)
        return EXIT_INTERNAL;
    if (enabling->service != NULL)
        status = demand_root(enabling);
    if (enabling->service != NULL && status == EXIT_DONE) {
        enum pat_err err = record_read(enabling->service, &enabling->record, why);

        cmd_service_config(patctl, enabling->config);
        enabling->plan.notes = json_array();
        enabling->plan.next = json_array();
        if (err == PAT_ERR_NOT_FOUND || err == PAT_ERR_DENIED) {
            plan_free(&enabling->plan);
            status = disable_unrecorded(enabling);
        } else {
            status = err == PAT_OK ? disable(enabling) : tell_why(enabling, "wiring.record", why);
        }
    }
    end(enabling);
    return status;
}
