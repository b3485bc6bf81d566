/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wanted against what there is. Pure. */
#ifndef ADMIN_APPLY_DIFF_H
#define ADMIN_APPLY_DIFF_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The differences, a new array:
 *
 *     {"kind": 1, "tenant": "acme", "name": "alice", "title": "user acme/alice",
 *      "change": "add" | "set" | "remove", "line": 12, "before": {...}, "after": {...}}
 *
 * before and after have the values of set that differ; of what is added, before is empty. "remove"
 * is what a file of a named tenant does not name, with prune. wanted's section is "section", and
 * what there was "entry". What cannot be goes to faults, and then the answer is NULL.
 */
json_t *diff_make(json_t *wanted, json_t *state, bool prune, json_t *faults);

/* The tenants that the sections are about, as members of a new object. */
json_t *diff_tenants(json_t *wanted);
/* Whether there is a section of the scope catalogue. */
bool diff_has_scopes(json_t *wanted);

#endif
