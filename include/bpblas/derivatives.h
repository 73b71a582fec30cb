/* SPDX-License-Identifier: BSD-3-Clause */
/* Derivatives of a whole batch, an objective for any optimiser, and their check. */
#ifndef BPBLAS_DERIVATIVES_H
#define BPBLAS_DERIVATIVES_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What a pass computed -------------------------------------------------------------- */

/*
 * What the last pass of a work computed in a layer, for its B columns. Z, A and D are in the work's
 * memory and stay until its next pass. A view that the pass did not make has data NULL.
 */
typedef struct bpb_layer {
    bpb_view Z; /* n_l x B; NULL unless the plan has keep_Z or g' requires Z */
    bpb_view A; /* n_l x B; l = L: Y in your units after forward, jvp and predict. After a pass with
                   dropout: the thinned A_l, in which -0 marks what was dropped */
    bpb_view D; /* dE/dZ_l, n_l x B, with its factor 1/B; after bpb_sgd_step -eta/B */
    bpb_view dW; /* n_l x n_{l-1} and n_l x 1, within the gradient that the pass wrote, in the */
    bpb_view db; /* caller's memory */
} bpb_layer;

typedef struct bpbf_layer {
    bpbf_view Z, A, D, dW, db;
} bpbf_layer;

/* Layer l = 0..L; l = 0 has only A, which is A_0. All data are NULL before the first pass. After
 * predict and evaluate the views are those of the last block. */
BPB_API bpb_layer bpb_work_layer(const bpb_work *work, size_t l);
BPB_API bpbf_layer bpbf_work_layer(const bpbf_work *work, size_t l);

/* ---- Derivatives ---------------------------------------------------------------------------- */

/*
 * All of a batch at once, as the passes are; X, T as there. The plan needs derivatives = 1, else
 * BPB_ERR_PLAN. J is the derivative of Y, in the caller's units, by theta or by X, also in those.
 * Functions that lack a part: BPB_ERR_NO_VJP, BPB_ERR_NO_JVP, BPB_ERR_NO_SECOND. Where an argument
 * may be left out, a pointer is NULL, or a view's data. BPB_NONFINITE, of calls that sum over the
 * columns (to a loss, gradient, Hv): the loss or a delta of a layer is not finite; all results are
 * written. None of these drops anything: see Dropout.
 */

/*
 * The gradient, as bpb_gradient without dropout, and dE/dX (n_0 x B): column j is
 * 1/B w_j de_j/dx_j.
 *
 *     dE/dA_0 = W_1^T D_1
 *
 * gradient, loss: may be NULL.
 */
BPB_API bpb_status bpb_gradient_x(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                                  double *gradient, bpb_out dX, double *loss);
BPB_API bpb_status bpbf_gradient_x(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                   bpbf_targets T, float *gradient, bpbf_out dX, double *loss);

/*
 * J^T u: for U (n_L x B)
 *
 *     gradient = sum_j (dy_j/dtheta)^T u_j        P values as theta; or NULL
 *     dX, column j = (dy_j/dx_j)^T u_j            n_0 x B; may be left out
 */
BPB_API bpb_status bpb_vjp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view U,
                            double *gradient, bpb_out dX);
BPB_API bpb_status bpbf_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view U,
                            float *gradient, bpbf_out dX);

/*
 * The same after bpb_forward, without going forward again: for the net's part of a larger model,
 * whose U follows from the Y of the forward pass. It may be called several times. theta and X must
 * be what they were; the library does not check this. Returns BPB_ERR_MISMATCH: the last pass of
 * the work was no bpb_forward of this net (or such a call), or U has not as many columns.
 */
BPB_API bpb_status bpb_vjp_after_forward(const bpb_net *net, bpb_work *work, bpb_view U,
                                         double *gradient, bpb_out dX);
BPB_API bpb_status bpbf_vjp_after_forward(const bpbf_net *net, bpbf_work *work, bpbf_view U,
                                          float *gradient, bpbf_out dX);

/*
 * J v: the derivative of Y in direction v of theta (P values, or NULL) and V of X (n_0 x B; may be
 * left out), one of them at least (else BPB_ERR_NULL):
 *
 *     R{Z_l} = W_l R{A_{l-1}} + W(v)_l A_{l-1} + b(v)_l 1^T,  R{A_l} = g'(Z_l) R{Z_l},  R{A_0} = V
 *     dY = R{A_L}                                  n_L x B; Y (may be left out) is Y itself
 *
 * forward mode; with v the R-operator of Pearlmutter, "Fast exact multiplication by the Hessian",
 * 1994.
 */
BPB_API bpb_status bpb_jvp(const bpb_net *net, bpb_work *work, bpb_view X, const double *v,
                            bpb_view V, bpb_out Y, bpb_out dY);
