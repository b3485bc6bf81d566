/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings that fit a purpose: what --preset gives a token that options do not. */
#ifndef ADMIN_CREATE_PRESETS_H
#define ADMIN_CREATE_PRESETS_H

#include <jansson.h>

#include "admin/create/wish.h"

#define PRESETS_TEXT_MAX 200

/* Room for what a preset fills in. */
struct presets {
    char scopes[PRESETS_TEXT_MAX];
    char expires[40];
};

/*
 * Fills in what wish does not say, as far as the caller may give it; the texts live in ret and in
 * the program. EXIT_USAGE for a name that is none, EXIT_CONFLICT when no scope of it may be given.
 */
int presets_apply(const struct patctl *patctl, const char *name, json_t *offer, struct wish *wish,
                  struct presets *ret);

/* The name of one, and what it is for; NULL behind the last. */
const char *presets_at(size_t index, const char **ret_description);

#endif
