/* SPDX-License-Identifier: BSD-2-Clause */
/* Policies of tenants: which of the new values take something away. Pure. */
#ifndef ADMIN_APPLY_PLAN_POLICY_H
#define ADMIN_APPLY_PLAN_POLICY_H

#include <jansson.h>

/*
 * Divides the values that change (after) into those that are tighter than before, and the others.
 * A tenant that loses realms and gets some loses them first, so that another may have them.
 */
void plan_policy_divide(json_t *before, json_t *after, json_t *narrow, json_t *wide);

/* A PolicyWish of those values that belong into one; new, and perhaps empty. */
json_t *plan_policy_of(json_t *values);

#endif
