/* SPDX-License-Identifier: BSD-3-Clause */
/* What the derivatives beyond the gradient share: tangents, the delta of the inputs, units. */
#ifndef BPB_DERIVATIVE_TMPL_H
#define BPB_DERIVATIVE_TMPL_H

#include "pass/pass_tmpl.h"

/* What tangents are taken along. R{A_0} is zero where neither V nor staged says otherwise. */
struct direction {
    const real *v; /* laid out as theta; NULL: theta stays what it is */
    view_t V;      /* of X, resolved; no data: none */
    bool staged;   /* R{A_0} stands in RA_0 */
    bool keep_RZ;  /* second order needs R{Z_l}; else R{A_l} takes its place */
};

/* R{Z_l}, R{A_l} of a slice that has A_1 .. A_l: one layer, while its W is in the cache, or all. */
void BPB(slice_tangent)(const struct slice *slice, const struct direction *direction, size_t l);
void BPB(slice_tangents)(const struct slice *slice, const struct direction *direction);

/* Note a delta of the outputs, n_L x count, that is not finite. */
void BPB(slice_look_at)(struct pass *pass, const struct slice *slice, const real *D);

/* dE/dX in the caller's units, where D_0 stands: D_0 = factor * (W_1^T D_1). */
real *BPB(slice_input_delta)(const struct slice *slice);
/* The same into dX. */
void BPB(slice_give_input_delta)(const struct slice *slice, out_t dX);

/* D (n_0, or n_L, values of each of the slice's columns) times the factor of the inputs, or of the
 * outputs: what a derivative by x, or of y, has beside one by a_0, or of a_L. */
void BPB(slice_by_inputs)(const struct slice *slice, real *D);
void BPB(slice_by_outputs)(const struct slice *slice, real *D);

/* ---- Second order: second_tmpl.c ---- */

/*
 * The reverse pass of what has tangents. For Phi, a function of A_L and R{A_L},
 *
 *     Q_l = dPhi/dR{Z_l},    D_l = dPhi/dZ_l
 *
 * end: D_L holds g'(Z_L)^T dPhi/dA_L (without what Q_L brings), and Q_L dPhi/dR{A_L}, which it
 * leaves as dPhi/dR{Z_L}.
 */
void BPB(slice_second_end)(const struct slice *slice);
/* Q_{L-1}, D_{L-1} .. Q_1, D_1 from Q_L, D_L. Whether all of these are finite. */
bool BPB(slice_second)(const struct slice *slice, const real *v);

/* A view that may be left out, which the caller calls name: rows x cols if it is not. */
bpb_status BPB(optional_check)(const char *name, view_t V, size_t rows, size_t cols);

#endif
