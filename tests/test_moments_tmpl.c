/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moments of the rows of a matrix against two passes in long double, and the scaling of a net that
 * is made of them.
 */
#include <float.h>

#include "support_tmpl.h"

enum { ROWS = 70, COLS = 300 }; /* more than a block of both */

static real values[ROWS * COLS];
static const view_t X = {.data = values, .rows = ROWS, .cols = COLS};

/* Row i about offset, with a deviation of its own. */
static void fill_values(real offset, uint64_t seed)
{
    struct rng rng = {seed};
    for (size_t i = 0; i < ROWS * COLS; i++)
        values[i] = offset + (real)rng_uniform(&rng, -1, 1) * (real)(1 + i % ROWS);
}

static real entry(view_t V, size_t i, size_t j)
{
    const size_t row = V.row_index ? V.row_index[i] : i, col = V.index ? V.index[j] : j;
    const size_t stride = V.row_stride ? V.row_stride : 1;
    return V.data[row * stride + col * (V.ld ? V.ld : V.rows * stride)];
}

/* What a row's moments should be, and how large its values are. */
struct expected {
    long double count, mean, squares, size;
};

/* About the first value, since some tools run long double as double. */
static struct expected two_passes(view_t V, int masked, size_t i)
{
    struct expected row = {0};
    long double first = 0;
    for (size_t j = 0; j < V.cols; j++) {
        const long double x = (long double)entry(V, i, j);
        if (masked && isnan(x))
            continue;
        if (row.count == 0)
            first = x;
        row.count += 1;
        row.mean += x - first;
        row.size = fmaxl(row.size, fabsl(x));
    }
    row.mean = first + row.mean / row.count;
    for (size_t j = 0; j < V.cols; j++)
        if (!(masked && isnan(entry(V, i, j))))
            row.squares += powl((long double)entry(V, i, j) - row.mean, 2);
    return row;
}

/*
 * Of n values of deviation sd and size |x|, in double: the mean to eps (4 + sqrt n) |x|; squares to
 * 2 eps (sqrt n + 4 |x| / sd), of which the second part comes from the means of blocks. Sums of
 * squares without deviations would lose eps (|x| / sd)^2.
 */
static void assert_masked_moments(const bpb_moments *moments, view_t V, int masked)
{
    const long double eps = (long double)DBL_EPSILON;
    for (size_t i = 0; i < V.rows; i++) {
        const struct expected row = two_passes(V, masked, i);
        const long double sd = sqrtl(row.squares / row.count);
        assert_true(moments[i].count == (double)row.count);
        assert_number_close("mean", moments[i].mean, row.mean, row.size,
                            eps * (4 + sqrtl(row.count)));
        assert_number_close("squares", moments[i].squares, row.squares, row.squares,
                            2 * eps * (sqrtl(row.count) + 4 * row.size / sd));
    }
}

static void assert_moments(const bpb_moments *moments, view_t V)
{
    assert_masked_moments(moments, V, 0);
}

/* ---- Adding ---- */

static void moments_add__equals_two_passes_in_long_double(void **state)
{
    (void)state;
    static const size_t columns[] = {3, 1, 4, 1, 5, 9, 2, 6}, rows[] = {2, 7, 1, 8};
    const view_t views[] = {
        X,
        {.data = values, .rows = ROWS, .cols = 2},
        {.data = values, .rows = 31, .cols = 65, .ld = ROWS},
        {.data = values, .rows = 33, .cols = 63, .ld = 130, .row_stride = 2},
        {.data = values, .rows = COLS, .cols = ROWS, .row_stride = ROWS, .ld = 1},
        {.data = values, .rows = ROWS, .cols = COUNT(columns), .index = columns},
        {.data = values, .rows = COUNT(rows), .cols = 99, .ld = ROWS, .row_index = rows},
    };
    fill_values(RC(0.5), 1);
    for (size_t v = 0; v < COUNT(views); v++) {
        bpb_moments moments[COLS] = {{0}};
        assert_ok(BPB(moments_add)(moments, views[v], 0));
        assert_moments(moments, views[v]);
    }
}

