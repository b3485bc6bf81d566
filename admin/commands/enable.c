/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enable: a service takes tokens. Nothing but what was shown is changed, and the way back is kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/commands/commands.h"
#include "admin/commands/enabling.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "core/base/text.h"

static int
say_already(const struct enabling *enabling)
{
    cmd_enabling_print(enabling, true, false, NULL, 0);
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
    err = rewire_plan_back(&enabling->record, &enabling->back);
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
    const struct wiring *plan = &enabling->plan;
    int status;

    if (!plan->installed)
        return tell_failure(enabling->patctl, EXIT_NOT_FOUND, "service.missing",
                            "see: patctl service list", "%s", plan->refusal);
    if (geteuid() == 0) {
        status = refuse_leftovers(enabling);
        if (status != EXIT_DONE)
            return status;
    }
    if (wiring_is_refused(plan))
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
    cmd_enabling_say(enabling, enabling->plan.next, "Next:");
    if (service->test != NULL)
        out_say(patctl->out, "  %-10s %s", "Test it:", service->test);
    out_say(patctl->out, "  %-10s patctl disable %s", "Undo:", service->name);
    if (service->way == SERVICE_PAM)
        out_say(patctl->out, "Keep this shell open until a login has worked.");
}

static int
enable(struct enabling *enabling)
{
    const struct wiring *plan = &enabling->plan;
    char why[REWIRE_WHY_MAX];
    enum pat_err err;
    int lock, status;

    cmd_enabling_show(enabling, plan->changes, plan->change_count);
    cmd_enabling_say(enabling, plan->notes, "Note:");
    if (cmd_enabling_is_dry(enabling)) {
        cmd_enabling_print(enabling, false, false, plan->changes, plan->change_count);
        out_say(enabling->patctl->out, "Nothing changed (--dry-run).");
        return EXIT_DONE;
    }
    status = cmd_enabling_confirm(enabling, plan->change_count);
    if (status != EXIT_DONE)
        return status;
    lock = record_lock(why);
    if (lock == -1)
        return cmd_enabling_tell(enabling, "wiring.busy", why);
    err = rewire_out(plan, enabling->patctl->globals.config == NULL, why);
    close(lock);
    if (err != PAT_OK)
        return cmd_enabling_tell(enabling, "wiring.failed", why);
    cmd_enabling_print(enabling, true, true, plan->changes, plan->change_count);
    say_enabled(enabling);
    return EXIT_DONE;
}

int
cmd_enable(struct patctl *patctl, const struct cmd_line *line)
{
    struct enabling *enabling = cmd_enabling_begin(patctl, line);
    int status = EXIT_NOT_FOUND;

    if (enabling == NULL)
        return EXIT_INTERNAL;
    if (enabling->service != NULL)
        status = cmd_enabling_demand_root(enabling);
    if (enabling->service != NULL && status == EXIT_DONE)
        status = cmd_enabling_plan(enabling);
    if (status == EXIT_DONE && wiring_is_done(&enabling->plan) &&
        !wiring_is_refused(&enabling->plan)) {
        status = say_already(enabling);
    } else if (status == EXIT_DONE) {
        status = judge_plan(enabling);
        if (status == EXIT_DONE)
            status = enable(enabling);
    }
    cmd_enabling_end(enabling);
    return status;
}
