/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reading handle that knows no more than when it was opened: it reads the database anew, but not
 * its schema, which takes twenty times as long. Linked with --wrap=pat_proved_find and
 * --wrap=sqlite3_open_v2.
 */
#ifndef TESTS_FAULTS_COLD_H
#define TESTS_FAULTS_COLD_H

/* From here on no row counts as proved because it was. */
void cold_start(void);

/* Drops the pages that the store's handle has which was opened last, and is open. */
void cold_drop(void);

#endif
