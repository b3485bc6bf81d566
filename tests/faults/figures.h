/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of faults say at their end, how much of it all they run, and how they complain.
 */
#ifndef TESTS_FAULTS_FIGURES_H
#define TESTS_FAULTS_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

/* True with PAT_FULL in the environment: the whole of what is promised, not a part in seconds. */
bool figures_full(void);

/* PAT_SEED, or the usual one in the short form and a new one in full. It is printed. */
uint64_t figures_seed(uint64_t usual);

/* A fault of the code under test. It is printed; the twentieth ends the process. */
void figures_found(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line, printed and added to the file that PAT_FIGURES names: "NAME: how much, what found". */
void support_figure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The exit status of main(). */
int figures_end(void);

/* What must hold for the test itself: it ends the process. */
#define FIGURES_NEED(condition)                                                                    \
    ((condition) ? (void)0 : figures_stop(__FILE__, __LINE__, #condition))
_Noreturn void figures_stop(const char *file, int line, const char *condition);

#endif
