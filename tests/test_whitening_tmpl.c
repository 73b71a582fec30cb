/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCA whitening: its statistics against two passes in long double, what it makes of the data by
 * their covariance, and nets into which it is folded by their predictions.
 */
#include <float.h>

#include "examples_tmpl.h"
#include "support_tmpl.h"

enum { ROWS = 9, COLS = 700, SIZE = 2 + 2 * ROWS + ROWS * (ROWS + 1) / 2 };

static real values[ROWS * COLS];
static const view_t X = {.data = values, .rows = ROWS, .cols = COLS};

static void need_lapack(void)
{
    if (!HAVE_LAPACK)
        skip();
}

/* Rows that are correlated, about offset. */
static void fill_values(double offset, uint64_t seed)
{
    struct rng rng = {seed};
    double mixing[ROWS * ROWS], source[ROWS];
    for (size_t k = 0; k < ROWS * ROWS; k++)
        mixing[k] = rng_uniform(&rng, -1, 1);
    for (size_t j = 0; j < COLS; j++) {
        for (size_t k = 0; k < ROWS; k++)
            source[k] = rng_uniform(&rng, -1, 1) * (double)(1 + k);
        for (size_t i = 0; i < ROWS; i++) {
            double sum = offset * (double)(1 + i % 3);
            for (size_t k = 0; k < ROWS; k++)
                sum += mixing[i * ROWS + k] * source[k];
            values[j * ROWS + i] = (real)sum;
        }
    }
}

static bpb_whitening *make_whitening(size_t n)
{
    bpb_whitening *whitening = NULL;
    assert_ok(bpb_whitening_create(&whitening, n));
    return whitening;
}

static bpb_status pack(const bpb_whitening *whitening, double packed[SIZE])
{
    size_t n = 0;
    const bpb_status status = bpb_whitening_pack(whitening, packed, SIZE, &n);
    assert_int_equal(n, SIZE);
    return status;
}

static bpb_whitening_result solution_of(const bpb_whitening *whitening)
{
    bpb_whitening_result result;
    assert_ok(bpb_whitening_solution(whitening, &result));
    return result;
}

static bpb_whitening *whitening_of(view_t V)
{
    bpb_whitening *whitening = make_whitening(V.rows);
    assert_ok(BPB(whitening_add)(whitening, V));
    return whitening;
}

/* ---- Statistics ---- */

static long double entry(view_t V, size_t i, size_t j)
{
    const size_t row = V.row_index ? V.row_index[i] : i, col = V.index ? V.index[j] : j;
    const size_t stride = V.row_stride ? V.row_stride : 1;
    return (long double)V.data[row * stride + col * (V.ld ? V.ld : V.rows * stride)];
}

/* About the first column, since some tools run long double as double. */
static long double mean_about_first(view_t V, size_t i)
{
    long double sum = 0;
    for (size_t j = 0; j < V.cols; j++)
        sum += entry(V, i, j) - entry(V, i, 0);
    return sum / (long double)V.cols;
}

static long double co_moment(view_t V, size_t i, size_t k)
{
    const long double mean_i = mean_about_first(V, i), mean_k = mean_about_first(V, k);
    long double sum = 0;
    for (size_t j = 0; j < V.cols; j++)
        sum += (entry(V, i, j) - entry(V, i, 0) - mean_i) *
               (entry(V, k, j) - entry(V, k, 0) - mean_k);
    return sum;
}

/* The reference may be 0 where the scale is not. */
static void assert_near(const char *what, long double got, long double want, long double allowed)
{
    if (!(fabsl(got - want) <= allowed))
        fail_msg("%s: %.17Lg, not %.17Lg within %.3Lg", what, got, want, allowed);
}

/* The mean to 2 eps sqrt(n) sd, C_ik to 2 eps sqrt(n C_ii C_kk), however large the means are. */
static void assert_statistics(const bpb_whitening *whitening, view_t V)
{
    const size_t n = V.rows;
    size_t size;
    assert_ok(bpb_whitening_pack(whitening, NULL, 0, &size));
    const long double tolerance = 2 * (long double)DBL_EPSILON * sqrtl((long double)V.cols);
    double *packed = allocate(size, sizeof *packed), *C = packed + 2 + 2 * n;
    assert_int_equal(size, 2 + 2 * n + n * (n + 1) / 2);
    assert_ok(bpb_whitening_pack(whitening, packed, size, &size));
    assert_true(packed[0] == (double)V.cols);
    assert_true(packed[1] == (double)EPSILON);
    for (size_t k = 0; k < n; k++) {
        const long double C_kk = co_moment(V, k, k);
        const long double mean =
            ((long double)packed[2 + k] - entry(V, k, 0)) + (long double)packed[2 + n + k];
        assert_near("mean", mean, mean_about_first(V, k),
                    tolerance * sqrtl(C_kk / (long double)V.cols));
        for (size_t i = k; i < n; i++, C++)
            assert_near("C", *C, co_moment(V, i, k),
                        tolerance * sqrtl(C_kk * co_moment(V, i, i)));
    }
    free(packed);
}

static void whitening_add__equals_two_passes_in_long_double(void **state)
{
    (void)state;
    static const size_t columns[] = {3, 1, 4, 1, 5, 9, 2, 6}, rows[] = {2, 7, 1, 8};
    const view_t views[] = {
        X,
        {.data = values, .rows = ROWS, .cols = 256},
        {.data = values, .rows = ROWS, .cols = 257},
        {.data = values, .rows = 5, .cols = 300, .ld = ROWS},
        {.data = values, .rows = 5, .cols = 63, .ld = 18, .row_stride = 2},
        {.data = values, .rows = 40, .cols = ROWS, .row_stride = ROWS, .ld = 1},
        {.data = values, .rows = ROWS, .cols = COUNT(columns), .index = columns},
        {.data = values, .rows = COUNT(rows), .cols = 99, .ld = ROWS, .row_index = rows},
    };
    fill_values(0.5, 1);
    for (size_t v = 0; v < COUNT(views); v++) {
        bpb_whitening *whitening = whitening_of(views[v]);
        assert_statistics(whitening, views[v]);
        bpb_whitening_destroy(&whitening);
    }
}

/* Means that are 1e8 times the deviation, in float as far as it has digits. */
static void whitening_add__blocks_of_any_width_agree(void **state)
{
    (void)state;
    struct rng rng = {3};
    const double offsets[] = {-2, BPB_SELECT(1e8, 1e4)};
    for (int round = 0; round < 40; round++) {
        bpb_whitening *whitening = make_whitening(ROWS);
        fill_values(offsets[round % 2], 3);
        for (size_t j = 0, width; j < COLS; j += width) {
            width = rng_between(&rng, 1, round < 20 ? 5 : 500);
            width = width < COLS - j ? width : COLS - j;
            assert_ok(BPB(whitening_add)(whitening, BPB(columns)(X, j, width)));
        }
        assert_statistics(whitening, X);
        bpb_whitening_destroy(&whitening);
    }
}

