/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What bpb_error() says after each public function of core.h was given one wrong argument: it
 * names the argument, and it is not what the error before said. And the sentence itself: who has
 * it, how long it lasts, and what becomes of strings in it.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { N_IN = 3, N_HIDDEN = 4, N_OUT = 2, P = 26, COLS = 5, BATCH = 6, MOST = 400 };

static const size_t sizes[] = {N_IN, N_HIDDEN, N_OUT};
static const bpb_net_options three_layers = {.sizes = sizes, .n_sizes = 3};
static double x[N_IN * (BATCH + 1)] = {0.5, -1, 2}, t[N_OUT * (BATCH + 1)] = {1, 0, 0, 1};
static double y[N_OUT * (BATCH + 1)], gradient[P];

static bpb_net *net, *other;     /* of other sizes */
static bpb_plan *plan;           /* of net, for BATCH columns */
static bpb_work *work, *another; /* another: of other */
static const bpb_view no_view;

static bpb_view X_of(size_t cols)
{
    return bpb_samples(x, cols, N_IN);
}
static bpb_out Y_of(size_t cols)
{
    return bpb_samples_out(y, cols, N_OUT);
}
static bpb_targets T_of(size_t cols)
{
    return bpb_values(bpb_samples(t, cols, N_OUT));
}

static int make(void **state)
{
    static const size_t two_sizes[] = {N_IN, N_OUT};
    (void)state;
    return bpb_net_create(&net, &three_layers) ||
           bpb_net_create(&other, &(bpb_net_options){.sizes = two_sizes, .n_sizes = 2}) ||
           bpb_plan_create(&plan, net, &(bpb_plan_options){.batch = BATCH}) ||
           bpb_work_create(&work, plan) || bpb_work_create_for(&another, other, NULL);
}

static int destroy(void **state)
{
    (void)state;
    bpb_work_destroy(&work);
    bpb_work_destroy(&another);
    bpb_plan_destroy(&plan);
    bpb_net_destroy(&net);
    bpb_net_destroy(&other);
    return 0;
}

/* ---- An error that no other call has, and what comes after it ---- */

static const char sentinel[] = "\"sentinel\" is not the name of an init";

static void provoke_sentinel(void)
{
    int value = 7;
    assert_int_equal(bpb_value_of_name(BPB_NAMES_INIT, "sentinel", &value), BPB_ERR_OPTION);
    assert_int_equal(value, 7);
    assert_string_equal(bpb_error(), sentinel);
}

static void assert_sentence(const char *call, bpb_status status, bpb_status want, const char *names)
{
    const char *said = bpb_error();
    if (status != want)
        fail_msg("%s: \"%s\", not \"%s\"", call, bpb_strerror(status), bpb_strerror(want));
    if (!said[0] || strcmp(said, sentinel) == 0 || !strstr(said, names))
        fail_msg("%s: \"%s\" does not name %s", call, said, names);
    if (strlen(said) >= MOST || said[strlen(said) - 1] == '.')
        fail_msg("%s: \"%s\" is too long, or ends in a full stop", call, said);
}

