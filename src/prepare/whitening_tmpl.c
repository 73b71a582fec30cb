/* SPDX-License-Identifier: BSD-3-Clause */
/* Whitening of matrices and nets of either precision, around what is done in double. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "blas/section.h"
#include "base/convert_tmpl.h"
#include "prepare/whitening.h"
#include "net/net_tmpl.h"
#include "base/view_tmpl.h"

#define PRECISION BPB_SELECT("double", "float")
#define EPS_X BPB_SELECT(DBL_EPSILON, (double)FLT_EPSILON)

/* ---- Columns ---- */

/* Columns first .. first+count-1 of X, which is resolved. */
static void gather(view_t X, size_t first, size_t count, double *columns)
{
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < X.rows; i++)
            columns[j * X.rows + i] = BPB(view_double)(X, i, first + j);
}

/* X is resolved. */
static void add_columns(bpb_whitening *whitening, view_t X)
{
    for (size_t j = 0; j < X.cols; j += WHITENING_BLOCK) {
        const size_t count = BPB_MIN(X.cols - j, (size_t)WHITENING_BLOCK);
        gather(X, j, count, whitening->columns);
        bpb_whitening_add_columns(whitening, count, EPS_X);
    }
}

/* bpb_whitening_add, bpbf_whitening_add */
bpb_status BPB(whitening_add)(bpb_whitening *whitening, view_t X)
{
    REQUIRE_POINTER(whitening);
    TRY(BPB(view_check)("X", X, whitening->n));
    const bpb_status finite = BPB(find_nonfinite)(X, NULL);
    if (finite)
        return finite;
    struct section section;
    bpb_section_enter(&section, true);
    add_columns(whitening, BPB(view_resolve)(X));
    bpb_section_leave(&section);
    return BPB_OK;
}

/* ---- Matrices ---- */

/* By way of scratch: n x WHITENING_BLOCK, then m x WHITENING_BLOCK, fewer columns where X has. */
static void apply(const bpb_whitening *whitening, view_t X, out_t Y, double *scratch)
{
    const size_t n = whitening->n, m = whitening->solution.m;
    double *columns = scratch, *product = scratch + n * BPB_MIN(X.cols, (size_t)WHITENING_BLOCK);
    for (size_t j = 0; j < X.cols; j += WHITENING_BLOCK) {
        const size_t count = BPB_MIN(X.cols - j, (size_t)WHITENING_BLOCK);
        gather(X, j, count, columns);
        bpb_whitening_transform(&whitening->solution, n, count, columns, product);
        real *rounded = (real *)(void *)columns; /* m x count, no larger than the columns were */
        for (size_t i = 0; i < m * count; i++)
            rounded[i] = (real)product[i];
        BPB(view_scatter)(Y, j, count, rounded);
    }
}

/* bpb_whitening_apply, bpbf_whitening_apply */
bpb_status BPB(whitening_apply)(const bpb_whitening *whitening, view_t X, out_t Y)
{
    REQUIRE_POINTER(whitening);
    TRY(bpb_whitening_require_solution(whitening));
    const size_t n = whitening->n, m = whitening->solution.m;
    TRY(BPB(view_check)("X", X, n));
    TRY(BPB(matrix_check)("Y", BPB(view_of)(Y), m, X.cols));
    double *scratch = bpb_whitening_doubles((n + m) * BPB_MIN(X.cols, (size_t)WHITENING_BLOCK));
    REQUIRE(scratch, BPB_ERR_MEMORY, "out of memory for a block of %zu columns", X.cols);
    struct section section;
    bpb_section_enter(&section, true);
    apply(whitening, BPB(view_resolve)(X), Y, scratch);
    bpb_section_leave(&section);
    free(scratch);
    return BPB_OK;
}

/* ---- Nets ---- */

static bool is_real(double value, real *result)
{
    return isfinite(value) && real_from_double(value, result);
}

