/* SPDX-License-Identifier: BSD-3-Clause */
/* Losses and gradients of 200 nets, of all functions and kinds of targets, against naive.h. */
#include "drawn_tmpl.h"

enum { NETS = 200 };
static const struct limits limits = {.layers = 5, .width = 20, .batch = 40, .own = true};

/* The library's gradient, into memory to be freed; its loss against the reference. */
static real *gradient_of(const struct drawn *drawn)
{
    real *gradient = make_dirty(drawn->P);
    const long double want = naive_gradient(&drawn->naive, &drawn->batch, NULL, NULL, NULL);
    double E = 0, only_E = 0;
    assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            drawn_targets(drawn), gradient, &E));
    assert_ok(BPB(loss)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                        drawn_targets(drawn), &only_E));
    assert_true(fabsl((long double)E - want) <= 16 * EPSILON * drawn->terms * fabsl(want));
    assert_true(E == only_E);
    return gradient;
}

/* ---- Against loops in long double ---- */

/* What the nets of a series have seen. */
struct seen {
    int hidden[FUNCTIONS], output[FUNCTIONS], loss[BPB_GAUSSIAN + 1], own;
    int weighted, masked, classes, smoothed, scaled_in, scaled_out, odd, layers[NAIVE_LAYERS + 1];
};

static void note(const struct recipe *recipe, struct seen *seen)
{
    const int output = recipe->g[recipe->L - 1];
    for (size_t l = 1; l < recipe->L; l++)
        if (recipe->g[l - 1] < FUNCTIONS)
            seen->hidden[recipe->g[l - 1]]++;
    seen->output[output]++;
    if (recipe->loss <= BPB_GAUSSIAN)
        seen->loss[recipe->loss]++;
    seen->own += recipe->loss > BPB_GAUSSIAN;
    seen->weighted += recipe->weighted;
    seen->masked += recipe->masked;
    seen->classes += recipe->classes;
    seen->smoothed += recipe->label_smoothing > 0;
    seen->scaled_in += recipe->scaled_in;
    seen->scaled_out += recipe->scaled_out;
    seen->odd += recipe->B % 2;
    seen->layers[recipe->L]++;
}

static void check_gradient(const struct drawn *drawn, void *user)
{
    long double *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    real *gradient = gradient_of(drawn);
    note(&drawn->recipe, user);
    naive_gradient(&drawn->naive, &drawn->batch, NULL, want, NULL);
    naive_gradient(&drawn->naive, &drawn->nearby, NULL, nearby, NULL);
    assert_theta_like(drawn, "gradient", gradient, want, nearby);
    free(gradient);
    free(want);
    free(nearby);
}

static void gradient__equals_the_naive_one(void **state)
{
    struct seen seen = {0};
    (void)state;
    with_each_net(&limits, NETS, 1, check_gradient, &seen);
    const int *counts = (const int *)&seen;
    for (size_t i = 0; i < sizeof seen / sizeof *counts; i++)
        assert_true(counts[i] > 0 || counts + i == &seen.layers[0]);
}

/* Several slices of columns; with kinks, some would always be too near to one. */
static void gradient__of_many_columns_equals_the_naive_one(void **state)
{
    const struct limits many = {.layers = 3, .width = 20, .columns = 700, .analytic = true,
                                .own = true};
    struct seen seen = {0};
    (void)state;
    with_each_net(&many, 12, 5, check_gradient, &seen);
}

static void check_gradient_x(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B;
    long double *want = make_wide(n), *nearby = make_wide(n);
    real *gradient = gradient_of(drawn), *again = make_dirty(drawn->P), *dX = make_dirty(n);
    double E = 0;
    (void)user;
    naive_gradient(&drawn->naive, &drawn->batch, NULL, NULL, want);
    naive_gradient(&drawn->naive, &drawn->nearby, NULL, NULL, nearby);
    assert_ok(BPB(gradient_x)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                              drawn_targets(drawn), again,
                              BPB(samples_out)(dX, drawn->B, drawn->n_0), &E));
    assert_like("dX", drawn->terms, n, dX, want, nearby);
    assert_same_bits(drawn->P, again, gradient);
    free(gradient);
    free(again);
    free(dX);
    free(want);
    free(nearby);
}

static void gradient_x__equals_the_naive_one(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 2, check_gradient_x, NULL);
}

/* ---- Rounding ---- */

/*
 * The sums of the squares of relative errors: the library's, and of loops in its precision. Of
 * nets in which either loses more than LOST the few would decide by luck: they are only counted.
 */
#define LOST (5 * EPSILON)
struct errors {
    long double library, loops;
    int nets, lost;
};

