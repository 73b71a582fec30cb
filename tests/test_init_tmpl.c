/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orthogonal initial weights: that they are what LAPACK's factorisation of the normal draws should
 * be, that the signs are those of chance, and what a build without LAPACK says.
 * The other distributions are looked at in test_random.c.
 */
#include <pthread.h>

#include "support_tmpl.h"

/* One layer of each form; the last are large enough for LAPACK to go by blocks of columns. */
static const size_t shapes[][2] = { // n_in, n_out
    {1, 1}, {2, 1}, {1, 2}, {9, 1},   {1, 9},   {5, 5},     {7, 40},
    {40, 7}, {64, 64}, {33, 100}, {100, 33}, {130, 136}, {136, 130},
};

static net_t *make_net(const size_t *units, size_t n_layers, bpb_init init, uint64_t seed)
{
    net_t *net = NULL;
    const bpb_net_options options = {
        .sizes = units, .n_sizes = n_layers + 1, .init = init, .seed = seed};
    assert_ok(BPB(net_create)(&net, &options));
    return net;
}

static void need_lapack(void)
{
    if (!HAVE_LAPACK)
        skip();
}

/* W as its Q, m x k with m >= k: itself, or transposed where it is wide. */
struct tall {
    size_t m, k;
    long double *Q;
};

static struct tall tall_of(const net_t *net)
{
    const out_t W = BPB(net_W)(net, (real *)BPB(net_ctheta)(net), 1);
    const bool wide = W.cols > W.rows;
    struct tall tall = {wide ? W.cols : W.rows, wide ? W.rows : W.cols, NULL};
    tall.Q = allocate(tall.m * tall.k, sizeof *tall.Q);
    for (size_t j = 0; j < W.cols; j++)
        for (size_t i = 0; i < W.rows; i++)
            tall.Q[wide ? i * tall.m + j : j * tall.m + i] = (long double)W.data[j * W.rows + i];
    return tall;
}

/* Column i of A times column j of B. */
static long double product(struct tall A, size_t i, struct tall B, size_t j)
{
    long double sum = 0;
    for (size_t p = 0; p < A.m; p++)
        sum += A.Q[i * A.m + p] * B.Q[j * B.m + p];
    return sum;
}

/* ---- One matrix ---- */

/* max |Q^T Q - 1| <= 2 eps m, m the longer side. */
static void orthogonal__rows_or_columns_are_orthonormal(void **state)
{
    (void)state;
    need_lapack();
    for (size_t s = 0; s < COUNT(shapes); s++) {
        net_t *net = make_net(shapes[s], 1, BPB_INIT_ORTHOGONAL, 3 + s);
        const struct tall W = tall_of(net);
        for (size_t j = 0; j < W.k; j++)
            for (size_t i = 0; i <= j; i++)
                if (!(fabsl(product(W, i, W, j) - (i == j)) <= 2 * EPSILON * (double)W.m))
                    fail_msg("%zu x %zu: columns %zu and %zu", W.m, W.k, i, j);
        free(W.Q);
        BPB(net_destroy)(&net);
    }
}

/* N = Q R with R upper triangular and a positive diagonal is the only such product, N being what
 * the normal distribution draws with the same seed. */
static void orthogonal__is_the_Q_of_the_normal_draws(void **state)
{
    (void)state;
    need_lapack();
    for (size_t s = 0; s < COUNT(shapes); s++) {
        net_t *net = make_net(shapes[s], 1, BPB_INIT_ORTHOGONAL, 7);
        net_t *normal = make_net(shapes[s], 1, BPB_INIT_NORMAL, 7);
        const struct tall W = tall_of(net), N = tall_of(normal);
        for (size_t j = 0; j < W.k; j++) {
            const long double norm = sqrtl(product(N, j, N, j));
            for (size_t i = j + 1; i < W.k; i++)
                if (!(fabsl(product(W, i, N, j)) <= 2 * EPSILON * (double)W.m * norm))
                    fail_msg("%zu x %zu: R(%zu, %zu) is not 0", W.m, W.k, i, j);
            assert_true(product(W, j, N, j) > 2 * EPSILON * (double)W.m * norm);
        }
        free(W.Q);
        free(N.Q);
        BPB(net_destroy)(&net);
        BPB(net_destroy)(&normal);
    }
}

static void orthogonal__one_row_is_the_draws_over_their_norm(void **state)
{
    (void)state;
    need_lapack();
    for (size_t s = 3; s < 5; s++) {
        net_t *net = make_net(shapes[s], 1, BPB_INIT_ORTHOGONAL, 5);
        net_t *normal = make_net(shapes[s], 1, BPB_INIT_NORMAL, 5);
        const struct tall W = tall_of(net), N = tall_of(normal);
        const long double norm = sqrtl(product(N, 0, N, 0));
        for (size_t i = 0; i < 9; i++)
            assert_number_close("entry", W.Q[i], N.Q[i] / norm, 1, 8 * EPSILON);
        free(W.Q);
        free(N.Q);
        BPB(net_destroy)(&net);
        BPB(net_destroy)(&normal);
    }
}

