/* SPDX-License-Identifier: BSD-3-Clause */
/* Time that passes, of a clock that never goes back. */
#ifndef BPB_CLOCK_H
#define BPB_CLOCK_H

#include <time.h>

static inline long long nanoseconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
