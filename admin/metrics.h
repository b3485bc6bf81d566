/* SPDX-License-Identifier: BSD-2-Clause */
/* How patd does, in the text format of Prometheus. */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include "admin/patctl.h"

/*
 * Asks patd and prints everything on standard output; answers the exit code. When patd does not
 * answer, that alone is printed: pat_up 0.
 */
int metrics_print(struct patctl *patctl);

#endif
