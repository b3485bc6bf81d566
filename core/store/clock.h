/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time that decisions use: the clock, but never earlier than a sealed mark that moves with it,
 * so that turning the clock back revives nothing. The mark moves by no more than the time the
 * machine ran plus five minutes, unless the kernel says that the clock is synchronised: a wrong
 * clock far in the future must not poison it.
 */
#ifndef PAT_STORE_CLOCK_H
#define PAT_STORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/token/digest.h"

struct pat_clock;

/* What the kernel says. Microseconds. */
struct pat_clock_reading {
    int64_t wall;      /* since 1970 UTC */
    int64_t boot;      /* since the machine started, suspended time included */
    char boot_id[37];  /* of /proc/sys/kernel/random/boot_id; may be empty */
    bool synchronised; /* adjtimex(2) */
};

PAT_CHECKED enum pat_err pat_clock_read(struct pat_clock_reading *ret);

/*
 * Reads the mark "clock" in the key directory; a missing one is begun at the reading. key must
 * outlive the clock. PAT_ERR_SEAL for a damaged one.
 */
PAT_CHECKED enum pat_err pat_clock_open(const char *dir, const struct pat_key *key,
                                        const struct pat_clock_reading *reading,
                                        struct pat_clock **ret);

/* clock may be NULL. */
void pat_clock_close(struct pat_clock *clock);

/*
 * max(clock, mark, what was told before); the last only as far as the mark could have moved by
 * then, too. PAT_ERR_CLOCK when the clock cannot be read. Any thread may call.
 */
PAT_CHECKED enum pat_err pat_clock_now(struct pat_clock *clock, int64_t *ret);

/* The mark alone. Any thread may ask. */
int64_t pat_clock_mark(const struct pat_clock *clock);

/* Moves the mark and saves it; every 60 seconds. */
PAT_CHECKED enum pat_err pat_clock_save(struct pat_clock *clock,
                                        const struct pat_clock_reading *reading);

/*
 * Moves the mark to the clock, forward or back, because an operator says that the clock is right.
 * SECURITY: back, tokens that have expired meanwhile work again until their end comes.
 */
PAT_CHECKED enum pat_err pat_clock_accept(struct pat_clock *clock,
                                          const struct pat_clock_reading *reading);

/* True while the clock is so far ahead of the mark that the mark waits. */
bool pat_clock_waits(struct pat_clock *clock, const struct pat_clock_reading *reading);

/* Pure: where a mark may move. ran is how long the machine is known to have run since. */
int64_t pat_clock_advance(int64_t mark, int64_t ran, const struct pat_clock_reading *reading);

#endif