/* A call that is refused, and what the sentence holds. */
#define REFUSED(status, names, ...)                                                                \
    do {                                                                                           \
        provoke_sentinel();                                                                        \
        const bpb_status got = __VA_ARGS__;                                                        \
        assert_sentence(#__VA_ARGS__, got, status, names);                                         \
    } while (0)

/* ---- Views and nets ---- */

static void find_nonfinite__wrong_argument__is_named(void **state)
{
    static const size_t rows[N_IN];
    bpb_view V = X_of(COLS);
    (void)state;
    REFUSED(BPB_ERR_NULL, "X", bpb_find_nonfinite(no_view, NULL));
    REFUSED(BPB_ERR_SIZE, "X", bpb_find_nonfinite(X_of(0), NULL));
    REFUSED(BPB_ERR_SIZE, "X", bpb_find_nonfinite(X_of(SIZE_MAX), NULL));
    V.ld = N_IN - 1;
    REFUSED(BPB_ERR_STRIDE, "ld 2", bpb_find_nonfinite(V, NULL));
    V.ld = 0;
    V.row_index = rows;
    REFUSED(BPB_ERR_STRIDE, "row_index", bpb_find_nonfinite(V, NULL));
}

static bpb_status make_net(bpb_net_options options)
{
    bpb_net *made = NULL;
    options.sizes = options.sizes ? options.sizes : sizes;
    options.n_sizes = options.n_sizes ? options.n_sizes : 3;
    const bpb_status status = bpb_net_create(&made, &options);
    assert_null(made);
    return status;
}

static void net_create__wrong_option__is_named(void **state)
{
    static const size_t none[] = {N_IN, 0, N_OUT}, many[] = {N_IN, N_HIDDEN, (size_t)1 << 31},
                        huge[] = {0x7fffffff, 0x7fffffff, 1};
    static const bpb_activation second_wrong[] = {BPB_TANH, (bpb_activation)99};
    bpb_net *made = NULL;
    (void)state;
    REFUSED(BPB_ERR_NULL, "net", bpb_net_create(NULL, &three_layers));
    REFUSED(BPB_ERR_NULL, "options", bpb_net_create(&made, NULL));
    REFUSED(BPB_ERR_NULL, "sizes", bpb_net_create(&made, &(bpb_net_options){.n_sizes = 3}));
    REFUSED(BPB_ERR_SIZE, "n_sizes", make_net((bpb_net_options){.n_sizes = 1}));
    REFUSED(BPB_ERR_SIZE, "sizes[1]", make_net((bpb_net_options){.sizes = none}));
    REFUSED(BPB_ERR_SIZE, "sizes[2]", make_net((bpb_net_options){.sizes = many}));
    REFUSED(BPB_ERR_SIZE, "parameters", make_net((bpb_net_options){.sizes = huge}));
    REFUSED(BPB_ERR_OPTION, "hidden is 99",
            make_net((bpb_net_options){.hidden = (bpb_activation)99}));
    REFUSED(BPB_ERR_OPTION, "output is -1",
            make_net((bpb_net_options){.output = (bpb_activation)-1}));
    REFUSED(BPB_ERR_OPTION, "activations[1] is 99",
            make_net((bpb_net_options){.activations = second_wrong}));
    REFUSED(BPB_ERR_OPTION, "loss is 99", make_net((bpb_net_options){.loss = (bpb_loss_kind)99}));
    REFUSED(BPB_ERR_OPTION, "leak is -1", make_net((bpb_net_options){.leak = -1}));
    REFUSED(BPB_ERR_OPTION, "elu_alpha is nan", make_net((bpb_net_options){.elu_alpha = NAN}));
    REFUSED(BPB_ERR_OPTION, "huber_delta is inf",
            make_net((bpb_net_options){.huber_delta = INFINITY}));
    REFUSED(BPB_ERR_OPTION, "label_smoothing is 1",
            make_net((bpb_net_options){.label_smoothing = 1}));
    REFUSED(BPB_ERR_OPTION, "init is 99", make_net((bpb_net_options){.init = (bpb_init)99}));
    REFUSED(BPB_ERR_OPTION, "reserved[3]", make_net((bpb_net_options){.reserved = {0, 0, 0, 1}}));
    REFUSED(BPB_ERR_PAIR, "tanh",
            make_net((bpb_net_options){.output = BPB_TANH, .loss = BPB_CROSS_ENTROPY}));
}

static void net_copy_and_init__wrong_argument__is_named(void **state)
{
    bpb_net *copy = NULL;
    (void)state;
    REFUSED(BPB_ERR_NULL, "copy", bpb_net_copy(NULL, net));
    REFUSED(BPB_ERR_NULL, "net", bpb_net_copy(&copy, NULL));
    REFUSED(BPB_ERR_NULL, "net", bpb_net_init(NULL, BPB_INIT_ZERO, 1));
    REFUSED(BPB_ERR_OPTION, "init is -1", bpb_net_init(net, (bpb_init)-1, 1));
    assert_null(copy);
}

static void own_f(const void *context, size_t n, const double *z, double *a)
{
    (void)context;
    memmove(a, z, n * sizeof *a);
}
static void own_e(const void *context, size_t n, const double *a, const double *b, double *e)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        e[i] = a[i] - b[i];
}
static void own_value(const void *context, size_t n, size_t B, const double *Z, const double *A,
                      const double *T, double *e)
{
    (void)context, (void)n, (void)Z, (void)A, (void)T;
    memset(e, 0, B * sizeof *e);
}

