/* SPDX-License-Identifier: BSD-2-Clause */
/* purge: tokens that have been dead for long are deleted. What became of them stays in the log. */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/interrupt.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "admin/times.h"

#define AGE_USUAL "400d"

struct purging {
    struct patctl *patctl;
    const char *age;
    json_t *parameters; /* without dryRun */
    int64_t of, done;
    struct interrupt interrupt;
    struct progress progress;
};

static bool
take_progress(void *context, json_t *entry)
{
    struct purging *purging = context;

    purging->done = ask_number(entry, "done");
    progress_step(&purging->progress, purging->done);
    if (interrupt_came(&purging->interrupt))
        ask_no_more(purging->patctl); /* and the last reply tells how many it were */
    return true;
}

static int
count(struct purging *purging)
{
    json_t *parameters = json_copy(purging->parameters), *reply = NULL;
    int status;

    ask_set(parameters, "dryRun", json_true());
    status = ask_once(purging->patctl, "Purge", parameters, &reply);
    purging->of = ask_number(reply, "of");
    json_decref(reply);
    return status;
}

static int
purge(struct purging *purging)
{
    json_t *last = NULL;
    int status;

    interrupt_hold(&purging->interrupt);
    progress_begin(purging->patctl, "Deleting", purging->of, &purging->progress);
    status = ask_each(purging->patctl, "Purge", json_incref(purging->parameters), take_progress,
                      purging, &last);
    progress_end(&purging->progress);
    interrupt_release(&purging->interrupt);
    if (last != NULL) {
        purging->done = ask_number(last, "done");
        purging->of = ask_number(last, "of");
    }
    json_decref(last);
    if (purging->done == purging->of)
        return status;
    if (purging->done > 0)
        return EXIT_PARTLY;
    return status == EXIT_DONE && interrupt_came(&purging->interrupt) ? EXIT_INTERRUPTED : status;
}

static void
tell_done(const struct purging *purging, bool dry_run)
{
    struct out *out = purging->patctl->out;

    if (out_is_json(out))
        out_json(out, json_pack("{s:i, s:b, s:I, s:I}", "v", 1, "dry_run", (int)dry_run, "done",
                                (json_int_t)purging->done, "of", (json_int_t)purging->of));
    else if (purging->of == 0 || dry_run)
        out_say(out, "%lld dead token%s older than %s%s.", (long long)purging->of,
                purging->of == 1 ? " is" : "s are", purging->age,
                dry_run ? ". Nothing changed (--dry-run)" : "");
    else
        out_say(out, "%s %lld of %lld dead tokens deleted.",
                out_symbol(out, purging->done == purging->of ? OUT_YES : OUT_WARN),
                (long long)purging->done, (long long)purging->of);
}

static int
run(struct purging *purging, bool dry_run)
{
    int status = count(purging);

    if (status != EXIT_DONE)
        return status;
    if (!dry_run && purging->of > 0) {
        status = prompt_count(purging->patctl, purging->of,
                              "%lld token%s that died more than %s ago will be deleted. Their "
                              "changes stay in the log.",
                              (long long)purging->of, purging->of == 1 ? "" : "s", purging->age);
        if (status == EXIT_DONE)
            status = purge(purging);
    }
    if (status == EXIT_DONE || status == EXIT_PARTLY)
        tell_done(purging, dry_run);
    return status;
}

int
cmd_purge(struct patctl *patctl, const struct cmd_line *line)
{
    const char *age = cmd_value(line, "older-than");
    struct purging purging = {.patctl = patctl, .age = age == NULL ? AGE_USUAL : age};
    int status;

    purging.parameters = ask_parameters(patctl);
    status = times_set(patctl, purging.parameters, "olderThan", NULL, purging.age, PAT_WHEN_PAST);
    if (status == EXIT_DONE)
        status = run(&purging, cmd_flag(line, "dry-run"));
    json_decref(purging.parameters);
    return status;
}
