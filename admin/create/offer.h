/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What patd's Offer says of a token to be made, asked before it is made: so that people hear at
 * once what is wrong. patd decides again.
 */
#ifndef ADMIN_CREATE_OFFER_H
#define ADMIN_CREATE_OFFER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/when.h"

#define OFFER_WHY_MAX 200

/* True when text will do; else why is a sentence without a full stop. */
bool offer_takes_name(json_t *offer, const char *text, char why[OFFER_WHY_MAX]);
bool offer_takes_description(const char *text, char why[OFFER_WHY_MAX]);
bool offer_takes_scopes(json_t *offer, const char *list, char why[OFFER_WHY_MAX]);
bool offer_takes_addresses(json_t *offer, const char *list, char why[OFFER_WHY_MAX]);
/* ret is what it means from now on. */
bool offer_takes_expiry(json_t *offer, const char *text, struct pat_when *ret,
                        char why[OFFER_WHY_MAX]);

bool offer_has_scope(json_t *offer, const char *scope);

/* A lifetime: the wished one, or the longest when that is shorter. */
void offer_longest(json_t *offer, const char *wished, char *ret, size_t size);

/* How many tokens may still be made; INT64_MAX without a limit. */
int64_t offer_room(json_t *offer);

#endif
