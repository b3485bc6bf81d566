/* SPDX-License-Identifier: BSD-2-Clause */
/* The schema of the SQLite store, as numbered steps. */
#ifndef PAT_STORE_SQLITE_SCHEMA_H
#define PAT_STORE_SQLITE_SCHEMA_H

#include "core/base/err.h"

struct sqlite3;

/* "pat1": PRAGMA application_id of every token store. */
#define PAT_SQLITE_APPLICATION_ID 0x70617431
/* The step this build writes and reads. */
int pat_sqlite_schema_newest(void);

/*
 * The step of an open database, without writing to it; 0: an empty file. PAT_ERR_VERSION when it
 * is newer than this build, PAT_ERR_SYNTAX when it is no token store.
 */
PAT_CHECKED enum pat_err pat_sqlite_schema_version(struct sqlite3 *db, int *ret);
/* Brings a database from that step to the newest, each step in a transaction of its own. */
PAT_CHECKED enum pat_err pat_sqlite_schema_migrate(struct sqlite3 *db, int version);

/*
 * SECURITY: PAT_ERR_SEAL when the newest step did not make something that is there: a trigger would
 * act within our transactions, and a view answer what it likes, or never. What is missing shows by
 * itself.
 */
PAT_CHECKED enum pat_err pat_sqlite_schema_compare(struct sqlite3 *db);

#endif
