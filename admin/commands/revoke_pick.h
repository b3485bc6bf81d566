/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tokens a revocation is about: named, in a file, or what filters find. */
#ifndef ADMIN_COMMANDS_REVOKE_PICK_H
#define ADMIN_COMMANDS_REVOKE_PICK_H

#include <jansson.h>

#include "admin/batch.h"
#include "admin/filter.h"

#define REVOKE_PIECE 1000 /* so many ids go in one call */

struct revoking {
    struct patctl *patctl;
    struct filter filter;
    char reason[CMD_VALUE_MAX + 32];
    bool dry_run, compromised, kill_sessions;
    /* What is meant. */
    json_t *ids;     /* of those that would be revoked; by filter only of the first ones */
    json_t *preview; /* the same tokens, as patd tells them; of a file only the first ones */
    json_t *users;   /* how many of each "tenant/user" */
    json_t *skipped; /* of a file: what is dead already or unknown */
    json_t *dead;    /* with kill_sessions: named tokens that were revoked before */
    int64_t count;
    bool by_file, by_filter; /* by_filter: patd finds them again */
    /* What was done. */
    char batch[BATCH_SIZE];
    json_t *revoked; /* the tokens, when they went by their ids */
    int64_t done;
};

/* Words are ids or names; all of them must be there, and live unless sessions are to end. */
int cmd_revoke_pick_named(struct revoking *revoking, const char *const *words, int count);
/* A file of ids, one a line; "-": standard input. EXIT_NOT_FOUND when it names no token at all. */
int cmd_revoke_pick_file(struct revoking *revoking, const char *file);
/* What the filter finds and is live. */
int cmd_revoke_pick_filtered(struct revoking *revoking);

/* Revoke for at most REVOKE_PIECE ids, or what it would revoke. */
int cmd_revoke_pick_ask(const struct revoking *revoking, json_t *ids, bool dry_run, json_t **ret);

#endif
