/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decisions since the start, by service and verdict, for monitoring. Counting is cheap and never
 * fails: a verdict is one addition without a lock. Any thread may call anything.
 *
 * SECURITY: anybody may name any service. Only names that somebody vouches for get a row of their
 * own, and only the first so many; what is left is counted under PAT_COUNTS_OTHER.
 */
#ifndef PAT_API_COUNTS_H
#define PAT_API_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/policy/verdict.h"

#define PAT_COUNTS_SERVICES 64 /* and one for all others */
#define PAT_COUNTS_OTHER "(other)"

struct pat_counts;

PAT_CHECKED enum pat_err pat_counts_new(int64_t now, struct pat_counts **ret);
void pat_counts_free(struct pat_counts *counts); /* may be NULL */

/* Counts a verdict. vouched: the peer may vouch for the service's name, which is legal. */
void pat_counts_note(struct pat_counts *counts, const char *service, bool vouched,
                     enum pat_verdict verdict);

/* When counting began. */
int64_t pat_counts_since(const struct pat_counts *counts);

/* Every count that is not 0; false ends. */
typedef bool pat_counts_each_count(void *context, const char *service, enum pat_verdict verdict,
                                   uint64_t count);
void pat_counts_each(struct pat_counts *counts, pat_counts_each_count *each, void *context);

#endif