static void moments_add__keeps_digits_beside_a_huge_mean(void **state)
{
    (void)state;
    bpb_moments moments[ROWS] = {{0}};
    fill_values(BPB_SELECT(1e8, 1e4f), 2);
    for (size_t j = 0; j < COLS; j += 7)
        assert_ok(BPB(moments_add)(moments, BPB(columns)(X, j, j + 7 < COLS ? 7 : COLS - j), 0));
    assert_moments(moments, X);
}

static void moments_add__blocks_of_any_width_agree(void **state)
{
    (void)state;
    struct rng rng = {3};
    fill_values(-2, 3);
    for (int round = 0; round < 20; round++) {
        bpb_moments moments[ROWS] = {{0}};
        for (size_t j = 0, width; j < COLS; j += width) {
            width = rng_between(&rng, 1, round < 10 ? 5 : 200);
            width = width < COLS - j ? width : COLS - j;
            assert_ok(BPB(moments_add)(moments, BPB(columns)(X, j, width), 0));
        }
        assert_moments(moments, X);
    }
}

static void moments_add__one_value_has_no_deviation(void **state)
{
    (void)state;
    const real x = RC(0.1);
    bpb_moments moments = {0};
    assert_ok(BPB(moments_add)(&moments, BPB(samples)(&x, 1, 1), 0));
    assert_true(moments.count == 1 && moments.mean == (double)x && moments.squares == 0);
}

/* However many of them, in whatever blocks: 0.1 has no sum without rounding. */
static void moments_add__equal_values_have_none(void **state)
{
    (void)state;
    bpb_moments moments[ROWS] = {{0}};
    for (size_t i = 0; i < ROWS * COLS; i++)
        values[i] = RC(0.1) * (real)(1 + i % ROWS);
    for (size_t j = 0; j < COLS; j += 75)
        assert_ok(BPB(moments_add)(moments, BPB(columns)(X, j, 75), 0));
    for (size_t i = 0; i < ROWS; i++)
        assert_true(moments[i].count == COLS && moments[i].mean == (double)values[i] &&
                    moments[i].squares == 0);
}

static void moments_add__masked_values_are_left_out(void **state)
{
    (void)state;
    struct rng rng = {4};
    bpb_moments moments[ROWS] = {{0}};
    fill_values(1, 4);
    for (size_t i = 0; i < ROWS * COLS; i++)
        if (rng_uniform(&rng, 0, 1) < 0.3)
            values[i] = (real)NAN;
    assert_ok(BPB(moments_add)(moments, X, 1));
    assert_masked_moments(moments, X, 1);
    assert_true(moments[0].count != moments[1].count);
    for (size_t j = 0; j < COLS; j++)
        values[5 + j * ROWS] = (real)NAN;
    memset(moments, 0, sizeof moments);
    assert_ok(BPB(moments_add)(moments, X, 1));
    assert_true(moments[5].count == 0 && moments[5].mean == 0 && moments[5].squares == 0);
}

static void moments_add__value_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    const real bad[] = {(real)NAN, (real)INFINITY, (real)-INFINITY};
    bpb_moments moments[ROWS] = {{0}}, before[ROWS];
    fill_values(1, 5);
    assert_ok(BPB(moments_add)(moments, X, 0));
    memcpy(before, moments, sizeof before);
    for (size_t b = 0; b < COUNT(bad); b++) {
        values[ROWS * COLS - 1] = bad[b];
        assert_int_equal(BPB(moments_add)(moments, X, 0), BPB_NONFINITE);
        assert_memory_equal(moments, before, sizeof before);
        if (!isnan(bad[b]))
            assert_int_equal(BPB(moments_add)(moments, X, 1), BPB_NONFINITE);
        assert_memory_equal(moments, before, sizeof before);
    }
}

/* ---- Merging ---- */

enum { PARTS = 12 };

static void gather_parts(bpb_moments parts[PARTS][ROWS])
{
    memset(parts, 0, sizeof(bpb_moments[PARTS][ROWS]));
    for (size_t p = 0; p < PARTS; p++) /* the last but one is empty */
        if (p != PARTS - 2)
            assert_ok(BPB(moments_add)(
                parts[p], BPB(columns)(X, p == PARTS - 1 ? 250 : 25 * p, p == PARTS - 1 ? 50 : 25),
                0));
}