static void whitening_add__value_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    const real bad[] = {(real)NAN, (real)INFINITY, (real)-INFINITY};
    double before[SIZE], after[SIZE];
    fill_values(1, 5);
    bpb_whitening *whitening = whitening_of(X);
    assert_ok(pack(whitening, before));
    for (size_t b = 0; b < COUNT(bad); b++) {
        values[ROWS * COLS - 1] = bad[b];
        assert_int_equal(BPB(whitening_add)(whitening, X), BPB_NONFINITE);
        assert_ok(pack(whitening, after));
        assert_memory_equal(after, before, sizeof before);
    }
    bpb_whitening_destroy(&whitening);
}

/* Any two of those that are left, until there is one; the last but one is empty. */
static void whitening_merge__any_order_agrees(void **state)
{
    (void)state;
    enum { PARTS = 7, EACH = 100 };
    struct rng rng = {6};
    fill_values(BPB_SELECT(1e8, 1e4), 6);
    for (int round = 0; round < 20; round++) {
        bpb_whitening *parts[PARTS + 1];
        size_t order[PARTS + 1];
        for (size_t p = 0; p <= PARTS; p++) {
            parts[p] = make_whitening(ROWS);
            if (p < PARTS)
                assert_ok(BPB(whitening_add)(parts[p], BPB(columns)(X, p * EACH, EACH)));
        }
        rng_permutation(&rng, PARTS + 1, order);
        for (size_t left = PARTS + 1; left > 1; left--) {
            const size_t into = rng_between(&rng, 0, left - 2);
            assert_ok(bpb_whitening_merge(parts[order[into]], parts[order[left - 1]]));
        }
        assert_statistics(parts[order[0]], X);
        for (size_t p = 0; p <= PARTS; p++)
            bpb_whitening_destroy(&parts[p]);
    }
}

static void assert_same_statistics(const bpb_whitening *got, const bpb_whitening *want)
{
    double one[SIZE], other[SIZE];
    assert_ok(pack(got, one));
    assert_ok(pack(want, other));
    assert_memory_equal(one, other, sizeof one);
}

static void whitening_merge__empty_ones_change_no_bit(void **state)
{
    (void)state;
    fill_values(3, 7);
    bpb_whitening *full = whitening_of(X), *both = whitening_of(X), *empty = make_whitening(ROWS);
    assert_ok(bpb_whitening_merge(both, empty));
    assert_same_statistics(both, full);
    assert_ok(bpb_whitening_merge(empty, full));
    assert_same_statistics(empty, full);
    bpb_whitening_destroy(&full);
    bpb_whitening_destroy(&both);
    bpb_whitening_destroy(&empty);
}

static void whitening_merge__empty_ones_overflow_nothing(void **state)
{
    (void)state;
    const double packed[SIZE] = {3, 0, 1e200, [SIZE - 1] = 2};
    bpb_whitening *far = make_whitening(ROWS), *both = make_whitening(ROWS);
    bpb_whitening *empty = make_whitening(ROWS);
    assert_ok(bpb_whitening_unpack(far, packed, SIZE));
    assert_ok(bpb_whitening_unpack(both, packed, SIZE));
    assert_ok(bpb_whitening_merge(both, empty));
    assert_same_statistics(both, far);
    bpb_whitening_destroy(&far);
    bpb_whitening_destroy(&both);
    bpb_whitening_destroy(&empty);
}

static void whitening_merge__with_itself_counts_all_twice(void **state)
{
    (void)state;
    double once[SIZE], twice[SIZE];
    fill_values(3, 8);
    bpb_whitening *whitening = whitening_of(X);
    assert_ok(pack(whitening, once));
    assert_ok(bpb_whitening_merge(whitening, whitening));
    assert_ok(pack(whitening, twice));
    for (size_t k = 0; k < SIZE; k++)
        assert_true(twice[k] == (k == 0 || k > 1 + 2 * ROWS ? 2 : 1) * once[k]);
    bpb_whitening_destroy(&whitening);
}

static void whitening_unpack__takes_up_what_was_packed(void **state)
{
    (void)state;
    double packed[SIZE];
    fill_values(BPB_SELECT(1e8, 1e4), 9);
    bpb_whitening *part = whitening_of(BPB(columns)(X, 0, 300));
    bpb_whitening *taken = whitening_of(BPB(columns)(X, 17, 4));
    assert_ok(pack(part, packed));
    assert_ok(bpb_whitening_unpack(taken, packed, SIZE));
    assert_same_statistics(taken, part);
    assert_ok(BPB(whitening_add)(taken, BPB(columns)(X, 300, COLS - 300)));
    assert_statistics(taken, X);
    packed[0] = 0; /* no columns: what stands behind it is nothing */
    assert_ok(bpb_whitening_unpack(taken, packed, SIZE));
    assert_ok(BPB(whitening_add)(taken, X));
    assert_statistics(taken, X);
    bpb_whitening_destroy(&part);
    bpb_whitening_destroy(&taken);
}

static void whitening_unpack__refuses_what_no_columns_have(void **state)
{
    (void)state;
    double packed[SIZE], kept;
    const double bad[] = {(double)NAN, (double)INFINITY, (double)-INFINITY, -1};
    fill_values(1, 10);
    bpb_whitening *whitening = whitening_of(X), *same = whitening_of(X);
    assert_ok(pack(whitening, packed));
    for (size_t k = 0; k < SIZE; k++)
        for (size_t b = 0; b < COUNT(bad); b++) { /* C_00, C_11 and the last are of the diagonal */
            const bool diagonal = k == 2 + 2 * ROWS || k == 2 + 3 * ROWS || k == SIZE - 1;
            if (bad[b] == -1 && k > 1 && !diagonal)
                continue;
            kept = packed[k];
            packed[k] = bad[b];
            assert_int_equal(bpb_whitening_unpack(whitening, packed, SIZE), BPB_ERR_OPTION);
            packed[k] = kept;
        }
    packed[1] = 1.5;
    assert_int_equal(bpb_whitening_unpack(whitening, packed, SIZE), BPB_ERR_OPTION);
    assert_string_equal(bpb_error(), "the eps_X in buffer[1] is 1.5; it must be 0 to 1");
    assert_same_statistics(whitening, same);
    assert_int_equal(bpb_whitening_unpack(whitening, packed, SIZE - 1), BPB_ERR_BUFFER);
    assert_string_equal(bpb_error(), "n is 64; n_0 = 9 rows have 65 doubles");
    bpb_whitening_destroy(&whitening);
    bpb_whitening_destroy(&same);
}

