/* SPDX-License-Identifier: BSD-2-Clause */
/* Suggestions for misspelt commands, options and fields: one word that is near, or none. */
#include <string.h>

#include "admin/nearest.h"

/* Edits between two words, Levenshtein's; words longer than that are far apart. */
static size_t
distance(const char *a, const char *b)
{
    size_t row[33], len = strlen(b);

    if (strlen(a) > 32 || len > 32)
        return 99;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < change)
                change = row[j] + 1;
            row[j] = row[j - 1] + 1 < change ? row[j - 1] + 1 : change;
        }
    }
    return row[len];
}

void
nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t too_many = strlen(nearest->word) < 4 ? 2 : 3; /* so many edits make another word */
    size_t edits = distance(nearest->word, candidate);

    if (edits >= (nearest->best == NULL ? too_many : nearest->edits))
        return;
    nearest->best = candidate;
    nearest->edits = edits;
}
