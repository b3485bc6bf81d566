/* SPDX-License-Identifier: BSD-2-Clause */
/* What is drilled: the services of this host that are wired, and how one logs in to each. */
#ifndef ADMIN_DRILL_ROWS_H
#define ADMIN_DRILL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "admin/drill/clients.h"
#include "core/base/err.h"
#include "core/config/config.h"
#include "core/policy/name.h"
#include "core/policy/scope.h"
#include "core/token/token.h"

#define ROWS_MAX 32
#define ROWS_TEXT 400

enum row_state {
    ROW_WAITING,   /* to be drilled */
    ROW_UNDRILLED, /* why says why nothing was tried */
    ROW_NO_LOGIN,  /* the good token was not let in: nothing is proven */
    ROW_KEPT,      /* the first login after the revocation was refused */
    ROW_BROKEN,    /* some login after it was accepted */
};

struct row {
    char service[PAT_SERVICE_MAX + 1]; /* as patd is asked */
    char path[80];                     /* "PAM", "SASL plugin, authdaemon" */
    char scope[64];
    bool local;                    /* its users are accounts */
    char realm[PAT_REALM_MAX + 1]; /* what its names end in, "" where they need none */
    const struct client *client;
    struct pat_config_uids askers; /* who may ask patd about it, beside root */
    struct places places;
    int chosen; /* of them; -1: not known yet */
    enum row_state state;
    char why[ROWS_TEXT];   /* what to know of the result */
    char cache[ROWS_TEXT]; /* ROW_BROKEN: who remembers, by name */
    /* What is known of the token. SECURITY: wiped by rows_wipe(). */
    char token[PAT_TOKEN_MAX + 1];
    char id[PAT_ID_LEN + 1];
    int64_t revoked; /* milliseconds of CLOCK_MONOTONIC; 0: not yet */
    int64_t refused; /* milliseconds from the revocation to the first refusal; -1: none */
    int accepted_after, refused_after;
    int64_t again; /* not before, likewise */
    bool busy;     /* a login is under way */
    bool settled;  /* no further login can tell more */
    bool denied;   /* patd itself said no after the revocation */
};

struct rows {
    size_t count;
    struct row all[ROWS_MAX];
};

struct rows_wish {
    const char *const *words; /* services that are meant; none: all that are wired */
    int word_count;
    const char *config; /* pat.conf */
    bool config_may_be_missing;
    const char *tenant; /* whose tokens */
    const char *realm;  /* the first of the tenant's; "": it has none */
};

/*
 * PAT_ERR_NOT_FOUND: a word names no service, and problem is that; PAT_ERR_SYNTAX: pat.conf is
 * wrong, and problem says where.
 */
PAT_CHECKED enum pat_err rows_find(const struct rows_wish *wish, struct rows *ret,
                                   char problem[ROWS_TEXT]);

/*
 * Leaves out what keeps an account out for its shell, whatever its token: pam_shells stands behind
 * tokens, too.
 */
void rows_look_at_shell(struct rows *rows, const char *account, const char *shell);

void rows_wipe(struct rows *rows);

/* How many are in a state. */
size_t rows_count(const struct rows *rows, enum row_state state);

#endif
