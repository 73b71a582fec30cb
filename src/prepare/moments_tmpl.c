/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics of the rows of a matrix, and the scaling of a net that they lead to. */
#include <math.h>
#include <stdlib.h>

#include "prepare/moments.h"
#include "base/convert_tmpl.h"
#include "base/fpenv.h"
#include "base/view_tmpl.h"
#include "net/net_tmpl.h"

/* ---- Moments ---- */

/* A block fits into the first-level cache: its rows are looked at twice. */
enum { BLOCK_ROWS = 32, BLOCK_COLUMNS = 64 };

/* Values of one row: x[0], x[step], ...; masked: but for NaN. */
struct row {
    const real *x;
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
        const double x = (double)row.x[j * row.step];
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
        const double d = is_there(row, j) ? (double)row.x[j * row.step] - moments.mean : 0;
        moments.squares += d * d;
    }
    return moments;
}

/* X is resolved. */
static void add_block(bpb_moments *moments, view_t X, size_t first, size_t count, struct rows rows)
{
    real block[BLOCK_ROWS * BLOCK_COLUMNS];
    BPB(view_gather_rows)(X, first, count, rows, block);
    for (size_t i = 0; i < rows.count; i++) {
        const struct row row = {block + i, count, rows.count, X.masked};
        bpb_moments *sum = &moments[rows.first + i];
        *sum = moments_of_both(*sum, moments_of(row));
    }
}

/* X is resolved. */
static void add_columns(bpb_moments *moments, view_t X)
{
    for (size_t j = 0; j < X.cols; j += BLOCK_COLUMNS) {
        const size_t count = BPB_MIN(X.cols - j, (size_t)BLOCK_COLUMNS);
        for (size_t i = 0; i < X.rows; i += BLOCK_ROWS) {
            const struct rows rows = {i, 1, BPB_MIN(X.rows - i, (size_t)BLOCK_ROWS)};
            add_block(moments, X, j, count, rows);
        }
    }
}

/* bpb_moments_add, bpbf_moments_add */
bpb_status BPB(moments_add)(bpb_moments *moments, view_t X)
{
    REQUIRE_POINTER(moments);
    REQUIRE(is_flag(X.masked), BPB_ERR_OPTION, "X.masked is %d; it must be 0 or 1", X.masked);
    X.weights = NULL;
    const bpb_status finite = BPB(find_nonfinite)(X, NULL);
    TRY(finite);
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = bpb_moments_check(moments, X.rows, "moments");
    if (!status && !finite)
        add_columns(moments, BPB(view_resolve)(X));
    fpenv_leave(&env);
    return status ? status : finite;
}

/* ---- Scaling ---- */

#define PRECISION BPB_SELECT("double", "float")

/* sqrt(squares / count), or 1 where that is 0 */
static double deviation(bpb_moments row)
{
    const double sd = sqrt(row.squares / row.count);
    return sd > 0 ? sd : 1;
}

/* A scaling of n values: shift, then factor. name: that of the moments it is made from. */
struct scaling {
    real *values;
    size_t n;
    const char *name;
};

/* Entry i, which comes from row `row` of the moments. */
static bpb_status put(struct scaling scaling, size_t i, size_t row, double shift, double factor)
{
    real *at = scaling.values + i;
    REQUIRE(real_from_double(shift, at), BPB_ERR_RANGE, "the mean of %s[%zu] is %g, beyond %s",
            scaling.name, row, shift, PRECISION);
    at += scaling.n;
    REQUIRE(real_from_double(factor, at) && isnormal(*at), BPB_ERR_RANGE,
            "the deviation of %s[%zu] gives the factor %g, which is no normal %s", scaling.name,
            row, factor, PRECISION);
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

static bpb_status scale_inputs(const bpb_moments *of_X, struct scaling scaling)
{
    TRY(check_moments(of_X, scaling.n, scaling.name));
    for (size_t i = 0; i < scaling.n; i++)
        TRY(put(scaling, i, i, of_X[i].mean, 1 / deviation(of_X[i])));
    return BPB_OK;
}

/*
 * y = m is in units of sd, and a Gaussian's s = ln v in ln units of sd^2: v sd^2 is the caller's
 * variance, s + 2 ln sd its logarithm. Entry i of the outputs belongs to target i / group.
 */
static bpb_status scale_outputs(const struct shape *shape, const bpb_moments *of_T,
                                struct scaling scaling)
{
    const size_t group = scaling.n / shape->targets;
    const bool gaussian = shape->loss == BPB_GAUSSIAN;
    TRY(check_moments(of_T, shape->targets, scaling.name));
    for (size_t i = 0; i < scaling.n; i++) {
        const size_t row = i / group;
        const double sd = deviation(of_T[row]);
        if (i % group == 0)
            TRY(put(scaling, i, row, of_T[row].mean, sd));
        else
            TRY(put(scaling, i, row, gaussian ? 2 * log(sd) : 0, 1));
    }
    return BPB_OK;
}

/* Make both before either is given to the net. values: freed by the caller, also on an error. */
static bpb_status make_scalings(const struct shape *shape, const bpb_moments *of_X,
                                const bpb_moments *of_T, real *values[2])
{
    const size_t n_0 = shape_inputs(shape), n_L = shape_outputs(shape);
    values[0] = of_X ? malloc(2 * n_0 * sizeof(real)) : NULL;
    values[1] = of_T ? malloc(2 * n_L * sizeof(real)) : NULL;
    REQUIRE((values[0] || !of_X) && (values[1] || !of_T), BPB_ERR_MEMORY,
            "no memory for a scaling of %zu inputs and %zu outputs", n_0, n_L);
    if (of_X)
        TRY(scale_inputs(of_X, (struct scaling){values[0], n_0, "of_X"}));
    if (of_T)
        TRY(scale_outputs(shape, of_T, (struct scaling){values[1], n_L, "of_T"}));
    return BPB_OK;
}

static void exchange(real **a, real **b)
{
    real *kept = *a;
    *a = *b;
    *b = kept;
}

/* bpb_net_standardise_by, bpbf_net_standardise_by */
bpb_status BPB(net_standardise_by)(net_t *net, const bpb_moments *of_X, const bpb_moments *of_T)
{
    REQUIRE_POINTER(net);
    real *values[2] = {NULL, NULL};
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = make_scalings(net->shape, of_X, of_T, values);
    fpenv_leave(&env);
    if (!status && of_X)
        exchange(&net->input_scaling, &values[0]);
    if (!status && of_T)
        exchange(&net->output_scaling, &values[1]);
    free(values[0]);
    free(values[1]);
    return status;
}
