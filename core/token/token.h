/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a token, DESIGN.md section 3:
 *
 *     pat_<tenant>_1<id:8><secret:26><check:7>
 *
 * tenant is [a-z0-9]{1,16}; the rest are base32 digits; 1 is the version of the format; check is
 * the CRC-32 over every character before it, as 7 digits.
 */
#ifndef PAT_TOKEN_TOKEN_H
#define PAT_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

#define PAT_TENANT_MAX 16
#define PAT_ID_LEN 8
#define PAT_TOKEN_SECRET_LEN 26
#define PAT_TOKEN_CHECK_LEN 7
#define PAT_TOKEN_MAX 63 /* characters of the longest token */

/* A well-formed token. Holds a secret: pat_token_clear() ends its life. */
struct pat_token {
    char tenant[PAT_TENANT_MAX + 1];
    char id[PAT_ID_LEN + 1];
    char secret[PAT_TOKEN_SECRET_LEN + 1];
};

enum pat_shape {
    PAT_SHAPE_MALFORMED = 0, /* token-shaped, but of a wrong length, version or check */
    PAT_SHAPE_OTHER = 1,     /* not a token: somebody else's password, or nothing at all */
    PAT_SHAPE_TOKEN = 2,     /* well-formed */
};

/*
 * Judges what was typed; text need not be NUL-terminated. White space around it is dropped,
 * capitals are lowered, and in the body i and l are read as 1, o as 0; nothing else is repaired.
 * Fills *ret for PAT_SHAPE_TOKEN and zeroes it otherwise.
 */
enum pat_shape pat_token_read(const char *text, size_t len, struct pat_token *ret);

/* Writes the canonical text and a NUL; a token with illegal fields is the caller's mistake. */
void pat_token_write(const struct pat_token *token, char ret[PAT_TOKEN_MAX + 1]);

/* token may be NULL. */
void pat_token_clear(struct pat_token *token);

bool pat_token_tenant_legal(const char *tenant);

/*
 * Reads a public id as people type it (same folding as above) into 8 canonical digits, or a prefix
 * of one into fewer. PAT_ERR_SYNTAX when it is none.
 */
PAT_CHECKED enum pat_err pat_token_read_id(const char *text, char ret[PAT_ID_LEN + 1]);

/* "pat_acme_1m3rjhkwz": the part that may be shown, without the mark of what is left out. */
#define PAT_TOKEN_MASKED_MAX (4 + PAT_TENANT_MAX + 2 + PAT_ID_LEN)
void pat_token_masked(const char *tenant, const char *id, char ret[PAT_TOKEN_MASKED_MAX + 1]);

#endif
