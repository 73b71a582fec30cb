/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions of one's own: what they lack is refused where it is needed; what a net keeps of them;
 * what they are given, on one thread and on two.
 */
#include "own_tmpl.h"

#include <stdatomic.h>

typedef activation_function_t activation;
typedef loss_function_t loss_function;

static const double leak = 0.25, huber_delta = 0.125;
static const activation leaky = {.name = "leaky", .context = &leak, BY_ENTRY(own_leaky)};
static const loss_function squared = {.name = "square", BY_ENTRY(own_squared)},
                           huber = {.name = "hub", .context = &huber_delta, BY_ENTRY(own_huber)},
                           entropy = {.name = "entropy", .of_Z = 1, .group = 1,
                                      LOSS_BY_MATRIX(own_entropy)},
                           classes = {.name = "classes", .of_Z = 1, LOSS_BY_MATRIX(own_classes)},
                           normal = {.name = "normal", .of_Z = 1, .group = 2,
                                     LOSS_BY_MATRIX(own_normal)};

/* ---- Tests: what is missing ---- */

/* Every call that may find something missing, on outputs that hold a pattern. */
enum { N_IN = 4, N_HIDDEN = 6, N_OUT = 4, COLS = 8, P = 58, ENTRIES_OF_J = N_IN * N_OUT };
static const size_t small[] = {N_IN, N_HIDDEN, N_OUT};
static real x_values[N_IN * COLS], t_values[N_OUT * COLS], j_values[ENTRIES_OF_J * COLS],
    v_values[P];

static struct outputs {
    real gradient[P], Y[N_OUT * COLS], dX[N_IN * COLS], J[ENTRIES_OF_J * COLS];
    double loss;
    bpb_score score;
    bpb_train_report report;
    objective_t *objective;
} out, pattern;

static view_t X(void)
{
    return BPB(samples)(x_values, COLS, N_IN);
}
static view_t T(void)
{
    return BPB(samples)(t_values, COLS, N_OUT);
}
static view_t J_like(void)
{
    return BPB(samples)(j_values, COLS, ENTRIES_OF_J);
}
static out_t Y(void)
{
    return BPB(samples_out)(out.Y, COLS, N_OUT);
}
static out_t dX(void)
{
    return BPB(samples_out)(out.dX, COLS, N_IN);
}

typedef bpb_status call_fn(struct machine *m);
#define CALL(name, expression)                        \
    static bpb_status call_##name(struct machine *m)  \
    {                                                 \
        return expression;                            \
    }
static const bpb_sgd_rule rule = {.eta = 0.5};
CALL(forward, BPB(forward)(m->net, m->work, X(), Y()))
CALL(loss, BPB(loss)(m->net, m->work, X(), BPB(values)(T()), &out.loss))
CALL(predict, BPB(predict_with)(m->net, m->work, X(), Y(), NULL))
CALL(evaluate, BPB(evaluate_with)(m->net, m->work, X(), BPB(values)(T()), &out.score))
CALL(gradient, BPB(gradient)(m->net, m->work, X(), BPB(values)(T()), out.gradient, &out.loss))
CALL(step, BPB(sgd_step)(m->net, m->work, X(), BPB(values)(T()), &rule, &out.loss))
CALL(gradient_x,
     BPB(gradient_x)(m->net, m->work, X(), BPB(values)(T()), out.gradient, dX(), &out.loss))
CALL(vjp, BPB(vjp)(m->net, m->work, X(), T(), out.gradient, dX()))
CALL(jvp, BPB(jvp)(m->net, m->work, X(), v_values, X(), (out_t){0}, Y()))
CALL(jacobian, BPB(jacobian)(m->net, m->work, X(), BPB(samples_out)(out.J, COLS, ENTRIES_OF_J)))
CALL(hvp, BPB(hvp)(m->net, m->work, X(), BPB(values)(T()), v_values, out.gradient, NULL, &out.loss))
CALL(gnvp, BPB(gnvp)(m->net, m->work, X(), BPB(values)(T()), v_values, out.gradient))
CALL(jacobian_vjp, BPB(jacobian_vjp)(m->net, m->work, X(), T(), J_like(), out.gradient))
CALL(sobolev, BPB(sobolev)(m->net, m->work, X(), BPB(values)(T()), BPB(values)(J_like()), 1,
                           out.gradient, &out.loss))