/* Any two of those that are left, until there is one. */
static void moments_merge__any_order_agrees(void **state)
{
    (void)state;
    struct rng rng = {6};
    fill_values(BPB_SELECT(1e6, 1e3f), 6);
    for (int round = 0; round < 50; round++) {
        bpb_moments parts[PARTS][ROWS];
        size_t order[PARTS];
        gather_parts(parts);
        rng_permutation(&rng, PARTS, order);
        for (size_t left = PARTS; left > 1; left--) {
            const size_t into = rng_between(&rng, 0, left - 2);
            assert_ok(bpb_moments_merge(parts[order[into]], parts[order[left - 1]], ROWS));
        }
        assert_moments(parts[order[0]], X);
    }
}

static void moments_merge__empty_ones_change_no_bit(void **state)
{
    (void)state;
    bpb_moments moments[ROWS] = {{0}}, empty[ROWS] = {{0}}, both[ROWS];
    fill_values(3, 7);
    assert_ok(BPB(moments_add)(moments, X, 0));
    memcpy(both, moments, sizeof both);
    assert_ok(bpb_moments_merge(both, empty, ROWS));
    assert_memory_equal(both, moments, sizeof both);
    assert_ok(bpb_moments_merge(empty, moments, ROWS));
    assert_memory_equal(empty, moments, sizeof both);
}

static void moments__refuse_what_none_can_hold(void **state)
{
    (void)state;
    const double nan = (double)NAN, infinity = (double)INFINITY;
    const bpb_moments bad[] = {{-1, 0, 0},  {nan, 0, 0},       {infinity, 0, 0}, {1, nan, 0},
                               {1, 0, -1},  {1, -infinity, 0}, {1, 0, nan},      {1, 0, infinity}};
    const size_t units[] = {2, 2};
    const real x[] = {1, 2};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units, .n_sizes = 2}));
    for (size_t b = 0; b < COUNT(bad); b++) {
        bpb_moments moments[2] = {{1, 2, 0}, bad[b]}, good[2] = {{1, 2, 0}, {1, 1, 0}};
        const bpb_moments kept[2] = {{1, 2, 0}, {1, 1, 0}};
        assert_int_equal(bpb_moments_merge(moments, good, 2), BPB_ERR_OPTION);
        assert_int_equal(bpb_moments_merge(good, moments, 2), BPB_ERR_OPTION);
        assert_memory_equal(good, kept, sizeof kept);
        assert_int_equal(BPB(moments_add)(moments, BPB(samples)(x, 1, 2), 0), BPB_ERR_OPTION);
        assert_true(moments[0].count == 1);
        assert_int_equal(BPB(net_standardise_by)(net, moments, NULL), BPB_ERR_OPTION);
        assert_int_equal(BPB(net_standardise_by)(net, NULL, moments), BPB_ERR_OPTION);
        assert_true(!BPB(net_scaling)(net, BPB_INPUTS) && !BPB(net_scaling)(net, BPB_OUTPUTS));
    }
    BPB(net_destroy)(&net);
}

static void moments__refuse_bad_arguments(void **state)
{
    (void)state;
    bpb_moments moments[2] = {{1, 2, 0}, {1, 2, 0}};
    const bpb_moments before[2] = {{1, 2, 0}, {1, 2, 0}};
    const real x[4] = {1, 2, 3, 4};
    const struct {
        bpb_status status;
        view_t X;
    } bad[] = {
        {BPB_ERR_NULL, {.data = NULL, .rows = 2, .cols = 2}},
        {BPB_ERR_SHAPE, {.data = x, .rows = 0, .cols = 2}},
        {BPB_ERR_SIZE, {.data = x, .rows = 2, .cols = 0}},
        {BPB_ERR_SIZE, {.data = x, .rows = 2, .cols = SIZE_MAX}},
        {BPB_ERR_STRIDE, {.data = x, .rows = 2, .cols = 2, .ld = 1}},
    };
    for (size_t b = 0; b < COUNT(bad); b++)
        assert_int_equal(BPB(moments_add)(moments, bad[b].X, 0), bad[b].status);
    assert_int_equal(BPB(moments_add)(moments, BPB(samples)(x, 2, 2), 2), BPB_ERR_OPTION);
    assert_int_equal(BPB(moments_add)(NULL, BPB(samples)(x, 2, 2), 0), BPB_ERR_NULL);
    assert_int_equal(bpb_moments_merge(NULL, before, 2), BPB_ERR_NULL);
    assert_int_equal(bpb_moments_merge(moments, NULL, 2), BPB_ERR_NULL);
    assert_int_equal(bpb_moments_merge(moments, before, 0), BPB_ERR_SIZE);
    assert_int_equal(BPB(net_standardise_by)(NULL, before, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(net_standardise_by)(NULL, NULL, before), BPB_ERR_NULL);
    assert_memory_equal(moments, before, sizeof before);
}

/* ---- Scaling ---- */

static net_t *make_net(size_t n_in, size_t n_out, bpb_loss_kind loss)
{
    net_t *net = NULL;
    const size_t units[] = {n_in, n_out};
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units,
                                                       .n_sizes = 2,
                                                       .output = BPB_IDENTITY,
                                                       .loss = loss,
                                                       .init = BPB_INIT_GLOROT_NORMAL}));
    return net;
}

