/* SPDX-License-Identifier: BSD-2-Clause */
/* Random: whoever makes one asks nobody which there are. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/batch.h"

/* It is no secret: when the kernel gives nothing random, the moment will do. */
static void
draw(unsigned char ret[6])
{
    struct timespec now = {.tv_sec = 0};
    uint64_t moment;

    if (getentropy(ret, 6) == 0)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    moment = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    memcpy(ret, &moment, 6);
}

void
batch_name(char ret[BATCH_SIZE])
{
    unsigned char random[6] = {0};

    draw(random);
    snprintf(ret, BATCH_SIZE, "b_%02x%02x%02x%02x%02x%02x", random[0], random[1], random[2],
             random[3], random[4], random[5]);
}