static void whitening_pack__says_how_much_room_it_needs(void **state)
{
    (void)state;
    double packed[SIZE + 1];
    size_t n = 0;
    fill_values(1, 12);
    bpb_whitening *whitening = whitening_of(X);
    assert_ok(bpb_whitening_pack(whitening, NULL, 0, &n));
    assert_int_equal(n, SIZE);
    n = 0;
    packed[0] = -1;
    assert_int_equal(bpb_whitening_pack(whitening, packed, SIZE - 1, &n), BPB_ERR_BUFFER);
    assert_string_equal(bpb_error(), "capacity is 64 doubles; 65 are needed");
    assert_int_equal(n, SIZE);
    assert_true(packed[0] == -1);
    assert_ok(bpb_whitening_pack(whitening, packed, SIZE + 1, &n));
    assert_int_equal(n, SIZE);
    bpb_whitening_destroy(&whitening);
}

/* Of data in both precisions the threshold is that of float, in whatever order they came. */
static void whitening__eps_is_that_of_the_coarsest_data(void **state)
{
    (void)state;
    static float coarse[ROWS * COLS];
    static double fine[ROWS * COLS];
    double packed[SIZE];
    fill_values(1, 13);
    for (size_t k = 0; k < ROWS * COLS; k++) {
        coarse[k] = (float)values[k];
        fine[k] = (double)values[k];
    }
    bpb_whitening *one = make_whitening(ROWS), *other = make_whitening(ROWS);
    assert_ok(pack(one, packed));
    assert_true(packed[1] == 0);
    assert_ok(bpb_whitening_add(one, bpb_samples(fine, COLS, ROWS)));
    assert_ok(pack(one, packed));
    assert_true(packed[1] == DBL_EPSILON);
    assert_ok(bpbf_whitening_add(other, bpbf_samples(coarse, COLS, ROWS)));
    assert_ok(bpb_whitening_add(other, bpb_samples(fine, COLS, ROWS)));
    assert_ok(pack(other, packed));
    assert_true(packed[1] == (double)FLT_EPSILON);
    assert_ok(bpb_whitening_merge(one, other));
    assert_ok(pack(one, packed));
    assert_true(packed[1] == (double)FLT_EPSILON);
    assert_ok(bpb_whitening_unpack(other, packed, SIZE));
    assert_same_statistics(other, one);
    bpb_whitening_destroy(&one);
    bpb_whitening_destroy(&other);
}

/* ---- Solutions ---- */

static bpb_whitening *solved(view_t V, const bpb_whitening_options *options)
{
    bpb_whitening *whitening = whitening_of(V);
    assert_ok(bpb_whitening_solve(whitening, options));
    return whitening;
}

/* How much larger than eps the error of a whitened value may be: K is good to eps n lambda_1 /
 * lambda_m, and the deviation to eps |mean|. */
static long double condition(const bpb_whitening *whitening)
{
    const size_t m = solution_of(whitening).m;
    const size_t n = solution_of(whitening).K.cols;
    const double *variances = solution_of(whitening).variances;
    const double *mean = solution_of(whitening).mean;
    long double size = 0;
    for (size_t i = 0; i < n; i++)
        size = fmaxl(size, fabsl((long double)mean[i]));
    return (long double)n * (1 + variances[0] / variances[m - 1]) +
           size / sqrtl((long double)variances[m - 1]);
}

/* Y has mean 0 and covariance 1 - epsilon / (lambda + epsilon). */
static void assert_white(const bpb_whitening *whitening, view_t V, double epsilon)
{
    const size_t m = solution_of(whitening).m;
    const double *lambda = solution_of(whitening).variances;
    const long double allowed = 4 * (long double)DBL_EPSILON * condition(whitening) +
                                8 * (long double)EPSILON;
    real *y = make_reals(m * V.cols);
    const view_t Y = BPB(samples)(y, V.cols, m);
    assert_ok(BPB(whitening_apply)(whitening, V, BPB(samples_out)(y, V.cols, m)));
    for (size_t i = 0; i < m; i++) {
        assert_near("mean", entry(Y, i, 0) + mean_about_first(Y, i), 0, allowed);
        for (size_t k = 0; k <= i; k++)
            assert_near("covariance", co_moment(Y, i, k) / (long double)V.cols,
                        i == k ? lambda[i] / (lambda[i] + epsilon) : 0, allowed);
    }
    free(y);
}

/* Rows of K are orthogonal, of squares 1 / (lambda + epsilon): so it is PCA's, not a rotation. */
static void assert_principal(const bpb_whitening *whitening, double epsilon)
{
    const bpb_view K = solution_of(whitening).K;
    const double *lambda = solution_of(whitening).variances;
    for (size_t i = 0; i < K.rows; i++)
        for (size_t k = 0; k <= i; k++) {
            const long double scale = 1 / sqrtl(((long double)lambda[i] + epsilon) *
                                                ((long double)lambda[k] + epsilon));
            long double sum = 0;
            for (size_t j = 0; j < K.cols; j++)
                sum += (long double)K.data[j * K.ld + i] * (long double)K.data[j * K.ld + k];
            assert_near("K K^T", sum, i == k ? scale : 0,
                        8 * (long double)DBL_EPSILON * (long double)K.cols * scale);
        }
    for (size_t i = 0; i + 1 < K.rows; i++)
        assert_true(lambda[i] >= lambda[i + 1]);
}

static void whitening__makes_the_covariance_the_identity(void **state)
{
    (void)state;
    need_lapack();
    const double offsets[] = {0, 10, BPB_SELECT(1e8, 1e3)};
    for (size_t c = 0; c < 3 * COUNT(offsets); c++) {
        fill_values(offsets[c % COUNT(offsets)], 11 + c);
        bpb_whitening *whitening = solved(X, NULL);
        assert_int_equal(solution_of(whitening).m, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            assert_near("mean", solution_of(whitening).mean[i],
                        entry(X, i, 0) + mean_about_first(X, i),
                        2 * (long double)DBL_EPSILON * (100 + offsets[c % COUNT(offsets)] * 3));
        assert_white(whitening, X, 0);
        assert_principal(whitening, 0);
        bpb_whitening_destroy(&whitening);
    }
}

static void whitening__epsilon_is_added_to_each_variance(void **state)
{
    (void)state;
    need_lapack();
    fill_values(1, 20);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.epsilon = 5});
    assert_white(whitening, X, 5);
    assert_principal(whitening, 5);
    bpb_whitening_destroy(&whitening);
}

