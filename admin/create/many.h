/* SPDX-License-Identifier: BSD-2-Clause */
/* Many tokens at once: create --count and create --from-file. */
#ifndef ADMIN_CREATE_MANY_H
#define ADMIN_CREATE_MANY_H

#include "admin/create/wish.h"

bool many_wanted(const struct cmd_line *line);

/*
 * Makes them one by one, as one batch, after every one was judged; common is what options say for
 * all. EXIT_PARTLY when only some could be made.
 */
int many_create(struct patctl *patctl, const struct cmd_line *line, const struct wish *common);

#endif
