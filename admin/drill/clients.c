/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SECURITY: tokens go by standard input (curl) or by a file in memory (ssh, ldapwhoami). The
 * certificates of the loopback are not verified: nobody else can listen there but this host's root,
 * who runs the drill.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/drill/clients.h"
#include "admin/drill/pam_login.h"
#include "admin/drill/secret_file.h"
#include "admin/host/tool.h"
#include "core/base/secret.h"
#include "core/base/text.h"

#define ATTEMPT_SECONDS 15
#define CURL_DENIED 67
#define LDAP_DENIED 49
#define SSH_FAILED 255

static enum attempt
judge(enum run_end end, bool accepted, bool refused, char said[RUN_SAID_MAX])
{
    switch (end) {
    case RUN_ENDED:
        if (accepted)
            return ATTEMPT_ACCEPTED;
        return refused ? ATTEMPT_REFUSED : ATTEMPT_FAILED;
    case RUN_INTERRUPTED:
        return ATTEMPT_INTERRUPTED;
    case RUN_LATE:
        snprintf(said, RUN_SAID_MAX, "no answer in %d s", ATTEMPT_SECONDS);
        return ATTEMPT_FAILED;
    case RUN_MISSING:
        snprintf(said, RUN_SAID_MAX, "the client is not installed");
        return ATTEMPT_FAILED;
    case RUN_FAILED:
        break;
    }
    if (said[0] == '\0')
        snprintf(said, RUN_SAID_MAX, "the client could not be run");
    return ATTEMPT_FAILED;
}

/* --- libpam --- */

static enum attempt
by_libpam(struct login *login, char said[RUN_SAID_MAX])
{
    const struct pam_login one = {.service = login->service,
                                  .account = login->name,
                                  .caller = login->uid,
                                  .token = login->token,
                                  .seconds = ATTEMPT_SECONDS,
                                  .interrupt = login->interrupt};
    bool accepted = false;
    enum run_end end = pam_login(&one, &accepted, said);

    return judge(end, accepted, !accepted, said);
}

/* --- ssh --- */

struct sshd {
    char port[8], address[64];
    const char *method;
};

static void
take_address(struct sshd *sshd, const char *value)
{
    const char *colon = strrchr(value, ':');
    size_t len = colon == NULL ? strlen(value) : (size_t)(colon - value);

    if (value[0] == '[' && len > 2) { /* [::1]:22 */
        value++;
        len -= 2;
    }
    if (sshd->address[0] == '\0' &&
        pat_text_copy(sshd->address, sizeof sshd->address, value, len) != PAT_OK)
        sshd->address[0] = '\0';
}

