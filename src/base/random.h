/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random numbers as a function of where they are used: no state, the same bits everywhere.
 * Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011); the key is the seed, the counter says which stream, substream and index.
 */
#ifndef BPB_RANDOM_H
#define BPB_RANDOM_H

#include "base/common.h"

enum random_stream { STREAM_WEIGHTS, STREAM_BIASES, STREAM_SHUFFLE, STREAM_CHECK, STREAM_DROPOUT };

void bpb_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 random bits; substream < 2^56 (a layer, an epoch). */
uint64_t bpb_random_bits(uint64_t seed, enum random_stream stream, uint64_t substream,
                         uint64_t index);
/* Uniform in (0, 1): (k + 1/2) / 2^53. */
double bpb_random_uniform(uint64_t seed, enum random_stream stream, uint64_t substream,
                          uint64_t index);
/* N(0, 1), by inversion of the distribution function. */
double bpb_random_normal(uint64_t seed, enum random_stream stream, uint64_t substream,
                         uint64_t index);

/* The x with P(N(0,1) < x) = p, 0 < p < 1, to 1e-15 relative. */
double bpb_normal_quantile(double p);

#endif
