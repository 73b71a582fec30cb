/* SPDX-License-Identifier: BSD-3-Clause */
/* Hessian and Gauss-Newton products, gradients of Jacobians and of Sobolev losses: naive.h. */
#include "drawn_tmpl.h"

enum { NETS = 3 * ENDINGS };
static const struct limits limits = {.layers = 4, .width = 10, .batch = 10, .own = true};
static const out_t left_out;

/* A product of a tangent and of a backward pass goes through the sums of both. */
static void assert_second_like(const struct drawn *drawn, const char *what, const real *got,
                               const long double *want, const long double *nearby)
{
    struct drawn twice = *drawn;
    twice.terms *= 2;
    assert_theta_like(&twice, what, got, want, nearby);
}

/* ---- H v ---- */

static real *hvp_of(const struct drawn *drawn, const real *v)
{
    real *Hv = make_dirty(drawn->P);
    assert_ok(BPB(hvp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                       drawn_targets(drawn), v, Hv, NULL, NULL));
    return Hv;
}

static void check_hvp(const struct drawn *drawn, void *user)
{
    struct rng rng = {31};
    long double *wide, *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    real *v = draw_direction(&rng, drawn->P, &wide), *Hv = hvp_of(drawn, v);
    (void)user;
    naive_hvp(&drawn->naive, &drawn->batch, wide, want);
    naive_hvp(&drawn->naive, &drawn->nearby, wide, nearby);
    assert_second_like(drawn, "H v", Hv, want, nearby);
    free(wide);
    free(want);
    free(nearby);
    free(v);
    free(Hv);
}

static void hvp__equals_the_naive_one(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 31, check_hvp, NULL);
}

/* Central differences of the naive gradient, (g(theta + h v) - g(theta - h v)) / 2h, are off by
 * h^2 = 1e-12 and eps / h = 1e-13. */
static void differences(const struct drawn *drawn, const long double *v, long double *Hv)
{
    const long double h = 1e-6L;
    long double *theta = make_wide(drawn->P), *low = make_wide(drawn->P);
    struct naive_batch moved = drawn->batch;
    moved.theta = theta;
    for (int side = -1; side <= 1; side += 2) {
        for (size_t i = 0; i < drawn->P; i++)
            theta[i] = drawn->theta_wide[i] + side * h * v[i];
        naive_gradient(&drawn->naive, &moved, NULL, side < 0 ? low : Hv, NULL);
    }
    for (size_t i = 0; i < drawn->P; i++)
        Hv[i] = (Hv[i] - low[i]) / (2 * h);
    free(theta);
    free(low);
}

static void check_differences(const struct drawn *drawn, void *user)
{
    struct rng rng = {32};
    long double *wide, *want = make_wide(drawn->P);
    real *v = draw_direction(&rng, drawn->P, &wide), *Hv = hvp_of(drawn, v);
    long double *got = widen(drawn->P, Hv);
    (void)user;
    differences(drawn, wide, want);
    const long double scale = norm(drawn->P, want);
    assert_true(scale > 0);
    assert_true(distance(drawn->P, got, want) <= BPB_SELECT(1e-8L, 1e-3L) * scale);
    free(got);
    free(wide);
    free(want);
    free(v);
    free(Hv);
}

static void hvp__equals_differences_of_the_gradient(void **state)
{
    const struct limits calm = {
        .layers = 3, .width = 8, .batch = 8, .analytic = true, .smooth = true};
    (void)state;
    with_each_net(&calm, 40, 32, check_differences, NULL);
}

/* <u, x> and its size */
static long double dot(size_t n, const long double *x, const real *y)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * (long double)y[i];
    return sum;
}

static void assert_symmetric(const struct drawn *drawn, const long double *u, const real *of_v,
                             const long double *v, const real *of_u)
{
    long double *a = widen(drawn->P, of_v), *b = widen(drawn->P, of_u);
    const long double scale = norm(drawn->P, u) * norm(drawn->P, a) +
                              norm(drawn->P, v) * norm(drawn->P, b);
    const long double apart = fabsl(dot(drawn->P, u, of_v) - dot(drawn->P, v, of_u));
    assert_true(apart <= 50 * EPSILON * sqrtl(drawn->terms) * scale);
    free(a);
    free(b);
}

