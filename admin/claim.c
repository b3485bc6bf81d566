/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment's word for who is really typing. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/claim.h"
#include "core/base/text.h"

#define CLAIM_MAX 100

static void
set(json_t *claim, const char *name, const char *text)
{
    char value[CLAIM_MAX + 1];
    size_t points;

    if (text == NULL || text[0] == '\0')
        return;
    pat_text_clip(value, sizeof value, text);
    if (pat_text_points(value, &points) == PAT_OK)
        json_object_set_new(claim, name, json_string(value));
}

json_t *
claim_new(void)
{
    json_t *claim = json_object();
    const char *connection = getenv("SSH_CONNECTION");
    char remote[CLAIM_MAX + 1] = "";
    char tty[CLAIM_MAX + 1] = "";

    if (connection != NULL &&
        pat_text_copy(remote, sizeof remote, connection, strcspn(connection, " ")) != PAT_OK)
        remote[0] = '\0';
    if (ttyname_r(STDIN_FILENO, tty, sizeof tty) != 0 &&
        ttyname_r(STDERR_FILENO, tty, sizeof tty) != 0)
        tty[0] = '\0';
    set(claim, "sudoUser", getenv("SUDO_USER"));
    set(claim, "tty", tty);
    set(claim, "remote", remote);
    return claim;
}