/* By the net's own arithmetic: the outputs of W = 1, b = 0 are the scaled inputs. */
static void standardise_by__inputs_get_mean_0_and_variance_1(void **state)
{
    (void)state;
    static real Y[ROWS * COLS];
    bpb_moments moments[ROWS] = {{0}}, scaled[ROWS] = {{0}};
    net_t *net = make_net(ROWS, ROWS, BPB_SQUARED);
    const out_t W = BPB(net_W)(net, BPB(net_theta)(net), 1);
    fill_values(40, 8);
    assert_ok(BPB(net_init)(net, BPB_INIT_ZERO, 0));
    for (size_t i = 0; i < ROWS; i++)
        W.data[i * ROWS + i] = 1;
    assert_ok(BPB(moments_add)(moments, X, 0));
    assert_ok(BPB(net_standardise_by)(net, moments, NULL));
    assert_ok(BPB(predict)(net, X, BPB(samples_out)(Y, COLS, ROWS), NULL));
    assert_ok(BPB(moments_add)(scaled, BPB(samples)(Y, COLS, ROWS), 0));
    for (size_t i = 0; i < ROWS; i++) { /* shift is rounded: |x| / sd goes up to 40 / 0.5 */
        assert_true(fabs(scaled[i].mean) <= 4 * EPSILON * 80);
        assert_number_close("variance", scaled[i].squares / COLS, 1, 1, 16 * EPSILON);
        assert_true(BPB(net_scaling)(net, BPB_INPUTS)[i] == moments[i].mean);
    }
    assert_null(BPB(net_scaling)(net, BPB_OUTPUTS));
    BPB(net_destroy)(&net);
}

static void standardise_by__outputs_get_mean_and_deviation(void **state)
{
    (void)state;
    const bpb_moments moments[] = {{4, 10, 36}, {2, -5, 32}, {9, 3, 0}};
    const double expected[] = {10, -5, 3, 3, 4, 1};
    net_t *net = make_net(2, 3, BPB_SQUARED);
    assert_ok(BPB(net_standardise_by)(net, NULL, moments));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), expected, sizeof expected);
    assert_null(BPB(net_scaling)(net, BPB_INPUTS));
    BPB(net_destroy)(&net);
}

static void standardise_by__equal_values_have_factor_1(void **state)
{
    (void)state;
    const bpb_moments moments[] = {{4, 10, 0}, {2, -5, 32}};
    const double expected[] = {10, -5, 1, 0.25};
    net_t *net = make_net(2, 3, BPB_SQUARED);
    assert_ok(BPB(net_standardise_by)(net, moments, NULL));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), expected, sizeof expected);
    BPB(net_destroy)(&net);
}

static void standardise__row_without_values_is_refused(void **state)
{
    (void)state;
    const bpb_moments moments[] = {{4, 10, 0}, {0, 0, 0}};
    net_t *net = make_net(2, 2, BPB_SQUARED);
    assert_int_equal(BPB(net_standardise_by)(net, moments, NULL), BPB_ERR_OPTION);
    assert_int_equal(BPB(net_standardise_by)(net, NULL, moments), BPB_ERR_OPTION);
    assert_string_equal(bpb_error(), "of_T[1].count is 0; row 1 has no values");
    assert_true(!BPB(net_scaling)(net, BPB_INPUTS) && !BPB(net_scaling)(net, BPB_OUTPUTS));
    BPB(net_destroy)(&net);
}

