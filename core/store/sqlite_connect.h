/* SPDX-License-Identifier: BSD-2-Clause */
/* How every database of this process is opened. */
#ifndef PAT_STORE_SQLITE_CONNECT_H
#define PAT_STORE_SQLITE_CONNECT_H

#include <stdbool.h>

struct sqlite3;

/*
 * A connection for one thread at a time, that trusts nothing it finds in the file; busy: how many
 * milliseconds it waits for a lock. False, with *ret to be closed all the same and to be asked what
 * happened (sqlite3_extended_errcode(3)); *ret may be NULL when memory runs out.
 */
bool pat_sqlite_connect(const char *path, bool create, int busy, struct sqlite3 **ret);

#endif