static void net_set_functions__wrong_argument__is_named(void **state)
{
    const bpb_activation_function g = {.name = "mine", .f = own_f};
    const bpb_loss_function e = {.name = "error", .f = own_e};
    (void)state;
#define G(...) (&(bpb_activation_function){__VA_ARGS__})
#define LOSS(...) (&(bpb_loss_function){__VA_ARGS__})
    REFUSED(BPB_ERR_NULL, "net", bpb_net_set_activation(NULL, 1, &g));
    REFUSED(BPB_ERR_NULL, "g", bpb_net_set_activation(net, 1, NULL));
    REFUSED(BPB_ERR_SIZE, "3", bpb_net_set_activation(net, 3, &g));
    REFUSED(BPB_ERR_NULL, "name", bpb_net_set_activation(net, 1, G(.f = own_f)));
    REFUSED(BPB_ERR_NULL, "mine", bpb_net_set_activation(net, 1, G(.name = "mine")));
    REFUSED(BPB_ERR_OPTION, "tanh", bpb_net_set_activation(net, 1, G(.name = "tanh", .f = own_f)));
    REFUSED(BPB_ERR_OPTION, "a b", bpb_net_set_activation(net, 1, G(.name = "a b", .f = own_f)));
    REFUSED(BPB_ERR_OPTION, "of_A",
            bpb_net_set_activation(net, 1, G("mine", .f = own_f, .of_A = 2)));
    REFUSED(BPB_ERR_NULL, "net", bpb_net_set_loss(NULL, &e));
    REFUSED(BPB_ERR_NULL, "loss", bpb_net_set_loss(net, NULL));
    REFUSED(BPB_ERR_NULL, "name", bpb_net_set_loss(net, LOSS(.f = own_e)));
    REFUSED(BPB_ERR_OPTION, "squared", bpb_net_set_loss(net, LOSS(.name = "squared", .f = own_e)));
    REFUSED(BPB_ERR_OPTION, "of_Z", bpb_net_set_loss(net, LOSS("error", .f = own_e, .of_Z = -1)));
    REFUSED(BPB_ERR_PAIR, "group",
            bpb_net_set_loss(net, LOSS("error", .value = own_value, .group = 3)));
#undef G
#undef LOSS
}

/* ---- Plans and works ---- */

static bpb_status make_plan(bpb_plan_options options)
{
    bpb_plan *made = NULL;
    bpb_work *made_work = NULL;
    const bpb_status status = bpb_plan_create(&made, net, &options);
    assert_null(made);
    assert_int_equal(bpb_work_create_for(&made_work, net, &options), status);
    assert_null(made_work);
    return status;
}

static void plan_create__wrong_option__is_named(void **state)
{
    bpb_plan *made = NULL;
    (void)state;
    REFUSED(BPB_ERR_NULL, "plan", bpb_plan_create(NULL, net, NULL));
    REFUSED(BPB_ERR_NULL, "net", bpb_plan_create(&made, NULL, NULL));
    REFUSED(BPB_ERR_SIZE, "batch is 2147483648", make_plan((bpb_plan_options){.batch = 1u << 31}));
    REFUSED(BPB_ERR_OPTION, "threads is 1025", make_plan((bpb_plan_options){.threads = 1025}));
    REFUSED(BPB_ERR_OPTION, "unpadded is 2", make_plan((bpb_plan_options){.unpadded = 2}));
    REFUSED(BPB_ERR_OPTION, "keep_Z is -1", make_plan((bpb_plan_options){.keep_Z = -1}));
    REFUSED(BPB_ERR_OPTION, "derivatives is 3", make_plan((bpb_plan_options){.derivatives = 3}));
    REFUSED(BPB_ERR_OPTION, "dropout is 1", make_plan((bpb_plan_options){.dropout = 1}));
    REFUSED(BPB_ERR_OPTION, "dropout_inputs is -0.5",
            make_plan((bpb_plan_options){.dropout_inputs = -0.5}));
    REFUSED(BPB_ERR_OPTION, "planning is 3",
            make_plan((bpb_plan_options){.planning = (bpb_planning)3}));
    REFUSED(BPB_ERR_FORMAT, "wisdom", make_plan((bpb_plan_options){.wisdom = "no wisdom"}));
    REFUSED(BPB_ERR_OPTION, "reserved[1]", make_plan((bpb_plan_options){.reserved = {0, 1}}));
    assert_null(made);
}

