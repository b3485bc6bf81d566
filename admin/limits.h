/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy of a tenant: as options of the command line, and as members that can be shown. */
#ifndef ADMIN_LIMITS_H
#define ADMIN_LIMITS_H

#include <jansson.h>

#include "admin/cmd.h"

/*
 * Sets the members of policy that the options name; null for words that take a limit away.
 * EXIT_USAGE after telling what is wrong.
 */
int limits_read(const struct patctl *patctl, const struct cmd_line *line, json_t *policy);

/*
 * Puts the members of a tenant's policy beside its own, and "state", "expiry" and "binding" as
 * words, as fields_tenant and its kin want them. For people an empty list is told from none at all.
 */
void limits_spread(json_t *tenant, bool for_people);

#endif
