/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from outside: copied with a bound, read as numbers, judged as UTF-8. */
#ifndef PAT_BASE_TEXT_H
#define PAT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/*
 * Copies len bytes and a NUL. PAT_ERR_RANGE when they do not fit, PAT_ERR_SYNTAX when they hold a
 * NUL; ret is then the empty string.
 */
PAT_CHECKED enum pat_err pat_text_copy(char *ret, size_t size, const char *text, size_t len);

/* The same for a NUL-terminated text. */
PAT_CHECKED enum pat_err pat_text_set(char *ret, size_t size, const char *text);

/* Copies what fits; for text that was checked before, or that only people read. */
void pat_text_clip(char *ret, size_t size, const char *text);

bool pat_text_equal(const char *a, const char *b);

/*
 * True when the glob fits the whole text: '*' stands for any characters, '?' for any one of UTF-8,
 * everything else for itself. The case of ASCII letters does not matter.
 */
bool pat_text_glob(const char *glob, const char *text);

/* NULL for the empty text. */
const char *pat_text_or_null(const char *text);

/* Lower-cases A-Z in place; other bytes stay. */
void pat_text_fold(char *text);

/* Decimal digits, nothing else, without superfluous zeros; PAT_ERR_RANGE outside [min, max]. */
PAT_CHECKED enum pat_err pat_text_number(const char *text, int64_t min, int64_t max, int64_t *ret);

/*
 * The code points of UTF-8 text that people may read: well formed (RFC 3629), without C0 and C1
 * controls, line separators, bidirectional controls (Unicode TR 9), or non-characters.
 * PAT_ERR_SYNTAX otherwise.
 */
PAT_CHECKED enum pat_err pat_text_points(const char *text, size_t *ret_points);

/*
 * The next word of a list whose words are separated by spaces, tabs or commas. Moves *at behind
 * it and answers its length; 0 at the end.
 */
size_t pat_text_word(const char **at, const char **ret_word);

#endif
