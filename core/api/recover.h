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

/*
 * What a transaction leaves in the anchor's journal: for each change that narrows somebody's rights
 * a line "event=... tenant=... user=... subject=..." and the change's "after". Tokens that are
 * revoked one after the other share lines, so that a bulk change takes little of the journal:
 *
 *     event=token.revoke tenant=acme subject=3rjhkwz5,9k2mcv0p
 *
 * with at most PAT_RECOVER_IDS of them; whose they are can be seen in the rows. No line is longer
 * than PAT_EVENT_LINE_MAX.
 */
#define PAT_RECOVER_IDS 400

struct pat_recover_lines {
    char *text; /* len bytes, each line ended by a newline; zeroed at first, freed by its owner */
    size_t len, size;
    size_t ids; /* of the last line, when another one may be added to it */
    char tenant[PAT_TENANT_MAX + 1];
};

/* Adds what the change leaves there; nothing for one that narrows nothing. */
PAT_CHECKED enum pat_err pat_recover_gather(struct pat_recover_lines *lines,
                                            const struct pat_change_record *change);

#endif