static bpb_status call_train(struct machine *m)
{
    const data_t data = {.train = {.X = X(), .T = BPB(values)(T())}};
    return BPB(train)(m->net, &data, &(bpb_train_options){.eta = 0.5, .epochs = 1}, &out.report);
}

enum part { OF_VJP = 1, OF_JVP = 2, OF_SECOND = 4, OF_GRADIENT = 8, OF_LOSS_SECOND = 16 };
#define FIRST_ORDER (OF_VJP | OF_GRADIENT)
static const struct call {
    const char *name;
    call_fn *call;
    unsigned needs;
} calls[] = {
    {"forward", call_forward, 0},
    {"loss", call_loss, 0},
    {"predict", call_predict, 0},
    {"evaluate", call_evaluate, 0},
    {"gradient", call_gradient, FIRST_ORDER},
    {"sgd_step", call_step, FIRST_ORDER},
    {"train", call_train, FIRST_ORDER},
    {"gradient_x", call_gradient_x, FIRST_ORDER},
    {"vjp", call_vjp, OF_VJP},
    {"jvp", call_jvp, OF_JVP},
    {"jacobian", call_jacobian, OF_VJP},
    {"hvp", call_hvp, FIRST_ORDER | OF_JVP | OF_SECOND | OF_LOSS_SECOND},
    {"gnvp", call_gnvp, OF_VJP | OF_JVP | OF_LOSS_SECOND},
    {"jacobian_vjp", call_jacobian_vjp, OF_VJP | OF_JVP | OF_SECOND},
    {"sobolev", call_sobolev, FIRST_ORDER | OF_JVP | OF_SECOND},
};

/* What one function lacks, and what is said where it is needed. */
struct lack {
    unsigned parts;
    size_t layer; /* of the activation; 0: the loss */
    bpb_status status;
    activation g;
    loss_function loss;
};

#define VALUE(own) .value = own##_value
static const struct lack lacks[] = {
    {OF_VJP, 1, BPB_ERR_NO_VJP,
     {.name = "lacks", VALUE(own_tanh), .jvp = own_tanh_times, .second = own_tanh_second}, {0}},
    {OF_VJP, 2, BPB_ERR_NO_VJP,
     {.name = "lacks", VALUE(own_tanh), .jvp = own_tanh_times, .second = own_tanh_second}, {0}},
    {OF_JVP, 1, BPB_ERR_NO_JVP,
     {.name = "lacks", VALUE(own_tanh), .vjp = own_tanh_times, .second = own_tanh_second}, {0}},
    {OF_JVP, 2, BPB_ERR_NO_JVP,
     {.name = "lacks", VALUE(own_tanh), .vjp = own_tanh_times, .second = own_tanh_second}, {0}},
    {OF_SECOND, 1, BPB_ERR_NO_SECOND,
     {.name = "lacks", VALUE(own_tanh), .vjp = own_tanh_times, .jvp = own_tanh_times}, {0}},
    {OF_SECOND, 2, BPB_ERR_NO_SECOND,
     {.name = "lacks", VALUE(own_tanh), .vjp = own_tanh_times, .jvp = own_tanh_times}, {0}},
    {OF_VJP, 1, BPB_ERR_NO_VJP, /* parts of the other form are not looked at */
     {.name = "lacks", .f = own_tanh_f, .d2f = own_tanh_d2f, .vjp = own_tanh_times}, {0}},
    {OF_SECOND, 2, BPB_ERR_NO_SECOND,
     {.name = "lacks", .f = own_tanh_f, .df = own_tanh_df, .second = own_tanh_second}, {0}},
    {OF_GRADIENT, 0, BPB_ERR_NO_VJP, {0},
     {.name = "lacks", .f = own_squared_f, .d2f = own_squared_d2f}},
    {OF_LOSS_SECOND, 0, BPB_ERR_NO_SECOND, {0},
     {.name = "lacks", .f = own_squared_f, .df = own_squared_df}},
    {OF_GRADIENT, 0, BPB_ERR_NO_VJP, {0},
     {.name = "lacks", VALUE(own_entropy), .second = own_entropy_second}},
    {OF_LOSS_SECOND, 0, BPB_ERR_NO_SECOND, {0},
     {.name = "lacks", VALUE(own_entropy), .gradient = own_entropy_gradient}},
};

