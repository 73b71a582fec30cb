/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every public function with every kind of bad argument: the documented status, a sentence about
 * it, and nothing that the call could have written to is touched, bit for bit.
 *
 * Each call takes its arguments from one struct that holds good ones. A row of a table names a
 * status and what to overwrite in the struct to be given it.
 */
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpblas.h"
#include "base/tmpl.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define WIDEST ((size_t)0x7fffffff)
#define PATTERN 0xa5

enum { N_IN = 3, N_HIDDEN = 4, N_OUT = 2, COLS = 5, BATCH = 6, LABELS = 4 };
enum { P = N_HIDDEN * N_IN + N_HIDDEN + N_OUT * N_HIDDEN + N_OUT };

/* ---- Good arguments ---- */

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static const real inputs[N_IN * (BATCH + 1)] = {
    RC(0.5), RC(-1.0), RC(2.0), RC(1.5), RC(0.25), RC(-0.5), RC(3.0)};
static const real targets[N_OUT * (BATCH + 1)] = {1, 0, 0, 1, 1, 1};
static const real label_values[LABELS] = {0, 1, 1, 0};
static const real gradient_in[P] = {1, 2, 3};
static const double shift[N_IN] = {0.5, 1, 2}, factor[N_IN] = {2, 0.25, -0.5};
static const double rates[BATCH] = {1, 1, 1, 1, 1, 1};
static const size_t order[COLS] = {4, 2, 0, 1, 3};
static const real of_jacobian[N_IN * N_OUT * COLS] = {1, 2, 3}, v_values[P] = {3, 2, 1};
static const char note_key[] = "unit", note_value[] = "mm";
static char idx_path[64], model_path[80];
static unsigned char model_file[8192];
static size_t model_bytes;

static net_t *the_net;
static plan_t *the_plan;
static work_t *the_work;
static objective_t *the_objective;
static real theta[P];

/* Functions of a user's own. */
static void own_f(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    memmove(a, z, n * sizeof *a);
}
static void own_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    own_f(context, n * B, Z, A);
}
static void own_e(const void *context, size_t n, const real *a, const real *t, real *e)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        e[i] = a[i] - t[i];
}
static void own_loss_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    (void)context, (void)n, (void)Z, (void)A, (void)T;
    memset(e, 0, B * sizeof *e);
}

/* Where calls write to. */
struct outputs {
    net_t *net;
    plan_t *plan;
    work_t *work;
    out_t X;
    objective_t *objective;
    real Y[N_OUT * (BATCH + 1)], gradient[P], Hv[P], dX[N_IN * COLS], J[N_IN * N_OUT * COLS];
    double loss;
    bpb_score score;
    bpb_where where;
    bpb_train_report report;
    bpb_blas_info info;
    size_t index[COLS], bytes;
    int value;
    unsigned char flags[COLS], file[sizeof model_file], memory[65536];
};
static struct outputs out;

/* What calls are given; a ..._at points at the member of that name, or into the outputs. */
struct arguments {
    net_t *net;
    const plan_t *plan;
    work_t *work;
    view_t X, U, V, D, labels;
    targets_t T, dT;
    out_t Y, Y_too, dX, J, one_hot;
    objective_t *objective;
    bpb_objective_options objective_options;
    const real *v, *theta;
    double strength;
    activation_function_t g;
    const activation_function_t *g_at;
    loss_function_t own_loss;
    const loss_function_t *own_loss_at;
    functions_t functions;
    size_t layer;
    bpb_net_options net_options;
    const bpb_net_options *net_options_at;
    bpb_plan_options plan_options;
    bpb_sgd_rule rule;
    const bpb_sgd_rule *rule_at;
    data_t data;
    const data_t *data_at;
    bpb_train_options train_options;
    const bpb_train_options *train_options_at;
    const real *gradient;
    const double *shift, *factor;
    bpb_init init;
    bpb_names names;
    const char *name;
    const char *key, *value, *path, *idx_path;
    const void *file;
    void *memory, *buffer;
    size_t memory_bytes, n, capacity, file_bytes;
    net_t **net_at;
    plan_t **plan_at;
    work_t **work_at;
    objective_t **objective_at;
    out_t *X_at;
    real *gradient_at, *Hv_at;
    double *loss_at;
    bpb_score *score_at;
    bpb_blas_info *info_at;
    int *value_at;
    size_t *index_at, *bytes_at;
};
static struct arguments given;

static void give_outputs(void)
{
    memset(&out, PATTERN, sizeof out);
    given.net_at = &out.net;
    given.plan_at = &out.plan;
    given.work_at = &out.work;
    given.X_at = &out.X;
    given.objective_at = &out.objective;
    given.gradient_at = out.gradient;
    given.Hv_at = out.Hv;
    given.loss_at = &out.loss;
    given.score_at = &out.score;
    given.info_at = &out.info;
    given.value_at = &out.value;
    given.index_at = out.index;
    given.bytes_at = &out.bytes;
}

static void give_options(void)
{
    const set_t set = {.X = given.X, .T = given.T};
    given.net_options = (bpb_net_options){.sizes = units, .n_sizes = 3};
    given.net_options_at = &given.net_options;
    given.rule = (bpb_sgd_rule){.eta = 0.5, .decay = 0.125};
    given.rule_at = &given.rule;
    given.train_options = (bpb_train_options){.eta = 0.5, .batch = 2, .epochs = 2};
    given.train_options_at = &given.train_options;
    given.data = (data_t){.train = set, .validation = set, .test = set};
    given.data_at = &given.data;
}

static void give_functions(void)
{
    given.g = (activation_function_t){.name = "mine", .f = own_f};
    given.g_at = &given.g;
    given.own_loss = (loss_function_t){.name = "error", .f = own_e};
    given.own_loss_at = &given.own_loss;
    given.functions = (functions_t){given.g_at, 1, given.own_loss_at, 1};
    given.layer = 2;
}

static void give_good_arguments(void)
{
    given = (struct arguments){
        .net = the_net,
        .plan = the_plan,
        .work = the_work,
        .X = {.data = inputs, .rows = N_IN, .cols = COLS},
        .U = {.data = targets, .rows = N_OUT, .cols = COLS},
        .T = BPB(values)((view_t){.data = targets, .rows = N_OUT, .cols = COLS}),
        .V = {.data = inputs, .rows = N_IN, .cols = COLS},
        .D = {.data = of_jacobian, .rows = N_IN * N_OUT, .cols = COLS},
        .dT = BPB(values)((view_t){.data = of_jacobian, .rows = N_IN * N_OUT, .cols = COLS}),
        .objective = the_objective,
        .v = v_values,
        .theta = theta,
        .strength = 0.5,
        .labels = {.data = label_values, .rows = 1, .cols = LABELS},
        .Y = {.data = out.Y, .rows = N_OUT, .cols = COLS},
        .Y_too = {.data = out.J, .rows = N_OUT, .cols = COLS},
        .dX = {.data = out.dX, .rows = N_IN, .cols = COLS},
        .J = {.data = out.J, .rows = N_IN * N_OUT, .cols = COLS},
        .one_hot = {.data = out.Y, .rows = N_OUT, .cols = LABELS},
        .gradient = gradient_in,
        .shift = shift,
        .factor = factor,
        .names = BPB_NAMES_LOSS,
        .name = "cross-entropy",
        .key = "colour",
        .value = "red",
        .path = model_path,
        .idx_path = idx_path,
        .memory = out.memory,
        .memory_bytes = BPB(work_bytes)(the_plan),
        .n = COLS,
        .buffer = out.file,
        .capacity = sizeof out.file,
        .file = model_file,
        .file_bytes = model_bytes,
    };
    give_options();
    give_functions();
    give_outputs();
}

