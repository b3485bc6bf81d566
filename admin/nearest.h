/* SPDX-License-Identifier: BSD-2-Clause */
/* What a misspelt word may have meant. */
#ifndef ADMIN_NEAREST_H
#define ADMIN_NEAREST_H

#include <stddef.h>

/* Begin with the word alone; best is NULL as long as nothing like it was offered. */
struct nearest {
    const char *word;
    const char *best;
    size_t edits;
};

/* A word that may have been meant; it is borrowed. */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
