/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every call is a change of its own, judged and logged by patd under the caller's identity. What
 * stops the work leaves what was made until then: to apply the file again goes on from there.
 */
#include <signal.h>
#include <time.h>

#include "admin/apply/carry_out.h"
#include "admin/ask.h"
#include "admin/claim.h"
#include "admin/terminal/progress.h"
#include "admin/out/out.h"
#include "admin/tell.h"

#define TOLD_MAX 10 /* of those that were not made */

static int
make_one(struct patctl *patctl, json_t *step, const char *reason)
{
    json_t *parameters = json_incref(json_object_get(step, "parameters")), *reply = NULL;
    int status;

    ask_set(parameters, "claim", claim_new());
    if (json_is_true(json_object_get(step, "reason")))
        ask_set_text(parameters, "reason", reason);
    status = ask_once(patctl, ask_text(step, "method"), parameters, &reply);
    json_decref(reply);
    return status;
}

static bool
was_interrupted(const sigset_t *signals)
{
    static const struct timespec at_once;

    return sigtimedwait(signals, NULL, &at_once) > 0;
}

/* What was not made; the first of it failed, unless somebody interrupted. */
static void
tell_rest(const struct patctl *patctl, json_t *steps, size_t done, bool failed)
{
    size_t count = json_array_size(steps), at = done;

    if (out_is_json(patctl->out))
        return;
    tell_note(patctl, "%s %zu of %zu changes were made. %s:", out_symbol(patctl->out, OUT_WARN),
              done, count, failed ? "This one failed" : "Not made");
    if (failed)
        tell_note(patctl, "    %s", ask_text(json_array_get(steps, at++), "what"));
    if (failed && at < count)
        tell_note(patctl, "  Not made either:");
    for (; at < count && at < done + TOLD_MAX; at++)
        tell_note(patctl, "    %s", ask_text(json_array_get(steps, at), "what"));
    if (at < count)
        tell_note(patctl, "    and %zu more", count - at);
    tell_note(patctl, "  To apply the file again goes on from there.");
}

int
carry_out_steps(struct patctl *patctl, json_t *steps, const char *reason, size_t *ret_done)
{
    size_t done = 0, count = json_array_size(steps);
    int status = EXIT_DONE;
    struct progress progress;
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    progress_begin(patctl, "Applying", (int64_t)count, &progress);
    while (status == EXIT_DONE && done < count) {
        status = was_interrupted(&signals) ? EXIT_INTERRUPTED
                                           : make_one(patctl, json_array_get(steps, done), reason);
        done += status == EXIT_DONE;
        progress_step(&progress, (int64_t)done);
    }
    progress_end(&progress);
    if (status != EXIT_DONE)
        tell_rest(patctl, steps, done, status != EXIT_INTERRUPTED);
    sigprocmask(SIG_SETMASK, &before, NULL);
    *ret_done = done;
    return status != EXIT_DONE && done > 0 ? EXIT_PARTLY : status;
}
