/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzz targets share. A target is one function of bytes; it decides the same for the same
 * bytes, and ends the process when a promise of the code does not hold.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer and replay.c call: the target, and (some have it) what it prepares once. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A promise of the code under test. Unlike assert() it is there in every build. */
#define FUZZ_CHECK(condition)                                                                      \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition, ""))
/* The same, with a text that says which case it was. */
#define FUZZ_CHECK_TEXT(condition, text)                                                           \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition, (text)))

_Noreturn void fuzz_fail(const char *file, int line, const char *condition, const char *text);

/* The bytes of an input that are not used yet. Behind the end every read answers zero. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

struct fuzz_input fuzz_input(const uint8_t *bytes, size_t len);
uint8_t fuzz_byte(struct fuzz_input *input);
uint64_t fuzz_number(struct fuzz_input *input, size_t size); /* big-endian */
/* One of count things; count is 1..256. */
size_t fuzz_pick(struct fuzz_input *input, size_t count);
/* A length byte and as many bytes, without NULs, cut to what fits; always terminated. */
void fuzz_text(struct fuzz_input *input, char *ret, size_t size);
/* The next line, or the rest, without its newline and NULs; always terminated. */
void fuzz_line(struct fuzz_input *input, char *ret, size_t size);

bool fuzz_is_zero(const void *at, size_t len);

/* Copies of exactly the size, so that a sanitizer sees a read behind the end. To be freed. */
void *fuzz_copy(const void *bytes, size_t len);
char *fuzz_string(const uint8_t *bytes, size_t len); /* up to the first NUL */

/* A directory of mode 0700 of this process, below $TMPDIR; removed when the process ends. */
const char *fuzz_directory(void);

/* Where the messages of the code under test go: nowhere. fuzz_fail() is still heard. */
void fuzz_mute(void);

#endif
