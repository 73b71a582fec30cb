/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of one's own that are copies of the library's give what those give, in every call. */
#include "own_tmpl.h"

#include <stdio.h>

typedef activation_function_t activation;
typedef loss_function_t loss_function;

static const double leak = 0.25, huber_delta = 0.125; /* exact in float */

static const activation tanh_of_z = {.name = "a", BY_ENTRY(own_tanh)},
                        tanh_of_a = {.name = "b", .of_A = 1, BY_ENTRY(own_tanh)},
                        tanh_whole = {.name = "c", .of_A = 1, BY_MATRIX(own_tanh)},
                        relu_of_z = {.name = "d", BY_ENTRY(own_relu)},
                        sigmoid_whole = {.name = "e", .of_A = 1, BY_MATRIX(own_sigmoid)},
                        leaky = {.name = "f", .context = &leak, BY_ENTRY(own_leaky)},
                        leaky_whole = {.name = "g", .context = &leak, BY_MATRIX(own_leaky)},
                        silu = {.name = "h", BY_ENTRY(own_silu)},
                        silu_whole = {.name = "i", BY_MATRIX(own_silu)},
                        softmax = {.name = "j", .of_A = 1, BY_MATRIX(own_softmax)};
static const loss_function squared = {.name = "k", BY_ENTRY(own_squared)},
                           huber = {.name = "l", .context = &huber_delta, BY_ENTRY(own_huber)},
                           entropy = {.name = "m", .of_Z = 1, .group = 1,
                                      LOSS_BY_MATRIX(own_entropy)},
                           classes = {.name = "n", .of_Z = 1, LOSS_BY_MATRIX(own_classes)},
                           normal = {.name = "o", .of_Z = 1, .group = 2,
                                     LOSS_BY_MATRIX(own_normal)};

/* ---- Nets that ought to be the same ---- */

enum { L = 3, B = 41, MOST_ANSWERS = 24 };
static const size_t narrow[] = {5, 20, 18, 4}, /* dY/dX by rows */
                    wide[] = {3, 20, 18, 4};   /* and by columns */

struct twin {
    const char *name;
    bpb_net_options options;
    const activation *hidden, *output; /* NULL: the library's */
    const loss_function *loss;
};

#define NET(widths, g, g_L, e)                                                                     \
    {                                                                                              \
        .sizes = widths, .n_sizes = L + 1, .hidden = g, .output = g_L, .loss = e                   \
    }
static const struct twin twins[] = {
    {"tanh of z", NET(narrow, BPB_TANH, BPB_TANH, BPB_SQUARED), &tanh_of_z, &tanh_of_z, NULL},
    {"tanh of a", NET(wide, BPB_TANH, BPB_TANH, BPB_SQUARED), &tanh_of_a, &tanh_of_a, &squared},
    {"whole tanh", NET(narrow, BPB_TANH, BPB_SIGMOID, BPB_CROSS_ENTROPY), &tanh_whole, NULL, NULL},
    {"relu", NET(narrow, BPB_RELU, BPB_IDENTITY, BPB_SQUARED), &relu_of_z, NULL, &squared},
    {"leaky", NET(wide, BPB_LEAKY_RELU, BPB_LEAKY_RELU, BPB_HUBER), &leaky, &leaky_whole, &huber},
    {"silu", NET(narrow, BPB_SILU, BPB_SILU, BPB_SQUARED), &silu, &silu_whole, &squared},
    {"sigmoid and entropy", NET(wide, BPB_SIGMOID, BPB_SIGMOID, BPB_CROSS_ENTROPY), &sigmoid_whole,
     &sigmoid_whole, &entropy},
    {"softmax", NET(narrow, BPB_SOFTMAX, BPB_SOFTMAX, BPB_SQUARED), &softmax, &softmax, NULL},
    {"softmax and entropy", NET(wide, BPB_TANH, BPB_SOFTMAX, BPB_CROSS_ENTROPY), NULL, &softmax,
     &classes},
    {"entropy alone", NET(narrow, BPB_TANH, BPB_SOFTMAX, BPB_CROSS_ENTROPY), NULL, NULL, &classes},
    {"normal", NET(narrow, BPB_TANH, BPB_IDENTITY, BPB_GAUSSIAN), NULL, NULL, &normal},
};

