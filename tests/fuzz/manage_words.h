/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of io.linuxpat.Manage made of an input, from lists of likely words. */
#ifndef TESTS_FUZZ_MANAGE_WORDS_H
#define TESTS_FUZZ_MANAGE_WORDS_H

#include <jansson.h>

#include "tests/fuzz/fuzz.h"

/* A message without its NUL: a call, or, if the input says so, any text. To be freed with free().
 */
char *manage_words_message(struct fuzz_input *input, size_t *ret_len);

/* A token of the world or one that was made since, as text. */
void manage_words_token(struct fuzz_input *input, char *ret, size_t size);

#endif