static net_t *small_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = small, .n_sizes = 3, .hidden = BPB_TANH}));
    assert_int_equal(BPB(net_parameters)(net), P);
    return net;
}

static struct machine machine_of(net_t *net)
{
    struct machine m = {.net = net};
    const bpb_plan_options options = {.batch = COLS, .derivatives = 1};
    assert_ok(BPB(plan_create)(&m.plan, net, &options));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    return m;
}

static struct machine lacking_machine(const struct lack *lack)
{
    net_t *net = small_net();
    if (lack->layer)
        assert_ok(BPB(net_set_activation)(net, lack->layer, &lack->g));
    else
        assert_ok(BPB(net_set_loss)(net, &lack->loss));
    return machine_of(net);
}

/* The status, or BPB_OK; where it is an error, nothing has been written. */
static void expect_call(struct machine *m, const struct call *call, bpb_status status)
{
    real theta[P];
    memcpy(theta, BPB(net_ctheta)(m->net), sizeof theta);
    memset(&pattern, 0xa5, sizeof pattern);
    memset(&out, 0xa5, sizeof out);
    const bpb_status got = call->call(m);
    if (got != status)
        fail_msg("%s: \"%s\", not \"%s\"", call->name, bpb_strerror(got), bpb_strerror(status));
    if ((memcmp(&out, &pattern, sizeof out) == 0) != (status < 0))
        fail_msg("%s: outputs that are %s", call->name, status ? "written" : "not written");
    if (status < 0)
        assert_same_bits(P, BPB(net_ctheta)(m->net), theta);
}

static void missing_part__is_refused_where_it_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lacks); i++) {
        const struct lack *lack = &lacks[i];
        struct machine m = lacking_machine(lack);
        unsigned parts = lack->parts;
        if (lack->layer && lack->g.f && parts == OF_VJP)
            parts |= OF_JVP; /* df is both */
        for (size_t k = 0; k < COUNT(calls); k++) {
            const unsigned missed = calls[k].needs & parts;
            const bpb_status status = missed == OF_JVP ? BPB_ERR_NO_JVP : lack->status;
            expect_call(&m, &calls[k], missed ? status : BPB_OK);
            assert_true(!missed || strstr(bpb_error(), " lacks "));
        }
        free_machine(&m);
    }
}

/* A loss in Z holds g_L's derivatives, so that H v does without g_L's second. */
static void hvp__loss_of_z_needs_no_second_of_the_output(void **state)
{
    (void)state;
    net_t *net = small_net();
    assert_ok(BPB(net_set_loss)(net, &entropy));
    assert_ok(BPB(net_set_activation)(net, 2, &lacks[5].g));
    struct machine m = machine_of(net);
    assert_ok(call_hvp(&m));
    assert_int_equal(call_sobolev(&m), BPB_ERR_NO_SECOND);
    free_machine(&m);
}

static void jacobian__by_columns_needs_jvp_alone(void **state)
{
    (void)state;
    static const size_t units[] = {2, 5};
    static real x[2 * 3] = {1, 2, 3, 4}, J[10 * 3];
    for (size_t i = 1; i < 4; i += 2) { /* without vjp, without jvp */
        struct machine m = {0};
        assert_ok(BPB(net_create)(&m.net, &(bpb_net_options){.sizes = units, .n_sizes = 2}));
        assert_ok(BPB(net_set_activation)(m.net, 1, &lacks[i].g));
        m = machine_of(m.net);
        assert_int_equal(
            BPB(jacobian)(m.net, m.work, BPB(samples)(x, 3, 2), BPB(samples_out)(J, 3, 10)),
            i == 1 ? BPB_OK : BPB_ERR_NO_JVP);
        free_machine(&m);
    }
}

/* H v of the net is refused, and the sentence names that function. */
static void expect_name(net_t *net, bpb_status status, const char *name)
{
    net_t *copy = NULL;
    assert_ok(BPB(net_copy)(&copy, net));
    struct machine m = machine_of(copy);
    assert_int_equal(call_hvp(&m), status);
    assert_non_null(strstr(bpb_error(), name));
    free_machine(&m);
}

