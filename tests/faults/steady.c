/* SPDX-License-Identifier: BSD-2-Clause */
/* A clock that stands, and randomness that repeats itself. */
#include <sys/timex.h>
#include <time.h>

#include "tests/faults/steady.h"

int64_t steady_now = STEADY_BEGIN;

static uint64_t given;

uint64_t
steady_next(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

uint64_t
steady_below(uint64_t *state, uint64_t below)
{
    return (steady_next(state) >> 16) % below;
}

void
steady_reseed(uint64_t seed)
{
    given = seed;
}

void __wrap_randombytes_buf(void *ret, size_t len);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret);
int __real_clock_gettime(clockid_t which, struct timespec *ret);
int __wrap_adjtimex(struct timex *timex);
time_t __wrap_time(time_t *ret);

void
__wrap_randombytes_buf(void *ret, size_t len)
{
    unsigned char *bytes = ret;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(steady_next(&given) >> 24);
}

int
__wrap_clock_gettime(clockid_t which, struct timespec *ret)
{
    int64_t at = which == CLOCK_REALTIME ? steady_now : steady_now - STEADY_BEGIN + STEADY_DAY;

    if (which != CLOCK_REALTIME && which != CLOCK_BOOTTIME)
        return __real_clock_gettime(which, ret);
    ret->tv_sec = (time_t)(at / 1000000);
    ret->tv_nsec = (long)(at % 1000000) * 1000;
    return 0;
}

int
__wrap_adjtimex(struct timex *timex)
{
    timex->status = 0;
    return TIME_OK;
}

time_t
__wrap_time(time_t *ret)
{
    time_t now = (time_t)(steady_now / 1000000);

    if (ret != NULL)
        *ret = now;
    return now;
}
