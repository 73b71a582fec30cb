/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics of the rows of a matrix, and the scaling of a net that they lead to. */
#include <math.h>
#include <stdlib.h>

#include "prepare/moments.h"
#include "base/convert_tmpl.h"
#include "base/fpenv.h"
#include "base/view_tmpl.h"
#include "net/net_tmpl.h"
#include "base/ranges.h"

/* ---- Moments ---- */

/* A block fits into the first-level cache: its rows are looked at twice. */
enum { BLOCK_ROWS = 32, BLOCK_COLUMNS = 64 };

/* Values of one row: x[0], x[step], ...; masked: without the NaNs. */
struct row {
    const double *x;
    size_t count, step;
    bool masked;
};

static bool is_there(struct row row, size_t j)
{
    return !(row.masked && isnan(row.x[j * row.step]));
}

/* Summed as differences to the first value, the mean of equal values is that value. */
static bpb_moments mean_of(struct row row)
{
    bpb_moments moments = {0};
    double first = 0, sum = 0;
    for (size_t j = 0; j < row.count; j++) {
        const double x = row.x[j * row.step];
        if (!is_there(row, j))
            continue;
        if (moments.count++ == 0)
            first = x;
        sum += x - first;
    }
    moments.mean = moments.count > 0 ? first + sum / moments.count : 0;
    return moments;
}

static bpb_moments moments_of(struct row row)
{
    bpb_moments moments = mean_of(row);
    for (size_t j = 0; j < row.count; j++) {
        const double d = is_there(row, j) ? row.x[j * row.step] - moments.mean : 0;
        moments.squares += d * d;
    }
    return moments;
}

/* X is resolved. */
static void add_block(bpb_moments *moments, view_t X, bool masked, size_t first, size_t count,
                      struct rows rows)
{
    double block[BLOCK_ROWS * BLOCK_COLUMNS];
    BPB(view_gather_doubles)(X, first, count, rows, block);
    for (size_t i = 0; i < rows.count; i++) {
        const struct row row = {block + i, count, rows.count, masked};
        bpb_moments *sum = &moments[rows.first + i];
        *sum = moments_of_both(*sum, moments_of(row));
    }
}

/* X is resolved. */
static void add_columns(bpb_moments *moments, view_t X, bool masked)
{
    for (size_t j = 0; j < X.cols; j += BLOCK_COLUMNS) {
        const size_t count = BPB_MIN(X.cols - j, (size_t)BLOCK_COLUMNS);
        for (size_t i = 0; i < X.rows; i += BLOCK_ROWS) {
            const struct rows rows = {i, 1, BPB_MIN(X.rows - i, (size_t)BLOCK_ROWS)};
            add_block(moments, X, masked, j, count, rows);
        }
    }
}

/* bpb_moments_add, bpbf_moments_add */
bpb_status BPB(moments_add)(bpb_moments *moments, view_t X, int masked)
{
    REQUIRE_POINTER(moments);
    TRY(bpb_option_flag("masked", masked));
    const bpb_status finite =
        BPB(targets_nonfinite)((targets_t){.view = X, .masked = masked}, NULL);
    TRY(finite);
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = bpb_moments_check(moments, X.rows, "moments");
    if (!status && !finite)
        add_columns(moments, BPB(view_resolve)(X), masked);
    fpenv_leave(&env);
    return status ? status : finite;
}

/* ---- Scaling ---- */

#define PRECISION BPB_SELECT("double", "float")

/* The scaling that is made of moments: n values of shift, then n of factor. */
struct draft {
    double *values;
    size_t n;
    const char *name; /* of the moments */
};

/* sqrt(squares / count), or 1 where that is 0 */
static double deviation(bpb_moments row)
{
    const double sd = sqrt(row.squares / row.count);
    return sd > 0 ? sd : 1;
}

/* Shift and factor i, from row of the moments. BPB_ERR_RANGE: the net's precision has no such
 * numbers. */
static bpb_status put(struct draft draft, size_t i, size_t row, double shift, double factor)
{
    real rounded;
    REQUIRE(real_from_double(shift, &rounded), BPB_ERR_RANGE,
            "the mean of %s[%zu] is %g, beyond %s", draft.name, row, shift, PRECISION);
    REQUIRE(real_from_double(factor, &rounded) && isnormal(rounded), BPB_ERR_RANGE,
            "the deviation of %s[%zu] gives the factor %g, which is no normal %s", draft.name, row,
            factor, PRECISION);
    draft.values[i] = shift;
    draft.values[draft.n + i] = factor;
    return BPB_OK;
}

