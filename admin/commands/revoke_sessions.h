/* SPDX-License-Identifier: BSD-2-Clause */
/* What a revocation has to do with the sessions that its tokens opened. */
#ifndef ADMIN_COMMANDS_REVOKE_SESSIONS_H
#define ADMIN_COMMANDS_REVOKE_SESSIONS_H

#include "admin/commands/revoke_pick.h"

/* --kill-sessions: EXIT_DONE for root; else tells why not, before anything is changed. */
int cmd_revoke_sessions_may(const struct patctl *patctl);

/* " · 1 open session" of one token, or "": behind the line that shows it. */
void cmd_revoke_sessions_line(struct patctl *patctl, json_t *token, char *ret, size_t size);

/*
 * After the revocation: ends the sessions (with kill_sessions) or counts them, of the revoked
 * tokens and of those that were revoked before. *ret_told is new: null, or "sessions" of the JSON
 * document. EXIT_PARTLY when something that should have ended has not, or nobody can tell.
 */
int cmd_revoke_sessions_after(struct revoking *revoking, json_t **ret_told);
/* The same for people. */
void cmd_revoke_sessions_say(const struct revoking *revoking, json_t *told);

#endif
