/* SPDX-License-Identifier: BSD-2-Clause */
/* rotate --all-expiring: a successor for every token that ends soon. */
#ifndef ADMIN_COMMANDS_ROTATE_ALL_H
#define ADMIN_COMMANDS_ROTATE_ALL_H

#include <stdint.h>

#include "admin/cmd.h"

/* grace in microseconds, as of rotate. EXIT_PARTLY when some got none. */
int cmd_rotate_all(struct patctl *patctl, const struct cmd_line *line, int64_t grace);

#endif
