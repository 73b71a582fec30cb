/* SPDX-License-Identifier: BSD-3-Clause */
/* Nets in float whose inputs, targets and outputs are doubles of the caller. */
#include "support_tmpl.h"

enum { N_IN = 6, N_OUT = 3, B = 90, P_MOST = 200 };
static const size_t sizes[] = {N_IN, 11, N_OUT};
static float x_floats[N_IN * B], t_floats[N_OUT * B];
static double x_doubles[N_IN * B], t_doubles[N_OUT * B];

static bpbf_view floats(const float *data, size_t n)
{
    return bpbf_samples(data, B, n);
}
static bpbf_view doubles(const double *data, size_t n)
{
    return (bpbf_view){.doubles = data, .rows = n, .cols = B};
}
static bpbf_out doubles_out(double *data, size_t n)
{
    return (bpbf_out){.doubles = data, .rows = n, .cols = B};
}

static struct machine machine(void)
{
    return make_machine(&(bpb_net_options){.sizes = sizes,
                                           .n_sizes = 3,
                                           .hidden = BPB_TANH,
                                           .output = BPB_IDENTITY,
                                           .init = BPB_INIT_GLOROT_UNIFORM,
                                           .seed = 8},
                        &(bpb_plan_options){.batch = B, .derivatives = 1});
}

/* Doubles that are floats: every call gives the bits that it gives of floats. */
static void doubles__that_are_floats_give_the_same_bits(void **state)
{
    (void)state;
    struct machine m = machine();
    const size_t P = bpbf_net_parameters(m.net);
    const bpbf_view X = floats(x_floats, N_IN), X_too = doubles(x_doubles, N_IN);
    const bpbf_targets T = bpbf_values(floats(t_floats, N_OUT));
    const bpbf_targets T_too = bpbf_values(doubles(t_doubles, N_OUT));
    float Y[N_OUT * B], G[P_MOST], G_too[P_MOST], dX[N_IN * B];
    double Y_too[N_OUT * B], dX_too[N_IN * B], E, E_too;
    assert_ok(bpbf_forward(m.net, m.work, X, bpbf_samples_out(Y, B, N_OUT)));
    assert_ok(bpbf_forward(m.net, m.work, X_too, doubles_out(Y_too, N_OUT)));
    for (size_t k = 0; k < N_OUT * B; k++)
        assert_true(Y_too[k] == (double)Y[k]);
    assert_ok(bpbf_predict(m.net, X_too, doubles_out(Y_too, N_OUT), NULL));
    for (size_t k = 0; k < N_OUT * B; k++)
        assert_true(Y_too[k] == (double)Y[k]);
    assert_ok(bpbf_gradient_x(m.net, m.work, X, T, G, bpbf_samples_out(dX, B, N_IN), &E));
    assert_ok(
        bpbf_gradient_x(m.net, m.work, X_too, T_too, G_too, doubles_out(dX_too, N_IN), &E_too));
    assert_same_bits(P, G_too, G);
    for (size_t k = 0; k < N_IN * B; k++)
        assert_true(dX_too[k] == (double)dX[k]);
    assert_true(E == E_too);
    free_machine(&m);
}

/* Fields at 1e9 with a spread of 1: a float near 1e9 has a spacing of 64. */
static void doubles__are_scaled_before_they_are_rounded(void **state)
{
    (void)state;
    const double shift[N_IN] = {1e9, -1e9, 3e8, 1e9, 2e9, 5e8};
    const double out_shift[N_OUT] = {4e9, 1e9, -7e8}, factor[N_OUT] = {1, 2, 0.5};
    double fields[N_IN * B], Y[N_OUT * B], targets[N_OUT * B], E, E_plain;
    float want[N_OUT * B];
    struct machine m = machine(), plain = machine();
    for (size_t k = 0; k < N_IN * B; k++)
        fields[k] = shift[k % N_IN] + x_doubles[k];
    for (size_t k = 0; k < N_OUT * B; k++)
        targets[k] = out_shift[k % N_OUT] + factor[k % N_OUT] * t_doubles[k];
    assert_ok(bpbf_net_set_scaling(m.net, BPB_INPUTS, shift, NULL));
    assert_ok(bpbf_net_set_scaling(m.net, BPB_OUTPUTS, out_shift, factor));
    assert_ok(bpbf_forward(plain.net, plain.work, floats(x_floats, N_IN),
                           bpbf_samples_out(want, B, N_OUT)));
    assert_ok(bpbf_forward(m.net, m.work, doubles(fields, N_IN), doubles_out(Y, N_OUT)));
    for (size_t k = 0; k < N_OUT * B; k++) {
        const double y = out_shift[k % N_OUT] + factor[k % N_OUT] * (double)want[k];
        assert_true(fabs(Y[k] - y) <= 2e-6); /* 4e9 in double has a spacing of 4.8e-7 */
    }
    assert_ok(bpbf_loss(plain.net, plain.work, floats(x_floats, N_IN),
                        bpbf_values(floats(t_floats, N_OUT)), &E_plain));
    assert_ok(
        bpbf_loss(m.net, m.work, doubles(fields, N_IN), bpbf_values(doubles(targets, N_OUT)), &E));
    assert_true(fabs(E - E_plain) <= 1e-5 * E_plain);
    free_machine(&m);
    free_machine(&plain);
}

