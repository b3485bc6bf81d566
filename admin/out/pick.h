/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of fields on the command line, judged before anything is asked or changed. */
#ifndef ADMIN_OUT_PICK_H
#define ADMIN_OUT_PICK_H

#include "admin/cmd.h"
#include "admin/out/out.h"

/* Whether --json=FIELDS, if it was given, names fields of the command; EXIT_USAGE after telling. */
int pick_json(const struct patctl *patctl, const struct cmd *cmd);

/* The same for one list of names; option is how it is called in messages. NULL names are good. */
int pick_names(const struct patctl *patctl, const char *option, const struct out_field *fields,
               const char *more, const char *names);

#endif
