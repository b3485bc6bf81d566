/* SPDX-License-Identifier: BSD-2-Clause */
/* The manage socket: Varlink, io.linuxpat.Manage. Runs in a loop and thread of its own. */
#ifndef PATD_MANAGE_OP_H
#define PATD_MANAGE_OP_H

#include "core/api/context.h"
#include "patd/listen.h"
#include "patd/loop.h"

struct patd_manage;

/*
 * Serves the manage listeners in the loop; groups_fd is from a patd_groups_start() of its own. Also
 * after a failure *ret is to be freed, once the loop was closed; it may be NULL.
 */
PAT_CHECKED enum pat_err patd_manage_op_open(struct patd_loop *loop, struct pat_context *context,
                                             struct patd_listeners *listeners, int groups_fd,
                                             struct patd_manage **ret);
/* After its loop was closed; manage may be NULL. */
void patd_manage_op_free(struct patd_manage *manage);

/* Opens the store for writing if need be, and ends tokens that were not confirmed in time. */
void patd_manage_op_tick(void *manage);

#endif
