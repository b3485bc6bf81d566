/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of a store, in files of one line: verifier.1, verifier.2, ... for tokens, seal.1 for
 * rows, sums, anchor, clock and change log. In memory they are locked and kept out of core dumps
 * where the kernel allows it.
 */
#ifndef PAT_STORE_KEYRING_H
#define PAT_STORE_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "core/token/digest.h"

struct pat_keyring;

#define PAT_KEYRING_MAX 64 /* verifier keys */

/* What is derived from the seal key. */
enum pat_keyring_use {
    PAT_KEYRING_ROW = 1,
    PAT_KEYRING_SUM = 2,
    PAT_KEYRING_ANCHOR = 3,
    PAT_KEYRING_CLOCK = 4,
    PAT_KEYRING_CHAIN = 5,
};

/* Makes the first keys in an existing directory. PAT_ERR_EXISTS when one is there already. */
PAT_CHECKED enum pat_err pat_keyring_create(const char *dir);

/* PAT_ERR_NOT_FOUND when there is no key at all, PAT_ERR_KEY when they are incomplete or damaged.
 */
PAT_CHECKED enum pat_err pat_keyring_open(const char *dir, struct pat_keyring **ret);

/* keyring may be NULL. */
void pat_keyring_free(struct pat_keyring *keyring);

/* The verifier key with this number, or NULL. The newest serves new tokens. */
const struct pat_key *pat_keyring_verifier(const struct pat_keyring *keyring, int64_t number);
int64_t pat_keyring_newest(const struct pat_keyring *keyring);
/* The numbers of all verifier keys, the smallest first; answers how many. */
size_t pat_keyring_numbers(const struct pat_keyring *keyring, int64_t ret[PAT_KEYRING_MAX]);

/*
 * A rotation, by one thread while others read: the next verifier key as a file, on disk when it
 * returns and used by nobody (PAT_ERR_RANGE when there are too many, PAT_ERR_EXISTS, PAT_ERR_FULL);
 * then it is added, and serves new tokens from that moment on. One that was not added may be
 * unmade.
 */
PAT_CHECKED enum pat_err pat_keyring_make(const struct pat_keyring *keyring, const char *dir,
                                          int64_t *ret_number);
PAT_CHECKED enum pat_err pat_keyring_add(struct pat_keyring *keyring, const char *dir,
                                         int64_t number);
void pat_keyring_unmake(const char *dir, int64_t number);

const struct pat_key *pat_keyring_key(const struct pat_keyring *keyring, enum pat_keyring_use use);

#endif