/* mean and variance of x_j = 1e9 + j % 2 in one row: 1e9 + 0.5 and 0.25 */
static void standardise__of_doubles(void **state)
{
    (void)state;
    static const size_t one[] = {1, 1};
    double x[B], t[B];
    float x_too[B];
    bpbf_net *net = NULL;
    for (size_t j = 0; j < B; j++) {
        x[j] = 1e9 + (double)(j % 2);
        t[j] = j % 2 ? 3 : -1;
        x_too[j] = (float)(j % 2);
    }
    assert_ok(bpbf_net_create(
        &net, &(bpb_net_options){.sizes = one, .n_sizes = 2, .output = BPB_IDENTITY}));
    assert_ok(bpbf_net_standardise(net, doubles(x, 1), bpbf_values(doubles(t, 1))));
    const double *in = bpbf_net_scaling(net, BPB_INPUTS), *out = bpbf_net_scaling(net, BPB_OUTPUTS);
    assert_true(in[0] == 1e9 + 0.5 && in[1] == 2 && out[0] == 1 && out[1] == 2);
    assert_ok(bpbf_net_standardise(net, floats(x_too, 1), bpbf_classes(doubles(t, 1))));
    in = bpbf_net_scaling(net, BPB_INPUTS);
    out = bpbf_net_scaling(net, BPB_OUTPUTS);
    assert_true(in[0] == 0.5 && in[1] == 2 && out[0] == 1 && out[1] == 2); /* classes: as before */
    x[3] = (double)NAN;
    assert_int_equal(bpbf_net_standardise(net, doubles(x, 1), (bpbf_targets){0}), BPB_NONFINITE);
    assert_true(bpbf_net_scaling(net, BPB_INPUTS)[0] == 0.5);
    bpbf_net_destroy(&net);
}

static void train__of_doubles_gives_the_bits_of_floats(void **state)
{
    (void)state;
    const bpb_train_options run = {.eta = 0.1, .batch = 8, .epochs = 3, .seed = 5};
    struct machine m = machine(), too = machine();
    const bpbf_data data = {
        .train = {.X = floats(x_floats, N_IN), .T = bpbf_values(floats(t_floats, N_OUT))}};
    const bpbf_data data_too = {
        .train = {.X = doubles(x_doubles, N_IN), .T = bpbf_values(doubles(t_doubles, N_OUT))}};
    assert_ok(bpbf_train(m.net, &data, &run, NULL));
    assert_ok(bpbf_train(too.net, &data_too, &run, NULL));
    assert_same_bits(bpbf_net_parameters(m.net), bpbf_net_ctheta(too.net), bpbf_net_ctheta(m.net));
    free_machine(&m);
    free_machine(&too);
}

static void doubles__and_data_at_once_are_refused(void **state)
{
    (void)state;
    struct machine m = machine();
    float y[N_OUT * B] = {7};
    bpbf_view both = floats(x_floats, N_IN);
    both.doubles = x_doubles;
    assert_true(bpbf_forward(m.net, m.work, both, bpbf_samples_out(y, B, N_OUT)) < 0);
    assert_true(bpbf_forward(m.net, m.work, (bpbf_view){.rows = N_IN, .cols = B},
                             bpbf_samples_out(y, B, N_OUT)) == BPB_ERR_NULL);
    x_doubles[4] = (double)INFINITY;
    bpb_where where;
    assert_int_equal(bpbf_find_nonfinite(doubles(x_doubles, N_IN), &where), BPB_NONFINITE);
    assert_true(where.row == 4 && where.col == 0);
    x_doubles[4] = (double)x_floats[4];
    assert_true(y[0] == 7);
    free_machine(&m);
}

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {31};
    fill_uniform(&rng, COUNT(x_floats), -1, 1, x_floats);
    fill_uniform(&rng, COUNT(t_floats), -1, 1, t_floats);
    for (size_t k = 0; k < COUNT(x_floats); k++) {
        x_floats[k] = roundf(x_floats[k] * 65536) / 65536; /* so that 1e9 + x is exact in double */
        x_doubles[k] = (double)x_floats[k];
    }
    for (size_t k = 0; k < COUNT(t_floats); k++)
        t_doubles[k] = (double)t_floats[k];
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles__that_are_floats_give_the_same_bits),
        cmocka_unit_test(doubles__are_scaled_before_they_are_rounded),
        cmocka_unit_test(standardise__of_doubles),
        cmocka_unit_test(train__of_doubles_gives_the_bits_of_floats),
        cmocka_unit_test(doubles__and_data_at_once_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