static void error__names_the_first_function_that_lacks_a_part(void **state)
{
    (void)state;
    net_t *net = small_net();
    const activation only_value = {.name = "first", VALUE(own_tanh)},
                     only_f = {.name = "second", .f = own_tanh_f};
    const loss_function only_e = {.name = "third", .f = own_squared_f};
    assert_ok(BPB(net_set_loss)(net, &only_e));
    expect_name(net, BPB_ERR_NO_VJP, "loss third");
    assert_ok(BPB(net_set_activation)(net, 2, &only_f));
    expect_name(net, BPB_ERR_NO_VJP, "activation second of layer 2");
    assert_ok(BPB(net_set_activation)(net, 1, &only_value));
    expect_name(net, BPB_ERR_NO_VJP, "activation first of layer 1");
    BPB(net_destroy)(&net);
}

/* ---- Tests: what a net keeps ---- */

static void expect_mismatch(struct machine *m, const char *what)
{
    for (size_t k = 0; k < COUNT(calls); k++) {
        if (calls[k].call == call_train)
            continue; /* which makes a plan of its own */
        if (calls[k].call(m) != BPB_ERR_MISMATCH)
            fail_msg("%s: %s by a plan for other functions", what, calls[k].name);
    }
}

static void set_function__earlier_plan_is_a_mismatch(void **state)
{
    (void)state;
    static const double other_leak = 0.25;
    activation same_but_context = leaky;
    struct machine m = machine_of(small_net());
    assert_ok(call_hvp(&m));
    assert_ok(BPB(net_set_activation)(m.net, 1, &leaky));
    expect_mismatch(&m, "set_activation");
    struct machine again = machine_of(m.net);
    assert_ok(call_hvp(&again));
    same_but_context.context = &other_leak;
    assert_ok(BPB(net_set_activation)(m.net, 1, &same_but_context));
    expect_mismatch(&again, "context");
    activation same_but_curve = leaky;
    same_but_curve.d2f = NULL;
    assert_ok(BPB(net_set_activation)(m.net, 1, &same_but_curve));
    expect_mismatch(&again, "d2f");
    assert_ok(BPB(net_set_activation)(m.net, 1, &leaky));
    assert_ok(call_hvp(&again)); /* the functions of its plan are back */
    assert_ok(BPB(net_set_loss)(m.net, &squared));
    expect_mismatch(&again, "set_loss");
    BPB(work_destroy)(&again.work);
    BPB(plan_destroy)(&again.plan);
    free_machine(&m);
}

/* The parameters of the library's functions belong to a plan too. */
static void parameter__of_another_net_is_a_mismatch(void **state)
{
    (void)state;
    const bpb_net_options nets[] = {
        {.sizes = small, .n_sizes = 3, .hidden = BPB_ELU, .loss = BPB_HUBER},
        {.sizes = small, .n_sizes = 3, .hidden = BPB_ELU, .loss = BPB_HUBER, .elu_alpha = 0.5},
        {.sizes = small, .n_sizes = 3, .hidden = BPB_ELU, .loss = BPB_HUBER, .huber_delta = 2},
    };
    struct machine m[COUNT(nets)] = {{0}};
    for (size_t i = 0; i < COUNT(nets); i++) {
        assert_ok(BPB(net_create)(&m[i].net, &nets[i]));
        m[i] = machine_of(m[i].net);
    }
    for (size_t i = 0; i < COUNT(nets); i++)
        for (size_t k = 0; k < COUNT(nets); k++)
            assert_int_equal(BPB(loss)(m[i].net, m[k].work, X(), BPB(values)(T()), &out.loss),
                             i == k ? BPB_OK : BPB_ERR_MISMATCH);
    for (size_t i = 0; i < COUNT(nets); i++)
        free_machine(&m[i]);
}

/* The plan has the functions even where the net that it was made for is gone. */
static void plan__outlives_its_net(void **state)
{
    (void)state;
    net_t *net = small_net(), *copy = NULL;
    assert_ok(BPB(net_set_activation)(net, 2, &leaky));
    assert_ok(BPB(net_set_loss)(net, &huber));
    assert_ok(BPB(net_copy)(&copy, net));
    struct machine m = machine_of(net);
    BPB(net_destroy)(&m.net);
    m.net = copy;
    assert_ok(call_hvp(&m));
    free_machine(&m);
}