/* ---- Calls ---- */

typedef bpb_status call_fn(const struct arguments *a);

#define CALL(name, expression)                              \
    static bpb_status call_##name(const struct arguments *a) \
    {                                                       \
        return expression;                                  \
    }
CALL(value_of_name, bpb_value_of_name(a->names, a->name, a->value_at))
CALL(find_nonfinite, BPB(find_nonfinite)(a->X, &out.where))
CALL(net_create, BPB(net_create)(a->net_at, a->net_options_at))
CALL(net_init, BPB(net_init)(a->net, a->init, 1))
CALL(set_input_scaling, BPB(net_set_scaling)(a->net, BPB_INPUTS, a->shift, a->factor))
CALL(set_output_scaling, BPB(net_set_scaling)(a->net, BPB_OUTPUTS, a->shift, a->factor))
CALL(set_note, BPB(net_set_note)(a->net, a->key, a->value))
CALL(plan_create, BPB(plan_create)(a->plan_at, a->net, &a->plan_options))
CALL(work_init, BPB(work_init)(a->work_at, a->plan, a->memory, a->memory_bytes))
CALL(work_create, BPB(work_create)(a->work_at, a->plan))
CALL(forward, BPB(forward)(a->net, a->work, a->X, a->Y))
CALL(loss, BPB(loss)(a->net, a->work, a->X, a->T, a->loss_at))
CALL(gradient, BPB(gradient)(a->net, a->work, a->X, a->T, a->gradient_at, &out.loss))
CALL(sgd_step, BPB(sgd_step)(a->net, a->work, a->X, a->T, a->rule_at, &out.loss))
CALL(predict_with, BPB(predict_with)(a->net, a->work, a->X, a->Y, out.flags))
CALL(predict, BPB(predict)(a->net, a->X, a->Y, NULL))
CALL(evaluate_with, BPB(evaluate_with)(a->net, a->work, a->X, a->T, a->score_at))
CALL(evaluate, BPB(evaluate)(a->net, a->X, a->T, a->score_at, NULL))
CALL(train, BPB(train)(a->net, a->data_at, a->train_options_at, &out.report))
CALL(shuffle, bpb_shuffle(a->index_at, a->n, 1, 1))
CALL(idx_read, BPB(idx_read)(a->X_at, a->idx_path, &out.where))
CALL(one_hot, BPB(one_hot)(a->labels, a->one_hot, &out.where))
CALL(save, BPB(net_save)(a->net, a->path))
CALL(load, BPB(net_load)(a->net_at, a->path, &a->functions))
CALL(save_memory, BPB(net_save_memory)(a->net, a->buffer, a->capacity, a->bytes_at))
CALL(load_memory, BPB(net_load_memory)(a->net_at, a->file, a->file_bytes, &a->functions))
CALL(model_precision, bpb_model_precision(a->path, a->bytes_at))
CALL(blas_health, bpb_blas_health(a->info_at))

CALL(copy, BPB(net_copy)(a->net_at, a->net))
CALL(gradient_x, BPB(gradient_x)(a->net, a->work, a->X, a->T, a->gradient_at, a->dX, &out.loss))
CALL(vjp, BPB(vjp)(a->net, a->work, a->X, a->U, a->gradient_at, a->dX))
CALL(jvp, BPB(jvp)(a->net, a->work, a->X, a->v, a->V, a->Y_too, a->Y))
CALL(jacobian, BPB(jacobian)(a->net, a->work, a->X, a->J))
CALL(hvp, BPB(hvp)(a->net, a->work, a->X, a->T, a->v, a->Hv_at, a->gradient_at, &out.loss))
CALL(gnvp, BPB(gnvp)(a->net, a->work, a->X, a->T, a->v, a->Hv_at))
CALL(jacobian_vjp, BPB(jacobian_vjp)(a->net, a->work, a->X, a->U, a->D, a->gradient_at))
CALL(sobolev,
     BPB(sobolev)(a->net, a->work, a->X, a->T, a->dT, a->strength, a->gradient_at, &out.loss))
CALL(objective_create,
     BPB(objective_create)(a->objective_at, a->net, a->X, a->T, &a->objective_options))
CALL(objective_gradient, BPB(objective_gradient)(a->objective, a->theta, a->loss_at,
                                                 a->gradient_at))
CALL(objective_hvp, BPB(objective_hvp)(a->objective, a->theta, a->v, a->Hv_at))
CALL(objective_gnvp, BPB(objective_gnvp)(a->objective, a->theta, a->v, a->Hv_at))

/* Functions are set on a copy, which a refusal leaves with the library's. */
static bpb_status set_on_copy(const struct arguments *a,
                              bpb_status (*set)(const struct arguments *a, net_t *net))
{
    net_t *net = NULL;
    if (a->net && BPB(net_copy)(&net, a->net))
        return BPB_ERR_MEMORY;
    const bpb_status status = set(a, net);
    if (net && status &&
        (BPB(net_layer)(net, 2).activation != BPB_SIGMOID ||
         BPB(net_loss)(net).kind != BPB_SQUARED || BPB(net_loss)(net).n_targets != N_OUT))
        fail_msg("refused, but set");
    BPB(net_destroy)(&net);
    return status;
}
static bpb_status do_set_activation(const struct arguments *a, net_t *net)
{
    return BPB(net_set_activation)(net, a->layer, a->g_at);
}
static bpb_status do_set_loss(const struct arguments *a, net_t *net)
{
    return BPB(net_set_loss)(net, a->own_loss_at);
}
CALL(set_activation, set_on_copy(a, do_set_activation))
CALL(set_loss, set_on_copy(a, do_set_loss))

/* ---- Bad arguments ---- */

/* What to overwrite among the arguments. */
struct change {
    const char *text;
    size_t at, size;
    union {
        const void *pointer;
        size_t count;
        double number;
        int integer;
    } value;
};

struct bad {
    bpb_status status;
    struct change change[4];
};