BPB_API bpb_status bpbf_jvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, const float *v,
                            bpbf_view V, bpbf_out Y, bpbf_out dY);

/*
 * dY/dX: J is (n_L n_0) x B, column j the n_L x n_0 matrix dy_j/dx_j, column-major: entry (i, k) in
 * row k n_L + i. min(n_L, n_0) passes after one forward.
 */
BPB_API bpb_status bpb_jacobian(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out J);
BPB_API bpb_status bpbf_jacobian(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out J);

/*
 * H v for the exact Hessian H of E in theta, and the gradient beside it: the R-operator applied to
 * each line of the backward pass. gradient, loss: may be NULL.
 */
BPB_API bpb_status bpb_hvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                           const double *v, double *Hv, double *gradient, double *loss);
BPB_API bpb_status bpbf_hvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                            const float *v, float *Hv, float *gradient, double *loss);

/*
 * G v, G = 1/B sum_j w_j J_j^T H_j J_j the Gauss-Newton matrix, J_j = dz_Lj/dtheta (or dy_j) and
 * H_j the Hessian of e_j in z_Lj where the loss is computed from it (those marked * in bpb_loss_kind),
 * else in y_j (Schraudolph 2002). Positive semi-definite where H_j is.
 */
BPB_API bpb_status bpb_gnvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                            const double *v, double *Gv);
BPB_API bpb_status bpbf_gnvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                             const float *v, float *Gv);

/*
 * The gradient in theta of a function of Y and dY/dX of which the caller holds the derivatives U by
 * Y (n_L x B) and D by dY/dX ((n_L n_0) x B, laid out as by bpb_jacobian; n_0 x B where n_L = 1):
 *
 *     gradient = d/dtheta sum_j (<u_j, y_j> + <D_j, dy_j/dx_j>),  U and D held constant
 *
 * U or D may be left out. What force fields need: U = dE/dY, D = dE/d(dY/dX). As many double passes
 * as min(n_L, n_0).
 */
BPB_API bpb_status bpb_jacobian_vjp(const bpb_net *net, bpb_work *work, bpb_view X,
                                     bpb_view U, bpb_view D, double *gradient);
BPB_API bpb_status bpbf_jacobian_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                     bpbf_view U, bpbf_view D, float *gradient);

/*
 * Its ready-made use: the loss and gradient of
 *
 *     E = 1/B sum_j w_j (e_j + strength/2 |dy_j/dx_j - dT_j|^2)
 *
 * with targets dT for dY/dX, (n_L n_0) x B as by bpb_jacobian. The second term is in the caller's
 * units, e_j of scaled outputs is not: strength carries their factors. dT masked: its NaNs are left
 * out (Czarnecki et al., "Sobolev training for neural networks", 2017).
 * A masked target of Y leaves the second term. strength >= 0, finite in the net's precision; else
 * BPB_ERR_OPTION. loss: may be NULL.
 */
BPB_API bpb_status bpb_sobolev(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                               bpb_targets dT, double strength, double *gradient, double *loss);
BPB_API bpb_status bpbf_sobolev(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                                bpbf_targets dT, double strength, float *gradient, double *loss);

/*
 * An objective: a net's loss over all of its data as a function of a flat vector theta of the
 * caller's, for any optimiser:
 *
 *     f(theta) = 1/n sum_j w_j e_j + decay/2 |W|^2        weights; decay_biases: biases too
 *
 * It keeps the views of X and T, whose data must outlive it, and a copy of the net but for its
 * theta; n columns go through in batches. One thread at a time.
 */
typedef struct bpb_objective bpb_objective;
typedef struct bpbf_objective bpbf_objective;

typedef struct bpb_objective_options {
    double decay;     /* >= 0; Nielsen's lambda / n; default 0 */
    int decay_biases; /* default 0 */
    size_t batch;     /* columns of a pass, at most n; default 256 */
    size_t threads;   /* these three as in bpb_plan_options */
    bpb_planning planning;
    const char *wisdom;
    uint64_t reserved[4];
} bpb_objective_options;

/* Make an objective; options NULL: defaults. Allocates. BPB_ERR_OPTION, BPB_ERR_SHAPE,
 * BPB_ERR_STRIDE, BPB_ERR_SIZE, BPB_ERR_LABEL, BPB_ERR_FORMAT, BPB_ERR_THREAD, BPB_ERR_MEMORY. */
BPB_API bpb_status bpb_objective_create(bpb_objective **objective, const bpb_net *net, bpb_view X,
                                        bpb_targets T, const bpb_objective_options *options);
