/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adds up a whole store: every seal, each tenant's sum against its head, the heads against the
 * host row. Reads in one transaction and gives other work room between rows.
 */
#ifndef PAT_STORE_CHECK_H
#define PAT_STORE_CHECK_H

#include "core/store/store.h"

/* What a verifier key is needed for: tokens under it that were not revoked. */
struct pat_check_key {
    int64_t number;
    int64_t tokens;
    bool forever;  /* one of them never expires */
    int64_t until; /* the last of the others expires then; 0: there is none */
};

struct pat_check {
    int64_t rows;                               /* that were looked at */
    struct pat_check_key keys[PAT_KEYRING_MAX]; /* of those that tokens are under */
    size_t key_count;
    /* What was wrong first, for operators; empty when all is well. */
    char trouble[240];
};

/*
 * Called every few hundred rows; false ends the check with PAT_ERR_BUSY. May sleep. NULL: no pause.
 */
typedef bool pat_check_pause(void *context);

/* PAT_ERR_SEAL with ret->trouble, or what the backend reports. The store must be idle. */
PAT_CHECKED enum pat_err pat_check_store(struct pat_store *store, pat_check_pause *pause,
                                         void *context, struct pat_check *ret);

#endif
