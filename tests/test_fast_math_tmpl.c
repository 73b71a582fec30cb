/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A caller that is compiled and linked with -ffast-math: its processor flushes subnormals, and
 * its compiler believes that there are no NaNs. Values go in and are compared as bits; what was
 * computed is compared with the same done in the default environment.
 */
#include "support_tmpl.h"

#ifndef __FAST_MATH__
#error "to be compiled with -ffast-math"
#endif

typedef BPB_SELECT(uint64_t, uint32_t) bits;

#define EXPONENT ((bits)BPB_SELECT(0x7ff0000000000000, 0x7f800000))
#define INFINITE EXPONENT
#define MINUS_INFINITE ((bits)BPB_SELECT(0xfff0000000000000, 0xff800000))
#define QUIET_NAN ((bits)BPB_SELECT(0x7ff8000000000000, 0x7fc00000))
#define SIGNALLING_NAN ((bits)(EXPONENT | 1))
#define SUBNORMAL ((bits)12345)

static const bits nonfinite[] = {INFINITE, MINUS_INFINITE, QUIET_NAN, SIGNALLING_NAN};

static void put(real *x, bits value)
{
    memcpy(x, &value, sizeof value);
}

static bits bits_at(const real *x)
{
    bits value;
    memcpy(&value, x, sizeof value);
    return value;
}

static bool is_finite(const real *x)
{
    return (bits_at(x) & EXPONENT) != EXPONENT;
}

static double double_of(uint64_t value)
{
    double x;
    memcpy(&x, &value, sizeof x);
    return x;
}

/* ---- The environment ---- */

#ifdef __SSE2__
#include <xmmintrin.h>
#define FLUSH 0x8040u   /* subnormal results and operands count as 0 */
#define DEFAULT 0x1f80u
static unsigned get_control(void)
{
    return _mm_getcsr() & ~0x3fu; /* without the sticky flags */
}
static void set_control(unsigned control)
{
    _mm_setcsr(control);
}
#else
#define FLUSH 0u
#define DEFAULT 0u
static unsigned get_control(void)
{
    return 0;
}
static void set_control(unsigned control)
{
    (void)control;
}
#endif

static unsigned fast_control; /* an emulated processor may not flush */

static void control__is_that_of_fast_math_throughout(void **state)
{
    (void)state;
    assert_int_equal(get_control(), fast_control);
    if (!(fast_control & FLUSH))
        skip();
}

/* ---- What the calls work on ---- */

enum { N_IN = 5, N_HIDDEN = 7, N_OUT = 3, COLS = 20, P = 66, BAD = 6 };

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static const bpb_net_options net_options = {
    .sizes = units, .n_sizes = 3, .hidden = BPB_RELU, .output = BPB_IDENTITY};
static real x_values[N_IN * COLS], t_values[N_OUT * COLS];

static view_t X(void)
{
    return BPB(samples)(x_values, COLS, N_IN);
}
static view_t T(void)
{
    return BPB(samples)(t_values, COLS, N_OUT);
}

/* A value of column BAD is replaced, and put back. */
struct spoilt {
    real *at, before;
};
static struct spoilt spoil(real *values, size_t rows, bits value)
{
    struct spoilt spoilt = {.at = values + BAD * rows + 1};
    memcpy(&spoilt.before, spoilt.at, sizeof spoilt.before);
    put(spoilt.at, value);
    return spoilt;
}
static void restore(struct spoilt spoilt)
{
    memcpy(spoilt.at, &spoilt.before, sizeof spoilt.before);
}

static struct machine new_machine(void)
{
    return make_machine(&net_options, &(bpb_plan_options){.batch = COLS});
}

/* ---- Tests ---- */

static void forward__keeps_subnormals(void **state)
{
    (void)state;
    const size_t ones[] = {1, 1};
    struct machine m =
        make_machine(&(bpb_net_options){.sizes = ones, .n_sizes = 2, .output = BPB_IDENTITY}, NULL);
    real x, y = 0;
    put(&x, SUBNORMAL);
    BPB(net_theta)(m.net)[0] = 1;
    BPB(net_theta)(m.net)[1] = 0;
    assert_ok(BPB(forward)(m.net, m.work, BPB(samples)(&x, 1, 1), BPB(samples_out)(&y, 1, 1)));
    assert_int_equal(bits_at(&y), SUBNORMAL);
    assert_ok(BPB(predict)(m.net, BPB(samples)(&x, 1, 1), BPB(samples_out)(&y, 1, 1), NULL));
    assert_int_equal(bits_at(&y), SUBNORMAL);
    free_machine(&m);
}

