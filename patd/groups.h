/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which Unix groups an account is in. The name service may hang, crash or load anything, so it is
 * asked in processes that hold no key and no store, each with a second to answer; what they say is
 * kept for 30 seconds. No answer means no group.
 */
#ifndef PATD_GROUPS_H
#define PATD_GROUPS_H

#include <stdint.h>

#include "patd/loop.h"
#include "patd/sandbox.h"

struct patd_groups;

#define PATD_GROUPS_MILLISECONDS 1000

/*
 * Starts the process that asks: before keys are read or threads run. Its descriptor in *ret_fd, and
 * what confines it.
 */
PAT_CHECKED enum pat_err patd_groups_start(const struct patd_sandbox_places *places, int *ret_fd,
                                           struct patd_sandbox *ret_sandbox);

/*
 * Takes over the descriptor. arrived is called in the loop for every answer: names one a line,
 * empty when there is none. It may be called without having been waited for.
 */
typedef void patd_groups_arrived(void *context, const char *account, const char *names);
PAT_CHECKED enum pat_err patd_groups_open(struct patd_loop *loop, int fd,
                                          patd_groups_arrived *arrived, void *context,
                                          struct patd_groups **ret);

/* After its loop was closed; groups may be NULL. */
void patd_groups_free(struct patd_groups *groups);

/* The names that are known, or NULL: then they are asked for, and arrived will be called. */
const char *patd_groups_of(struct patd_groups *groups, const char *account);

/*
 * Asks with a descriptor of the caller's own and waits, a second at most: for the management
 * thread. The names, to be freed; empty when there is no answer; NULL without memory.
 */
char *patd_groups_ask(int fd, const char *account);

/* The same about whether there is an account of this name at all, and its uid. */
enum patd_groups_account { PATD_GROUPS_NO_ACCOUNT, PATD_GROUPS_ACCOUNT, PATD_GROUPS_NO_ANSWER };
enum patd_groups_account patd_groups_ask_account(int fd, const char *name, uint32_t *ret_uid);

#endif
