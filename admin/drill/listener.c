/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's tables of sockets (proc_pid_net(5)), and who is at the other end of a path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "admin/drill/listener.h"
#include "admin/host/process.h"
#include "admin/host/survey.h"
#include "core/base/text.h"

#define LISTENS "0A" /* TCP_LISTEN */
#define WORDS 8      /* sl, local_address, rem_address, st, queues, timer, retrnsmt, uid */

static bool
is_allowed(uid_t uid, const struct listener_allowed *allowed)
{
    bool found = uid == 0;

    for (size_t i = 0; i < allowed->count; i++)
        found = found || allowed->uids[i] == uid;
    return found;
}

/* A line of the table: false when a stranger listens at this port, on whatever address. */
static bool
is_harmless(char *line, unsigned long port, const struct listener_allowed *allowed, uid_t *ret_who)
{
    char *words[WORDS], *rest = NULL, *colon;
    size_t count = 0;
    uid_t uid;

    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    if (count < WORDS || !pat_text_equal(words[3], LISTENS) ||
        (colon = strchr(words[1], ':')) == NULL || strtoul(colon + 1, NULL, 16) != port)
        return true;
    uid = (uid_t)strtoul(words[7], NULL, 10);
    if (is_allowed(uid, allowed))
        return true;
    *ret_who = uid;
    return false;
}

static bool
port_is_allowed(const char *table, const char *port, const struct listener_allowed *allowed,
                uid_t *ret_who)
{
    FILE *file = fopen(table, "re");
    unsigned long number = strtoul(port, NULL, 10);
    char line[512];
    bool fine = true;

    while (file != NULL && fine && fgets(line, sizeof line, file) != NULL)
        fine = is_harmless(line, number, allowed, ret_who);
    if (file != NULL)
        fclose(file);
    return fine;
}

/* PostgreSQL names its sockets by the directory and the port. */
static bool
path_is_allowed(const struct place *place, const struct listener_allowed *allowed, uid_t *ret_who)
{
    struct process process;
    char path[160];
    pid_t pid = 0;

    snprintf(path, sizeof path, "%s%s%s", place->address,
             place->port[0] == '\0' ? "" : "/.s.PGSQL.", place->port);
    if (survey_socket(path, SOCK_STREAM, &pid) != SURVEY_LISTENS)
        return true;
    *ret_who = process_read(pid, &process) ? process.uid : (uid_t)-1;
    return is_allowed(*ret_who, allowed);
}

bool
listener_is_allowed(const struct place *place, const struct listener_allowed *allowed,
                    uid_t *ret_who)
{
    if (place->address[0] == '/')
        return path_is_allowed(place, allowed, ret_who);
    return place->port[0] == '\0' ||
           (port_is_allowed("/proc/self/net/tcp", place->port, allowed, ret_who) &&
            port_is_allowed("/proc/self/net/tcp6", place->port, allowed, ret_who));
}
