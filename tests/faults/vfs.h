/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite's own VFS with the tests' in front of it: each call is a point that may fail, and what it
 * does is noted in the trace. It waits for nobody, and draws the same numbers in every run.
 */
#ifndef TESTS_FAULTS_VFS_H
#define TESTS_FAULTS_VFS_H

/* Becomes the default one, before any database is opened. */
void vfs_start(void);

/*
 * NULL, or how every connection syncs that asked for "synchronous = FULL": with NORMAL the test of
 * power cuts must fail. Linked with --wrap=sqlite3_exec.
 */
extern const char *vfs_synchronous;

#endif