static void work_create_and_init__wrong_argument__is_named(void **state)
{
    static char memory[64];
    bpb_work *made = NULL;
    (void)state;
    REFUSED(BPB_ERR_NULL, "work", bpb_work_create(NULL, plan));
    REFUSED(BPB_ERR_NULL, "plan", bpb_work_create(&made, NULL));
    REFUSED(BPB_ERR_NULL, "work", bpb_work_create_for(NULL, net, NULL));
    REFUSED(BPB_ERR_NULL, "net", bpb_work_create_for(&made, NULL, NULL));
    REFUSED(BPB_ERR_NULL, "work", bpb_work_init(NULL, plan, memory, sizeof memory));
    REFUSED(BPB_ERR_NULL, "plan", bpb_work_init(&made, NULL, memory, sizeof memory));
    REFUSED(BPB_ERR_NULL, "memory", bpb_work_init(&made, plan, NULL, sizeof memory));
    REFUSED(BPB_ERR_BUFFER, "64", bpb_work_init(&made, plan, memory, sizeof memory));
    assert_null(made);
}

/* ---- Predictions and passes ---- */

static void predict__wrong_argument__is_named(void **state)
{
    const bpb_view X = X_of(COLS);
    const bpb_out Y = Y_of(COLS);
    (void)state;
    REFUSED(BPB_ERR_NULL, "net", bpb_predict(NULL, X, Y, NULL));
    REFUSED(BPB_ERR_NULL, "X", bpb_predict(net, no_view, Y, NULL));
    REFUSED(BPB_ERR_NULL, "Y", bpb_predict(net, X, (bpb_out){0}, NULL));
    REFUSED(BPB_ERR_SHAPE, "Y", bpb_predict(net, X, Y_of(COLS - 1), NULL));
    REFUSED(BPB_ERR_OPTION, "threads is 5000",
            bpb_predict(net, X, Y, &(bpb_plan_options){.threads = 5000}));
    REFUSED(BPB_ERR_NULL, "net", bpb_predict_with(NULL, work, X, Y, NULL));
    REFUSED(BPB_ERR_NULL, "work", bpb_predict_with(net, NULL, X, Y, NULL));
    REFUSED(BPB_ERR_SHAPE, "X", bpb_predict_with(net, work, bpb_samples(x, COLS, 2), Y, NULL));
    REFUSED(BPB_ERR_MISMATCH, "work", bpb_predict_with(net, another, X, Y, NULL));
}

static void evaluate__wrong_argument__is_named(void **state)
{
    const bpb_view X = X_of(COLS);
    const bpb_targets T = T_of(COLS);
    bpb_score score;
    (void)state;
    REFUSED(BPB_ERR_NULL, "net", bpb_evaluate(NULL, X, T, &score, NULL));
    REFUSED(BPB_ERR_NULL, "score", bpb_evaluate(net, X, T, NULL, NULL));
    REFUSED(BPB_ERR_SHAPE, "T", bpb_evaluate(net, X, T_of(COLS - 1), &score, NULL));
    REFUSED(BPB_ERR_OPTION, "keep_Z is 7",
            bpb_evaluate(net, X, T, &score, &(bpb_plan_options){.keep_Z = 7}));
    REFUSED(BPB_ERR_NULL, "work", bpb_evaluate_with(net, NULL, X, T, &score));
    REFUSED(BPB_ERR_NULL, "score", bpb_evaluate_with(net, work, X, T, NULL));
    REFUSED(BPB_ERR_NULL, "X", bpb_evaluate_with(net, work, no_view, T, &score));
    REFUSED(BPB_ERR_MISMATCH, "work", bpb_evaluate_with(net, another, X, T, &score));
}