static void set_function__the_struct_and_the_name_are_copied(void **state)
{
    (void)state;
    char name[BPB_NAME_BYTES] = "a-name_of-31-characters-0123456";
    activation g = {.name = name, BY_ENTRY(own_leaky), .context = &leak};
    loss_function loss = {.name = name, BY_ENTRY(own_huber), .context = &huber_delta};
    net_t *net = small_net();
    assert_int_equal(strlen(name), BPB_NAME_BYTES - 1);
    assert_ok(BPB(net_set_activation)(net, 1, &g));
    assert_ok(BPB(net_set_loss)(net, &loss));
    memset(name, 'x', sizeof name);
    memset(&g, 0xa5, sizeof g);
    memset(&loss, 0xa5, sizeof loss);
    assert_string_equal(BPB(net_layer)(net, 1).name, "a-name_of-31-characters-0123456");
    assert_string_equal(BPB(net_loss)(net).name, "a-name_of-31-characters-0123456");
    struct machine m = machine_of(net);
    assert_ok(call_hvp(&m));
    free_machine(&m);
}

static void set_function__getters_tell_of_it(void **state)
{
    (void)state;
    net_t *net = small_net();
    assert_int_equal(BPB(net_loss)(net).n_targets, N_OUT);
    assert_ok(BPB(net_set_activation)(net, 2, &leaky));
    assert_ok(BPB(net_set_loss)(net, &normal));
    assert_int_equal(BPB(net_layer)(net, 1).activation, BPB_TANH);
    assert_int_equal(BPB(net_layer)(net, 2).activation, BPB_OWN_ACTIVATION);
    assert_int_equal(BPB(net_loss)(net).kind, BPB_OWN_LOSS);
    assert_string_equal(BPB(net_layer)(net, 1).name, "tanh");
    assert_string_equal(BPB(net_layer)(net, 2).name, "leaky");
    assert_string_equal(BPB(net_loss)(net).name, "normal");
    assert_int_equal(BPB(net_loss)(net).n_targets, N_OUT / 2);
    assert_true(BPB(net_layer)(net, 2).parameter == 0 && BPB(net_loss)(net).parameter == 0);
    assert_ok(BPB(net_set_loss)(net, &classes));
    assert_int_equal(BPB(net_loss)(net).n_targets, N_OUT);
    BPB(net_destroy)(&net);
}

/* A refused function leaves the one that was there. */
static void set_function__refused_changes_nothing(void **state)
{
    (void)state;
    net_t *net = NULL;
    const loss_function of_three = {.name = "p", .group = 3, LOSS_BY_MATRIX(own_normal)};
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = small,
                                                       .n_sizes = 3,
                                                       .hidden = BPB_LEAKY_RELU,
                                                       .loss = BPB_CROSS_ENTROPY,
                                                       .label_smoothing = 0.125}));
    struct machine m = machine_of(net);
    assert_int_equal(BPB(net_set_activation)(net, 2, &leaky), BPB_ERR_PAIR);
    assert_int_equal(BPB(net_set_activation)(net, 3, &leaky), BPB_ERR_SIZE);
    assert_int_equal(BPB(net_set_activation)(net, 0, &leaky), BPB_ERR_SIZE);
    assert_int_equal(BPB(net_set_loss)(net, &of_three), BPB_ERR_PAIR);
    assert_string_equal(BPB(net_layer)(net, 2).name, "sigmoid");
    assert_string_equal(BPB(net_loss)(net).name, "cross-entropy");
    assert_true(BPB(net_layer)(net, 1).parameter == 0.01);
    assert_true(BPB(net_loss)(net).parameter == 0.125);
    assert_ok(call_hvp(&m)); /* the plan still fits */
    assert_ok(BPB(net_set_activation)(net, 1, &leaky));
    free_machine(&m);
}

/* ---- Tests: what a function is given ---- */

static struct seen {
    const void *context;
    atomic_size_t blocks, entries;
    atomic_bool apart; /* Z is not A */
} seen;

static void watch_value(const void *context, size_t n, size_t columns, const real *Z, real *A)
{
    own_tanh_value(NULL, n, columns, Z, A);
    if (context == &seen) {
        atomic_fetch_add(&seen.blocks, 1);
        atomic_fetch_add(&seen.entries, n * columns);
    }
}
static void watch_vjp(const void *context, size_t n, size_t columns, const real *Z, const real *A,
                      real *D)
{
    if (context == &seen && Z != A)
        atomic_store(&seen.apart, true);
    own_tanh_times(NULL, n, columns, Z, A, D);
}

