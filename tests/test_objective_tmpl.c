/* SPDX-License-Identifier: BSD-3-Clause */
/* A loss over all data as a function of theta, against naive.h and against the calls of batches. */
#include "drawn_tmpl.h"

enum { NETS = 2 * ENDINGS };
static const struct limits limits = {.layers = 3, .width = 9, .batch = 40, .own = true};

static const bpb_objective_options plain = {.batch = 7};
static const bpb_objective_options decaying = {.batch = 7, .decay = 0.375};
static const bpb_objective_options all_decaying = {.batch = 11, .decay = 0.375, .decay_biases = 1};

/* An objective of a net that is then gone, so that nothing but a copy of it can be used. */
static objective_t *make_objective(const struct drawn *drawn, const bpb_objective_options *options)
{
    objective_t *objective = NULL;
    net_t *net = NULL;
    assert_ok(BPB(net_copy)(&net, drawn->machine.net));
    assert_ok(
        BPB(objective_create)(&objective, net, drawn_inputs(drawn), drawn_targets(drawn), options));
    for (size_t i = 0; i < drawn->P; i++)
        BPB(net_theta)(net)[i] = (real)NAN;
    BPB(net_destroy)(&net);
    return objective;
}

static const real *theta_of(const struct drawn *drawn)
{
    return BPB(net_ctheta)(drawn->machine.net);
}

/* sum += decay x of all W, and of b where they decay. */
static void decay_naively(const struct drawn *drawn, const bpb_objective_options *options,
                          const long double *x, long double *sum)
{
    for (size_t l = 1, at = 0; l <= drawn->naive.L; l++) {
        const size_t W = drawn->naive.n[l] * drawn->naive.n[l - 1], b = drawn->naive.n[l];
        for (size_t i = 0; i < W + (options->decay_biases ? b : 0); i++)
            sum[at + i] += options->decay * x[at + i];
        at += W + b;
    }
}

/* f = E + <theta, decay theta> / 2 */
static long double naive_f(const struct drawn *drawn, const bpb_objective_options *options)
{
    long double *decayed = make_wide(drawn->P), f = 0;
    decay_naively(drawn, options, drawn->theta_wide, decayed);
    for (size_t i = 0; i < drawn->P; i++)
        f += decayed[i] * drawn->theta_wide[i] / 2;
    free(decayed);
    return f + naive_gradient(&drawn->naive, &drawn->batch, NULL, NULL, NULL);
}

static void check_f(const struct drawn *drawn, const bpb_objective_options *options)
{
    objective_t *objective = make_objective(drawn, options);
    const long double want = naive_f(drawn, options);
    real *gradient = make_dirty(drawn->P), *alone = make_dirty(drawn->P);
    double f = 0, f_alone = 1;
    assert_ok(BPB(objective_gradient)(objective, theta_of(drawn), &f, gradient));
    assert_ok(BPB(objective_gradient)(objective, theta_of(drawn), &f_alone, NULL));
    assert_ok(BPB(objective_gradient)(objective, theta_of(drawn), NULL, alone));
    assert_true(fabsl((long double)f - want) <= 16 * EPSILON * drawn->terms * fabsl(want));
    assert_true(f == f_alone);
    assert_same_bits(drawn->P, alone, gradient);
    BPB(objective_destroy)(&objective);
    assert_null(objective);
    free(gradient);
    free(alone);
}

/* A derivative of f, of the net's data or of those nearby. */
typedef void naive_derivative(const struct drawn *drawn, const struct naive_batch *batch,
                              const long double *v, long double *derivative);
static void of_gradient(const struct drawn *drawn, const struct naive_batch *batch,
                        const long double *v, long double *derivative)
{
    (void)v;
    naive_gradient(&drawn->naive, batch, NULL, derivative, NULL);
}
static void of_hvp(const struct drawn *drawn, const struct naive_batch *batch,
                   const long double *v, long double *derivative)
{
    naive_hvp(&drawn->naive, batch, v, derivative);
}
static void of_gnvp(const struct drawn *drawn, const struct naive_batch *batch,
                    const long double *v, long double *derivative)
{
    naive_gnvp(&drawn->naive, batch, v, derivative);
}

/* got is the derivative, with decay x; its batches are terms too. */
static void assert_derivative(const struct drawn *drawn, const bpb_objective_options *options,
                              const char *what, const real *got, naive_derivative *naive,
                              const long double *v, const long double *x)
{
    long double *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    struct drawn twice = *drawn;
    twice.terms *= 2;
    naive(drawn, &drawn->batch, v, want);
    naive(drawn, &drawn->nearby, v, nearby);
    decay_naively(drawn, options, x, want);
    decay_naively(drawn, options, x, nearby);
    assert_theta_like(&twice, what, got, want, nearby);
    free(want);
    free(nearby);
}