static void find_nonfinite__finds_it(void **state)
{
    (void)state;
    bpb_where where;
    assert_ok(BPB(find_nonfinite)(X(), &where));
    for (size_t i = 0; i < COUNT(nonfinite); i++) {
        const struct spoilt spoilt = spoil(x_values, N_IN, nonfinite[i]);
        assert_int_equal(BPB(find_nonfinite)(X(), &where), BPB_NONFINITE);
        assert_int_equal(where.row, 1);
        assert_int_equal(where.col, BAD);
        restore(spoilt);
    }
}

static void predict__flags_the_column_and_no_other(void **state)
{
    (void)state;
    struct machine m = new_machine();
    real expected[N_OUT * COLS], Y[N_OUT * COLS];
    unsigned char flags[COLS];
    const out_t V = BPB(samples_out)(Y, COLS, N_OUT);
    assert_ok(BPB(predict)(m.net, X(), BPB(samples_out)(expected, COLS, N_OUT), NULL));
    for (size_t i = 0; i < COUNT(nonfinite); i++) {
        const struct spoilt spoilt = spoil(x_values, N_IN, nonfinite[i]);
        assert_int_equal(BPB(predict_with)(m.net, m.work, X(), V, flags), BPB_NONFINITE);
        for (size_t j = 0; j < COLS; j++)
            assert_int_equal(flags[j], j == BAD);
        assert_false(is_finite(&Y[BAD * N_OUT]));
        assert_same_bits(N_OUT * BAD, Y, expected);
        const size_t behind = N_OUT * (BAD + 1);
        assert_same_bits(N_OUT * COLS - behind, Y + behind, expected + behind);
        restore(spoilt);
    }
    free_machine(&m);
}

static void passes__report_a_loss_that_is_not_finite(void **state)
{
    (void)state;
    struct machine m = new_machine();
    const bpb_sgd_rule rule = {.eta = 0.25};
    real gradient[P], before[P];
    double loss;
    bpb_score score;
    memcpy(before, BPB(net_ctheta)(m.net), sizeof before);
    for (size_t i = 0; i < COUNT(nonfinite); i++) {
        const struct spoilt spoilt = spoil(t_values, N_OUT, nonfinite[i]);
        assert_int_equal(BPB(loss)(m.net, m.work, X(), BPB(values)(T()), &loss), BPB_NONFINITE);
        assert_int_equal(BPB(gradient)(m.net, m.work, X(), BPB(values)(T()), gradient, NULL),
                         BPB_NONFINITE);
        assert_int_equal(BPB(sgd_step)(m.net, m.work, X(), BPB(values)(T()), &rule, NULL),
                         BPB_NONFINITE);
        assert_same_bits(P, BPB(net_ctheta)(m.net), before);
        assert_int_equal(BPB(evaluate)(m.net, X(), BPB(values)(T()), &score, NULL), BPB_NONFINITE);
        assert_int_equal(score.nonfinite, 1);
        restore(spoilt);
    }
    free_machine(&m);
}

static void train__refuses_nonfinite_data(void **state)
{
    (void)state;
    const set_t set = {.X = X(), .T = BPB(values)(T())};
    const data_t data = {.train = set, .validation = set, .test = set};
    const bpb_train_options options = {.eta = 0.25, .epochs = 1};
    struct machine m = new_machine();
    bpb_train_report report;
    for (size_t i = 0; i < COUNT(nonfinite); i++) {
        const struct spoilt spoilt = spoil(t_values, N_OUT, nonfinite[i]);
        assert_int_equal(BPB(train)(m.net, &data, &options, &report), BPB_NONFINITE);
        assert_int_equal(report.in, 2);
        assert_int_equal(report.where.row, 1);
        assert_int_equal(report.where.col, BAD);
        restore(spoilt);
    }
    free_machine(&m);
}

static void options__that_are_not_finite_are_refused(void **state)
{
    (void)state;
    static const uint64_t bad[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
                                   0x7ff0000000000001};
    const data_t data = {.train = {.X = X(), .T = BPB(values)(T())}};
    struct machine m = new_machine();
    for (size_t i = 0; i < COUNT(bad); i++) {
        bpb_sgd_rule rule = {.eta = double_of(bad[i])};
        bpb_train_options options = {.eta = double_of(bad[i])};
        assert_int_equal(BPB(sgd_step)(m.net, m.work, X(), BPB(values)(T()), &rule, NULL),
                         BPB_ERR_OPTION);
        assert_int_equal(BPB(train)(m.net, &data, &options, NULL), BPB_ERR_OPTION);
        rule = (bpb_sgd_rule){.eta = 1, .decay = double_of(bad[i])};
        options = (bpb_train_options){.eta = 1, .lambda = double_of(bad[i])};
        assert_int_equal(BPB(sgd_step)(m.net, m.work, X(), BPB(values)(T()), &rule, NULL),
                         BPB_ERR_OPTION);
        assert_int_equal(BPB(train)(m.net, &data, &options, NULL), BPB_ERR_OPTION);
    }
    free_machine(&m);
}

