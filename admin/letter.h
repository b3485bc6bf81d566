/* SPDX-License-Identifier: BSD-2-Clause */
/* The letter that tells the owner of a token that it ends. */
#ifndef ADMIN_LETTER_H
#define ADMIN_LETTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_ADDRESS_MAX 254

/*
 * Whom a notice of patd's goes to: the user's contact if that is a mail address and nothing else,
 * else the bound account, else the user's name in the tenant's primary realm. False: to nobody.
 */
bool letter_address(json_t *notice, char ret[LETTER_ADDRESS_MAX + 1]);

/*
 * The letter with its headers, for sendmail -t; new, NULL without memory. address is from
 * letter_address(), until is when the token ends, left how long that is.
 */
char *letter_new(json_t *notice, const char *address, const char *until, int64_t left);

#endif