static void add_errors(const struct drawn *drawn, void *user)
{
    struct errors *errors = user;
    long double *want = make_wide(drawn->P);
    real *gradient = gradient_of(drawn), *loops = make_reals(drawn->P);
    real *theta = make_reals(drawn->P);
    memcpy(theta, BPB(net_ctheta)(drawn->machine.net), drawn->P * sizeof *theta);
    BPB_SELECT(naive_batch_d, naive_batch_s)
    (&drawn->naive, &drawn->batch, theta, drawn->X, NULL, loops, NULL);
    naive_gradient(&drawn->naive, &drawn->batch, NULL, want, NULL);
    long double *of_library = widen(drawn->P, gradient), *of_loops = widen(drawn->P, loops);
    const long double size = norm(drawn->P, want);
    const long double library = distance(drawn->P, of_library, want) / size;
    const long double in_loops = distance(drawn->P, of_loops, want) / size;
    const bool lost = fmaxl(library, in_loops) > LOST;
    errors->nets += !lost;
    errors->lost += lost;
    errors->library += lost ? 0 : library * library;
    errors->loops += lost ? 0 : in_loops * in_loops;
    free(want);
    free(gradient);
    free(loops);
    free(theta);
    free(of_library);
    free(of_loops);
}

static void gradient__is_as_accurate_as_loops(void **state)
{
    struct errors errors = {0};
    (void)state;
    with_each_net(&limits, NETS, 1, add_errors, &errors);
    const double library = (double)sqrtl(errors.library / errors.nets);
    const double loops = (double)sqrtl(errors.loops / errors.nets);
    assert_true(loops > EPSILON / 64 && library > 0 && errors.lost <= NETS / 20);
    if (!(library <= 1.1 * loops))
        fail_msg("relative error, root mean square: %g; of loops: %g", library, loops);
}

/* ---- Against complex steps of the loss, for which no derivative was written ---- */

static const struct limits analytic = {
    .layers = 4, .width = 6, .batch = 5, .analytic = true, .own = true};

static void assert_wide_within(const char *what, size_t n, const long double *got,
                               const long double *want, long double tolerance)
{
    const long double apart = distance(n, got, want), allowed = tolerance * norm(n, want);
    if (!(apart <= allowed && allowed > 0))
        fail_msg("%s: %Lg apart, %Lg allowed", what, apart, allowed);
}

static void assert_within(const char *what, size_t n, const real *got, const long double *want,
                          long double tolerance)
{
    long double *wide = widen(n, got);
    assert_wide_within(what, n, wide, want, tolerance);
    free(wide);
}

static void check_steps(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B;
    long double *want = make_wide(drawn->P), *want_dX = make_wide(n);
    real *gradient = make_dirty(drawn->P), *dX = make_dirty(n);
    (void)user;
    naive_step_gradient(&drawn->naive, &drawn->batch, want, want_dX);
    assert_ok(BPB(gradient_x)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                              drawn_targets(drawn), gradient,
                              BPB(samples_out)(dX, drawn->B, drawn->n_0), NULL));
    assert_within("gradient", drawn->P, gradient, want, BPB_SELECT(1e-13L, 5e-5L));
    assert_within("dX", n, dX, want_dX, BPB_SELECT(1e-13L, 5e-5L));
    free(gradient);
    free(dX);
    free(want);
    free(want_dX);
}

static void gradient__equals_complex_steps_of_the_loss(void **state)
{
    (void)state;
    with_each_net(&analytic, 60, 3, check_steps, NULL);
}

/* The naive net's own backward pass, to which all others are compared. */
static void check_naive(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B;
    long double *steps = make_wide(drawn->P + n), *loops = make_wide(drawn->P + n);
    (void)user;
    naive_step_gradient(&drawn->naive, &drawn->batch, steps, steps + drawn->P);
    naive_gradient(&drawn->naive, &drawn->batch, NULL, loops, loops + drawn->P);
    assert_wide_within("gradient", drawn->P, loops, steps, 1e-15L);
    assert_wide_within("dX", n, loops + drawn->P, steps + drawn->P, 1e-15L);
    free(steps);
    free(loops);
}

static void the_naive_gradient__equals_complex_steps(void **state)
{
    const struct limits small = {.layers = 3, .width = 5, .batch = 4, .own = true};
    (void)state;
    with_each_net(&small, ENDINGS, 4, check_naive, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_naive_gradient__equals_complex_steps),
        cmocka_unit_test(gradient__equals_the_naive_one),
        cmocka_unit_test(gradient__of_many_columns_equals_the_naive_one),
        cmocka_unit_test(gradient__is_as_accurate_as_loops),
        cmocka_unit_test(gradient_x__equals_the_naive_one),
        cmocka_unit_test(gradient__equals_complex_steps_of_the_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