static bpb_net_options options_of(const struct twin *twin)
{
    bpb_net_options options = twin->options;
    options.leak = leak;
    options.huber_delta = huber_delta;
    options.init = BPB_INIT_GLOROT_UNIFORM;
    return options;
}

/* The loss first: the library's would not go with an output of one's own. */
static void set_functions(net_t *net, const struct twin *twin)
{
    if (twin->loss)
        assert_ok(BPB(net_set_loss)(net, twin->loss));
    for (size_t l = 1; l < L && twin->hidden; l++)
        assert_ok(BPB(net_set_activation)(net, l, twin->hidden));
    if (twin->output)
        assert_ok(BPB(net_set_activation)(net, L, twin->output));
}

static net_t *make_net(const struct twin *twin, bool own)
{
    net_t *net = NULL;
    const bpb_net_options options = options_of(twin);
    assert_ok(BPB(net_create)(&net, &options));
    if (own)
        set_functions(net, twin);
    return net;
}

/* ---- All that a net can be asked ---- */

/* The data, the same for all nets; T and dT may have weights and holes. */
struct data {
    real *X, *T, *dT, *U, *V, *D, *v;
    double *weights;
    int masked;
};

static struct data make_data(const net_t *net, bool weighted_and_masked)
{
    struct rng rng = {7};
    const size_t n_0 = BPB(net_size)(net, 0), n_L = BPB(net_size)(net, L),
                 n_T = BPB(net_loss)(net).n_targets, P = BPB(net_parameters)(net);
    struct data data = {make_reals(n_0 * B), make_reals(n_T * B), make_reals(n_0 * n_L * B),
                        make_reals(n_L * B), make_reals(n_0 * B), make_reals(n_0 * n_L * B),
                        make_reals(P),       NULL,                weighted_and_masked};
    fill_uniform(&rng, n_0 * B, -1, 1, data.X);
    fill_uniform(&rng, n_T * B, 0.1, 0.9, data.T);
    fill_uniform(&rng, n_0 * n_L * B, -1, 1, data.dT);
    fill_uniform(&rng, n_L * B, -1, 1, data.U);
    fill_uniform(&rng, n_0 * B, -1, 1, data.V);
    fill_uniform(&rng, n_0 * n_L * B, -1, 1, data.D);
    fill_uniform(&rng, P, -1, 1, data.v);
    if (!weighted_and_masked)
        return data;
    data.weights = allocate(B, sizeof *data.weights);
    for (size_t j = 0; j < B; j++)
        data.weights[j] = rng_uniform(&rng, 0.5, 2);
    for (size_t k = 1; k < n_T * B; k += 7)
        data.T[k] = (real)NAN;
    for (size_t k = 2; k < n_0 * n_L * B; k += 7)
        data.dT[k] = (real)NAN;
    return data;
}

static void free_data(struct data *data)
{
    real *const all[] = {data->X, data->T, data->dT, data->U, data->V, data->D, data->v};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
    free(data->weights);
}

struct answers {
    size_t count;
    struct answer {
        const char *name;
        size_t n;
        real *x;
    } list[MOST_ANSWERS];
};

static real *take(struct answers *answers, const char *name, size_t n)
{
    assert_true(answers->count < MOST_ANSWERS);
    struct answer *answer = &answers->list[answers->count++];
    *answer = (struct answer){name, n, make_reals(n)};
    return answer->x;
}

static void free_answers(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        free(answers->list[i].x);
}

/* What the questions are put to. */
struct subject {
    net_t *net;
    plan_t *plan;
    work_t *work;
    struct data data;
    view_t X;
    targets_t T;
    size_t n_0, n_L, P;
    struct answers answers;
};

