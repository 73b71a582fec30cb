/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compiled for each precision and each BENCH_LEVEL of vectors, with -O3 -fopenmp-simd and with
 * contraction to fused multiply-adds if the level has them. The level is chosen at run time, as the
 * library chooses its own; a user would compile with -march=native instead.
 */
#include "vector_level_tmpl.h"

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

static double multiply_add(size_t rounds, real factor, real addend, real *sum)
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

static real read_values(size_t n, const real *values)
{
    vector sum[SUMS] = {{0}};
    real total = 0;
    size_t i = 0;
    for (; i + SUMS * LANES <= n; i += SUMS * LANES)
        for (int c = 0; c < SUMS; c++) {
            vector next;
            memcpy(&next, values + i + c * LANES, sizeof next);
            sum[c] += next;
        }
    for (; i < n; i++)
        sum[0][0] += values[i];
    for (int c = 0; c < SUMS; c++)
        for (int lane = 0; lane < LANES; lane++)
            total += sum[c][lane];
    return total;
}

/*
 * Functions of a user's own: plain loops with the arithmetic of the built-ins. The pragma matters
 * if a is z: without it clang tests at run time whether they overlap, and then works entry by
 * entry, which takes about ten times as long.
 */

/* max(z, 0); NaN if z is NaN */
static void relu(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] < 0 ? RC(0.0) : z[i];
}

/* 1 if a > 0, else a, which is 0 or NaN */
static void relu_df(const void *context, size_t n, const real *z, const real *a, real *df)
{
    (void)context, (void)z;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        df[i] = a[i] > 0 ? RC(1.0) : a[i];
}

static real magnitude(real z)
{
    return z < 0 ? -z : z;
}

/* z / (1 + |z|) */
static void softsign(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] / (1 + magnitude(z[i]));
}

/* r^2, r = 1 / (1 + |z|) */
static void softsign_df(const void *context, size_t n, const real *z, const real *a, real *df)
{
    (void)context, (void)a;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real r = 1 / (1 + magnitude(z[i]));
        df[i] = r * r;
    }
}

/* 1/2 (a - t)^2 */
static void squared(const void *context, size_t n, const real *a, const real *t, real *f)
{
    (void)context;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        f[i] = RC(0.5) * (a[i] - t[i]) * (a[i] - t[i]);
}

static void squared_df(const void *context, size_t n, const real *a, const real *t, real *df)
{
    (void)context;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        df[i] = a[i] - t[i];
}

/* bench_dlevel_generic, bench_slevel_avx512, ... */
const struct BENCH(level) JOIN(BENCH(level_), BENCH_LEVEL) = {
    .multiply_add = multiply_add,
    .read_values = read_values,
    .relu = {.name = "bench-relu", .of_A = 1, .f = relu, .df = relu_df},
    .softsign = {.name = "bench-softsign", .f = softsign, .df = softsign_df},
    .squared = {.name = "bench-squared", .f = squared, .df = squared_df},
};
