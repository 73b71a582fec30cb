/* SPDX-License-Identifier: BSD-3-Clause */
/* Activations and losses of your own. */
#ifndef BPBLAS_FUNCTIONS_H
#define BPBLAS_FUNCTIONS_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Functions of your own ---- */

/*
 * An activation of your own, A = g(Z), column by column, in a form of two. Matrices are packed,
 * n x B, and apart from each other unless the text says otherwise; context is handed on. Functions
 * run on the threads of the plan, several at a time, and must not depend on what else the block
 * they are given holds: columns are cut as a pass needs it. They run in the default floating-point
 * environment.
 *
 * Element-wise (f is not NULL): n entries at once; each gives g, g', g'' of its z:
 *
 *     f(z) -> a (may be z)      df(z, a) -> g'(z)      d2f(z, a) -> g''(z)
 *
 * or for whole matrices (value is not NULL), J = g'(Z) being the Jacobian of each column:
 *
 *     value    A = g(Z); A may be Z
 *     vjp      D <- J^T D
 *     jvp      V <- J V
 *     second   H <- H + (d/dZ (J^T D))[V], the derivative of J^T D in direction V, D held constant
 *
 * What is missing is refused where it is needed, never assumed: gradients need vjp (or df), J v
 * needs jvp (or df), Hessian products and the like all three.
 */
typedef struct bpb_activation_function {
    const char *name;    /* in model files: 1 to 31 of a-z 0-9 - _, none of the library's own */
    const void *context; /* must outlive the net */
    int of_A;            /* 1: derivatives look at A alone, so that Z need not be kept; what they
                            are given as z and Z may then be anything */
    void (*f)(const void *context, size_t n, const double *z, double *a);
    void (*df)(const void *context, size_t n, const double *z, const double *a, double *df);
    void (*d2f)(const void *context, size_t n, const double *z, const double *a, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, double *A);
    void (*vjp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *D);
    void (*jvp)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                double *V);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *D, const double *V, double *H);
} bpb_activation_function;

typedef struct bpbf_activation_function {
    const char *name;
    const void *context;
    int of_A;
    void (*f)(const void *context, size_t n, const float *z, float *a);
    void (*df)(const void *context, size_t n, const float *z, const float *a, float *df);
    void (*d2f)(const void *context, size_t n, const float *z, const float *a, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, float *A);
    void (*vjp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *D);
    void (*jvp)(const void *context, size_t n, size_t B, const float *Z, const float *A, float *V);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *D, const float *V, float *H);
} bpbf_activation_function;

/*
 * A loss of your own, element-wise (f is not NULL), e = sum_i f(a_i, t_i), n entries at once:
 *
 *     f(a, t) -> f      df(a, t) -> df/da      d2f(a, t) -> d2f/da2
 *
 * or for whole matrices (value is not NULL):
 *
 *     value     e[j] = the loss of column j, without weight and 1/B, as all of these are
 *     gradient  D = de/dA, column by column
 *     second    H = (d(de/dA))[V], the derivative of the gradient in direction V of A; written,
 *               where an activation's is added
 */
typedef struct bpb_loss_function {
    const char *name;    /* as above */
    const void *context; /* must outlive the net */
    int of_Z;            /* whole matrices: 1: gradient and second are in Z = Z_L, not A, and hold
                            the derivative of the output activation that the loss goes with */
    size_t group;        /* whole matrices: outputs that belong to one target, T having n_L / group
                            rows, n_L a multiple of it; columns may then be cut between two
                            targets. 0: T has n_L rows, and the column is a whole */
    void (*f)(const void *context, size_t n, const double *a, const double *t, double *f);
    void (*df)(const void *context, size_t n, const double *a, const double *t, double *df);
    void (*d2f)(const void *context, size_t n, const double *a, const double *t, double *d2f);
    void (*value)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                  const double *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                     const double *T, double *D);
    void (*second)(const void *context, size_t n, size_t B, const double *Z, const double *A,
                   const double *T, const double *V, double *H);
} bpb_loss_function;

typedef struct bpbf_loss_function {
    const char *name;
    const void *context;
    int of_Z;
    size_t group;
    void (*f)(const void *context, size_t n, const float *a, const float *t, float *f);
    void (*df)(const void *context, size_t n, const float *a, const float *t, float *df);
    void (*d2f)(const void *context, size_t n, const float *a, const float *t, float *d2f);
    void (*value)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                  const float *T, double *e);
    void (*gradient)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                     const float *T, float *D);
    void (*second)(const void *context, size_t n, size_t B, const float *Z, const float *A,
                   const float *T, const float *V, float *H);
} bpbf_loss_function;

/*
 * Make g_l, l = 1..L, or the loss a function of your own. It is copied, its name too. A plan that
 * was made before is for the old functions: BPB_ERR_MISMATCH. Allocates.
 * BPB_ERR_NULL: also name, or neither f nor value. BPB_ERR_OPTION: the name is the library's, too
 * long or of other characters; f and value both; a flag not 0 or 1. BPB_ERR_SIZE: no such layer.
 * BPB_ERR_PAIR: g_L does not go with the loss, or group does not divide n_L. BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_net_set_activation(bpb_net *net, size_t l,
                                           const bpb_activation_function *g);
BPB_API bpb_status bpbf_net_set_activation(bpbf_net *net, size_t l,
                                           const bpbf_activation_function *g);
BPB_API bpb_status bpb_net_set_loss(bpb_net *net, const bpb_loss_function *loss);
BPB_API bpb_status bpbf_net_set_loss(bpbf_net *net, const bpbf_loss_function *loss);

#ifdef __cplusplus
}
#endif

#endif