static struct subject make_subject(net_t *net, bool weighted_and_masked)
{
    struct subject s = {.net = net,
                        .n_0 = BPB(net_size)(net, 0),
                        .n_L = BPB(net_size)(net, L),
                        .P = BPB(net_parameters)(net)};
    s.data = make_data(net, weighted_and_masked);
    s.X = BPB(samples)(s.data.X, B, s.n_0);
    s.T = BPB(values)(BPB(samples)(s.data.T, B, BPB(net_loss)(net).n_targets));
    s.T.weights = s.data.weights;
    s.T.masked = s.data.masked;
    assert_ok(BPB(plan_create)(&s.plan, net, &(bpb_plan_options){.batch = B, .derivatives = 1}));
    assert_ok(BPB(work_create)(&s.work, s.plan));
    return s;
}

static void free_subject(struct subject *s)
{
    free_data(&s->data);
    free_answers(&s->answers);
    BPB(work_destroy)(&s->work);
    BPB(plan_destroy)(&s->plan);
    BPB(net_destroy)(&s->net);
}

#define ANSWER(name, n) take(&s->answers, name, n)
#define ANSWER_MATRIX(name, rows) BPB(samples_out)(ANSWER(name, (rows)*B), B, rows)

static void ask_passes(struct subject *s)
{
    double E = 0, E_too = 0;
    bpb_score score;
    assert_ok(BPB(forward)(s->net, s->work, s->X, ANSWER_MATRIX("Y", s->n_L)));
    assert_ok(BPB(predict_with)(s->net, s->work, s->X, ANSWER_MATRIX("predicted", s->n_L), NULL));
    assert_ok(BPB(loss)(s->net, s->work, s->X, s->T, &E));
    *ANSWER("loss", 1) = (real)E;
    assert_ok(BPB(evaluate_with)(s->net, s->work, s->X, s->T, &score));
    *ANSWER("score", 1) = (real)score.loss;
    *ANSWER("correct", 1) = (real)(1 + score.correct);
    *ANSWER("judged", 1) = (real)(1 + score.judged);
    assert_ok(BPB(gradient)(s->net, s->work, s->X, s->T, ANSWER("gradient", s->P), &E_too));
    assert_true(E_too == E);
}

static void ask_derivatives(struct subject *s)
{
    double E = 0;
    const size_t entries = s->n_0 * s->n_L;
    const view_t U = BPB(samples)(s->data.U, B, s->n_L), V = BPB(samples)(s->data.V, B, s->n_0),
                 D = BPB(samples)(s->data.D, B, entries);
    targets_t dT = BPB(values)(BPB(samples)(s->data.dT, B, entries));
    dT.masked = s->data.masked;
    assert_ok(BPB(gradient_x)(s->net, s->work, s->X, s->T, ANSWER("gradient too", s->P),
                              ANSWER_MATRIX("dX", s->n_0), NULL));
    assert_ok(BPB(vjp)(s->net, s->work, s->X, U, ANSWER("vjp", s->P),
                       ANSWER_MATRIX("vjp dX", s->n_0)));
    assert_ok(
        BPB(jvp)(s->net, s->work, s->X, s->data.v, V, (out_t){0}, ANSWER_MATRIX("jvp", s->n_L)));
    assert_ok(BPB(jacobian)(s->net, s->work, s->X, ANSWER_MATRIX("Jacobian", entries)));
    assert_ok(BPB(hvp)(s->net, s->work, s->X, s->T, s->data.v, ANSWER("Hv", s->P), NULL, NULL));
    assert_ok(BPB(gnvp)(s->net, s->work, s->X, s->T, s->data.v, ANSWER("Gv", s->P)));
    assert_ok(BPB(jacobian_vjp)(s->net, s->work, s->X, U, D, ANSWER("Jacobian vjp", s->P)));
    assert_ok(BPB(sobolev)(s->net, s->work, s->X, s->T, dT, 0.5, ANSWER("Sobolev", s->P), &E));
    *ANSWER("Sobolev E", 1) = (real)E;
}

/* theta after a step, and after a training. */
static void ask_steps(struct subject *s)
{
    const bpb_sgd_rule rule = {.eta = 0.1, .decay = 0.01};
    const data_t data = {.train = {.X = s->X, .T = s->T}};
    assert_ok(BPB(sgd_step)(s->net, s->work, s->X, s->T, &rule, NULL));
    memcpy(ANSWER("step", s->P), BPB(net_ctheta)(s->net), s->P * sizeof(real));
    assert_ok(BPB(train)(s->net, &data,
                         &(bpb_train_options){.eta = 0.1, .batch = 16, .epochs = 2}, NULL));
    memcpy(ANSWER("train", s->P), BPB(net_ctheta)(s->net), s->P * sizeof(real));
}

