/* SPDX-License-Identifier: BSD-3-Clause */
/* J v, J^T u and dY/dX of nets of all functions, against naive.h and against each other. */
#include "drawn_tmpl.h"

enum { NETS = 3 * ENDINGS };
static const struct limits limits = {.layers = 4, .width = 12, .batch = 12, .own = true};

/* ---- Directions, and what the library makes of them ---- */

/* v of theta, V of X, in the units of the net, and U of Y. */
struct directions {
    real *v, *V, *U;
    long double *v_wide, *V_wide, *U_wide;
};

static struct directions draw_directions(const struct drawn *drawn, uint64_t seed)
{
    struct rng rng = {seed};
    struct directions d;
    const size_t n = drawn->n_0 * drawn->B;
    d.v = draw_direction(&rng, drawn->P, &d.v_wide);
    d.V = draw_direction(&rng, n, &d.V_wide);
    d.U = draw_direction(&rng, drawn->n_L * drawn->B, &d.U_wide);
    for (size_t i = 0; i < n; i++) {
        d.V[i] /= (real)drawn->scaling[drawn->n_0 + i % drawn->n_0];
        d.V_wide[i] = (long double)d.V[i];
    }
    return d;
}

static void free_directions(struct directions *d)
{
    free(d->v);
    free(d->V);
    free(d->U);
    free(d->v_wide);
    free(d->V_wide);
    free(d->U_wide);
}

static out_t of_inputs(const struct drawn *drawn, real *X)
{
    return BPB(samples_out)(X, drawn->B, drawn->n_0);
}
static out_t of_outputs(const struct drawn *drawn, real *Y)
{
    return BPB(samples_out)(Y, drawn->B, drawn->n_L);
}
static const out_t left_out;

/* dY along v and V, either NULL; to be freed. */
static real *jvp_of(const struct drawn *drawn, const real *v, real *V)
{
    real *dY = make_dirty(drawn->n_L * drawn->B);
    const out_t its_V = V ? of_inputs(drawn, V) : left_out;
    assert_ok(BPB(jvp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn), v,
                       BPB(view_of)(its_V), left_out, of_outputs(drawn, dY)));
    return dY;
}

static void vjp_of(const struct drawn *drawn, real *U, real *gradient, real *dX)
{
    assert_ok(BPB(vjp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                       BPB(view_of)(of_outputs(drawn, U)), gradient,
                       dX ? of_inputs(drawn, dX) : left_out));
}

/* ---- Against the naive net ---- */

static void check_jvp_along(const struct drawn *drawn, const char *what,
                            const struct directions *d, bool by_theta, bool by_X)
{
    const size_t n = drawn->n_L * drawn->B;
    const long double *v = by_theta ? d->v_wide : NULL, *V = by_X ? d->V_wide : NULL;
    long double *want = make_wide(n), *nearby = make_wide(n);
    real *dY = jvp_of(drawn, by_theta ? d->v : NULL, by_X ? d->V : NULL);
    naive_jvp(&drawn->naive, &drawn->batch, v, V, want);
    naive_jvp(&drawn->naive, &drawn->nearby, v, V, nearby);
    assert_like(what, drawn->terms, n, dY, want, nearby);
    free(dY);
    free(want);
    free(nearby);
}

static void check_jvp(const struct drawn *drawn, void *user)
{
    struct directions d = draw_directions(drawn, 21);
    (void)user;
    check_jvp_along(drawn, "J v", &d, true, false);
    check_jvp_along(drawn, "J V", &d, false, true);
    check_jvp_along(drawn, "J (v, V)", &d, true, true);
    free_directions(&d);
}

static void jvp__equals_the_naive_one(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 11, check_jvp, NULL);
}

/* Y beside dY: the very outputs of a forward pass. */
static void check_jvp_outputs(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_L * drawn->B;
    struct directions d = draw_directions(drawn, 22);
    real *want = make_dirty(n), *Y = make_dirty(n), *dY = make_dirty(n);
    real *alone = jvp_of(drawn, d.v, d.V);
    (void)user;
    assert_ok(BPB(forward)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                           of_outputs(drawn, want)));
    assert_ok(BPB(jvp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn), d.v,
                       BPB(view_of)(of_inputs(drawn, d.V)), of_outputs(drawn, Y),
                       of_outputs(drawn, dY)));
    assert_same_bits(n, Y, want);
    assert_same_bits(n, dY, alone);
    free(want);
    free(Y);
    free(dY);
    free(alone);
    free_directions(&d);
}

