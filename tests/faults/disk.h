/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk with a cache that a power cut empties. What was written is safe once its file was synced,
 * and a name once its directory was; until then any part of it may be there after a cut, in any
 * order, by sectors of 512 bytes. It follows a trace, op by op.
 */
#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

#include <stdint.h>

#include "tests/faults/trace.h"

enum disk_cut {
    DISK_LOSES_ALL, /* that is not safe */
    DISK_KEEPS_ALL, /* as kill -9 does */
    DISK_IN_ORDER,  /* up to some moment */
    DISK_SOME,      /* any of the writes */
    DISK_TORN,      /* any sectors of any of them, and one of those full of noise */
    DISK_CUTS
};

struct disk;

/* As it was when the trace began; the trace must outlive it. */
struct disk *disk_new(const struct trace *trace);
void disk_free(struct disk *disk);

void disk_apply(struct disk *disk, const struct trace_op *op);

/* Puts what would be there below root, where nothing else stays. */
void disk_leave(const struct disk *disk, enum disk_cut cut, uint64_t *random, const char *root);

/* Removes everything below root but its directories "state" and "keys", which are made. */
void disk_clear(const char *root);

#endif
