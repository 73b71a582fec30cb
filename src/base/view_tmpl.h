/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of the caller's views, and copies from and to them. */
#ifndef BPB_VIEW_TMPL_H
#define BPB_VIEW_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

/* Whether V has memory: data, or doubles. */
#define HAS_DATA(V) ((V).data != NULL || DOUBLES(V) != NULL)

/* Check that V, which the caller calls name, is a rows x any matrix. BPB_ERR_NULL, BPB_ERR_SHAPE,
 * BPB_ERR_SIZE, BPB_ERR_STRIDE. */
bpb_status BPB(view_check)(const char *name, view_t V, size_t rows);
/* The same for a rows x cols matrix. */
bpb_status BPB(matrix_check)(const char *name, view_t V, size_t rows, size_t cols);

/* V with its defaults filled in: ld and row_stride are never 0. */
view_t BPB(view_resolve)(view_t V);

/* Whether the BLAS can read V where it stands. V is resolved. */
bool BPB(view_in_place)(view_t V);

/* out (n x count, packed) = columns first .. first+count-1 of V. V is resolved. */
void BPB(view_gather)(view_t V, size_t first, size_t count, real *out);

/* Columns first .. first+count-1 of V = in (n x count, packed). V need not be resolved. */
void BPB(view_scatter)(out_t V, size_t first, size_t count, const real *in);

/* How values are scaled on the way: exact in double, and rounded to the precision; n of shift, n of
 * factor each. Doubles of the caller are scaled by the exact values and then rounded, reals of the
 * caller by the rounded ones. */
struct scaling {
    size_t n;
    const double *exact;
    const real *rounded;
};
/* out = (V - shift) * factor, entry by entry: row i by values i of scaling. NULL: out = V. */
void BPB(view_gather_inputs)(view_t V, size_t first, size_t count, const struct scaling *scaling,
                             real *out);
/* out = (V - shift) / factor, row i by values i * group. */
void BPB(view_gather_targets)(view_t V, size_t first, size_t count, const struct scaling *scaling,
                              size_t group, real *out);
/* V = shift + factor * in. in becomes the scaled values as well. */
void BPB(view_scatter_outputs)(out_t V, size_t first, size_t count, const struct scaling *scaling,
                               real *in);
/* A = shift + factor * A, for count columns of n values. */
void BPB(unscale)(size_t n, size_t count, const struct scaling *scaling, real *A);

/* Some rows of a matrix: first, first + step, ..., count of them. */
struct rows {
    size_t first, step, count;
};
/* The same with these rows of V alone. */
void BPB(view_gather_rows)(view_t V, size_t first, size_t count, struct rows rows, real *out);
/* out = those rows without rounding. */
void BPB(view_gather_doubles)(view_t V, size_t first, size_t count, struct rows rows, double *out);
void BPB(view_scatter_rows)(out_t V, size_t first, size_t count, struct rows rows, const real *in);

/* Entry (i, j) of a resolved view. */
real BPB(view_entry)(view_t V, size_t i, size_t j);
/* The same without rounding. */
double BPB(view_double)(view_t V, size_t i, size_t j);

/* The first value of T that is not finite, except for the NaN of a missing entry. A weight that is
 * not finite comes before the values of its column; its row is T.view.rows. As find_nonfinite. */
bpb_status BPB(targets_nonfinite)(targets_t T, bpb_where *where);

#endif
