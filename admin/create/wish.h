/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new token shall be, as people write it: by options, in a dialogue, or in a file. */
#ifndef ADMIN_CREATE_WISH_H
#define ADMIN_CREATE_WISH_H

#include <jansson.h>

#include "admin/cmd.h"

/* Borrowed texts; NULL: not said. */
struct wish {
    const char *user; /* NULL: the caller */
    const char *name, *description;
    const char *scopes, *addresses; /* by commas or spaces */
    const char *expires, *not_before;
    const char *batch;
    bool pending; /* it does not work until it is confirmed */
};

void wish_from_line(const struct patctl *patctl, const struct cmd_line *line, struct wish *ret);

/* What the caller may give to a token of this user; see Offer in io.linuxpat.Manage. */
int wish_ask_offer(struct patctl *patctl, const char *user, json_t **ret);

/* Makes the token. *ret holds "token", the secret, and "created". */
int wish_create(struct patctl *patctl, const struct wish *wish, json_t **ret);

#endif
