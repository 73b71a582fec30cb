/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two naive baselines share: the functions of a net, one column at a time. */
#ifndef BENCH_NAIVE_FUNCTIONS_TMPL_H
#define BENCH_NAIVE_FUNCTIONS_TMPL_H

#include "plain_tmpl.h"

/* a = g(z), n values. */
void BENCH(naive_activate)(bpb_activation g, size_t n, const real *z, real *a);

/* d = g'(z) d entry by entry, from a = g(z). Not for softmax. */
void BENCH(naive_derivative)(bpb_activation g, size_t n, const real *a, real *d);

/* d = dE/dz of the output layer for one column of the loss. */
void BENCH(naive_output_delta)(const struct BENCH(plain) *net, const real *a, const real *t,
                               real *d);

/* theta = theta - rate * gradient */
void BENCH(naive_update)(const struct BENCH(plain) *net, real rate);

/* The smallest |z| of all ReLUs for the input x; infinity without ReLU. Near 0, rounding decides
 * whether a unit learns. naive: from naive_sample_create. */
double BENCH(naive_margin)(const struct subject *naive, const real *x);

#endif
