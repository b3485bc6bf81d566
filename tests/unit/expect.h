/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tables of the unit tests end in: a value that is not the expected one fails the test
 * with the title of its case. The only header of the tests that includes cmocka's.
 */
#ifndef PAT_TESTS_UNIT_EXPECT_H
#define PAT_TESTS_UNIT_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/err.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static inline void
expect(const char *title, const char *what, bool holds)
{
    if (!holds)
        fail_msg("%s: %s", title, what);
}

static inline void
expect_number(const char *title, int64_t got, int64_t wanted)
{
    if (got != wanted)
        fail_msg("%s: got %lld, expected %lld", title, (long long)got, (long long)wanted);
}

static inline void
expect_err(const char *title, enum pat_err got, enum pat_err wanted)
{
    if (got != wanted)
        fail_msg("%s: got \"%s\", expected \"%s\"", title, pat_err_text(got), pat_err_text(wanted));
}

static inline void
expect_text(const char *title, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: got \"%s\", expected \"%s\"", title, got, wanted);
}

static inline void
expect_bytes(const char *title, const void *got, const void *wanted, size_t len)
{
    if (len != 0 && memcmp(got, wanted, len) != 0)
        fail_msg("%s: the bytes differ", title);
}

/* Every one of len bytes is value. */
static inline void
expect_filled(const char *title, const void *got, unsigned char value, size_t len)
{
    const unsigned char *bytes = got;

    for (size_t i = 0; i < len; i++)
        if (bytes[i] != value)
            fail_msg("%s: byte %zu is 0x%02x, expected 0x%02x", title, i, bytes[i], value);
}

#endif
