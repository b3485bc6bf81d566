/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens in bytes of any kind, by the expression of DESIGN.md section 3 and the check digits:
 *
 *     \bpat_[a-z0-9]{1,16}_1[0-9a-hjkmnp-tv-z]{34}[0-3][0-9a-hjkmnp-tv-z]{6}\b
 */
#ifndef ADMIN_SEEK_H
#define ADMIN_SEEK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/token/token.h"

/* line counts from 1. The token holds its secret and lives until the call returns. */
typedef void seek_each(void *context, int64_t line, const struct pat_token *token);

/*
 * Reads a descriptor to its end, however long that is, in little memory, which is wiped. False when
 * it cannot be read: errno tells why.
 */
bool seek_tokens(int fd, seek_each *each, void *context);

#endif
