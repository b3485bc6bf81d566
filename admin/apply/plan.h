/* SPDX-License-Identifier: BSD-2-Clause */
/* From differences to calls of patd's methods, in an order. Pure. */
#ifndef ADMIN_APPLY_PLAN_H
#define ADMIN_APPLY_PLAN_H

#include <jansson.h>

/*
 * The calls that make the differences go away, a new array of
 *
 *     {"method": "GrantAdd", "parameters": {...}, "what": "user acme/alice: grants + mail:read",
 *      "phase": 0, "reason": true}
 *
 * in the order in which they are to be made. reason: the method takes one. All take a claim.
 */
json_t *plan_steps(json_t *differences);

#endif
