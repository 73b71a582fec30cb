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

struct BPB(whitening) {
    struct whitening core;
};

/* bpb_whitening_create, bpbf_whitening_create */
bpb_status BPB(whitening_create)(whitening_t **whitening, size_t n_0)
{
    REQUIRE(whitening, BPB_ERR_NULL);
    whitening_t *made = malloc(sizeof *made);
    REQUIRE(made, BPB_ERR_MEMORY);
    const bpb_status status = bpb_whitening_init(&made->core, n_0);
    if (status)
        free(made);
    else
        *whitening = made;
    return status;
}

/* bpb_whitening_destroy, bpbf_whitening_destroy */
void BPB(whitening_destroy)(whitening_t **whitening)
{
    if (!whitening || !*whitening)
        return;
    bpb_whitening_clear(&(*whitening)->core);
    free(*whitening);
    *whitening = NULL;
}

/* Columns first .. first+count-1 of X, which is resolved. */
static void gather(view_t X, size_t first, size_t count, double *columns)
{
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < X.rows; i++)
            columns[j * X.rows + i] = BPB(view_double)(X, i, first + j);
}

/* X is resolved. */
static void add_columns(struct whitening *whitening, view_t X)
{
    for (size_t j = 0; j < X.cols; j += WHITENING_BLOCK) {
        const size_t count = BPB_MIN(X.cols - j, (size_t)WHITENING_BLOCK);
        gather(X, j, count, whitening->columns);
        bpb_whitening_add_columns(whitening, count);
    }
}

/* bpb_whitening_add, bpbf_whitening_add */
bpb_status BPB(whitening_add)(whitening_t *whitening, view_t X)
{
    REQUIRE(whitening, BPB_ERR_NULL);
    TRY(BPB(view_check)("X", X, whitening->core.n));
    const bpb_status finite = BPB(find_nonfinite)(X, NULL);
    if (finite)
        return finite;
    struct section section;
    bpb_section_enter(&section, true);
    add_columns(&whitening->core, BPB(view_resolve)(X));
    bpb_section_leave(&section);
    return BPB_OK;
}

/* bpb_whitening_merge, bpbf_whitening_merge */
bpb_status BPB(whitening_merge)(whitening_t *whitening, const whitening_t *other)
{
    REQUIRE(whitening && other, BPB_ERR_NULL);
    return bpb_covariance_merge(&whitening->core, &other->core);
}

/* bpb_whitening_size, bpbf_whitening_size */
size_t BPB(whitening_size)(const whitening_t *whitening)
{
    return whitening ? bpb_covariance_size(&whitening->core) : 0;
}

/* bpb_whitening_pack, bpbf_whitening_pack */
bpb_status BPB(whitening_pack)(const whitening_t *whitening, double *statistics, size_t n)
{
    REQUIRE(whitening && statistics, BPB_ERR_NULL);
    return bpb_covariance_pack(&whitening->core, statistics, n);
}

/* bpb_whitening_unpack, bpbf_whitening_unpack */
bpb_status BPB(whitening_unpack)(whitening_t *whitening, const double *statistics, size_t n)
{
    REQUIRE(whitening && statistics, BPB_ERR_NULL);
    return bpb_covariance_unpack(&whitening->core, statistics, n);
}

/* bpb_whitening_solve, bpbf_whitening_solve */
bpb_status BPB(whitening_solve)(whitening_t *whitening, const bpb_whitening_options *options)
{
    REQUIRE(whitening, BPB_ERR_NULL);
    return bpb_covariance_solve(&whitening->core, options,
                               BPB_SELECT(DBL_EPSILON, (double)FLT_EPSILON));
}

/* bpb_whitening_components, bpbf_whitening_components */
size_t BPB(whitening_components)(const whitening_t *whitening)
{
    return whitening ? whitening->core.solution.m : 0;
}

/* bpb_whitening_mean, bpbf_whitening_mean */
const double *BPB(whitening_mean)(const whitening_t *whitening)
{
    return whitening ? whitening->core.solution.mean : NULL;
}

/* bpb_whitening_variances, bpbf_whitening_variances */
const double *BPB(whitening_variances)(const whitening_t *whitening)
{
    return whitening ? whitening->core.solution.variances : NULL;
}

/* bpb_whitening_K, bpbf_whitening_K */
bpb_view BPB(whitening_K)(const whitening_t *whitening)
{
    const size_t m = BPB(whitening_components)(whitening);
    if (!m)
        return (bpb_view){0};
    return (bpb_view){.data = whitening->core.solution.K, .rows = m, .cols = whitening->core.n,
                        .ld = m, .row_stride = 1};
}

/* ---- Matrices ---- */

/* By way of scratch: n x WHITENING_BLOCK, then m x WHITENING_BLOCK, fewer columns where X has. */
static void apply(const struct whitening *whitening, view_t X, out_t Y, double *scratch)
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
bpb_status BPB(whitening_apply)(const whitening_t *whitening, view_t X, out_t Y)
{
    REQUIRE(whitening, BPB_ERR_NULL);
    const struct whitening *core = &whitening->core;
    REQUIRE(core->solution.m >= 1, BPB_ERR_SHAPE);
    TRY(BPB(view_check)("X", X, core->n));
    TRY(BPB(view_check)("Y", BPB(view_of)(Y), core->solution.m));
    REQUIRE(X.cols == Y.cols, BPB_ERR_SHAPE);
    double *scratch = bpb_whitening_doubles((core->n + core->solution.m) *
                                            BPB_MIN(X.cols, (size_t)WHITENING_BLOCK));
    REQUIRE(scratch, BPB_ERR_MEMORY);
    struct section section;
    bpb_section_enter(&section, true);
    apply(core, BPB(view_resolve)(X), Y, scratch);
    bpb_section_leave(&section);
    free(scratch);
    return BPB_OK;
}

/* ---- Nets ---- */

/* BPB_ERR_RANGE: not a number of this precision. */
static bpb_status put(double value, real *result)
{
    REQUIRE(isfinite(value) && real_from_double(value, result), BPB_ERR_RANGE);
    return BPB_OK;
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
            TRY(put(product[k], &W[k]));
            b[i] -= (double)W[k] * mean[j];
        }
    for (size_t i = 0; i < layer->n_out; i++)
        TRY(put(b[i], &raw->theta[layer->b + i]));
    return BPB_OK;
}

/* scratch: n_1 (m + n_0 + 1) */
static bpb_status fold(net_t *raw, const struct whitening *whitening, const net_t *net,
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
bpb_status BPB(whitening_fold)(net_t **raw, const whitening_t *whitening, const net_t *net)
{
    REQUIRE(raw && whitening && net, BPB_ERR_NULL);
    const struct whitening *core = &whitening->core;
    const size_t m = core->solution.m;
    REQUIRE(shape_inputs(net->shape) == m, BPB_ERR_MISMATCH);
    net_t *made = NULL;
    TRY(BPB(net_copy_for_inputs)(&made, net, core->n));
    double *scratch = bpb_whitening_doubles(net->shape->layer[0].n_out * (m + core->n + 1));
    bpb_status status = scratch ? BPB_OK : BPB_ERR_MEMORY;
    struct section section;
    bpb_section_enter(&section, true);
    if (!status)
        status = fold(made, core, net, scratch);
    bpb_section_leave(&section);
    free(scratch);
    if (status)
        BPB(net_destroy)(&made);
    else
        *raw = made;
    return status;
}
