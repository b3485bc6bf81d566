/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify: tells owners that their tokens end. patd says who is to hear of what; this sends it, by
 * mail or by a program of the operator's, and patd remembers what was sent. What failed is due
 * again the next time.
 */
#include <stdlib.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/feed.h"
#include "admin/letter.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/times.h"
#include "core/base/text.h"

#define DAYS "30,7,1"
#define DAYS_MAX 365
#define SENDMAIL "/usr/sbin/sendmail"

struct notify {
    struct patctl *patctl;
    const char *sendmail; /* NULL: no mail */
    const char *command;  /* NULL: no program */
    bool dry_run;
    json_t *notices; /* as patd tells them */
    json_t *rows;    /* as they are shown */
    size_t failed;
};

/* --- what is due --- */

static int
read_days(const struct patctl *patctl, const char *list, json_t *ret)
{
    char word[16];
    const char *at;
    int64_t days;
    size_t len;

    while ((len = pat_text_word(&list, &at)) != 0) {
        if (pat_text_copy(word, sizeof word, at, len) != PAT_OK ||
            pat_text_number(word, 1, DAYS_MAX, &days) != PAT_OK)
            return tell_failure(patctl, EXIT_USAGE, "usage", "example: --days 30,7,1",
                                "--days: not a number of days from 1 to %d: \"%.*s\"", DAYS_MAX,
                                (int)(len > 60 ? 60 : len), at);
        json_array_append_new(ret, json_integer(days));
    }
    if (json_array_size(ret) > 0)
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_USAGE, "usage", "example: --days 30,7,1",
                        "--days: no number of days");
}

static bool
take_notice(void *context, json_t *entry)
{
    struct notify *notify = context;
    json_t *notice = json_object_get(entry, "notice");

    return notice == NULL || json_array_append(notify->notices, notice) == 0;
}

/* --- telling --- */

/* What a program reads, and what is shown. */
static json_t *
row_of(json_t *notice)
{
    static const char *const members[] = {"id", "tenant", "user", "name", "masked", "expires"};
    json_t *token = json_object_get(notice, "token"), *row = json_object();
    char address[LETTER_ADDRESS_MAX + 1];

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        ask_set(row, members[i], json_incref(json_object_get(token, members[i])));
    ask_set(row, "days", json_incref(json_object_get(notice, "days")));
    ask_set(row, "contact", json_incref(json_object_get(notice, "contact")));
    ask_set(row, "to", letter_address(notice, address) ? json_string(address) : json_null());
    ask_set(row, "sent", json_false());
    return row;
}

static bool
mail(struct notify *notify, json_t *notice, char *ret, size_t size)
{
    const struct feed feed = {.program = notify->sendmail, .first = "-oi", .second = "-t"};
    int64_t expires = ask_number(json_object_get(notice, "token"), "expires");
    char address[LETTER_ADDRESS_MAX + 1], until[64];
    char *letter;
    bool sent;

    if (!letter_address(notice, address)) {
        pat_text_clip(ret, size, "the user has no mail address, account or realm");
        return false;
    }
    out_date(notify->patctl->out, expires, until, sizeof until);
    letter = letter_new(notice, address, until, expires - times_now());
    if (letter == NULL) {
        pat_text_clip(ret, size, "out of memory");
        return false;
    }
    sent = feed_program(&feed, letter, ret, size);
    free(letter);
    return sent;
}

/* The command is the operator's own; what comes from others stands on its standard input alone. */
static bool
run(struct notify *notify, json_t *row, char *ret, size_t size)
{
    const struct feed feed = {.program = "/bin/sh", .first = "-c", .second = notify->command};
    json_t *object = out_object(notify->patctl->out, fields_notice, row);
    size_t len = json_dumpb(object, NULL, 0, JSON_COMPACT);
    char *text = calloc(1, len + 1);
    bool done = text != NULL && json_dumpb(object, text, len, JSON_COMPACT) == len && len > 0;

    json_decref(object);
    if (!done) {
        free(text);
        pat_text_clip(ret, size, "out of memory");
        return false;
    }
    done = feed_program(&feed, text, ret, size);
    free(text);
    return done;
}