static void check_symmetry(const struct drawn *drawn, void *user)
{
    struct rng rng = {33};
    long double *u_wide, *v_wide;
    real *u = draw_direction(&rng, drawn->P, &u_wide), *v = draw_direction(&rng, drawn->P, &v_wide);
    real *Hu = hvp_of(drawn, u), *Hv = hvp_of(drawn, v);
    (void)user;
    assert_symmetric(drawn, u_wide, Hv, v_wide, Hu);
    free(u);
    free(v);
    free(u_wide);
    free(v_wide);
    free(Hu);
    free(Hv);
}

static void hvp__is_symmetric(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 33, check_symmetry, NULL);
}

static void check_beside(const struct drawn *drawn, void *user)
{
    struct rng rng = {34};
    long double *wide;
    real *v = draw_direction(&rng, drawn->P, &wide), *alone = hvp_of(drawn, v);
    real *Hv = make_dirty(drawn->P), *gradient = make_dirty(drawn->P), *want = make_dirty(drawn->P);
    double E = 0, want_E = 1;
    (void)user;
    assert_ok(BPB(hvp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                       drawn_targets(drawn), v, Hv, gradient, &E));
    assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            drawn_targets(drawn), want, &want_E));
    assert_same_bits(drawn->P, Hv, alone);
    assert_same_bits(drawn->P, gradient, want);
    assert_true(E == want_E);
    free(wide);
    free(v);
    free(alone);
    free(Hv);
    free(gradient);
    free(want);
}

static void hvp__gives_loss_and_gradient_beside_it(void **state)
{
    (void)state;
    with_each_net(&limits, ENDINGS, 34, check_beside, NULL);
}

/* ---- G v ---- */

static real *gnvp_of(const struct drawn *drawn, const real *v)
{
    real *Gv = make_dirty(drawn->P);
    assert_ok(BPB(gnvp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                        drawn_targets(drawn), v, Gv));
    return Gv;
}

static void check_gnvp(const struct drawn *drawn, void *user)
{
    struct rng rng = {35};
    long double *u_wide, *v_wide, *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    real *u = draw_direction(&rng, drawn->P, &u_wide), *v = draw_direction(&rng, drawn->P, &v_wide);
    real *Gu = gnvp_of(drawn, u), *Gv = gnvp_of(drawn, v);
    (void)user;
    naive_gnvp(&drawn->naive, &drawn->batch, v_wide, want);
    naive_gnvp(&drawn->naive, &drawn->nearby, v_wide, nearby);
    assert_second_like(drawn, "G v", Gv, want, nearby);
    assert_symmetric(drawn, u_wide, Gv, v_wide, Gu);
    if (drawn->recipe.loss != BPB_GAUSSIAN) // the only loss that is not convex
        assert_true(dot(drawn->P, v_wide, Gv) >= -50 * EPSILON * sqrtl(drawn->terms) *
                                                     norm(drawn->P, v_wide) * norm(drawn->P, want));
    real *made[] = {u, v, Gu, Gv};
    long double *wide[] = {u_wide, v_wide, want, nearby};
    for (size_t i = 0; i < 4; i++) {
        free(made[i]);
        free(wide[i]);
    }
}

static void gnvp__equals_the_naive_one_and_is_semi_definite(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 35, check_gnvp, NULL);
}

/* Where y is linear in theta, no curvature but the loss's is left: L = 1, identity. */
static void check_linear_net(const struct drawn *drawn, void *user)
{
    struct rng rng = {36};
    long double *wide;
    real *v = draw_direction(&rng, drawn->P, &wide), *Hv = hvp_of(drawn, v);
    real *Gv = gnvp_of(drawn, v);
    long double *want = widen(drawn->P, Hv);
    (void)user;
    assert_theta_like(drawn, "G v", Gv, want, want);
    free(wide);
    free(v);
    free(Hv);
    free(Gv);
    free(want);
}

