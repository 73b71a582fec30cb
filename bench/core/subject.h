/* SPDX-License-Identifier: BSD-3-Clause */
/* One implementation of one case, ready to be run. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "bench.h"

struct subject {
    void *state;           /* of the implementation; NULL: there is no such subject */
    size_t samples, batch; /* columns of the data, and of one call */
    int blas_threads;      /* what the BLAS is set to meanwhile; 0: left as it is */
    bpb_status (*run[OPS])(void *state, size_t first); /* on the batch from column first */
    bpb_status (*clock)(void *state, size_t sweeps, double *seconds); /* a block that takes its own
                                                                         time; NULL: run */
    void (*restore)(void *state); /* the parameters of the start */
    void (*deliver)(void *state); /* results where they are looked for; NULL: they are there */
    void (*destroy)(void *state);
};

/* Run the operation on every batch of the data in turn. */
bpb_status subject_sweep(const struct subject *subject, enum op op);

/* Accepts a subject that is not there. */
void subject_destroy(struct subject *subject);

#endif
