/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the changes of a plan, one call after the other. */
#ifndef ADMIN_APPLY_CARRY_OUT_H
#define ADMIN_APPLY_CARRY_OUT_H

#include <jansson.h>

#include "admin/patctl.h"

/*
 * Makes the calls of plan_steps() until one fails or somebody interrupts, and tells what was not
 * made. *ret_done is how many were; EXIT_PARTLY when that is some of them.
 */
int carry_out_steps(struct patctl *patctl, json_t *steps, const char *reason, size_t *ret_done);

#endif
