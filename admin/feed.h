/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a program that reads from standard input. */
#ifndef ADMIN_FEED_H
#define ADMIN_FEED_H

#include <stdbool.h>
#include <stddef.h>

/* A program, by its path, and two arguments. */
struct feed {
    const char *program;
    const char *first, *second;
};

/*
 * Starts the program with patctl's own environment, gives it text on standard input and waits until
 * it ends. What it prints goes to standard error. True when it ended with 0; else ret says why not.
 * A program that does not read the text may still succeed.
 */
bool feed_program(const struct feed *feed, const char *text, char *ret, size_t size);

#endif
