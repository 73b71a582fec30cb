/* SPDX-License-Identifier: BSD-3-Clause */
/* What a pass leaves in its work, and what a copy of a net has. */
#include "own_tmpl.h"

enum { L = 3, B = 7, P_MOST = 200 };
static const size_t units[] = {5, 6, 4, 3};
static real x_values[5 * B], t_values[3 * B], v_values[P_MOST], gradient[P_MOST], Hv[P_MOST],
    Y[3 * B];

static const bpb_activation functions[] = {BPB_TANH, BPB_SILU, BPB_SIGMOID};
static const bpb_net_options options = {.sizes = units,
                                        .n_sizes = L + 1,
                                        .activations = functions,
                                        .init = BPB_INIT_GLOROT_UNIFORM,
                                        .seed = 5};

static view_t X(void)
{
    return BPB(samples)(x_values, B, 5);
}
static view_t T(void)
{
    return BPB(samples)(t_values, B, 3);
}

static struct machine machine_with(int keep_Z)
{
    return make_machine(&options, &(bpb_plan_options){.batch = B + 3, .derivatives = 1,
                                                      .keep_Z = keep_Z});
}

/* ---- By hand ---- */

static long double g(size_t l, long double z)
{
    return l == 1 ? tanhl(z) : l == 2 ? z / (1 + expl(-z)) : 1 / (1 + expl(-z));
}
static long double dg(size_t l, long double z)
{
    const long double s = 1 / (1 + expl(-z));
    return l == 1 ? 1 - g(1, z) * g(1, z) : l == 2 ? s * (1 + z * (1 - s)) : s * (1 - s);
}

/* Z_l, A_l and D_l by the equations, of the batch; A[0] = X. */
static struct by_hand {
    long double Z[L + 1][6 * B], A[L + 1][6 * B], D[L + 1][6 * B];
} hand;

static void compute_by_hand(net_t *net)
{
    real *theta = BPB(net_theta)(net);
    for (size_t k = 0; k < 5 * B; k++)
        hand.A[0][k] = (long double)x_values[k];
    for (size_t l = 1; l <= L; l++) {
        const out_t W = BPB(net_W)(net, theta, l), b = BPB(net_b)(net, theta, l);
        for (size_t j = 0; j < B; j++)
            for (size_t i = 0; i < W.rows; i++) {
                long double z = (long double)b.data[i];
                for (size_t k = 0; k < W.cols; k++)
                    z += (long double)W.data[k * W.rows + i] * hand.A[l - 1][j * W.cols + k];
                hand.Z[l][j * W.rows + i] = z;
                hand.A[l][j * W.rows + i] = g(l, z);
            }
    }
    for (size_t k = 0; k < 3 * B; k++)
        hand.D[L][k] = (hand.A[L][k] - (long double)t_values[k]) * dg(L, hand.Z[L][k]) / B;
    for (size_t l = L; l > 1; l--) {
        const out_t W = BPB(net_W)(net, theta, l);
        for (size_t j = 0; j < B; j++)
            for (size_t k = 0; k < W.cols; k++) {
                long double d = 0;
                for (size_t i = 0; i < W.rows; i++)
                    d += (long double)W.data[k * W.rows + i] * hand.D[l][j * W.rows + i];
                hand.D[l - 1][j * W.cols + k] = d * dg(l - 1, hand.Z[l - 1][j * W.cols + k]);
            }
    }
}

/* A packed n x B matrix with these values, times factor. */
static void assert_matrix(const char *what, view_t V, size_t n, const long double *want,
                          long double factor)
{
    long double scaled[6 * B];
    assert_non_null(V.data);
    assert_true(V.rows == n && V.cols == B && V.ld == n && V.row_stride == 1 && !V.index);
    for (size_t k = 0; k < n * B; k++)
        scaled[k] = factor * want[k];
    assert_reals_close(what, n * B, V.data, scaled, largest(n * B, scaled),
                       TOLERANCE(5 + 6 + 4 + 3 + B));
}

static void expect_Z(const struct machine *m, bool kept)
{
    for (size_t l = 1; l <= L; l++) {
        const layer_t layer = BPB(work_layer)(m->work, l);
        if (l == 1 && !kept)
            assert_null(layer.Z.data); /* tanh's derivative is of A, and A has its place */
        else
            assert_matrix("Z", layer.Z, units[l], hand.Z[l], 1);
    }
}

static void expect_A(const struct machine *m)
{
    for (size_t l = 1; l <= L; l++)
        assert_matrix("A", BPB(work_layer)(m->work, l).A, units[l], hand.A[l], 1);
}