static void ask(struct subject *s)
{
    ask_passes(s);
    ask_derivatives(s);
    ask_steps(s);
}

/* ---- Tests: the same answers ---- */

static void assert_same_answers(const struct twin *twin, const struct answers *got,
                                const struct answers *want)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        const struct answer *g = &got->list[i], *w = &want->list[i];
        char what[64];
        snprintf(what, sizeof what, "%s: %s", twin->name, w->name);
        long double *wide_want = widen(w->n, w->x);
        assert_reals_close(what, w->n, g->x, wide_want, largest(w->n, wide_want),
                           TOLERANCE(5 + 20 + 18 + 4 + B));
        free(wide_want);
    }
}

static void compare_twins(const struct twin *twin, bool weighted_and_masked)
{
    struct subject library = make_subject(make_net(twin, false), weighted_and_masked),
                   own = make_subject(make_net(twin, true), weighted_and_masked);
    ask(&library);
    ask(&own);
    assert_same_answers(twin, &own.answers, &library.answers);
    free_subject(&library);
    free_subject(&own);
}

static void own_functions__answer_as_the_librarys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(twins); i++)
        compare_twins(&twins[i], false);
}

static void own_functions__weighted_and_masked_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(twins); i++)
        compare_twins(&twins[i], true);
}

/* But for the sign of a zero: 0 is D times a slope here, and chosen there. */
static void own_functions__same_arithmetic_gives_the_same_values(void **state)
{
    (void)state;
    const struct twin *twin = &twins[3];
    struct subject library = make_subject(make_net(twin, false), false),
                   own = make_subject(make_net(twin, true), false);
    assert_string_equal(twin->name, "relu");
    ask(&library);
    ask(&own);
    for (size_t i = 0; i < library.answers.count; i++) {
        const struct answer *w = &library.answers.list[i], *g = &own.answers.list[i];
        if (strcmp(w->name, "loss") == 0 || strcmp(w->name, "score") == 0 ||
            strcmp(w->name, "Sobolev E") == 0)
            continue; /* the library squares in double */
        for (size_t k = 0; k < w->n; k++)
            if (g->x[k] != w->x[k])
                fail_msg("%s: value %zu is %.17g, not %.17g", w->name, k, (double)g->x[k],
                         (double)w->x[k]);
    }
    free_subject(&library);
    free_subject(&own);
}

/* Columns longer than what the entry-wise form does at a time. */
static void own_loss__of_long_columns(void **state)
{
    (void)state;
    static const size_t units[] = {2, 1500};
    const bpb_net_options options = {.sizes = units, .n_sizes = 2, .output = BPB_IDENTITY};
    struct machine m = {0};
    double E = 0, E_own = 0;
    real x[2 * 3] = {1, 2, 3}, *T = make_reals(1500 * 3);
    struct rng rng = {5};
    fill_uniform(&rng, 1500 * 3, -1, 1, T);
    for (int own = 0; own < 2; own++) {
        assert_ok(BPB(net_create)(&m.net, &options));
        if (own)
            assert_ok(BPB(net_set_loss)(m.net, &squared));
        assert_ok(BPB(plan_create)(&m.plan, m.net, NULL));
        assert_ok(BPB(work_create)(&m.work, m.plan));
        assert_ok(BPB(loss)(m.net, m.work, BPB(samples)(x, 3, 2),
                            BPB(values)(BPB(samples)(T, 3, 1500)), own ? &E_own : &E));
        free_machine(&m);
    }
    assert_number_close("loss", (long double)E_own, (long double)E, (long double)E,
                        TOLERANCE(1500));
    free(T);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_functions__answer_as_the_librarys),
        cmocka_unit_test(own_functions__weighted_and_masked_targets),
        cmocka_unit_test(own_functions__same_arithmetic_gives_the_same_values),
        cmocka_unit_test(own_loss__of_long_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