static void jvp__gives_the_outputs_of_forward_beside_it(void **state)
{
    (void)state;
    with_each_net(&limits, ENDINGS, 12, check_jvp_outputs, NULL);
}

static void check_vjp(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B, P = drawn->P;
    struct directions d = draw_directions(drawn, 23);
    long double *want = make_wide(P + n), *nearby = make_wide(P + n);
    real *gradient = make_dirty(P), *dX = make_dirty(n), *alone = make_dirty(P + n);
    (void)user;
    naive_vjp(&drawn->naive, &drawn->batch, d.U_wide, want, want + P);
    naive_vjp(&drawn->naive, &drawn->nearby, d.U_wide, nearby, nearby + P);
    vjp_of(drawn, d.U, gradient, dX);
    assert_theta_like(drawn, "J^T u", gradient, want, nearby);
    assert_like("J^T u in X", drawn->terms, n, dX, want + P, nearby + P);
    vjp_of(drawn, d.U, alone, NULL);
    vjp_of(drawn, d.U, NULL, alone + P);
    assert_same_bits(P, alone, gradient);
    assert_same_bits(n, alone + P, dX);
    free(want);
    free(nearby);
    free(gradient);
    free(dX);
    free(alone);
    free_directions(&d);
}

static void vjp__equals_the_naive_one(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 13, check_vjp, NULL);
}

static void check_jacobian(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_L * drawn->n_0 * drawn->B;
    long double *want = make_wide(n), *nearby = make_wide(n);
    real *J = make_dirty(n);
    int *shapes = user;
    naive_jacobian(&drawn->naive, &drawn->batch, want);
    naive_jacobian(&drawn->naive, &drawn->nearby, nearby);
    assert_ok(BPB(jacobian)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            BPB(samples_out)(J, drawn->B, drawn->n_L * drawn->n_0)));
    assert_like("dY/dX", drawn->terms, n, J, want, nearby);
    shapes[(drawn->n_L > drawn->n_0) - (drawn->n_L < drawn->n_0) + 1]++;
    free(J);
    free(want);
    free(nearby);
}

static void jacobian__equals_the_naive_one(void **state)
{
    int shapes[3] = {0}; // n_L < n_0, =, >
    (void)state;
    with_each_net(&limits, NETS, 14, check_jacobian, shapes);
    assert_true(shapes[0] > 10 && shapes[1] > 0 && shapes[2] > 10);
}

/* Several slices of columns; with kinks, some would always be too near to one. */
static void derivatives__of_many_columns_equal_the_naive_ones(void **state)
{
    const struct limits many = {.layers = 3, .width = 12, .columns = 600, .analytic = true,
                                .own = true};
    int shapes[3] = {0};
    (void)state;
    with_each_net(&many, 12, 18, check_jvp, NULL);
    with_each_net(&many, 12, 19, check_vjp, NULL);
    with_each_net(&many, 12, 20, check_jacobian, shapes);
}

/* ---- Against each other ---- */

static long double dot(size_t n, const real *x, const real *y)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (long double)x[i] * (long double)y[i];
    return sum;
}

static long double size_of(size_t n, const real *x)
{
    return sqrtl(dot(n, x, x));
}

/* <u, J (v, V)> = <J^T u, (v, V)> */
static void check_dots(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B, n_Y = drawn->n_L * drawn->B, P = drawn->P;
    struct directions d = draw_directions(drawn, 24);
    real *dY = jvp_of(drawn, d.v, d.V), *gradient = make_dirty(P), *dX = make_dirty(n);
    (void)user;
    vjp_of(drawn, d.U, gradient, dX);
    const long double forward = dot(n_Y, d.U, dY);
    const long double backward = dot(P, gradient, d.v) + dot(n, dX, d.V);
    const long double scale = size_of(n_Y, d.U) * size_of(n_Y, dY) +
                              size_of(P, gradient) * size_of(P, d.v) +
                              size_of(n, dX) * size_of(n, d.V);
    assert_true(scale > 0);
    assert_true(fabsl(forward - backward) <= 50 * EPSILON * sqrtl(drawn->terms) * scale);
    free(dY);
    free(gradient);
    free(dX);
    free_directions(&d);
}

static void jvp_and_vjp__are_each_others_transpose(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 15, check_dots, NULL);
}

