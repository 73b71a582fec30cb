/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bpblas train --whiten. With --standardise each input is divided by its standard deviation first,
 * and is not centred, so that rounding of the data is still told from variation by the size of the
 * values. The net learns from copies
 *
 *     K (X' - mean 1^T)      m x samples,    X' = diag(factor) X
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "cli/common/command.h"
#include "cli/common/say.h"
#include "train_run_tmpl.h"

#define BLOCK 256 /* columns that are scaled at once */

/* Memory for rows x cols; NULL where there is none. */
static real *allocate(size_t rows, size_t cols)
{
    return cols <= SIZE_MAX / sizeof(real) / rows ? malloc(rows * cols * sizeof(real)) : NULL;
}

/* ---- The inputs in one unit ---- */

/* 1 / sd, or 1 where that is 0: also in moments of no values. */
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

static int find_factors(struct run *run)
{
    struct whitened *white = &run->whitened;
    const view_t X = run->data.train.X;
    bpb_moments *moments = calloc(X.rows, sizeof *moments);
    bpb_status status = BPB_ERR_MEMORY;
    white->factor = allocate(X.rows, 1);
    if (moments && white->factor)
        status = run->settings->data.standardise ? BPB(moments_add)(moments, X, 0) : BPB_OK;
    if (status == BPB_OK)
        status = set_factors(white->factor, moments, X.rows);
    free(moments);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "standardise", "the inputs");
}

/* Columns first .. first + block.cols - 1 of X, in one unit. */
static void scale_columns(view_t X, const real *factor, size_t first, out_t block)
{
    const size_t ld = X.ld ? X.ld : X.rows;
    for (size_t j = 0; j < block.cols; j++) {
        const real *x = X.data + (X.index ? X.index[first + j] : first + j) * ld;
        for (size_t i = 0; i < X.rows; i++)
            block.data[j * X.rows + i] = factor[i] * x[i];
    }
}

/* ---- Whitening ---- */

static bpb_status add_columns(const struct whitened *white, view_t X)
{
    out_t block = {.data = white->block, .rows = X.rows};
    bpb_status status = BPB_OK;
    for (size_t j = 0; status == BPB_OK && j < X.cols; j += block.cols) {
        block.cols = X.cols - j < BLOCK ? X.cols - j : BLOCK;
        scale_columns(X, white->factor, j, block);
        status = BPB(whitening_add)(white->whitening, BPB(view_of)(block));
    }
    return status;
}

/* The solution; no directions where there is none. */
static bpb_whitening_result directions(const bpb_whitening *whitening)
{
    bpb_whitening_result result;
    if (bpb_whitening_solution(whitening, &result) != BPB_OK)
        result = (bpb_whitening_result){.m = 0};
    return result;
}

static int solve(struct run *run)
{
    const struct whiten *whiten = &run->settings->data.whiten;
    bpb_whitening *whitening = run->whitened.whitening;
    const bpb_whitening_options options = {.components = whiten->components,
                                           .share = whiten->share};
    bpb_status status = bpb_whitening_solve(whitening, &options);
    if (status == BPB_OK)
        return CODE_FINE;
    if (status == BPB_ERR_OPTION) { /* fewer vary: how many? */
        const bpb_status of_all = bpb_whitening_solve(whitening, NULL);
        status = of_all == BPB_OK ? status : of_all;
    }
    return whiten_refuse(status, whiten, directions(whitening).m);
}

static int find_directions(struct run *run)
{
    struct whitened *white = &run->whitened;
    const view_t X = run->data.train.X;
    ATTEMPT(find_factors(run));
    white->block = allocate(X.rows, BLOCK);
    bpb_status status =
        white->block ? bpb_whitening_create(&white->whitening, X.rows) : BPB_ERR_MEMORY;
    if (status == BPB_OK)
        status = add_columns(white, X);
    return status == BPB_OK ? solve(run) : complain_status(status, "whiten", "the inputs");
}

/* ---- What the net learns from ---- */

static bpb_status fill_copy(const struct whitened *white, view_t X, out_t copy)
{
    out_t block = {.data = white->block, .rows = X.rows}, part = copy;
    bpb_status status = BPB_OK;
    for (size_t j = 0; status == BPB_OK && j < X.cols; j += block.cols) {
        part.data = copy.data + j * copy.rows;
        part.cols = block.cols = X.cols - j < BLOCK ? X.cols - j : BLOCK;
        scale_columns(X, white->factor, j, block);
        status = BPB(whitening_apply)(white->whitening, BPB(view_of)(block), part);
    }
    return status;
}

/* *X, the samples of one part, becomes a view of their copy; where there are none, nothing. */
static int copy_part(struct whitened *white, view_t *X, real **values)
{
    const size_t m = directions(white->whitening).m;
    if (X->cols == 0)
        return CODE_FINE;
    bpb_status status = BPB_ERR_MEMORY;
    const out_t copy = {.data = *values = allocate(m, X->cols), .rows = m, .cols = X->cols};
    if (copy.data)
        status = fill_copy(white, *X, copy);
    *X = BPB(view_of)(copy);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "whiten", "the inputs");
}

static int copy_parts(struct run *run)
{
    struct whitened *white = &run->whitened;
    ATTEMPT(copy_part(white, &run->data.train.X, &white->values[0]));
    ATTEMPT(copy_part(white, &run->data.validation.X, &white->values[1]));
    return copy_part(white, &run->data.test.X, &white->values[2]);
}

int BPB(cli_whiten)(struct run *run)
{
    if (!run->settings->data.whiten.is_given)
        return CODE_FINE;
    BPB(cli_free_whitened)(&run->whitened);
    ATTEMPT(find_directions(run));
    ATTEMPT(copy_parts(run));
    run->widths.units[0] = directions(run->whitened.whitening).m;
    whiten_describe(run->widths.units[0], run->train.X.rows,
                    directions(run->whitened.whitening).variances, run->whitened.text,
                    sizeof run->whitened.text);
    return CODE_FINE;
}

void BPB(cli_free_whitened)(struct whitened *white)
{
    bpb_whitening_destroy(&white->whitening);
    free(white->factor);
    free(white->block);
    for (size_t i = 0; i < 3; i++)
        free(white->values[i]);
    *white = (struct whitened){.whitening = NULL};
}

/* ---- The net ---- */

/* A_0 = factor X, in the units of the data. */
static bpb_status set_factors_of(net_t *net, const real *factor)
{
    const size_t n = BPB(net_size)(net, 0);
    double *exact = malloc(n * sizeof *exact);
    for (size_t i = 0; exact && i < n; i++)
        exact[i] = (double)factor[i];
    const bpb_status status =
        exact ? BPB(net_set_scaling)(net, BPB_INPUTS, NULL, exact) : BPB_ERR_MEMORY;
    free(exact);
    return status;
}

int BPB(cli_unwhiten)(struct run *run)
{
    const struct whitened *white = &run->whitened;
    if (!white->whitening)
        return CODE_FINE;
    net_t *raw = NULL;
    bpb_status status = BPB(whitening_fold)(&raw, white->whitening, run->net);
    if (status == BPB_OK && run->settings->data.standardise)
        status = set_factors_of(raw, white->factor);
    BPB(net_destroy)(&run->net);
    run->net = raw;
    return status == BPB_OK ? CODE_FINE : complain_status(status, "undo", "the whitening");
}
