/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose sessions they are: patd tells the account of a token's user, /proc the rest. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admin/ask.h"
#include "admin/commands/open_sessions.h"
#include "admin/tell.h"
#include "core/base/text.h"

int
cmd_open_sessions_begin(struct patctl *patctl, struct open_sessions *ret)
{
    *ret = (struct open_sessions){.quiet = *patctl, .users = json_object()};
    ret->quiet.silent = true;
    if (processes_read(&ret->processes))
        return EXIT_DONE;
    return tell_failure(patctl, EXIT_INTERNAL, "processes", "", "cannot read /proc: %s",
                        strerror(errno));
}

void
cmd_open_sessions_end(struct open_sessions *open)
{
    processes_free(&open->processes);
    json_decref(open->users);
    open->users = NULL;
}

/* Borrowed; NULL when it cannot be known. */
static json_t *
user_of(struct open_sessions *open, json_t *token)
{
    json_t *reply = NULL, *user;
    char key[300];

    snprintf(key, sizeof key, "%s/%s", ask_text(token, "tenant"), ask_text(token, "user"));
    user = json_object_get(open->users, key);
    if (user != NULL)
        return user;
    if (ask_once(&open->quiet, "UserShow",
                 json_pack("{s:O, s:O}", "tenant", json_object_get(token, "tenant"), "user",
                           json_object_get(token, "user")),
                 &reply) != EXIT_DONE)
        return NULL;
    json_object_set(open->users, key, json_object_get(reply, "user"));
    json_decref(reply);
    return json_object_get(open->users, key);
}

bool
cmd_open_sessions_of(struct open_sessions *open, json_t *token, struct sessions *ret,
                     int64_t *ret_untold)
{
    json_t *uid = json_object_get(user_of(open, token), "uid");
    const struct session_of of = {.id = ask_text(token, "id"),
                                  .tenant = ask_text(token, "tenant"),
                                  .uid = (uid_t)json_integer_value(uid)};

    *ret = (struct sessions){.count = 0};
    *ret_untold = 0;
    if (!json_is_integer(uid))
        return true;
    *ret_untold = (int64_t)sessions_untold(&open->processes, of.uid);
    return sessions_find(&open->processes, &of, ret);
}

static bool
is_named(const struct open_sessions *open, const char *id)
{
    for (size_t i = 0; i < open->processes.count; i++)
        if (pat_text_equal(open->processes.all[i].id, id))
            return true;
    return false;
}

int64_t
cmd_open_sessions_count(struct open_sessions *open, json_t *tokens)
{
    int64_t count = 0, ignored;
    size_t index;
    json_t *token;

    json_array_foreach(tokens, index, token)
    {
        struct sessions sessions;

        if (!is_named(open, ask_text(token, "id")))
            continue; /* nobody has to be asked */
        if (cmd_open_sessions_of(open, token, &sessions, &ignored))
            count += (int64_t)sessions.count;
        sessions_free(&sessions);
    }
    return count;
}
