/* SPDX-License-Identifier: BSD-2-Clause */
/* Crockford's base32 in lower case: five bits a digit, without i, l, o and u. */
#ifndef PAT_BASE_BASE32_H
#define PAT_BASE_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for the 32 digits as they stand: no folding. Takes the same time for every character. */
bool pat_base32_is_digit(char c);

/* Writes exactly len digits of value, the most significant first; no NUL. */
void pat_base32_write(uint64_t value, char *digits, size_t len);

#endif