static void targets__that_are_none__are_named(void **state)
{
    static const double classes[COLS] = {0, 1, 2, 0, 1};
    static const size_t sizes_of_means[] = {N_IN, 2 * N_OUT};
    const bpb_view X = X_of(COLS);
    bpb_targets T = T_of(COLS);
    bpb_net *gaussian = NULL;
    double E = 7;
    (void)state;
    T.masked = 2;
    REFUSED(BPB_ERR_OPTION, "masked of T is 2", bpb_loss(net, work, X, T, &E));
    T = T_of(COLS);
    T.kind = (bpb_target_kind)9;
    REFUSED(BPB_ERR_OPTION, "kind of T is 9", bpb_loss(net, work, X, T, &E));
    T = bpb_classes(bpb_samples(classes, COLS, 1));
    REFUSED(BPB_ERR_LABEL, "2", bpb_loss(net, work, X, T, &E));
    T.kind = BPB_VALUES;
    REFUSED(BPB_ERR_SHAPE, "T has 1 rows", bpb_loss(net, work, X, T, &E));
    assert_int_equal(bpb_net_create(&gaussian, &(bpb_net_options){.sizes = sizes_of_means,
                                                                  .n_sizes = 2,
                                                                  .output = BPB_IDENTITY,
                                                                  .loss = BPB_GAUSSIAN}),
                     BPB_OK);
    bpb_score score;
    T = bpb_labels(bpb_samples(t, COLS, N_OUT));
    REFUSED(BPB_ERR_OPTION, "T has classes or labels", bpb_evaluate(gaussian, X, T, &score, NULL));
    bpb_net_destroy(&gaussian);
    assert_true(E == 7);
}

static void passes__wrong_argument__is_named(void **state)
{
    const bpb_view X = X_of(COLS);
    const bpb_targets T = T_of(COLS);
    double E;
    (void)state;
    REFUSED(BPB_ERR_NULL, "net", bpb_forward(NULL, work, X, Y_of(COLS)));
    REFUSED(BPB_ERR_NULL, "work", bpb_forward(net, NULL, X, Y_of(COLS)));
    REFUSED(BPB_ERR_SHAPE, "Y", bpb_forward(net, work, X, Y_of(COLS - 1)));
    REFUSED(BPB_ERR_BATCH, "6", bpb_forward(net, work, X_of(BATCH + 1), Y_of(BATCH + 1)));
    REFUSED(BPB_ERR_MISMATCH, "work", bpb_forward(net, another, X, Y_of(COLS)));
    REFUSED(BPB_ERR_NULL, "loss", bpb_loss(net, work, X, T, NULL));
    REFUSED(BPB_ERR_NULL, "X", bpb_loss(net, work, no_view, T, &E));
    REFUSED(BPB_ERR_NULL, "T", bpb_loss(net, work, X, bpb_values(no_view), &E));
    REFUSED(BPB_ERR_NULL, "gradient", bpb_gradient(net, work, X, T, NULL, &E));
    REFUSED(BPB_ERR_BATCH, "7",
            bpb_gradient(net, work, X_of(BATCH + 1), T_of(BATCH + 1), gradient, &E));
    REFUSED(BPB_ERR_MISMATCH, "work", bpb_gradient(net, another, X, T, gradient, &E));
}

static void sgd_step__wrong_rule__is_named(void **state)
{
    const bpb_view X = X_of(COLS);
    const bpb_targets T = T_of(COLS);
    (void)state;
#define STEP(...) bpb_sgd_step(net, work, X, T, &(bpb_sgd_rule){__VA_ARGS__}, NULL)
    REFUSED(BPB_ERR_NULL, "rule", bpb_sgd_step(net, work, X, T, NULL, NULL));
    REFUSED(BPB_ERR_OPTION, "eta is -1", STEP(.eta = -1));
    REFUSED(BPB_ERR_OPTION, "decay is nan", STEP(.eta = 1, .decay = NAN));
    REFUSED(BPB_ERR_OPTION, "decay_biases is 2", STEP(.eta = 1, .decay_biases = 2));
    REFUSED(BPB_ERR_OPTION, "decay", STEP(.eta = 1e200, .decay = 1e200));
#undef STEP
    REFUSED(BPB_ERR_NULL, "net", bpb_sgd_step(NULL, work, X, T, &(bpb_sgd_rule){.eta = 1}, NULL));
}

