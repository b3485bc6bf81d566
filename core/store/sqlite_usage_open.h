/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of usage.db, opened or made. */
#ifndef PAT_STORE_SQLITE_USAGE_OPEN_H
#define PAT_STORE_SQLITE_USAGE_OPEN_H

#include <stdint.h>

#include "core/base/err.h"

struct sqlite3;

/*
 * A file that cannot be used is put aside, and another begun. *ret_since is when counting began.
 * PAT_ERR_IO: neither can be had. PAT_ERR_BUSY: not now; what is there was left alone.
 */
PAT_CHECKED enum pat_err pat_sqlite_usage_open(const char *path, int64_t now, struct sqlite3 **ret,
                                               int64_t *ret_since);

/* Another try: nothing is put aside or made. Behind a failure *ret is NULL, *ret_since anything. */
PAT_CHECKED enum pat_err pat_sqlite_usage_open_again(const char *path, struct sqlite3 **ret,
                                                     int64_t *ret_since);

#endif