/* Both sides, or neither where one is refused; NULL leaves a side as it is. */
static void standardise_by__both_sides_or_none(void **state)
{
    (void)state;
    const bpb_moments good[] = {{4, 10, 36}, {2, -5, 32}}, bad[] = {{4, 10, 36}, {2, -5, -1}};
    const double in[] = {10, -5, 1.0 / 3, 0.25}, outs[] = {10, -5, 3, 4};
    net_t *net = make_net(2, 2, BPB_SQUARED);
    assert_int_equal(BPB(net_standardise_by)(net, good, bad), BPB_ERR_OPTION);
    assert_string_equal(bpb_error(), "of_T[1].squares is -1; it must be at least 0 and finite");
    assert_int_equal(BPB(net_standardise_by)(net, bad, good), BPB_ERR_OPTION);
    assert_true(!BPB(net_scaling)(net, BPB_INPUTS) && !BPB(net_scaling)(net, BPB_OUTPUTS));
    assert_ok(BPB(net_standardise_by)(net, NULL, NULL));
    assert_true(!BPB(net_scaling)(net, BPB_INPUTS) && !BPB(net_scaling)(net, BPB_OUTPUTS));
    assert_ok(BPB(net_standardise_by)(net, good, good));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), in, sizeof in);
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), outs, sizeof outs);
    assert_ok(BPB(net_standardise_by)(net, NULL, NULL));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), in, sizeof in);
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), outs, sizeof outs);
    BPB(net_destroy)(&net);
}

/* Of X and T by their moments; missing targets are left out, classes are not scaled. */
static void standardise__is_standardise_by_the_moments(void **state)
{
    (void)state;
    bpb_moments of_X[ROWS] = {{0}}, of_T[ROWS] = {{0}};
    const size_t bytes = 2 * ROWS * sizeof(double);
    net_t *net = make_net(ROWS, ROWS, BPB_SQUARED), *by = make_net(ROWS, ROWS, BPB_SQUARED);
    targets_t T = BPB(values)(X);
    fill_values(3, 12);
    assert_ok(BPB(moments_add)(of_X, X, 0));
    assert_ok(BPB(net_standardise)(net, X, BPB(classes)(X)));
    assert_true(BPB(net_scaling)(net, BPB_OUTPUTS) == NULL);
    real holes[ROWS * COLS];
    memcpy(holes, values, sizeof holes);
    holes[3] = holes[ROWS + 9] = (real)NAN;
    T.view.data = holes;
    assert_int_equal(BPB(net_standardise)(net, X, T), BPB_NONFINITE);
    T.masked = 1;
    assert_ok(BPB(moments_add)(of_T, T.view, 1));
    assert_ok(BPB(net_standardise)(net, X, T));
    assert_ok(BPB(net_standardise_by)(by, of_X, of_T));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), BPB(net_scaling)(by, BPB_INPUTS), bytes);
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), BPB(net_scaling)(by, BPB_OUTPUTS),
                        bytes);
    assert_int_equal(BPB(net_standardise)(NULL, X, T), BPB_ERR_NULL);
    assert_int_equal(BPB(net_standardise)(net, BPB(columns)(X, 0, 0), T), BPB_ERR_SIZE);
    T.view.rows = ROWS - 1;
    assert_int_equal(BPB(net_standardise)(net, X, T), BPB_ERR_SHAPE);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&by);
}

/* The mean, and 1 / sd or sd; in double none can be out of range. */
static void standardise__what_float_cannot_hold_is_out_of_range(void **state)
{
    (void)state;
    const bpb_moments large_mean = {1, 1e300, 0}, small = {1, 0, 1e-90}, large = {1, 0, 1e90};
    const bpb_status expected = BPB_SELECT(BPB_OK, BPB_ERR_RANGE);
    const bpb_moments *const moments[] = {&large_mean, &small, &large};
    net_t *net = make_net(1, 1, BPB_SQUARED);
    for (size_t k = 0; k < COUNT(moments); k++) {
        assert_int_equal(BPB(net_standardise_by)(net, moments[k], NULL), expected);
        assert_int_equal(BPB(net_standardise_by)(net, NULL, moments[k]), expected);
        assert_true((BPB(net_scaling)(net, BPB_INPUTS) != NULL) == (expected == BPB_OK));
        assert_true((BPB(net_scaling)(net, BPB_OUTPUTS) != NULL) == (expected == BPB_OK));
    }
    BPB(net_destroy)(&net);
}

