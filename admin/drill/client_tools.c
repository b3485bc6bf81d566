/* SPDX-License-Identifier: BSD-2-Clause */
/* The services' own clients: ldapwhoami, psql and svn. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/drill/clients.h"
#include "admin/drill/secret_file.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define LDAP_DENIED 49

enum attempt
client_ldapwhoami(const struct login *login, const struct place *place, bool first,
                  char said[RUN_SAID_MAX])
{
    static const char *const environment[] = {"LDAPTLS_REQCERT=never", "HOME=/", NULL};
    char path[SECRET_FILE_PATH], url[256];
    bool starttls = pat_text_equal(place->scheme, "ldap");
    const char *const argv[] = {"ldapwhoami",
                                "-H",
                                url,
                                "-Q",
                                "-Y",
                                "PLAIN",
                                "-U",
                                login->name,
                                "-y",
                                path,
                                "-o",
                                "nettimeout=5",
                                starttls ? "-ZZ" : NULL,
                                NULL};
    const struct run run = {.argv = argv,
                            .environment = environment,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};
    int status = -1, fd = secret_file_open(login->token, strlen(login->token), false, path);
    enum run_end end;

    (void)first;
    if (fd == -1)
        return clients_no_file(said);
    clients_url(place, url, sizeof url);
    end = run_client(&run, &status, said);
    close(fd);
    return clients_judge(end, status == 0, status == LDAP_DENIED, said);
}

/* --- psql --- */

/* "hostssl" and the like are the words of pg_hba.conf. */
static const char *
ssl_mode(const char *scheme)
{
    if (pat_text_equal(scheme, "hostssl"))
        return "PGSSLMODE=require";
    return pat_text_equal(scheme, "hostnossl") ? "PGSSLMODE=disable" : "PGSSLMODE=prefer";
}

/* To whom PAM let in, and to nobody else, PostgreSQL says that there is no such role, or database.
 */
static bool
is_told_what_there_is_not(const char *said, const char *kind, const char *name)
{
    char sentence[192];

    snprintf(sentence, sizeof sentence, "%s \"%s\" does not exist", kind, name);
    return strstr(said, sentence) != NULL;
}

/* The server speaks its own language, in which PAM is called PAM. */
enum attempt
client_psql(const struct login *login, const struct place *place, bool first,
            char said[RUN_SAID_MAX])
{
    char path[SECRET_FILE_PATH], passfile[SECRET_FILE_PATH + 16], line[160];
    const char *const environment[] = {
        passfile, ssl_mode(place->scheme), "PGCONNECT_TIMEOUT=10", "PGGSSENCMODE=disable", "HOME=/",
        NULL};
    const char *const argv[] = {"psql",      "-XAtqw", "-h",        place->address, "-p",
                                place->port, "-U",     login->name, "-d",           place->name,
                                "-c",        "",       NULL};
    const struct run run = {.argv = argv,
                            .environment = environment,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};
    int status = -1, fd;
    enum run_end end;
    bool accepted, refused;
    size_t len;

    (void)first;
    snprintf(line, sizeof line, "*:*:*:*:%s\n", login->token);
    fd = secret_file_open(line, strlen(line), false, path);
    pat_secret_wipe(line, sizeof line);
    if (fd == -1)
        return clients_no_file(said);
    snprintf(passfile, sizeof passfile, "PGPASSFILE=%s", path);
    end = run_client(&run, &status, said);
    close(fd);
    refused = status != 0 && strstr(said, "PAM") != NULL;
    accepted = status == 0 || is_told_what_there_is_not(said, "role", login->name) ||
               is_told_what_there_is_not(said, "database", place->name);
    if (end == RUN_ENDED && !accepted && !refused && place->by[0] != '\0') {
        len = strlen(said);
        snprintf(said + len, RUN_SAID_MAX - len,
                 " (pg_hba.conf asks PAM for %s: is there such a role %.64s?)", place->by,
                 login->name);
    }
    return clients_judge(end, accepted, refused, said);
}

/* --- svn --- */

static enum run_end
run_svn(const struct login *login, const char *url, bool with_token, int *ret_status,
        char said[RUN_SAID_MAX])
{
    /* Its configuration has no place to be made in. */
    const char *const argv[] = {"svn",
                                "info",
                                "--non-interactive",
                                "--no-auth-cache",
                                "--config-dir",
                                "/dev/null/none",
                                url,
                                with_token ? "--username" : NULL,
                                login->name,
                                "--password-from-stdin",
                                NULL};
    const struct run run = {.argv = argv,
                            .input = with_token ? login->token : NULL,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};

    *ret_status = -1;
    return run_client(&run, ret_status, said);
}

enum attempt
client_svn(const struct login *login, const struct place *place, bool first,
           char said[RUN_SAID_MAX])
{
    char url[256], ends[RUN_SAID_MAX];
    int status;
    enum run_end end;

    clients_url(place, url, sizeof url);
    snprintf(url + strlen(url), sizeof url - strlen(url), "/%s", place->name);
    if (first) {
        end = run_svn(login, url, false, &status, ends);
        if (end == RUN_ENDED && status == 0) {
            snprintf(said, RUN_SAID_MAX, "%.200s lets everybody read: anon-access = none", url);
            return ATTEMPT_FAILED;
        }
    }
    end = run_svn(login, url, true, &status, said);
    /* Whom authz keeps out was let in before. */
    return clients_judge(end, status == 0 || strstr(said, "Not authorized") != NULL,
                         strstr(said, "Authentication") != NULL || strstr(said, "E215004") != NULL,
                         said);
}
