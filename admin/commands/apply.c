/* SPDX-License-Identifier: BSD-2-Clause */
/* apply and settings: everything but tokens, as a file that an administrator keeps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/apply/carry_out.h"
#include "admin/apply/diff.h"
#include "admin/apply/plan.h"
#include "admin/apply/print.h"
#include "admin/apply/read.h"
#include "admin/apply/settings.h"
#include "admin/apply/show.h"
#include "admin/apply/state.h"
#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/out.h"
#include "admin/tell.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"

struct applying {
    struct patctl *patctl;
    const struct cmd_line *line;
    const char *file; /* for people */
    json_t *wanted, *state;
    json_t *faults;
    json_t *differences, *steps;
};

/* --- the file --- */

/* Reads one byte more than may be there. NULL after telling why there is nothing. */
static char *
read_file(struct applying *applying, size_t *ret_len)
{
    bool from_stdin = pat_text_equal(applying->line->words[0], "-");
    FILE *file = from_stdin ? stdin : fopen(applying->line->words[0], "re");
    char *text = file == NULL ? NULL : malloc(READ_BYTES_MAX + 1);
    bool good = false;

    if (text != NULL) {
        errno = 0;
        *ret_len = fread(text, 1, READ_BYTES_MAX + 1, file);
        good = ferror(file) == 0;
    }
    if (!good) {
        tell_failure(applying->patctl, EXIT_USAGE, "settings.file", "", "%s: %s", applying->file,
                     strerror(errno == 0 ? ENOMEM : errno));
        free(text);
        text = NULL;
    }
    if (file != NULL && !from_stdin)
        fclose(file);
    return text;
}

/* Every fault on a line of its own; programs get the first one. */
static int
tell_faults(const struct applying *applying)
{
    const struct patctl *patctl = applying->patctl;
    size_t index, count = json_array_size(applying->faults);
    char place[300], hint[80] = "";
    json_t *fault;

    if (out_is_json(patctl->out) && count > 1)
        snprintf(hint, sizeof hint, "and %zu more: patctl apply --dry-run FILE", count - 1);
    json_array_foreach(applying->faults, index, fault)
    {
        long long line = (long long)ask_number(fault, "line");

        snprintf(place, sizeof place, line == 0 ? "%.250s" : "%.250s:%lld", applying->file, line);
        if (index == 0 || !out_is_json(patctl->out))
            tell_failure(patctl, EXIT_USAGE, "settings.illegal", hint, "%s: %s", place,
                         ask_text(fault, "text"));
    }
    if (count == SETTINGS_FAULTS_MAX)
        tell_note(patctl, "There may be more.");
    return EXIT_USAGE;
}

static int
read_wanted(struct applying *applying)
{
    size_t len = 0;
    char *text = read_file(applying, &len);

    if (text == NULL)
        return EXIT_USAGE;
    applying->wanted = read_settings(text, len, applying->faults);
    free(text);
    if (applying->wanted == NULL)
        return tell_faults(applying);
    state_find_accounts(applying->wanted);
    return EXIT_DONE;
}

/* --- comparing --- */

static int
compare(struct applying *applying)
{
    json_t *tenants = diff_tenants(applying->wanted);
    int status = state_read(applying->patctl, tenants, diff_has_scopes(applying->wanted),
                            &applying->state);

    json_decref(tenants);
    if (status != EXIT_DONE)
        return status;
    applying->differences = diff_make(applying->wanted, applying->state,
                                      cmd_flag(applying->line, "prune"), applying->faults);
    if (applying->differences == NULL)
        return tell_faults(applying);
    applying->steps = plan_steps(applying->differences);
    return EXIT_DONE;
}

static void
print_document(const struct applying *applying, size_t done)
{
    const struct patctl *patctl = applying->patctl;
    size_t of = json_array_size(applying->steps);

    if (out_is_json(patctl->out))
        out_json(patctl->out, json_pack("{s:i, s:o, s:b, s:I, s:I}", "v", 1, "changes",
                                        show_objects(applying->differences), "applied",
                                        (int)(of > 0 && done == of), "calls", (json_int_t)of,
                                        "done", (json_int_t)done));
}

/* --- applying --- */

static int
confirm(const struct applying *applying)
{
    char count[120];

    show_count(applying->differences, count, sizeof count);
    fflush(stdout);
    return prompt_confirm(applying->patctl, "%s. Apply?", count);
}

