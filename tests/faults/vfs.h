/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite's own VFS with the tests' in front of it: each call is a point that may fail, and what it
 * does is noted in the trace. It waits for nobody, and draws the same numbers in every run.
 */
#ifndef TESTS_FAULTS_VFS_H
#define TESTS_FAULTS_VFS_H

#include <stddef.h>

/* Becomes the default one, before any database is opened. */
void vfs_start(void);

/*
 * NULL, or how every connection syncs that asked for "synchronous = FULL": with NORMAL the test of
 * power cuts must fail. Linked with --wrap=sqlite3_exec.
 */
extern const char *vfs_synchronous;

/* NULL, or who is told what is read of the store's database itself, not of its log. */
extern void (*vfs_reads)(size_t at, size_t len);

#endif
