/* SPDX-License-Identifier: BSD-2-Clause */
/* revoke: by name or by what tokens have in common, always after a look at what would go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/revoke_pick.h"
#include "admin/commands/revoke_sessions.h"
#include "admin/out/fields.h"
#include "admin/since.h"
#include "admin/tell.h"
#include "admin/terminal/interrupt.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"

#define SHOWN_MAX 20 /* more are told by user */
#define USERS_SHOWN 5

/* --- asking --- */

static void
show_tokens(struct patctl *patctl, json_t *tokens, const char *name, json_t *extra)
{
    size_t index;
    json_t *token;

    out_table_begin(patctl->out, name, fields_token);
    json_array_foreach(tokens, index, token) out_table_row(patctl->out, token);
    out_table_end(patctl->out, extra);
}

/* "3 tokens of 2 users" */
static void
say_how_many(const struct revoking *revoking, char *ret, size_t size)
{
    size_t users = json_object_size(revoking->users);

    snprintf(ret, size, "%lld token%s of %zu user%s", (long long)revoking->count,
             revoking->count == 1 ? "" : "s", users, users == 1 ? "" : "s");
}

/* "3rjhkwz5  old laptop · alice · mail:read · used 2 h ago" */
static void
say_one(struct patctl *patctl, json_t *token)
{
    struct out *out = patctl->out;
    const char *dot = out_symbol(out, OUT_MIDDOT);
    json_t *last = json_object_get(token, "lastUsed");
    char scopes[1100], when[64] = "", sessions[64], line[2000], cut[2000];

    out_value(out, out_field(fields_token, "scopes", strlen("scopes")), token, scopes,
              sizeof scopes);
    if (json_is_integer(last))
        out_time(out, json_integer_value(last), when, sizeof when);
    cmd_revoke_sessions_line(patctl, token, sessions, sizeof sessions);
    snprintf(line, sizeof line, "%s  %s %s %s %s %s %s %s%s%s", ask_text(token, "id"),
             ask_text(token, "name"), dot, ask_text(token, "user"), dot, scopes, dot,
             json_is_integer(last) ? "used " : "never used", when, sessions);
    out_cut(out, line, out_is_terminal(out) ? out_columns(out) - 2 : sizeof line, cut, sizeof cut);
    out_say(out, "  %s", cut);
}

struct owner {
    const char *name;
    int64_t count;
};