/* factor: of the deltas; 0: there are none. */
static void expect_D(const struct machine *m, long double factor)
{
    for (size_t l = 1; l <= L; l++) {
        const layer_t layer = BPB(work_layer)(m->work, l);
        if (factor == 0)
            assert_null(layer.D.data);
        else
            assert_matrix("D", layer.D, units[l], hand.D[l], factor);
    }
}

/* vector: where dW and db are; NULL: nowhere. */
static void expect_gradient(const struct machine *m, real *vector)
{
    for (size_t l = 1; l <= L; l++) {
        const layer_t layer = BPB(work_layer)(m->work, l);
        assert_ptr_equal(layer.dW.data, BPB(net_W)(m->net, vector, l).data);
        assert_ptr_equal(layer.db.data, BPB(net_b)(m->net, vector, l).data);
        if (!vector)
            continue;
        assert_true(layer.dW.rows == units[l] && layer.dW.cols == units[l - 1]);
        assert_true(layer.db.rows == units[l] && layer.db.cols == 1);
    }
}

static void expect_nothing(const layer_t layer)
{
    assert_true(!layer.Z.data && !layer.A.data && !layer.D.data && !layer.dW.data &&
                !layer.db.data);
}

/* ---- Tests: what a pass leaves ---- */

static void work_layer__after_each_pass(void **state)
{
    (void)state;
    const bpb_sgd_rule rule = {.eta = 0.25};
    for (int keep_Z = 0; keep_Z < 2; keep_Z++) {
        struct machine m = machine_with(keep_Z);
        real *theta = BPB(net_theta)(m.net), before[P_MOST];
        double E;
        bpb_score score;
        compute_by_hand(m.net);
        assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, 3)));
        expect_Z(&m, keep_Z);
        expect_A(&m);
        expect_D(&m, 0);
        expect_gradient(&m, NULL);
        assert_ok(BPB(gradient)(m.net, m.work, X(), BPB(values)(T()), gradient, NULL));
        expect_Z(&m, keep_Z);
        expect_A(&m);
        expect_D(&m, 1);
        expect_gradient(&m, gradient);
        assert_ok(BPB(loss)(m.net, m.work, X(), BPB(values)(T()),
                            &E)); /* deltas and gradient are forgotten */
        expect_A(&m);
        expect_D(&m, 0);
        expect_gradient(&m, NULL);
        memcpy(before, theta, BPB(net_parameters)(m.net) * sizeof *theta);
        assert_ok(BPB(sgd_step)(m.net, m.work, X(), BPB(values)(T()), &rule, NULL));
        expect_A(&m);
        expect_D(&m, -0.25L);
        expect_gradient(&m, NULL);
        memcpy(theta, before, BPB(net_parameters)(m.net) * sizeof *theta);
        assert_ok(BPB(predict_with)(m.net, m.work, X(), BPB(samples_out)(Y, B, 3), NULL));
        expect_A(&m);
        expect_D(&m, 0);
        assert_ok(BPB(evaluate_with)(m.net, m.work, X(), BPB(values)(T()), &score));
        expect_A(&m);
        expect_D(&m, 0);
        expect_gradient(&m, NULL);
        free_machine(&m);
    }
}

static void work_layer__after_derivatives(void **state)
{
    (void)state;
    struct machine m = machine_with(1);
    real dX[5 * B], J[15 * B];
    compute_by_hand(m.net);
    assert_ok(BPB(hvp)(m.net, m.work, X(), BPB(values)(T()), v_values, Hv, gradient, NULL));
    expect_Z(&m, true);
    expect_A(&m);
    expect_D(&m, 1); /* the gradient's, not R{delta} */
    expect_gradient(&m, gradient);
    assert_ok(BPB(hvp)(m.net, m.work, X(), BPB(values)(T()), v_values, Hv, NULL, NULL));
    expect_D(&m, 1);
    expect_gradient(&m, NULL);
    assert_ok(BPB(gradient_x)(m.net, m.work, X(), BPB(values)(T()), gradient,
                              BPB(samples_out)(dX, B, 5), NULL));
    expect_D(&m, 1);
    expect_gradient(&m, gradient);
    assert_ok(BPB(gradient_x)(m.net, m.work, X(), BPB(values)(T()), NULL,
                              BPB(samples_out)(dX, B, 5), NULL));
    expect_D(&m, 1);
    expect_gradient(&m, NULL);
    assert_ok(BPB(gnvp)(m.net, m.work, X(), BPB(values)(T()), v_values, Hv));
    expect_A(&m);
    expect_D(&m, 0);
    expect_gradient(&m, NULL);
    assert_ok(BPB(jacobian)(m.net, m.work, X(), BPB(samples_out)(J, B, 15)));
    expect_A(&m);
    expect_D(&m, 0);
    expect_gradient(&m, NULL);
    assert_ok(BPB(jvp)(m.net, m.work, X(), v_values, X(), (out_t){0}, BPB(samples_out)(Y, B, 3)));
    expect_A(&m);
    expect_D(&m, 0);
    free_machine(&m);
}