static void whitening__sum_of_variances_is_the_trace(void **state)
{
    (void)state;
    need_lapack();
    long double sum = 0, trace = 0;
    fill_values(1, 21);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = 2});
    for (size_t i = 0; i < ROWS; i++) {
        sum += (long double)solution_of(whitening).variances[i];
        trace += co_moment(X, i, i) / COLS;
    }
    assert_near("sum", sum, trace, 4 * ROWS * (long double)DBL_EPSILON * trace);
    bpb_whitening_destroy(&whitening);
}

/* The first rows of K are the same, whatever m is. */
static void whitening__components_and_share_cut_K(void **state)
{
    (void)state;
    need_lapack();
    fill_values(1, 22);
    bpb_whitening *whole = solved(X, NULL);
    const double *lambda = solution_of(whole).variances;
    double total = 0, sum = 0;
    for (size_t i = 0; i < ROWS; i++)
        total += lambda[i];
    for (size_t m = 1; m <= ROWS; m++) {
        bpb_whitening *some = solved(X, &(bpb_whitening_options){.components = m});
        const bpb_view K = solution_of(some).K, all = solution_of(whole).K;
        assert_true(K.rows == m && K.ld == m && K.cols == ROWS && K.row_stride == 1);
        for (size_t k = 0; k < m * ROWS; k++)
            assert_true(K.data[k] == all.data[k / m * ROWS + k % m]);
        assert_white(some, X, 0);
        const double below = (sum + lambda[m - 1] / 2) / total; /* the m-th is needed for it */
        sum += lambda[m - 1];
        assert_ok(bpb_whitening_solve(some, &(bpb_whitening_options){.share = below}));
        assert_int_equal(solution_of(some).m, m);
        bpb_whitening_destroy(&some);
    }
    assert_ok(bpb_whitening_solve(whole, &(bpb_whitening_options){.share = 1}));
    assert_int_equal(solution_of(whole).m, ROWS);
    assert_ok(bpb_whitening_solve(whole, &(bpb_whitening_options){.share = 1e-300}));
    assert_int_equal(solution_of(whole).m, 1);
    bpb_whitening_destroy(&whole);
}

/* The m-th is not needed where those before it have the share just so. */
static void whitening__share_that_is_met_is_enough(void **state)
{
    (void)state;
    need_lapack();
    double packed[SIZE] = {1};
    packed[2 + 2 * ROWS] = 3; /* C_00 */
    packed[SIZE - 1] = 1;
    bpb_whitening *whitening = make_whitening(ROWS);
    assert_ok(bpb_whitening_unpack(whitening, packed, SIZE));
    assert_ok(bpb_whitening_solve(whitening, &(bpb_whitening_options){.share = 0.75}));
    assert_int_equal(solution_of(whitening).m, 1);
    assert_ok(bpb_whitening_solve(whitening, NULL));
    assert_int_equal(solution_of(whitening).m, 2);
    bpb_whitening_destroy(&whitening);
}

/* Row 4 is that of 2 and 3, rounded; row 6 never changes. Their means are large. */
static void whitening__directions_without_variance_are_left_out(void **state)
{
    (void)state;
    need_lapack();
    const double offsets[] = {0, 1, 1e3, BPB_SELECT(1e8, 1e4)};
    for (size_t c = 0; c < COUNT(offsets); c++) {
        fill_values(offsets[c], 23);
        for (size_t j = 0; j < COLS; j++) {
            values[j * ROWS + 4] = values[j * ROWS + 2] + values[j * ROWS + 3];
            values[j * ROWS + 6] = BPB_SELECT(1e300, 1e30f);
        }
        bpb_whitening *whitening = solved(X, NULL);
        const bpb_view K = solution_of(whitening).K;
        assert_int_equal(K.rows, ROWS - 2);
        for (size_t i = 0; i < K.rows; i++)
            assert_true(K.data[6 * K.ld + i] == 0);
        assert_principal(whitening, 0);
        const bpb_whitening_options more = {.components = ROWS - 1};
        assert_int_equal(bpb_whitening_solve(whitening, &more), BPB_ERR_OPTION);
        assert_true(solution_of(whitening).K.data == K.data);
        if (offsets[c] <= 1)
            assert_white(whitening, X, 0);
        bpb_whitening_destroy(&whitening);
    }
}

/* Fewer columns than rows span fewer directions, by one, since their mean is taken off. */
static void whitening__few_columns_have_few_directions(void **state)
{
    (void)state;
    need_lapack();
    fill_values(1, 24);
    for (size_t cols = 2; cols <= ROWS; cols++) {
        bpb_whitening *whitening = solved(BPB(columns)(X, 0, cols), NULL);
        assert_int_equal(solution_of(whitening).m, cols - 1);
        bpb_whitening_destroy(&whitening);
    }
    bpb_whitening *one = whitening_of(BPB(columns)(X, 0, 1)), *none = make_whitening(ROWS);
    assert_int_equal(bpb_whitening_solve(one, NULL), BPB_ERR_SIZE);
    assert_int_equal(bpb_whitening_solve(none, NULL), BPB_ERR_SIZE);
    bpb_whitening_destroy(&one);
    bpb_whitening_destroy(&none);
}

/* In float the first row varies by nothing but its rounding, and far more than the second does. */
static void whitening__noise_of_one_row_hides_no_other(void **state)
{
    (void)state;
    need_lapack();
    struct rng rng = {25};
    real x[2 * 200];
    const double unit = BPB_SELECT(1e-7, 64);
    for (size_t j = 0; j < 200; j++) {
        x[2 * j] = (real)(1e9 + unit * (double)rng_between(&rng, 0, 1));
        x[2 * j + 1] = (real)(rng_uniform(&rng, -1, 1) * unit / 100);
    }
    bpb_whitening *whitening = solved(BPB(samples)(x, 200, 2), NULL);
    const double *variances = solution_of(whitening).variances;
    assert_int_equal(solution_of(whitening).m, 1);
    assert_true(fabs(solution_of(whitening).K.data[1]) > 50 / unit);
    assert_true(variances[0] < variances[1]);
    bpb_whitening_destroy(&whitening);
}

