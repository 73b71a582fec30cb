/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers that are the same on every machine: splitmix64 (Steele, Lea, Flood 2014). */
#ifndef BENCH_SPLITMIX_H
#define BENCH_SPLITMIX_H

#include <stdint.h>

static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [-1, 1). It has 24 bits, so float and double get the same value. */
static inline double random_uniform(uint64_t *state)
{
    return (double)(random_bits(state) >> 40) * 0x1p-23 - 1.0;
}

#endif