static void work_layer__of_no_pass_and_no_layer(void **state)
{
    (void)state;
    struct machine m = machine_with(1);
    for (size_t l = 0; l <= L + 1; l++)
        expect_nothing(BPB(work_layer)(m.work, l));
    assert_int_equal(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, 4)), BPB_ERR_SHAPE);
    expect_nothing(BPB(work_layer)(m.work, 1)); /* nor of one that was refused */
    assert_ok(BPB(gradient)(m.net, m.work, X(), BPB(values)(T()), gradient, NULL));
    for (size_t l = 0; l <= L; l++)
        assert_non_null(BPB(work_layer)(m.work, l).A.data);
    expect_nothing(BPB(work_layer)(m.work, L + 1));
    expect_nothing(BPB(work_layer)(m.work, SIZE_MAX));
    expect_nothing(BPB(work_layer)(NULL, 1));
    const layer_t inputs = BPB(work_layer)(m.work, 0);
    assert_true(!inputs.Z.data && !inputs.D.data && !inputs.dW.data && !inputs.db.data);
    assert_int_equal(BPB(loss)(m.net, m.work, X(), BPB(values)(T()), NULL), BPB_ERR_NULL);
    expect_gradient(&m, gradient); /* a refused call is no pass */
    free_machine(&m);
}

static void work_layer__inputs_where_they_are_read(void **state)
{
    (void)state;
    static const size_t order[B] = {3, 1, 4, 0, 5, 6, 2};
    struct machine m = machine_with(0);
    const double shift[5] = {1, 2, 3, 4, 5};
    real apart[8 * B];
    for (size_t k = 0; k < COUNT(apart); k++)
        apart[k] = k % 8 < 5 ? x_values[k / 8 * 5 + k % 8] : (real)NAN;
    view_t in_place = BPB(samples)(apart, B, 5), picked = X();
    in_place.ld = 8;
    picked.index = order;
    assert_ok(BPB(forward)(m.net, m.work, in_place, BPB(samples_out)(Y, B, 3)));
    view_t A = BPB(work_layer)(m.work, 0).A;
    assert_true(A.data == apart && A.ld == 8 && A.rows == 5 && A.cols == B);
    assert_ok(BPB(forward)(m.net, m.work, picked, BPB(samples_out)(Y, B, 3)));
    A = BPB(work_layer)(m.work, 0).A;
    assert_true(A.data != x_values && A.ld == 5 && A.rows == 5 && A.cols == B);
    for (size_t j = 0; j < B; j++)
        assert_same_bits(5, A.data + j * A.ld, x_values + 5 * order[j]);
    assert_ok(BPB(net_set_scaling)(m.net, BPB_INPUTS, shift, NULL));
    assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, 3)));
    A = BPB(work_layer)(m.work, 0).A;
    for (size_t k = 0; k < 5 * B; k++)
        assert_true(A.data[k] == x_values[k] - (real)shift[k % 5]); /* scaled: A_0, not X */
    free_machine(&m);
}

static void work_layer__outputs_in_the_callers_units(void **state)
{
    (void)state;
    const double shift[] = {1, 2, 3}, factor[] = {2, 3, 4};
    struct machine m = machine_with(0);
    double E;
    assert_ok(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, factor));
    compute_by_hand(m.net);
    assert_ok(BPB(forward)(m.net, m.work, X(), BPB(samples_out)(Y, B, 3)));
    assert_same_bits(3 * B, BPB(work_layer)(m.work, L).A.data, Y);
    assert_ok(BPB(predict_with)(m.net, m.work, X(), BPB(samples_out)(Y, B, 3), NULL));
    assert_same_bits(3 * B, BPB(work_layer)(m.work, L).A.data, Y);
    assert_ok(BPB(loss)(m.net, m.work, X(), BPB(values)(T()), &E));
    expect_A(&m); /* A_L itself */
    free_machine(&m);
}

