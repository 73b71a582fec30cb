/* SPDX-License-Identifier: BSD-3-Clause */
/* A case in one precision: the parameters and data that every implementation is given. */
#ifndef BENCH_PROBLEM_TMPL_H
#define BENCH_PROBLEM_TMPL_H

#include "bench_tmpl.h"
#include "cases.h"
#include "timing.h"

struct BENCH(problem) {
    const struct bench_case *shape;
    size_t batch, samples; /* those of the case; a check uses fewer */
    size_t threads;
    net_t *net;            /* the parameters at the start; never changed */
    real *X, *T;           /* n_0 x samples, n_L x samples */
};

/* The results of an implementation. Its state begins with this. */
struct BENCH(result) {
    real *Y;        /* n_L x samples, after a sweep of forward */
    real *gradient; /* of the last batch, laid out as theta */
    real *theta;    /* after a sweep of steps */
};

/* Draw the data. After an error, call problem_destroy too. */
bpb_status BENCH(problem_create)(struct BENCH(problem) *problem, const struct bench_case *shape);
void BENCH(problem_destroy)(struct BENCH(problem) *problem);

/* n zeros, aligned to 64 bytes; NULL: no memory. Release them with free. */
real *BENCH(values)(size_t n);

/* Make the subject of each implementation. The subject refers to the problem. */
typedef bpb_status BENCH(maker)(struct subject *subject, const struct BENCH(problem) *problem);
BENCH(maker) BENCH(bpblas_create), BENCH(gemm_create), BENCH(naive_sample_create),
    BENCH(naive_batch_create);

#endif
