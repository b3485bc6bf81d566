/* SPDX-License-Identifier: BSD-2-Clause */
/* ssh gets the token from an askpass program, which is a file in memory that prints another. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/drill/clients.h"
#include "admin/drill/secret_file.h"

#define SSH_FAILED 255

static enum attempt
run_ssh(const struct login *login, const struct place *place, const char *askpass,
        char said[RUN_SAID_MAX])
{
    char preferred[64], program[128];
    const char *const argv[] = {"ssh",
                                "-F",
                                "none",
                                "-T",
                                "-x",
                                "-a",
                                "-p",
                                place->port,
                                "-l",
                                login->name,
                                "-o",
                                preferred,
                                "-o",
                                "NumberOfPasswordPrompts=1",
                                "-o",
                                "PubkeyAuthentication=no",
                                "-o",
                                "GSSAPIAuthentication=no",
                                "-o",
                                "HostbasedAuthentication=no",
                                "-o",
                                "StrictHostKeyChecking=no",
                                "-o",
                                "UserKnownHostsFile=/dev/null",
                                "-o",
                                "GlobalKnownHostsFile=/dev/null",
                                "-o",
                                "LogLevel=ERROR",
                                "-o",
                                "ConnectTimeout=5",
                                "-o",
                                "ControlPath=none",
                                "-o",
                                "ClearAllForwardings=yes",
                                "-o",
                                "CheckHostIP=no",
                                place->address,
                                "true",
                                NULL};
    const char *const environment[] = {program, "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none",
                                       "HOME=/", NULL};
    const struct run run = {.argv = argv,
                            .environment = environment,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};
    int status = SSH_FAILED;
    enum run_end end;

    snprintf(preferred, sizeof preferred, "PreferredAuthentications=%.32s", place->by);
    snprintf(program, sizeof program, "SSH_ASKPASS=%s", askpass);
    end = run_client(&run, &status, said);
    /* The account has no shell: whatever it ends with, it was let in. */
    return clients_judge(end, status != SSH_FAILED, strstr(said, "Permission denied") != NULL,
                         said);
}

enum attempt
client_ssh(const struct login *login, const struct place *place, bool first,
           char said[RUN_SAID_MAX])
{
    char token_path[SECRET_FILE_PATH], askpass_path[SECRET_FILE_PATH], script[128];
    enum attempt attempt = ATTEMPT_FAILED;
    int token, askpass = -1;

    (void)first;
    token = secret_file_open(login->token, strlen(login->token), false, token_path);
    if (token != -1) {
        snprintf(script, sizeof script, "#!/bin/sh\nexec cat %s\n", token_path);
        askpass = secret_file_open(script, strlen(script), true, askpass_path);
    }
    if (askpass == -1)
        clients_no_file(said);
    else
        attempt = run_ssh(login, place, askpass_path, said);
    if (token != -1)
        close(token);
    if (askpass != -1)
        close(askpass);
    return attempt;
}
