/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people and patd itself do to a store, each with what it needs beforehand, and with what it
 * means for the ledger. Faults are put into the deeds; the preparations go without.
 */
#ifndef TESTS_FAULTS_DEEDS_H
#define TESTS_FAULTS_DEEDS_H

#include "tests/faults/ledger.h"

struct world {
    struct host host;
    struct ledger ledger;
    uint64_t random;
    unsigned number;                           /* of the next token's name */
    struct claim *subject;                     /* of a deed */
    struct claim *added;                       /* by a deed: settled when it is over */
    void (*note)(const struct ledger *ledger); /* after every change of the ledger; may be NULL */
};

struct deed {
    const char *title;
    bool (*prepare)(struct world *world); /* NULL: nothing; false: it cannot be done just now */
    enum pat_err (*run)(struct world *world);
    bool turns_time; /* by days */
};

extern const struct deed deeds[];
extern const size_t deeds_count;

/*
 * Makes a store with tenant acme, its users and some tokens in dir, which must be empty. With a
 * full journal the anchor is about to give up the older half of it.
 */
struct deeds_start_with {
    uint64_t seed;
    bool full_journal;
    void (*note)(const struct ledger *ledger);
};
void deeds_begin(struct world *world, const char *dir, const struct deeds_start_with *with);
/* Opens what deeds_begin() made, or a copy of it, anew; the ledger stays. */
enum pat_err deeds_open(struct world *world, const char *dir);

/* Prepares and does it. What it answers is what its caller would be told. */
enum pat_err deeds_do(struct world *world, const struct deed *deed);

#endif