/* Turned round, the data have the same C, and another order of the same columns nearly so. */
static void whitening__sign_of_a_direction_is_fixed(void **state)
{
    (void)state;
    need_lapack();
    static real turned[ROWS * COLS];
    fill_values(1, 26);
    for (size_t j = 0; j < COLS; j++)
        for (size_t i = 0; i < ROWS; i++)
            turned[j * ROWS + i] = -values[(COLS - 1 - j) * ROWS + i];
    bpb_whitening *one = solved(X, NULL), *again = solved(X, NULL);
    bpb_whitening *other = solved(BPB(samples)(turned, COLS, ROWS), NULL);
    const double *K = solution_of(one).K.data, *K_again = solution_of(again).K.data;
    const double *K_other = solution_of(other).K.data;
    assert_memory_equal(K, K_again, ROWS * ROWS * sizeof *K);
    for (size_t i = 0; i < ROWS; i++) {
        double low = 0, high = 0;
        for (size_t j = 0; j < ROWS; j++) {
            low = fmin(low, K[j * ROWS + i]);
            high = fmax(high, K[j * ROWS + i]);
        }
        assert_true(high > -low);
        for (size_t j = 0; j < ROWS; j++)
            assert_true(fabs(K[j * ROWS + i] - K_other[j * ROWS + i]) < 1e-6 * high);
    }
    bpb_whitening_destroy(&one);
    bpb_whitening_destroy(&again);
    bpb_whitening_destroy(&other);
}

/* Two rows of one variance have the directions (1, 1) and (1, -1): rounding must not choose. */
static void whitening__sign_of_equal_entries_is_that_of_the_first(void **state)
{
    (void)state;
    need_lapack();
    struct rng rng = {29};
    for (int round = 0; round < 40; round++) {
        real x[2 * 20];
        for (size_t j = 0; j < 20; j += 2) {
            x[2 * j] = x[2 * j + 3] = (real)rng_uniform(&rng, -1, 1);
            x[2 * j + 1] = x[2 * j + 2] = (real)rng_uniform(&rng, -1, 1);
        }
        bpb_whitening *whitening = solved(BPB(samples)(x, 20, 2), NULL);
        const double *K = solution_of(whitening).K.data;
        assert_true(K[0] > 0 && K[1] > 0);
        bpb_whitening_destroy(&whitening);
    }
}

static void whitening__solution_stays_until_solved_again(void **state)
{
    (void)state;
    need_lapack();
    fill_values(1, 27);
    bpb_whitening *whitening = solved(BPB(columns)(X, 0, 50), NULL), *whole = solved(X, NULL);
    const double *K = solution_of(whitening).K.data, *mean = solution_of(whitening).mean;
    const double K_0 = K[0], mean_0 = mean[0];
    assert_ok(BPB(whitening_add)(whitening, BPB(columns)(X, 50, COLS - 50)));
    assert_true(solution_of(whitening).K.data == K && K[0] == K_0 && mean[0] == mean_0);
    assert_ok(bpb_whitening_solve(whitening, NULL));
    assert_white(whitening, X, 0);
    bpb_whitening_destroy(&whitening);
    bpb_whitening_destroy(&whole);
}

/* 4 columns, of variances 4 and 1/4 along the axes turned by 45 degrees, about (3, -1). */
static void whitening__equals_what_is_worked_out_by_hand(void **state)
{
    (void)state;
    need_lapack();
    const real x[] = {5, 1, 1, -3, RC(3.5), RC(-1.5), RC(2.5), RC(-0.5)};
    const long double half = 1 / sqrtl(2);
    bpb_whitening *whitening = solved(BPB(samples)(x, 4, 2), NULL);
    const long double K[] = {half / 2, half * 2, half / 2, -half * 2};
    assert_near("mean", solution_of(whitening).mean[0], 3, 8 * (long double)DBL_EPSILON);
    assert_near("mean", solution_of(whitening).mean[1], -1, 8 * (long double)DBL_EPSILON);
    assert_near("lambda", solution_of(whitening).variances[0], 4, 64 * (long double)DBL_EPSILON);
    assert_near("lambda", solution_of(whitening).variances[1], 0.25L,
                64 * (long double)DBL_EPSILON);
    for (size_t k = 0; k < 4; k++)
        assert_near("K", solution_of(whitening).K.data[k], K[k], 64 * (long double)DBL_EPSILON);
    bpb_whitening_destroy(&whitening);
}

/* ---- Applying ---- */

/* Y = K (X - mean), entry by entry, through views of all kinds. */
static void whitening_apply__takes_any_view(void **state)
{
    (void)state;
    need_lapack();
    enum { M = 4, WIDE = 300 };
    static real y[M * COLS * 2];
    static const size_t columns[] = {3, 1, 4, 1, 5}, places[] = {9, 0, 2, 7, 4};
    const struct {
        view_t X;
        out_t Y;
    } cases[] = {
        {X, {.data = y, .rows = M, .cols = COLS}},
        {{.data = values, .rows = ROWS, .cols = 5, .index = columns},
         {.data = y, .rows = M, .cols = 5, .index = places}},
        {{.data = values, .rows = ROWS, .cols = WIDE},
         {.data = y, .rows = M, .cols = WIDE, .row_stride = WIDE, .ld = 1}},
        {{.data = values, .rows = ROWS, .cols = 1}, {.data = y, .rows = M, .cols = 1, .ld = 6}},
    };
    fill_values(3, 28);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = M});
    const bpb_view K = solution_of(whitening).K;
    const double *mean = solution_of(whitening).mean;
    for (size_t c = 0; c < COUNT(cases); c++) {
        assert_ok(BPB(whitening_apply)(whitening, cases[c].X, cases[c].Y));
        for (size_t j = 0; j < cases[c].X.cols; j++)
            for (size_t i = 0; i < M; i++) {
                long double sum = 0, size = 0;
                for (size_t k = 0; k < ROWS; k++) {
                    const long double term = (long double)K.data[k * M + i] *
                                             (entry(cases[c].X, k, j) - (long double)mean[k]);
                    sum += term;
                    size += fabsl(term);
                }
                assert_near("Y", entry(BPB(view_of)(cases[c].Y), i, j), sum,
                            (long double)EPSILON * (fabsl(sum) + ROWS * size *
                                                    (long double)DBL_EPSILON / EPSILON));
            }
    }
    bpb_whitening_destroy(&whitening);
}

/* ---- Folding ---- */

enum { HIDDEN = 7, N_OUT = 3, M_FOLD = 6 };

