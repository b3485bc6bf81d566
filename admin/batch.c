/* SPDX-License-Identifier: BSD-2-Clause */
/* Random: whoever makes one asks nobody which there are. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/batch.h"

void
batch_name(char ret[BATCH_SIZE])
{
    unsigned char random[6] = {0};

    if (getentropy(random, sizeof random) != 0)
        abort();
    snprintf(ret, BATCH_SIZE, "b_%02x%02x%02x%02x%02x%02x", random[0], random[1], random[2],
             random[3], random[4], random[5]);
}