/* Of 200 columns, those after the last full block. */
static void work_layer__predict_leaves_the_last_block(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct machine m = machine_with(0);
    real *many = make_reals(5 * MANY), *outputs = make_reals(3 * MANY);
    struct rng rng = {1};
    fill_uniform(&rng, 5 * MANY, -1, 1, many);
    assert_ok(BPB(predict_with)(m.net, m.work, BPB(samples)(many, MANY, 5),
                                BPB(samples_out)(outputs, MANY, 3), NULL));
    const view_t A = BPB(work_layer)(m.work, L).A;
    assert_in_range(A.cols, 1, MANY - 1);
    assert_same_bits(3 * A.cols, A.data, outputs + 3 * (MANY - A.cols));
    free(many);
    free(outputs);
    free_machine(&m);
}

/* ---- Tests: plans ---- */

static bool lists_delta_of_layer_1(const plan_t *plan)
{
    bpb_plan_choice entry;
    for (size_t i = 0; BPB(plan_entry)(plan, i, &entry) == BPB_OK; i++)
        if (entry.layer == 1 && strcmp(entry.product, "delta") == 0) {
            assert_true(entry.m == units[0] && entry.k == units[1]);
            return true;
        }
    return false;
}

static void plan_entry__delta_of_layer_1_is_for_derivatives(void **state)
{
    (void)state;
    for (int derivatives = 0; derivatives < 2; derivatives++) {
        struct machine m =
            make_machine(&options, &(bpb_plan_options){.batch = B, .derivatives = derivatives});
        assert_int_equal(lists_delta_of_layer_1(m.plan), derivatives);
        free_machine(&m);
    }
}

static void derivatives__need_a_plan_with_room(void **state)
{
    (void)state;
    struct machine m = make_machine(&options, &(bpb_plan_options){.batch = B});
    real dX[5 * B], J[15 * B];
    const view_t D = BPB(samples)(J, B, 15);
    memset(J, 0, sizeof J);
    memset(gradient, 0x5a, sizeof gradient);
    assert_int_equal(BPB(gradient_x)(m.net, m.work, X(), BPB(values)(T()), gradient,
                                     BPB(samples_out)(dX, B, 5), NULL),
                     BPB_ERR_PLAN);
    assert_int_equal(BPB(vjp)(m.net, m.work, X(), T(), gradient, (out_t){0}), BPB_ERR_PLAN);
    assert_int_equal(
        BPB(jvp)(m.net, m.work, X(), v_values, (view_t){0}, (out_t){0}, BPB(samples_out)(Y, B, 3)),
        BPB_ERR_PLAN);
    assert_int_equal(BPB(jacobian)(m.net, m.work, X(), BPB(samples_out)(J, B, 15)), BPB_ERR_PLAN);
    assert_int_equal(BPB(hvp)(m.net, m.work, X(), BPB(values)(T()), v_values, gradient, NULL, NULL),
                     BPB_ERR_PLAN);
    assert_int_equal(BPB(gnvp)(m.net, m.work, X(), BPB(values)(T()), v_values, gradient),
                     BPB_ERR_PLAN);
    assert_int_equal(BPB(jacobian_vjp)(m.net, m.work, X(), T(), D, gradient), BPB_ERR_PLAN);
    assert_int_equal(BPB(jacobian_vjp)(m.net, m.work, X(), T(), (view_t){0}, gradient),
                     BPB_ERR_PLAN);
    assert_int_equal(
        BPB(sobolev)(m.net, m.work, X(), BPB(values)(T()), BPB(values)(D), 1, gradient, NULL),
        BPB_ERR_PLAN);
    for (size_t i = 0; i < sizeof gradient; i++)
        assert_int_equal(((unsigned char *)gradient)[i], 0x5a);
    free_machine(&m);
}

/* ---- Tests: a copy, and what can be asked of a net ---- */

static const double leak = 0.5;
static const activation_function_t own_g = {
    .name = "mine", .context = &leak, .f = own_leaky_f, .df = own_leaky_df, .d2f = own_leaky_d2f};
static const loss_function_t own_e = {.name = "error",
                                      .group = 1,
                                      .value = own_entropy_value,
                                      .gradient = own_entropy_gradient,
                                      .of_Z = 1};
static const double shift[] = {1, 2, 3, 4, 5}, factor[] = {0.5, 1, 2, 3, 4};

