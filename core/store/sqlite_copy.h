/* SPDX-License-Identifier: BSD-2-Clause */
/* Verbs of the SQLite backend that read the whole file: see struct pat_store_ops. */
#ifndef PAT_STORE_SQLITE_COPY_H
#define PAT_STORE_SQLITE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

PAT_CHECKED enum pat_err pat_sqlite_copy_begin(const char *place, const char *path, void **ret);
PAT_CHECKED enum pat_err pat_sqlite_copy_step(void *copy, int64_t *ret_done, int64_t *ret_of);
void pat_sqlite_copy_end(void *copy);
PAT_CHECKED enum pat_err pat_sqlite_copy_examine(const char *place, bool (*pause)(void *context),
                                                 void *context, char *ret, size_t size);

#endif
