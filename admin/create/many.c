/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows are judged first, all of them; then made one after the other. Each token is written before
 * the next one is made: what was interrupted has lost none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/batch.h"
#include "admin/create/deliver.h"
#include "admin/out/fields.h"
#include "admin/create/hand_over.h"
#include "admin/create/many.h"
#include "admin/create/offer.h"
#include "admin/create/rows.h"
#include "admin/tell.h"
#include "admin/terminal/interrupt.h"
#include "admin/terminal/progress.h"
#include "admin/times.h"
#include "core/base/text.h"

#define OFFERS_KEPT 256

struct many {
    struct patctl *patctl;
    const struct wish *common;
    const char *source; /* for messages */
    json_t *rows;
    json_t *offers; /* by user, of the last ones */
    json_t *names;  /* user and name: the lines that have them */
    json_t *counts; /* tokens to be made, by user */
    int64_t problems;
    /* Making them. */
    const char *file;
    int fd; /* of file, or standard output */
    char batch[BATCH_SIZE];
    int64_t endless; /* tokens that never expire */
    json_t *made;    /* what patd answered; with the secrets when they are printed as JSON */
};

bool
many_wanted(const struct cmd_line *line)
{
    return cmd_flag(line, "count") || cmd_flag(line, "from-file") ||
           cmd_flag(line, "name-template");
}

/* --- judging --- */

static int
offer_for(struct many *many, const char *user, json_t **ret)
{
    const char *key = user == NULL ? "" : user;
    int status = EXIT_DONE;

    *ret = json_object_get(many->offers, key);
    if (*ret != NULL)
        return EXIT_DONE;
    status = wish_ask_offer(many->patctl, user, ret);
    if (json_object_size(many->offers) == OFFERS_KEPT)
        json_object_clear(many->offers);
    if (status == EXIT_DONE)
        json_object_set_new(many->offers, key, *ret);
    return status;
}

/* Whether this name was there before, for the same user; remembers it. */
static bool
is_new_name(struct many *many, const struct wish *wish, int64_t line, char why[OFFER_WHY_MAX])
{
    char key[900];
    json_t *before;

    snprintf(key, sizeof key, "%s/%s", wish->user == NULL ? "" : wish->user, wish->name);
    before = json_object_get(many->names, key);
    if (before != NULL)
        snprintf(why, OFFER_WHY_MAX, "line %lld has the same name",
                 (long long)json_integer_value(before));
    else
        json_object_set_new(many->names, key, json_integer(line));
    return before == NULL;
}

static bool
has_room(struct many *many, const struct wish *wish, json_t *offer, char why[OFFER_WHY_MAX])
{
    const char *key = wish->user == NULL ? "" : wish->user;
    int64_t count = ask_number(many->counts, key) + 1;

    json_object_set_new(many->counts, key, json_integer(count));
    if (count <= offer_room(offer))
        return true;
    snprintf(why, OFFER_WHY_MAX, "%s may have %lld more tokens only",
             ask_text(json_object_get(offer, "user"), "user"), (long long)offer_room(offer));
    return false;
}

static bool
judge(struct many *many, const struct wish *wish, json_t *offer, int64_t line,
      char why[OFFER_WHY_MAX])
{
    struct pat_when ignored;

    snprintf(why, OFFER_WHY_MAX, "%.190s", ask_text(offer, "refusal"));
    if (why[0] != '\0')
        return false;
    snprintf(why, OFFER_WHY_MAX, "there is no %s", wish->name == NULL ? "name" : "scope");
    if (wish->name == NULL || wish->scopes == NULL)
        return false;
    return offer_takes_name(offer, wish->name, why) &&
           (wish->description == NULL || offer_takes_description(wish->description, why)) &&
           offer_takes_scopes(offer, wish->scopes, why) &&
           (wish->expires == NULL || offer_takes_expiry(offer, wish->expires, &ignored, why)) &&
           offer_takes_addresses(offer, wish->addresses == NULL ? "" : wish->addresses, why) &&
           is_new_name(many, wish, line, why) && has_room(many, wish, offer, why);
}

