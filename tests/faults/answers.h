/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store that somebody damaged may refuse, or answer as before: nobody gets in who did not, and
 * nobody as somebody else.
 */
#ifndef TESTS_FAULTS_ANSWERS_H
#define TESTS_FAULTS_ANSWERS_H

#include "tests/faults/requests.h"

struct answers {
    unsigned long asked, same, refused, unavailable;
};

/* What requests.h is answered by a host that is whole. */
void answers_learn(struct host *host);

/* Asks those of questions, a bit each, and complains of whoever gets in wrongly. */
#define ANSWERS_ALL ((UINT32_C(1) << REQUESTS) - 1)
void answers_compare(struct host *host, uint32_t questions, const char *what, struct answers *ret);

/*
 * The same through a reading handle that is opened for it, as a running patd would one: the host
 * keeps keys, anchor and configuration, and forgets afterwards what it thinks of the store. Where
 * it cannot be opened one of them is asked.
 */
void answers_reopen(struct host *host, uint32_t questions, const char *what, struct answers *ret);

/* The same of a start in dir; refuses counts those that answer nothing at all. */
void answers_start(const char *dir, const char *what, struct answers *ret, unsigned long *refuses);

#endif
