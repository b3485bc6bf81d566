/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keyed chain of a tenant's change log: each link is a keyed BLAKE2b-256 over the link before
 * and every field of the change but its free text, for which a salted hash stands, so that text
 * can be erased and the chain still holds.
 */
#ifndef PAT_AUDIT_CHAIN_H
#define PAT_AUDIT_CHAIN_H

#include <stddef.h>

#include "core/policy/record.h"

/* Salts for the next changes of a transaction, so that not each asks the kernel. Zeroed: none. */
struct pat_salts {
    unsigned char bytes[1024];
    size_t left;  /* at the front, not used yet */
    size_t drawn; /* at the last time: more and more, as the changes do not end */
};

/* Wipes those that were not used. */
void pat_chain_forget(struct pat_salts *salts);

/*
 * Fills salt, text_hash and link of a change whose other fields are complete. The salt is taken
 * out of salts; NULL: drawn for this one.
 */
void pat_chain_link_salted(const struct pat_key *key, const struct pat_digest *before,
                           struct pat_salts *salts, struct pat_change_record *change);
void pat_chain_link(const struct pat_key *key, const struct pat_digest *before,
                    struct pat_change_record *change);

enum pat_chain_state {
    PAT_CHAIN_WHOLE,
    PAT_CHAIN_EDITED_TEXT, /* its text is not the one that was hashed */
    PAT_CHAIN_BROKEN,      /* another field was edited, or the row before it is not its own */
};

/* Checks a change against the link of the one before it. */
enum pat_chain_state pat_chain_check(const struct pat_key *key, const struct pat_digest *before,
                                     const struct pat_change_record *change);

#endif
