/* SPDX-License-Identifier: BSD-3-Clause */
/* The nets and batches that are measured. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "bench.h"

enum { CASES = 10, MAX_LAYERS = 16 };

/* Which of a net's functions is one of our own (vector_level_tmpl.c), in place of the built-in that
 * computes the same. */
enum own { OWN_NONE, OWN_RELU, OWN_SOFTSIGN, OWN_SQUARED };

struct bench_case {
    const char *name;
    size_t n_layers, units[MAX_LAYERS + 1];
    bpb_activation hidden, output;
    bpb_loss_kind loss;
    enum own own;    /* activation: of the hidden layers */
    size_t batch;    /* columns of one call */
    size_t samples;  /* columns of the data, a multiple of batch; the calls take them in turn */
    size_t distinct; /* columns that differ, a divisor of samples; the others repeat them, so that
                        the large cases can be checked against a few columns done naively */
    bool quick;      /* among the cases of --quick */
    bool ask;        /* naive code takes minutes: only where --impl names it */
};

extern const struct bench_case bench_cases[CASES];

/* NULL: there is no case of this name. */
const struct bench_case *case_named(const char *name);

/* The net of a case, always with the same parameters. It refers to the case's units. */
bpb_net_options case_net(const struct bench_case *shape);

/* Floating-point operations of one call, those of the products alone. */
double case_flops(const struct bench_case *shape, enum op op);

#endif