static void gnvp__of_a_linear_net_is_hvp(void **state)
{
    const struct limits linear = {.layers = 1, .width = 12, .batch = 12};
    struct rng rng = {36};
    (void)state;
    for (size_t c = 0; c < ENDINGS; c++) {
        const struct recipe recipe = draw_recipe(&rng, &linear, c);
        const bool of_Z = recipe.loss >= BPB_POISSON || recipe.loss == BPB_CROSS_ENTROPY;
        if (recipe.g[0] != BPB_IDENTITY && !of_Z)
            continue;
        struct drawn drawn = make_drawn(
            &recipe, &(bpb_plan_options){.batch = recipe.B, .derivatives = 1}, &rng);
        check_linear_net(&drawn, NULL);
        free_drawn(&drawn);
    }
}

/* ---- The gradient of a function of Y and dY/dX ---- */

/* U and D of a net, D of the order of 1 in its units: X may be of any. */
struct pulls {
    real *U, *D;
    long double *U_wide, *D_wide;
};

static struct pulls draw_pulls(const struct drawn *drawn, uint64_t seed)
{
    const size_t n_L = drawn->n_L, n = n_L * drawn->n_0 * drawn->B;
    struct rng rng = {seed};
    struct pulls pulls;
    pulls.U = draw_direction(&rng, n_L * drawn->B, &pulls.U_wide);
    pulls.D = draw_direction(&rng, n, &pulls.D_wide);
    for (size_t i = 0; i < n; i++) {
        pulls.D[i] /= (real)drawn->scaling[drawn->n_0 + i / n_L % drawn->n_0];
        pulls.D_wide[i] = (long double)pulls.D[i];
    }
    return pulls;
}

static void free_pulls(struct pulls *pulls)
{
    free(pulls->U);
    free(pulls->D);
    free(pulls->U_wide);
    free(pulls->D_wide);
}

static void naive_pull(const struct drawn *drawn, const struct naive_batch *batch,
                       const struct pulls *pulls, bool with_U, bool with_D, long double *gradient)
{
    long double *dX = make_wide(drawn->n_0 * drawn->B);
    if (with_U)
        naive_vjp(&drawn->naive, batch, pulls->U_wide, gradient, dX);
    if (with_D)
        naive_jacobian_vjp(&drawn->naive, batch, pulls->D_wide, gradient);
    free(dX);
}

static void check_pull(const struct drawn *drawn, const struct pulls *pulls, const char *what,
                       bool with_U, bool with_D)
{
    long double *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    real *gradient = make_dirty(drawn->P);
    const out_t U = BPB(samples_out)(pulls->U, drawn->B, drawn->n_L);
    const out_t D = BPB(samples_out)(pulls->D, drawn->B, drawn->n_L * drawn->n_0);
    assert_ok(BPB(jacobian_vjp)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                                BPB(view_of)(with_U ? U : left_out), BPB(view_of)(with_D ? D : left_out),
                                gradient));
    naive_pull(drawn, &drawn->batch, pulls, with_U, with_D, want);
    naive_pull(drawn, &drawn->nearby, pulls, with_U, with_D, nearby);
    assert_second_like(drawn, what, gradient, want, nearby);
    free(want);
    free(nearby);
    free(gradient);
}

static void check_pulls(const struct drawn *drawn, void *user)
{
    struct pulls pulls = draw_pulls(drawn, 37);
    int *shapes = user;
    check_pull(drawn, &pulls, "U", true, false);
    check_pull(drawn, &pulls, "D", false, true);
    check_pull(drawn, &pulls, "U and D", true, true);
    shapes[drawn->n_L == 1 ? 0 : drawn->n_L < drawn->n_0 ? 1 : drawn->n_L > drawn->n_0 ? 2 : 3]++;
    free_pulls(&pulls);
}

