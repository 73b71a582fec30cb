/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of a caller's own in all their forms, in place of the library's: against naive.h. */
#include "drawn_tmpl.h"

/* ---- tanh by its outputs alone, element-wise and of whole matrices ---- */

static void tanh_f(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = BPB_SELECT(tanh, tanhf)(z[i]);
}

/* The context is 1, to see that it arrives. */
static void tanh_df(const void *context, size_t n, const real *z, const real *a, real *df)
{
    (void)z;
    for (size_t i = 0; i < n; i++)
        df[i] = *(const real *)context * (1 - a[i]) * (1 + a[i]);
}

static void tanh_d2f(const void *context, size_t n, const real *z, const real *a, real *d2f)
{
    (void)context, (void)z;
    for (size_t i = 0; i < n; i++)
        d2f[i] = -2 * a[i] * ((1 - a[i]) * (1 + a[i]));
}

static void tanh_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    tanh_f(context, n * B, Z, A);
}

static void tanh_through(const void *context, size_t n, size_t B, const real *Z, const real *A,
                         real *D)
{
    (void)context, (void)Z;
    for (size_t i = 0; i < n * B; i++)
        D[i] *= (1 - A[i]) * (1 + A[i]);
}

static void tanh_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                        const real *D, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t i = 0; i < n * B; i++)
        H[i] += -2 * A[i] * ((1 - A[i]) * (1 + A[i])) * D[i] * V[i];
}

static const real one = 1;
static const activation_function_t tanhs[] = {
    {.name = "by-entries", .context = &one, .of_A = 1, .f = tanh_f, .df = tanh_df, .d2f = tanh_d2f},
    {.name = "by-matrices",
     .of_A = 1,
     .value = tanh_value,
     .vjp = tanh_through,
     .jvp = tanh_through,
     .second = tanh_second},
};

/* ---- Gaussian loss, whose targets have two outputs each, in A ---- */

static void gaussian_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++) {
        e[j] = 0;
        for (size_t i = 0; i < n / 2; i++, A += 2, T++) {
            const double miss = (double)*T - (double)A[0], s = (double)A[1];
            e[j] += (s + miss * miss * exp(-s)) / 2;
        }
    }
}

static void gaussian_gradient(const void *context, size_t n, size_t B, const real *Z,
                              const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t i = 0; i < n / 2 * B; i++, A += 2, D += 2) {
        const real miss = A[0] - T[i], precision = BPB_SELECT(exp, expf)(-A[1]);
        D[0] = miss * precision;
        D[1] = (1 - miss * miss * precision) / 2;
    }
}

static void gaussian_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            const real *T, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t i = 0; i < n / 2 * B; i++, A += 2, V += 2, H += 2) {
        const real miss = A[0] - T[i], precision = BPB_SELECT(exp, expf)(-A[1]);
        H[0] = precision * (V[0] - miss * V[1]);
        H[1] = precision * (miss * miss / 2 * V[1] - miss * V[0]);
    }
}

static const loss_function_t own_gaussian = {.name = "own-gaussian",
                                             .group = 2,
                                             .value = gaussian_value,
                                             .gradient = gaussian_gradient,
                                             .second = gaussian_second};

/* ---- All orders of a net against the naive one ---- */

static void check_gradient(const struct drawn *drawn, long double *want, long double *nearby)
{
    real *gradient = make_dirty(drawn->P);
    double E = 0;
    const long double want_E = naive_gradient(&drawn->naive, &drawn->batch, NULL, want, NULL);
    naive_gradient(&drawn->naive, &drawn->nearby, NULL, nearby, NULL);
    assert_ok(BPB(gradient)(drawn->machine.net, drawn->machine.work, drawn_inputs(drawn),
                            drawn_targets(drawn), gradient, &E));
    assert_theta_like(drawn, "gradient", gradient, want, nearby);
    assert_true(fabsl((long double)E - want_E) <= 16 * EPSILON * drawn->terms * fabsl(want_E));
    free(gradient);
}

static void check_curvature(const struct drawn *drawn, long double *want, long double *nearby)
{
    struct rng rng = {61};
    long double *wide;
    real *v = draw_direction(&rng, drawn->P, &wide), *product = make_dirty(drawn->P);
    const struct machine *machine = &drawn->machine;
    const view_t X = drawn_inputs(drawn);
    const targets_t T = drawn_targets(drawn);
    struct drawn twice = *drawn;
    twice.terms *= 2;
    assert_ok(BPB(hvp)(machine->net, machine->work, X, T, v, product, NULL, NULL));
    naive_hvp(&drawn->naive, &drawn->batch, wide, want);
    naive_hvp(&drawn->naive, &drawn->nearby, wide, nearby);
    assert_theta_like(&twice, "H v", product, want, nearby);
    assert_ok(BPB(gnvp)(machine->net, machine->work, X, T, v, product));
    naive_gnvp(&drawn->naive, &drawn->batch, wide, want);
    naive_gnvp(&drawn->naive, &drawn->nearby, wide, nearby);
    assert_theta_like(&twice, "G v", product, want, nearby);
    free(wide);
    free(v);
    free(product);
}