/* A net for whitened inputs, with all that it can have. */
static net_t *make_net(bool own, bool scaled, uint64_t seed)
{
    net_t *net = NULL;
    struct rng rng = {seed};
    const size_t units[] = {M_FOLD, HIDDEN, 5, N_OUT};
    double shift[M_FOLD], factor[M_FOLD];
    const double out[2 * N_OUT] = {10, -20, 30, 2, 3, 4};
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units,
                                                       .n_sizes = 4,
                                                       .hidden = BPB_TANH,
                                                       .output = BPB_IDENTITY,
                                                       .loss = BPB_HUBER,
                                                       .huber_delta = 3,
                                                       .seed = seed}));
    for (size_t i = 0; i < M_FOLD; i++) {
        shift[i] = rng_uniform(&rng, -1, 1);
        factor[i] = rng_uniform(&rng, 0.5, 2);
    }
    if (own) {
        assert_ok(BPB(net_set_activation)(net, 1, &own_sine));
        assert_ok(BPB(net_set_loss)(net, &own_log_cosh));
    }
    if (scaled) {
        assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, shift, factor));
        assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, out, out + N_OUT));
    }
    assert_ok(BPB(net_set_note)(net, "colour", "red"));
    return net;
}

/* max over the columns of |W_1'| (|x| + |mean|): what Z_1's rounding is of. */
static long double inputs_size(net_t *raw, const double *mean)
{
    const out_t W = BPB(net_W)(raw, BPB(net_theta)(raw), 1);
    long double most = 0;
    for (size_t j = 0; j < COLS; j++)
        for (size_t i = 0; i < W.rows; i++) {
            long double sum = 1;
            for (size_t k = 0; k < W.cols; k++)
                sum += fabsl((long double)W.data[k * W.rows + i]) *
                       (fabsl(entry(X, k, j)) + fabsl((long double)mean[k]));
            most = fmaxl(most, sum);
        }
    return most;
}

/* By how much an error of Z_1 can have grown at the output; all slopes are at most 1. */
static long double growth(net_t *net)
{
    long double product = 4; /* the output scaling's factor at most */
    for (size_t l = 2; l <= BPB(net_layers)(net); l++) {
        const out_t W = BPB(net_W)(net, BPB(net_theta)(net), l);
        long double most = 0;
        for (size_t i = 0; i < W.rows; i++) {
            long double sum = 1;
            for (size_t k = 0; k < W.cols; k++)
                sum += fabsl((long double)W.data[k * W.rows + i]);
            most = fmaxl(most, sum);
        }
        product *= most;
    }
    return product;
}

static void assert_same_outputs(const bpb_whitening *whitening, net_t *raw, net_t *net)
{
    static real white[M_FOLD * COLS], want[N_OUT * COLS], got[N_OUT * COLS];
    const long double allowed =
        2 * (long double)EPSILON * growth(net) * inputs_size(raw, solution_of(whitening).mean);
    assert_ok(BPB(whitening_apply)(whitening, X, BPB(samples_out)(white, COLS, M_FOLD)));
    assert_ok(BPB(predict)(net, BPB(samples)(white, COLS, M_FOLD),
                           BPB(samples_out)(want, COLS, N_OUT), NULL));
    assert_ok(BPB(predict)(raw, X, BPB(samples_out)(got, COLS, N_OUT), NULL));
    for (size_t k = 0; k < N_OUT * COLS; k++)
        assert_near("output", got[k], want[k], allowed + 40 * (long double)EPSILON);
}

static void whitening_fold__predicts_the_same_from_raw_inputs(void **state)
{
    (void)state;
    need_lapack();
    const double offsets[] = {0, 5, BPB_SELECT(1e6, 100)};
    for (size_t c = 0; c < 24; c++) {
        net_t *net = make_net(c & 1, c & 2, 30 + c), *raw = NULL;
        fill_values(offsets[c % 3], 30 + c);
        bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = M_FOLD});
        assert_ok(BPB(whitening_fold)(&raw, whitening, net));
        assert_int_equal(BPB(net_size)(raw, 0), ROWS);
        assert_same_outputs(whitening, raw, net);
        bpb_whitening_destroy(&whitening);
        BPB(net_destroy)(&raw);
        BPB(net_destroy)(&net);
    }
}

static void whitening_fold__copies_all_else(void **state)
{
    (void)state;
    need_lapack();
    fill_values(1, 60);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = M_FOLD});
    for (int own = 0; own < 2; own++) {
        net_t *net = make_net(own, true, 61), *raw = NULL;
        const size_t behind = HIDDEN * M_FOLD + HIDDEN;
        const size_t rest = BPB(net_parameters)(net) - behind;
        assert_ok(BPB(whitening_fold)(&raw, whitening, net));
        assert_int_equal(BPB(net_parameters)(raw), HIDDEN * (ROWS + 1) + rest);
        assert_same_bits(rest, BPB(net_ctheta)(raw) + HIDDEN * (ROWS + 1),
                         BPB(net_ctheta)(net) + behind);
        assert_memory_equal(BPB(net_scaling)(raw, BPB_OUTPUTS), BPB(net_scaling)(net, BPB_OUTPUTS),
                            2 * N_OUT * sizeof(double));
        assert_null(BPB(net_scaling)(raw, BPB_INPUTS));
        for (size_t l = 1; l <= 3; l++)
            assert_string_equal(BPB(net_layer)(raw, l).name, BPB(net_layer)(net, l).name);
        assert_string_equal(BPB(net_loss)(raw).name, BPB(net_loss)(net).name);
        assert_true(BPB(net_loss)(raw).parameter == (own ? 0 : 3));
        assert_string_equal(BPB(net_note)(raw, "colour"), "red");
        BPB(net_destroy)(&raw);
        BPB(net_destroy)(&net);
    }
    bpb_whitening_destroy(&whitening);
}

/* In float W_1' is rounded, and b_1' has to belong to the rounded one: or Z_1 would be off by
 * eps |W_1'| |mean| at X = mean, where it is to be b_1, except for the rounding of b_1' itself. */
static void whitening_fold__bias_belongs_to_the_rounded_weights(void **state)
{
    (void)state;
    need_lapack();
    net_t *net = make_net(false, false, 62), *raw = NULL;
    fill_values(BPB_SELECT(1e6, 1e3), 62);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = M_FOLD});
    const double *mean = solution_of(whitening).mean;
    assert_ok(BPB(whitening_fold)(&raw, whitening, net));
    const out_t W = BPB(net_W)(raw, BPB(net_theta)(raw), 1);
    const real *b = BPB(net_b)(raw, BPB(net_theta)(raw), 1).data;
    const real *b_1 = BPB(net_b)(net, BPB(net_theta)(net), 1).data;
    for (size_t i = 0; i < HIDDEN; i++) {
        long double at_mean = (long double)b[i], size = 1;
        for (size_t k = 0; k < ROWS; k++) {
            at_mean += (long double)W.data[k * HIDDEN + i] * (long double)mean[k];
            size += fabsl((long double)W.data[k * HIDDEN + i] * (long double)mean[k]);
        }
        assert_near("Z_1", at_mean, b_1[i],
                    (long double)EPSILON / 2 * fabsl((long double)b[i]) +
                        2 * ROWS * (long double)DBL_EPSILON * size);
    }
    bpb_whitening_destroy(&whitening);
    BPB(net_destroy)(&raw);
    BPB(net_destroy)(&net);
}

