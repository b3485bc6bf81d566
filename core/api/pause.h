/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may end what somebody paused: a suspended token, a disabled user. */
#ifndef PAT_API_PAUSE_H
#define PAT_API_PAUSE_H

#include "core/api/manage.h"

/* What is paused, as the change log tells of it. */
struct pat_pause {
    const char *tenant;
    const char *event;   /* of the pause: token.suspend, user.disable */
    const char *user;    /* whose */
    const char *subject; /* the token's id; NULL: the user is paused */
    int64_t since;       /* the number of the change that made the thing; 0: not known */
};

/*
 * SECURITY: nobody undoes what somebody above them did: a user only their own pause, an
 * administrator no operator's. A pause that is too far back in the log to be found, or behind its
 * cut, is an operator's to end. *ret says whether the caller may, and who (at least
 * PAT_USER_MAX + 1 bytes) names whoever paused it, or "somebody else".
 */
PAT_CHECKED enum pat_err pat_pause_may_end(struct pat_manage *manage, const struct pat_pause *pause,
                                           bool *ret, char who[PAT_USER_MAX + 1]);

#endif
