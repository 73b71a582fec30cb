/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics of the rows of a matrix, and the scaling of a net that they lead to. */
#include <math.h>
#include <stdlib.h>

#include "prepare/moments.h"
#include "base/convert_tmpl.h"
#include "base/fpenv.h"
#include "base/view_tmpl.h"

/* ---- Moments ---- */

/* A block fits into the first-level cache: its rows are looked at twice. */
enum { BLOCK_ROWS = 32, BLOCK_COLUMNS = 64 };

/* Values of one row: x[0], x[step], ...; masked: but for NaN. */
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
    REQUIRE(is_flag(masked), BPB_ERR_OPTION, "masked is %d; it must be 0 or 1", masked);
    const bpb_status finite =
        BPB(targets_nonfinite)((targets_t){.view = X, .masked = masked}, NULL);
    TRY(finite);
    struct fpenv env;
    fpenv_enter(&env);
    const bool valid = bpb_moments_valid(moments, X.rows);
    if (valid && !finite)
        add_columns(moments, BPB(view_resolve)(X), masked);
    fpenv_leave(&env);
    return valid ? finite : BPB_ERR_OPTION;
}

/* ---- Scaling ---- */

/* Where the scaling of one row goes to. */
struct scale {
    double *shift, *factor;
};

/* sqrt(squares / count), or 1 where that is 0 */
static double deviation(bpb_moments row)
{
    const double sd = sqrt(row.squares / row.count);
    return sd > 0 ? sd : 1;
}

/* BPB_ERR_RANGE: they are no numbers of this precision that a net takes. */
static bpb_status put(struct scale scale, double shift, double factor)
{
    real rounded;
    REQUIRE(real_from_double(shift, &rounded), BPB_ERR_RANGE,
            "the mean %g exceeds the net's precision", shift);
    REQUIRE(real_from_double(factor, &rounded) && isnormal(rounded), BPB_ERR_RANGE,
            "the factor %g is no normal number of the net's precision", factor);
    *scale.shift = shift;
    *scale.factor = factor;
    return BPB_OK;
}

static bpb_status check_moments(const bpb_moments *moments, size_t n)
{
    REQUIRE(bpb_moments_valid(moments, n), BPB_ERR_OPTION);
    for (size_t i = 0; i < n; i++)
        REQUIRE(moments[i].count > 0, BPB_ERR_OPTION);
    return BPB_OK;
}

static bpb_status scale_inputs(const net_t *net, const bpb_moments *moments, double *scaling)
{
    const size_t n = BPB(net_size)(net, 0);
    TRY(check_moments(moments, n));
    for (size_t i = 0; i < n; i++)
        TRY(put((struct scale){scaling + i, scaling + n + i}, moments[i].mean,
                1 / deviation(moments[i])));
    return BPB_OK;
}

/*
 * y = m is in units of sd, and a Gaussian's s = ln v in ln units of sd^2: v sd^2 is the caller's
 * variance, s + 2 ln sd its logarithm. Entry i of the outputs belongs to target i / group.
 */
static bpb_status scale_outputs(const net_t *net, const bpb_moments *moments, double *scaling)
{
    const size_t n = BPB(net_size)(net, BPB(net_layers)(net)), n_T = BPB(net_loss)(net).n_targets;
    const size_t group = n / n_T;
    const bool gaussian = BPB(net_loss)(net).kind == BPB_GAUSSIAN;
    TRY(check_moments(moments, n_T));
    for (size_t i = 0; i < n; i++) {
        const struct scale scale = {scaling + i, scaling + n + i};
        const double sd = deviation(moments[i / group]);
        if (i % group == 0)
            TRY(put(scale, moments[i / group].mean, sd));
        else
            TRY(put(scale, gaussian ? 2 * log(sd) : 0, 1));
    }
    return BPB_OK;
}

/* How a scaling of n values of shift and n of factor is made, and given to the net. */
struct way {
    size_t n;
    bpb_status (*make)(const net_t *net, const bpb_moments *moments, double *scaling);
    bpb_status (*set)(net_t *net, bpb_side side, const double *shift, const double *factor);
    bpb_side side;
};

static bpb_status standardise(net_t *net, const bpb_moments *moments, struct way way)
{
    REQUIRE(moments, BPB_ERR_NULL);
    double *scaling = malloc(2 * way.n * sizeof *scaling);
    REQUIRE(scaling, BPB_ERR_MEMORY);
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = way.make(net, moments, scaling);
    fpenv_leave(&env);
    if (!status)
        status = way.set(net, way.side, scaling, scaling + way.n);
    free(scaling);
    return status;
}

/* bpb_net_standardise_inputs, bpbf_net_standardise_inputs */
bpb_status BPB(net_standardise_inputs)(net_t *net, const bpb_moments *moments)
{
    REQUIRE(net, BPB_ERR_NULL);
    return standardise(
        net, moments,
        (struct way){BPB(net_size)(net, 0), scale_inputs, BPB(net_set_scaling), BPB_INPUTS});
}

/* bpb_net_standardise_outputs, bpbf_net_standardise_outputs */
bpb_status BPB(net_standardise_outputs)(net_t *net, const bpb_moments *moments)
{
    REQUIRE(net, BPB_ERR_NULL);
    const size_t n = BPB(net_size)(net, BPB(net_layers)(net));
    return standardise(net, moments,
                       (struct way){n, scale_outputs, BPB(net_set_scaling), BPB_OUTPUTS});
}
