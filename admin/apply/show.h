/* SPDX-License-Identifier: BSD-2-Clause */
/* Differences as people read them, and as programs do. */
#ifndef ADMIN_APPLY_SHOW_H
#define ADMIN_APPLY_SHOW_H

#include <jansson.h>

#include "admin/out/out.h"

/* + added, ~ changed, - taken away: a line each. */
void show_differences(struct out *out, json_t *differences);

/* "2 to add, 1 to change, 1 to take away" */
void show_count(json_t *differences, char *ret, size_t size);

/* The list "changes" of --json; new. */
json_t *show_objects(json_t *differences);

#endif