static net_t *rich_net(void)
{
    net_t *net = NULL;
    bpb_net_options of_it = options;
    const bpb_activation of_layers[] = {BPB_ELU, BPB_TANH, BPB_SIGMOID};
    of_it.activations = of_layers;
    of_it.elu_alpha = 0.5;
    assert_ok(BPB(net_create)(&net, &of_it));
    assert_ok(BPB(net_set_activation)(net, 2, &own_g));
    assert_ok(BPB(net_set_loss)(net, &own_e));
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, shift, factor));
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, factor, shift));
    assert_ok(BPB(net_set_note)(net, "unit", "mm"));
    assert_ok(BPB(net_set_note)(net, "colour", "red"));
    return net;
}

static void expect_rich_net(const net_t *net, const real *theta)
{
    assert_int_equal(BPB(net_layers)(net), L);
    for (size_t l = 0; l <= L; l++)
        assert_int_equal(BPB(net_size)(net, l), units[l]);
    assert_same_bits(BPB(net_parameters)(net), BPB(net_ctheta)(net), theta);
    assert_int_equal((uintptr_t)BPB(net_ctheta)(net) % 64, 0);
    assert_string_equal(BPB(net_layer)(net, 1).name, "elu");
    assert_true(BPB(net_layer)(net, 1).parameter == 0.5);
    assert_string_equal(BPB(net_layer)(net, 2).name, "mine");
    assert_string_equal(BPB(net_loss)(net).name, "error");
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS), shift, 5 * sizeof(double));
    assert_memory_equal(BPB(net_scaling)(net, BPB_INPUTS) + 5, factor, 5 * sizeof(double));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS), factor, 3 * sizeof(double));
    assert_memory_equal(BPB(net_scaling)(net, BPB_OUTPUTS) + 3, shift, 3 * sizeof(double));
    assert_string_equal(BPB(net_note_key)(net, 0), "unit");
    assert_string_equal(BPB(net_note)(net, "unit"), "mm");
    assert_string_equal(BPB(net_note)(net, "colour"), "red");
    assert_null(BPB(net_note_key)(net, 2));
}

/* Change all that can be changed. */
static void change(net_t *net)
{
    const activation_function_t other = {.name = "another", .f = own_tanh_f};
    const loss_function_t other_loss = {.name = "another", .f = own_squared_f};
    memset(BPB(net_theta)(net), 0, BPB(net_parameters)(net) * sizeof(real));
    assert_ok(BPB(net_set_activation)(net, 1, &other));
    assert_ok(BPB(net_set_activation)(net, 2, &other));
    assert_ok(BPB(net_set_loss)(net, &other_loss));
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, factor, factor));
    assert_ok(BPB(net_set_scaling)(net, BPB_OUTPUTS, NULL, NULL));
    assert_ok(BPB(net_set_note)(net, "unit", "a mile"));
    assert_ok(BPB(net_set_note)(net, "colour", NULL));
}

static void copy__is_deep(void **state)
{
    (void)state;
    net_t *net = rich_net(), *copy = NULL, *second = NULL;
    real theta[P_MOST];
    memcpy(theta, BPB(net_ctheta)(net), BPB(net_parameters)(net) * sizeof *theta);
    assert_ok(BPB(net_copy)(&copy, net));
    assert_ok(BPB(net_copy)(&second, net));
    expect_rich_net(copy, theta);
    change(net);
    expect_rich_net(copy, theta);
    change(copy);
    expect_rich_net(second, theta);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&copy);
    expect_rich_net(second, theta);
    BPB(net_destroy)(&second);
}

static void copy__computes_the_same_by_the_same_plan(void **state)
{
    (void)state;
    struct machine m = {.net = rich_net()};
    net_t *copy = NULL;
    real again[P_MOST];
    const size_t P = BPB(net_parameters)(m.net);
    assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    assert_ok(BPB(net_copy)(&copy, m.net));
    assert_ok(BPB(gradient)(m.net, m.work, X(), BPB(values)(T()), gradient, NULL));
    assert_ok(BPB(gradient)(copy, m.work, X(), BPB(values)(T()), again, NULL));
    assert_same_bits(P, again, gradient);
    BPB(net_destroy)(&copy);
    free_machine(&m);
}