/* A plan for the functions that the net has by now. */
static void plan_again(struct drawn *drawn)
{
    BPB(work_destroy)(&drawn->machine.work);
    BPB(plan_destroy)(&drawn->machine.plan);
    plan_machine(&drawn->machine, &(bpb_plan_options){.batch = drawn->B, .derivatives = 1});
}

static void check_all(struct drawn *drawn)
{
    long double *want = make_wide(drawn->P), *nearby = make_wide(drawn->P);
    plan_again(drawn);
    check_gradient(drawn, want, nearby);
    check_curvature(drawn, want, nearby);
    free(want);
    free(nearby);
}

static const struct recipe tanh_net = {.L = 3, .n = {4, 7, 5, 4}, .B = 9, .n_T = 4,
                                       .g = {BPB_TANH, BPB_TANH, BPB_TANH}, .loss = BPB_SQUARED,
                                       .leak = 0.125, .elu_alpha = 1, .huber_delta = 1,
                                       .weighted = true, .masked = true, .scaled_out = true};

static struct drawn draw_net(const struct recipe *recipe, uint64_t seed)
{
    struct rng rng = {seed};
    return make_drawn(recipe, NULL, &rng);
}

static void own_activations__that_look_at_outputs_equal_tanh(void **state)
{
    (void)state;
    for (size_t form = 0; form < COUNT(tanhs); form++)
        for (size_t l = 0; l <= 3; l++) { // of one layer, 0: of all
            struct drawn drawn = draw_net(&tanh_net, 61 + l);
            for (size_t k = 1; k <= 3; k++)
                if (l == 0 || l == k)
                    assert_ok(BPB(net_set_activation)(drawn.machine.net, k, &tanhs[form]));
            check_all(&drawn);
            free_drawn(&drawn);
        }
}

static void own_loss__of_groups_equals_gaussian(void **state)
{
    struct recipe recipe = tanh_net;
    (void)state;
    recipe.g[2] = BPB_IDENTITY;
    recipe.loss = BPB_GAUSSIAN;
    recipe.n_T = 2;
    for (uint64_t seed = 71; seed < 79; seed++) {
        struct drawn drawn = draw_net(&recipe, seed);
        assert_ok(BPB(net_set_loss)(drawn.machine.net, &own_gaussian));
        assert_int_equal(BPB(net_loss)(drawn.machine.net).n_targets, 2);
        check_all(&drawn);
        free_drawn(&drawn);
    }
}

/* ---- A loss of Z: the output's second derivative is none of its business ---- */

static void as_it_is(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    if (a != z)
        memcpy(a, z, n * sizeof *a);
}

static void slope_one(const void *context, size_t n, const real *z, const real *a, real *df)
{
    (void)context, (void)z, (void)a;
    for (size_t i = 0; i < n; i++)
        df[i] = 1;
}

/* With an identity at the output, derivatives in Z are those in A. */
static void own_loss__of_Z_needs_no_second_derivative_of_the_output(void **state)
{
    const activation_function_t output = {.name = "as-it-is", .f = as_it_is, .df = slope_one};
    loss_function_t loss = own_total;
    struct recipe recipe = tanh_net;
    (void)state;
    recipe.g[2] = BPB_IDENTITY;
    recipe.loss = NAIVE_TOTAL;
    struct drawn drawn = draw_net(&recipe, 81);
    real *Hv = make_dirty(drawn.P);
    assert_ok(BPB(net_set_activation)(drawn.machine.net, 3, &output));
    loss.of_Z = 1;
    assert_ok(BPB(net_set_loss)(drawn.machine.net, &loss));
    check_all(&drawn);
    loss.of_Z = 0;
    assert_ok(BPB(net_set_loss)(drawn.machine.net, &loss));
    plan_again(&drawn);
    assert_int_equal(BPB(hvp)(drawn.machine.net, drawn.machine.work, drawn_inputs(&drawn),
                              drawn_targets(&drawn), BPB(net_ctheta)(drawn.machine.net), Hv, NULL,
                              NULL),
                     BPB_ERR_NO_SECOND);
    assert_non_null(strstr(bpb_error(), "as-it-is of layer 3"));
    free(Hv);
    free_drawn(&drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_activations__that_look_at_outputs_equal_tanh),
        cmocka_unit_test(own_loss__of_groups_equals_gaussian),
        cmocka_unit_test(own_loss__of_Z_needs_no_second_derivative_of_the_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
