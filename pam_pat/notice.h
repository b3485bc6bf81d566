/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAM_PAT_NOTICE_H
#define PAM_PAT_NOTICE_H

#include <security/pam_modules.h>

#include "core/pat.h"

/* A token that ends within so many days is spoken of: what patctl calls "expiring". */
#define PAT_NOTICE_DAYS 14

/*
 * Tells whoever logs in that the accepted token ends soon, if it does and the application can tell
 * it. Whether it could makes no difference to the login. Only where a person logs in, to an account
 * of the host: mail programs and the like have nobody to tell.
 */
void pat_notice_say(pam_handle_t *pamh, const struct pat_answer *answer);

#endif
