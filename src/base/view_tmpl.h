/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of the caller's views, and copies from and to them. */
#ifndef BPB_VIEW_TMPL_H
#define BPB_VIEW_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

/* BPB_OK if V is a rows x any matrix; BPB_ERR_NULL, BPB_ERR_SHAPE, BPB_ERR_SIZE, BPB_ERR_STRIDE. */
bpb_status BPB(view_check)(view_t V, size_t rows);

/* V with its defaults filled in: ld and row_stride are never 0. */
view_t BPB(view_resolve)(view_t V);

/* Whether the BLAS can read V where it stands. V is resolved. */
bool BPB(view_in_place)(view_t V);

/* out (n x count, packed) = columns first .. first+count-1 of V. V is resolved. */
void BPB(view_gather)(view_t V, size_t first, size_t count, real *out);

/* Columns first .. first+count-1 of V = in (n x count, packed). V need not be resolved. */
void BPB(view_scatter)(out_t V, size_t first, size_t count, const real *in);

/* Some rows of a matrix: first, first + step, ..., count of them. */
struct rows {
    size_t first, step, count;
};
/* The same with these rows of V alone. */
void BPB(view_gather_rows)(view_t V, size_t first, size_t count, struct rows rows, real *out);
void BPB(view_scatter_rows)(out_t V, size_t first, size_t count, struct rows rows, const real *in);

/* Entry (i, j) of a resolved view. */
real BPB(view_entry)(view_t V, size_t i, size_t j);

#endif