static void whitening_fold__what_is_not_finite_is_out_of_range(void **state)
{
    (void)state;
    need_lapack();
    net_t *net = make_net(false, false, 63), *raw = NULL;
    fill_values(1, 63);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = M_FOLD});
    const real bad[] = {(real)NAN, (real)INFINITY, BPB_SELECT(DBL_MAX, FLT_MAX)};
    for (size_t k = 0; k < HIDDEN * (M_FOLD + 1); k += HIDDEN * M_FOLD) /* W_1 and b_1 */
        for (size_t b = 0; b < 2; b++) {
            real *theta = BPB(net_theta)(net);
            const real kept = theta[k];
            theta[k] = bad[b];
            assert_int_equal(BPB(whitening_fold)(&raw, whitening, net), BPB_ERR_RANGE);
            assert_null(raw);
            theta[k] = kept;
        }
    for (size_t i = 0; i < HIDDEN * M_FOLD; i++)
        BPB(net_theta)(net)[i] = bad[2];
    for (size_t k = 0; k < ROWS * COLS; k++)
        values[k] *= (real)1e-6;
    bpb_whitening *small = solved(X, &(bpb_whitening_options){.components = M_FOLD});
    assert_int_equal(BPB(whitening_fold)(&raw, small, net), BPB_ERR_RANGE);
    assert_null(raw);
    bpb_whitening_destroy(&small);
    bpb_whitening_destroy(&whitening);
    BPB(net_destroy)(&net);
}

/* ---- Refusals ---- */

