/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiled for each precision and each BENCH_LEVEL of vectors, with contraction to fused
 * multiply-adds where the level has them. */
#include "peak_kernel_tmpl.h"

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
enum { CHAINS = 12, LANES = VECTOR_BYTES / sizeof(real) };

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