#define CHANGE(field, x, type, member) \
    {#field " = " #x, offsetof(struct arguments, field), sizeof(type), {.member = (x)}}
#define POINTER(field, x) CHANGE(field, x, void *, pointer)
#define SIZE(field, x) CHANGE(field, x, size_t, count)
#define NUMBER(field, x) CHANGE(field, x, double, number)
#define INTEGER(field, x) CHANGE(field, x, int, integer)

/* How the columns of a view lie in memory; it has n rows and COLS columns. It may be left out, or
 * (BAD_LAYOUT, BAD_VIEW) not. */
#define BAD_LAYOUT(V, n) {BPB_ERR_NULL, {POINTER(V.data, NULL)}}, BAD_OPTIONAL_LAYOUT(V, n)
#define BAD_OPTIONAL_LAYOUT(V, n)                                                             \
    {BPB_ERR_SHAPE, {SIZE(V.rows, 0)}},                                                       \
    {BPB_ERR_SIZE, {SIZE(V.cols, 0)}},                                                        \
    {BPB_ERR_SIZE, {SIZE(V.cols, SIZE_MAX)}},                                                 \
    {BPB_ERR_SIZE, {SIZE(V.cols, SIZE_MAX / (n * sizeof(real)))}},                            \
    {BPB_ERR_SIZE, {SIZE(V.ld, SIZE_MAX)}},                                                   \
    {BPB_ERR_SIZE, {SIZE(V.ld, SIZE_MAX / 2 + 1)}},                                           \
    {BPB_ERR_SIZE, {SIZE(V.ld, SIZE_MAX / (COLS * sizeof(real)))}},                           \
    {BPB_ERR_SIZE, {SIZE(V.row_stride, SIZE_MAX)}},                                           \
    {BPB_ERR_SIZE, {SIZE(V.row_stride, SIZE_MAX / 2 + 1)}},                                   \
    {BPB_ERR_SIZE, {SIZE(V.row_stride, SIZE_MAX / (n * sizeof(real))), SIZE(V.ld, 1)}},       \
    {BPB_ERR_SIZE, {SIZE(V.row_stride, SIZE_MAX / n), POINTER(V.index, order)}},              \
    {BPB_ERR_STRIDE, {SIZE(V.ld, n - 1)}},                                                    \
    {BPB_ERR_STRIDE, {SIZE(V.ld, n), SIZE(V.row_stride, 2)}},                                 \
    {BPB_ERR_STRIDE, {SIZE(V.ld, 1), SIZE(V.row_stride, COLS - 1)}},                          \
    {BPB_ERR_STRIDE, {SIZE(V.ld, n - 1), POINTER(V.index, order)}}

/* The same of a view that the call wants n x COLS. */
#define BAD_VIEW(V, n) {BPB_ERR_NULL, {POINTER(V.data, NULL)}}, BAD_OPTIONAL_VIEW(V, n)
#define BAD_OPTIONAL_VIEW(V, n)                                                               \
    BAD_OPTIONAL_LAYOUT(V, n), {BPB_ERR_SHAPE, {SIZE(V.rows, n - 1)}},                        \
        {BPB_ERR_SHAPE, {SIZE(V.rows, n + 1)}}, {BPB_ERR_SHAPE, {SIZE(V.rows, WIDEST + 1)}},  \
        {BPB_ERR_SHAPE, {SIZE(V.rows, SIZE_MAX)}}, {BPB_ERR_SHAPE, {SIZE(V.cols, COLS - 1)}}, \
        {BPB_ERR_SHAPE, {SIZE(V.cols, COLS + 1)}}, {BPB_ERR_SHAPE, {SIZE(V.cols, 1)}}

/* A finite number, at least 0. */
#define BAD_RATE(field)                                                                       \
    {BPB_ERR_OPTION, {NUMBER(field, NAN)}}, {BPB_ERR_OPTION, {NUMBER(field, INFINITY)}},      \
        {BPB_ERR_OPTION, {NUMBER(field, -INFINITY)}}, {BPB_ERR_OPTION, {NUMBER(field, -1)}},  \
        {BPB_ERR_OPTION, {NUMBER(field, -DBL_MIN)}}

#define BAD_FLAG(field) \
    {BPB_ERR_OPTION, {INTEGER(field, 2)}}, {BPB_ERR_OPTION, {INTEGER(field, -1)}}

/* An enum of this many values. */
#define BAD_ENUM(field, count)                                                                \
    {BPB_ERR_OPTION, {INTEGER(field, count)}}, {BPB_ERR_OPTION, {INTEGER(field, -1)}},        \
        {BPB_ERR_OPTION, {INTEGER(field, 0x7fffffff)}}


static const size_t some_rows[N_IN];
static const struct bad bad_X[] = {
    BAD_VIEW(X, N_IN),
    {BPB_ERR_STRIDE, {POINTER(X.row_index, some_rows), SIZE(X.ld, 0)}},
};
static const struct bad bad_T[] = {BAD_VIEW(T.view, N_OUT), BAD_ENUM(T.kind, BPB_LABELS + 1),
                                   BAD_FLAG(T.masked)};
static const struct bad bad_U[] = {BAD_VIEW(U, N_OUT)},
                        bad_optional_U[] = {BAD_OPTIONAL_VIEW(U, N_OUT)};
static const struct bad bad_V[] = {BAD_OPTIONAL_VIEW(V, N_IN)}, bad_dX[] = {BAD_VIEW(dX, N_IN)},
                        bad_optional_dX[] = {BAD_OPTIONAL_VIEW(dX, N_IN)},
                        bad_Y_too[] = {BAD_OPTIONAL_VIEW(Y_too, N_OUT)},
                        bad_J[] = {BAD_VIEW(J, N_IN *N_OUT)},
                        bad_D[] = {BAD_OPTIONAL_VIEW(D, N_IN *N_OUT)},
                        bad_dT[] = {BAD_VIEW(dT.view, N_IN *N_OUT),
                                    BAD_ENUM(dT.kind, BPB_LABELS + 1),
                                    {BPB_ERR_OPTION, {INTEGER(dT.kind, BPB_CLASSES)}},
                                    {BPB_ERR_OPTION, {INTEGER(dT.kind, BPB_LABELS)}},
                                    {BPB_ERR_OPTION, {POINTER(dT.weights, rates)}},
                                    BAD_FLAG(dT.masked)};
static const struct bad bad_Y[] = {BAD_VIEW(Y, N_OUT)};
static const struct bad bad_layout[] = {BAD_LAYOUT(X, N_IN)};

static const struct bad bad_batch[] = {
    {BPB_ERR_BATCH,
     {SIZE(X.cols, BATCH + 1), SIZE(T.view.cols, BATCH + 1), SIZE(U.cols, BATCH + 1),
      SIZE(Y.cols, BATCH + 1)}},
    {BPB_ERR_BATCH,
     {SIZE(X.cols, WIDEST + 1), SIZE(T.view.cols, WIDEST + 1), SIZE(U.cols, WIDEST + 1),
      SIZE(Y.cols, WIDEST + 1)}},
};

static const struct bad bad_rule[] = {
    {BPB_ERR_NULL, {POINTER(rule_at, NULL)}},
    BAD_RATE(rule.eta),
    BAD_RATE(rule.decay),
    BAD_FLAG(rule.decay_biases),
    {BPB_ERR_OPTION, {NUMBER(rule.eta, 4), NUMBER(rule.decay, DBL_MAX)}},
    {BPB_ERR_OPTION, {NUMBER(rule.eta, BPB_SELECT((double)INFINITY, 1e300))}},
};

static const size_t no_inputs[] = {0, N_HIDDEN, N_OUT}, no_hidden[] = {N_IN, 0, N_OUT},
                    no_outputs[] = {N_IN, N_HIDDEN, 0};
static const size_t wide_inputs[] = {WIDEST + 1, 1, 1}, wide_hidden[] = {1, WIDEST + 1, 1},
                    wide_outputs[] = {1, 1, WIDEST + 1}, widest[] = {1, 1, SIZE_MAX};
/* Entries of W, bytes of W, and the entries of all W that exceed size_t; and what memory lacks. */
static const size_t large_bytes[] = {WIDEST, ((size_t)1 << 32) / sizeof(real), 1},
                    larger_bytes[] = {WIDEST, WIDEST, 1},
                    large_sum[] = {WIDEST, WIDEST, WIDEST, WIDEST, WIDEST, WIDEST},
                    no_memory[] = {WIDEST, 1 << 20, 1};
static const bpb_activation hidden_unknown[] = {(bpb_activation)99, BPB_TANH},
                            output_unknown[] = {BPB_TANH, (bpb_activation)99},
                            output_tanh[] = {BPB_SIGMOID, BPB_TANH};

#define CROSS_ENTROPY INTEGER(net_options.loss, BPB_CROSS_ENTROPY)
static const struct bad bad_net_options[] = {
    {BPB_ERR_NULL, {POINTER(net_options_at, NULL)}},
    {BPB_ERR_NULL, {POINTER(net_options.sizes, NULL)}},
    {BPB_ERR_SIZE, {SIZE(net_options.n_sizes, 0)}},
    {BPB_ERR_SIZE, {SIZE(net_options.n_sizes, 1)}},
    {BPB_ERR_SIZE, {SIZE(net_options.n_sizes, SIZE_MAX)}},
    {BPB_ERR_SIZE, {SIZE(net_options.n_sizes, SIZE_MAX / 16)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, no_inputs)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, no_hidden)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, no_outputs)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, wide_inputs)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, wide_hidden)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, wide_outputs)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, widest)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, large_bytes)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, larger_bytes)}},
    {BPB_ERR_SIZE, {POINTER(net_options.sizes, large_sum), SIZE(net_options.n_sizes, 6)}},
    {BPB_ERR_MEMORY, {POINTER(net_options.sizes, no_memory)}},
    BAD_ENUM(net_options.hidden, BPB_EXPONENTIAL + 1),
    BAD_ENUM(net_options.output, BPB_EXPONENTIAL + 1),
    BAD_ENUM(net_options.loss, BPB_GAUSSIAN + 1),
    BAD_ENUM(net_options.init, BPB_INIT_ORTHOGONAL + 1),
    {BPB_ERR_OPTION, {POINTER(net_options.activations, hidden_unknown)}},
    {BPB_ERR_OPTION, {POINTER(net_options.activations, output_unknown)}},
    {BPB_ERR_PAIR, {CROSS_ENTROPY, INTEGER(net_options.output, BPB_TANH)}},
    {BPB_ERR_PAIR, {CROSS_ENTROPY, INTEGER(net_options.output, BPB_RELU)}},
    {BPB_ERR_PAIR, {CROSS_ENTROPY, INTEGER(net_options.output, BPB_IDENTITY)}},
    {BPB_ERR_PAIR, {CROSS_ENTROPY, POINTER(net_options.activations, output_tanh)}},
};

