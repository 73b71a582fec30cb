/* SPDX-License-Identifier: BSD-3-Clause */
/* What the templates of the goals share. */
#ifndef BENCH_KIT_TMPL_H
#define BENCH_KIT_TMPL_H

#include "core/problem_tmpl.h"
#include "kit.h"

/* The problem of a stage, to be run by so many threads. */
struct BENCH(problem) *BENCH(problem_of)(void *stage, size_t threads);

/* Members of struct kit. */
bpb_status BENCH(predict_create)(struct subject *subject, void *stage, size_t columns,
                                 const bpb_plan_options *plan);
bpb_status BENCH(predict_doubles_create)(struct subject *subject, void *stage, size_t columns,
                                         const bpb_plan_options *plan);
bpb_status BENCH(read_create)(struct subject *subject, void *stage);
bpb_status BENCH(epoch_create)(struct subject *subject, void *stage, bool own_clock);
bpb_status BENCH(check_epoch)(const struct subject *epoch, bool *agree);
bpb_status BENCH(derivative_create)(struct subject *subject, void *stage, enum derivative which);
bpb_status BENCH(check_derivative)(const struct subject *derivative, bool *agree);
bpb_status BENCH(delta_create)(struct subject *subject, void *stage);
bpb_status BENCH(check_delta)(const struct subject *inputs, const struct subject *delta,
                              bool *agree);

/* The state of a derivative's subject. All values belong to the first batch of the problem. */
struct BENCH(derivative) {
    struct BENCH(result) result; /* theta is the net's; J v has Y, the others a gradient */
    const struct BENCH(problem) *problem;
    enum derivative which;
    size_t n_0, n_L, B, P;
    net_t *net;
    net_t *direction; /* its theta is v, as large as the net's in each layer */
    plan_t *plan;
    work_t *work;
    real *memory;        /* of all arrays below */
    real *V, *U, *D;     /* n_0 x B, n_L x B, (n_L n_0) x B: directions and weights */
    real *dY, *dX, *Hv;  /* n_L x B, n_0 x B, P: results */
};

/* Whether the derivative is along v, and along V. */
static inline bool BENCH(along_theta)(const struct BENCH(derivative) *derivative)
{
    return derivative->which != JVP_INPUTS;
}

static inline bool BENCH(along_inputs)(const struct BENCH(derivative) *derivative)
{
    return derivative->which == JVP || derivative->which == JVP_INPUTS;
}

#endif
