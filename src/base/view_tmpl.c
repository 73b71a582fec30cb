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

#define TOO_LARGE "%s has %zu rows and %zu columns, which exceed what can be addressed"

bpb_status BPB(view_check)(const char *name, view_t V, size_t rows)
{
    REQUIRE(HAS_DATA(V), BPB_ERR_NULL, "%s has no data", name);
    REQUIRE(!V.data || !DOUBLES(V), BPB_ERR_NULL, "%s has both data and doubles", name);
    REQUIRE(V.rows == rows, BPB_ERR_SHAPE, "%s has %zu rows; it must have %zu", name, V.rows, rows);
    REQUIRE(V.cols >= 1, BPB_ERR_SIZE, "%s has no columns", name);
    REQUIRE(!V.row_index || V.ld || V.cols == 1, BPB_ERR_STRIDE,
            "%s has a row_index and no ld; with more than one column it requires ld", name);
    size_t packed, down, across, last;
    REQUIRE(size_mul(V.rows, V.row_stride ? V.row_stride : 1, &packed), BPB_ERR_SIZE, TOO_LARGE,
            name, V.rows, V.cols);
    V = BPB(view_resolve)(V);
    REQUIRE(size_mul(V.rows - 1, V.row_stride, &down) &&
                size_mul(V.index ? 0 : V.cols - 1, V.ld, &across) &&
                size_add(down, across, &last) && last < PTRDIFF_MAX / sizeof(double),
            BPB_ERR_SIZE, TOO_LARGE, name, V.rows, V.cols);
    REQUIRE(V.row_index || disjoint(V), BPB_ERR_STRIDE,
            "entries of %s overlap: rows %zu, row_stride %zu, ld %zu", name, V.rows, V.row_stride,
            V.ld);
    return BPB_OK;
}