/* A parameter is 0 or a normal positive number of the precision. */
#define BAD_PARAMETER(field)                                                                  \
    BAD_RATE(field), {BPB_ERR_OPTION, {NUMBER(field, DBL_MIN / 2)}},                          \
        {BPB_ERR_OPTION, {NUMBER(field, BPB_SELECT((double)INFINITY, (double)FLT_MAX * 2))}}, \
        {BPB_ERR_OPTION, {NUMBER(field, BPB_SELECT(DBL_TRUE_MIN, (double)FLT_MIN / 2))}}
static const struct bad bad_parameters[] = {
    BAD_PARAMETER(net_options.leak),
    BAD_PARAMETER(net_options.elu_alpha),
    BAD_PARAMETER(net_options.huber_delta),
    BAD_PARAMETER(net_options.label_smoothing),
    {BPB_ERR_OPTION, {NUMBER(net_options.label_smoothing, 1)}},
};
static const size_t odd_outputs[] = {N_IN, N_HIDDEN, 3};
#define LOSS(e) INTEGER(net_options.loss, e)
#define OUTPUT(g) INTEGER(net_options.output, g)
static const struct bad bad_pairs[] = {
    {BPB_ERR_OPTION, {INTEGER(net_options.hidden, BPB_OWN_ACTIVATION)}},
    {BPB_ERR_OPTION, {OUTPUT(BPB_OWN_ACTIVATION)}},
    {BPB_ERR_OPTION, {LOSS(BPB_OWN_LOSS)}},
    {BPB_ERR_PAIR, {LOSS(BPB_CROSS_ENTROPY), OUTPUT(BPB_EXPONENTIAL)}},
    {BPB_ERR_PAIR, {LOSS(BPB_POISSON), OUTPUT(BPB_SIGMOID)}},
    {BPB_ERR_PAIR, {LOSS(BPB_POISSON), OUTPUT(BPB_SOFTPLUS)}},
    {BPB_ERR_PAIR, {LOSS(BPB_GAUSSIAN), OUTPUT(BPB_SIGMOID)}},
    {BPB_ERR_PAIR,
     {LOSS(BPB_GAUSSIAN), OUTPUT(BPB_IDENTITY), POINTER(net_options.sizes, odd_outputs)}},
};

static const activation_function_t no_g = {.name = "mine"},
                                   both_g = {.name = "mine", .f = own_f, .value = own_value};
static const loss_function_t no_e = {.name = "error"},
                             both_e = {.name = "error", .f = own_e, .value = own_loss_value},
                             of_three = {.name = "error", .value = own_loss_value, .group = 3},
                             of_many = {
                                 .name = "error", .value = own_loss_value, .group = SIZE_MAX};
#define TOO_LONG "32-characters-are-one-too-many--"
#define BAD_OWN_NAME(field)                                                                   \
    {BPB_ERR_NULL, {POINTER(field, NULL)}}, {BPB_ERR_OPTION, {POINTER(field, "")}},           \
        {BPB_ERR_OPTION, {POINTER(field, "Swish")}}, {BPB_ERR_OPTION, {POINTER(field, "a b")}}, \
        {BPB_ERR_OPTION, {POINTER(field, "own:a")}}, {BPB_ERR_OPTION, {POINTER(field, "a,b")}}, \
        {BPB_ERR_OPTION, {POINTER(field, "\xc3\xbc")}},                                       \
        {BPB_ERR_OPTION, {POINTER(field, TOO_LONG)}},                                         \
        {BPB_ERR_OPTION, {POINTER(field, "tanh")}},                                           \
        {BPB_ERR_OPTION, {POINTER(field, "exponential")}},                                    \
        {BPB_ERR_OPTION, {POINTER(field, "squared")}},                                        \
        {BPB_ERR_OPTION, {POINTER(field, "gaussian")}}
static const struct bad bad_g[] = {
    {BPB_ERR_NULL, {POINTER(g_at, NULL)}},
    {BPB_ERR_NULL, {POINTER(g_at, &no_g)}},
    {BPB_ERR_OPTION, {POINTER(g_at, &both_g)}},
    BAD_OWN_NAME(g.name),
    BAD_FLAG(g.of_A),
    {BPB_ERR_SIZE, {SIZE(layer, 0)}},
    {BPB_ERR_SIZE, {SIZE(layer, 3)}},
    {BPB_ERR_SIZE, {SIZE(layer, SIZE_MAX)}},
};
static const struct bad bad_e[] = {
    {BPB_ERR_NULL, {POINTER(own_loss_at, NULL)}},
    {BPB_ERR_NULL, {POINTER(own_loss_at, &no_e)}},
    {BPB_ERR_OPTION, {POINTER(own_loss_at, &both_e)}},
    BAD_OWN_NAME(own_loss.name),
    BAD_FLAG(own_loss.of_Z),
    {BPB_ERR_PAIR, {POINTER(own_loss_at, &of_three)}},
    {BPB_ERR_PAIR, {POINTER(own_loss_at, &of_many)}},
};
static const struct bad bad_functions[] = {
    {BPB_ERR_NULL, {POINTER(functions.activations, NULL)}},
    {BPB_ERR_NULL, {POINTER(functions.activations, &no_g)}},
    {BPB_ERR_NULL, {POINTER(functions.losses, NULL)}},
    {BPB_ERR_OPTION, {POINTER(functions.activations, &both_g)}},
    {BPB_ERR_OPTION, {POINTER(functions.losses, &both_e)}},
    BAD_OWN_NAME(g.name),
    BAD_OWN_NAME(own_loss.name),
};
static const struct bad bad_strength[] = {
    BAD_RATE(strength),
    {BPB_ERR_OPTION, {NUMBER(strength, BPB_SELECT((double)INFINITY, 1e300))}},
};
static const struct bad bad_objective_options[] = {
    BAD_RATE(objective_options.decay),
    BAD_FLAG(objective_options.decay_biases),
    {BPB_ERR_OPTION, {SIZE(objective_options.threads, 1025)}},
    BAD_ENUM(objective_options.planning, BPB_PLAN_CBLAS + 1),
    {BPB_ERR_FORMAT, {POINTER(objective_options.wisdom, "no wisdom")}},
};
static const struct bad nothing_wanted[] = {
    {BPB_ERR_NULL, {POINTER(gradient_at, NULL), POINTER(dX.data, NULL)}},
    {BPB_ERR_NULL, {POINTER(loss_at, NULL), POINTER(gradient_at, NULL)}},
};
static const struct bad no_direction[] = {
    {BPB_ERR_NULL, {POINTER(v, NULL), POINTER(V.data, NULL)}},
};
static const struct bad no_part[] = {
    {BPB_ERR_NULL, {POINTER(U.data, NULL), POINTER(D.data, NULL)}},
};

