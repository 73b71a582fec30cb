/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/view_tmpl.h"

#include <math.h>
#include <string.h>

#include "base/fpenv.h"

/* No two entries share memory: columns lie one behind the other, or rows do. */
static bool disjoint(view_t V)
{
    if (V.cols == 1 || V.ld > (V.rows - 1) * V.row_stride)
        return true;
    return V.index ? V.row_stride > V.ld : V.row_stride > (V.cols - 1) * V.ld;
}

bpb_status BPB(view_check)(view_t V, size_t rows)
{
    REQUIRE(V.data, BPB_ERR_NULL);
    REQUIRE(V.rows == rows, BPB_ERR_SHAPE);
    REQUIRE(V.cols >= 1, BPB_ERR_SIZE);
    REQUIRE(!V.row_index || V.ld || V.cols == 1, BPB_ERR_STRIDE);
    size_t packed, down, across, last;
    REQUIRE(size_mul(V.rows, V.row_stride ? V.row_stride : 1, &packed), BPB_ERR_SIZE);
    V = BPB(view_resolve)(V);
    REQUIRE(size_mul(V.rows - 1, V.row_stride, &down), BPB_ERR_SIZE);
    REQUIRE(size_mul(V.index ? 0 : V.cols - 1, V.ld, &across), BPB_ERR_SIZE);
    REQUIRE(size_add(down, across, &last), BPB_ERR_SIZE);
    REQUIRE(last < PTRDIFF_MAX / sizeof(real), BPB_ERR_SIZE);
    REQUIRE(V.row_index || disjoint(V), BPB_ERR_STRIDE);
    return BPB_OK;
}

view_t BPB(view_resolve)(view_t V)
{
    if (!V.row_stride)
        V.row_stride = 1;
    if (!V.ld)
        V.ld = V.rows * V.row_stride;
    return V;
}

bool BPB(view_in_place)(view_t V)
{
    return V.row_stride == 1 && !V.index && !V.row_index && V.ld >= V.rows && V.ld <= BPB_INT_MAX;
}

/* Where column j, and row i within a column, of a resolved view stands, counted from data. */
static size_t column_start(view_t V, size_t j)
{
    return (V.index ? V.index[j] : j) * V.ld;
}
static size_t row_start(view_t V, size_t i)
{
    return (V.row_index ? V.row_index[i] : i) * V.row_stride;
}

static struct rows all_rows(view_t V)
{
    return (struct rows){.first = 0, .step = 1, .count = V.rows};
}

void BPB(view_gather_rows)(view_t V, size_t first, size_t count, struct rows rows, real *out)
{
    for (size_t j = 0; j < count; j++, out += rows.count) {
        const real *column = V.data + column_start(V, first + j);
        if (V.row_stride == 1 && rows.step == 1 && !V.row_index)
            memcpy(out, column + rows.first, rows.count * sizeof *out);
        else
            for (size_t i = 0; i < rows.count; i++)
                out[i] = column[row_start(V, rows.first + i * rows.step)];
    }
}

void BPB(view_gather)(view_t V, size_t first, size_t count, real *out)
{
    BPB(view_gather_rows)(V, first, count, all_rows(V), out);
}

void BPB(view_scatter_rows)(out_t V, size_t first, size_t count, struct rows rows, const real *in)
{
    const view_t R = BPB(view_resolve)(BPB(view_of)(V));
    for (size_t j = 0; j < count; j++, in += rows.count) {
        real *column = V.data + column_start(R, first + j);
        for (size_t i = 0; i < rows.count; i++)
            column[row_start(R, rows.first + i * rows.step)] = in[i];
    }
}

void BPB(view_scatter)(out_t V, size_t first, size_t count, const real *in)
{
    BPB(view_scatter_rows)(V, first, count, all_rows(BPB(view_of)(V)), in);
}

real BPB(view_entry)(view_t V, size_t i, size_t j)
{
    return V.data[column_start(V, j) + row_start(V, i)];
}

/* Whether n values in a row are all finite: the exponent of one that is not has all its bits set,
 * and so one more makes the bit above it. Written for compilers to vectorise. */
static bool all_finite(size_t n, const real *x)
{
    typedef BPB_SELECT(uint64_t, uint32_t) bits;
    const bits lowest = (bits)1 << BPB_SELECT(52, 23), above = ~(bits)0 / 2 + 1;
    bits carried = 0, u;
    for (size_t i = 0; i < n; i++) {
        memcpy(&u, &x[i], sizeof u);
        carried |= (u & (above - lowest)) + lowest;
    }
    return !(carried & above);
}

/* A column's weight that is not finite counts as a row behind the last. */
static bpb_status scan_weight(view_t X, size_t j, bpb_where *where)
{
    if (!X.weights || isfinite(X.weights[X.index ? X.index[j] : j]))
        return BPB_OK;
    if (where)
        *where = (bpb_where){.row = X.rows, .col = j};
    return BPB_NONFINITE;
}

static bpb_status scan(view_t X, bpb_where *where)
{
    for (size_t j = 0; j < X.cols; j++) {
        if (scan_weight(X, j, where))
            return BPB_NONFINITE;
        const real *column = X.data + column_start(X, j);
        if (X.row_stride == 1 && !X.row_index && all_finite(X.rows, column))
            continue;
        for (size_t i = 0; i < X.rows; i++) {
            const real x = column[row_start(X, i)];
            if (isfinite(x) || (X.masked && isnan(x)))
                continue;
            if (where)
                *where = (bpb_where){.row = i, .col = j};
            return BPB_NONFINITE;
        }
    }
    return BPB_OK;
}

/* bpb_find_nonfinite, bpbf_find_nonfinite */
bpb_status BPB(find_nonfinite)(view_t X, bpb_where *where)
{
    TRY(BPB(view_check)(X, X.rows ? X.rows : 1));
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = scan(BPB(view_resolve)(X), where);
    fpenv_leave(&env);
    return status;
}
