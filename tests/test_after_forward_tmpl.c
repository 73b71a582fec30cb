/* SPDX-License-Identifier: BSD-3-Clause */
/* bpb_vjp_after_forward: the bits of bpb_vjp, as often as it is called, and when it is refused. */
#include "calls_tmpl.h"

enum { B = 29, MOST = 256 };

static const size_t sizes[] = {6, 9, 8, 5}, wide[] = {200, 401, 203, 7};
static const bpb_net_options tanh_net = {
    .sizes = sizes, .n_sizes = 4, .hidden = BPB_TANH, .output = BPB_SIGMOID};

static const struct {
    const char *name;
    bpb_net_options net;
    bool scaled_in, scaled_out, own;
    size_t threads;
} cases[] = {
    {"sigmoid", {.sizes = sizes, .n_sizes = 4, .hidden = BPB_TANH}, false, false, false, 1},
    {"scaled outputs",
     {.sizes = sizes, .n_sizes = 4, .hidden = BPB_GELU, .output = BPB_SIGMOID},
     false,
     true,
     false,
     1},
    {"scaled softmax",
     {.sizes = sizes, .n_sizes = 4, .output = BPB_SOFTMAX, .loss = BPB_CROSS_ENTROPY},
     true,
     true,
     false,
     1},
    {"scaled identity",
     {.sizes = sizes, .n_sizes = 4, .hidden = BPB_RELU, .output = BPB_IDENTITY},
     true,
     true,
     false,
     1},
    {"one layer", {.sizes = sizes, .n_sizes = 2, .output = BPB_TANH}, false, true, false, 1},
    {"functions of one's own", {.sizes = sizes, .n_sizes = 4}, true, true, true, 1},
    {"threads", {.sizes = wide, .n_sizes = 4, .output = BPB_TANH}, true, true, false, 2},
};

static void scale(net_t *net, bpb_side side, size_t n)
{
    double shift[MOST], factor[MOST];
    assert_true(n <= COUNT(shift));
    for (size_t i = 0; i < n; i++) {
        shift[i] = 0.25 * sin((double)i);
        factor[i] = 1.5 + cos((double)i);
    }
    assert_ok(BPB(net_set_scaling)(net, side, shift, factor));
}

static struct all make_case(size_t c)
{
    struct all all = make_all(&cases[c].net, B);
    if (cases[c].scaled_in)
        scale(all.net, BPB_INPUTS, all.n_0);
    if (cases[c].scaled_out)
        scale(all.net, BPB_OUTPUTS, all.n_L);
    if (cases[c].own) {
        assert_ok(BPB(net_set_activation)(all.net, 2, &own_sine));
        assert_ok(BPB(net_set_activation)(all.net, 3, &own_product));
    }
    return all;
}

static void plan_case(size_t c, struct all *all, size_t batch)
{
    const bpb_plan_options options = {
        .batch = batch, .derivatives = 1, .threads = cases[c].threads};
    assert_ok(BPB(work_create_for)(&all->given.work, all->net, &options));
}

static void free_case(struct all *all)
{
    BPB(work_destroy)(&all->given.work);
    free_all(all);
}

static bpb_status go_forward(const struct all *all)
{
    return BPB(forward)(all->net, all->given.work, all->given.X, all->made.Y);
}
static bpb_status after_forward(const struct all *all)
{
    return BPB(vjp_after_forward)(all->net, all->given.work, all->given.U, all->made.gradient,
                                  all->made.dX);
}

/* ---- The bits of bpb_vjp ---- */

/* gradient and dX, one after the other, to be freed. */
static real *vjp_bits(struct all *all)
{
    real *copy = make_reals(all->P + all->n_0 * B);
    spoil(all);
    assert_ok(BPB(vjp)(all->net, all->given.work, all->given.X, all->given.U, all->made.gradient,
                       all->made.dX));
    assert_true(all->results[0] != 0 && all->results[all->P] != 0);
    memcpy(copy, all->results, (all->P + all->n_0 * B) * sizeof *copy);
    return copy;
}

