/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every allocation is a point that may fail: our own code's (by --wrap of the linker), jansson's
 * (which uses our functions), SQLite's and libsodium's. What is not given back shows.
 */
#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

/* Before SQLite is used for the first time. */
void memory_start(void);

/* How many are not freed yet: our own, and all. */
long memory_own(void);
long memory_all(void);

#endif
