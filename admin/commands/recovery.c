/* SPDX-License-Identifier: BSD-2-Clause */
/* db: how the store does as a whole, its check, its keys and its clock. */
#include <stdio.h>
#include <time.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/out/fields.h"
#include "admin/tell.h"
#include "admin/terminal/progress.h"
#include "admin/terminal/prompt.h"
#include "core/base/text.h"

#define SECOND INT64_C(1000000)
#define CLOCK_SLACK (300 * SECOND) /* as far as the mark may be behind */

void
cmd_db_bytes(int64_t bytes, char *ret, size_t size)
{
    if (bytes < 10000)
        snprintf(ret, size, "%lld bytes", (long long)bytes);
    else if (bytes < 10000000)
        snprintf(ret, size, "%lld kB", (long long)(bytes / 1000));
    else
        snprintf(ret, size, "%lld MB", (long long)(bytes / 1000000));
}

static bool
is_null(json_t *object, const char *name)
{
    return !json_is_integer(json_object_get(object, name));
}

static json_t *
part_keys(json_t *keys)
{
    json_t *parts = json_array(), *key;
    size_t i;

    json_array_foreach(keys, i, key) json_array_append_new(parts, out_part(fields_db_key, key));
    return parts;
}

/* --- status --- */

static void
say_key(struct patctl *patctl, json_t *key, bool newest)
{
    long long number = (long long)ask_number(key, "number");
    long long tokens = (long long)ask_number(key, "tokens");
    char until[64] = "";

    if (newest)
        out_line(patctl->out, "           verifier.%lld serves new tokens", number);
    else if (is_null(key, "tokens"))
        out_line(patctl->out, "           verifier.%lld", number);
    else if (json_is_false(json_object_get(key, "needed")))
        out_line(patctl->out,
                 "           verifier.%lld is no longer needed, but by tokens of older backups",
                 number);
    else {
        if (!is_null(key, "until"))
            out_date(patctl->out, ask_number(key, "until"), until, sizeof until);
        out_line(patctl->out, "           verifier.%lld is needed by %lld token%s%s%s", number,
                 tokens, tokens == 1 ? "" : "s", until[0] == '\0' ? "" : ", until ", until);
    }
}

static void
say_backups(struct patctl *patctl, json_t *status)
{
    json_t *path;
    char when[64];
    size_t i;

    if (is_null(status, "lastBackup"))
        out_line(patctl->out, "  backup   none is known. Next: patctl db backup FILE");
    else {
        out_time(patctl->out, ask_number(status, "lastBackup"), when, sizeof when);
        out_line(patctl->out, "  backup   %s", when);
    }
    json_array_foreach(json_object_get(status, "backups"), i, path)
        out_line(patctl->out, "           waits to be taken away: %s", json_string_value(path));
}

static void
say_status(struct patctl *patctl, json_t *status)
{
    json_t *keys = json_object_get(status, "keys"), *key;
    char bytes[32], when[64];
    size_t i;

    cmd_db_bytes(ask_number(status, "bytes"), bytes, sizeof bytes);
    out_line(patctl->out, "  store    %s, %s, generation %lld", ask_text(status, "path"), bytes,
             (long long)ask_number(status, "generation"));
    if (is_null(status, "anchor"))
        out_line(patctl->out, "  anchor   %s missing or damaged", out_symbol(patctl->out, OUT_NO));
    else
        out_line(patctl->out, "  anchor   generation %lld; takes backups from generation %lld on",
                 (long long)ask_number(status, "anchor"), (long long)ask_number(status, "reach"));
    out_line(patctl->out, "  keys     %s", ask_text(status, "keysPath"));
    json_array_foreach(keys, i, key) say_key(patctl, key, i + 1 == json_array_size(keys));
    if (is_null(status, "checked"))
        out_line(patctl->out, "  checked  not since patd was started");
    else {
        out_time(patctl->out, ask_number(status, "checked"), when, sizeof when);
        out_line(patctl->out, "  checked  %s", when);
    }
    say_backups(patctl, status);
    if (json_is_true(json_object_get(status, "clockWaits")))
        out_line(patctl->out, "  clock    %s ahead of its mark, which waits: patctl db clock",
                 out_symbol(patctl->out, OUT_WARN));
}