static void whitening__refuses_bad_arguments(void **state)
{
    (void)state;
    real x[6] = {1, 2, 3, 4, 5, 7}, y[6] = {0};
    double packed[9];
    size_t n;
    bpb_whitening *whitening = make_whitening(2), *other = make_whitening(3), *none = NULL;
    const struct {
        bpb_status status;
        view_t X;
    } bad[] = {
        {BPB_ERR_NULL, {.data = NULL, .rows = 2, .cols = 2}},
        {BPB_ERR_SHAPE, {.data = x, .rows = 3, .cols = 2}},
        {BPB_ERR_SHAPE, {.data = x, .rows = 0, .cols = 2}},
        {BPB_ERR_SIZE, {.data = x, .rows = 2, .cols = 0}},
        {BPB_ERR_SIZE, {.data = x, .rows = 2, .cols = SIZE_MAX}},
        {BPB_ERR_STRIDE, {.data = x, .rows = 2, .cols = 2, .ld = 1}},
    };
    for (size_t b = 0; b < COUNT(bad); b++)
        assert_int_equal(BPB(whitening_add)(whitening, bad[b].X), bad[b].status);
    assert_int_equal(bpb_whitening_create(NULL, 2), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_create(&none, 0), BPB_ERR_SIZE);
    assert_int_equal(bpb_whitening_create(&none, 0x7fffffff), BPB_ERR_SIZE);
    assert_int_equal(bpb_whitening_create(&none, SIZE_MAX), BPB_ERR_SIZE);
    assert_null(none);
    bpb_whitening_destroy(NULL);
    bpb_whitening_destroy(&none);
    assert_int_equal(BPB(whitening_add)(NULL, BPB(samples)(x, 3, 2)), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_merge(NULL, other), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_merge(whitening, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_merge(whitening, other), BPB_ERR_MISMATCH);
    assert_int_equal(bpb_whitening_pack(NULL, packed, 9, &n), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_pack(whitening, packed, 9, NULL), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_unpack(NULL, packed, 9), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_unpack(whitening, NULL, 9), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_solve(NULL, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(whitening_apply)(NULL, BPB(samples)(x, 3, 2), BPB(samples_out)(y, 3, 2)),
                     BPB_ERR_NULL);
    assert_ok(bpb_whitening_pack(whitening, packed, 9, &n));
    for (size_t k = 0; k < 9; k++)
        assert_true(packed[k] == 0);
    bpb_whitening_destroy(&whitening);
    bpb_whitening_destroy(&other);
    assert_null(whitening);
}

static void assert_unsolved(const bpb_whitening *whitening)
{
    bpb_whitening_result result = {.m = 7};
    assert_int_equal(bpb_whitening_solution(whitening, &result), BPB_ERR_SHAPE);
    assert_string_equal(bpb_error(), "the whitening is not solved; call bpb_whitening_solve first");
    assert_true(result.m == 7 && !result.mean && !result.K.data);
}

static void whitening_solve__refuses_bad_options(void **state)
{
    (void)state;
    const double nan = (double)NAN, infinity = (double)INFINITY;
    const bpb_whitening_options bad[] = {
        {.components = ROWS + 1},
        {.components = SIZE_MAX},
        {.share = -0.1},
        {.share = 1.1},
        {.share = nan},
        {.epsilon = -1},
        {.epsilon = nan},
        {.epsilon = infinity},
        {.reserved = {1}},
        {.reserved = {0, 0, 0, 1}},
        {.components = 1, .share = 0.5},
    };
    fill_values(1, 70);
    bpb_whitening *whitening = whitening_of(X);
    for (size_t b = 0; b < COUNT(bad); b++)
        assert_int_equal(bpb_whitening_solve(whitening, &bad[b]), BPB_ERR_OPTION);
    assert_string_equal(bpb_error(),
                        "components is 1 and share is 0.5; only one of them may be set");
    assert_unsolved(whitening);
    bpb_whitening_destroy(&whitening);
}

static void whitening_solve__overflow_is_out_of_range(void **state)
{
    (void)state;
    need_lapack();
    double packed[SIZE] = {2, [SIZE - 1] = 1};
    bpb_whitening *whitening = make_whitening(ROWS);
    packed[2] = packed[2 + ROWS] = DBL_MAX; /* the mean is their sum */
    assert_ok(bpb_whitening_unpack(whitening, packed, SIZE));
    assert_int_equal(bpb_whitening_solve(whitening, NULL), BPB_ERR_RANGE);
    packed[2] = packed[2 + ROWS] = 0;
    packed[SIZE - 1] = DBL_MAX;
    assert_ok(bpb_whitening_unpack(whitening, packed, SIZE));
    assert_ok(bpb_whitening_merge(whitening, whitening));
    assert_int_equal(bpb_whitening_solve(whitening, NULL), BPB_ERR_RANGE);
    packed[0] = 1;
    assert_ok(bpb_whitening_unpack(whitening, packed, SIZE));
    assert_ok(bpb_whitening_solve(whitening, NULL));
    assert_int_equal(bpb_whitening_solve(whitening, &(bpb_whitening_options){.epsilon = DBL_MAX}),
                     BPB_ERR_RANGE);
    bpb_whitening_destroy(&whitening);
}

static void whitening__before_it_is_solved_there_is_none(void **state)
{
    (void)state;
    real y[ROWS] = {0};
    net_t *net = make_net(false, false, 1), *raw = NULL;
    fill_values(1, 71);
    bpb_whitening *whitening = whitening_of(X);
    if (!HAVE_LAPACK)
        assert_int_equal(bpb_whitening_solve(whitening, NULL), BPB_ERR_UNSUPPORTED);
    assert_unsolved(whitening);
    assert_int_equal(bpb_whitening_solution(NULL, &(bpb_whitening_result){0}), BPB_ERR_NULL);
    assert_int_equal(bpb_whitening_solution(whitening, NULL), BPB_ERR_NULL);
    assert_int_equal(
        BPB(whitening_apply)(whitening, BPB(columns)(X, 0, 1), BPB(samples_out)(y, 1, ROWS)),
        BPB_ERR_SHAPE);
    assert_int_equal(BPB(whitening_fold)(&raw, whitening, net), BPB_ERR_SHAPE);
    assert_null(raw);
    bpb_whitening_destroy(&whitening);
    BPB(net_destroy)(&net);
}

static void whitening__refuses_what_does_not_fit_its_solution(void **state)
{
    (void)state;
    need_lapack();
    real y[ROWS * 4] = {0};
    const real zeros[ROWS * 4] = {0};
    const view_t two = BPB(columns)(X, 0, 2);
    net_t *net = make_net(false, false, 1), *raw = NULL;
    fill_values(1, 72);
    bpb_whitening *whitening = solved(X, &(bpb_whitening_options){.components = 5});
    const struct {
        bpb_status status;
        view_t X;
        out_t Y;
    } bad[] = {
        {BPB_ERR_SHAPE, two, {.data = y, .rows = 4, .cols = 2}},
        {BPB_ERR_SHAPE, two, {.data = y, .rows = 6, .cols = 2}},
        {BPB_ERR_SHAPE, two, {.data = y, .rows = 5, .cols = 3}},
        {BPB_ERR_STRIDE, two, {.data = y, .rows = 5, .cols = 2, .ld = 4}},
        {BPB_ERR_NULL, two, {.data = NULL, .rows = 5, .cols = 2}},
        {BPB_ERR_SHAPE, {.data = values, .rows = 8, .cols = 2}, {.data = y, .rows = 5, .cols = 2}},
        {BPB_ERR_SIZE, {.data = values, .rows = 9, .cols = 0}, {.data = y, .rows = 5, .cols = 2}},
    };
    for (size_t b = 0; b < COUNT(bad); b++)
        assert_int_equal(BPB(whitening_apply)(whitening, bad[b].X, bad[b].Y), bad[b].status);
    assert_same_bits(COUNT(y), y, zeros);
    assert_int_equal(BPB(whitening_fold)(&raw, whitening, net), BPB_ERR_MISMATCH); /* 6 inputs */
    assert_ok(bpb_whitening_solve(whitening, &(bpb_whitening_options){.components = 7}));
    assert_int_equal(BPB(whitening_fold)(&raw, whitening, net), BPB_ERR_MISMATCH);
    assert_int_equal(BPB(whitening_fold)(NULL, whitening, net), BPB_ERR_NULL);
    assert_int_equal(BPB(whitening_fold)(&raw, NULL, net), BPB_ERR_NULL);
    assert_int_equal(BPB(whitening_fold)(&raw, whitening, NULL), BPB_ERR_NULL);
    assert_null(raw);
    bpb_whitening_destroy(&whitening);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whitening_add__equals_two_passes_in_long_double),
        cmocka_unit_test(whitening_add__blocks_of_any_width_agree),
        cmocka_unit_test(whitening_add__value_that_is_not_finite_changes_nothing),
        cmocka_unit_test(whitening_merge__any_order_agrees),
        cmocka_unit_test(whitening_merge__empty_ones_change_no_bit),
        cmocka_unit_test(whitening_merge__empty_ones_overflow_nothing),
        cmocka_unit_test(whitening_merge__with_itself_counts_all_twice),
        cmocka_unit_test(whitening_unpack__takes_up_what_was_packed),
        cmocka_unit_test(whitening_unpack__refuses_what_no_columns_have),
        cmocka_unit_test(whitening_pack__says_how_much_room_it_needs),
        cmocka_unit_test(whitening__eps_is_that_of_the_coarsest_data),
        cmocka_unit_test(whitening__makes_the_covariance_the_identity),
        cmocka_unit_test(whitening__epsilon_is_added_to_each_variance),
        cmocka_unit_test(whitening__sum_of_variances_is_the_trace),
        cmocka_unit_test(whitening__components_and_share_cut_K),
        cmocka_unit_test(whitening__share_that_is_met_is_enough),
        cmocka_unit_test(whitening__directions_without_variance_are_left_out),
        cmocka_unit_test(whitening__few_columns_have_few_directions),
        cmocka_unit_test(whitening__noise_of_one_row_hides_no_other),
        cmocka_unit_test(whitening__sign_of_a_direction_is_fixed),
        cmocka_unit_test(whitening__sign_of_equal_entries_is_that_of_the_first),
        cmocka_unit_test(whitening__solution_stays_until_solved_again),
        cmocka_unit_test(whitening__equals_what_is_worked_out_by_hand),
        cmocka_unit_test(whitening_apply__takes_any_view),
        cmocka_unit_test(whitening_fold__predicts_the_same_from_raw_inputs),
        cmocka_unit_test(whitening_fold__copies_all_else),
        cmocka_unit_test(whitening_fold__bias_belongs_to_the_rounded_weights),
        cmocka_unit_test(whitening_fold__what_is_not_finite_is_out_of_range),
        cmocka_unit_test(whitening__refuses_bad_arguments),
        cmocka_unit_test(whitening_solve__refuses_bad_options),
        cmocka_unit_test(whitening_solve__overflow_is_out_of_range),
        cmocka_unit_test(whitening__before_it_is_solved_there_is_none),
        cmocka_unit_test(whitening__refuses_what_does_not_fit_its_solution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
