/* SPDX-License-Identifier: BSD-2-Clause */
/* See files.c: the calls that programs wrap which are linked with $(faults_files). */
#ifndef TESTS_FAULTS_FILES_H
#define TESTS_FAULTS_FILES_H

/* NULL, or the end of the name of a file whose syncs do nothing: a test of power cuts must fail. */
extern const char *files_forget_to_sync;

#endif