static int
finish_status(struct patctl *patctl, json_t *status)
{
    const char *health = ask_text(status, "health");
    json_t *object;

    if (out_is_json(patctl->out)) {
        object = out_object(patctl->out, fields_db, status);
        if (out_is_picked(patctl->out, "keys"))
            json_object_set_new(object, "keys", part_keys(json_object_get(status, "keys")));
        out_json(patctl->out, object);
    } else {
        say_status(patctl, status);
    }
    if (pat_text_equal(health, "accepted"))
        return EXIT_DONE;
    out_line(patctl->out, "\n%s No token is accepted (%s): patctl status",
             out_symbol(patctl->out, OUT_NO), health);
    return EXIT_UNAVAILABLE;
}

int
cmd_db_status(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *reply = NULL;
    int status = ask_once(patctl, "DbStatus", json_object(), &reply);

    (void)line;
    if (status == EXIT_DONE)
        status = finish_status(patctl, reply);
    json_decref(reply);
    return status;
}

/* --- check --- */

static bool
note_rows(void *context, json_t *entry)
{
    struct progress *progress = context;

    if (progress->total > 0)
        progress_step(progress, ask_number(entry, "rows"));
    return true;
}

/* About how many rows there are; 0 while nobody can tell. */
static int64_t
count_rows(struct patctl *patctl)
{
    static const char *const members[] = {"active",  "expired",   "revoked",
                                          "pending", "suspended", "users"};
    json_t *reply = NULL;
    int64_t rows = 0;

    if (ask_once(patctl, "Status", json_object(), &reply) == EXIT_DONE)
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            rows += ask_number(reply, members[i]);
    json_decref(reply);
    return rows;
}

static int
finish_check(struct patctl *patctl, json_t *found)
{
    const char *trouble = ask_text(found, "trouble");
    long long rows = (long long)ask_number(found, "rows");
    struct out *out = patctl->out;

    out_json(out, json_pack("{s:i, s:I, s:s, s:o}", "v", 1, "rows", (json_int_t)rows, "trouble",
                            trouble, "keys", part_keys(json_object_get(found, "keys"))));
    if (trouble[0] == '\0') {
        out_say(out, "%s %lld row%s looked at: seals, sums and file are whole.",
                out_symbol(out, OUT_YES), rows, rows == 1 ? "" : "s");
        return EXIT_DONE;
    }
    if (!out_is_json(out))
        out_line(out, "%s %s\n  See pat-recovery(7).", out_symbol(out, OUT_NO), trouble);
    return EXIT_FINDINGS;
}

int
cmd_db_check(struct patctl *patctl, const struct cmd_line *line)
{
    struct progress progress;
    json_t *last = NULL;
    int status;

    (void)line;
    progress_begin(patctl, "Checking", count_rows(patctl), &progress);
    status = ask_each(patctl, "DbCheck", json_object(), note_rows, &progress, &last);
    progress_end(&progress);
    if (status == EXIT_DONE)
        status = finish_check(patctl, last);
    json_decref(last);
    return status;
}

/* --- rotate-key --- */

int
cmd_db_rotate_key(struct patctl *patctl, const struct cmd_line *line)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    struct out *out = patctl->out;
    int status = prompt_confirm(patctl, "Make a new key for new tokens?");

    (void)line;
    json_object_del(parameters, "tenant");
    if (status == EXIT_DONE)
        status = ask_once(patctl, "DbRotateKey", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE) {
        out_json(out, json_pack("{s:i, s:I, s:s}", "v", 1, "number",
                                json_object_get(reply, "number") == NULL
                                    ? (json_int_t)0
                                    : (json_int_t)ask_number(reply, "number"),
                                "keys_path", ask_text(reply, "keysPath")));
        out_say(out,
                "%s New tokens are hashed under verifier.%lld now; the others keep their key.\n"
                "  Next: copy %s to where its backup is.",
                out_symbol(out, OUT_YES), (long long)ask_number(reply, "number"),
                ask_text(reply, "keysPath"));
    }
    json_decref(reply);
    return status;
}