static void check_derivatives(const struct drawn *drawn, const bpb_objective_options *options)
{
    struct rng rng = {41};
    long double *wide;
    real *v = draw_direction(&rng, drawn->P, &wide), *got = make_dirty(drawn->P);
    objective_t *objective = make_objective(drawn, options);
    assert_ok(BPB(objective_gradient)(objective, theta_of(drawn), NULL, got));
    assert_derivative(drawn, options, "gradient", got, of_gradient, NULL, drawn->theta_wide);
    assert_ok(BPB(objective_hvp)(objective, theta_of(drawn), v, got));
    assert_derivative(drawn, options, "H v", got, of_hvp, wide, wide);
    assert_ok(BPB(objective_gnvp)(objective, theta_of(drawn), v, got));
    assert_derivative(drawn, options, "G v", got, of_gnvp, wide, wide);
    BPB(objective_destroy)(&objective);
    free(wide);
    free(v);
    free(got);
}

static void check_objective(const struct drawn *drawn, void *user)
{
    int *ragged = user;
    check_f(drawn, &plain);
    check_f(drawn, &decaying);
    check_f(drawn, &all_decaying);
    check_derivatives(drawn, &plain);
    check_derivatives(drawn, &decaying);
    check_derivatives(drawn, &all_decaying);
    *ragged += drawn->B > 7 && drawn->B % 7 != 0;
}

static void objective__equals_the_naive_one(void **state)
{
    int ragged = 0; // of several batches, the last of fewer columns
    (void)state;
    with_each_net(&limits, NETS, 41, check_objective, &ragged);
    assert_true(ragged > NETS / 2);
}

/* One batch of all columns: the bits of the calls that it stands for. */
static void check_one_batch(const struct drawn *drawn, void *user)
{
    struct rng rng = {42};
    long double *wide;
    real *v = draw_direction(&rng, drawn->P, &wide);
    real *got = make_dirty(drawn->P), *want = make_dirty(drawn->P);
    objective_t *objective = make_objective(drawn, NULL);
    const struct machine *machine = &drawn->machine;
    const view_t X = drawn_inputs(drawn);
    const targets_t T = drawn_targets(drawn);
    double f = 0, E = 1;
    (void)user;
    assert_ok(BPB(gradient)(machine->net, machine->work, X, T, want, &E));
    assert_ok(BPB(objective_gradient)(objective, theta_of(drawn), &f, got));
    assert_same_bits(drawn->P, got, want);
    assert_true(f == E);
    assert_ok(BPB(hvp)(machine->net, machine->work, X, T, v, want, NULL, NULL));
    assert_ok(BPB(objective_hvp)(objective, theta_of(drawn), v, got));
    assert_same_bits(drawn->P, got, want);
    assert_ok(BPB(gnvp)(machine->net, machine->work, X, T, v, want));
    assert_ok(BPB(objective_gnvp)(objective, theta_of(drawn), v, got));
    assert_same_bits(drawn->P, got, want);
    BPB(objective_destroy)(&objective);
    free(wide);
    free(v);
    free(got);
    free(want);
}

static void objective__of_one_batch_has_the_bits_of_its_calls(void **state)
{
    (void)state;
    with_each_net(&limits, ENDINGS, 42, check_one_batch, NULL);
}

/* ---- What is refused ---- */

static const struct recipe small = {.L = 2, .n = {3, 4, 2}, .B = 5, .n_T = 2,
                                    .g = {BPB_TANH, BPB_SOFTMAX}, .loss = BPB_CROSS_ENTROPY,
                                    .leak = 0.125, .elu_alpha = 1, .huber_delta = 1};

static struct drawn make_small(void)
{
    struct rng rng = {43};
    return make_drawn(&small, &(bpb_plan_options){.batch = 5, .derivatives = 1}, &rng);
}

static void refuse(const struct drawn *drawn, view_t X, targets_t T, bpb_objective_options options,
                   bpb_status status)
{
    objective_t *objective = NULL;
    assert_int_equal(BPB(objective_create)(&objective, drawn->machine.net, X, T, &options), status);
    assert_null(objective);
}

