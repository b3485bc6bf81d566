/* SPDX-License-Identifier: BSD-2-Clause */
/* disable: a service takes no tokens any more, and is as it was before enable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/commands/enabling.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "core/base/text.h"

/* Without a record there is nothing that could be put back byte for byte. */
static int
disable_unrecorded(struct enabling *enabling)
{
    struct patctl *patctl = enabling->patctl;
    json_t *line;
    size_t index;
    int status = cmd_enabling_plan(enabling);

    if (status != EXIT_DONE)
        return status;
    if (enabling->plan.wired == 0) {
        cmd_enabling_print(enabling, false, false, NULL, 0);
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
    const struct rewire_back *back = &enabling->back;

    for (size_t i = 0; i < enabling->record.change_count; i++)
        if (pat_text_equal(enabling->record.changes[i].path, back->path) &&
            !out_is_json(enabling->patctl->out)) {
            out_line(enabling->patctl->out, "What enable had changed, to be taken back by hand:");
            change_diff(&enabling->record.changes[i], cmd_enabling_line, enabling->patctl->out);
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
            wiring_next(&enabling->plan, "systemctl reload patd");
        else if (strncmp(path, "/etc/systemd/", strlen("/etc/systemd/")) == 0)
            wiring_next(&enabling->plan, "systemctl daemon-reload");
        else if (strncmp(path, "/etc/ssh/", strlen("/etc/ssh/")) == 0)
            wiring_next(&enabling->plan, "systemctl reload ssh");
    }
    if (service->restart != NULL)
        wiring_next(&enabling->plan, "%s", service->restart);
}

static void
say_disabled(struct enabling *enabling)
{
    struct out *out = enabling->patctl->out;
    const struct rewire_back *back = &enabling->back;

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
    cmd_enabling_say(enabling, enabling->plan.next, "Next:");
}

static int
disable(struct enabling *enabling)
{
    const struct rewire_back *back = &enabling->back;
    char why[REWIRE_WHY_MAX];
    enum pat_err err;
    int lock, status = EXIT_DONE;

    if (rewire_plan_back(&enabling->record, &enabling->back) != PAT_OK)
        return tell_refusal(enabling);
    cmd_enabling_show(enabling, back->changes, back->change_count);
    if (cmd_enabling_is_dry(enabling)) {
        cmd_enabling_print(enabling, true, false, back->changes, back->change_count);
        out_say(enabling->patctl->out, "Nothing changed (--dry-run).");
        return EXIT_DONE;
    }
    if (back->change_count > 0)
        status = cmd_enabling_confirm(enabling, back->change_count);
    if (status != EXIT_DONE)
        return status;
    lock = record_lock(why);
    if (lock == -1)
        return cmd_enabling_tell(enabling, "wiring.busy", why);
    err = rewire_undo(enabling->service, &enabling->record, back, why);
    close(lock);
    if (err != PAT_OK)
        return cmd_enabling_tell(enabling, "wiring.failed", why);
    if (back->change_count > 0)
        plan_restarts(enabling);
    cmd_enabling_print(enabling, false, back->change_count > 0, back->changes, back->change_count);
    say_disabled(enabling);
    return EXIT_DONE;
}

int
cmd_disable(struct patctl *patctl, const struct cmd_line *line)
{
    struct enabling *enabling = cmd_enabling_begin(patctl, line);
    int status = EXIT_NOT_FOUND;
    char why[400];

    if (enabling == NULL)
        return EXIT_INTERNAL;
    if (enabling->service != NULL)
        status = cmd_enabling_demand_root(enabling);
    if (enabling->service != NULL && status == EXIT_DONE) {
        enum pat_err err = record_read(enabling->service, &enabling->record, why);

        cmd_service_config(patctl, enabling->config);
        enabling->plan.notes = json_array();
        enabling->plan.next = json_array();
        if (err == PAT_ERR_NOT_FOUND || err == PAT_ERR_DENIED) {
            wiring_free(&enabling->plan);
            status = disable_unrecorded(enabling);
        } else {
            status = err == PAT_OK ? disable(enabling)
                                   : cmd_enabling_tell(enabling, "wiring.record", why);
        }
    }
    cmd_enabling_end(enabling);
    return status;
}
