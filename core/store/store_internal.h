/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rooms of the store share. */
#ifndef PAT_STORE_STORE_INTERNAL_H
#define PAT_STORE_STORE_INTERNAL_H

#include "core/store/store.h"

struct pat_store {
    struct pat_store_args args;
    void *backend;
    bool writing;
    bool broken;
    struct pat_proved *proved; /* of a handle that only reads; else NULL */
    bool settled;              /* within a transaction of which proved knows the version */
    bool lingers;
    int64_t lingering;           /* generation of the moment that is still held; 0: none is */
    struct pat_host_record host; /* within a transaction */
    struct pat_head_record *heads;
    size_t head_count;
    bool cuts; /* some of them says that changes are to be removed */
    char *journal;
    size_t journal_len;
};

/*
 * The head of a tenant within the running transaction, read once and written when it commits. NULL
 * and *ret_err when it cannot be read.
 */
struct pat_head_record *pat_store_touch(struct pat_store *store, const char *tenant,
                                        enum pat_err *ret_err);

#endif
