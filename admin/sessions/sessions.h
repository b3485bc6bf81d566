/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which processes a token's logins left on this host.
 *
 * A login is known by PAT_ID and PAT_TENANT in the environment of what it started: pam_pat sets
 * them with the option putenv. That is a claim of its owner, and so it counts only for processes
 * of the account that the token's user is bound to, and for what su, sudo and the like have started
 * when they had not got the claim from outside. All that a login program started belongs to the
 * login, whatever its environment says later; so does, of the account, what shares logind's or the
 * audit system's session with it, if that login began the session.
 *
 * A login inside another one, with another token, is not part of it.
 */
#ifndef ADMIN_SESSIONS_SESSIONS_H
#define ADMIN_SESSIONS_SESSIONS_H

#include "admin/sessions/processes.h"

struct session_of {
    const char *id, *tenant;
    uid_t uid; /* of the bound account */
};

struct session {
    size_t head;         /* the first process that names the token */
    const char *service; /* sshd, su, sudo, login...; "" when what opened it is gone */
    size_t processes;    /* how many belong to it */
    bool ours;           /* this very process runs in it, or below it */
};

struct sessions {
    struct session *all;
    size_t count;
    /* Of each process the place of its session, or PROCESSES_NONE. */
    size_t *of;
};

/* False without memory. Free it in any case. */
bool sessions_find(const struct processes *processes, const struct session_of *token,
                   struct sessions *ret);
void sessions_free(struct sessions *sessions);

/* SSH connections of an account of which no process names any token. */
size_t sessions_untold(const struct processes *processes, uid_t uid);

#endif