static const struct bad bad_init[] = {BAD_ENUM(init, BPB_INIT_ORTHOGONAL + 1)};

static const double with_nan[N_IN] = {1, NAN, 1}, with_infinity[N_IN] = {-INFINITY, 1, 1},
                    with_large[N_IN] = {1, BPB_SELECT(INFINITY, 1e300), 1},
                    with_zero[N_IN] = {1, 0, 1},
                    with_subnormal[N_IN] = {1, BPB_SELECT(DBL_MIN, (double)FLT_MIN) / 2, 1};
static const struct bad bad_scaling[] = {
    {BPB_ERR_OPTION, {POINTER(shift, with_nan)}},
    {BPB_ERR_OPTION, {POINTER(shift, with_nan), POINTER(factor, NULL)}},
    {BPB_ERR_OPTION, {POINTER(shift, with_infinity)}},
    {BPB_ERR_OPTION, {POINTER(shift, with_large)}},
    {BPB_ERR_OPTION, {POINTER(factor, with_large)}},
    {BPB_ERR_OPTION, {POINTER(factor, with_nan)}},
    {BPB_ERR_OPTION, {POINTER(factor, with_infinity)}},
    {BPB_ERR_OPTION, {POINTER(factor, with_infinity), POINTER(shift, NULL)}},
};
static const struct bad bad_output_factor[] = {
    {BPB_ERR_OPTION, {POINTER(factor, with_zero)}},
    {BPB_ERR_OPTION, {POINTER(factor, with_subnormal)}},
};

static const struct bad bad_key[] = {
    {BPB_ERR_NULL, {POINTER(key, NULL)}},
    {BPB_ERR_OPTION, {POINTER(key, "")}},
    {BPB_ERR_OPTION, {POINTER(key, "bpblas.")}},
    {BPB_ERR_OPTION, {POINTER(key, "bpblas.format")}},
    {BPB_ERR_OPTION, {POINTER(key, "bpblas.format"), POINTER(value, NULL)}},
};
/* UTF-8: a lone trail, a cut sequence, another lead where a trail is due, an overlong form, a
 * surrogate, above U+10FFFF, and a byte that never occurs. */
#define BAD_TEXT(field)                                                                     \
    {BPB_ERR_OPTION, {POINTER(field, "\x80")}}, {BPB_ERR_OPTION, {POINTER(field, "a\xc3")}}, \
        {BPB_ERR_OPTION, {POINTER(field, "\xe2\x82z")}},                                    \
        {BPB_ERR_OPTION, {POINTER(field, "\xc0\xaf")}},                                     \
        {BPB_ERR_OPTION, {POINTER(field, "\xe0\x80\x80")}},                                 \
        {BPB_ERR_OPTION, {POINTER(field, "\xed\xa0\x80")}},                                 \
        {BPB_ERR_OPTION, {POINTER(field, "\xf4\x90\x80\x80")}},                             \
        {BPB_ERR_OPTION, {POINTER(field, "\xff")}}
static const struct bad bad_text[] = {BAD_TEXT(key), BAD_TEXT(value)};

static const struct bad bad_plan_options[] = {
    {BPB_ERR_SIZE, {SIZE(plan_options.batch, WIDEST + 1)}},
    {BPB_ERR_SIZE, {SIZE(plan_options.batch, SIZE_MAX)}},
    {BPB_ERR_OPTION, {SIZE(plan_options.threads, 1025)}},
    {BPB_ERR_OPTION, {SIZE(plan_options.threads, SIZE_MAX)}},
    BAD_FLAG(plan_options.unpadded),
    BAD_FLAG(plan_options.keep_Z),
    BAD_FLAG(plan_options.derivatives),
    BAD_ENUM(plan_options.planning, BPB_PLAN_CBLAS + 1),
};

static const struct bad bad_memory[] = {
    {BPB_ERR_NULL, {POINTER(memory, NULL)}},
    {BPB_ERR_BUFFER, {SIZE(memory_bytes, 0)}},
    {BPB_ERR_BUFFER, {SIZE(memory_bytes, 64)}},
};

static const struct bad bad_train_options[] = {
    {BPB_ERR_NULL, {POINTER(train_options_at, NULL)}},
    {BPB_ERR_OPTION, {NUMBER(train_options.eta, 0)}},
    BAD_RATE(train_options.eta),
    BAD_RATE(train_options.lambda),
    BAD_FLAG(train_options.decay_biases),
    BAD_FLAG(train_options.no_shuffle),
    BAD_FLAG(train_options.no_train_score),
};
static const struct bad bad_data[] = {
    {BPB_ERR_NULL, {POINTER(data_at, NULL)}},
    BAD_VIEW(data.train.X, N_IN),
    BAD_VIEW(data.train.T.view, N_OUT),
    BAD_VIEW(data.validation.X, N_IN),
    BAD_VIEW(data.validation.T.view, N_OUT),
    BAD_VIEW(data.test.X, N_IN),
    BAD_VIEW(data.test.T.view, N_OUT),
    BAD_ENUM(data.train.T.kind, BPB_LABELS + 1),
    BAD_ENUM(data.test.T.kind, BPB_LABELS + 1),
    BAD_FLAG(data.train.T.masked),
    BAD_FLAG(data.test.T.masked),
};

static const struct bad bad_shuffle[] = {
    {BPB_ERR_NULL, {POINTER(index_at, NULL)}},
    {BPB_ERR_SIZE, {SIZE(n, 0)}},
    {BPB_ERR_SIZE, {SIZE(n, (size_t)UINT32_MAX + 1)}},
    {BPB_ERR_SIZE, {SIZE(n, SIZE_MAX)}},
};

static const struct bad bad_labels[] = {
    {BPB_ERR_NULL, {POINTER(labels.data, NULL)}},
    {BPB_ERR_NULL, {POINTER(one_hot.data, NULL)}},
    {BPB_ERR_SHAPE, {SIZE(labels.rows, 0)}},
    {BPB_ERR_SHAPE, {SIZE(labels.rows, 2)}},
    {BPB_ERR_SHAPE, {SIZE(labels.cols, LABELS - 1)}},
    {BPB_ERR_SHAPE, {SIZE(one_hot.cols, LABELS + 1)}},
    {BPB_ERR_SHAPE, {SIZE(one_hot.rows, 0)}},
    {BPB_ERR_SIZE, {SIZE(labels.cols, 0)}},
    {BPB_ERR_SIZE, {SIZE(labels.cols, SIZE_MAX)}},
    {BPB_ERR_SIZE, {SIZE(labels.ld, SIZE_MAX)}},
    {BPB_ERR_SIZE, {SIZE(one_hot.rows, SIZE_MAX)}},
    {BPB_ERR_STRIDE, {SIZE(one_hot.ld, N_OUT - 1)}},
};

static const struct bad bad_name[] = {
    {BPB_ERR_NULL, {POINTER(name, NULL)}},     {BPB_ERR_NULL, {POINTER(value_at, NULL)}},
    {BPB_ERR_OPTION, {POINTER(name, "")}},     {BPB_ERR_OPTION, {POINTER(name, "Squared")}},
    {BPB_ERR_OPTION, {POINTER(name, "tanh")}}, {BPB_ERR_OPTION, {POINTER(name, "cross-entropy ")}},
    BAD_ENUM(names, BPB_NAMES_CHECK + 1),
};

