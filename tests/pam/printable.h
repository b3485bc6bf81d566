/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as one word: what the driver and the probe print is compared by a script. */
#ifndef TESTS_PAM_PRINTABLE_H
#define TESTS_PAM_PRINTABLE_H

#include <stdarg.h>
#include <stddef.h>

#define PRINTABLE_MAX 32768

/*
 * Writes text with everything outside 0x21-0x7e (0x20-0x7e with keep_spaces) and every backslash
 * as \xNN; what does not fit is cut. NULL becomes "(none)".
 */
void printable_write(char *ret, size_t size, const char *text, int keep_spaces);

/* One write(2) of a formatted line, so that lines of several writers do not mix. */
void printable_line(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
