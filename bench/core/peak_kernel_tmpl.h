/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PEAK_KERNEL_TMPL_H
#define BENCH_PEAK_KERNEL_TMPL_H

#include "bench_tmpl.h"

/* So many rounds of x <- x * factor + addend on every entry of every chain; their sum, so that
 * nothing is left out, in *sum. Returns how many floating-point operations that was. */
typedef double BENCH(peak_kernel)(size_t rounds, real factor, real addend, real *sum);

/* The sum of n values, each read once. */
typedef real BENCH(read_kernel)(size_t n, const real *values);

/* Those of one level of vectors. */
struct BENCH(kernels) {
    BENCH(peak_kernel) *peak;
    BENCH(read_kernel) *read;
};

/* The widest that this CPU has. */
struct BENCH(kernels) BENCH(kernels_here)(void);

BENCH(peak_kernel) BENCH(peak_generic), BENCH(peak_avx2), BENCH(peak_avx512);
BENCH(read_kernel) BENCH(read_generic), BENCH(read_avx2), BENCH(read_avx512);

#endif