static int
apply(struct applying *applying)
{
    struct patctl *patctl = applying->patctl;
    size_t done = 0;
    int status = confirm(applying);

    if (status != EXIT_DONE)
        return status;
    status = carry_out_steps(patctl, applying->steps, cmd_value(applying->line, "reason"), &done);
    print_document(applying, done);
    if (status == EXIT_DONE)
        out_say(patctl->out, "%s Applied: %zu change%s.", out_symbol(patctl->out, OUT_YES), done,
                done == 1 ? "" : "s");
    return status;
}

static int
run(struct applying *applying)
{
    struct patctl *patctl = applying->patctl;
    bool dry_run = cmd_flag(applying->line, "dry-run");
    char count[120];
    int status = read_wanted(applying);

    if (status == EXIT_DONE)
        status = compare(applying);
    if (status != EXIT_DONE)
        return status;
    if (json_array_size(applying->differences) == 0) {
        print_document(applying, 0);
        out_say(patctl->out, "%s Nothing to change.", out_symbol(patctl->out, OUT_YES));
        return EXIT_DONE;
    }
    if (dry_run || !patctl->globals.quiet || !patctl->globals.yes)
        show_differences(patctl->out, applying->differences);
    if (!dry_run)
        return apply(applying);
    print_document(applying, 0);
    show_count(applying->differences, count, sizeof count);
    out_say(patctl->out, "%s. Nothing changed (--dry-run).", count);
    return EXIT_FINDINGS;
}

int
cmd_apply(struct patctl *patctl, const struct cmd_line *line)
{
    struct applying applying = {.patctl = patctl, .line = line, .faults = json_array()};
    int status;

    applying.file = pat_text_equal(line->words[0], "-") ? "standard input" : line->words[0];
    status = run(&applying);
    json_decref(applying.steps);
    json_decref(applying.differences);
    json_decref(applying.wanted);
    json_decref(applying.state);
    json_decref(applying.faults);
    return status;
}

/* --- the other way round --- */

static int
find_tenants(const struct patctl *patctl, json_t *tenants, json_t *state)
{
    char title[SETTINGS_TITLE_MAX];
    const char *tenant;
    json_t *ignored;

    json_object_foreach(tenants, tenant, ignored)
    {
        settings_title(SETTINGS_TENANT, tenant, tenant, title);
        if (json_object_get(state, title) == NULL)
            return tell_failure(patctl, EXIT_NOT_FOUND, "tenant.unknown", "", "no tenant \"%.60s\"",
                                tenant);
    }
    return EXIT_DONE;
}

static int
print_text(const struct patctl *patctl, json_t *state, json_t *tenants)
{
    json_t *left_out = json_array(), *each;
    char *text = print_settings(state, tenants, left_out);
    int status = EXIT_DONE;
    size_t index;

    if (text == NULL) {
        status = tell_failure(patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    } else {
        text[strlen(text) - 1] = '\0';
        out_line(patctl->out, "%s", text);
    }
    json_array_foreach(left_out, index, each)
    {
        tell_note(patctl, "%s %s has no form in such a file, and is left out",
                  out_symbol(patctl->out, OUT_WARN), json_string_value(each));
        status = EXIT_PARTLY;
    }
    free(text);
    json_decref(left_out);
    return status;
}

int
cmd_settings(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *tenants = NULL, *state = NULL;
    int status;

    if (line->word_count > 0 || patctl->globals.tenant != NULL)
        tenants = json_object();
    if (patctl->globals.tenant != NULL)
        ask_set(tenants, patctl->globals.tenant, json_true());
    for (int i = 0; i < line->word_count; i++)
        ask_set(tenants, line->words[i], json_true());
    status = state_read(patctl, tenants, tenants == NULL, &state);
    if (status == EXIT_DONE)
        status = find_tenants(patctl, tenants, state);
    if (status == EXIT_DONE && out_is_json(patctl->out))
        out_json(patctl->out,
                 json_pack("{s:i, s:o}", "v", 1, "settings", print_objects(state, tenants)));
    else if (status == EXIT_DONE)
        status = print_text(patctl, state, tenants);
    json_decref(tenants);
    json_decref(state);
    return status;
}