static bpb_status check_moments(const bpb_moments *moments, size_t n, const char *name)
{
    TRY(bpb_moments_check(moments, n, name));
    for (size_t i = 0; i < n; i++)
        REQUIRE(moments[i].count > 0, BPB_ERR_OPTION, "%s[%zu].count is 0; row %zu has no values",
                name, i, i);
    return BPB_OK;
}

static bpb_status draft_inputs(const bpb_moments *of_X, struct draft draft)
{
    TRY(check_moments(of_X, draft.n, draft.name));
    for (size_t i = 0; i < draft.n; i++)
        TRY(put(draft, i, i, of_X[i].mean, 1 / deviation(of_X[i])));
    return BPB_OK;
}

/*
 * y = m is in units of sd, and a Gaussian's s = ln v in ln units of sd^2: v sd^2 is the caller's
 * variance, s + 2 ln sd its logarithm. Entry i of the outputs belongs to target i / group.
 */
static bpb_status draft_outputs(const struct shape *shape, const bpb_moments *of_T,
                                struct draft draft)
{
    const size_t group = draft.n / shape->targets;
    const bool gaussian = shape->loss == BPB_GAUSSIAN;
    TRY(check_moments(of_T, shape->targets, draft.name));
    for (size_t i = 0; i < draft.n; i++) {
        const size_t row = i / group;
        const double sd = deviation(of_T[row]);
        if (i % group == 0)
            TRY(put(draft, i, row, of_T[row].mean, sd));
        else
            TRY(put(draft, i, row, gaussian ? 2 * log(sd) : 0, 1));
    }
    return BPB_OK;
}

/* The scaling of one side, which the net does not have yet. */
static bpb_status make_scaling(struct scaling **made, const net_t *net, bpb_side side,
                               const bpb_moments *moments)
{
    const struct shape *shape = net->shape;
    const bool inputs = side == BPB_INPUTS;
    struct draft draft = {.n = inputs ? shape_inputs(shape) : shape_outputs(shape),
                          .name = inputs ? "of_X" : "of_T"};
    if (!moments)
        return BPB_OK;
    draft.values = malloc(2 * draft.n * sizeof *draft.values);
    REQUIRE(draft.values, BPB_ERR_MEMORY, "out of memory for a scaling of %zu values", draft.n);
    bpb_status status =
        inputs ? draft_inputs(moments, draft) : draft_outputs(shape, moments, draft);
    if (!status)
        status = BPB(scaling_create)(made, net, side, draft.values, draft.values + draft.n);
    free(draft.values);
    return status;
}

/* bpb_net_standardise_by, bpbf_net_standardise_by */
bpb_status BPB(net_standardise_by)(net_t *net, const bpb_moments *of_X, const bpb_moments *of_T)
{
    REQUIRE_POINTER(net);
    struct scaling *made[2] = {NULL, NULL};
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = make_scaling(&made[BPB_INPUTS], net, BPB_INPUTS, of_X);
    if (!status)
        status = make_scaling(&made[BPB_OUTPUTS], net, BPB_OUTPUTS, of_T);
    fpenv_leave(&env);
    for (bpb_side side = BPB_INPUTS; side <= BPB_OUTPUTS; side++) {
        struct scaling *old = net->scaling[side];
        const bool taken = !status && made[side];
        if (taken)
            net->scaling[side] = made[side];
        free(taken ? old : made[side]);
    }
    return status;
}

/* bpb_net_standardise, bpbf_net_standardise */
bpb_status BPB(net_standardise)(net_t *net, view_t X, targets_t T)
{
    REQUIRE_POINTER(net);
    const struct shape *shape = net->shape;
    const bool of_T = HAS_DATA(T.view) && T.kind == BPB_VALUES;
    TRY(BPB(view_check)("X", X, shape_inputs(shape)));
    if (of_T)
        TRY(BPB(matrix_check)("T", T.view, shape->targets, X.cols));
    const size_t n_0 = shape_inputs(shape), n_T = shape->targets;
    bpb_moments *moments = calloc(n_0 + n_T, sizeof *moments);
    REQUIRE(moments, BPB_ERR_MEMORY, "out of memory for the moments of %zu rows", n_0 + n_T);
    bpb_status status = BPB(moments_add)(moments, X, 0);
    if (!status && of_T)
        status = BPB(moments_add)(moments + n_0, T.view, T.masked);
    if (!status)
        status = BPB(net_standardise_by)(net, moments, of_T ? moments + n_0 : NULL);
    free(moments);
    return status;
}
