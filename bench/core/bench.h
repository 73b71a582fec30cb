/* SPDX-License-Identifier: BSD-3-Clause */
/* What every part of the bench uses. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpblas.h"

#define PROGRAM "bpblas-bench"

/* The operations. Each call works on one batch. */
enum op { OP_FORWARD, OP_GRADIENT, OP_STEP, OPS };

/* The implementations. gemm computes the products of the operation and nothing else. */
enum impl { IMPL_BPBLAS, IMPL_GEMM, IMPL_NAIVE_SAMPLE, IMPL_NAIVE_BATCH, IMPLS };

enum precision { PRECISION_F32, PRECISION_F64, PRECISIONS };

extern const char *const op_names[OPS];
extern const char *const impl_names[IMPLS];
extern const char *const precision_names[PRECISIONS];

/* A set of any of the above, or of cases. */
#define BIT(i) (1u << (i))

/* What the command line asks for (bench_options.c reads it). */
struct bench_options {
    bool help, goals, list;
    unsigned cases;                  /* a set */
    unsigned impls, ops, precisions; /* sets; --goals ignores them */
    bool impls_named;                /* --impl was given */
    unsigned groups;                 /* with --goals: a set of enum group */
    size_t threads;                  /* of the library; with --goals, of the figure threads */
    double seconds;                  /* for each measurement; with --goals, for each side */
    const char *json;                /* NULL: no file */
};

/* The learning rate of every step. No case diverges at this rate, even with a batch of 1. */
#define ETA 0x1p-6

/* Return an error (not a warning) to the caller. */
#define TRY(call)                              \
    do {                                       \
        const bpb_status try_status_ = (call); \
        if (try_status_ < 0)                   \
            return try_status_;                \
    } while (0)

/* Exit codes. */
enum { CODE_FINE, CODE_FAILED, CODE_USAGE };

/* Say on stderr what failed and why. */
static inline int fail(const char *what, const char *why)
{
    fprintf(stderr, PROGRAM ": %s: %s\n", what, why);
    return CODE_FAILED;
}

#endif