static int
compare_owners(const void *a, const void *b)
{
    const struct owner *left = a, *right = b;

    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Those with the most of them. */
static void
say_owners(const struct revoking *revoking)
{
    size_t count = json_object_size(revoking->users), used = 0;
    struct owner *owners = calloc(count + 1, sizeof *owners);
    const char *name;
    json_t *number;

    if (owners == NULL)
        return;
    json_object_foreach(revoking->users, name, number)
        owners[used++] = (struct owner){.name = name, .count = json_integer_value(number)};
    qsort(owners, used, sizeof *owners, compare_owners);
    for (size_t i = 0; i < used && i < USERS_SHOWN; i++)
        out_say(revoking->patctl->out, "  %8lld  %s", (long long)owners[i].count, owners[i].name);
    if (used > USERS_SHOWN)
        out_say(revoking->patctl->out, "            and of %zu more users", used - USERS_SHOWN);
    free(owners);
}

static int
confirm(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    json_t *token = json_array_get(revoking->preview, 0);
    bool few = revoking->count <= SHOWN_MAX;
    char many[80];

    if (patctl->globals.yes)
        return EXIT_DONE;
    if (revoking->count == 1) {
        say_one(patctl, token);
        fflush(stdout);
        return prompt_confirm(patctl, "Revoke %s? This cannot be undone.", ask_text(token, "id"));
    }
    if (few && !out_is_json(patctl->out))
        show_tokens(patctl, revoking->preview, "tokens", NULL);
    else
        say_owners(revoking);
    fflush(stdout);
    say_how_many(revoking, many, sizeof many);
    return prompt_count(patctl, revoking->count, "%s will be revoked%s. This cannot be undone.",
                        many, few ? "" : " (list: --dry-run)");
}

/* --- doing --- */

struct doing {
    struct revoking *revoking;
    struct interrupt interrupt;
    struct progress progress;
};

/* All of a piece are revoked, or none. */
static int
revoke_ids(struct doing *doing)
{
    struct revoking *revoking = doing->revoking;
    size_t count = json_array_size(revoking->ids), at = 0;
    int status = EXIT_DONE;

    while (status == EXIT_DONE && at < count && !interrupt_came(&doing->interrupt)) {
        json_t *piece = json_array(), *reply = NULL;

        for (size_t end = at + REVOKE_PIECE; at < count && at < end; at++)
            json_array_append(piece, json_array_get(revoking->ids, at));
        status = cmd_revoke_pick_ask(revoking, piece, false, &reply);
        json_decref(piece);
        revoking->done += (int64_t)json_array_size(json_object_get(reply, "revoked"));
        if (status == EXIT_DONE && (revoking->count <= REVOKE_PIECE || revoking->compromised ||
                                    revoking->kill_sessions || out_is_json(revoking->patctl->out)))
            json_array_extend(revoking->revoked, json_object_get(reply, "revoked"));
        json_decref(reply);
        progress_step(&doing->progress, revoking->done);
    }
    return status;
}

static void
note_progress(struct doing *doing, json_t *entry)
{
    doing->revoking->done = ask_number(entry, "done");
    snprintf(doing->revoking->batch, sizeof doing->revoking->batch, "%s", ask_text(entry, "batch"));
}

static bool
take_progress(void *context, json_t *entry)
{
    struct doing *doing = context;

    note_progress(doing, entry);
    progress_step(&doing->progress, doing->revoking->done);
    if (interrupt_came(&doing->interrupt))
        ask_no_more(doing->revoking->patctl); /* and the last reply tells how many it were */
    return true;
}

static int
revoke_filtered(struct doing *doing)
{
    struct revoking *revoking = doing->revoking;
    json_t *parameters = ask_parameters(revoking->patctl), *last = NULL;
    int status;

    json_object_del(parameters, "tenant"); /* it is in the filter */
    ask_set(parameters, "filter",
            json_incref(json_object_get(revoking->filter.parameters, "filter")));
    ask_set(parameters, "expected", json_integer(revoking->count));
    ask_set_text(parameters, "reason", pat_text_or_null(revoking->reason));
    status = ask_each(revoking->patctl, "RevokeAll", parameters, take_progress, doing, &last);
    if (last != NULL)
        note_progress(doing, last);
    json_decref(last);
    return status;
}

static int
revoke_meant(struct revoking *revoking)
{
    struct doing doing = {.revoking = revoking};
    int status;

    interrupt_hold(&doing.interrupt);
    progress_begin(revoking->patctl, "Revoking", revoking->count, &doing.progress);
    status = revoking->by_filter ? revoke_filtered(&doing) : revoke_ids(&doing);
    progress_end(&doing.progress);
    interrupt_release(&doing.interrupt);
    if (revoking->done == revoking->count)
        return status;
    if (revoking->done > 0)
        return EXIT_PARTLY;
    return status == EXIT_DONE && interrupt_came(&doing.interrupt) ? EXIT_INTERRUPTED : status;
}

/* --- telling --- */

static size_t
count_skipped(const struct revoking *revoking, const char *problem)
{
    size_t count = 0, index;
    json_t *skipped;

    json_array_foreach(revoking->skipped, index, skipped)
        count += pat_text_equal(ask_text(skipped, "problem"), problem);
    return count;
}

static void
tell_skipped(const struct revoking *revoking)
{
    const struct patctl *patctl = revoking->patctl;
    size_t dead = count_skipped(revoking, "token.revoked");
    size_t unknown = count_skipped(revoking, "token.unknown"), told = 0, index;
    json_t *skipped;

    if (dead > 0 && !out_is_json(patctl->out))
        tell_note(patctl, "%zu of the file %s revoked before.", dead, dead == 1 ? "was" : "were");
    if (unknown == 0 || out_is_json(patctl->out))
        return;
    tell_note(patctl, "%zu of the file %s no token:", unknown, unknown == 1 ? "is" : "are");
    json_array_foreach(revoking->skipped, index, skipped)
    {
        if (pat_text_equal(ask_text(skipped, "problem"), "token.unknown") && told++ < SHOWN_MAX)
            tell_note(patctl, "  %s", ask_text(skipped, "token"));
    }
}

static void
say_done(const struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    bool all = revoking->done == revoking->count;

    if (!all)
        tell_note(patctl, "%s %lld of %lld were revoked.", out_symbol(patctl->out, OUT_WARN),
                  (long long)revoking->done, (long long)revoking->count);
    else
        out_say(patctl->out, "%s %s. Services refuse %s at the next login.",
                out_symbol(patctl->out, OUT_YES), revoking->count == 1 ? "Revoked" : "All revoked",
                revoking->count == 1 ? "it" : "them");
    if (revoking->count > 1 && revoking->done > 0)
        out_say(patctl->out, "  Log: patctl log --batch %s", revoking->batch);
}

static int
tell_done(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    bool batch = revoking->count > 1 && revoking->done > 0;
    json_t *extra = json_pack("{s:s?, s:I, s:I}", "batch", batch ? revoking->batch : NULL, "done",
                              (json_int_t)revoking->done, "of", (json_int_t)revoking->count);
    json_t *sessions = NULL;
    int status = cmd_revoke_sessions_after(revoking, &sessions), since = EXIT_DONE;

    ask_set(extra, "sessions", sessions);
    if (revoking->by_file)
        json_object_set(extra, "skipped", revoking->skipped);
    if (revoking->compromised) {
        json_object_set_new(extra, "made_since", json_array());
        since = since_find(patctl, revoking->revoked, json_object_get(extra, "made_since"));
    }
    if (out_is_json(patctl->out)) {
        show_tokens(patctl, revoking->revoked, "revoked", extra);
    } else {
        if (revoking->count > 0)
            say_done(revoking);
        cmd_revoke_sessions_say(revoking, sessions);
        if (revoking->compromised)
            since_say(patctl, revoking->revoked, json_object_get(extra, "made_since"));
    }
    json_decref(extra);
    return since != EXIT_DONE ? since : status;
}

static int
tell_plan(struct revoking *revoking)
{
    struct patctl *patctl = revoking->patctl;
    char many[80];

    if (revoking->count > 0 || out_is_json(patctl->out))
        show_tokens(patctl, revoking->preview, "tokens", NULL);
    say_how_many(revoking, many, sizeof many);
    out_say(patctl->out, "%s would be revoked. Nothing changed%s.", many,
            revoking->dry_run ? " (--dry-run)" : "");
    return EXIT_DONE;
}

static int
run(struct revoking *revoking)
{
    size_t unknown = count_skipped(revoking, "token.unknown");
    size_t dead = json_array_size(revoking->dead);
    int status, told;

    tell_skipped(revoking);
    if (revoking->dry_run || (revoking->count == 0 && dead == 0 && !revoking->by_file))
        status = tell_plan(revoking);
    else {
        status = revoking->count == 0 ? EXIT_DONE : confirm(revoking);
        if (status == EXIT_DONE) {
            status = revoking->count == 0 ? EXIT_DONE : revoke_meant(revoking);
            told = status == EXIT_DONE || status == EXIT_PARTLY ? tell_done(revoking) : EXIT_DONE;
            status = status == EXIT_DONE ? told : status;
        }
    }
    return status == EXIT_DONE && unknown > 0 ? EXIT_PARTLY : status;
}

/* --- the command --- */

static void
begin(struct patctl *patctl, const struct cmd_line *line, struct revoking *ret)
{
    *ret = (struct revoking){.patctl = patctl,
                             .dry_run = cmd_flag(line, "dry-run"),
                             .ids = json_array(),
                             .preview = json_array(),
                             .users = json_object(),
                             .skipped = json_array(),
                             .dead = json_array(),
                             .revoked = json_array()};
    batch_name(ret->batch);
}

static void
finish(struct revoking *revoking)
{
    json_decref(revoking->filter.parameters);
    json_decref(revoking->ids);
    json_decref(revoking->preview);
    json_decref(revoking->users);
    json_decref(revoking->skipped);
    json_decref(revoking->dead);
    json_decref(revoking->revoked);
}

static int
pick(struct revoking *revoking, const struct cmd_line *line)
{
    struct patctl *patctl = revoking->patctl;
    const char *file = cmd_value(line, "id-file");
    bool named = line->word_count > 0;
    bool filtered = revoking->filter.some || (!named && patctl->globals.user != NULL);

    if ((named || file != NULL) && filtered)
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "either ids or filters, not both");
    if (named && file != NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "either ids or --id-file, not both");
    if (named)
        return cmd_revoke_pick_named(revoking, line->words, line->word_count);
    if (file != NULL)
        return cmd_revoke_pick_file(revoking, file);
    if (!filtered)
        return tell_failure(patctl, EXIT_USAGE, "usage",
                            "example: patctl revoke --unused 90d --dry-run",
                            "missing ID... or a filter");
    return cmd_revoke_pick_filtered(revoking);
}