static void jacobian_vjp__equals_the_naive_one(void **state)
{
    int shapes[4] = {0}; // n_L = 1, < n_0, > n_0, = n_0
    (void)state;
    with_each_net(&limits, NETS, 37, check_pulls, shapes);
    for (size_t i = 0; i < 4; i++)
        assert_true(shapes[i] > 0);
}

/* ---- Sobolev ---- */

struct slopes {
    real *dT;
    long double *wide;
    double strength;
    bool masked;
};

static struct slopes draw_slopes(const struct drawn *drawn, bool masked)
{
    const size_t n_L = drawn->n_L, n = n_L * drawn->n_0 * drawn->B;
    struct rng rng = {38};
    struct slopes slopes = {.strength = 0.75, .masked = masked};
    slopes.dT = draw_direction(&rng, n, &slopes.wide);
    for (size_t i = 0; i < n; i++) {
        slopes.dT[i] *= (real)drawn->scaling[drawn->n_0 + i / n_L % drawn->n_0];
        if (masked && chance(&rng, 4))
            slopes.dT[i] = (real)NAN;
        slopes.wide[i] = (long double)slopes.dT[i];
    }
    return slopes;
}

/* E and its gradient: D = w_j/B strength (dy_j/dx_j - dT_j), and that of e. */
static long double naive_sobolev(const struct drawn *drawn, const struct naive_batch *batch,
                                 const struct slopes *slopes, long double *gradient)
{
    const size_t of_column = drawn->n_L * drawn->n_0, n = of_column * drawn->B;
    long double *D = make_wide(n), E = naive_gradient(&drawn->naive, batch, NULL, gradient, NULL);
    naive_jacobian(&drawn->naive, batch, D);
    for (size_t i = 0; i < n; i++) {
        const long double w = batch->weights ? batch->weights[i / of_column] : 1;
        const long double factor = w / drawn->B * slopes->strength;
        const long double miss = isnan(slopes->wide[i]) ? 0 : D[i] - slopes->wide[i];
        E += factor * miss * miss / 2;
        D[i] = factor * miss;
    }
    naive_jacobian_vjp(&drawn->naive, batch, D, gradient);
    free(D);
    return E;
}

static void check_sobolev_with(const struct drawn *drawn, bool masked)
{
    struct slopes slopes = draw_slopes(drawn, masked);
    long double *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    real *gradient = make_dirty(drawn->P);
    targets_t dT = BPB(values)(BPB(samples)(slopes.dT, drawn->B, drawn->n_L * drawn->n_0));
    double E = 0;
    dT.masked = masked;
    assert_ok(BPB(sobolev)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                           drawn_targets(drawn), dT, slopes.strength, gradient, &E));
    const long double want_E = naive_sobolev(drawn, &drawn->batch, &slopes, want);
    naive_sobolev(drawn, &drawn->nearby, &slopes, nearby);
    assert_second_like(drawn, "Sobolev", gradient, want, nearby);
    assert_true(fabsl((long double)E - want_E) <= 32 * EPSILON * drawn->terms * fabsl(want_E));
    free(slopes.dT);
    free(slopes.wide);
    free(want);
    free(nearby);
    free(gradient);
}

static void check_sobolev(const struct drawn *drawn, void *user)
{
    (void)user;
    check_sobolev_with(drawn, false);
    check_sobolev_with(drawn, true);
}

static void sobolev__equals_the_naive_one(void **state)
{
    (void)state;
    with_each_net(&limits, NETS, 38, check_sobolev, NULL);
}