bpb_status BPB(matrix_check)(const char *name, view_t V, size_t rows, size_t cols)
{
    TRY(BPB(view_check)(name, V, rows));
    REQUIRE(V.cols == cols, BPB_ERR_SHAPE, "%s has %zu columns; it must have %zu", name, V.cols,
            cols);
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
    return V.data && V.row_stride == 1 && !V.index && !V.row_index && V.ld >= V.rows &&
           V.ld <= BPB_INT_MAX;
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

/* ---- Copies from a view ---- */

/* to[k] = EXPRESSION of x, entry i of the column that begins at column; k counts the rows. */
#define FOR_ROWS(column, expression)                                                               \
    do {                                                                                           \
        if (V.row_stride == 1 && rows.step == 1 && !V.row_index) {                                 \
            for (size_t k = 0; k < rows.count; k++) {                                              \
                const double x = (double)(column)[rows.first + k];                                 \
                to[k] = (real)(expression);                                                        \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t k = 0; k < rows.count; k++) {                                              \
                const size_t i = rows.first + k * rows.step;                                       \
                const double x = (double)(column)[row_start(V, i)];                                \
                to[k] = (real)(expression);                                                        \
            }                                                                                      \
        }                                                                                          \
    } while (0)

void BPB(view_gather_rows)(view_t V, size_t first, size_t count, struct rows rows, real *to)
{
    const double *doubles = DOUBLES(V);
    for (size_t j = 0; j < count; j++, to += rows.count) {
        const size_t start = column_start(V, first + j);
        if (doubles)
            FOR_ROWS(doubles + start, x);
        else if (V.row_stride == 1 && rows.step == 1 && !V.row_index)
            memcpy(to, V.data + start + rows.first, rows.count * sizeof *to);
        else
            FOR_ROWS(V.data + start, x);
    }
}

void BPB(view_gather_doubles)(view_t V, size_t first, size_t count, struct rows rows, double *to)
{
    for (size_t j = 0; j < count; j++)
        for (size_t k = 0; k < rows.count; k++)
            *to++ = BPB(view_double)(V, rows.first + k * rows.step, first + j);
}

void BPB(view_gather)(view_t V, size_t first, size_t count, real *out)
{
    BPB(view_gather_rows)(V, first, count, all_rows(V), out);
}

/* (x - shift) factor, or (x - shift) / factor, where each row has the scaling of the first of its
 * group. Doubles are scaled before they are rounded. */
static inline void gather_scaled(view_t V, size_t first, size_t count,
                                 const struct scaling *scaling, size_t group, bool divide, real *to)
{
    const double *doubles = DOUBLES(V);
    if (doubles) {
        const struct rows rows = all_rows(V);
        const double *shift = scaling->exact, *factor = shift + scaling->n;
        for (size_t j = 0; j < count; j++, to += V.rows)
            FOR_ROWS(doubles + column_start(V, first + j),
                     divide ? (x - shift[k * group]) / factor[k * group]
                            : (x - shift[k * group]) * factor[k * group]);
        return;
    }
    BPB(view_gather)(V, first, count, to);
    const real *shift = scaling->rounded, *factor = shift + scaling->n;
    for (size_t j = 0; j < count; j++, to += V.rows)
        for (size_t i = 0; i < V.rows; i++)
            to[i] = divide ? (to[i] - shift[i * group]) / factor[i * group]
                           : (to[i] - shift[i * group]) * factor[i * group];
}

void BPB(view_gather_inputs)(view_t V, size_t first, size_t count, const struct scaling *scaling,
                             real *to)
{
    if (scaling)
        gather_scaled(V, first, count, scaling, 1, false, to);
    else
        BPB(view_gather)(V, first, count, to);
}

void BPB(view_gather_targets)(view_t V, size_t first, size_t count, const struct scaling *scaling,
                              size_t group, real *to)
{
    if (scaling)
        gather_scaled(V, first, count, scaling, group, true, to);
    else
        BPB(view_gather)(V, first, count, to);
}

/* ---- Copies to an out ---- */

void BPB(view_scatter_rows)(out_t V, size_t first, size_t count, struct rows rows, const real *in)
{
    const view_t R = BPB(view_resolve)(BPB(view_of)(V));
    double *doubles = DOUBLES(V);
    for (size_t j = 0; j < count; j++, in += rows.count) {
        const size_t start = column_start(R, first + j);
        for (size_t k = 0; k < rows.count; k++) {
            const size_t place = start + row_start(R, rows.first + k * rows.step);
            if (doubles)
                doubles[place] = (double)in[k];
            else
                V.data[place] = in[k];
        }
    }
}

void BPB(view_scatter)(out_t V, size_t first, size_t count, const real *in)
{
    BPB(view_scatter_rows)(V, first, count, all_rows(BPB(view_of)(V)), in);
}

void BPB(unscale)(size_t n, size_t count, const struct scaling *scaling, real *A)
{
    const real *shift = scaling->rounded, *factor = shift + n;
    for (size_t j = 0; j < count; j++, A += n)
        for (size_t i = 0; i < n; i++)
            A[i] = shift[i] + factor[i] * A[i];
}

void BPB(view_scatter_outputs)(out_t V, size_t first, size_t count, const struct scaling *scaling,
                               real *in)
{
    double *doubles = DOUBLES(V);
    if (scaling && doubles) {
        const view_t R = BPB(view_resolve)(BPB(view_of)(V));
        const double *shift = scaling->exact, *factor = shift + scaling->n;
        for (size_t j = 0; j < count; j++) {
            const real *a = in + j * V.rows;
            const size_t start = column_start(R, first + j);
            for (size_t i = 0; i < V.rows; i++)
                doubles[start + row_start(R, i)] = shift[i] + factor[i] * (double)a[i];
        }
    }
    if (scaling)
        BPB(unscale)(V.rows, count, scaling, in);
    if (!scaling || !doubles)
        BPB(view_scatter)(V, first, count, in);
}

/* ---- Single entries ---- */

double BPB(view_double)(view_t V, size_t i, size_t j)
{
    const double *doubles = DOUBLES(V);
    const size_t place = column_start(V, j) + row_start(V, i);
    return doubles ? doubles[place] : (double)V.data[place];
}

real BPB(view_entry)(view_t V, size_t i, size_t j)
{
    return (real)BPB(view_double)(V, i, j);
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

/* The first value of column j that is not finite, and no missing entry, into *row. */
static bool scan_column(view_t X, size_t j, bool masked, size_t *row)
{
    if (X.data && X.row_stride == 1 && !X.row_index &&
        all_finite(X.rows, X.data + column_start(X, j)))
        return true;
    for (*row = 0; *row < X.rows; ++*row) {
        const double x = BPB(view_double)(X, *row, j);
        if (!isfinite(x) && !(masked && isnan(x)))
            return false;
    }
    return true;
}

/* X is resolved. weights: NULL, or those of the columns. */
static bpb_status scan(view_t X, const double *weights, bool masked, bpb_where *where)
{
    for (size_t j = 0; j < X.cols; j++) {
        size_t row = X.rows;
        const bool weighed = !weights || isfinite(weights[X.index ? X.index[j] : j]);
        if (weighed && scan_column(X, j, masked, &row))
            continue;
        if (where)
            *where = (bpb_where){.row = row, .col = j};
        return BPB_NONFINITE;
    }
    return BPB_OK;
}

static bpb_status find(const char *name, view_t X, const double *weights, bool masked,
                       bpb_where *where)
{
    TRY(BPB(view_check)(name, X, X.rows ? X.rows : 1));
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = scan(BPB(view_resolve)(X), weights, masked, where);
    fpenv_leave(&env);
    return status;
}

/* bpb_find_nonfinite, bpbf_find_nonfinite */
bpb_status BPB(find_nonfinite)(view_t X, bpb_where *where)
{
    return find("X", X, NULL, false, where);
}

bpb_status BPB(targets_nonfinite)(targets_t T, bpb_where *where)
{
    return find("T", T.view, T.weights, T.masked, where);
}
