/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same in every run: random bytes and the clock. Programs that use it are linked with --wrap
 * for randombytes_buf(), clock_gettime(), adjtimex() and time().
 */
#ifndef TESTS_FAULTS_STEADY_H
#define TESTS_FAULTS_STEADY_H

#include <stddef.h>
#include <stdint.h>

#define STEADY_BEGIN (INT64_C(1795305600) * 1000000) /* 22 November 2026 */
#define STEADY_HOUR (INT64_C(3600) * 1000000)
#define STEADY_DAY (24 * STEADY_HOUR)

/* What the clock says, in microseconds since 1970; it stands still unless a test moves it. */
extern int64_t steady_now;

/* Begins the sequence of random bytes that the code under test gets. */
void steady_reseed(uint64_t seed);

/* The test's own numbers, from a state of its own (SplitMix64). */
uint64_t steady_next(uint64_t *state);
/* From 0 to below - 1; below is not 0. */
uint64_t steady_below(uint64_t *state, uint64_t below);

#endif
