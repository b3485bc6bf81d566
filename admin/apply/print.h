/* SPDX-License-Identifier: BSD-2-Clause */
/* The present state as a file of settings: read_settings() reads back what is written. Pure. */
#ifndef ADMIN_APPLY_PRINT_H
#define ADMIN_APPLY_PRINT_H

#include <jansson.h>

/*
 * The text of the entries of state that belong to tenants (an object with their names; NULL: all);
 * to be freed, NULL without memory. What such a file cannot say stands there as a comment, and its
 * name is added to left_out, an array.
 */
char *print_settings(json_t *state, json_t *tenants, json_t *left_out);

/* The same as objects: kind, tenant, name and options; a new array. */
json_t *print_objects(json_t *state, json_t *tenants);

/* A value as --json tells it: lists as arrays, everything else in the words of the file; new. */
struct setting;
json_t *print_value(const struct setting *setting, json_t *value);

#endif
