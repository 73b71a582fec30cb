/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters and layers in plain arrays, for the code that does not use the library. */
#ifndef BENCH_PLAIN_TMPL_H
#define BENCH_PLAIN_TMPL_H

#include "problem_tmpl.h"

struct BENCH(layer) {
    size_t n_in, n_out;
    bpb_activation activation;
    real *W, *b;      /* n_out x n_in, column-major, and n_out; within theta */
    real *dW, *db;    /* the same within the gradient */
    real *Z, *A, *D;  /* n_out x columns */
};

struct BENCH(plain) {
    struct BENCH(result) result;
    const struct BENCH(problem) *problem;
    real *memory; /* of all arrays */
    struct BENCH(layer) layer[MAX_LAYERS];
};

/* Room for so many columns, and the parameters of the problem's net. NULL: no memory. */
struct BENCH(plain) *BENCH(plain_create)(const struct BENCH(problem) *problem, size_t columns);
void BENCH(plain_destroy)(void *net);
void BENCH(plain_restore)(void *net);

/* A subject that runs these functions on the net. BPB_ERR_MEMORY if net is NULL. */
bpb_status BENCH(plain_subject)(struct subject *subject, struct BENCH(plain) *net,
                                bpb_status (*const run[OPS])(void *, size_t));

#endif