static int
judge_row(struct many *many, json_t *row)
{
    int64_t line = ask_number(row, "line");
    char why[OFFER_WHY_MAX];
    json_t *offer = NULL;
    struct wish wish;
    int status;

    rows_wish(row, many->common, &wish);
    status = offer_for(many, wish.user, &offer);
    if (status != EXIT_DONE) {
        tell_note(many->patctl, "  It is the user of %s:%lld. Nothing was made.", many->source,
                  (long long)line);
        return status;
    }
    if (!judge(many, &wish, offer, line, why))
        rows_tell(many->patctl, many->source, line, many->problems++, why);
    return EXIT_DONE;
}

static int
judge_all(struct many *many)
{
    size_t count = json_array_size(many->rows);

    for (size_t i = 0; i < count; i++) {
        json_t *row = rows_at(many->rows, i);
        int status = judge_row(many, row);

        json_decref(row);
        if (status != EXIT_DONE)
            return status;
    }
    if (many->problems == 0)
        return EXIT_DONE;
    tell_note(many->patctl, "Nothing was made: %lld of %zu rows %s wrong.",
              (long long)many->problems, json_array_size(many->rows),
              many->problems == 1 ? "is" : "are");
    return EXIT_USAGE;
}

/* --- making --- */

static bool
write_one(struct many *many, const char *token, json_t *created)
{
    bool json = out_is_json(many->patctl->out);
    json_t *object;

    if (many->file != NULL || !json)
        if (!deliver_write(many->fd, token))
            return false;
    if (!json)
        return true;
    object = out_object(many->patctl->out, fields_token, created);
    if (many->file == NULL)
        json_object_set_new(object, "token", json_string(token));
    if (!many->patctl->globals.jsonl)
        return json_array_append_new(many->made, object) == 0; /* printed at the end, as one */
    out_json(many->patctl->out, object);
    return fflush(stdout) == 0;
}

static int
make_one(struct many *many, int64_t index)
{
    json_t *reply = NULL, *created, *row = rows_at(many->rows, (size_t)index);
    struct wish wish;
    int status;

    rows_wish(row, many->common, &wish);
    wish.batch = many->batch;
    status = wish_create(many->patctl, &wish, &reply);
    created = json_object_get(reply, "created");
    many->endless += status == EXIT_DONE && !json_is_integer(json_object_get(created, "expires"));
    if (status == EXIT_DONE && !write_one(many, ask_text(reply, "token"), created)) {
        status = tell_failure(many->patctl, EXIT_INTERNAL, "hand-over", "", "%s: %s",
                              many->file == NULL ? "standard output" : many->file, strerror(errno));
        hand_revoke(many->patctl, created, "it could not be handed over");
        tell_note(many->patctl, "The token could not be handed over and was revoked.");
    }
    json_decref(reply);
    json_decref(row);
    return status;
}

/* The line of a row of the file. */
static int64_t
line_of(const struct many *many, int64_t index)
{
    json_t *row = rows_at(many->rows, (size_t)index);
    int64_t line = ask_number(row, "line");

    json_decref(row);
    return line;
}

static void
tell_made(const struct many *many, int64_t done)
{
    const struct patctl *patctl = many->patctl;
    size_t wanted = json_array_size(many->rows);

    if (out_is_json(patctl->out))
        return;
    if ((size_t)done == wanted)
        tell_note(patctl, "%s %lld token%s made, batch %s.", out_symbol(patctl->out, OUT_YES),
                  (long long)done, done == 1 ? "" : "s", many->batch);
    else
        tell_note(patctl, "%s %lld of %zu tokens made, batch %s. Line %lld was not.",
                  out_symbol(patctl->out, OUT_WARN), (long long)done, wanted, many->batch,
                  (long long)line_of(many, done));
    if (many->endless > 0)
        tell_note(patctl,
                  "%s %lld of them never expire%s. Tokens that expire are safer: "
                  "--expires 90d",
                  out_symbol(patctl->out, OUT_WARN), (long long)many->endless,
                  many->endless == 1 ? "s" : "");
    if (done > 0 && many->file != NULL)
        tell_note(patctl, "  They are in %s, and nowhere else.", many->file);
    else if (done > 0)
        tell_note(patctl, "  They are shown once and cannot be retrieved: store them now.");
}

