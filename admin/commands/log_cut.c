/* SPDX-License-Identifier: BSD-2-Clause */
/* log cut, log erase: what operators take out of a log, after a look at how much that is. */
#include <stdio.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "admin/times.h"
#include "core/base/text.h"

/* --- cut --- */

struct cutting {
    struct patctl *patctl;
    const struct cmd_line *line;
    const char *log; /* its name, for people */
    json_t *parameters;
    char date[64];
    struct progress progress;
    int64_t done, of;
};

static bool
take_progress(void *context, json_t *entry)
{
    struct cutting *cutting = context;

    cutting->done = ask_number(entry, "done");
    progress_step(&cutting->progress, cutting->done);
    return true;
}

static int
read_wish(struct cutting *cutting)
{
    struct patctl *patctl = cutting->patctl;
    bool host = cmd_flag(cutting->line, "host");
    int status;

    if (host == (patctl->globals.tenant != NULL))
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "say which log: either --tenant or --host");
    if (cmd_value(cutting->line, "before") == NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl log cut --tenant acme --before 2y",
                            "missing --before");
    cutting->log = host ? "host" : patctl->globals.tenant;
    cutting->parameters = ask_parameters(patctl);
    ask_set_text(cutting->parameters, "reason", cmd_value(cutting->line, "reason"));
    status = times_set(patctl, cutting->parameters, "before", NULL,
                       cmd_value(cutting->line, "before"), PAT_WHEN_PAST);
    out_date(patctl->out, ask_number(cutting->parameters, "before"), cutting->date,
             sizeof cutting->date);
    return status;
}

static int
count_old(struct cutting *cutting)
{
    json_t *parameters = json_deep_copy(cutting->parameters), *reply = NULL;
    int status;

    ask_set(parameters, "dryRun", json_true());
    status = ask_once(cutting->patctl, "LogCut", parameters, &reply);
    cutting->of = ask_number(reply, "of");
    json_decref(reply);
    return status;
}

static int
cut(struct cutting *cutting)
{
    struct patctl *patctl = cutting->patctl;
    json_t *last = NULL;
    int status;

    progress_begin(patctl, "Cutting", cutting->of, &cutting->progress);
    status = ask_each(patctl, "LogCut", json_incref(cutting->parameters), take_progress, cutting,
                      &last);
    progress_end(&cutting->progress);
    if (status == EXIT_DONE)
        cutting->done = ask_number(last, "done");
    json_decref(last);
    if (status != EXIT_DONE && cutting->done > 0) {
        tell_note(patctl, "%lld of %lld changes were removed.", (long long)cutting->done,
                  (long long)cutting->of);
        return EXIT_PARTLY;
    }
    return status;
}

static int
tell_cut(const struct cutting *cutting, bool dry_run)
{
    struct out *out = cutting->patctl->out;
    const char *plural = cutting->of == 1 ? "" : "s";

    out_json(out, json_pack("{s:i, s:s, s:I, s:I, s:b}", "v", 1, "log", cutting->log, "cut",
                            (json_int_t)cutting->done, "of", (json_int_t)cutting->of, "dry_run",
                            (int)dry_run));
    if (cutting->of == 0)
        out_say(out, "No change of the log of %s is older than %s. Nothing changed.", cutting->log,
                cutting->date);
    else if (dry_run)
        out_say(out,
                "%lld change%s of the log of %s, older than %s, would be removed. Nothing changed "
                "(--dry-run).",
                (long long)cutting->of, plural, cutting->log, cutting->date);
    else
        out_say(out,
                "%s %lld change%s removed. What is left begins at a sealed checkpoint: "
                "patctl log --verify",
                out_symbol(out, OUT_YES), (long long)cutting->done, plural);
    return EXIT_DONE;
}

int
cmd_log_cut(struct patctl *patctl, const struct cmd_line *line)
{
    struct cutting cutting = {.patctl = patctl, .line = line};
    bool dry_run = cmd_flag(line, "dry-run");
    int status = read_wish(&cutting);

    if (status == EXIT_DONE)
        status = count_old(&cutting);
    if (status == EXIT_DONE && cutting.of > 0 && !dry_run) {
        status = prompt_name(patctl, "log", cutting.log,
                             "%lld change%s of the log of %s, older than %s, will be removed. This "
                             "cannot be undone.",
                             (long long)cutting.of, cutting.of == 1 ? "" : "s", cutting.log,
                             cutting.date);
        if (status == EXIT_DONE)
            status = cut(&cutting);
    }
    if (status == EXIT_DONE)
        status = tell_cut(&cutting, dry_run);
    json_decref(cutting.parameters);
    return status;
}

/* --- erase --- */

static int
ask_erase(struct patctl *patctl, const struct cmd_line *line, bool dry_run, int64_t *ret)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    int status;

    ask_set_text(parameters, "user", line->words[0]);
    ask_set_text(parameters, "reason", cmd_value(line, "reason"));
    if (dry_run)
        ask_set(parameters, "dryRun", json_true());
    status = ask_once(patctl, "LogErase", parameters, &reply);
    *ret = ask_number(reply, "erased");
    json_decref(reply);
    return status;
}

static int
tell_erased(struct patctl *patctl, const struct cmd_line *line, int64_t count, bool dry_run)
{
    struct out *out = patctl->out;
    const char *plural = count == 1 ? "" : "s";

    out_json(out, json_pack("{s:i, s:s, s:I, s:b}", "v", 1, "user", line->words[0], "erased",
                            (json_int_t)count, "dry_run", (int)dry_run));
    if (count == 0)
        out_say(out, "No change that concerns %s has a text. Nothing changed.", line->words[0]);
    else if (dry_run)
        out_say(out,
                "The texts of %lld change%s that concern %s would be erased. Nothing changed "
                "(--dry-run).",
                (long long)count, plural, line->words[0]);
    else
        out_say(out, "%s The texts of %lld change%s are erased. Backups still have them.",
                out_symbol(out, OUT_YES), (long long)count, plural);
    return EXIT_DONE;
}

int
cmd_log_erase(struct patctl *patctl, const struct cmd_line *line)
{
    bool dry_run = cmd_flag(line, "dry-run");
    int64_t count = 0;
    int status = ask_erase(patctl, line, true, &count);

    if (status == EXIT_DONE && count > 0 && !dry_run) {
        status = prompt_name(patctl, "user", line->words[0],
                             "The texts of %lld change%s that concern %s will be erased. This "
                             "cannot be undone.",
                             (long long)count, count == 1 ? "" : "s", line->words[0]);
        if (status == EXIT_DONE)
            status = ask_erase(patctl, line, false, &count);
    }
    return status == EXIT_DONE ? tell_erased(patctl, line, count, dry_run) : status;
}
