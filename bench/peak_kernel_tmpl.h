/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PEAK_KERNEL_TMPL_H
#define BENCH_PEAK_KERNEL_TMPL_H

#include "bench_tmpl.h"

/* So many rounds of x <- x * factor + addend on every entry of every chain; their sum, so that
 * nothing is left out, in *sum. Returns how many floating-point operations that was. */
typedef double BENCH(peak_kernel)(size_t rounds, real factor, real addend, real *sum);

BENCH(peak_kernel) BENCH(peak_generic), BENCH(peak_avx2), BENCH(peak_avx512);

#endif