static void objective_create__refuses_what_it_cannot_do(void **state)
{
    (void)state;
    struct drawn drawn = make_small();
    const view_t X = drawn_inputs(&drawn);
    const targets_t T = drawn_targets(&drawn);
    view_t wrong = X, overlapping = X, empty = X;
    targets_t masked = T;
    real labels[5] = {0, 1, 2, 0, 1};
    objective_t *objective = NULL;
    wrong.rows = 2;
    masked.masked = 2;
    overlapping.ld = 1;
    empty.cols = 0;
    refuse(&drawn, X, T, (bpb_objective_options){.decay = -1}, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.decay = NAN}, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.decay = INFINITY}, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.decay_biases = 2}, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.threads = 1025}, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.planning = (bpb_planning)9}, BPB_ERR_OPTION);
    refuse(&drawn, X, masked, plain, BPB_ERR_OPTION);
    refuse(&drawn, X, T, (bpb_objective_options){.wisdom = "none"}, BPB_ERR_FORMAT);
    refuse(&drawn, wrong, T, plain, BPB_ERR_SHAPE);
    refuse(&drawn, BPB(columns)(X, 0, 4), T, plain, BPB_ERR_SHAPE);
    refuse(&drawn, overlapping, T, plain, BPB_ERR_STRIDE);
    refuse(&drawn, empty, BPB(target_columns)(T, 0, 0), plain, BPB_ERR_SIZE);
    refuse(&drawn, X, BPB(classes)(BPB(samples)(labels, 5, 1)), plain, BPB_ERR_LABEL);
    refuse(&drawn, (view_t){.rows = 3, .cols = 5}, T, plain, BPB_ERR_NULL);
    assert_int_equal(BPB(objective_create)(NULL, drawn.machine.net, X, T, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_create)(&objective, NULL, X, T, NULL), BPB_ERR_NULL);
    BPB(objective_destroy)(&objective);
    BPB(objective_destroy)(NULL);
    free_drawn(&drawn);
}

static void objective__refuses_null(void **state)
{
    (void)state;
    struct drawn drawn = make_small();
    objective_t *o = make_objective(&drawn, NULL);
    const real *theta = theta_of(&drawn);
    real *x = make_reals(drawn.P);
    double f;
    assert_int_equal(BPB(objective_gradient)(NULL, theta, &f, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_gradient)(o, NULL, &f, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_hvp)(NULL, theta, theta, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_hvp)(o, NULL, theta, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_hvp)(o, theta, NULL, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_hvp)(o, theta, theta, NULL), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_gnvp)(NULL, theta, theta, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_gnvp)(o, NULL, theta, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_gnvp)(o, theta, NULL, x), BPB_ERR_NULL);
    assert_int_equal(BPB(objective_gnvp)(o, theta, theta, NULL), BPB_ERR_NULL);
    BPB(objective_destroy)(&o);
    free(x);
    free_drawn(&drawn);
}

/* A sine without the parts that are not named. */
static activation_function_t sine_with(bool df, bool d2f)
{
    return (activation_function_t){
        .name = "part", .f = sine_f, .df = df ? sine_df : NULL, .d2f = d2f ? sine_d2f : NULL};
}

static void check_lacking(activation_function_t g, bpb_status gradient, bpb_status curvature)
{
    struct drawn drawn = make_small();
    real *x = make_dirty(drawn.P), *untouched = make_dirty(drawn.P);
    assert_ok(BPB(net_set_activation)(drawn.machine.net, 1, &g));
    objective_t *o = make_objective(&drawn, NULL);
    const real *theta = theta_of(&drawn);
    double f = 0;
    assert_int_equal(BPB(objective_hvp)(o, theta, theta, x), curvature);
    if (curvature < 0)
        assert_same_bits(drawn.P, x, untouched);
    assert_int_equal(BPB(objective_gradient)(o, theta, &f, x), gradient);
    assert_ok(BPB(objective_gradient)(o, theta, &f, NULL)); // a value needs no derivative
    assert_true(f > 0);
    BPB(objective_destroy)(&o);
    free(x);
    free(untouched);
    free_drawn(&drawn);
}

static void objective__names_what_functions_lack(void **state)
{
    (void)state;
    check_lacking(sine_with(true, true), BPB_OK, BPB_OK);
    check_lacking(sine_with(true, false), BPB_OK, BPB_ERR_NO_SECOND);
    check_lacking(sine_with(false, false), BPB_ERR_NO_VJP, BPB_ERR_NO_VJP);
}

/* One NaN among many batches is not lost on the way. */
static void objective__tells_of_what_is_not_finite(void **state)
{
    (void)state;
    struct drawn drawn = make_small();
    real *x = make_dirty(drawn.P);
    double f = 0;
    drawn.X[0] = (real)NAN;
    objective_t *o = make_objective(&drawn, &(bpb_objective_options){.batch = 2});
    const real *theta = theta_of(&drawn);
    assert_int_equal(BPB(objective_gradient)(o, theta, &f, x), BPB_NONFINITE);
    assert_true(isnan(f));
    assert_int_equal(BPB(objective_gradient)(o, theta, &f, NULL), BPB_NONFINITE);
    assert_int_equal(BPB(objective_hvp)(o, theta, theta, x), BPB_NONFINITE);
    assert_int_equal(BPB(objective_gnvp)(o, theta, theta, x), BPB_NONFINITE);
    BPB(objective_destroy)(&o);
    free(x);
    free_drawn(&drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objective__equals_the_naive_one),
        cmocka_unit_test(objective__of_one_batch_has_the_bits_of_its_calls),
        cmocka_unit_test(objective_create__refuses_what_it_cannot_do),
        cmocka_unit_test(objective__refuses_null),
        cmocka_unit_test(objective__names_what_functions_lack),
        cmocka_unit_test(objective__tells_of_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
