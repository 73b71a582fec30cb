/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions of a net as tables of whole-matrix operations. All matrices are packed
 * column-major, n x B, one sample a column; in place where the same pointer is given twice.
 */
#ifndef BPB_FUNCTIONS_TMPL_H
#define BPB_FUNCTIONS_TMPL_H

#include "common.h"
#include "tmpl.h"

/* An activation A = g(Z), column by column; J = g'(Z) is the Jacobian of each column. */
struct BPB(activation) {
    const void *context; /* handed to each function */
    bool needs_Z;        /* else the derivatives take A alone, and Z may have been overwritten */
    void (*value)(const void *context, size_t n, size_t B, const real *Z, real *A);
    /* D <- J^T D */
    void (*vjp)(const void *context, size_t n, size_t B, const real *Z, const real *A, real *D);
    /* V <- J V */
    void (*jvp)(const void *context, size_t n, size_t B, const real *Z, const real *A, real *V);
    /* H <- H + (d/dZ (J^T D))[V], with D held constant */
    void (*second)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *D, const real *V, real *H);
};

/* A loss e of each column against its target column. */
struct BPB(loss) {
    const void *context;
    bool of_Z; /* gradient and second take and give derivatives in Z, not A: J is already in them */
    void (*value)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                  const real *T, double *e);
    /* D = de/dA (of_Z: de/dZ) */
    void (*gradient)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                     const real *T, real *D);
    /* H = (dD)[V], V a direction in A (of_Z: in Z) */
    void (*second)(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *T, const real *V, real *H);
};

/* One set of functions, compiled for one x86-64 level. */
struct BPB(functions) {
    const struct BPB(activation) *activation; /* by bpb_activation */
    const struct BPB(loss) *squared, *sigmoid_cross_entropy, *softmax_cross_entropy;

    /* y <- beta y + alpha x; as in the BLAS, y is not read where beta is 0 */
    void (*axpby)(size_t n, real alpha, const real *x, real beta, real *y);
    /* Whether all n values of x are finite. */
    bool (*finite)(size_t n, const real *x);
    /* x <- alpha x, n values; whether all were finite before. */
    bool (*scale)(size_t n, real alpha, real *x);
};

/* The set for the CPU that this runs on. */
const struct BPB(functions) *BPB(functions_for_cpu)(void);

/* The loss of that name, for that output activation; a pair that bpb_dnet_create lets pass. */
const struct BPB(loss) *BPB(functions_loss)(const struct BPB(functions) *set, bpb_loss loss,
                                            bpb_activation output);

/* Names of one level's parts: LEVEL(activations) is bpb_dactivations_v4. */
#define LEVEL(name) LEVEL_JOIN(BPB(name), BPB_LEVEL)
#define LEVEL_JOIN(name, level) LEVEL_PASTE(name, level)
#define LEVEL_PASTE(name, level) name##_##level

#endif