static void orthogonal__biases_are_zero(void **state)
{
    (void)state;
    need_lapack();
    const size_t units[] = {6, 9, 4};
    net_t *net = make_net(units, 2, BPB_INIT_NORMAL, 5);
    assert_ok(BPB(net_init)(net, BPB_INIT_ORTHOGONAL, 5));
    for (size_t l = 1; l <= 2; l++) {
        const out_t b = BPB(net_b)(net, BPB(net_theta)(net), l);
        for (size_t i = 0; i < b.rows; i++)
            assert_true(b.data[i] == 0);
    }
    BPB(net_destroy)(&net);
}

/* ---- The distribution ---- */

enum { SEEDS = 1000 };

static double determinant(const real *W)
{
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        const int k = (i + 1) % 3, l = (i + 2) % 3;
        sum += (double)W[i] * ((double)W[3 + k] * (double)W[6 + l] -
                               (double)W[3 + l] * (double)W[6 + k]);
    }
    return sum;
}

/*
 * Of uniformly distributed 3 x 3 matrices: w has mean 0 and w^2 mean 1/3, with variance 1/3 and
 * 1/5 - 1/9; the determinant is 1 as often as -1; w_00 w_11 has mean 0 and a variance below 1/3.
 * All within five standard errors. With LAPACK's signs, w_00 would never be above 0.
 */
static void orthogonal__every_sign_is_as_likely(void **state)
{
    (void)state;
    need_lapack();
    const size_t units[] = {3, 3};
    double mean[9] = {0}, square[9] = {0}, det = 0, diagonal = 0;
    net_t *net = make_net(units, 1, BPB_INIT_ZERO, 0);
    const real *W = BPB(net_ctheta)(net);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        assert_ok(BPB(net_init)(net, BPB_INIT_ORTHOGONAL, seed));
        for (size_t i = 0; i < 9; i++) {
            mean[i] += (double)W[i] / SEEDS;
            square[i] += (double)W[i] * (double)W[i] / SEEDS;
        }
        det += determinant(W) / SEEDS;
        diagonal += (double)W[0] * (double)W[4] / SEEDS;
    }
    for (size_t i = 0; i < 9; i++) {
        assert_true(fabs(mean[i]) <= 5 * sqrt(1.0 / 3 / SEEDS));
        assert_true(fabs(square[i] - 1.0 / 3) <= 5 * sqrt(4.0 / 45 / SEEDS));
    }
    assert_true(fabs(det) <= 5 * sqrt(1.0 / SEEDS));
    assert_true(fabs(diagonal) <= 5 * sqrt(1.0 / 3 / SEEDS));
    BPB(net_destroy)(&net);
}

/* ---- The same seed ---- */

static const size_t wide_and_tall[] = {60, 140, 140, 30};
enum { LAYERS = 3, PARAMETERS = 60 * 140 + 140 + 140 * 140 + 140 + 140 * 30 + 30 };

static void orthogonal__one_seed_gives_the_same_bits(void **state)
{
    (void)state;
    need_lapack();
    net_t *net = make_net(wide_and_tall, LAYERS, BPB_INIT_ORTHOGONAL, 9),
          *again = make_net(wide_and_tall, LAYERS, BPB_INIT_ORTHOGONAL, 9),
          *other = make_net(wide_and_tall, LAYERS, BPB_INIT_NORMAL, 1);
    assert_int_equal(BPB(net_parameters)(net), PARAMETERS);
    assert_same_bits(PARAMETERS, BPB(net_ctheta)(again), BPB(net_ctheta)(net));
    assert_ok(BPB(net_init)(other, BPB_INIT_ORTHOGONAL, 9));
    assert_same_bits(PARAMETERS, BPB(net_ctheta)(other), BPB(net_ctheta)(net));
    assert_ok(BPB(net_init)(other, BPB_INIT_ORTHOGONAL, 10));
    assert_memory_not_equal(BPB(net_ctheta)(other), BPB(net_ctheta)(net), 64 * sizeof(real));
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&again);
    BPB(net_destroy)(&other);
}