static int
make_all(struct many *many)
{
    int64_t done = 0, total = (int64_t)json_array_size(many->rows);
    int status = EXIT_DONE;
    struct interrupt interrupt;
    struct progress progress;

    interrupt_hold(&interrupt);
    progress_begin(many->patctl, "Creating", total, &progress);
    progress.silent = progress.silent || (many->file == NULL && isatty(STDOUT_FILENO) == 1);
    while (done < total && status == EXIT_DONE) {
        status = interrupt_came(&interrupt) ? EXIT_INTERRUPTED : make_one(many, done);
        done += status == EXIT_DONE;
        progress_step(&progress, done);
    }
    progress_end(&progress);
    tell_made(many, done);
    interrupt_release(&interrupt);
    return status != EXIT_DONE && done > 0 ? EXIT_PARTLY : status;
}

static void
print_made(struct many *many)
{
    json_t *document;

    if (!out_is_json(many->patctl->out) || many->patctl->globals.jsonl)
        return;
    document = json_pack("{s:i, s:s, s:O}", "v", 1, "batch", many->batch, "tokens", many->made);
    out_json(many->patctl->out, document);
}

/* --- the whole --- */

static int
read_rows(struct many *many, const struct cmd_line *line)
{
    const char *file = cmd_value(line, "from-file"), *count = cmd_value(line, "count");
    const char *name_template = cmd_value(line, "name-template");
    json_t *numbers = json_object();
    int status = times_set_number(many->patctl, numbers, "count", count);
    int64_t number = ask_number(numbers, "count");

    json_decref(numbers);
    if (status != EXIT_DONE)
        return status;
    many->source = file != NULL ? file : "--name-template";
    if (cmd_flag(line, "name") || cmd_flag(line, "copy") || cmd_flag(line, "qr"))
        return tell_failure(many->patctl, EXIT_USAGE, "usage", "",
                            "many tokens are made without --name, --copy and --qr");
    if (file != NULL && (count != NULL || name_template != NULL))
        return tell_failure(many->patctl, EXIT_USAGE, "usage", "",
                            "either --from-file, or --count and --name-template");
    if (file != NULL)
        return rows_read(many->patctl, file, &many->rows);
    if (count == NULL || name_template == NULL || many->common->scopes == NULL)
        return tell_failure(many->patctl, EXIT_USAGE, "usage",
                            "example: patctl create ci --count 20 --name-template \"runner {n}\" "
                            "--scope ssh:login --out-file tokens",
                            "missing %s",
                            count == NULL           ? "--count"
                            : name_template == NULL ? "--name-template"
                                                    : "--scope");
    if (number > ROWS_MAX)
        return tell_failure(many->patctl, EXIT_USAGE, "usage", "", "--count: %d at most", ROWS_MAX);
    return rows_number(many->patctl, number, name_template, &many->rows);
}

static int
open_output(struct many *many)
{
    many->fd = many->file == NULL ? STDOUT_FILENO : deliver_open(many->file);
    if (many->fd != -1)
        return EXIT_DONE;
    return tell_failure(many->patctl, EXIT_USAGE, "out-file", "", "%s: %s", many->file,
                        strerror(errno));
}

int
many_create(struct patctl *patctl, const struct cmd_line *line, const struct wish *common)
{
    struct many many = {.patctl = patctl,
                        .common = common,
                        .file = cmd_value(line, "out-file"),
                        .fd = -1,
                        .offers = json_object(),
                        .names = json_object(),
                        .counts = json_object(),
                        .made = json_array()};
    int status = read_rows(&many, line);

    batch_name(many.batch);
    if (status == EXIT_DONE)
        status = judge_all(&many);
    if (status == EXIT_DONE)
        status = open_output(&many);
    if (status == EXIT_DONE) {
        status = make_all(&many);
        print_made(&many);
        if (many.file != NULL && status != EXIT_DONE && status != EXIT_PARTLY)
            unlink(many.file);
    }
    if (many.file != NULL && many.fd != -1 && (fsync(many.fd) != 0 || close(many.fd) != 0))
        status = tell_failure(patctl, EXIT_INTERNAL, "hand-over", "", "%s: %s", many.file,
                              strerror(errno));
    json_decref(many.rows);
    json_decref(many.offers);
    json_decref(many.names);
    json_decref(many.counts);
    json_decref(many.made);
    return status;
}