static void own_activation__is_given_context_and_z(void **state)
{
    (void)state;
    for (int of_A = 0; of_A < 2; of_A++) {
        net_t *net = small_net();
        const activation watch = {.name = "watch", .context = &seen, .of_A = of_A,
                                  .value = watch_value, .vjp = watch_vjp};
        memset(&seen, 0, sizeof seen);
        assert_ok(BPB(net_set_activation)(net, 1, &watch));
        struct machine m = machine_of(net);
        assert_ok(call_gradient(&m));
        assert_int_equal(atomic_load(&seen.entries), N_HIDDEN * COLS);
        assert_int_equal(atomic_load(&seen.apart), !of_A);
        free_machine(&m);
    }
}

/* Large enough for two threads, which then call it at the same time. */
static void own_functions__on_two_threads_give_the_same_bits(void **state)
{
    (void)state;
    static const size_t units[] = {150, 200, 60};
    enum { MANY = 64, P_MANY = 150 * 200 + 200 + 200 * 60 + 60 };
    const activation watch = {.name = "watch", .context = &seen, .value = watch_value,
                              .vjp = watch_vjp};
    struct rng rng = {3};
    real *x = make_reals(150 * MANY), *goal = make_reals(60 * MANY), *gradients[2];
    fill_uniform(&rng, 150 * MANY, -1, 1, x);
    fill_uniform(&rng, 60 * MANY, 0, 1, goal);
    for (size_t threads = 1; threads <= 2; threads++) {
        struct machine m = {0};
        gradients[threads - 1] = make_reals(P_MANY);
        assert_ok(BPB(net_create)(&m.net, &(bpb_net_options){.sizes = units, .n_sizes = 3}));
        assert_ok(BPB(net_set_activation)(m.net, 1, &watch));
        assert_ok(BPB(net_set_loss)(m.net, &huber));
        assert_ok(BPB(plan_create)(&m.plan, m.net, &(bpb_plan_options){.batch = MANY,
                                                                       .threads = threads}));
        assert_int_equal(BPB(plan_threads)(m.plan), threads);
        assert_ok(BPB(work_create)(&m.work, m.plan));
        memset(&seen, 0, sizeof seen);
        for (int round = 0; round < 3; round++)
            assert_ok(BPB(gradient)(m.net, m.work, BPB(samples)(x, MANY, 150),
                                    BPB(values)(BPB(samples)(goal, MANY, 60)),
                                    gradients[threads - 1], NULL));
        assert_int_equal(atomic_load(&seen.entries), 3 * 200 * MANY);
        assert_true(atomic_load(&seen.blocks) >= 3 * threads);
        free_machine(&m);
    }
    assert_same_bits(P_MANY, gradients[1], gradients[0]);
    free(gradients[0]);
    free(gradients[1]);
    free(x);
    free(goal);
}

static int set_up(void **state)
{
    (void)state;
    struct rng rng = {11};
    fill_uniform(&rng, COUNT(x_values), -1, 1, x_values);
    fill_uniform(&rng, COUNT(t_values), 0, 1, t_values);
    fill_uniform(&rng, COUNT(j_values), -1, 1, j_values);
    fill_uniform(&rng, COUNT(v_values), -1, 1, v_values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_part__is_refused_where_it_is_needed),
        cmocka_unit_test(hvp__loss_of_z_needs_no_second_of_the_output),
        cmocka_unit_test(jacobian__by_columns_needs_jvp_alone),
        cmocka_unit_test(error__names_the_first_function_that_lacks_a_part),
        cmocka_unit_test(set_function__earlier_plan_is_a_mismatch),
        cmocka_unit_test(parameter__of_another_net_is_a_mismatch),
        cmocka_unit_test(plan__outlives_its_net),
        cmocka_unit_test(set_function__the_struct_and_the_name_are_copied),
        cmocka_unit_test(set_function__getters_tell_of_it),
        cmocka_unit_test(set_function__refused_changes_nothing),
        cmocka_unit_test(own_activation__is_given_context_and_z),
        cmocka_unit_test(own_functions__on_two_threads_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