static void check_after(struct all *all, const real *want)
{
    const struct made made = all->made;
    const size_t n = all->n_0 * B;
    assert_ok(after_forward(all));
    assert_same_bits(all->P + n, all->results, want);
    spoil(all);
    all->made.dX = (out_t){0};
    assert_ok(after_forward(all));
    assert_same_bits(all->P, all->results, want);
    assert_true(isnan(all->results[all->P]));
    spoil(all);
    all->made.dX = made.dX;
    all->made.gradient = NULL;
    assert_ok(after_forward(all));
    assert_same_bits(n, all->results + all->P, want + all->P);
    assert_true(isnan(all->results[0]));
    all->made = made;
}

static void after_forward__gives_the_bits_of_vjp(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct all all = make_case(c);
        for (size_t batch = B; batch <= B + 1; batch++) {
            plan_case(c, &all, batch);
            real *want = vjp_bits(&all);
            spoil(&all);
            assert_ok(go_forward(&all));
            check_after(&all, want);
            free(want);
            BPB(work_destroy)(&all.given.work);
        }
        free_case(&all);
    }
}

/* Another U, which may follow from Y. */
static void after_forward__takes_one_u_after_another(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct all all = make_case(c);
        plan_case(c, &all, B);
        const view_t first = all.given.U, second = all.given.T.view;
        all.given.U = second;
        real *want = vjp_bits(&all);
        all.given.U = first;
        assert_ok(go_forward(&all));
        assert_ok(after_forward(&all));
        all.given.U = second;
        spoil(&all);
        assert_ok(after_forward(&all));
        assert_same_bits(all.P + all.n_0 * B, all.results, want);
        free(want);
        free_case(&all);
    }
}

/* Inputs that are copied, for their strides or their indices. */
static void after_forward__of_any_inputs(void **state)
{
    (void)state;
    size_t index[B];
    for (size_t j = 0; j < B; j++)
        index[j] = B - 1 - j;
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct all all = make_case(c);
        plan_case(c, &all, B);
        all.given.X.index = index;
        real *want = vjp_bits(&all);
        assert_ok(go_forward(&all));
        check_after(&all, want);
        free(want);
        free_case(&all);
    }
}

/* Dropout is for training: bpb_forward drops nothing. */
static void after_forward__drops_nothing(void **state)
{
    (void)state;
    struct all all = make_all(&tanh_net, B);
    const bpb_plan_options options = {
        .batch = B, .derivatives = 1, .dropout = 0.5, .dropout_inputs = 0.5};
    plan_case(0, &all, B);
    real *want = vjp_bits(&all);
    BPB(work_destroy)(&all.given.work);
    assert_ok(BPB(work_create_for)(&all.given.work, all.net, &options));
    assert_ok(go_forward(&all));
    check_after(&all, want);
    free(want);
    free_case(&all);
}

/* ---- Refused ---- */

static void refuse(struct all *all, const char *what, bpb_status want)
{
    spoil(all);
    const bpb_status status = after_forward(all);
    if (status != want)
        fail_msg("%s: %s", what, bpb_strerror(status));
    assert_string_not_equal(bpb_error(), "");
    for (size_t k = 0; k < all->n_results; k++)
        assert_true(isnan(all->results[k]));
}

static bpb_status predict(const struct all *all)
{
    return BPB(predict_with)(all->net, all->given.work, all->given.X, all->made.Y, NULL);
}
static bpb_status evaluate(const struct all *all)
{
    bpb_score score;
    return BPB(evaluate_with)(all->net, all->given.work, all->given.X, all->given.T, &score);
}
static bpb_status compute_loss(const struct all *all)
{
    double loss;
    return BPB(loss)(all->net, all->given.work, all->given.X, all->given.T, &loss);
}
static bpb_status compute_gradient(const struct all *all)
{
    return call_gradient(&all->given, &all->made);
}
static bpb_status compute_vjp(const struct all *all)
{
    return call_vjp(&all->given, &all->made);
}
static bpb_status compute_jvp(const struct all *all)
{
    return call_jvp(&all->given, &all->made);
}
static bpb_status compute_jacobian(const struct all *all)
{
    return call_jacobian(&all->given, &all->made);
}
static bpb_status compute_hvp(const struct all *all)
{
    return call_hvp(&all->given, &all->made);
}
static bpb_status step(const struct all *all)
{
    return BPB(sgd_step)(all->net, all->given.work, all->given.X, all->given.T,
                         &(bpb_sgd_rule){.eta = 0.5}, NULL);
}

