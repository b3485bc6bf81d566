/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output that is longer than the screen, shown in a pager. What a command prints is caught in
 * memory; when the command is done, the pager reads it from there, or it goes to the terminal.
 *
 * SECURITY: only commands that show what is there are paged: no token ever passes through here.
 */
#ifndef ADMIN_TERMINAL_PAGER_H
#define ADMIN_TERMINAL_PAGER_H

#include "admin/cmd.h"

struct pager;

/*
 * Catches standard output from now on, if people look at it and the command may be long; NULL if
 * not. Call it behind out_new(), which has to see the terminal.
 */
struct pager *pager_new(const struct patctl *patctl, const struct cmd_line *line);

/* Shows what was caught, and catches no more. Standard error may be written behind it. */
void pager_show(struct pager *pager); /* may be NULL */

/* The same, and the end of it. */
void pager_free(struct pager *pager); /* may be NULL */

#endif
