/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows whose seal was checked, kept for as long as nobody commits anything: a host has few tenants,
 * and the same users come again and again. Tokens are never kept. One thread uses it.
 */
#ifndef PAT_STORE_PROVED_H
#define PAT_STORE_PROVED_H

#include "core/base/err.h"
#include "core/store/row.h"

struct pat_proved;

/* NULL without memory: then nothing is kept. */
struct pat_proved *pat_proved_new(void);
void pat_proved_free(struct pat_proved *proved); /* may be NULL, here and below */

/*
 * Everything is forgotten when version, a number of the backend's that changes with every commit,
 * is not that of the call before.
 */
void pat_proved_settle(struct pat_proved *proved, int64_t version);

/* True when the row is known; ret then is what was kept, and otherwise anything. */
bool pat_proved_find(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                     const char *name, void *ret);

/* Keeps a copy, if rows of this kind are kept; record was found by this tenant and name. */
void pat_proved_keep(struct pat_proved *proved, enum pat_row_kind kind, const char *tenant,
                     const char *name, const void *record);

#endif
