/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every quantity and every derivative of a net, for a whole batch at once: what a pass computed in
 * each layer, dE/dX, J^T u, J v, dY/dX, Hessian and Gauss-Newton products, gradients of functions
 * of dY/dX; an objective for any optimiser; and a check of all of these.
 */
#ifndef BPBLAS_DERIVATIVES_H
#define BPBLAS_DERIVATIVES_H

#include "bpblas/core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What a pass computed -------------------------------------------------------------- */

/*
 * What the last pass of a work computed in a layer, for its B columns. Z, A and D are in the
 * work's memory and stay until its next pass. A view that the pass did not make has data NULL.
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
 * predict and evaluate the views are those of the last block, or NULL if threads shared the
 * columns. */
BPB_API bpb_layer bpb_work_layer(const bpb_work *work, size_t l);
BPB_API bpbf_layer bpbf_work_layer(const bpbf_work *work, size_t l);

/* ---- Derivatives ---------------------------------------------------------------------------- */

/*
 * X, T and B are as in the passes of core.h. Y, dY and dX are in your units, and so is J, the
 * derivative of Y by theta or by X. The plan requires derivatives = 1. A derivative is left out by
 * NULL, or by a view without data. None of these calls applies dropout. Each returns the statuses
 * of a pass, and
 * BPB_ERR_PLAN:      the plan was made without derivatives = 1. BPB_ERR_NO_VJP, BPB_ERR_NO_JVP,
 * BPB_ERR_NO_SECOND: a function of your own lacks what the call needs.
 * BPB_NONFINITE:     if the call sums over the columns: the loss or a delta is not finite. All
 * results
 *                    are written.
 */

/*
 * The gradient and the loss, as bpb_gradient gives them, and the derivative by the inputs:
 *
 *     dX, column j = 1/B w_j de_j/dx_j      n_0 x B,      from dE/dA_0 = W_1^T D_1
 *
 * gradient and loss may be NULL.
 */
BPB_API bpb_status bpb_gradient_x(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                                  double *gradient, bpb_out dX, double *loss);
BPB_API bpb_status bpbf_gradient_x(const bpbf_net *net, bpbf_work *work, bpbf_view X,
                                   bpbf_targets T, float *gradient, bpbf_out dX, double *loss);

/*
 * J^T u, reverse mode, for U (n_L x B):
 *
 *     gradient = sum_j (dy_j/dtheta)^T u_j        P values as theta; may be NULL
 *     dX, column j = (dy_j/dx_j)^T u_j            n_0 x B; may have no data
 *
 * After it bpb_work_layer(work, L).A is A_L, without the scaling of outputs.
 */
BPB_API bpb_status bpb_vjp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view U,
                           double *gradient, bpb_out dX);
BPB_API bpb_status bpbf_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view U,
                            float *gradient, bpbf_out dX);

/*
 * The same after bpb_forward, without going forward again: for a net that is part of a larger
 * model, where U follows from the Y of the forward pass. It may be called several times. theta and
 * X must be unchanged since then; the library does not check this.
 * Returns BPB_ERR_MISMATCH: the last pass of the work was neither bpb_forward of this net nor this
 * call, or U has another number of columns.
 */
BPB_API bpb_status bpb_vjp_after_forward(const bpb_net *net, bpb_work *work, bpb_view U,
                                         double *gradient, bpb_out dX);
BPB_API bpb_status bpbf_vjp_after_forward(const bpbf_net *net, bpbf_work *work, bpbf_view U,
                                          float *gradient, bpbf_out dX);

/*
 * J v, forward mode, in direction v of theta (P values) and V of X (n_0 x B). One of them may be
 * left out. With v this is the R-operator (Pearlmutter, "Fast exact multiplication by the
 * Hessian", 1994):
 *
 *     R{Z_l} = W_l R{A_{l-1}} + W(v)_l A_{l-1} + b(v)_l 1^T,  R{A_l} = g'(Z_l) R{Z_l},  R{A_0} = V
 *     dY = R{A_L}                                 n_L x B
 *
 * Y itself (n_L x B) may have no data.
 */
BPB_API bpb_status bpb_jvp(const bpb_net *net, bpb_work *work, bpb_view X, const double *v,
                           bpb_view V, bpb_out Y, bpb_out dY);
BPB_API bpb_status bpbf_jvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, const float *v,
                            bpbf_view V, bpbf_out Y, bpbf_out dY);

/*
 * dY/dX. J is (n_L n_0) x B: column j is the n_L x n_0 matrix dy_j/dx_j, column-major, with entry
 * (i, k) in row k n_L + i. It takes min(n_L, n_0) passes after one forward pass.
 */
