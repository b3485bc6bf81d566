/* SPDX-License-Identifier: BSD-2-Clause */
/* sessions: the logins of tokens that are still open. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/ask.h"
#include "admin/commands/commands.h"
#include "admin/commands/open_sessions.h"
#include "admin/out/fields.h"
#include "admin/out/sort.h"
#include "admin/tell.h"
#include "core/base/text.h"

#define SECOND INT64_C(1000000)

struct listing {
    struct patctl *patctl;
    struct open_sessions open;
    json_t *rows;
    json_t *uids; /* accounts whose untold connections were counted */
    int64_t untold;
};

/* --- a row --- */

static json_t *
terminal_name(int number)
{
    int major = number >> 8 & 0xfff, minor = (number & 0xff) | (number >> 12 & 0xfff00);
    char text[32];

    if (major >= 136 && major <= 143) /* see devices.txt of the kernel */
        snprintf(text, sizeof text, "pts/%d", (major - 136) * 256 + minor);
    else if (major == 4 && minor < 64)
        snprintf(text, sizeof text, "tty%d", minor);
    else
        return json_null();
    return json_string(text);
}

static int64_t
started_at(const struct process *process)
{
    struct timespec wall, boot;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return ((int64_t)wall.tv_sec - boot.tv_sec) * SECOND + (wall.tv_nsec - boot.tv_nsec) / 1000 +
           (int64_t)(process->started * (uint64_t)SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

static json_t *
row_of(const struct listing *listing, json_t *token, const struct session *session)
{
    static const char logind[] = "logind ";
    const struct process *head = &listing->open.processes.all[session->head];
    bool by_logind = strncmp(head->group, logind, strlen(logind)) == 0;
    json_t *row = json_pack("{s:O, s:O, s:O, s:O}", "id", json_object_get(token, "id"), "name",
                            json_object_get(token, "name"), "tenant",
                            json_object_get(token, "tenant"), "user",
                            json_object_get(token, "user"));

    ask_set(row, "service",
            session->service[0] == '\0' ? json_null() : json_string(session->service));
    ask_set(row, "from", head->from[0] == '\0' ? json_null() : json_string(head->from));
    ask_set(row, "terminal", terminal_name(head->terminal));
    ask_set(row, "since", json_integer(started_at(head)));
    ask_set(row, "pid", json_integer(head->pid));
    ask_set(row, "processes", json_integer((json_int_t)session->processes));
    ask_set(row, "logind", by_logind ? json_string(head->group + strlen(logind)) : json_null());
    return row;
}

/* --- of a token --- */

static int
take_token(struct listing *listing, json_t *token)
{
    struct sessions sessions;
    int64_t untold;
    char key[300];
    int status = EXIT_DONE;

    if (!cmd_open_sessions_of(&listing->open, token, &sessions, &untold))
        status = tell_failure(listing->patctl, EXIT_INTERNAL, "memory", "", "out of memory");
    for (size_t i = 0; i < sessions.count; i++)
        json_array_append_new(listing->rows, row_of(listing, token, &sessions.all[i]));
    sessions_free(&sessions);
    snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
    if (json_object_get(listing->uids, key) == NULL)
        listing->untold += untold;
    ask_set(listing->uids, key, json_true());
    return status;
}

static int
sessions_of_one(struct listing *listing, const char *reference)
{
    json_t *parameters = json_object(), *reply = NULL;
    int status;

    ask_set_text(parameters, "token", reference);
    ask_set_text(parameters, "tenant", listing->patctl->globals.tenant);
    status = ask_once(listing->patctl, "Show", parameters, &reply);
    if (status == EXIT_DONE)
        status = take_token(listing, json_object_get(reply, "token"));
    json_decref(reply);
    return status;
}

/* --- of all --- */

static bool
is_wanted(const struct patctl *patctl, json_t *token)
{
    return (patctl->globals.user == NULL ||
            pat_text_equal(patctl->globals.user, ask_text(token, "user"))) &&
           (patctl->globals.tenant == NULL ||
            pat_text_equal(patctl->globals.tenant, ask_text(token, "tenant")));
}

/* What processes name; patd knows those that exist and are the caller's to see. */
static int
sessions_of_all(struct listing *listing)
{
    json_t *seen = json_object();
    int status = EXIT_DONE;

    for (size_t i = 0; status == EXIT_DONE && i < listing->open.processes.count; i++) {
        const struct process *process = &listing->open.processes.all[i];
        json_t *reply = NULL;
        char key[64];

        snprintf(key, sizeof key, "%s/%s", process->tenant, process->id);
        if (process->id[0] == '\0' || process->tenant[0] == '\0' ||
            json_object_get(seen, key) != NULL)
            continue;
        ask_set(seen, key, json_true());
        status = ask_once(&listing->open.quiet, "Show",
                          json_pack("{s:s, s:s}", "token", process->id, "tenant", process->tenant),
                          &reply);
        if (status == EXIT_DONE && is_wanted(listing->patctl, json_object_get(reply, "token")))
            status = take_token(listing, json_object_get(reply, "token"));
        else if (status != EXIT_UNAVAILABLE)
            status = EXIT_DONE;
        json_decref(reply);
    }
    json_decref(seen);
    if (status == EXIT_UNAVAILABLE) /* nobody was told yet */
        status = ask_once(listing->patctl, "WhoAmI", json_object(), &seen);
    return status;
}

/* --- the whole --- */

static void
print(struct listing *listing)
{
    static const struct out_field since = {"since", "since", "", OUT_TIME, OUT_ALWAYS, NULL};
    struct out *out = listing->patctl->out;
    json_t *extra = json_pack("{s:I}", "untold", (json_int_t)listing->untold);
    size_t index;
    json_t *row;

    if (!sort_rows(listing->rows, &since, false))
        tell_note(listing->patctl, "out of memory: they are not in order");
    out_table_begin(out, "sessions", fields_session);
    json_array_foreach(listing->rows, index, row) out_table_row(out, row);
    out_table_end(out, extra);
    json_decref(extra);
    if (json_array_size(listing->rows) == 0)
        out_say(out, "No open session names %s token.", listing->untold > 0 ? "the" : "a");
    if (listing->untold > 0)
        out_say(out,
                "%s %lld SSH connection%s of the same account name no token: opened with a "
                "password or a key,\n  without a program (a forwarding, sftp), or pam_pat has not "
                "the option putenv.",
                out_symbol(out, OUT_WARN), (long long)listing->untold,
                listing->untold == 1 ? "" : "s");
    if (geteuid() != 0)
        tell_note(listing->patctl, "Your own processes were looked at; root sees all.");
}

int
cmd_sessions(struct patctl *patctl, const struct cmd_line *line)
{
    struct listing listing = {.patctl = patctl, .rows = json_array(), .uids = json_object()};
    int status = cmd_open_sessions_begin(patctl, &listing.open);

    if (status == EXIT_DONE)
        status = line->word_count > 0 ? sessions_of_one(&listing, line->words[0])
                                      : sessions_of_all(&listing);
    if (status == EXIT_DONE)
        print(&listing);
    cmd_open_sessions_end(&listing.open);
    json_decref(listing.rows);
    json_decref(listing.uids);
    return status;
}
