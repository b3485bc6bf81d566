/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One after the other: a pending successor is asked for, its secret is written down, and only then
 * it is confirmed. What is interrupted has lost none, and every old token works until its successor
 * is written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/rotate_all.h"
#include "admin/create/deliver.h"
#include "admin/create/hand_over.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/terminal/interrupt.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "admin/times.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/base/when.h"

#define LINE_SIZE 2048

struct rotating {
    struct patctl *patctl;
    const struct cmd_line *line;
    int64_t grace;
    json_t *tokens; /* that end soon */
    const char *file;
    int fd;
    int64_t done, failed;
};

/* --- which --- */

static bool
take_token(void *context, json_t *entry)
{
    struct rotating *rotating = context;
    json_t *token = json_object_get(entry, "token");

    if (token != NULL && json_is_null(json_object_get(token, "successor")))
        json_array_append(rotating->tokens, token);
    return true;
}

static int
find_all(struct rotating *rotating)
{
    const struct patctl *patctl = rotating->patctl;
    json_t *filter = json_pack("{s:[s]}", "states", "active");
    int status = times_set(patctl, filter, "expiresBefore", NULL,
                           cmd_value(rotating->line, "all-expiring"), PAT_WHEN_END);

    ask_set_text(filter, "tenant", patctl->globals.tenant);
    ask_set_text(filter, "user", patctl->globals.user);
    if (status != EXIT_DONE) {
        json_decref(filter);
        return status;
    }
    return ask_each(rotating->patctl, "List", json_pack("{s:o}", "filter", filter), take_token,
                    rotating, NULL);
}

/* --- writing down --- */

static void
put_cell(char *line, const char *text)
{
    size_t used = strlen(line);
    bool quotes = strpbrk(text, ",\"") != NULL;

    if (used > 0 && used + 1 < LINE_SIZE)
        line[used++] = ',';
    if (quotes && used + 1 < LINE_SIZE)
        line[used++] = '"';
    for (; *text != '\0' && used + 3 < LINE_SIZE; text++) {
        if (*text == '"')
            line[used++] = '"';
        line[used++] = *text;
    }
    if (quotes)
        line[used++] = '"';
    line[used] = '\0';
}

static void
write_csv(json_t *old, json_t *reply, char ret[LINE_SIZE])
{
    json_t *created = json_object_get(reply, "created");
    json_t *expires = json_object_get(created, "expires");
    char end[40] = "never";

    if (json_is_integer(expires))
        pat_when_write(json_integer_value(expires), end, sizeof end);
    ret[0] = '\0';
    put_cell(ret, ask_text(old, "id"));
    put_cell(ret, ask_text(created, "id"));
    put_cell(ret, ask_text(created, "tenant"));
    put_cell(ret, ask_text(created, "user"));
    put_cell(ret, ask_text(created, "name"));
    put_cell(ret, end);
    put_cell(ret, ask_text(reply, "token"));
}

/* The successor as it will be once it is confirmed. */
static bool
write_json(const struct rotating *rotating, json_t *old, json_t *reply)
{
    json_t *created = json_object_get(reply, "created"), *object;
    bool written = false;
    char *text;
    size_t len;

    json_object_set_new(created, "state", json_string("active"));
    json_object_set_new(created, "pendingUntil", json_null());
    object = out_object(rotating->patctl->out, fields_token, created);
    json_object_set(object, "replaces", json_object_get(old, "id"));
    json_object_set(object, "token", json_object_get(reply, "token"));
    len = json_dumpb(object, NULL, 0, JSON_COMPACT);
    text = calloc(1, len + 1);
    if (text != NULL) {
        written = json_dumpb(object, text, len, JSON_COMPACT) == len &&
                  deliver_write(rotating->fd, text);
        pat_secret_wipe(text, len);
    }
    free(text);
    json_decref(object);
    return written;
}

static bool
write_down(const struct rotating *rotating, json_t *old, json_t *reply)
{
    char line[LINE_SIZE];
    bool written;

    if (out_is_json(rotating->patctl->out)) {
        written = write_json(rotating, old, reply);
    } else {
        write_csv(old, reply, line);
        written = deliver_write(rotating->fd, line);
        pat_secret_wipe(line, sizeof line);
    }
    return written && (rotating->file == NULL || fdatasync(rotating->fd) == 0);
}

/* --- one --- */

static json_t *
parameters_for(const struct rotating *rotating, json_t *token)
{
    json_t *parameters = ask_parameters(rotating->patctl);

    ask_set_text(parameters, "tenant", ask_text(token, "tenant"));
    ask_set_text(parameters, "token", ask_text(token, "id"));
    ask_set(parameters, "grace", json_integer(rotating->grace));
    return parameters;
}

static int
ask_successor(struct rotating *rotating, json_t *old, json_t **ret)
{
    const char *expires = cmd_value(rotating->line, "expires");
    json_t *parameters = parameters_for(rotating, old);
    int status = EXIT_DONE;

    ask_set(parameters, "pending", json_true());
    if (expires != NULL && !pat_text_equal(expires, "same"))
        status = times_set(rotating->patctl, parameters, "expires", "never", expires, PAT_WHEN_END);
    if (status == EXIT_DONE)
        return ask_once(rotating->patctl, "Rotate", parameters, ret);
    json_decref(parameters);
    return status;
}