static int
mark(struct notify *notify, json_t *row)
{
    json_t *parameters = json_object(), *reply = NULL;
    int status;

    ask_set(parameters, "token", json_incref(json_object_get(row, "id")));
    ask_set(parameters, "tenant", json_incref(json_object_get(row, "tenant")));
    ask_set(parameters, "days", json_incref(json_object_get(row, "days")));
    status = ask_once(notify->patctl, "NoticeSent", parameters, &reply);
    json_decref(reply);
    return status;
}

/* SECURITY: a notice counts as sent only when the program that took it said so. */
static int
tell_one(struct notify *notify, json_t *notice, json_t *row)
{
    char why[400] = "";
    bool sent = notify->sendmail != NULL ? mail(notify, notice, why, sizeof why)
                                         : run(notify, row, why, sizeof why);
    int status = EXIT_DONE;

    if (sent)
        status = mark(notify, row);
    if (sent && status == EXIT_DONE) {
        ask_set(row, "sent", json_true());
        return EXIT_DONE;
    }
    notify->failed++;
    if (!sent)
        tell_note(notify->patctl, "%s of %s: %s", ask_text(row, "id"), ask_text(row, "user"), why);
    return status == EXIT_UNAVAILABLE ? status : EXIT_DONE;
}

static int
tell_all(struct notify *notify)
{
    int status = EXIT_DONE;
    size_t index;
    json_t *notice;

    json_array_foreach(notify->notices, index, notice)
    {
        json_t *row = row_of(notice);

        json_array_append_new(notify->rows, row);
        if (!notify->dry_run && status == EXIT_DONE)
            status = tell_one(notify, notice, row);
    }
    return status;
}

/* --- the whole --- */

static void
print(struct notify *notify)
{
    struct out *out = notify->patctl->out;
    size_t count = json_array_size(notify->rows), index;
    json_t *row;

    if (count > 0 || out_is_json(out)) {
        out_table_begin(out, "notices", fields_notice);
        json_array_foreach(notify->rows, index, row) out_table_row(out, row);
        out_table_end(out, NULL);
    }
    if (notify->dry_run)
        out_say(out, "%zu notice%s due.  Nothing was sent (--dry-run).", count,
                count == 1 ? " is" : "s are");
    else
        out_say(out, "%zu notice%s sent.", count - notify->failed,
                count - notify->failed == 1 ? "" : "s");
}

static int
check_way(const struct notify *notify, bool by_mail)
{
    const struct patctl *patctl = notify->patctl;

    if (by_mail && notify->command != NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "",
                            "--mail and --exec exclude each other");
    if (!by_mail && notify->sendmail != NULL)
        return tell_failure(patctl, EXIT_USAGE, "usage", "", "--sendmail needs --mail");
    if (!by_mail && notify->command == NULL && !notify->dry_run)
        return tell_failure(patctl, EXIT_USAGE, "usage", "--dry-run shows what would be sent",
                            "missing --mail or --exec");
    return EXIT_DONE;
}

static int
work(struct notify *notify, const char *list)
{
    json_t *days = json_array();
    int status = read_days(notify->patctl, list == NULL ? DAYS : list, days);

    if (status == EXIT_DONE)
        status = ask_each(notify->patctl, "Notices", json_pack("{s:O}", "days", days), take_notice,
                          notify, NULL);
    json_decref(days);
    if (status != EXIT_DONE)
        return status;
    status = tell_all(notify);
    print(notify);
    if (status == EXIT_DONE && notify->failed == 0)
        return EXIT_DONE;
    return tell_failure(notify->patctl, EXIT_PARTLY, "partly", "the next run tries them again",
                        "not all of %zu notices were sent", json_array_size(notify->rows));
}

int
cmd_notify(struct patctl *patctl, const struct cmd_line *line)
{
    struct notify notify = {.patctl = patctl,
                            .sendmail = cmd_value(line, "sendmail"),
                            .command = cmd_value(line, "exec"),
                            .dry_run = cmd_flag(line, "dry-run")};
    bool by_mail = cmd_flag(line, "mail");
    int status = check_way(&notify, by_mail);

    if (status != EXIT_DONE)
        return status;
    if (by_mail && notify.sendmail == NULL)
        notify.sendmail = SENDMAIL;
    notify.notices = json_array();
    notify.rows = json_array();
    status = work(&notify, cmd_value(line, "days"));
    json_decref(notify.notices);
    json_decref(notify.rows);
    return status;
}