BPB_API bpb_status bpbf_objective_create(bpbf_objective **objective, const bpbf_net *net,
                                         bpbf_view X, bpbf_targets T,
                                         const bpb_objective_options *options);

BPB_API void bpb_objective_destroy(bpb_objective **objective);
BPB_API void bpbf_objective_destroy(bpbf_objective **objective);

/* *f = f(theta) and gradient = df/dtheta at a theta of P values; either may be NULL.
 * BPB_NONFINITE: f or a delta is not finite. BPB_ERR_NO_VJP. */
BPB_API bpb_status bpb_objective_gradient(bpb_objective *objective, const double *theta,
                                           double *f, double *gradient);
BPB_API bpb_status bpbf_objective_gradient(bpbf_objective *objective, const float *theta,
                                           double *f, float *gradient);

/* Hv = (d2f/dtheta2) v, or with the Gauss-Newton matrix in its place; v is not Hv.
 * BPB_NONFINITE: a delta is not finite. BPB_ERR_NO_VJP, BPB_ERR_NO_JVP, BPB_ERR_NO_SECOND. */
BPB_API bpb_status bpb_objective_hvp(bpb_objective *objective, const double *theta,
                                      const double *v, double *Hv);
BPB_API bpb_status bpbf_objective_hvp(bpbf_objective *objective, const float *theta,
                                      const float *v, float *Hv);
BPB_API bpb_status bpb_objective_gnvp(bpb_objective *objective, const double *theta,
                                       const double *v, double *Gv);
BPB_API bpb_status bpbf_objective_gnvp(bpbf_objective *objective, const float *theta,
                                       const float *v, float *Gv);

/* ---- Check ------------------------------------------------------------------------------ */

/*
 * Every derivative against central differences of what it is the derivative of, on the caller's
 * net, data and functions.
 */
typedef enum bpb_check_kind {
    BPB_CHECK_GRADIENT, /* dE/dtheta                  by differences of E, an entry of theta each */
    BPB_CHECK_INPUTS,   /* dE/dX                      by differences of E, an entry of X each */
    BPB_CHECK_JACOBIAN, /* dY/dX                      by differences of Y, an entry of X each */
    BPB_CHECK_JVP,      /* J v, random v and V        by differences of Y along them */
    BPB_CHECK_VJP,      /* J^T u, random u            by differences of <u, Y>, an entry of theta */
    BPB_CHECK_HVP,      /* H v, random v              by differences of the gradient along v */
    BPB_CHECKS
} bpb_check_kind;

typedef struct bpb_check_options {
    unsigned what;    /* the sum of 1 << check for those wanted; 0: all */
    size_t entries;   /* most tried of each W_l, b_l, X or Y, drawn at random; default 100 */
    uint64_t seed;    /* of these, and of directions */
    double tolerance; /* what an entry may differ by, in units of its uncertainty; default 1 */
} bpb_check_options;

/* One entry of a derivative. */
typedef struct bpb_check_entry {
    size_t layer;       /* l = 1..L: of W_l or b_l; 0: of X, Y or dY/dX */
    size_t row, col;    /* of W_l; col = n_{l-1}: of b_l. Of X, Y, dY/dX: their row, the sample */
    double computed;    /* by the library */
    double difference;  /* by differences */
    double uncertainty; /* of the difference: its truncation and rounding, as the steps tried show
                           them, and the rounding of what is computed */
} bpb_check_entry;

typedef struct bpb_check_result {
    size_t entries;     /* compared; 0: not asked for, or a function lacks what it needs */
    size_t kinks;       /* tried, but left out: left and right differ, as at 0 of ReLU */
    size_t disagreeing; /* of entries: |computed - difference| > tolerance * uncertainty */
    bpb_check_entry worst; /* of all entries, by that measure */
} bpb_check_result;

typedef struct bpb_check_report {
    bpb_check_result result[BPB_CHECKS];
} bpb_check_report;

/*
 * Check; options NULL: defaults. The net is not changed. An entry costs some 40 passes over all
 * columns: a few columns do. Allocates.
 * BPB_DISAGREES: at least one entry does. BPB_NONFINITE, before that: E, Y or a derivative is not
 * finite; the other checks are made all the same.
 * Statuses of bpb_gradient and of the derivatives; one that lacks a function is left out, unless
 * it alone is asked for. BPB_ERR_OPTION, BPB_ERR_MEMORY.
 */
BPB_API bpb_status bpb_check(const bpb_net *net, bpb_view X, bpb_targets T,
                             const bpb_check_options *options, bpb_check_report *report);
BPB_API bpb_status bpbf_check(const bpbf_net *net, bpbf_view X, bpbf_targets T,
                              const bpb_check_options *options, bpb_check_report *report);

#ifdef __cplusplus
}
#endif

#endif
