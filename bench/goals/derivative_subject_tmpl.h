/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a derivative's subject. */
#ifndef BENCH_DERIVATIVE_SUBJECT_TMPL_H
#define BENCH_DERIVATIVE_SUBJECT_TMPL_H

#include "kit_tmpl.h"

/* All on the first batch of the problem. */
struct BENCH(derivative) {
    struct BENCH(result) result; /* theta is the net's; Y of J v, gradient of the others */
    const struct BENCH(problem) *problem;
    enum derivative which;
    size_t n_0, n_L, B, P;
    BPB(net) *net;
    BPB(net) *direction; /* its theta is v: as large as that of the net, layer by layer */
    BPB(plan) *plan;
    BPB(work) *work;
    real *memory;        /* of all that follow */
    real *V, *U, *D;     /* n_0 x B, n_L x B, (n_L n_0) x B: directions and weights */
    real *dY, *dX, *Hv;  /* n_L x B, n_0 x B, P: results */
};

/* Which arguments are displaced along v and V. */
static inline bool BENCH(along_theta)(const struct BENCH(derivative) *derivative)
{
    return derivative->which != JVP_INPUTS;
}

static inline bool BENCH(along_inputs)(const struct BENCH(derivative) *derivative)
{
    return derivative->which == JVP || derivative->which == JVP_INPUTS;
}

#endif
