/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/common.h"
#include "base/random.h"

/*
 * Uniform in 0 .. n-1, without the bias of a remainder: the high half of 32 random bits times
 * n, drawn again where the low half falls into the part that would be counted once too often
 * (D. Lemire, "Fast random integer generation in an interval", 2019).
 */
static uint32_t below(uint32_t n, uint64_t seed, uint64_t epoch, uint64_t *draw)
{
    const uint32_t surplus = (uint32_t)-n % n; /* 2^32 mod n */
    uint64_t product;
    do {
        const uint32_t bits = (uint32_t)bpb_random_bits(seed, STREAM_SHUFFLE, epoch, (*draw)++);
        product = (uint64_t)bits * n;
    } while ((uint32_t)product < surplus);
    return (uint32_t)(product >> 32);
}

bpb_status bpb_shuffle(size_t *index, size_t n, uint64_t seed, uint64_t epoch)
{
    REQUIRE_POINTER(index);
    REQUIRE(n >= 1 && n <= UINT32_MAX, BPB_ERR_SIZE, "n is %zu; it must be 1 to %zu", n,
            (size_t)UINT32_MAX);
    uint64_t draw = 0;
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    for (size_t i = n - 1; i > 0; i--) {
        const size_t j = below((uint32_t)(i + 1), seed, epoch, &draw);
        const size_t swapped = index[i];
        index[i] = index[j];
        index[j] = swapped;
    }
    return BPB_OK;
}
