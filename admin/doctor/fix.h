/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --fix: what doctor can put right itself, one by one, each asked for. Only files are changed, each
 * is told before, and the way back is told after. Nothing is restarted: that is told, too.
 */
#ifndef ADMIN_DOCTOR_FIX_H
#define ADMIN_DOCTOR_FIX_H

struct doctor;

/* EXIT_DONE; EXIT_USAGE without a terminal and --yes; EXIT_DENIED for others than root. */
int fix_all(const struct doctor *doctor);

#endif
