/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLOCK_MONOTONIC, for deadlines and lengths of time: see clock_gettime(2). It cannot fail on
 * Linux; if it did, every deadline would have passed.
 */
#ifndef PAT_BASE_MONOTONIC_H
#define PAT_BASE_MONOTONIC_H

#include <stdint.h>

int64_t pat_monotonic_milliseconds(void);
int64_t pat_monotonic_microseconds(void);

#endif
