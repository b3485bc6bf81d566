/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to people: failures and notes on standard error. */
#ifndef ADMIN_TELL_H
#define ADMIN_TELL_H

#include "admin/patctl.h"

/*
 * Tells a failure and answers status: "patctl: create: ..." and its hint, or with --json an object
 * with code, id, message and hint. Control characters are made visible.
 */
int tell_failure(const struct patctl *patctl, int status, const char *id, const char *hint,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Sees that standard output arrived; answers status, or tells why not. A reader that left early
 * (head, less) is no failure of ours; a full disk is.
 */
int tell_output(const struct patctl *patctl, int status);

/* A note or a warning; nothing with --quiet. */
void tell_note(const struct patctl *patctl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
