/* SPDX-License-Identifier: BSD-2-Clause */
/* A question for every verdict that can be told by the store. */
#ifndef TESTS_FAULTS_REQUESTS_H
#define TESTS_FAULTS_REQUESTS_H

#include "tests/faults/deeds.h"

struct request {
    enum pat_verdict wanted;
    char token[PAT_TOKEN_MAX + 1];
    const char *service, *login, *address;
    uint32_t peer;
};

#define REQUESTS 24
extern struct request requests[REQUESTS];

/* Adds what they need to a store of deeds_begin(), and asks them all once. */
void requests_make(struct world *world);

/* How a question is answered. */
enum pat_verdict requests_ask(struct host *host, const struct request *request);

#endif
