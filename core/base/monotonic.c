/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of CLOCK_MONOTONIC for deadlines, so that a test can put its own time there. */
#include <stdint.h>
#include <time.h>

#include "core/base/monotonic.h"

#define NEVER (INT64_MAX / 2) /* a lifetime can still be added */

int64_t
pat_monotonic_microseconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
        return NEVER;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
pat_monotonic_milliseconds(void)
{
    return pat_monotonic_microseconds() / 1000;
}
