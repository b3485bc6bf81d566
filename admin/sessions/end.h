/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending processes by descriptors of them, so that no pid can have become somebody else's. */
#ifndef ADMIN_SESSIONS_END_H
#define ADMIN_SESSIONS_END_H

#include "admin/sessions/sessions.h"

/*
 * Ends what belongs to sessions that are not this process's own: SIGTERM and SIGHUP, and SIGKILL
 * for what is still there a second later. Waits until they have gone, 4 s at most. Answers how many
 * were ended; *ret_alive is how many were not.
 */
size_t end_sessions(const struct processes *processes, const struct sessions *sessions,
                    size_t *ret_alive);

#endif
