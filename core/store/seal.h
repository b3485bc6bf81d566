/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seals: a keyed BLAKE2b-256 over the kind and every field of a row, so that whoever can write the
 * database but does not hold the key cannot make, edit, move or swap a row. Sums: 512-bit numbers,
 * the keyed hashes of seals added up, so that an older sealed row put back, or one removed, shows.
 */
#ifndef PAT_STORE_SEAL_H
#define PAT_STORE_SEAL_H

#include "core/store/row.h"

struct pat_keyring;

#define PAT_SUM_LEN PAT_DIGEST_WIDE_LEN

/* The seal that the record should carry. */
void pat_seal_make(const struct pat_keyring *keyring, enum pat_row_kind kind, const void *record,
                   struct pat_digest *ret);

PAT_CHECKED bool pat_seal_holds(const struct pat_keyring *keyring, enum pat_row_kind kind,
                                const void *record);

/* Adds to, or takes from, a sum what a seal contributes. */
void pat_seal_add(const struct pat_keyring *keyring, const struct pat_digest *seal,
                  unsigned char sum[PAT_SUM_LEN]);
void pat_seal_take(const struct pat_keyring *keyring, const struct pat_digest *seal,
                   unsigned char sum[PAT_SUM_LEN]);

#endif
