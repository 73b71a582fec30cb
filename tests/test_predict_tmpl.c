/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictions by their options, and a work without a plan. */
#include "support_tmpl.h"

enum { N_IN = 20, N_OUT = 5, COLS = 3001 };
static const size_t sizes[] = {N_IN, 31, N_OUT};
static const bpb_net_options options = {.sizes = sizes,
                                        .n_sizes = 3,
                                        .hidden = BPB_TANH,
                                        .output = BPB_SOFTMAX,
                                        .loss = BPB_CROSS_ENTROPY,
                                        .init = BPB_INIT_GLOROT_UNIFORM,
                                        .seed = 4};
static real x_values[N_IN * COLS], u_values[N_OUT * COLS];

static view_t X(size_t cols)
{
    return BPB(samples)(x_values, cols, N_IN);
}
static view_t U(size_t cols)
{
    return BPB(samples)(u_values, cols, N_OUT);
}

static net_t *make_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &options));
    return net;
}

/* ---- Options of predict and evaluate ---- */

/* All the columns share the threads, although each batch alone would pay for one only. */
static void predict__any_options_give_the_same_bits(void **state)
{
    (void)state;
    static const bpb_plan_options ways[] = {
        {.threads = 2}, {.threads = 3},  {.threads = 4, .batch = 7},
        {.batch = 1},   {.batch = 1000}, {.threads = 2, .batch = 333, .keep_Z = 1}};
    net_t *net = make_net();
    real *want = make_reals(N_OUT * COLS), *got = make_reals(N_OUT * COLS);
    const size_t counts[] = {1, 63, 64, 65, 1000, COLS};
    assert_ok(BPB(predict)(net, X(COLS), BPB(samples_out)(want, COLS, N_OUT), NULL));
    for (size_t w = 0; w < COUNT(ways); w++)
        for (size_t c = 0; c < COUNT(counts); c++) {
            memset(got, 0xff, N_OUT * COLS * sizeof *got);
            assert_ok(
                BPB(predict)(net, X(counts[c]), BPB(samples_out)(got, counts[c], N_OUT), &ways[w]));
            assert_same_bits(N_OUT * counts[c], got, want);
        }
    free(want);
    free(got);
    BPB(net_destroy)(&net);
}

static void predict__threads_flag_the_columns_that_are_not_finite(void **state)
{
    (void)state;
    net_t *net = make_net();
    work_t *work = NULL;
    real *Y = make_reals(N_OUT * COLS);
    unsigned char *flags = allocate(COLS, 1);
    const size_t bad[] = {0, 64, 1500, COLS - 1};
    real kept[COUNT(bad)];
    for (size_t b = 0; b < COUNT(bad); b++) {
        kept[b] = x_values[N_IN * bad[b]];
        x_values[N_IN * bad[b]] = (real)NAN;
    }
    assert_ok(BPB(work_create_for)(&work, net, &(bpb_plan_options){.threads = 3}));
    assert_int_equal(BPB(predict_with)(net, work, X(COLS), BPB(samples_out)(Y, COLS, N_OUT), flags),
                     BPB_NONFINITE);
    for (size_t j = 0, b = 0; j < COLS; j++) {
        const bool is_bad = b < COUNT(bad) && bad[b] == j;
        assert_int_equal(flags[j], is_bad);
        b += is_bad;
    }
    for (size_t b = 0; b < COUNT(bad); b++)
        x_values[N_IN * bad[b]] = kept[b];
    BPB(work_destroy)(&work);
    free(Y);
    free(flags);
    BPB(net_destroy)(&net);
}

/* Layers by the BLAS, unpadded, small batches: with any number of threads the bits of one, and
 * beside columns that are not finite the bits of a batch that is. */