static void orthogonal__layers_of_one_shape_differ(void **state)
{
    (void)state;
    need_lapack();
    const size_t units[] = {9, 9, 9};
    net_t *net = make_net(units, 2, BPB_INIT_ORTHOGONAL, 1);
    real *theta = BPB(net_theta)(net);
    const real *W_1 = BPB(net_W)(net, theta, 1).data, *W_2 = BPB(net_W)(net, theta, 2).data;
    for (size_t i = 0; i < 81; i++)
        assert_true(W_1[i] != W_2[i]);
    BPB(net_destroy)(&net);
}

static void orthogonal__in_float_is_that_in_double_rounded(void **state)
{
    (void)state;
    need_lapack();
    const bpb_net_options options = {
        .sizes = wide_and_tall, .n_sizes = LAYERS + 1, .init = BPB_INIT_ORTHOGONAL, .seed = 7};
    bpb_net *wide = NULL;
    bpbf_net *net = NULL;
    assert_ok(bpb_net_create(&wide, &options));
    assert_ok(bpbf_net_create(&net, &options));
    for (size_t i = 0; i < PARAMETERS; i++)
        assert_true(bpbf_net_ctheta(net)[i] == (float)bpb_net_ctheta(wide)[i]);
    bpb_net_destroy(&wide);
    bpbf_net_destroy(&net);
}

/* ---- Threads ---- */

extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

struct job {
    net_t *net;
    bpb_status status;
};

static void *draw_often(void *argument)
{
    struct job *job = argument;
    for (int round = 0; round < 2 && !job->status; round++)
        job->status = BPB(net_init)(job->net, BPB_INIT_ORTHOGONAL, 9);
    return NULL;
}

static void set_blas_threads(int threads)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(threads);
}

static void draw_together(struct job *jobs, size_t n)
{
    pthread_t threads[4];
    assert_true(n <= COUNT(threads));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_often, &jobs[i]), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Whatever the BLAS's threads are set to, which is the caller's business. */
static void orthogonal__threads_draw_the_same_bits(void **state)
{
    (void)state;
    need_lapack();
    const int before = openblas_get_num_threads ? openblas_get_num_threads() : 1;
    net_t *alone = make_net(wide_and_tall, LAYERS, BPB_INIT_ORTHOGONAL, 9);
    for (int threads = 1; threads <= 2; threads++) {
        struct job jobs[4] = {{0}};
        set_blas_threads(threads);
        for (size_t i = 0; i < COUNT(jobs); i++)
            jobs[i].net = make_net(wide_and_tall, LAYERS, BPB_INIT_ZERO, 0);
        draw_together(jobs, COUNT(jobs));
        if (openblas_get_num_threads)
            assert_int_equal(openblas_get_num_threads(), threads);
        for (size_t i = 0; i < COUNT(jobs); i++) {
            assert_ok(jobs[i].status);
            assert_same_bits(PARAMETERS, BPB(net_ctheta)(jobs[i].net), BPB(net_ctheta)(alone));
            BPB(net_destroy)(&jobs[i].net);
        }
    }
    set_blas_threads(before);
    BPB(net_destroy)(&alone);
}

/* ---- Without LAPACK ---- */

static void orthogonal__is_refused_without_lapack_alone(void **state)
{
    (void)state;
    const bpb_status expected = HAVE_LAPACK ? BPB_OK : BPB_ERR_UNSUPPORTED;
    const size_t units[] = {3, 2};
    net_t *net = make_net(units, 1, BPB_INIT_NORMAL, 1), *made = NULL;
    real theta[8];
    memcpy(theta, BPB(net_ctheta)(net), sizeof theta);
    const bpb_net_options options = {.sizes = units, .n_sizes = 2, .init = BPB_INIT_ORTHOGONAL};
    assert_int_equal(BPB(net_create)(&made, &options), expected);
    assert_true((made != NULL) == HAVE_LAPACK);
    assert_int_equal(BPB(net_init)(net, BPB_INIT_ORTHOGONAL, 1), expected);
    if (!HAVE_LAPACK)
        assert_same_bits(COUNT(theta), BPB(net_ctheta)(net), theta);
    BPB(net_destroy)(&made);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orthogonal__rows_or_columns_are_orthonormal),
        cmocka_unit_test(orthogonal__is_the_Q_of_the_normal_draws),
        cmocka_unit_test(orthogonal__one_row_is_the_draws_over_their_norm),
        cmocka_unit_test(orthogonal__biases_are_zero),
        cmocka_unit_test(orthogonal__every_sign_is_as_likely),
        cmocka_unit_test(orthogonal__one_seed_gives_the_same_bits),
        cmocka_unit_test(orthogonal__layers_of_one_shape_differ),
        cmocka_unit_test(orthogonal__in_float_is_that_in_double_rounded),
        cmocka_unit_test(orthogonal__threads_draw_the_same_bits),
        cmocka_unit_test(orthogonal__is_refused_without_lapack_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
