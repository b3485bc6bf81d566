/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling what a drill found. */
#ifndef ADMIN_COMMANDS_DRILL_TELL_H
#define ADMIN_COMMANDS_DRILL_TELL_H

#include <jansson.h>

#include "admin/drill/rows.h"
#include "admin/patctl.h"

/* evidence: for each row what canary_evidence() told, or null. account: NULL for none. */
void cmd_drill_tell(struct patctl *patctl, const char *account, const char *tenant,
                    const struct rows *rows, json_t *evidence);

#endif
