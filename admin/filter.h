/* SPDX-License-Identifier: BSD-2-Clause */
/* The options that pick tokens, as the filter that patd takes. */
#ifndef ADMIN_FILTER_H
#define ADMIN_FILTER_H

#include <jansson.h>

#include "admin/cmd.h"

struct filter {
    json_t *parameters; /* of List; new */
    bool never_used;    /* keep only what was never used: filter_keeps() does it */
    bool by_state;      /* states were named: revoked ones are shown or unwanted, but not hidden */
    bool some;          /* anything was asked for at all */
};

/*
 * Reads the options of FILTERS, and --user and --tenant. EXIT_USAGE after telling what is wrong;
 * parameters is then NULL.
 */
int filter_read(const struct patctl *patctl, const struct cmd_line *line, struct filter *ret);

bool filter_keeps(const struct filter *filter, json_t *token);

#endif