#define BAD_PATH(field)                                                                     \
    {BPB_ERR_NULL, {POINTER(field, NULL)}}, {BPB_ERR_IO, {POINTER(field, "")}},             \
        {BPB_ERR_IO, {POINTER(field, "no-such-folder/no-such-file")}}
static const struct bad bad_path[] = {BAD_PATH(path)};
static const struct bad bad_idx_path[] = {BAD_PATH(idx_path)};
static const struct bad bad_file[] = {
    {BPB_ERR_NULL, {POINTER(file, NULL)}},
    {BPB_ERR_TRUNCATED, {SIZE(file_bytes, 0)}},
    {BPB_ERR_TRUNCATED, {SIZE(file_bytes, 7)}},
};

/* ---- What a refused call must leave as it was ---- */

static bool is_pattern(const void *memory, size_t n)
{
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != PATTERN)
            return false;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool net_unchanged(void)
{
    const double *scaling = BPB(net_scaling)(the_net, BPB_INPUTS);
    return memcmp(BPB(net_ctheta)(the_net), theta, sizeof theta) == 0 && scaling &&
           memcmp(scaling, shift, sizeof shift) == 0 &&
           memcmp(scaling + N_IN, factor, sizeof factor) == 0 &&
           !BPB(net_scaling)(the_net, BPB_OUTPUTS) &&
           same_text(BPB(net_note)(the_net, note_key), note_value) &&
           same_text(BPB(net_note_key)(the_net, 0), note_key) && !BPB(net_note_key)(the_net, 1);
}

static int make_net_state(void)
{
    memcpy(BPB(net_theta)(the_net), theta, sizeof theta);
    return BPB(net_set_scaling)(the_net, BPB_INPUTS, shift, factor) ||
           BPB(net_set_scaling)(the_net, BPB_OUTPUTS, NULL, NULL) ||
           BPB(net_set_note)(the_net, "colour", NULL) ||
           BPB(net_set_note)(the_net, note_key, note_value);
}

/* Undo what the good call of a test did. */
static void forget_results(void)
{
    if (!is_pattern(&out.net, sizeof out.net))
        BPB(net_destroy)(&out.net);
    if (!is_pattern(&out.plan, sizeof out.plan))
        BPB(plan_destroy)(&out.plan);
    if (!is_pattern(&out.work, sizeof out.work))
        BPB(work_destroy)(&out.work);
    if (!is_pattern(&out.objective, sizeof out.objective))
        BPB(objective_destroy)(&out.objective);
    if (!is_pattern(&out.X, sizeof out.X))
        bpb_free(out.X.data);
    assert_int_equal(make_net_state(), 0);
}

static const char *apply(const struct bad *bad)
{
    static char text[256];
    text[0] = '\0';
    for (size_t i = 0; i < COUNT(bad->change) && bad->change[i].text; i++) {
        const struct change *change = &bad->change[i];
        const size_t n = strlen(text);
        memcpy((char *)&given + change->at, &change->value, change->size);
        snprintf(text + n, sizeof text - n, "%s%s", i ? ", " : "", change->text);
    }
    return text;
}

/* An error of which no other call could say the same. */
static char sentinel[512];
static void provoke_sentinel(void)
{
    int value;
    assert_int_equal(bpb_value_of_name(BPB_NAMES_INIT, "sentinel", &value), BPB_ERR_OPTION);
    snprintf(sentinel, sizeof sentinel, "%s", bpb_error());
}

static void refuses(call_fn *call, const struct bad *bad)
{
    give_good_arguments();
    const char *text = apply(bad);
    provoke_sentinel();
    const bpb_status status = call(&given);
    if (status != bad->status)
        fail_msg("%s: \"%s\", not \"%s\"", text, bpb_strerror(status),
                 bpb_strerror(bad->status));
    if (!bpb_error()[0] || strcmp(bpb_error(), sentinel) == 0)
        fail_msg("%s: no sentence", text);
    if (!is_pattern(&out, sizeof out))
        fail_msg("%s: an output was written", text);
    if (!net_unchanged())
        fail_msg("%s: the net was changed", text);
}

/* ---- Set up ---- */