static int
rotate_one(struct rotating *rotating, json_t *old)
{
    struct patctl *patctl = rotating->patctl;
    json_t *reply = NULL, *confirmed = NULL, *created;
    int status = ask_successor(rotating, old, &reply);

    created = json_object_get(reply, "created");
    if (status == EXIT_DONE && !write_down(rotating, old, reply)) {
        status = tell_failure(patctl, EXIT_INTERNAL, "hand-over", "", "%s: %s",
                              rotating->file == NULL ? "standard output" : rotating->file,
                              strerror(errno));
        hand_revoke(patctl, created, "it could not be handed over");
    }
    if (status == EXIT_DONE)
        status = ask_once(patctl, "Confirm", parameters_for(rotating, created), &confirmed);
    json_decref(confirmed);
    json_decref(reply);
    return status;
}

/* What may be different for the next token. */
static bool
goes_on(int status)
{
    return status == EXIT_DONE || status == EXIT_DENIED || status == EXIT_CONFLICT ||
           status == EXIT_NOT_FOUND;
}

/* --- all --- */

static int
rotate_each(struct rotating *rotating)
{
    size_t count = json_array_size(rotating->tokens);
    struct interrupt interrupt;
    struct progress progress;
    int status = EXIT_DONE;

    interrupt_hold(&interrupt);
    progress_begin(rotating->patctl, "Rotating", (int64_t)count, &progress);
    for (size_t i = 0; i < count && goes_on(status) && !interrupt_came(&interrupt); i++) {
        json_t *old = json_array_get(rotating->tokens, i);

        status = rotate_one(rotating, old);
        rotating->done += status == EXIT_DONE;
        rotating->failed += status != EXIT_DONE;
        if (status != EXIT_DONE)
            tell_note(rotating->patctl, "  %s %s was not rotated.", ask_text(old, "id"),
                      ask_text(old, "name"));
        progress_step(&progress, (int64_t)i + 1);
    }
    progress_end(&progress);
    interrupt_release(&interrupt);
    if ((size_t)rotating->done == count)
        return EXIT_DONE;
    if (rotating->done > 0)
        return EXIT_PARTLY;
    return interrupt_came(&interrupt) ? EXIT_INTERRUPTED : status;
}

static void
tell_done(const struct rotating *rotating)
{
    const struct patctl *patctl = rotating->patctl;
    size_t count = json_array_size(rotating->tokens);
    bool all = (size_t)rotating->done == count;

    if (out_is_json(patctl->out))
        return;
    tell_note(patctl, "%s %lld of %zu tokens got a successor.",
              out_symbol(patctl->out, all ? OUT_YES : OUT_WARN), (long long)rotating->done, count);
    if (rotating->done > 0 && rotating->file != NULL)
        tell_note(patctl, "  They are in %s, and nowhere else.", rotating->file);
    else if (rotating->done > 0)
        tell_note(patctl, "  They are shown once and cannot be retrieved: store them now.");
}

static int
open_output(struct rotating *rotating)
{
    static const char heading[] = "old,id,tenant,user,name,expires,token";

    rotating->file = cmd_value(rotating->line, "out-file");
    if (rotating->file == NULL && isatty(STDOUT_FILENO) == 1)
        return tell_failure(rotating->patctl, EXIT_USAGE, "usage", "add --out-file FILE",
                            "many tokens are not shown on a terminal");
    rotating->fd = rotating->file == NULL ? STDOUT_FILENO : deliver_open(rotating->file);
    if (rotating->fd == -1 ||
        (!out_is_json(rotating->patctl->out) && !deliver_write(rotating->fd, heading)))
        return tell_failure(rotating->patctl, EXIT_USAGE, "out-file", "", "%s: %s",
                            rotating->file == NULL ? "standard output" : rotating->file,
                            strerror(errno));
    return EXIT_DONE;
}

static int
rotate_found(struct rotating *rotating)
{
    size_t count = json_array_size(rotating->tokens), index;
    struct out *out = rotating->patctl->out;
    json_t *token;
    int status;

    if (cmd_flag(rotating->line, "dry-run")) {
        out_table_begin(out, "tokens", fields_token);
        json_array_foreach(rotating->tokens, index, token) out_table_row(out, token);
        out_table_end(out, NULL);
        out_say(out, "%zu token%s would get a successor. Nothing changed (--dry-run).", count,
                count == 1 ? "" : "s");
        return EXIT_DONE;
    }
    if (count == 0) {
        tell_note(rotating->patctl, "No token ends by then, or each has a successor.");
        return EXIT_DONE;
    }
    status = prompt_count(rotating->patctl, (int64_t)count,
                          "%zu token%s will get a new secret; the old ones end with the grace "
                          "period.",
                          count, count == 1 ? "" : "s");
    if (status == EXIT_DONE)
        status = open_output(rotating);
    if (status != EXIT_DONE)
        return status;
    status = rotate_each(rotating);
    tell_done(rotating);
    if (rotating->file != NULL) {
        close(rotating->fd);
        if (rotating->done == 0)
            unlink(rotating->file);
    }
    return status;
}

int
cmd_rotate_all(struct patctl *patctl, const struct cmd_line *line, int64_t grace)
{
    struct rotating rotating = {
        .patctl = patctl, .line = line, .grace = grace, .tokens = json_array(), .fd = -1};
    int status = find_all(&rotating);

    if (status == EXIT_DONE)
        status = rotate_found(&rotating);
    json_decref(rotating.tokens);
    return status;
}
