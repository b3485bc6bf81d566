/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files to try core/base/file on: each test runs in a new directory, in which "it" is made.
 */
#ifndef PAT_TESTS_UNIT_SCRATCH_H
#define PAT_TESTS_UNIT_SCRATCH_H

#include <sys/types.h>

#define SCRATCH_ORDINARY 65533 /* a uid and gid that nobody has */
#define SCRATCH_STRANGER 65532 /* another one */

/* What "it" is; a link leads to "other". */
enum scratch_thing {
    SCRATCH_FILE,
    SCRATCH_LINK,
    SCRATCH_DANGLING,
    SCRATCH_HARD_LINK,
    SCRATCH_DIRECTORY,
    SCRATCH_FIFO,
    SCRATCH_SOCKET,
    SCRATCH_NOTHING,
};

/* For cmocka: into a new directory, and out of it with everything gone. */
int scratch_enter(void **state);
int scratch_leave(void **state);
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)

void scratch_put(const char *path, const char *text, mode_t mode);
void scratch_expect(const char *title, const char *path, const char *wanted);
void scratch_make(const char *title, enum scratch_thing thing, mode_t mode);
void scratch_unmake(void);

/*
 * Runs a group of tests and answers the number of failures; run by root, a second time in a child
 * as an ordinary user.
 */
int scratch_run(int (*group)(const char *name), const char *name);

#endif
