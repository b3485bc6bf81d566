/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a sequence happens: a machine with a clock of its own, and on it a patd without sockets.
 * Its store is one in memory, or files, which can be opened again.
 */
#ifndef TESTS_MODEL_PLACE_H
#define TESTS_MODEL_PLACE_H

#include "core/api/context.h"

#define PLACE_BEGIN (INT64_C(1795305600) * PAT_SECOND) /* 22 November 2026 */

struct place {
    struct pat_context *context;
    struct pat_store *writer, *reader; /* one and the same in memory */
};
extern struct place place;

/* The kernel says that the clock is synchronised. */
extern bool place_synchronised;
/* Time goes by, and the clock is set besides; microseconds. */
void place_move(int64_t span, int64_t set);

/* Once: an empty directory, the services of pat.conf, and what makes the world in the writer. */
void place_open(const char *dir, const char *services, void (*make_world)(void));
void place_close(void);

/* The world as it was made, at the beginning of time. */
void place_begin(bool on_disk, uint64_t seed);

void place_minute(void);
void place_accept(void);

/* patd ends, in order or by kill -9, and another one begins. Only on disk. */
void place_restart(bool in_order);
/* Only the handles: as after a crash between a commit and its anchor. */
void place_reopen(void);

#endif