static void predict__threads_change_no_bit_by_any_plan(void **state)
{
    (void)state;
    static const size_t deep[] = {N_IN, 50, 50, N_OUT};
    enum { MANY = 1000 };
    bpb_net_options of_deep = options;
    net_t *net = NULL;
    real *finite = make_reals(N_OUT * MANY), *Y = make_reals(N_OUT * MANY);
    real *x = make_reals(N_IN * MANY), *want = make_reals(N_OUT * MANY);
    of_deep.sizes = deep;
    of_deep.n_sizes = COUNT(deep);
    assert_ok(BPB(net_create)(&net, &of_deep));
    memcpy(x, x_values, N_IN * MANY * sizeof *x);
    for (size_t j = 60; j < MANY; j += 61)
        x[N_IN * j + j % N_IN] = (real)NAN;
    const view_t spoilt = BPB(samples)(x, MANY, N_IN);
    for (unsigned way = 0; way < 8; way++) {
        bpb_plan_options o = {.batch = way & 1 ? 7 : 64,
                              .unpadded = way >> 1 & 1,
                              .planning = way >> 2 ? BPB_PLAN_CBLAS : BPB_PLAN_ESTIMATE};
        assert_ok(BPB(predict)(net, X(MANY), BPB(samples_out)(finite, MANY, N_OUT), &o));
        for (o.threads = 1; o.threads <= 3; o.threads++) {
            assert_ok(BPB(predict)(net, X(MANY), BPB(samples_out)(Y, MANY, N_OUT), &o));
            assert_same_bits(N_OUT * MANY, Y, finite);
            assert_int_equal(BPB(predict)(net, spoilt, BPB(samples_out)(Y, MANY, N_OUT), &o),
                             BPB_NONFINITE);
            if (o.threads == 1)
                memcpy(want, Y, N_OUT * MANY * sizeof *Y);
            assert_memory_equal(Y, want, N_OUT * MANY * sizeof *Y);
            for (size_t j = 0; j < MANY; j++)
                if (j % 61 != 60)
                    assert_same_bits(N_OUT, Y + N_OUT * j, finite + N_OUT * j);
        }
    }
    free(finite);
    free(Y);
    free(x);
    free(want);
    BPB(net_destroy)(&net);
}

static void evaluate__any_options_give_the_same_score(void **state)
{
    (void)state;
    static const bpb_plan_options ways[] = {
        {.threads = 4}, {.threads = 3, .batch = 7}, {.batch = 1000}};
    net_t *net = make_net();
    real *classes = make_reals(COLS);
    for (size_t j = 0; j < COLS; j++)
        classes[j] = (real)(j * 7 % N_OUT);
    const targets_t T = BPB(classes)(BPB(samples)(classes, COLS, 1));
    bpb_score want, got;
    assert_ok(BPB(evaluate)(net, X(COLS), T, &want, NULL));
    assert_true(want.has_accuracy && want.judged == COLS && want.correct > 0);
    for (size_t w = 0; w < COUNT(ways); w++) {
        assert_ok(BPB(evaluate)(net, X(COLS), T, &got, &ways[w]));
        assert_true(got.loss == want.loss && got.correct == want.correct);
    }
    free(classes);
    BPB(net_destroy)(&net);
}

static void predict__bad_options_are_refused(void **state)
{
    (void)state;
    net_t *net = make_net();
    real y[N_OUT] = {7};
    bpb_score score = {.loss = 7};
    const bpb_plan_options bad[] = {
        {.threads = 1025}, {.unpadded = 2}, {.reserved = {1}}, {.planning = (bpb_planning)9}};
    const targets_t T = BPB(values)(U(1));
    for (size_t b = 0; b < COUNT(bad); b++) {
        work_t *work = NULL;
        assert_int_equal(BPB(predict)(net, X(1), BPB(samples_out)(y, 1, N_OUT), &bad[b]),
                         BPB_ERR_OPTION);
        assert_int_equal(BPB(evaluate)(net, X(1), T, &score, &bad[b]), BPB_ERR_OPTION);
        assert_int_equal(BPB(work_create_for)(&work, net, &bad[b]), BPB_ERR_OPTION);
        assert_null(work);
    }
    assert_int_equal(BPB(work_create_for)(NULL, net, NULL), BPB_ERR_NULL);
    assert_true(y[0] == 7 && score.loss == 7);
    BPB(net_destroy)(&net);
}

/* One column at a time, in the caller's memory. */
static void work_create_for__serves_as_one_with_a_plan(void **state)
{
    (void)state;
    struct machine m = make_machine(&options, NULL);
    work_t *work = NULL;
    real want[N_OUT * 100], got[N_OUT * 100];
    assert_ok(BPB(predict_with)(m.net, m.work, X(100), BPB(samples_out)(want, 100, N_OUT), NULL));
    assert_ok(BPB(work_create_for)(&work, m.net, NULL));
    for (size_t j = 0; j < 100; j++)
        assert_ok(BPB(predict_with)(m.net, work, BPB(samples)(x_values + j * N_IN, 1, N_IN),
                                    BPB(samples_out)(got + j * N_OUT, 1, N_OUT), NULL));
    assert_same_bits(N_OUT * 100, got, want);
    BPB(work_destroy)(&work);
    assert_null(work);
    BPB(work_destroy)(&work);
    free_machine(&m);
}

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {21};
    fill_uniform(&rng, COUNT(x_values), -1, 1, x_values);
    fill_uniform(&rng, COUNT(u_values), 0, 1, u_values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predict__any_options_give_the_same_bits),
        cmocka_unit_test(predict__threads_flag_the_columns_that_are_not_finite),
        cmocka_unit_test(predict__threads_change_no_bit_by_any_plan),
        cmocka_unit_test(evaluate__any_options_give_the_same_score),
        cmocka_unit_test(predict__bad_options_are_refused),
        cmocka_unit_test(work_create_for__serves_as_one_with_a_plan),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
