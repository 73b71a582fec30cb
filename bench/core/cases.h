/* SPDX-License-Identifier: BSD-3-Clause */
/* The nets and batches that are measured. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench.h"

enum { CASES = 10, MAX_LAYERS = 16 };

/* Which of a net's functions is replaced by one of vector_level_tmpl.c, which computes the same as
 * the built-in. */
enum own { OWN_NONE, OWN_RELU, OWN_SOFTSIGN, OWN_SQUARED };

struct bench_case {
    const char *name;
    size_t n_layers, units[MAX_LAYERS + 1];
    bpb_activation hidden, output;
    bpb_loss_kind loss;
    enum own own;    /* an activation applies to the hidden layers */
    size_t batch;    /* columns of one call */
    size_t samples;  /* columns of the data, a multiple of batch; calls use them in turn */
    size_t distinct; /* columns that differ, a divisor of samples; the others repeat them. So naive
                        code checks large cases by a few columns */
    bool quick;      /* among the cases of --quick */
    bool ask;        /* naive code takes minutes; it runs only if --impl names it */
};

extern const struct bench_case bench_cases[CASES];

/* NULL: there is no case of this name. */
const struct bench_case *case_named(const char *name);

/* Options of the case's net, with a fixed seed. They refer to the case's units. */
bpb_net_options case_net(const struct bench_case *shape);

/* Floating-point operations of the products in one call. */
double case_flops(const struct bench_case *shape, enum op op);

#endif