BPB_API bpb_status bpb_jacobian(const bpb_net *net, bpb_work *work, bpb_view X, bpb_out J);
BPB_API bpb_status bpbf_jacobian(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_out J);

/*
 * Hv = H v, H the exact Hessian of E in theta, with the gradient and the loss (both may be NULL).
 * It is the R-operator applied to each line of the backward pass.
 */
BPB_API bpb_status bpb_hvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                           const double *v, double *Hv, double *gradient, double *loss);
BPB_API bpb_status bpbf_hvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                            const float *v, float *Hv, float *gradient, double *loss);

/*
 * Gv = G v with the Gauss-Newton matrix
 *
 *     G = 1/B sum_j w_j J_j^T H_j J_j
 *
 * where J_j = dz_Lj/dtheta and H_j is the Hessian of e_j in z_Lj for the losses marked * in
 * bpb_loss_kind. For other losses J_j = dy_j/dtheta and H_j is the Hessian in y_j (Schraudolph
 * 2002). G is positive semi-definite if every H_j is.
 */
BPB_API bpb_status bpb_gnvp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                            const double *v, double *Gv);
BPB_API bpb_status bpbf_gnvp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                             const float *v, float *Gv);

/*
 * The gradient in theta of a function of Y and dY/dX, such as an energy and its forces. You give
 * its derivatives U by Y (n_L x B) and D by dY/dX ((n_L n_0) x B, laid out as by bpb_jacobian):
 *
 *     gradient = d/dtheta sum_j (<u_j, y_j> + <D_j, dy_j/dx_j>),  U and D held constant
 *
 * U or D may have no data. It takes min(n_L, n_0) passes forward and back.
 */
BPB_API bpb_status bpb_jacobian_vjp(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view U,
                                    bpb_view D, double *gradient);
BPB_API bpb_status bpbf_jacobian_vjp(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_view U,
                                     bpbf_view D, float *gradient);

/*
 * The gradient and the loss (may be NULL) with targets dT for dY/dX, (n_L n_0) x B as by
 * bpb_jacobian (Czarnecki et al., "Sobolev training for neural networks", 2017):
 *
 *     E = 1/B sum_j w_j (e_j + strength/2 |dy_j/dx_j - dT_j|^2)
 *
 * dT is bpb_values; masked = 1 leaves out its NaN. The second term is in your units and e_j is
 * not, so strength carries their factors. A missing entry of T does not remove the second term.
 * Returns BPB_ERR_OPTION: strength is below 0 or not finite in the net's precision, or dT is not
 * as said.
 */
BPB_API bpb_status bpb_sobolev(const bpb_net *net, bpb_work *work, bpb_view X, bpb_targets T,
                               bpb_targets dT, double strength, double *gradient, double *loss);
BPB_API bpb_status bpbf_sobolev(const bpbf_net *net, bpbf_work *work, bpbf_view X, bpbf_targets T,
                                bpbf_targets dT, double strength, float *gradient, double *loss);

/* ---- Objective ---------------------------------------------------------------------------- */

/*
 * An objective is a net's loss over all of its data as a function of a flat vector theta of yours,
 * for any optimiser:
 *
 *     f(theta) = 1/n sum_j w_j e_j + decay/2 |W|^2
 *
 * It keeps a copy of the net, and the views X and T, whose data must outlive it. The n columns
 * pass through in batches. Two calls with one objective must not run at the same time.
 */
typedef struct bpb_objective bpb_objective;
typedef struct bpbf_objective bpbf_objective;

typedef struct bpb_objective_options {
    double decay;          /* >= 0; Nielsen's lambda / n; default 0 */
    int decay_biases;      /* 1: the penalty covers biases too; default 0 */
    size_t batch;          /* columns of a pass, at most n; default 256: only speed depends on it */
    size_t threads;        /* these three as in bpb_plan_options */
    bpb_planning planning;
    const char *wisdom;
    uint64_t reserved[4];
} bpb_objective_options;

/* Make an objective; options NULL: all defaults. Allocates. Returns BPB_ERR_OPTION, BPB_ERR_LABEL,
 * the statuses of views and of bpb_plan_create. */
BPB_API bpb_status bpb_objective_create(bpb_objective **objective, const bpb_net *net, bpb_view X,
                                        bpb_targets T, const bpb_objective_options *options);
BPB_API bpb_status bpbf_objective_create(bpbf_objective **objective, const bpbf_net *net,
                                         bpbf_view X, bpbf_targets T,
                                         const bpb_objective_options *options);