/* -ln N(t; m, v) up to its constant, in the caller's units, less ln sd for each target, is what the
 * net's loss is in its own. */
static void standardise_by__gaussian_variances_are_in_the_callers_units(void **state)
{
    (void)state;
    enum { N = 2, B = 20 };
    struct rng rng = {9};
    real x[B], t[N * B], y[2 * N * B];
    bpb_moments moments[N] = {{0}};
    long double sum = 0;
    bpb_score score;
    fill_uniform(&rng, B, -1, 1, x);
    fill_uniform(&rng, N * B, 50, 90, t);
    net_t *net = make_net(1, 2 * N, BPB_GAUSSIAN);
    assert_ok(BPB(moments_add)(moments, BPB(samples)(t, B, N), 0));
    assert_ok(BPB(net_standardise_by)(net, NULL, moments));
    assert_ok(BPB(predict)(net, BPB(samples)(x, B, 1), BPB(samples_out)(y, B, 2 * N), NULL));
    assert_ok(BPB(evaluate)(net, BPB(samples)(x, B, 1), BPB(values)(BPB(samples)(t, B, N)), &score,
                            NULL));
    for (size_t k = 0; k < N * B; k++) {
        const long double m = (long double)y[2 * k], s = (long double)y[2 * k + 1];
        sum += (s + powl((long double)t[k] - m, 2) * expl(-s)) / 2;
    }
    for (size_t i = 0; i < N; i++)
        sum -= B * logl(moments[i].squares / moments[i].count) / 2;
    assert_number_close("loss", score.loss, sum / B, 8, 64 * EPSILON);
    assert_true(BPB(net_scaling)(net, BPB_OUTPUTS)[2 * N + 1] == 1);
    BPB(net_destroy)(&net);
}

static void value_in_pairs(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    (void)context, (void)n, (void)Z, (void)A, (void)T;
    for (size_t j = 0; j < B; j++)
        e[j] = 0;
}

static void standardise_by__leaves_others_of_a_group_as_they_are(void **state)
{
    (void)state;
    const bpb_moments moments[] = {{4, 10, 36}, {2, -5, 32}};
    const double expected[] = {10, 0, -5, 0, 3, 1, 4, 1};
    net_t *net = make_net(2, 4, BPB_SQUARED);
    assert_ok(BPB(net_set_loss)(
        net, &(loss_function_t){.name = "pairs", .value = value_in_pairs, .group = 2}));
    assert_ok(BPB(net_standardise_by)(net, NULL, moments));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), expected, sizeof expected);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_add__equals_two_passes_in_long_double),
        cmocka_unit_test(moments_add__keeps_digits_beside_a_huge_mean),
        cmocka_unit_test(moments_add__blocks_of_any_width_agree),
        cmocka_unit_test(moments_add__one_value_has_no_deviation),
        cmocka_unit_test(moments_add__equal_values_have_none),
        cmocka_unit_test(moments_add__masked_values_are_left_out),
        cmocka_unit_test(moments_add__value_that_is_not_finite_changes_nothing),
        cmocka_unit_test(moments_merge__any_order_agrees),
        cmocka_unit_test(moments_merge__empty_ones_change_no_bit),
        cmocka_unit_test(moments__refuse_what_none_can_hold),
        cmocka_unit_test(moments__refuse_bad_arguments),
        cmocka_unit_test(standardise_by__inputs_get_mean_0_and_variance_1),
        cmocka_unit_test(standardise_by__outputs_get_mean_and_deviation),
        cmocka_unit_test(standardise_by__equal_values_have_factor_1),
        cmocka_unit_test(standardise__row_without_values_is_refused),
        cmocka_unit_test(standardise_by__both_sides_or_none),
        cmocka_unit_test(standardise__is_standardise_by_the_moments),
        cmocka_unit_test(standardise__what_float_cannot_hold_is_out_of_range),
        cmocka_unit_test(standardise_by__gaussian_variances_are_in_the_callers_units),
        cmocka_unit_test(standardise_by__leaves_others_of_a_group_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