static int write_idx(const char *path)
{
    static const unsigned char bytes[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    const size_t written = fwrite(bytes, 1, sizeof bytes, file);
    return fclose(file) != 0 || written != sizeof bytes;
}

/* Files to read; where model files are not supported, one that is none. */
static int make_files(void)
{
    snprintf(idx_path, sizeof idx_path, "test_arguments_%d_%ld.idx", BPB_REAL_BYTES,
             (long)getpid());
    snprintf(model_path, sizeof model_path, "%s.model", idx_path);
    if (write_idx(idx_path) != 0)
        return -1;
    const bpb_status saved = BPB(net_save)(the_net, model_path);
    if (saved == BPB_ERR_UNSUPPORTED)
        return write_idx(model_path);
    return saved || BPB(net_save_memory)(the_net, model_file, sizeof model_file, &model_bytes);
}

static int set_up(void **state)
{
    (void)state;
    const bpb_net_options options = {.sizes = units, .n_sizes = 3};
    if (BPB(net_create)(&the_net, &options) ||
        BPB(plan_create)(&the_plan, the_net,
                         &(bpb_plan_options){.batch = BATCH, .derivatives = 1}) ||
        BPB(work_create)(&the_work, the_plan) || BPB(net_parameters)(the_net) != P)
        return -1;
    memcpy(theta, BPB(net_ctheta)(the_net), sizeof theta);
    give_good_arguments();
    if (BPB(objective_create)(&the_objective, the_net, given.X, given.T, NULL))
        return -1;
    return make_net_state() || BPB(work_bytes)(the_plan) > sizeof out.memory || make_files();
}

static int tear_down(void **state)
{
    (void)state;
    BPB(objective_destroy)(&the_objective);
    BPB(work_destroy)(&the_work);
    BPB(plan_destroy)(&the_plan);
    BPB(net_destroy)(&the_net);
    unlink(idx_path);
    unlink(model_path);
    return 0;
}

/* ---- Tests: bad arguments ---- */

struct refusal {
    const char *name;
    call_fn *call;
    const struct bad *bad;
    size_t n;
};

#define REFUSES(name, table) {#name "__refuses_" #table, call_##name, table, COUNT(table)}
#define REFUSES_NULL(name, field) \
    {#name "__refuses_null_" #field, call_##name, \
     (const struct bad[]){{BPB_ERR_NULL, {POINTER(field, NULL)}}}, 1}

static const struct refusal refusals[] = {
    REFUSES(find_nonfinite, bad_layout),

    REFUSES_NULL(net_create, net_at),
    REFUSES(net_create, bad_net_options),
    REFUSES(net_create, bad_parameters),
    REFUSES(net_create, bad_pairs),
    REFUSES_NULL(copy, net_at),
    REFUSES_NULL(copy, net),
    REFUSES_NULL(set_activation, net),
    REFUSES(set_activation, bad_g),
    REFUSES_NULL(set_loss, net),
    REFUSES(set_loss, bad_e),
    REFUSES_NULL(net_init, net),
    REFUSES(net_init, bad_init),
    REFUSES_NULL(set_input_scaling, net),
    REFUSES(set_input_scaling, bad_scaling),
    REFUSES_NULL(set_output_scaling, net),
    REFUSES(set_output_scaling, bad_scaling),
    REFUSES(set_output_scaling, bad_output_factor),
    REFUSES_NULL(set_note, net),
    REFUSES(set_note, bad_key),
    REFUSES(set_note, bad_text),

    REFUSES_NULL(plan_create, plan_at),
    REFUSES_NULL(plan_create, net),
    REFUSES(plan_create, bad_plan_options),
    REFUSES_NULL(work_init, work_at),
    REFUSES_NULL(work_init, plan),
    REFUSES(work_init, bad_memory),
    REFUSES_NULL(work_create, work_at),
    REFUSES_NULL(work_create, plan),

    REFUSES_NULL(forward, net),
    REFUSES_NULL(forward, work),
    REFUSES(forward, bad_X),
    REFUSES(forward, bad_Y),
    REFUSES(forward, bad_batch),
    REFUSES_NULL(loss, net),
    REFUSES_NULL(loss, work),
    REFUSES_NULL(loss, loss_at),
    REFUSES(loss, bad_X),
    REFUSES(loss, bad_T),
    REFUSES(loss, bad_batch),
    REFUSES_NULL(gradient, net),
    REFUSES_NULL(gradient, work),
    REFUSES_NULL(gradient, gradient_at),
    REFUSES(gradient, bad_X),
    REFUSES(gradient, bad_T),
    REFUSES(gradient, bad_batch),
    REFUSES_NULL(sgd_step, net),
    REFUSES_NULL(sgd_step, work),
    REFUSES(sgd_step, bad_X),
    REFUSES(sgd_step, bad_T),
    REFUSES(sgd_step, bad_batch),
    REFUSES(sgd_step, bad_rule),

    REFUSES_NULL(gradient_x, net),
    REFUSES_NULL(gradient_x, work),
    REFUSES(gradient_x, bad_X),
    REFUSES(gradient_x, bad_T),
    REFUSES(gradient_x, bad_batch),
    REFUSES(gradient_x, bad_dX),
    REFUSES_NULL(vjp, net),
    REFUSES_NULL(vjp, work),
    REFUSES(vjp, bad_X),
    REFUSES(vjp, bad_U),
    REFUSES(vjp, bad_batch),
    REFUSES(vjp, bad_optional_dX),
    REFUSES_NULL(jvp, net),
    REFUSES_NULL(jvp, work),
    REFUSES(jvp, bad_X),
    REFUSES(jvp, bad_V),
    REFUSES(jvp, bad_Y),
    REFUSES(jvp, bad_Y_too),
    REFUSES(jvp, bad_batch),
    REFUSES(jvp, no_direction),
    REFUSES_NULL(jacobian, net),
    REFUSES_NULL(jacobian, work),
    REFUSES(jacobian, bad_X),
    REFUSES(jacobian, bad_J),
    REFUSES(jacobian, bad_batch),
    REFUSES_NULL(hvp, net),
    REFUSES_NULL(hvp, work),
    REFUSES_NULL(hvp, v),
    REFUSES_NULL(hvp, Hv_at),
    REFUSES(hvp, bad_X),
    REFUSES(hvp, bad_T),
    REFUSES(hvp, bad_batch),
    REFUSES_NULL(gnvp, net),
    REFUSES_NULL(gnvp, work),
    REFUSES_NULL(gnvp, v),
    REFUSES_NULL(gnvp, Hv_at),
    REFUSES(gnvp, bad_X),
    REFUSES(gnvp, bad_T),
    REFUSES(gnvp, bad_batch),
    REFUSES_NULL(jacobian_vjp, net),
    REFUSES_NULL(jacobian_vjp, work),
    REFUSES_NULL(jacobian_vjp, gradient_at),
    REFUSES(jacobian_vjp, bad_X),
    REFUSES(jacobian_vjp, bad_optional_U),
    REFUSES(jacobian_vjp, bad_D),
    REFUSES(jacobian_vjp, bad_batch),
    REFUSES(jacobian_vjp, no_part),
    REFUSES_NULL(sobolev, net),
    REFUSES_NULL(sobolev, work),
    REFUSES_NULL(sobolev, gradient_at),
    REFUSES(sobolev, bad_X),
    REFUSES(sobolev, bad_T),
    REFUSES(sobolev, bad_dT),
    REFUSES(sobolev, bad_batch),
    REFUSES(sobolev, bad_strength),
    {"vjp__refuses_nothing_wanted", call_vjp, nothing_wanted, 1},
    {"objective_gradient__refuses_nothing_wanted", call_objective_gradient, nothing_wanted + 1, 1},
    REFUSES_NULL(objective_create, objective_at),
    REFUSES_NULL(objective_create, net),
    REFUSES(objective_create, bad_X),
    REFUSES(objective_create, bad_T),
    REFUSES(objective_create, bad_objective_options),
    REFUSES_NULL(objective_gradient, objective),
    REFUSES_NULL(objective_gradient, theta),
    REFUSES_NULL(objective_hvp, objective),
    REFUSES_NULL(objective_hvp, theta),
    REFUSES_NULL(objective_hvp, v),
    REFUSES_NULL(objective_hvp, Hv_at),
    REFUSES_NULL(objective_gnvp, objective),
    REFUSES_NULL(objective_gnvp, theta),
    REFUSES_NULL(objective_gnvp, v),
    REFUSES_NULL(objective_gnvp, Hv_at),

    REFUSES_NULL(predict_with, net),
    REFUSES_NULL(predict_with, work),
    REFUSES(predict_with, bad_X),
    REFUSES(predict_with, bad_Y),
    REFUSES_NULL(predict, net),
    REFUSES(predict, bad_X),
    REFUSES(predict, bad_Y),
    REFUSES_NULL(evaluate_with, net),
    REFUSES_NULL(evaluate_with, work),
    REFUSES_NULL(evaluate_with, score_at),
    REFUSES(evaluate_with, bad_X),
    REFUSES(evaluate_with, bad_T),
    REFUSES_NULL(evaluate, net),
    REFUSES_NULL(evaluate, score_at),
    REFUSES(evaluate, bad_X),
    REFUSES(evaluate, bad_T),

    REFUSES_NULL(train, net),
    REFUSES(train, bad_data),
    REFUSES(train, bad_train_options),
    REFUSES(shuffle, bad_shuffle),

    REFUSES_NULL(idx_read, X_at),
    REFUSES(idx_read, bad_idx_path),
    REFUSES(one_hot, bad_labels),

    REFUSES_NULL(save, net),
    REFUSES(save, bad_path),
    REFUSES_NULL(load, net_at),
    REFUSES(load, bad_path),
    REFUSES_NULL(save_memory, net),
    REFUSES_NULL(save_memory, bytes_at),
    REFUSES_NULL(load_memory, net_at),
    REFUSES(load_memory, bad_file),
    REFUSES(load, bad_functions),
    REFUSES(load_memory, bad_functions),
    REFUSES_NULL(model_precision, bytes_at),
    REFUSES(model_precision, bad_path),

    REFUSES_NULL(blas_health, info_at),
    REFUSES(value_of_name, bad_name),
};

/* The call is right as it stands, and with each of the changes refused. A function that this
 * build lacks still knows NULL. */
static void refused(void **state)
{
    const struct refusal *refusal = *state;
    give_good_arguments();
    const bpb_status good = refusal->call(&given);
    if (good != BPB_OK && good != BPB_ERR_UNSUPPORTED)
        fail_msg("good arguments: \"%s\"", bpb_strerror(good));
    forget_results();
    for (size_t i = 0; i < refusal->n; i++)
        if (good == BPB_OK || refusal->bad[i].status == BPB_ERR_NULL)
            refuses(refusal->call, &refusal->bad[i]);
}

static int run_refusals(void)
{
    struct CMUnitTest tests[COUNT(refusals)];
    for (size_t i = 0; i < COUNT(refusals); i++)
        tests[i] = (struct CMUnitTest){.name = refusals[i].name,
                                       .test_func = refused,
                                       .initial_state = (void *)&refusals[i]};
    return cmocka_run_group_tests_name("refusals", tests, set_up, tear_down);
}

/* ---- Tests: what a table does not hold ---- */

static const bpb_activation tanh_output[] = {BPB_SIGMOID, BPB_TANH};
static const bpb_net_options other_nets[] = {
    {.sizes = (const size_t[]){N_IN + 1, N_HIDDEN, N_OUT}, .n_sizes = 3},
    {.sizes = (const size_t[]){N_IN, N_HIDDEN + 1, N_OUT}, .n_sizes = 3},
    {.sizes = (const size_t[]){N_IN, N_HIDDEN, N_OUT + 1}, .n_sizes = 3},
    {.sizes = (const size_t[]){N_IN, N_OUT}, .n_sizes = 2},
    {.sizes = (const size_t[]){N_IN, N_HIDDEN, N_OUT, N_OUT}, .n_sizes = 4},
    {.sizes = units, .n_sizes = 3, .hidden = BPB_TANH},
    {.sizes = units, .n_sizes = 3, .activations = tanh_output},
    {.sizes = units, .n_sizes = 3, .loss = BPB_CROSS_ENTROPY},
};

static void mismatch_with(work_t *work)
{
    static const struct {
        const char *name;
        call_fn *call;
    } passes[] = {{"forward", call_forward},           {"loss", call_loss},
                  {"gradient", call_gradient},         {"sgd_step", call_sgd_step},
                  {"predict_with", call_predict_with}, {"evaluate_with", call_evaluate_with},
                  {"gradient_x", call_gradient_x},     {"vjp", call_vjp},
                  {"jvp", call_jvp},                   {"jacobian", call_jacobian},
                  {"hvp", call_hvp},                   {"gnvp", call_gnvp},
                  {"jacobian_vjp", call_jacobian_vjp}, {"sobolev", call_sobolev}};
    for (size_t i = 0; i < COUNT(passes); i++) {
        give_good_arguments();
        given.work = work;
        if (passes[i].call(&given) != BPB_ERR_MISMATCH)
            fail_msg("%s takes a work of another net", passes[i].name);
        assert_true(is_pattern(&out, sizeof out) && net_unchanged());
    }
}

static void passes__work_of_another_net_is_a_mismatch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(other_nets); i++) {
        net_t *net = NULL;
        plan_t *plan = NULL;
        work_t *work = NULL;
        assert_int_equal(BPB(net_create)(&net, &other_nets[i]), BPB_OK);
        assert_int_equal(BPB(plan_create)(&plan, net, NULL), BPB_OK);
        assert_int_equal(BPB(work_create)(&work, plan), BPB_OK);
        mismatch_with(work);
        BPB(work_destroy)(&work);
        BPB(plan_destroy)(&plan);
        BPB(net_destroy)(&net);
    }
}

