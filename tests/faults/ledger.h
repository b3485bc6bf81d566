/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was asked of a host and what it acknowledged: what every token may be now. While a change is
 * under way that is what it was or what it becomes; once it was acknowledged, only the latter.
 */
#ifndef TESTS_FAULTS_LEDGER_H
#define TESTS_FAULTS_LEDGER_H

#include "tests/faults/host.h"

#define LEDGER_MAX 128
#define LEDGER_USERS 4

enum claim_state {
    CLAIM_ABSENT = 1,
    CLAIM_PENDING = 2,
    CLAIM_ACTIVE = 4,
    CLAIM_NARROW = 8, /* active, for reading mail alone */
    CLAIM_SUSPENDED = 16,
    CLAIM_REVOKED = 32,
};

struct claim {
    char text[PAT_TOKEN_MAX + 1];
    char id[PAT_ID_LEN + 1];
    int user;
    unsigned may;       /* be one of these */
    int64_t expires;    /* 0: it was given no end; negative: perhaps this one, perhaps none */
    int64_t ended;      /* about when it was revoked */
    int64_t generation; /* behind which its revocation was acknowledged */
};

struct ledger {
    struct claim claims[LEDGER_MAX];
    size_t count;
    unsigned users[LEDGER_USERS]; /* bit 0: may be enabled, bit 1: may be disabled, bit 2: gone */
    int64_t now;
};

extern const char *const ledger_users[LEDGER_USERS];

/* A new one, which may be absent, or as it is going to be. */
struct claim *ledger_add(struct ledger *ledger, const struct pat_token *token, int user,
                         enum claim_state state);
/* One that is surely so, of a user; the so-manieth of those there are. NULL: there is none. */
struct claim *ledger_pick(struct ledger *ledger, int user, enum claim_state state, uint64_t number);
size_t ledger_count(const struct ledger *ledger, enum claim_state state);

enum ledger_verdict {
    LEDGER_HOLDS,
    LEDGER_REFUSED, /* nothing is answered, and why says what is wrong */
    LEDGER_WRONG,
};

#define LEDGER_WHY 400

/*
 * Compares the ledger with what the host answers: every token's row and verdicts, seals and sums,
 * change logs and that they tell the same as the rows, and the anchor's journal.
 */
enum ledger_verdict ledger_check(const struct ledger *ledger, struct host *host,
                                 char why[LEDGER_WHY]);
/* Rows and verdicts alone. */
enum ledger_verdict ledger_ask(const struct ledger *ledger, struct host *host,
                               char why[LEDGER_WHY]);

/*
 * While something fails: no token gets in that surely may not, and none is refused that surely may;
 * "unavailable" is always right.
 */
enum ledger_verdict ledger_ask_amid(const struct ledger *ledger, struct host *host,
                                    char why[LEDGER_WHY]);

/* What may be more than one thing is from now on what it is, which must be one of those. */
enum ledger_verdict ledger_settle(struct ledger *ledger, struct host *host, char why[LEDGER_WHY]);

#endif