static void function_without_derivative__is_named(void **state)
{
    bpb_net *own = NULL;
    bpb_work *of_own = NULL;
    (void)state;
    assert_int_equal(bpb_net_create(&own, &three_layers), BPB_OK);
    assert_int_equal(bpb_net_set_activation(
                         own, 1, &(bpb_activation_function){.name = "value-alone", .f = own_f}),
                     BPB_OK);
    assert_int_equal(bpb_work_create_for(&of_own, own, NULL), BPB_OK);
    REFUSED(BPB_ERR_NO_VJP, "value-alone",
            bpb_gradient(own, of_own, X_of(COLS), T_of(COLS), gradient, NULL));
    bpb_work_destroy(&of_own);
    bpb_net_destroy(&own);
}

static void value_of_name__wrong_argument__is_named(void **state)
{
    int value = 7;
    (void)state;
    REFUSED(BPB_ERR_NULL, "name", bpb_value_of_name(BPB_NAMES_LOSS, NULL, &value));
    REFUSED(BPB_ERR_NULL, "value", bpb_value_of_name(BPB_NAMES_LOSS, "squared", NULL));
    REFUSED(BPB_ERR_OPTION, "Squared", bpb_value_of_name(BPB_NAMES_LOSS, "Squared", &value));
    REFUSED(BPB_ERR_OPTION, "9", bpb_value_of_name((bpb_names)9, "squared", &value));
    assert_int_equal(value, 7);
}

/* ---- The sentence ---- */

/* Successes of many kinds, a warning, and calls without a status. */
static void success_and_warnings__leave_the_sentence(void **state)
{
    bpb_net *copy = NULL;
    bpb_plan *made = NULL;
    bpb_work *made_work = NULL;
    bpb_score score;
    int value;
    double E;
    (void)state;
    provoke_sentinel();
    assert_int_equal(bpb_net_copy(&copy, net), BPB_OK);
    assert_int_equal(bpb_net_init(copy, BPB_INIT_HE_NORMAL, 3), BPB_OK);
    assert_int_equal(bpb_plan_create(&made, copy, NULL), BPB_OK);
    assert_int_equal(bpb_work_create(&made_work, made), BPB_OK);
    assert_int_equal(bpb_gradient(copy, made_work, X_of(COLS), T_of(COLS), gradient, &E), BPB_OK);
    assert_int_equal(bpb_predict(copy, X_of(COLS), Y_of(COLS), NULL), BPB_OK);
    assert_int_equal(bpb_value_of_name(BPB_NAMES_LOSS, "squared", &value), BPB_OK);
    t[1] = NAN;
    assert_int_equal(bpb_loss(copy, made_work, X_of(COLS), T_of(COLS), &E), BPB_NONFINITE);
    assert_int_equal(bpb_evaluate(copy, X_of(COLS), T_of(COLS), &score, NULL), BPB_NONFINITE);
    t[1] = 0;
    assert_int_equal(bpb_net_size(copy, 99), 0);
    assert_null(bpb_name(BPB_NAMES_LOSS, 99));
    assert_string_equal(bpb_strerror(99), "unknown status");
    bpb_work_destroy(&made_work);
    bpb_plan_destroy(&made);
    bpb_net_destroy(&copy);
    assert_string_equal(bpb_error(), sentinel);
    assert_string_equal(bpb_error(), sentinel); /* also when it was read */
}

struct thread_said {
    char before[MOST], after[MOST];
};

static void *on_a_thread(void *context)
{
    struct thread_said *said = context;
    strcpy(said->before, bpb_error());
    (void)bpb_net_init(net, (bpb_init)55, 1);
    strcpy(said->after, bpb_error());
    return NULL;
}