BPB_API void bpb_objective_destroy(bpb_objective **objective);
BPB_API void bpbf_objective_destroy(bpbf_objective **objective);

/* *f = f(theta) and gradient = df/dtheta, P values each; one of them may be NULL.
 * Returns BPB_NONFINITE: f or a delta is not finite. BPB_ERR_NO_VJP. */
BPB_API bpb_status bpb_objective_gradient(bpb_objective *objective, const double *theta,
                                          double *f, double *gradient);
BPB_API bpb_status bpbf_objective_gradient(bpbf_objective *objective, const float *theta,
                                           double *f, float *gradient);

/* Hv = (d2f/dtheta2) v; Gv is the same with the Gauss-Newton matrix. v must not be Hv or Gv.
 * Returns BPB_NONFINITE: a delta is not finite. BPB_ERR_NO_VJP, BPB_ERR_NO_JVP, BPB_ERR_NO_SECOND.
 */
BPB_API bpb_status bpb_objective_hvp(bpb_objective *objective, const double *theta,
                                     const double *v, double *Hv);
BPB_API bpb_status bpbf_objective_hvp(bpbf_objective *objective, const float *theta,
                                      const float *v, float *Hv);
BPB_API bpb_status bpb_objective_gnvp(bpb_objective *objective, const double *theta,
                                      const double *v, double *Gv);
BPB_API bpb_status bpbf_objective_gnvp(bpbf_objective *objective, const float *theta,
                                       const float *v, float *Gv);

/* ---- Check ------------------------------------------------------------------------------ */

/* A derivative, and the central differences that it is compared with, on your net, data and
 * functions. */
typedef enum bpb_check_kind {
    BPB_CHECK_GRADIENT, /* dE/dtheta             differences of E, for entries of theta */
    BPB_CHECK_INPUTS,   /* dE/dX                 differences of E, for entries of X */
    BPB_CHECK_JACOBIAN, /* dY/dX                 differences of Y, for entries of X */
    BPB_CHECK_JVP,      /* J v, random v and V   differences of Y along them */
    BPB_CHECK_VJP,      /* J^T u, random u       differences of <u, Y>, for entries of theta */
    BPB_CHECK_HVP,      /* H v, random v         differences of the gradient along v */
    BPB_CHECKS
} bpb_check_kind;

typedef struct bpb_check_options {
    unsigned what;    /* the sum of 1 << kind for those wanted; 0: all */
    size_t entries;   /* most entries of each W_l, b_l, X or Y, drawn at random; default 100 */
    uint64_t seed;    /* of these entries and of directions */
    double tolerance; /* largest difference, in units of its uncertainty; default 1 */
    uint64_t reserved[4];
} bpb_check_options;

/* One entry of a derivative. */
typedef struct bpb_check_entry {
    size_t layer;       /* 1..L: of W_l or b_l; 0: of X, Y or dY/dX */
    size_t row, col;    /* of W_l; col = n_{l-1}: of b_l. Of X, Y, dY/dX: row and sample */
    double computed;    /* by the library */
    double difference;  /* by differences */
    double uncertainty; /* of the difference (truncation and rounding, from the steps tried) and of
                           what is computed (rounding) */
} bpb_check_entry;

typedef struct bpb_check_result {
    size_t entries;     /* compared; 0: not wanted, or a function lacks what the check needs */
    size_t kinks;       /* left out because left and right differ, as at 0 of ReLU */
    size_t disagreeing; /* entries with |computed - difference| > tolerance * uncertainty */
    bpb_check_entry worst; /* the largest by that measure */
} bpb_check_result;

typedef struct bpb_check_report {
    bpb_check_result result[BPB_CHECKS];
} bpb_check_report;

/*
 * Check derivatives; options NULL: all defaults. The net does not change. An entry costs about 40
 * passes over all columns, so give it a few columns. Allocates.
 * Returns BPB_DISAGREES: at least one entry disagrees. BPB_NONFINITE, which comes before it: E, Y
 * or a derivative is not finite; the other checks are made. BPB_ERR_OPTION. BPB_ERR_MEMORY.
 * Statuses of bpb_gradient. A check whose function is missing is left out, unless it is the only
 * one wanted.
 */
BPB_API bpb_status bpb_check(const bpb_net *net, bpb_view X, bpb_targets T,
                             const bpb_check_options *options, bpb_check_report *report);
BPB_API bpb_status bpbf_check(const bpbf_net *net, bpbf_view X, bpbf_targets T,
                              const bpb_check_options *options, bpb_check_report *report);

#ifdef __cplusplus
}
#endif

#endif