/* Port, address and method as sshd's own tool tells them. */
static void
ask_sshd(struct sshd *ret)
{
    static const char *const argv[] = {"sshd", "-T", NULL};
    struct tool_result result;
    char *line, *rest = NULL;

    *ret = (struct sshd){.port = "22", .method = "password"};
    if (tool_run(argv, TOOL_SECONDS, &result) == PAT_OK && tool_succeeded(&result))
        for (line = strtok_r(result.out, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            if (strncmp(line, "port ", 5) == 0)
                snprintf(ret->port, sizeof ret->port, "%s", line + 5);
            else if (pat_text_equal(line, "passwordauthentication no"))
                ret->method = "keyboard-interactive";
            else if (strncmp(line, "listenaddress ", 14) == 0)
                take_address(ret, line + 14);
        }
    tool_free(&result);
    if (ret->address[0] == '\0' || pat_text_equal(ret->address, "0.0.0.0") ||
        pat_text_equal(ret->address, "::"))
        pat_text_clip(ret->address, sizeof ret->address, "127.0.0.1");
}

static enum attempt
run_ssh(const struct login *login, const struct sshd *sshd, const char *askpass,
        char said[RUN_SAID_MAX])
{
    char preferred[64], program[128];
    const char *const argv[] = {"ssh",         "-F",
                                "none",        "-T",
                                "-x",          "-a",
                                "-p",          sshd->port,
                                "-l",          login->name,
                                "-o",          preferred,
                                "-o",          "NumberOfPasswordPrompts=1",
                                "-o",          "PubkeyAuthentication=no",
                                "-o",          "GSSAPIAuthentication=no",
                                "-o",          "HostbasedAuthentication=no",
                                "-o",          "StrictHostKeyChecking=no",
                                "-o",          "UserKnownHostsFile=/dev/null",
                                "-o",          "GlobalKnownHostsFile=/dev/null",
                                "-o",          "LogLevel=ERROR",
                                "-o",          "ConnectTimeout=5",
                                "-o",          "ControlPath=none",
                                "-o",          "ClearAllForwardings=yes",
                                "-o",          "CheckHostIP=no",
                                sshd->address, "true",
                                NULL};
    const char *const environment[] = {program, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none",
                                       "HOME=/", NULL};
    const struct run run = {.argv = argv,
                            .environment = environment,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};
    int status = SSH_FAILED;
    enum run_end end;

    snprintf(preferred, sizeof preferred, "PreferredAuthentications=%s", sshd->method);
    snprintf(program, sizeof program, "SSH_ASKPASS=%s", askpass);
    end = run_client(&run, &status, said);
    /* The account has no shell: whatever it ends with, it was let in. */
    return judge(end, status != SSH_FAILED, strstr(said, "Permission denied") != NULL, said);
}

static enum attempt
by_ssh(struct login *login, char said[RUN_SAID_MAX])
{
    char token_path[SECRET_FILE_PATH], askpass_path[SECRET_FILE_PATH], script[128];
    enum attempt attempt = ATTEMPT_FAILED;
    struct sshd sshd;
    int token, askpass = -1;

    ask_sshd(&sshd);
    token = secret_file_open(login->token, strlen(login->token), false, token_path);
    if (token != -1) {
        snprintf(script, sizeof script, "#!/bin/sh\nexec cat %s\n", token_path);
        askpass = secret_file_open(script, strlen(script), true, askpass_path);
    }
    if (askpass == -1)
        snprintf(said, RUN_SAID_MAX, "cannot hand over the token: no file in memory");
    else
        attempt = run_ssh(login, &sshd, askpass_path, said);
    if (token != -1)
        close(token);
    if (askpass != -1)
        close(askpass);
    return attempt;
}

/* --- several places where a service may be --- */

typedef enum attempt try_one(const struct login *login, const char *endpoint,
                             char said[RUN_SAID_MAX]);

/* The first that lets one in, and from then on that one. A refusal tells more than no answer. */
static enum attempt
try_endpoints(struct login *login, const char *const *endpoints, try_one *try,
              char said[RUN_SAID_MAX])
{
    enum attempt best = ATTEMPT_FAILED;
    char other[RUN_SAID_MAX];

    if (login->endpoint >= 0)
        return try(login, endpoints[login->endpoint], said);
    said[0] = '\0';
    for (int i = 0; endpoints[i] != NULL; i++) {
        enum attempt attempt = try(login, endpoints[i], other);

        if (attempt == ATTEMPT_ACCEPTED || attempt == ATTEMPT_INTERRUPTED) {
            login->endpoint = i;
            return attempt;
        }
        if (said[0] == '\0' || (attempt == ATTEMPT_REFUSED && best != ATTEMPT_REFUSED)) {
            pat_text_clip(said, RUN_SAID_MAX, other);
            best = attempt;
        }
    }
    return best;
}

/* --- curl --- */

static enum attempt
run_curl(const struct login *login, const char *endpoint, char said[RUN_SAID_MAX])
{
    static const char *const argv[] = {"curl", "-q", "-K", "-", NULL};
    char config[1024];
    const struct run run = {
        .argv = argv, .input = config, .seconds = ATTEMPT_SECONDS, .interrupt = login->interrupt};
    int status = -1;
    enum run_end end;

    snprintf(config, sizeof config,
             "url = \"%s\"\nuser = \"%s:%s\"\nlogin-options = \"AUTH=PLAIN\"\nssl\ninsecure\n"
             "silent\nshow-error\nrequest = \"NOOP\"\nnoproxy = \"*\"\nmax-time = %d\n",
             endpoint, login->name, login->token, ATTEMPT_SECONDS - 1);
    end = run_client(&run, &status, said);
    pat_secret_wipe(config, sizeof config);
    return judge(end, status == 0, status == CURL_DENIED, said);
}

static enum attempt
by_smtp(struct login *login, char said[RUN_SAID_MAX])
{
    static const char *const endpoints[] = {"smtp://127.0.0.1:587", "smtps://127.0.0.1:465",
                                            "smtp://127.0.0.1:25", NULL};

    return try_endpoints(login, endpoints, run_curl, said);
}

static enum attempt
by_imap(struct login *login, char said[RUN_SAID_MAX])
{
    static const char *const endpoints[] = {"imap://127.0.0.1:143", "imaps://127.0.0.1:993", NULL};

    return try_endpoints(login, endpoints, run_curl, said);
}

/* --- ldapwhoami --- */

static enum attempt
run_ldapwhoami(const struct login *login, const char *endpoint, char said[RUN_SAID_MAX])
{
    static const char *const environment[] = {"LDAPTLS_REQCERT=never", "HOME=/", NULL};
    char path[SECRET_FILE_PATH];
    bool starttls = strncmp(endpoint, "ldap:", 5) == 0;
    const char *const argv[] = {"ldapwhoami",
                                "-H",
                                endpoint,
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

    if (fd == -1) {
        snprintf(said, RUN_SAID_MAX, "cannot hand over the token: no file in memory");
        return ATTEMPT_FAILED;
    }
    end = run_client(&run, &status, said);
    close(fd);
    return judge(end, status == 0, status == LDAP_DENIED, said);
}

static enum attempt
by_ldap(struct login *login, char said[RUN_SAID_MAX])
{
    static const char *const endpoints[] = {"ldap://127.0.0.1", "ldaps://127.0.0.1", "ldapi:///",
                                            NULL};

    return try_endpoints(login, endpoints, run_ldapwhoami, said);
}

/* --- the table --- */

static const struct client clients[] = {
    {"sshd", "ssh", "ssh", by_ssh},
    {"sudo", "", "libpam", by_libpam},
    {"sudo-i", "", "libpam", by_libpam},
    {"su", "", "libpam", by_libpam},
    {"su-l", "", "libpam", by_libpam},
    {"login", "", "libpam", by_libpam},
    {"polkit-1", "", "libpam", by_libpam},
    {"smtp", "curl", "SMTP by curl", by_smtp},
    {"imap", "curl", "IMAP by curl", by_imap},
    {"dovecot", "curl", "IMAP by curl", by_imap},
    {"ldap", "ldapwhoami", "ldapwhoami", by_ldap},
    {"pop", NULL, "a POP3 login needs a mailbox, which the canary has not", NULL},
    {"sieve", NULL, "no usual client of Sieve takes a password but by hand", NULL},
    {"memcached", NULL, "its clients take passwords as arguments only", NULL},
    {"svn", NULL, "a login needs a repository's name", NULL},
    {"nginx", NULL, "a login needs a page that is protected: try one with curl", NULL},
    {"postgresql", NULL, "a login needs a role of the canary's name", NULL},
    {"vsftpd", NULL, "a login needs a home directory, which the canary has not", NULL},
    {NULL, NULL, "patctl knows no client of it", NULL},
};

const struct client *
clients_find(const char *service)
{
    const struct client *client = clients;

    while (client->service != NULL && !pat_text_equal(client->service, service))
        client++;
    return client;
}
