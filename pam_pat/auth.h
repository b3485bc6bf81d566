/* SPDX-License-Identifier: BSD-2-Clause */
/* The decision of pam_sm_authenticate, and what later calls remember of it. */
#ifndef PAM_PAT_AUTH_H
#define PAM_PAT_AUTH_H

#include <security/pam_modules.h>

#include "pam_pat/args.h"

/* A PAM code; never PAM_IGNORE. On PAM_SUCCESS the handle remembers the user. */
int pat_auth_run(pam_handle_t *pamh, const struct pat_args *args);

/* Forgets what an earlier attempt on the same handle left. */
void pat_auth_forget(pam_handle_t *pamh);

/* True when this handle was authenticated by a token as the user it has now. */
bool pat_auth_remembers(pam_handle_t *pamh);

#endif
