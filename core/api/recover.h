/* SPDX-License-Identifier: BSD-2-Clause */
/* Agreement between a store and its anchor after something went wrong. */
#ifndef PAT_API_RECOVER_H
#define PAT_API_RECOVER_H

#include "core/store/store.h"

/*
 * The database is newer than its anchor: a crash came between the two. Checks every seal and sum
 * of the database, writes the journal lines that the anchor missed, and brings it forward.
 * PAT_ERR_SEAL when the database does not agree with itself.
 */
PAT_CHECKED enum pat_err pat_recover_forward(struct pat_store *store);

/* The journal line of a change that narrows somebody's rights. */
PAT_CHECKED enum pat_err pat_recover_line(const struct pat_change_record *change, char *ret,
                                          size_t size);

#endif
