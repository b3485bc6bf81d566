/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who listens where a token is about to be sent. SECURITY: ports above 1023 belong to whoever comes
 * first, and while a service is down that may be anybody.
 */
#ifndef ADMIN_DRILL_LISTENER_H
#define ADMIN_DRILL_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "admin/drill/places.h"

struct listener_allowed {
    const uid_t *uids; /* beside root */
    size_t count;
};

/*
 * False, and who does: others than those listen at the place. Of several who share a port each
 * must be allowed. Where nobody listens, and where it is the client that knows the place, true.
 */
bool listener_is_allowed(const struct place *place, const struct listener_allowed *allowed,
                         uid_t *ret_who);

#endif
