/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keyed chain of a tenant's change log: each link is a keyed BLAKE2b-256 over the link before
 * and every field of the change but its free text, for which a salted hash stands, so that text
 * can be erased and the chain still holds.
 */
#ifndef PAT_AUDIT_CHAIN_H
#define PAT_AUDIT_CHAIN_H

#include "core/policy/record.h"

/* Fills salt, text_hash and link of a change whose other fields are complete. */
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