/* Shift and factor are double in both precisions. */
static void set_scaling__refuses_what_is_not_finite_or_normal(void **state)
{
    (void)state;
    static const uint64_t bad[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
                                   0x7ff0000000000001};
    const uint64_t subnormal = 12345;
    struct machine m = new_machine();
    double values[N_IN] = {1, 1, 1, 1, 1};
    for (size_t i = 0; i < COUNT(bad); i++) {
        memcpy(values + 1, &bad[i], sizeof *values);
        assert_int_equal(BPB(net_set_scaling)(m.net, BPB_INPUTS, values, NULL), BPB_ERR_OPTION);
        assert_int_equal(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, NULL, values), BPB_ERR_OPTION);
    }
    memcpy(values + 1, &subnormal, sizeof *values);
    assert_int_equal(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, NULL, values), BPB_ERR_OPTION);
    assert_ok(BPB(net_set_scaling)(m.net, BPB_INPUTS, values, NULL));
    assert_memory_equal(BPB(net_scaling)(m.net, BPB_INPUTS) + 1, &subnormal, sizeof subnormal);
    free_machine(&m);
}

static void one_hot__refuses_what_is_no_label(void **state)
{
    (void)state;
    static const bits bad[] = {INFINITE, MINUS_INFINITE, QUIET_NAN, SIGNALLING_NAN, SUBNORMAL};
    real labels[3] = {2, 0, 1}, Y[3 * N_OUT];
    bpb_where where;
    assert_ok(BPB(one_hot)(BPB(samples)(labels, 3, 1), BPB(samples_out)(Y, 3, N_OUT), &where));
    for (size_t i = 0; i < COUNT(bad); i++) {
        put(labels + 2, bad[i]);
        assert_int_equal(
            BPB(one_hot)(BPB(samples)(labels, 3, 1), BPB(samples_out)(Y, 3, N_OUT), &where),
            BPB_ERR_LABEL);
        assert_int_equal(where.col, 2);
    }
}

/* theta after a run in which many values are subnormal. */
static void train_in(unsigned control, const bpb_train_options *options, real theta[P])
{
    const data_t data = {.train = {.X = X(), .T = BPB(values)(T())}};
    const unsigned before = get_control();
    struct machine m = new_machine();
    for (size_t i = 0; i < P; i++)
        put(BPB(net_theta)(m.net) + i, (bits)(SUBNORMAL * i));
    set_control(control);
    assert_ok(BPB(train)(m.net, &data, options, NULL));
    assert_int_equal(get_control(), control);
    set_control(before);
    memcpy(theta, BPB(net_ctheta)(m.net), P * sizeof *theta);
    free_machine(&m);
}

static void train__gives_the_bits_of_the_default_environment(void **state)
{
    (void)state;
    static const bpb_train_options ways[] = {
        {.eta = 0.01, .lambda = 0.1, .epochs = 5},
        {.method = BPB_ADAM,
         .dropout = 0.3,
         .norms = 1,
         .epochs = 5,
         .schedule = {.kind = BPB_SCHEDULE_COSINE, .warmup = 1.5},
         .stop = {.keep_best = 1}},
        {.method = BPB_IRPROP_PLUS, .lambda = 0.1, .lambda_1 = 0.1, .epochs = 5},
        {.eta = 0.01,
         .tuning = {.clip_norm = 0.01},
         .epochs = 5,
         .schedule = {.kind = BPB_SCHEDULE_PLATEAU, .patience = 1},
         .stop = {.min_delta = 1}},
    };
    for (size_t i = 0; i < COUNT(ways); i++) {
        real fast[P], plain[P];
        train_in(fast_control, &ways[i], fast);
        train_in(DEFAULT, &ways[i], plain);
        assert_same_bits(P, fast, plain);
        assert_true(bits_at(&plain[i ? P - 1 : 0]) != 0);
    }
}

/* ---- Set up ---- */

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {1};
    set_control(get_control() | FLUSH); /* as the start-up code of -ffast-math does, if linked */
    fast_control = get_control();
    fill_uniform(&rng, N_IN * COLS, -1, 1, x_values);
    fill_uniform(&rng, N_OUT * COLS, -1, 1, t_values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward__keeps_subnormals),
        cmocka_unit_test(find_nonfinite__finds_it),
        cmocka_unit_test(predict__flags_the_column_and_no_other),
        cmocka_unit_test(passes__report_a_loss_that_is_not_finite),
        cmocka_unit_test(train__refuses_nonfinite_data),
        cmocka_unit_test(options__that_are_not_finite_are_refused),
        cmocka_unit_test(set_scaling__refuses_what_is_not_finite_or_normal),
        cmocka_unit_test(one_hot__refuses_what_is_no_label),
        cmocka_unit_test(train__gives_the_bits_of_the_default_environment),
        cmocka_unit_test(control__is_that_of_fast_math_throughout),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
