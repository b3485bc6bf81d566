/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue behind a lock that is held for the time of a copy. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/usage_queue.h"

struct pat_usage_queue {
    pthread_mutex_t lock;
    struct pat_usage_note notes[PAT_USAGE_QUEUE_NOTES];
    size_t count;
    uint64_t lost;
};

struct pat_usage_queue *
pat_usage_queue_new(void)
{
    struct pat_usage_queue *queue = calloc(1, sizeof *queue);

    if (queue != NULL && pthread_mutex_init(&queue->lock, NULL) != 0) {
        free(queue);
        queue = NULL;
    }
    return queue;
}

void
pat_usage_queue_free(struct pat_usage_queue *queue)
{
    if (queue != NULL)
        pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void
pat_usage_queue_put(struct pat_usage_queue *queue, const struct pat_usage_note *note)
{
    pthread_mutex_lock(&queue->lock);
    if (queue->count < PAT_USAGE_QUEUE_NOTES)
        queue->notes[queue->count++] = *note;
    else
        queue->lost++;
    pthread_mutex_unlock(&queue->lock);
}

size_t
pat_usage_queue_take(struct pat_usage_queue *queue,
                     struct pat_usage_note ret[PAT_USAGE_QUEUE_NOTES])
{
    size_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->count;
    memcpy(ret, queue->notes, count * sizeof ret[0]);
    queue->count = 0;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

uint64_t
pat_usage_queue_lost(struct pat_usage_queue *queue)
{
    uint64_t lost;

    pthread_mutex_lock(&queue->lock);
    lost = queue->lost;
    pthread_mutex_unlock(&queue->lock);
    return lost;
}
