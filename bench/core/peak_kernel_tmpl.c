/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiled for each precision and each BENCH_LEVEL of vectors, with contraction to fused
 * multiply-adds where the level has them. */
#include "peak_kernel_tmpl.h"

#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if defined __AVX512F__
#define VECTOR_BYTES 64
#elif defined __AVX2__
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

typedef real vector __attribute__((vector_size(VECTOR_BYTES)));

/* Enough to hide a latency of 5 cycles on two units, and few enough for 16 registers. */
enum { CHAINS = 12, SUMS = 8, LANES = VECTOR_BYTES / sizeof(real) };

double JOIN(BENCH(peak_), BENCH_LEVEL)(size_t rounds, real factor, real addend, real *sum)
{
    vector chain[CHAINS];
    for (int c = 0; c < CHAINS; c++)
        chain[c] = (vector){0} + (real)c;
    for (size_t i = 0; i < rounds; i++)
        for (int c = 0; c < CHAINS; c++)
            chain[c] = chain[c] * factor + addend;
    for (int c = 1; c < CHAINS; c++)
        chain[0] += chain[c];
    *sum = 0;
    for (int lane = 0; lane < LANES; lane++)
        *sum += chain[0][lane];
    return 2.0 * LANES * CHAINS * (double)rounds;
}

static real total(const vector *sum)
{
    real all = 0;
    for (int c = 0; c < SUMS; c++)
        for (int lane = 0; lane < LANES; lane++)
            all += sum[c][lane];
    return all;
}

real JOIN(BENCH(read_), BENCH_LEVEL)(size_t n, const real *values)
{
    vector sum[SUMS] = {{0}};
    size_t i = 0;
    for (; i + SUMS * LANES <= n; i += SUMS * LANES)
        for (int c = 0; c < SUMS; c++) {
            vector next;
            memcpy(&next, values + i + c * LANES, sizeof next);
            sum[c] += next;
        }
    for (; i < n; i++)
        sum[0][0] += values[i];
    return total(sum);
}
