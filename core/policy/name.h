/* SPDX-License-Identifier: BSD-2-Clause */
/* Which names are legal. Refused or taken as they are, never repaired; realms are lower-cased. */
#ifndef PAT_POLICY_NAME_H
#define PAT_POLICY_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define PAT_USER_MAX 256
#define PAT_ACCOUNT_MAX 256
#define PAT_REALM_MAX 253
#define PAT_LOGIN_MAX 256
#define PAT_NAME_MAX 256 /* bytes of a token's name: 64 code points */
#define PAT_NAME_POINTS_MAX 64
#define PAT_DESCRIPTION_MAX 1024

/* A user of a tenant: no '@', '/', ':', space, control or bidi character, no leading '-'. */
bool pat_name_user_legal(const char *name);

/* An account of the host as NSS spells it: '@', '\\' and inner spaces are allowed too. */
bool pat_name_account_legal(const char *name);

/* Lower-cases and checks a realm: letters, digits, '.', '-'; PAT_ERR_SYNTAX otherwise. */
PAT_CHECKED enum pat_err pat_name_realm(const char *text, char ret[PAT_REALM_MAX + 1]);

/*
 * Splits "user@realm" for services whose users are virtual; ret_realm is empty without '@'.
 * PAT_ERR_SYNTAX for an illegal part or a second '@'.
 */
PAT_CHECKED enum pat_err pat_name_split(const char *login, char ret_user[PAT_USER_MAX + 1],
                                        char ret_realm[PAT_REALM_MAX + 1]);

/*
 * Trims and checks the name of a token: min_points..64 code points that people can read.
 * PAT_ERR_RANGE when too short or too long, PAT_ERR_SYNTAX for a barred character.
 */
PAT_CHECKED enum pat_err pat_name_token(const char *text, int64_t min_points,
                                        char ret[PAT_NAME_MAX + 1]);

/* Checks free text of people: a description, a reason, a contact. */
PAT_CHECKED enum pat_err pat_name_free_text(const char *text, size_t max_bytes);

#endif
