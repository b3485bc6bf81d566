/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login is the user: whoever had a token that opened a shell could make others. These are the
 * tokens that may have been made so.
 */
#ifndef ADMIN_SINCE_H
#define ADMIN_SINCE_H

#include <jansson.h>

#include "admin/patctl.h"

/*
 * Adds to found the living tokens of the same users that were made since the first use of one of
 * these tokens, as objects of JSON's fields.
 */
int since_find(struct patctl *patctl, json_t *tokens, json_t *found);

/* Tells people, and what to do next. */
void since_say(struct patctl *patctl, json_t *tokens, json_t *found);

#endif