/* |sum - (2 x - 3 y)| against what rounding makes of them */
static void assert_combined(const struct drawn *drawn, size_t n, const real *sum, const real *x,
                            const real *y)
{
    long double *got = widen(n, sum), *want = make_wide(n);
    const long double scale = 2 * size_of(n, x) + 3 * size_of(n, y);
    for (size_t i = 0; i < n; i++)
        want[i] = 2 * (long double)x[i] - 3 * (long double)y[i];
    assert_true(distance(n, got, want) <= 16 * EPSILON * drawn->terms * scale);
    free(got);
    free(want);
}

/* z = 2 x - 3 y */
static void combine(size_t n, const real *x, const real *y, real *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = 2 * x[i] - 3 * y[i];
}

static void check_linear(const struct drawn *drawn, void *user)
{
    const size_t n = drawn->n_0 * drawn->B, n_Y = drawn->n_L * drawn->B, P = drawn->P;
    struct directions d = draw_directions(drawn, 25), e = draw_directions(drawn, 26),
                      f = draw_directions(drawn, 27);
    real *g[3] = {make_dirty(P), make_dirty(P), make_dirty(P)};
    (void)user;
    combine(P, d.v, e.v, f.v);
    combine(n, d.V, e.V, f.V);
    combine(n_Y, d.U, e.U, f.U);
    real *x = jvp_of(drawn, d.v, d.V), *y = jvp_of(drawn, e.v, e.V), *z = jvp_of(drawn, f.v, f.V);
    assert_combined(drawn, n_Y, z, x, y);
    vjp_of(drawn, d.U, g[0], NULL);
    vjp_of(drawn, e.U, g[1], NULL);
    vjp_of(drawn, f.U, g[2], NULL);
    assert_combined(drawn, P, g[2], g[0], g[1]);
    real *made[] = {x, y, z, g[0], g[1], g[2]};
    for (size_t i = 0; i < COUNT(made); i++)
        free(made[i]);
    free_directions(&d);
    free_directions(&e);
    free_directions(&f);
}

static void jvp_and_vjp__are_linear(void **state)
{
    (void)state;
    with_each_net(&limits, ENDINGS, 16, check_linear, NULL);
}

/* Where e = sum y: U of ones. */
static void check_sum(const struct drawn *drawn, void *user)
{
    const size_t n_Y = drawn->n_L * drawn->B;
    real *U = make_reals(n_Y), *of_ones = make_dirty(drawn->P), *gradient = make_dirty(drawn->P);
    (void)user;
    for (size_t i = 0; i < n_Y; i++)
        U[i] = 1;
    vjp_of(drawn, U, of_ones, NULL);
    assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            BPB(values)(BPB(view_of)(of_outputs(drawn, U))), gradient, NULL));
    for (size_t i = 0; i < drawn->P; i++)
        of_ones[i] /= (real)drawn->B;
    long double *wide = widen(drawn->P, of_ones);
    assert_theta_like(drawn, "of a sum", gradient, wide, wide);
    free(wide);
    free(U);
    free(of_ones);
    free(gradient);
}

static void vjp__of_ones_is_the_gradient_of_the_sum_of_outputs(void **state)
{
    const struct recipe recipe = {.L = 3, .n = {4, 6, 5, 3}, .B = 7, .n_T = 3,
                                  .g = {BPB_TANH, BPB_SILU, BPB_SOFTPLUS}, .loss = NAIVE_SUM,
                                  .leak = 0.125, .elu_alpha = 1, .huber_delta = 1};
    struct rng rng = {17};
    struct drawn drawn =
        make_drawn(&recipe, &(bpb_plan_options){.batch = 7, .derivatives = 1}, &rng);
    (void)state;
    check_sum(&drawn, NULL);
    free_drawn(&drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jvp__equals_the_naive_one),
        cmocka_unit_test(jvp__gives_the_outputs_of_forward_beside_it),
        cmocka_unit_test(vjp__equals_the_naive_one),
        cmocka_unit_test(jacobian__equals_the_naive_one),
        cmocka_unit_test(derivatives__of_many_columns_equal_the_naive_ones),
        cmocka_unit_test(jvp_and_vjp__are_each_others_transpose),
        cmocka_unit_test(jvp_and_vjp__are_linear),
        cmocka_unit_test(vjp__of_ones_is_the_gradient_of_the_sum_of_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
