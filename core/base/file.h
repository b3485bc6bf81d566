/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files of the state and key directories, read and written whole, safe against power loss. */
#ifndef PAT_BASE_FILE_H
#define PAT_BASE_FILE_H

#include <stddef.h>

#include "core/base/err.h"

/*
 * Reads a regular file that is not a symbolic link, belongs to root or this process's uid, and
 * that others may not write. PAT_ERR_NOT_FOUND, PAT_ERR_DENIED (wrong owner, mode or kind),
 * PAT_ERR_RANGE (longer than size), PAT_ERR_IO.
 */
PAT_CHECKED enum pat_err pat_file_read(const char *path, void *ret, size_t size, size_t *ret_len);

/*
 * Replaces a file of mode 0600 atomically: temporary file, fsync, rename, fsync of the directory.
 * With exclusive, PAT_ERR_EXISTS when it is there already.
 */
PAT_CHECKED enum pat_err pat_file_write(const char *path, const void *bytes, size_t len,
                                        int exclusive);

/* fsync of a file, and of the directory that holds path. */
PAT_CHECKED enum pat_err pat_file_sync(const char *path);
PAT_CHECKED enum pat_err pat_file_sync_parent(const char *path);

/* dir/name in ret; PAT_ERR_RANGE when it is longer than size. */
PAT_CHECKED enum pat_err pat_file_path(char *ret, size_t size, const char *dir, const char *name);

/* PAT_ERR_FULL for ENOSPC and EDQUOT, PAT_ERR_NOT_FOUND for ENOENT, ... else PAT_ERR_IO. */
enum pat_err pat_file_err(int error_number);

#endif
