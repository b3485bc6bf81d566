/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the unit tests share: lists of titled cases, directories that vanish at the end, numbers
 * that look random and are the same in every run, and rows of every kind.
 *
 * Every case of a table is a test of its own, named by its title, so that a failure says which.
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/store/store.h"
#include "tests/unit/expect.h"

#define SUPPORT_TESTS_MAX 512
#define SUPPORT_PATH_MAX 256

/* --- lists of tests --- */

struct support_list {
    struct CMUnitTest tests[SUPPORT_TESTS_MAX];
    size_t count;
};

void support_add(struct support_list *list, const char *title, CMUnitTestFunction test,
                 const void *state);

/* A test for each row of a table, whose rows begin with "const char *title". */
#define SUPPORT_TABLE(list, table, test)                                                           \
    for (size_t row_ = 0; row_ < COUNT(table); row_++)                                             \
    support_add(list, (table)[row_].title, test, &(table)[row_])

/* Runs the list and removes what support_dir() made; the exit status of main(). */
int support_run(const char *group, const struct support_list *list);

#define assert_ok(call) assert_int_equal(call, PAT_OK)
#define assert_err(call, err) assert_int_equal(call, err)

/* --- mistakes of a caller --- */

/* Whether a call ends the process by abort(3); tried in a child. */
bool support_aborts(void (*call)(const void *argument), const void *argument);
/* _exit(2) of a child, which a build that counts coverage has to be told. */
_Noreturn void support_exit(int status);

/* --- files --- */

/* A new empty directory of mode 0700; its path is at most 60 bytes. */
void support_dir(char ret[SUPPORT_PATH_MAX]);
void support_path(char ret[SUPPORT_PATH_MAX], const char *dir, const char *name);
void support_make_dir(const char *dir, const char *name, char ret[SUPPORT_PATH_MAX]);
bool support_exists(const char *dir, const char *name);

/* All bytes of a file; the caller frees them. */
unsigned char *support_read(const char *dir, const char *name, size_t *ret_len);
/* Makes or replaces a file of mode 0600. */
void support_write(const char *dir, const char *name, const void *bytes, size_t len);
void support_copy(const char *from_dir, const char *to_dir, const char *name);
void support_remove(const char *dir, const char *name);

/* --- random numbers (xorshift64*) --- */

struct support_random {
    uint64_t state; /* the seed; not zero */
};

uint64_t support_next(struct support_random *random);
/* From 0 to below - 1. */
uint64_t support_below(struct support_random *random, uint64_t below);
void support_bytes(struct support_random *random, void *ret, size_t len);

/* --- rows --- */

/*
 * A record of any kind with every field filled, different for each number. Tenants are "acme" but
 * for heads and tenants, where the number is in the name; users are "user0".
 */
void support_row(enum pat_row_kind kind, unsigned number, union pat_row *ret);
/* False when some field differs; what stands behind a text's NUL does not matter. */
bool support_row_equal(enum pat_row_kind kind, const void *a, const void *b);
/* Changes one field to another legal value of its type. */
void support_row_alter(void *record, const struct pat_field *field);
const struct pat_field *support_field(enum pat_row_kind kind, const char *name);

/* --- stores --- */

struct support_store {
    char dir[SUPPORT_PATH_MAX]; /* of the database, the keys and the anchor */
    struct pat_keyring *keyring;
    struct pat_anchor *anchor;
    struct pat_store *store;
};

/* An empty store with keys and anchor of its own. */
void support_store_make(struct support_store *ret, const struct pat_store_ops *ops);
void support_store_close(struct support_store *at);
/* Opens again what was closed. */
enum pat_err support_store_reopen(struct support_store *at, const struct pat_store_ops *ops);
/* Puts rows in a transaction of their own; their versions and seals are filled. */
void support_store_put(struct pat_store *store, enum pat_row_kind kind, void *record);

/* --- log lines --- */

/* Collects the events of pat_log() from now on; support_log_count() tells how often one came. */
void support_log_collect(void);
size_t support_log_count(const char *event);
/* The last value of a key in events of this name; NULL when there was none. */
const char *support_log_value(const char *event, const char *key);

#endif