/* scaled (n_1 x m) = W_1 diag(factor), b (n_1) = b_1 - W_1 diag(factor) shift */
static void fold_scaling(const net_t *net, double *scaled, double *b)
{
    const struct layer *layer = &net->shape->layer[0];
    const size_t m = layer->n_in, n_1 = layer->n_out;
    const real *W = net->theta + layer->W;
    const struct scaling *scaling = net->scaling[BPB_INPUTS];
    const double *shift = scaling ? scaling->exact : NULL;
    for (size_t i = 0; i < n_1; i++)
        b[i] = (double)net->theta[layer->b + i];
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n_1; i++) {
            const double w = (double)W[j * n_1 + i];
            scaled[j * n_1 + i] = shift ? w * shift[m + j] : w;
            b[i] -= shift ? scaled[j * n_1 + i] * shift[j] : 0;
        }
}

/* W_1' = product, rounded; b_1' = b - W_1' mean, of the rounded W_1', so that what rounding it adds
 * to Z_1 is of the size of X - mean, not of X. */
static bpb_status fill_layer(net_t *raw, const double *product, const double *mean, double *b)
{
    const struct layer *layer = &raw->shape->layer[0];
    real *W = raw->theta + layer->W;
    for (size_t j = 0; j < layer->n_in; j++)
        for (size_t i = 0; i < layer->n_out; i++) {
            const size_t k = j * layer->n_out + i;
            REQUIRE(is_real(product[k], &W[k]), BPB_ERR_RANGE,
                    "entry (%zu, %zu) of the folded W_1 is %g, which is no finite %s", i, j,
                    product[k], PRECISION);
            b[i] -= (double)W[k] * mean[j];
        }
    for (size_t i = 0; i < layer->n_out; i++)
        REQUIRE(is_real(b[i], &raw->theta[layer->b + i]), BPB_ERR_RANGE,
                "entry %zu of the folded b_1 is %g, which is no finite %s", i, b[i], PRECISION);
    return BPB_OK;
}

/* scratch: n_1 (m + n_0 + 1) */
static bpb_status fold(net_t *raw, const bpb_whitening *whitening, const net_t *net,
                       double *scratch)
{
    const struct solution *solution = &whitening->solution;
    const size_t n_1 = net->shape->layer[0].n_out;
    double *scaled = scratch, *product = scaled + n_1 * solution->m;
    double *b = product + n_1 * whitening->n;
    fold_scaling(net, scaled, b);
    bpb_whitening_times_K(solution, whitening->n, n_1, scaled, product);
    return fill_layer(raw, product, solution->mean, b);
}

/* bpb_whitening_fold, bpbf_whitening_fold */
bpb_status BPB(whitening_fold)(net_t **raw, const bpb_whitening *whitening, const net_t *net)
{
    REQUIRE_POINTER(raw);
    REQUIRE_POINTER(whitening);
    REQUIRE_POINTER(net);
    TRY(bpb_whitening_require_solution(whitening));
    const size_t m = whitening->solution.m, n_inputs = shape_inputs(net->shape);
    REQUIRE(n_inputs == m, BPB_ERR_MISMATCH, "net has %zu inputs; the whitening has %zu components",
            n_inputs, m);
    net_t *made = NULL;
    TRY(BPB(net_copy_for_inputs)(&made, net, whitening->n));
    const size_t n_1 = net->shape->layer[0].n_out;
    double *scratch = bpb_whitening_doubles(n_1 * (m + whitening->n + 1));
    bpb_status status =
        scratch ? BPB_OK
                : bpb_refuse(BPB_ERR_MEMORY, "no memory for folding %zu rows", whitening->n);
    struct section section;
    bpb_section_enter(&section, true);
    if (!status)
        status = fold(made, whitening, net, scratch);
    bpb_section_leave(&section);
    free(scratch);
    if (status)
        BPB(net_destroy)(&made);
    else
        *raw = made;
    return status;
}
