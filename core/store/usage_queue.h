/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Uses that wait to be written: a login puts one in and goes on. What does not fit is lost, and
 * counted. Any thread may call anything.
 */
#ifndef PAT_STORE_USAGE_QUEUE_H
#define PAT_STORE_USAGE_QUEUE_H

#include <stddef.h>

#include "core/store/usage.h"

#define PAT_USAGE_QUEUE_NOTES 1024

struct pat_usage_queue;

struct pat_usage_queue *pat_usage_queue_new(void); /* NULL without memory */
void pat_usage_queue_free(struct pat_usage_queue *queue);

void pat_usage_queue_put(struct pat_usage_queue *queue, const struct pat_usage_note *note);
/* All of them, oldest first; how many there were. */
size_t pat_usage_queue_take(struct pat_usage_queue *queue,
                            struct pat_usage_note ret[PAT_USAGE_QUEUE_NOTES]);
uint64_t pat_usage_queue_lost(struct pat_usage_queue *queue);

#endif
