/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A module for tests: writes what it finds in PAM_AUTHTOK to the system log, as a module that sends
 * passwords to a server would see it. Without a password it writes "nothing". Decides nothing.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#define SEEN_MAX 256

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    const void *item = NULL;
    char hex[2 * SEEN_MAX + 1] = "nothing";

    (void)flags;
    (void)argc;
    (void)argv;
    if (pam_get_item(pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS && item != NULL) {
        const unsigned char *text = item;

        for (size_t i = 0; i < SEEN_MAX && text[i] != '\0'; i++)
            snprintf(hex + 2 * i, 3, "%02x", text[i]);
    }
    pam_syslog(pamh, LOG_NOTICE, "probe=%s", hex);
    return PAM_IGNORE;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_SUCCESS;
}
