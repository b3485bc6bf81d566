/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login of a PAM service that has no protocol: its stack is run as its program would run it, by a
 * child. libpam is loaded here, and only for a drill: nothing else of patctl needs it, hosts
 * without PAM have none, and completion is to stay quick.
 */
#ifndef ADMIN_DRILL_PAM_LOGIN_H
#define ADMIN_DRILL_PAM_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/drill/run.h"

struct pam_login {
    const char *service;
    const char *account;
    uid_t caller; /* the real uid: su and sudo are run by somebody, and pam_rootok asks who */
    const char *token;
    unsigned seconds;
    struct interrupt *interrupt;
};

/*
 * RUN_ENDED: accepted, or refused; said tells how libpam calls it. RUN_MISSING: no libpam.
 */
enum run_end pam_login(const struct pam_login *login, bool *ret_accepted, char said[RUN_SAID_MAX]);

#endif