/* "compromised", and perhaps more: the word comes first, so that it can be looked for. */
static void
set_reason(struct revoking *revoking, const char *reason)
{
    bool compromised = revoking->compromised;

    if (reason != NULL && pat_text_equal(reason, "compromised"))
        reason = compromised ? NULL : reason;
    snprintf(revoking->reason, sizeof revoking->reason, "%s%s%s", compromised ? "compromised" : "",
             compromised && reason != NULL ? ": " : "", reason == NULL ? "" : reason);
}

int
cmd_revoke(struct patctl *patctl, const struct cmd_line *line)
{
    struct revoking revoking;
    int status;

    begin(patctl, line, &revoking);
    revoking.compromised = cmd_flag(line, "compromised");
    revoking.kill_sessions = cmd_flag(line, "kill-sessions");
    status = filter_read(patctl, line, &revoking.filter);
    if (status == EXIT_DONE && revoking.kill_sessions && !revoking.dry_run)
        status = cmd_revoke_sessions_may(patctl);
    set_reason(&revoking, cmd_value(line, "reason"));
    if (status == EXIT_DONE)
        status = pick(&revoking, line);
    if (status == EXIT_DONE)
        status = run(&revoking);
    finish(&revoking);
    return status;
}

int
cmd_revoke_all_of(struct patctl *patctl, const struct cmd_line *line, const char *user)
{
    json_t *filter = json_object();
    struct revoking revoking;
    int status;

    begin(patctl, line, &revoking);
    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", user);
    revoking.filter = (struct filter){.parameters = json_pack("{s:o}", "filter", filter)};
    set_reason(&revoking, cmd_value(line, "reason"));
    status = cmd_revoke_pick_filtered(&revoking);
    if (status == EXIT_DONE)
        status = run(&revoking);
    finish(&revoking);
    return status;
}