static const struct {
    const char *name;
    bpb_status (*call)(const struct all *all);
} passes[] = {
    {"predict", predict},           {"evaluate", evaluate}, {"loss", compute_loss},
    {"gradient", compute_gradient}, {"vjp", compute_vjp},   {"jvp", compute_jvp},
    {"jacobian", compute_jacobian}, {"hvp", compute_hvp},   {"sgd_step", step},
};

static void after_another_pass__is_refused(void **state)
{
    (void)state;
    struct all all = make_all(&tanh_net, B);
    plan_case(0, &all, B);
    refuse(&all, "no pass", BPB_ERR_MISMATCH);
    for (size_t i = 0; i < COUNT(passes); i++) {
        assert_ok(go_forward(&all));
        assert_ok(passes[i].call(&all));
        refuse(&all, passes[i].name, BPB_ERR_MISMATCH);
    }
    assert_ok(go_forward(&all));
    assert_ok(after_forward(&all));
    free_case(&all);
}

static void another_net__is_refused(void **state)
{
    (void)state;
    struct all all = make_all(&tanh_net, B);
    net_t *same = NULL, *net = all.net;
    plan_case(0, &all, B);
    assert_ok(BPB(net_copy)(&same, net));
    assert_ok(go_forward(&all));
    all.net = same;
    refuse(&all, "a copy", BPB_ERR_MISMATCH);
    struct all other = make_all(&cases[4].net, B);
    other.given.work = all.given.work;
    refuse(&other, "other sizes", BPB_ERR_MISMATCH);
    all.net = net;
    assert_ok(after_forward(&all));
    BPB(net_destroy)(&same);
    free_all(&other);
    free_case(&all);
}

/* What was refused, here or by another pass, leaves the forward pass for the next call. */
static void arguments__are_refused_and_it_can_be_called_again(void **state)
{
    (void)state;
    struct all all = make_all(&tanh_net, B);
    plan_case(0, &all, B);
    real *want = vjp_bits(&all);
    const struct given in = all.given;
    const struct made out = all.made;
    assert_ok(go_forward(&all));
    all.given.U.cols = B - 1;
    refuse(&all, "fewer columns of U", BPB_ERR_MISMATCH);
    all.given.U = in.U;
    all.given.U.rows--;
    refuse(&all, "fewer rows of U", BPB_ERR_SHAPE);
    all.given.U = in.U;
    all.given.U.data = NULL;
    refuse(&all, "no U", BPB_ERR_NULL);
    all.given = in;
    all.made.dX.cols = B - 1;
    refuse(&all, "fewer columns of dX", BPB_ERR_SHAPE);
    all.made = out;
    all.made.gradient = NULL;
    all.made.dX.data = NULL;
    refuse(&all, "nothing wanted", BPB_ERR_NULL);
    all.given.work = NULL;
    refuse(&all, "no work", BPB_ERR_NULL);
    all.given = in;
    all.made = out;
    all.given.X.rows--;
    assert_int_equal(go_forward(&all), BPB_ERR_SHAPE);
    all.given = in;
    check_after(&all, want);
    free(want);
    free_case(&all);
}

static void plan__needs_derivatives(void **state)
{
    (void)state;
    struct all all = make_all(&tanh_net, B);
    assert_ok(BPB(work_create_for)(&all.given.work, all.net, NULL));
    assert_ok(go_forward(&all));
    refuse(&all, "derivatives = 0", BPB_ERR_PLAN);
    free_case(&all);
}

static void functions__need_a_vjp(void **state)
{
    (void)state;
    activation_function_t bare = own_sine;
    struct all all = make_all(&tanh_net, B);
    bare.df = NULL;
    assert_ok(BPB(net_set_activation)(all.net, 2, &bare));
    plan_case(0, &all, B);
    assert_ok(go_forward(&all));
    refuse(&all, "no df", BPB_ERR_NO_VJP);
    assert_non_null(strstr(bpb_error(), "sine"));
    free_case(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_forward__gives_the_bits_of_vjp),
        cmocka_unit_test(after_forward__takes_one_u_after_another),
        cmocka_unit_test(after_forward__of_any_inputs),
        cmocka_unit_test(after_forward__drops_nothing),
        cmocka_unit_test(after_another_pass__is_refused),
        cmocka_unit_test(another_net__is_refused),
        cmocka_unit_test(arguments__are_refused_and_it_can_be_called_again),
        cmocka_unit_test(plan__needs_derivatives),
        cmocka_unit_test(functions__need_a_vjp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
