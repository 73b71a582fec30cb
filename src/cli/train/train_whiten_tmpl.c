/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpblas train --whiten. With --standardise each input is first divided by its standard deviation.
 * It is not centred: the size of its values is needed to tell rounding from variation. The net is
 * trained on copies
 *
 *     K (X' - mean 1^T)      m x samples,    X' = diag(factor) X
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/say.h"
#include "train_run_tmpl.h"

#define BLOCK 256 /* columns that are scaled at a time */

/* Memory for rows x cols; NULL: out of memory. */
static real *allocate(size_t rows, size_t cols)
{
    return cols <= SIZE_MAX / sizeof(real) / rows ? malloc(rows * cols * sizeof(real)) : NULL;
}

/* ---- Scaled inputs ---- */

/* 1 / sd, or 1 if sd is 0, as in moments of no values. */
static bpb_status set_factors(real *factor, const bpb_moments *moments, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bpb_moments *of_row = &moments[i];
        factor[i] = of_row->squares > 0 ? (real)(1.0 / sqrt(of_row->squares / of_row->count))
                                        : RC(1.0);
        if (!isnormal(factor[i]))
            return BPB_ERR_RANGE;
    }
    return BPB_OK;
}

static int find_factors(struct BPB(run) * run)
{
    struct BPB(whitened) *white = &run->whitened;
    const BPB(view) X = run->data.X;
    bpb_moments *moments = calloc(X.rows, sizeof *moments);
    bpb_status status = BPB_ERR_MEMORY;
    white->factor = allocate(X.rows, 1);
    if (moments && white->factor)
        status = run->settings->data.standardise ? BPB(moments_add)(moments, X) : BPB_OK;
    if (status == BPB_OK)
        status = set_factors(white->factor, moments, X.rows);
    free(moments);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "standardise", "the inputs");
}

/* block = columns first .. first + block.cols - 1 of X, scaled. */
static void scale_columns(BPB(view) X, const real *factor, size_t first, BPB(out) block)
{
    const size_t ld = X.ld ? X.ld : X.rows;
    for (size_t j = 0; j < block.cols; j++) {
        const real *x = X.data + (X.index ? X.index[first + j] : first + j) * ld;
        for (size_t i = 0; i < X.rows; i++)
            block.data[j * X.rows + i] = factor[i] * x[i];
    }
}

/* ---- Whitening ---- */

static bpb_status add_columns(const struct BPB(whitened) * white, BPB(view) X)
{
    BPB(out) block = {.data = white->block, .rows = X.rows};
    bpb_status status = BPB_OK;
    for (size_t j = 0; status == BPB_OK && j < X.cols; j += block.cols) {
        block.cols = X.cols - j < BLOCK ? X.cols - j : BLOCK;
        scale_columns(X, white->factor, j, block);
        status = BPB(whitening_add)(white->whitening, BPB(view_of)(block));
    }
    return status;
}

static int solve(struct BPB(run) * run)
{
    const struct whiten *whiten = &run->settings->data.whiten;
    BPB(whitening) *whitening = run->whitened.whitening;
    const bpb_whitening_options options = {.components = whiten->components,
                                           .share = whiten->share};
    bpb_status status = BPB(whitening_solve)(whitening, &options);
    if (status == BPB_OK)
        return CODE_FINE;
    if (status == BPB_ERR_OPTION) { /* fewer directions vary: count them */
        const bpb_status of_all = BPB(whitening_solve)(whitening, NULL);
        status = of_all == BPB_OK ? status : of_all;
    }
    return whiten_refuse(status, whiten, BPB(whitening_components)(whitening));
}

static int find_directions(struct BPB(run) * run)
{
    struct BPB(whitened) *white = &run->whitened;
    const BPB(view) X = run->data.X;
    ATTEMPT(find_factors(run));
    white->block = allocate(X.rows, BLOCK);
    bpb_status status = white->block ? BPB(whitening_create)(&white->whitening, X.rows)
                                     : BPB_ERR_MEMORY;
    if (status == BPB_OK)
        status = add_columns(white, X);
    return status == BPB_OK ? solve(run) : complain_status(status, "whiten", "the inputs");
}

/* ---- Whitened copies ---- */

static bpb_status fill_copy(const struct BPB(whitened) * white, BPB(view) X, BPB(out) copy)
{
    BPB(out) block = {.data = white->block, .rows = X.rows}, part = copy;
    bpb_status status = BPB_OK;
    for (size_t j = 0; status == BPB_OK && j < X.cols; j += block.cols) {
        part.data = copy.data + j * copy.rows;
        part.cols = block.cols = X.cols - j < BLOCK ? X.cols - j : BLOCK;
        scale_columns(X, white->factor, j, block);
        status = BPB(whitening_apply)(white->whitening, BPB(view_of)(block), part);
    }
    return status;
}

/* *X, the samples of one part, becomes a view of their whitened copy. */
static int copy_part(struct BPB(whitened) * white, BPB(view) * X, real **values)
{
    const size_t m = BPB(whitening_components)(white->whitening);
    if (X->cols == 0)
        return CODE_FINE;
    bpb_status status = BPB_ERR_MEMORY;
    const BPB(out) copy = {.data = *values = allocate(m, X->cols), .rows = m, .cols = X->cols};
    if (copy.data)
        status = fill_copy(white, *X, copy);
    *X = BPB(view_of)(copy);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "whiten", "the inputs");
}

static int copy_parts(struct BPB(run) * run)
{
    struct BPB(whitened) *white = &run->whitened;
    ATTEMPT(copy_part(white, &run->data.X, &white->values[0]));
    ATTEMPT(copy_part(white, &run->data.X_validation, &white->values[1]));
    return copy_part(white, &run->data.X_test, &white->values[2]);
}

int BPB(cli_whiten)(struct BPB(run) * run)
{
    if (!run->settings->data.whiten.is_given)
        return CODE_FINE;
    BPB(cli_free_whitened)(&run->whitened);
    ATTEMPT(find_directions(run));
    ATTEMPT(copy_parts(run));
    run->widths.units[0] = BPB(whitening_components)(run->whitened.whitening);
    whiten_describe(run->widths.units[0], run->train.X.rows,
                    BPB(whitening_variances)(run->whitened.whitening), run->whitened.text,
                    sizeof run->whitened.text);
    return CODE_FINE;
}

void BPB(cli_free_whitened)(struct BPB(whitened) * white)
{
    BPB(whitening_destroy)(&white->whitening);
    free(white->factor);
    free(white->block);
    for (size_t i = 0; i < 3; i++)
        free(white->values[i]);
    *white = (struct BPB(whitened)){.whitening = NULL};
}

/* ---- The net ---- */

int BPB(cli_unwhiten)(struct BPB(run) * run)
{
    const struct BPB(whitened) *white = &run->whitened;
    if (!white->whitening)
        return CODE_FINE;
    BPB(net) *raw = NULL;
    bpb_status status = BPB(whitening_fold)(&raw, white->whitening, run->net);
    if (status == BPB_OK && run->settings->data.standardise)
        status = BPB(net_set_input_scaling)(raw, NULL, white->factor);
    BPB(net_destroy)(&run->net);
    run->net = raw;
    return status == BPB_OK ? CODE_FINE : complain_status(status, "undo", "the whitening");
}
