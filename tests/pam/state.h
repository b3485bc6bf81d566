/* SPDX-License-Identifier: BSD-2-Clause */
/* What a module must leave as it found it. */
#ifndef TESTS_PAM_STATE_H
#define TESTS_PAM_STATE_H

#include <stddef.h>

struct state;

/* The process as it is now; free() ends it. Aborts without memory. */
struct state *state_take(void);

/* What differs, in a few words; NULL when nothing does. */
const char *state_difference(const struct state *before, const struct state *after);

/* Resident memory in KiB, and the number of open descriptors. */
size_t state_memory(void);
size_t state_descriptors(void);

#endif
