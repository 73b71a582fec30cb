/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain loops with the arithmetic of the built-ins. Compiled as one who wants speed does it, -O3
 * -fopenmp-simd, but for each BENCH_LEVEL of vectors instead of the machine at hand
 * (-march=native); the level is chosen at run time, as the library chooses its own. The pragma
 * counts where a is z: without it clang tests at run time that they are apart and else goes entry
 * by entry, some ten times as long.
 */
#include "own_functions_tmpl.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/* max(z, 0), NaN where z is */
static void relu(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] < 0 ? RC(0.0) : z[i];
}

/* 1 where a > 0, else a, which is 0 or NaN */
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

/* bench_down_generic, bench_sown_avx512, ... */
const struct BENCH(own) JOIN(BENCH(own_), BENCH_LEVEL) = {
    .relu = {.name = "bench-relu", .of_A = 1, .f = relu, .df = relu_df},
    .softsign = {.name = "bench-softsign", .f = softsign, .df = softsign_df},
    .squared = {.name = "bench-squared", .f = squared, .df = squared_df},
};
