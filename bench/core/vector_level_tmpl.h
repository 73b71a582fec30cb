/* SPDX-License-Identifier: BSD-3-Clause */
/* Loops that are compiled once for each level of vectors. */
#ifndef BENCH_VECTOR_LEVEL_TMPL_H
#define BENCH_VECTOR_LEVEL_TMPL_H

#include "bench_tmpl.h"
#include "timing.h"

struct BENCH(level) {
    /* x <- x * factor + addend on every entry of chains in registers, for so many rounds. *sum is
     * the sum of all entries, so that the compiler leaves nothing out. Returns the number of
     * floating-point operations. */
    double (*multiply_add)(size_t rounds, real factor, real addend, real *sum);

    /* The sum of n values, each read once. */
    real (*read_values)(size_t n, const real *values);

    /* Functions of one's own, as a user of the library writes them. They compute what built-ins
     * compute. */
    activation_function_t relu, softsign;
    loss_function_t squared;
};

extern const struct BENCH(level) BENCH(level_generic), BENCH(level_avx2), BENCH(level_avx512);

/* The level of the widest vectors that this CPU has. */
const struct BENCH(level) *BENCH(level_here)(void);

/* The multiply-add peak of one core: a subject of which every operation runs the chains, *flops
 * floating-point operations a run. */
void BENCH(peak_create)(struct subject *subject, double *flops);

#endif
