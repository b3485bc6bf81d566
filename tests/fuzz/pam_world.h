/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pam_pat finds around it: a patd at the end of a socket, accounts, a clock, memory; and what
 * it asks of libpam. All of it may fail or lie, as the bytes of an input say. A target that links
 * this is linked with --wrap for what pam_world.c defines.
 */
#ifndef TESTS_FUZZ_PAM_WORLD_H
#define TESTS_FUZZ_PAM_WORLD_H

#include "core/pat.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pam_stub.h"

#define PAM_WORLD_FAULTS 3

struct pam_world {
    struct fuzz_input *input;
    char line[1500]; /* the words of the PAM line, which are no secret whatever they hold */
    bool armed;      /* the module is at work: what it calls may fail */
    long calls;      /* that may fail, until now */
    long faults[PAM_WORLD_FAULTS]; /* the numbers of those that do */
    unsigned struck;
    /* Of one call of the module. */
    bool delayed;     /* it has asked for a delay */
    bool spoke_early; /* it asked for anything else before that */
    char typed[1024]; /* what libpam gave it; empty: nothing */
    struct pat_request asked;
    bool was_asked;
    bool accepted; /* a server that may be trusted accepted the question, by its own nonce */
    bool has_uid;  /* and told an uid */
    uint32_t uid;
    int64_t began, now;  /* milliseconds */
    int sockets;         /* that are open */
    unsigned char nonce; /* of the last question */
};

extern struct pam_world pam_world;

/* Counts a call that may fail; true when this one does. */
bool pam_world_strikes(void);

/* Before and behind a call of the module. */
void pam_world_arm(void);
void pam_world_disarm(void);

/* The secret of a token of world.h stands in the text, and not in the PAM line. */
bool pam_world_is_secret(const char *text);

/* --- pam_libpam.c: what the module asks of libpam --- */

/* The uid of an account of this host, or -1. */
int64_t pam_world_uid(const char *account);

/*
 * Stacks of the documentation, in which the module is the stub of pam_stub.c with the word "pat";
 * other words: "password", "asked", "permit", "deny". The directory that has them, for
 * pam_start_confdir(3).
 */
#define PAM_WORLD_STACKS 4
extern const char *const pam_world_stacks[PAM_WORLD_STACKS];
const char *pam_world_directory(const struct pam_stub_calls *calls);

#endif