/* Without strength it is the gradient. */
static void check_weak(const struct drawn *drawn, void *user)
{
    struct slopes slopes = draw_slopes(drawn, false);
    real *gradient = make_dirty(drawn->P), *want = make_dirty(drawn->P);
    double E = 0, want_E = 1;
    const targets_t dT = BPB(values)(BPB(samples)(slopes.dT, drawn->B, drawn->n_L * drawn->n_0));
    (void)user;
    assert_ok(BPB(sobolev)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                           drawn_targets(drawn), dT, 0, gradient, &E));
    assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            drawn_targets(drawn), want, &want_E));
    long double *wide = widen(drawn->P, want);
    assert_theta_like(drawn, "Sobolev of strength 0", gradient, wide, wide);
    assert_true(E == want_E);
    free(wide);
    free(slopes.dT);
    free(slopes.wide);
    free(gradient);
    free(want);
}

static void sobolev__of_no_strength_is_the_gradient(void **state)
{
    (void)state;
    with_each_net(&limits, ENDINGS, 39, check_weak, NULL);
}

/* ---- Several slices of columns: with kinks, some would always be too near to one ---- */

static void second_order__of_many_columns_equals_the_naive_one(void **state)
{
    const struct limits many = {.layers = 3, .width = 8, .columns = 600, .analytic = true,
                                .own = true};
    int shapes[4] = {0};
    (void)state;
    with_each_net(&many, 8, 40, check_hvp, NULL);
    with_each_net(&many, 8, 41, check_gnvp, NULL);
    with_each_net(&many, 8, 42, check_pulls, shapes);
    with_each_net(&many, 8, 43, check_sobolev, NULL);
}

/* ---- Inputs of any unit ---- */

/* The inputs, their shift and factor of a net in a unit that is so much larger. */
static void change_unit(struct drawn *drawn, double unit)
{
    const size_t n_0 = drawn->n_0;
    double *scaling = allocate(2 * n_0, sizeof *scaling);
    for (size_t k = 0; k < 2 * n_0; k++) {
        const double of_net = (double)drawn->scaling[k];
        scaling[k] = k < n_0 ? of_net * unit : of_net / unit;
        drawn->scaling[k] = (long double)scaling[k];
    }
    assert_ok(BPB(net_set_scaling)(drawn->machine.net, BPB_INPUTS, scaling, scaling + n_0));
    for (size_t i = 0; i < n_0 * drawn->B; i++) {
        drawn->X[i] = (real)((double)drawn->X[i] * unit);
        drawn->X_wide[i] = (long double)drawn->X[i];
        drawn->X_nearby[i] = drawn->X_wide[i] * (1 + (i % 3) * MOVED);
    }
    free(scaling);
}

static void check_unit(uint64_t seed, double unit)
{
    struct rng rng = {seed};
    struct recipe recipe = draw_recipe(&rng, &limits, seed);
    recipe.scaled_in = true;
    struct drawn drawn =
        make_drawn(&recipe, &(bpb_plan_options){.batch = recipe.B, .derivatives = 1}, &rng);
    change_unit(&drawn, unit);
    struct pulls pulls = draw_pulls(&drawn, seed);
    check_pull(&drawn, &pulls, "D", false, true);
    check_pull(&drawn, &pulls, "U and D", true, true);
    free_pulls(&pulls);
    free_drawn(&drawn);
}

static void jacobian_vjp__is_right_for_inputs_of_any_unit(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < ENDINGS; seed++) {
        check_unit(seed, 1e-19);
        check_unit(seed, 1e20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hvp__equals_the_naive_one),
        cmocka_unit_test(hvp__equals_differences_of_the_gradient),
        cmocka_unit_test(hvp__is_symmetric),
        cmocka_unit_test(hvp__gives_loss_and_gradient_beside_it),
        cmocka_unit_test(gnvp__equals_the_naive_one_and_is_semi_definite),
        cmocka_unit_test(gnvp__of_a_linear_net_is_hvp),
        cmocka_unit_test(jacobian_vjp__equals_the_naive_one),
        cmocka_unit_test(jacobian_vjp__is_right_for_inputs_of_any_unit),
        cmocka_unit_test(sobolev__equals_the_naive_one),
        cmocka_unit_test(second_order__of_many_columns_equals_the_naive_one),
        cmocka_unit_test(sobolev__of_no_strength_is_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
