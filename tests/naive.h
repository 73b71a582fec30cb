/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A net by plain loops over scalars, one column at a time, to compare the library with: in float,
 * double and long double, and in complex long double. The last carries a tangent: at theta + i h v
 * with a tiny h, the imaginary part of anything over h is its derivative along v, to the last
 * digit, for nothing is subtracted. Of E that is a derivative for which no formula was written;
 * of the gradient, the backward pass done in complex numbers, it is H v.
 * Functions with kinks take their side by the real part.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"

enum { NAIVE_LAYERS = 5, NAIVE_WIDTH = 40 };

/* Functions that are not the library's, for tests of a caller's own. */
enum {
    NAIVE_SINE = 100, /* sin z */
    NAIVE_PRODUCT,    /* a_i = z_i z_{i+1}, the last with the first */
    NAIVE_LOG_COSH,   /* sum_i ln cosh(y_i - t_i) */
    NAIVE_TOTAL,      /* 1/2 (sum_i (y_i - t_i))^2 */
    NAIVE_SUM         /* sum_i y_i */
};

struct naive {
    size_t L, P;
    size_t n[NAIVE_LAYERS + 1]; /* n_0 .. n_L */
    size_t n_T;                 /* rows of T */
    int g[NAIVE_LAYERS + 1];    /* g_1 .. g_L, of bpb_activation or of the above */
    int loss;
    long double leak, elu_alpha, huber_delta, label_smoothing;
    const long double *in, *out; /* NULL, or shifts and factors, n_0 or n_L of each */
};

/* A batch. Targets are in the net's units, of classes those that are 1 and 0. */
struct naive_batch {
    size_t B;
    const long double *theta, *X, *T;
    const long double *weights; /* NULL: all 1 */
    bool masked;
};

bool naive_loss_of_Z(const struct naive *net); /* its gradient is in Z_L, not A_L */
bool naive_whole_column(const struct naive *net); /* one masked target takes its column along */

#define NUM float
#define KIND(name) name##_s
#include "naive_tmpl.h"
#define NUM double
#define KIND(name) name##_d
#include "naive_tmpl.h"
#define NUM long double
#define KIND(name) name##_l
#include "naive_tmpl.h"
#define NUM complex long double
#define KIND(name) name##_c
#include "naive_tmpl.h"

/* E. Each may be NULL: Y, and the derivatives of E, the gradient laid out as theta, dX as X. */
long double naive_gradient(const struct naive *net, const struct naive_batch *batch,
                           long double *Y, long double *gradient, long double *dX);
/* The nearest that anything comes to a place at which it has no (second) derivative. */
long double naive_kink(const struct naive *net, const struct naive_batch *batch);

/* dE/dtheta and dE/dX by complex steps of E. */
void naive_step_gradient(const struct naive *net, const struct naive_batch *batch,
                         long double *gradient, long double *dX);

/* The derivative of Y along v of theta and V of X, either may be NULL. */
void naive_jvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
               const long double *V, long double *dY);
/* The derivatives of sum_j <u_j, y_j>. */
void naive_vjp(const struct naive *net, const struct naive_batch *batch, const long double *U,
               long double *gradient, long double *dX);
/* Column j is dy_j/dx_j, n_L x n_0. */
void naive_jacobian(const struct naive *net, const struct naive_batch *batch, long double *J);

/* H v, and G v of the Gauss-Newton matrix. */
void naive_hvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
               long double *Hv);
void naive_gnvp(const struct naive *net, const struct naive_batch *batch, const long double *v,
                long double *Gv);

/* gradient += d/dtheta sum_j <D_j, dy_j/dx_j>, D laid out as a Jacobian and held constant */
void naive_jacobian_vjp(const struct naive *net, const struct naive_batch *batch,
                        const long double *D, long double *gradient);

#endif
