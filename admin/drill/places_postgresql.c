/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PostgreSQL: postmaster.pid tells where a server listens, and the server itself which lines of
 * pg_hba.conf ask PAM, when its own account may ask it ("local all postgres peer").
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/drill/places.h"
#include "admin/host/process.h"
#include "admin/host/tool.h"
#include "core/base/text.h"

#define SERVICE "postgresql"
#define QUESTION                                                                                   \
    "SELECT type, database[1], user_name[1] FROM pg_hba_file_rules WHERE auth_method = 'pam' AND"  \
    " (options IS NULL OR NOT array_to_string(options, ' ') LIKE '%pamservice=%' OR"               \
    " 'pamservice=" SERVICE "' = ANY (options)) ORDER BY line_number"

struct server {
    char port[8], sockets[108], address[108];
    uid_t uid;
    gid_t gid;
};

struct search {
    struct places *places;
    bool runs, asked; /* asked: some server told its lines */
};

/* Lines 4, 5 and 6: port, directory of sockets, and the first address, or "*", or nothing. */
static bool
read_pid_file(const char *data, struct server *ret)
{
    char path[512], *text, *line, listen[108] = "";
    int number = 1;
    bool found = false;

    snprintf(path, sizeof path, "%.400s/postmaster.pid", data);
    text = places_read(path);
    for (line = text; line != NULL && *line != '\0'; number++) {
        size_t len = strcspn(line, "\n");
        bool more = line[len] != '\0';

        line[len] = '\0';
        if (number == 4)
            found = places_port(line, ret->port);
        else if (number == 5)
            pat_text_clip(ret->sockets, sizeof ret->sockets, line);
        else if (number == 6)
            pat_text_clip(listen, sizeof listen, line);
        line += len + more;
    }
    free(text);
    ret->address[0] = '\0';
    if (listen[0] != '\0')
        places_address(listen, ret->address);
    return found;
}

/* "hostssl|all|+tokens": how one connects, to what, and which roles. */
static void
add_line(struct places *places, const struct server *server, char *line)
{
    char *rest = NULL, *type = strtok_r(line, "|", &rest), *database = strtok_r(NULL, "|", &rest);
    const char *roles = strtok_r(NULL, "|", &rest), *name = "postgres";
    bool local = type != NULL && pat_text_equal(type, "local");
    size_t before = places->count;

    if (database == NULL || pat_text_equal(database, "replication") ||
        strncmp(database, "same", 4) == 0)
        return;
    if (!pat_text_equal(database, "all"))
        name = database;
    for (size_t i = 0; i < places->count; i++)
        if (pat_text_equal(places->all[i].scheme, type) &&
            pat_text_equal(places->all[i].port, server->port) &&
            pat_text_equal(places->all[i].name, name))
            return;
    if (local ? server->sockets[0] != '\0' : server->address[0] != '\0')
        places_add(places, type, local ? server->sockets : server->address, server->port, name);
    if (places->count > before && roles != NULL)
        pat_text_clip(places->all[before].by, sizeof places->all[before].by, roles);
}

/* False: it does not answer its own account. */
static bool
ask_server(struct places *places, const struct server *server)
{
    char uid[32], gid[32], *line, *rest = NULL;
    const char *const argv[] = {"setpriv",    uid,   gid,      "--init-groups", "psql",
                                "-XAtqw",     "-F|", "-h",     server->sockets, "-p",
                                server->port, "-c",  QUESTION, "postgres",      NULL};
    struct tool_result result;
    bool told;

    snprintf(uid, sizeof uid, "--reuid=%u", (unsigned)server->uid);
    snprintf(gid, sizeof gid, "--regid=%u", (unsigned)server->gid);
    told = server->sockets[0] != '\0' && tool_run(argv, TOOL_SECONDS, &result) == PAT_OK;
    if (!told)
        return false;
    told = tool_succeeded(&result);
    if (told)
        for (line = strtok_r(result.out, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            add_line(places, server, line);
    tool_free(&result);
    return told;
}

static bool
look_at_server(void *context, const struct process *process)
{
    struct search *search = context;
    const char *data = places_option(process->arguments, "-D");
    struct server server = {.uid = process->uid};
    const struct passwd *account;

    if (data == NULL || data[0] != '/' || !read_pid_file(data, &server))
        return true;
    search->runs = true;
    account = getpwuid(server.uid);
    server.gid = account == NULL ? 0 : account->pw_gid;
    if (account != NULL && server.uid != 0 && ask_server(search->places, &server)) {
        search->asked = true;
        return true;
    }
    if (server.address[0] != '\0') /* it is tried, and tells by itself */
        places_add(search->places, "host", server.address, server.port, "postgres");
    return true;
}

enum places_end
places_postgresql(const char *protocol, struct places *ret, char why[PLACES_WHY])
{
    struct search search = {.places = ret};

    (void)protocol;
    process_each("postgres", look_at_server, &search);
    if (ret->count > 0)
        return PLACES_FOUND;
    snprintf(why, PLACES_WHY, "%s",
             !search.runs   ? "no postgres runs"
             : search.asked ? "no line of pg_hba.conf asks PAM as " SERVICE " (pg_hba_file_rules)"
                            : "postgres listens on no address, and does not tell its pg_hba.conf");
    return PLACES_UNKNOWN;
}