/* --- clock --- */

struct clock {
    int64_t now, mark;
    char says[64], marked[64];
};

static int
read_clock(struct patctl *patctl, struct clock *ret)
{
    struct timespec now = {.tv_sec = 0};
    json_t *reply = NULL;
    int status = ask_once(patctl, "DbStatus", json_object(), &reply);

    if (status == EXIT_DONE && is_null(reply, "mark"))
        status = tell_failure(patctl, EXIT_UNAVAILABLE, "clock", "see pat-recovery(7)",
                              "the clock's mark cannot be read");
    clock_gettime(CLOCK_REALTIME, &now);
    ret->now = (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
    ret->mark = ask_number(reply, "mark");
    json_decref(reply);
    out_date(patctl->out, ret->now, ret->says, sizeof ret->says);
    out_date(patctl->out, ret->mark, ret->marked, sizeof ret->marked);
    return status;
}

static bool
agrees(const struct clock *clock)
{
    return clock->mark <= clock->now && clock->now - clock->mark <= CLOCK_SLACK;
}

static json_t *
describe_clock(const struct clock *clock, bool accepted)
{
    return json_pack("{s:i, s:I, s:I, s:b, s:b}", "v", 1, "clock",
                     (json_int_t)(clock->now / SECOND), "mark", (json_int_t)(clock->mark / SECOND),
                     "agrees", (int)agrees(clock), "accepted", (int)accepted);
}

static int
show_clock(struct patctl *patctl, const struct clock *clock)
{
    struct out *out = patctl->out;

    out_json(out, describe_clock(clock, false));
    if (out_is_json(out))
        return EXIT_DONE;
    out_line(out, "  clock  %s\n  mark   %s", clock->says, clock->marked);
    if (agrees(clock))
        out_line(out, "%s They agree.", out_symbol(out, OUT_YES));
    else if (clock->mark > clock->now)
        out_line(out,
                 "%s The clock is behind its mark: decisions use the mark.\n"
                 "  If the clock is right: patctl db clock --accept",
                 out_symbol(out, OUT_WARN));
    else
        out_line(out,
                 "%s The mark waits: decisions use the clock, and turning it back would be "
                 "possible.\n  If the clock is right: patctl db clock --accept",
                 out_symbol(out, OUT_WARN));
    return EXIT_DONE;
}

static int
accept_clock(struct patctl *patctl, struct clock *clock)
{
    json_t *parameters = ask_parameters(patctl), *reply = NULL;
    bool back = clock->mark > clock->now;
    int status = prompt_confirm(
        patctl, "Is it %s now? The mark says %s.%s Take the clock for right?", clock->says,
        clock->marked, back ? " What expired in between will work again." : "");

    json_object_del(parameters, "tenant");
    if (status == EXIT_DONE)
        status = ask_once(patctl, "ClockAccept", parameters, &reply);
    else
        json_decref(parameters);
    if (status == EXIT_DONE) {
        clock->now = clock->mark = ask_number(reply, "now");
        out_json(patctl->out, describe_clock(clock, true));
        out_say(patctl->out, "%s Decisions use the clock now.", out_symbol(patctl->out, OUT_YES));
    }
    json_decref(reply);
    return status;
}

int
cmd_db_clock(struct patctl *patctl, const struct cmd_line *line)
{
    struct clock clock;
    int status = read_clock(patctl, &clock);

    if (status != EXIT_DONE)
        return status;
    return cmd_flag(line, "accept") ? accept_clock(patctl, &clock) : show_clock(patctl, &clock);
}
