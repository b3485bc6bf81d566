/* SPDX-License-Identifier: BSD-2-Clause */
/* Services of the host itself: stacks that libpam runs, and polkit's helper. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/drill/clients.h"
#include "admin/drill/pam_login.h"
#include "core/base/secret.h"

#define TEXT_MAX 4096

enum attempt
client_libpam(const struct login *login, const struct place *place, bool first,
              char said[RUN_SAID_MAX])
{
    const struct pam_login one = {.service = login->service,
                                  .account = login->name,
                                  .caller = login->uid,
                                  .token = login->token,
                                  .seconds = ATTEMPT_SECONDS,
                                  .interrupt = login->interrupt};
    bool accepted = false;
    enum run_end end = pam_login(&one, &accepted, said);

    (void)place;
    (void)first;
    return clients_judge(end, accepted, !accepted, said);
}

/* --- polkit --- */

/* Where distributions have it; no tool says so. */
static const char *
find_helper(void)
{
    static const char *const paths[] = {"/usr/lib/polkit-1/polkit-agent-helper-1",
                                        "/usr/libexec/polkit-agent-helper-1",
                                        "/usr/lib/policykit-1/polkit-agent-helper-1"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

/*
 * The helper asks PAM, and then tells polkitd that it may go on with a question that nobody asked:
 * whether it comes so far is what counts, and polkitd's answer is a refusal always.
 */
enum attempt
client_polkit(const struct login *login, const struct place *place, bool first,
              char said[RUN_SAID_MAX])
{
    const char *helper = find_helper();
    const char *const argv[] = {helper, login->name, NULL};
    char input[256], text[TEXT_MAX] = "";
    const struct run run = {.argv = argv,
                            .input = input,
                            .as_account = true,
                            .uid = login->uid,
                            .gid = login->gid,
                            .text = text,
                            .text_size = sizeof text,
                            .seconds = ATTEMPT_SECONDS,
                            .interrupt = login->interrupt};
    bool accepted, refused;
    enum attempt attempt;
    enum run_end end;
    int status = -1;

    if (helper == NULL)
        return client_libpam(login, place, first, said);
    snprintf(input, sizeof input, "drill\n%s\n", login->token);
    end = run_client(&run, &status, said);
    refused = strstr(text, "pam_authenticate failed") != NULL ||
              strstr(text, "pam_acct_mgmt failed") != NULL;
    accepted = status == 0 || strstr(text, "PolicyKit daemon") != NULL ||
               strstr(text, "getting authority") != NULL;
    attempt = clients_judge(end, accepted && !refused, refused, said);
    if (attempt == ATTEMPT_FAILED && said[0] == '\0')
        snprintf(said, RUN_SAID_MAX, "the helper ended with status %d", status);
    pat_secret_wipe(input, sizeof input);
    return attempt;
}