static void passes__optional_outputs_may_be_null(void **state)
{
    (void)state;
    const struct arguments *a = &given;
    give_good_arguments();
    assert_int_equal(BPB(gradient)(a->net, a->work, a->X, a->T, out.gradient, NULL), BPB_OK);
    assert_int_equal(BPB(sgd_step)(a->net, a->work, a->X, a->T, &a->rule, NULL), BPB_OK);
    assert_int_equal(BPB(predict_with)(a->net, a->work, a->X, a->Y, NULL), BPB_OK);
    assert_int_equal(BPB(train)(a->net, &a->data, &a->train_options, NULL), BPB_OK);
    assert_int_equal(BPB(find_nonfinite)(a->X, NULL), BPB_OK);
    assert_int_equal(BPB(one_hot)(a->labels, a->one_hot, NULL), BPB_OK);
    assert_int_equal(BPB(plan_create)(&out.plan, a->net, NULL), BPB_OK);
    forget_results();
}

static void gradient__last_column_over_the_batch_is_refused_but_not_the_batch(void **state)
{
    (void)state;
    give_good_arguments();
    given.X.cols = given.T.view.cols = BATCH;
    assert_int_equal(call_gradient(&given), BPB_OK);
    given.X.cols = given.T.view.cols = BATCH + 1;
    assert_int_equal(call_gradient(&given), BPB_ERR_BATCH);
}

static void work_init__one_byte_too_few_is_refused(void **state)
{
    (void)state;
    give_good_arguments();
    given.memory_bytes--;
    assert_int_equal(call_work_init(&given), BPB_ERR_BUFFER);
    assert_true(is_pattern(&out, sizeof out));
}

static void work_init__memory_may_begin_anywhere(void **state)
{
    (void)state;
    real expected[N_OUT * COLS];
    const size_t bytes = BPB(work_bytes)(the_plan);
    give_good_arguments();
    assert_int_equal(call_predict_with(&given), BPB_OK);
    memcpy(expected, out.Y, sizeof expected);
    for (size_t offset = 0; offset < 64; offset++) {
        give_good_arguments();
        unsigned char *block = malloc(bytes + offset); /* no byte more, for memory checkers */
        assert_non_null(block);
        assert_int_equal(BPB(work_init)(&given.work, the_plan, block + offset, bytes), BPB_OK);
        assert_int_equal(call_gradient(&given), BPB_OK);
        assert_int_equal(call_predict_with(&given), BPB_OK);
        assert_memory_equal(out.Y, expected, sizeof expected);
        BPB(work_destroy)(&given.work); /* need not, but may */
        assert_null(given.work);
        free(block);
    }
}

/* The label at column 2 is none; that is told, and nothing else is written. */
static void refuses_label(real label)
{
    const real values[LABELS] = {0, 1, label, label};
    give_good_arguments();
    given.labels.data = values;
    assert_int_equal(call_one_hot(&given), BPB_ERR_LABEL);
    assert_int_equal(out.where.row, 0);
    assert_int_equal(out.where.col, 2);
    assert_true(is_pattern(out.Y, sizeof out.Y));
}

static void one_hot__refuses_what_is_no_label(void **state)
{
    (void)state;
    const real bad[] = {N_OUT,        -1,  RC(0.5), RC(1.000001), RC(1e30), RC(-1e-30),
                        (real)INFINITY, (real)-INFINITY, (real)NAN, RC(4294967296.0)};
    for (size_t i = 0; i < COUNT(bad); i++)
        refuses_label(bad[i]);
}

static void save_memory__buffer_one_byte_too_small_is_refused(void **state)
{
    (void)state;
    give_good_arguments();
    if (call_save_memory(&given) == BPB_ERR_UNSUPPORTED)
        skip();
    const size_t needed = out.bytes;
    assert_true(needed > sizeof theta);
    give_good_arguments();
    given.capacity = needed - 1;
    assert_int_equal(call_save_memory(&given), BPB_ERR_BUFFER);
    assert_int_equal(out.bytes, needed);
    assert_true(is_pattern(out.file, sizeof out.file));
    give_good_arguments();
    given.buffer = NULL;
    given.capacity = 0;
    assert_int_equal(call_save_memory(&given), BPB_OK);
    assert_int_equal(out.bytes, needed);
    give_good_arguments();
    given.capacity = needed;
    assert_int_equal(call_save_memory(&given), BPB_OK);
    assert_true(is_pattern(out.file + needed, sizeof out.file - needed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_hot__refuses_what_is_no_label),
        cmocka_unit_test(passes__work_of_another_net_is_a_mismatch),
        cmocka_unit_test(passes__optional_outputs_may_be_null),
        cmocka_unit_test(gradient__last_column_over_the_batch_is_refused_but_not_the_batch),
        cmocka_unit_test(work_init__one_byte_too_few_is_refused),
        cmocka_unit_test(work_init__memory_may_begin_anywhere),
        cmocka_unit_test(save_memory__buffer_one_byte_too_small_is_refused),
    };
    const int failed = run_refusals();
    return failed + cmocka_run_group_tests(tests, set_up, tear_down);
}