static void each_thread__has_its_own_sentence(void **state)
{
    struct thread_said said = {"?", "?"};
    pthread_t thread;
    (void)state;
    provoke_sentinel();
    assert_int_equal(pthread_create(&thread, NULL, on_a_thread, &said), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(said.before, "");
    assert_non_null(strstr(said.after, "init is 55"));
    assert_string_equal(bpb_error(), sentinel);
}

/* Errors on the threads of a plan are those of the call, which is this thread's. */
static void plan_with_threads__error_is_the_callers(void **state)
{
    bpb_work *threaded = NULL;
    (void)state;
    assert_int_equal(bpb_work_create_for(&threaded, net, &(bpb_plan_options){.threads = 3}),
                     BPB_OK);
    REFUSED(BPB_ERR_SHAPE, "Y", bpb_predict_with(net, threaded, X_of(COLS), Y_of(COLS + 1), NULL));
    bpb_work_destroy(&threaded);
}

/* What bpb_error() says of a note's key, which is not allowed. */
static const char *said_of_key(const char *key)
{
    provoke_sentinel();
    assert_int_equal(bpb_net_set_note(net, key, "value"), BPB_ERR_OPTION);
    assert_string_not_equal(bpb_error(), sentinel);
    assert_true(strlen(bpb_error()) < MOST);
    return bpb_error();
}

static bool is_utf8(const char *text)
{
    bpb_net *copy = NULL;
    assert_int_equal(bpb_net_copy(&copy, net), BPB_OK);
    const bpb_status status = bpb_net_set_note(copy, "text", text);
    bpb_net_destroy(&copy);
    return status == BPB_OK;
}

static void control_bytes__are_shown_as_question_marks(void **state)
{
    (void)state;
    const char *said = said_of_key("bpblas.\x1b[31m\a\r\n\x7f.end");
    assert_non_null(strstr(said, "bpblas.?[31m????.end"));
    for (const char *at = said; *at; at++)
        assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
    /* U+009B, which terminals take for ESC [ */
    assert_non_null(strstr(said_of_key("bpblas.\xc2\x9b"
                                       "31m"),
                           "bpblas.??31m"));
}

static void bytes_that_are_not_utf8__are_shown_as_question_marks(void **state)
{
    (void)state;
    assert_non_null(strstr(said_of_key("bpblas.gr\xc3\xb6\xc3\x9f"
                                       "e"),
                           "gr\xc3\xb6\xc3\x9f"
                           "e"));
    assert_non_null(strstr(said_of_key("a\xff"
                                       "b\xc3"),
                           "\"a?b?\""));
    assert_non_null(strstr(said_of_key("\xed\xa0\x80z"), "\"???z\""));
}

static void long_strings__are_cut(void **state)
{
    enum { LONG = 100000 };
    char *key = allocate(LONG, 1);
    (void)state;
    memset(key, 'k', LONG - 1);
    memcpy(key, "bpblas.", 7);
    const char *said = said_of_key(key);
    assert_non_null(strstr(said, "bpblas.kkkkkkkk"));
    assert_true(strlen(said) > 100);
    for (size_t from = 7; from < 11; from++) { /* a cut leaves no part of a character */
        for (size_t i = from; i + 3 < LONG; i += 3)
            memcpy(key + i, "\xe2\x82\xac", 3);
        assert_non_null(strstr(said_of_key(key), "\xe2\x82\xac"));
        assert_true(is_utf8(bpb_error()));
        memset(key + 7, 'k', 4);
    }
    free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_nonfinite__wrong_argument__is_named),
        cmocka_unit_test(net_create__wrong_option__is_named),
        cmocka_unit_test(net_copy_and_init__wrong_argument__is_named),
        cmocka_unit_test(net_set_functions__wrong_argument__is_named),
        cmocka_unit_test(plan_create__wrong_option__is_named),
        cmocka_unit_test(work_create_and_init__wrong_argument__is_named),
        cmocka_unit_test(predict__wrong_argument__is_named),
        cmocka_unit_test(evaluate__wrong_argument__is_named),
        cmocka_unit_test(targets__that_are_none__are_named),
        cmocka_unit_test(passes__wrong_argument__is_named),
        cmocka_unit_test(sgd_step__wrong_rule__is_named),
        cmocka_unit_test(function_without_derivative__is_named),
        cmocka_unit_test(value_of_name__wrong_argument__is_named),
        cmocka_unit_test(success_and_warnings__leave_the_sentence),
        cmocka_unit_test(each_thread__has_its_own_sentence),
        cmocka_unit_test(plan_with_threads__error_is_the_callers),
        cmocka_unit_test(control_bytes__are_shown_as_question_marks),
        cmocka_unit_test(bytes_that_are_not_utf8__are_shown_as_question_marks),
        cmocka_unit_test(long_strings__are_cut),
    };
    return cmocka_run_group_tests(tests, make, destroy);
}
