/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The canary: a user of patd that exists for the time of a drill, with one token for each service,
 * of one scope, which ends by itself ten minutes later. Whatever ends patctl, the next drill
 * removes what is left; one at a time.
 */
#ifndef ADMIN_DRILL_CANARY_H
#define ADMIN_DRILL_CANARY_H

#include <jansson.h>

#include "admin/drill/rows.h"
#include "admin/patctl.h"

#define CANARY_NAME "pat-canary"

struct canary {
    struct patctl *patctl;
    const char *tenant;
    const char *account; /* NULL: none, and only virtual services are drilled */
    uid_t uid;
    gid_t gid;
    bool needs_addresses; /* the tenant's tokens are bound to addresses: to the loopback's */
    int lock;             /* -1: not held */
    bool made;            /* there is something to remove */
};

/* Takes the lock, removes what a drill left, makes the user. End it in any case. */
int canary_begin(struct canary *canary, const struct rows *rows);
/* Removes user, grants and tokens; what was told before stays in the change log. */
int canary_end(struct canary *canary);

/* Makes the token of a row, which is ROW_UNDRILLED where the tenant's rules forbid it. */
int canary_create(struct canary *canary, struct row *row);
/* Revokes it. */
int canary_revoke(struct canary *canary, const struct row *row);

/*
 * What the change log and the uses say of it: {"created": {seq, time}, "revoked": {...},
 * "uses": [...]}; new. NULL and told on failure. Also when patd itself refused it first: in
 * milliseconds from the revocation, or -1.
 */
json_t *canary_evidence(struct canary *canary, const struct row *row, int64_t *ret_refused);

#endif
