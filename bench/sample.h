/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases measured against a floor, operation by operation. A round runs each case once, in an order
 * drawn anew, so that what else the machine does meets all of them alike; ratios are made within a
 * round. The case called again is the floor once more: what it differs from the floor by is noise.
 */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A run whose floor differs from itself by more than this shows nothing. */
#define BENCH_SAMPLE_NOISE 0.08
#define BENCH_SAMPLE_VOID 3 /* the exit status then */

struct bench_sample_case {
    const char *name;
    size_t floor; /* index of the case that its ratios are made to */
    size_t again; /* of a floor: index of its second measurement; else the case's own index */
};

struct bench_samples;

/*
 * Room for rounds of cases, in memory that forked children share; ends the program without it.
 * The table stays the caller's.
 */
struct bench_samples *bench_sample_new(const struct bench_sample_case *cases, size_t count,
                                       size_t rounds);

/* The indexes of the cases in an order drawn anew. */
void bench_sample_order(const struct bench_samples *samples, size_t *ret);

/* Around one operation. server: whose CPU time is counted to it; 0: nobody's. */
void bench_sample_start(struct bench_samples *samples, size_t round, size_t which, pid_t server);
void bench_sample_stop(struct bench_samples *samples, size_t round, size_t which, pid_t server);

/*
 * Prints all cases as one JSON object on standard output: quartiles of wall time and of CPU time in
 * microseconds, and of their ratios to the floor. False when the run is void; then it says so.
 */
bool bench_sample_report(const struct bench_samples *samples);

/* Where a process may run. */
struct bench_sample_cpus {
    cpu_set_t set;
};

/* A process (0: this one) on one CPU, a number among those that we may use; what it had before. */
void bench_sample_pin(pid_t process, int number, struct bench_sample_cpus *ret);
void bench_sample_unpin(pid_t process, const struct bench_sample_cpus *before);

/* Ends the program with a sentence and the text of errno. */
void bench_sample_fail(const char *doing) __attribute__((noreturn));

#endif