static void getters__of_functions_and_their_parameters(void **state)
{
    (void)state;
    const bpb_activation of_layers[] = {BPB_LEAKY_RELU, BPB_ELU, BPB_IDENTITY};
    const size_t even[] = {5, 6, 4, 4};
    net_t *net = NULL;
    bpb_net_options o = {.sizes = even, .n_sizes = L + 1, .activations = of_layers};
    const struct {
        bpb_loss_kind loss;
        size_t targets;
        double parameter;
    } losses[] = {{BPB_SQUARED, 4, 0}, {BPB_HUBER, 4, 1}, {BPB_ABSOLUTE, 4, 0},
                  {BPB_GAUSSIAN, 2, 0}};
    for (size_t i = 0; i < COUNT(losses); i++) {
        o.loss = losses[i].loss;
        assert_ok(BPB(net_create)(&net, &o));
        assert_int_equal(BPB(net_loss)(net).n_targets, losses[i].targets);
        assert_string_equal(BPB(net_loss)(net).name, bpb_name(BPB_NAMES_LOSS, o.loss));
        assert_true(BPB(net_loss)(net).parameter == losses[i].parameter);
        BPB(net_destroy)(&net);
    }
    o.leak = 0.125;
    o.huber_delta = 2.5;
    o.loss = BPB_HUBER;
    assert_ok(BPB(net_create)(&net, &o));
    assert_true(BPB(net_layer)(net, 1).parameter == 0.125);
    assert_true(BPB(net_layer)(net, 2).parameter == 1); /* the default of ELU */
    assert_true(BPB(net_layer)(net, 3).parameter == 0);
    assert_true(BPB(net_loss)(net).parameter == 2.5);
    for (size_t l = 1; l <= L; l++)
        assert_string_equal(BPB(net_layer)(net, l).name,
                            bpb_name(BPB_NAMES_ACTIVATION, of_layers[l - 1]));
    for (size_t l = 0; l <= L + 1; l += L + 1) {
        assert_null(BPB(net_layer)(net, l).name);
        assert_true(BPB(net_layer)(net, l).parameter == 0);
    }
    BPB(net_destroy)(&net);
    assert_null(BPB(net_layer)(NULL, 1).name);
    assert_null(BPB(net_loss)(NULL).name);
    assert_int_equal(BPB(net_loss)(NULL).n_targets, 0);
    assert_true(BPB(net_layer)(NULL, 1).parameter == 0 && BPB(net_loss)(NULL).parameter == 0);
}

static void names__of_all_functions(void **state)
{
    (void)state;
    int value;
    for (int i = BPB_SIGMOID; i <= BPB_EXPONENTIAL; i++) {
        assert_ok(
            bpb_value_of_name(BPB_NAMES_ACTIVATION, bpb_name(BPB_NAMES_ACTIVATION, i), &value));
        assert_int_equal(value, i);
    }
    for (int i = BPB_SQUARED; i <= BPB_GAUSSIAN; i++) {
        assert_ok(bpb_value_of_name(BPB_NAMES_LOSS, bpb_name(BPB_NAMES_LOSS, i), &value));
        assert_int_equal(value, i);
    }
    assert_null(bpb_name(BPB_NAMES_ACTIVATION, BPB_OWN_ACTIVATION));
    assert_null(bpb_name(BPB_NAMES_LOSS, BPB_OWN_LOSS));
    assert_string_equal(bpb_name(BPB_NAMES_ACTIVATION, BPB_GELU_TANH), "gelu-tanh");
    assert_string_equal(bpb_name(BPB_NAMES_ACTIVATION, BPB_LEAKY_RELU), "leaky-relu");
    assert_string_equal(bpb_name(BPB_NAMES_LOSS, BPB_GAUSSIAN), "gaussian");
}

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {17};
    fill_uniform(&rng, COUNT(x_values), -1, 1, x_values);
    fill_uniform(&rng, COUNT(t_values), 0, 1, t_values);
    fill_uniform(&rng, COUNT(v_values), -1, 1, v_values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_layer__after_each_pass),
        cmocka_unit_test(work_layer__after_derivatives),
        cmocka_unit_test(work_layer__of_no_pass_and_no_layer),
        cmocka_unit_test(work_layer__inputs_where_they_are_read),
        cmocka_unit_test(work_layer__outputs_in_the_callers_units),
        cmocka_unit_test(work_layer__predict_leaves_the_last_block),
        cmocka_unit_test(plan_entry__delta_of_layer_1_is_for_derivatives),
        cmocka_unit_test(derivatives__need_a_plan_with_room),
        cmocka_unit_test(copy__is_deep),
        cmocka_unit_test(copy__computes_the_same_by_the_same_plan),
        cmocka_unit_test(getters__of_functions_and_their_parameters),
        cmocka_unit_test(names__of_all_functions),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
