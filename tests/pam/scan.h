/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks for a secret in the memory of its own process. */
#ifndef TESTS_PAM_SCAN_H
#define TESTS_PAM_SCAN_H

#include <stddef.h>

#define SCAN_NEEDLE 26 /* the secret part of a token */
#define SCAN_WINDOW 8  /* so many of its bytes in a row are a find */

/* The secret part of a token, hidden so that it does not find itself. */
struct scan {
    unsigned char hidden[SCAN_NEEDLE];
};

/* Takes the secret from a token of at least 48 bytes. */
void scan_prepare(struct scan *scan, const char *token, size_t len);

/*
 * The number of places in readable memory of this process that hold a part of the secret. Where
 * each is goes to the descriptor out. Mappings over 64 MiB (a sanitizer's shadow) are left out.
 */
size_t scan_memory(const struct scan *scan, int out);

#endif
