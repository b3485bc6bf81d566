/* SPDX-License-Identifier: BSD-2-Clause */
/* Serves those who ask about tokens, in the protocols of verify_codec.h. */
#ifndef PATD_VERIFY_OP_H
#define PATD_VERIFY_OP_H

#include "core/api/context.h"
#include "patd/listen.h"
#include "patd/loop.h"

struct patd_verify;

/*
 * Serves their listeners in the loop; groups_fd is from patd_groups_start(). Also after a
 * failure *ret is to be freed, once the loop was closed; it may be NULL.
 */
PAT_CHECKED enum pat_err patd_verify_op_open(struct patd_loop *loop, struct pat_context *context,
                                             struct patd_listeners *listeners, int groups_fd,
                                             struct patd_verify **ret);
/* The loop's tick; context is the struct patd_verify. */
void patd_verify_op_tick(void *context);
/* After its loop was closed; verify may be NULL. */
void patd_verify_op_free(struct patd_verify *verify);

#endif
