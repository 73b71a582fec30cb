/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The caller's floating-point environment: whatever it is, the library computes the same bits
 * and gives the same statuses, is not interrupted, and hands the environment back.
 *
 * Each scene records what it computes, once in the default environment and once in each other.
 * Between entering and leaving one, a scene does no arithmetic of its own.
 */
#define _GNU_SOURCE /* feenableexcept */

#include <fenv.h>
#include <stdio.h>
#include <unistd.h>

#include "own_tmpl.h"

/* ---- Environments ---- */

#ifdef __SSE2__
#include <xmmintrin.h>
#define FLUSH 0x8040u         /* subnormal results and operands count as 0 */
#define TRAP_SUBNORMAL 0x100u /* masked where set */
#define STICKY 0x3fu
#endif

struct environment {
    const char *name;
    int rounding, traps;
    bool flush;
};

static const struct environment environments[] = {
    {"rounding_up", FE_UPWARD, 0, false},
    {"rounding_down", FE_DOWNWARD, 0, false},
    {"rounding_to_zero", FE_TOWARDZERO, 0, false},
    {"exceptions_trapped", FE_TONEAREST, FE_ALL_EXCEPT, false},
    {"subnormals_flushed", FE_TONEAREST, 0, true},
    {"all_at_once", FE_UPWARD, FE_ALL_EXCEPT, true},
};

/* What the library must not change. */
struct control {
    int rounding, traps;
    unsigned mxcsr;
};

static struct control read_control(void)
{
    struct control control = {.rounding = fegetround(), .traps = fegetexcept()};
#ifdef __SSE2__
    control.mxcsr = _mm_getcsr() & ~STICKY;
#endif
    return control;
}

static void enter(const struct environment *environment)
{
    fesetround(environment->rounding);
    feclearexcept(FE_ALL_EXCEPT);
#ifdef __SSE2__
    if (environment->flush)
        _mm_setcsr(_mm_getcsr() | FLUSH);
    if (environment->traps)
        _mm_setcsr(_mm_getcsr() & ~TRAP_SUBNORMAL & ~STICKY);
#endif
    feenableexcept(environment->traps);
}

static void leave(void)
{
    fesetenv(FE_DFL_ENV);
}

/* Whether the machine does what it was told: an emulated one may not. */
static bool in_force(const struct environment *environment)
{
    const volatile double one = 1, smallest = DBL_MIN, third = 1.0 / 3, fifth = 1.0 / 5;
    if (environment->traps)
        return fegetexcept() == environment->traps;
    if (environment->flush)
        return smallest / 2 == 0;
    return one / 3 != third || one / 5 != fifth; /* one is rounded up, the other down */
}

/* ---- What a scene records ---- */

static struct record {
    unsigned char bytes[1 << 18];
    size_t n;
} record;

static void note(const void *bytes, size_t n)
{
    assert_true(record.n + n <= sizeof record.bytes);
    memcpy(record.bytes + record.n, bytes, n);
    record.n += n;
}

static void note_status(bpb_status status)
{
    note(&status, sizeof status);
}

static void note_reals(const real *x, size_t n)
{
    note(x, n * sizeof *x);
}

static void note_theta(const net_t *net)
{
    note_reals(BPB(net_ctheta)(net), BPB(net_parameters)(net));
}

static void note_score(const bpb_score *score)
{
    note(&score->loss, sizeof score->loss);
    note(&score->accuracy, sizeof score->accuracy);
    note(&score->correct, sizeof score->correct);
    note(&score->nonfinite, sizeof score->nonfinite);
}

/* ---- What the scenes work on ---- */

enum { N_IN = 5, N_HIDDEN = 7, N_OUT = 3, COLS = 70, P = 66 };

static const size_t units[] = {N_IN, N_HIDDEN, N_OUT};
static real x_values[N_IN * COLS], t_values[N_OUT * COLS], x_bad[N_IN * COLS];
static real quiet_nan, signalling_nan, subnormal;
static double bad_scaling[5];
static const bpb_sgd_rule rule = {.eta = 0.3, .decay = 0.1};

static view_t X(void)
{
    return BPB(samples)(x_values, COLS, N_IN);
}
static view_t T_view(void)
{
    return BPB(samples)(t_values, COLS, N_OUT);
}
static targets_t T(void)
{
    return BPB(values)(T_view());
}

static bpb_net_options options_of(bpb_activation hidden, struct ending ending)
{
    return (bpb_net_options){.sizes = units,
                             .n_sizes = 3,
                             .hidden = hidden,
                             .output = ending.output,
                             .loss = ending.loss};
}

static struct machine machine_of(bpb_activation hidden, struct ending ending)
{
    const bpb_net_options options = options_of(hidden, ending);
    return make_machine(&options, &(bpb_plan_options){.batch = COLS});
}

static struct machine plain_machine(void)
{
    return machine_of(BPB_SIGMOID, (struct ending){BPB_SOFTMAX, BPB_CROSS_ENTROPY});
}

/* ---- Scenes ---- */

static void scene_init(void)
{
    for (int init = BPB_INIT_SCALED; init <= BPB_INIT_ORTHOGONAL; init++) {
        net_t *net = NULL;
        note_status(BPB(net_create)(
            &net,
            &(bpb_net_options){.sizes = units, .n_sizes = 3, .init = (bpb_init)init, .seed = 5}));
        if (!net) /* orthogonal, without LAPACK */
            continue;
        note_theta(net);
        note_status(BPB(net_init)(net, (bpb_init)init, 6));
        note_theta(net);
        BPB(net_destroy)(&net);
    }
}

/* Every pass of a net, with what X holds. */
static void note_passes(struct machine *m, view_t inputs_of_net)
{
    real Y[N_OUT * COLS], gradient[P];
    unsigned char flags[COLS];
    double loss = 0;
    bpb_score score;
    const view_t A = inputs_of_net;
    note_status(BPB(forward)(m->net, m->work, A, BPB(samples_out)(Y, COLS, N_OUT)));
    note_reals(Y, N_OUT * COLS);
    note_status(BPB(predict_with)(m->net, m->work, A, BPB(samples_out)(Y, COLS, N_OUT), flags));
    note_reals(Y, N_OUT * COLS);
    note(flags, sizeof flags);
    note_status(BPB(evaluate)(m->net, A, T(), &score, NULL));
    note_score(&score);
    note_status(BPB(loss)(m->net, m->work, A, T(), &loss));
    note(&loss, sizeof loss);
    note_status(BPB(gradient)(m->net, m->work, A, T(), gradient, NULL));
    note_reals(gradient, P);
    note_status(BPB(sgd_step)(m->net, m->work, A, T(), &rule, &loss));
    note(&loss, sizeof loss);
    note_theta(m->net);
    note_status(sgd_by_optimiser(m->net, gradient, &rule));
    note_theta(m->net);
}

static void note_passes_of_all_nets(view_t inputs_of_net)
{
    for (size_t i = 0; i < COUNT(activations); i++) {
        for (size_t k = 0; k < COUNT(endings); k++) {
            struct machine m = machine_of(activations[i], endings[k]);
            note_passes(&m, inputs_of_net);
            free_machine(&m);
        }
    }
}

static void scene_passes(void)
{
    note_passes_of_all_nets(X());
}

static void scene_passes_of_nonfinite_columns(void)
{
    note_passes_of_all_nets(BPB(samples)(x_bad, COLS, N_IN));
}

/* Every derivative of a net, of targets with weights; NaN among them is masked. */
static void note_derivatives(struct machine *m, view_t inputs_of_net, targets_t goals)
{
    static real Hv[P], dX[N_IN * COLS], J[N_IN * N_OUT * COLS];
    const view_t A = inputs_of_net, D = BPB(samples)(J, COLS, N_IN * N_OUT);
    const real *v = BPB(net_ctheta)(m->net);
    double E = 0;
    memset(Hv, 0, sizeof Hv); /* what a refused call leaves */
    memset(dX, 0, sizeof dX);
    memset(J, 0, sizeof J);
    note_status(
        BPB(gradient_x)(m->net, m->work, A, goals, Hv, BPB(samples_out)(dX, COLS, N_IN), &E));
    note_reals(Hv, P);
    note_reals(dX, N_IN * COLS);
    note_status(BPB(vjp)(m->net, m->work, A, T_view(), Hv, (out_t){0}));
    note_reals(Hv, P);
    note_status(BPB(jvp)(m->net, m->work, A, v, A, (out_t){0}, BPB(samples_out)(J, COLS, N_OUT)));
    note_reals(J, N_OUT * COLS);
    note_status(BPB(jacobian)(m->net, m->work, A, BPB(samples_out)(J, COLS, N_IN * N_OUT)));
    note_reals(J, COUNT(J));
    note_status(BPB(hvp)(m->net, m->work, A, goals, v, Hv, NULL, &E));
    note_reals(Hv, P);
    note(&E, sizeof E);
    note_status(BPB(gnvp)(m->net, m->work, A, goals, v, Hv));
    note_reals(Hv, P);
    note_status(BPB(jacobian_vjp)(m->net, m->work, A, T_view(), D, Hv));
    note_reals(Hv, P);
    note_status(BPB(sobolev)(m->net, m->work, A, goals, BPB(values)(D), 0.1, Hv, &E));
    note_reals(Hv, P);
    note(&E, sizeof E);
}

/* f, its gradient and H v at the net's theta. */
static void note_objective(const net_t *net, view_t inputs_of_net, targets_t goals)
{
    static real values[P];
    const real *theta = BPB(net_ctheta)(net);
    const bpb_objective_options options = {.decay = 0.1, .decay_biases = 1, .batch = 16};
    objective_t *objective = NULL;
    double f = 0;
    note_status(BPB(objective_create)(&objective, net, inputs_of_net, goals, &options));
    note_status(BPB(objective_gradient)(objective, theta, &f, values));
    note(&f, sizeof f);
    note_reals(values, P);
    note_status(BPB(objective_hvp)(objective, theta, theta, values));
    note_reals(values, P);
    BPB(objective_destroy)(&objective);
}

static const activation_function_t own_g = {.name = "g", BY_ENTRY(own_silu)};
static const loss_function_t own_e = {.name = "e", BY_ENTRY(own_squared)};
static real class_of[COLS], t_holes[N_OUT * COLS];
static double weights[COLS];

static struct machine derivative_machine(bool own, double smoothing)
{
    struct machine m = {0};
    const bpb_net_options options = {.sizes = units,
                                     .n_sizes = 3,
                                     .hidden = BPB_TANH,
                                     .output = BPB_SOFTMAX,
                                     .loss = BPB_CROSS_ENTROPY,
                                     .label_smoothing = smoothing};
    note_status(BPB(net_create)(&m.net, &options));
    if (own) {
        note_status(BPB(net_set_activation)(m.net, 1, &own_g));
        note_status(BPB(net_set_loss)(m.net, &own_e));
    }
    note_status(BPB(plan_create)(&m.plan, m.net,
                                 &(bpb_plan_options){.batch = COLS, .derivatives = 1}));
    note_status(BPB(work_create)(&m.work, m.plan));
    return m;
}

static void scene_derivatives(void)
{
    for (int bad = 0; bad < 2; bad++) {
        struct machine m = derivative_machine(false, 0);
        const view_t A = BPB(samples)(bad ? x_bad : x_values, COLS, N_IN);
        note_derivatives(&m, A, T());
        note_objective(m.net, A, T());
        free_machine(&m);
    }
}

/* A user's functions run in the library's environment. */
static void scene_own_functions(void)
{
    struct machine m = derivative_machine(true, 0);
    note_derivatives(&m, X(), T());
    note_passes(&m, X());
    free_machine(&m);
}

static void scene_targets(void)
{
    targets_t classes = BPB(classes)(BPB(samples)(class_of, COLS, 1));
    targets_t holes = BPB(values)(BPB(samples)(t_holes, COLS, N_OUT));
    struct machine m = derivative_machine(false, 0.1);
    classes.weights = holes.weights = weights;
    note_derivatives(&m, X(), classes); /* a NaN and a signalling NaN are no classes, */
    classes.masked = holes.masked = 1;  /* but masked */
    note_derivatives(&m, X(), classes);
    note_objective(m.net, X(), classes);
    note_derivatives(&m, X(), holes);
    free_machine(&m);
    m = derivative_machine(true, 0);
    note_derivatives(&m, X(), holes);
    free_machine(&m);
}

/* Y = x for subnormal x: through a layer of ones, a product at a time. */
static void scene_subnormals(void)
{
    const size_t ones[] = {1, 1};
    struct machine m = make_machine(
        &(bpb_net_options){
            .sizes = ones, .n_sizes = 2, .output = BPB_IDENTITY, .init = BPB_INIT_ZERO},
        NULL);
    real y = 0, zero = 0, root = BPB_SELECT(1e-160, 1e-20f); /* root^2 is subnormal */
    double loss = 0;
    BPB(net_theta)(m.net)[0] = 1;
    note_status(
        BPB(forward)(m.net, m.work, BPB(samples)(&subnormal, 1, 1), BPB(samples_out)(&y, 1, 1)));
    assert_same_bits(1, &y, &subnormal);
    note_status(
        BPB(predict)(m.net, BPB(samples)(&subnormal, 1, 1), BPB(samples_out)(&y, 1, 1), NULL));
    assert_same_bits(1, &y, &subnormal);
    note_status(BPB(loss)(m.net, m.work, BPB(samples)(&root, 1, 1),
                          BPB(values)(BPB(samples)(&zero, 1, 1)), &loss));
    note(&loss, sizeof loss);
    note_status(sgd_by_optimiser(m.net, (const real[]){0, subnormal}, &(bpb_sgd_rule){.eta = 1}));
    note_theta(m.net);
    free_machine(&m);
}

static void scene_scaling(void)
{
    struct machine m = plain_machine();
    const double shift[N_IN] = {0.1, 0.2, 0.3, 0.4, 0.5};
    note_status(BPB(net_set_scaling)(m.net, BPB_INPUTS, shift, shift));
    note_status(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, shift, shift));
    note_passes(&m, X());
    for (size_t i = 0; i < COUNT(bad_scaling); i++) {
        double values[N_IN];
        memcpy(values, shift, sizeof values);
        memcpy(values + 1, bad_scaling + i, sizeof *bad_scaling);
        note_status(BPB(net_set_scaling)(m.net, BPB_INPUTS, values, NULL));
        note_status(BPB(net_set_scaling)(m.net, BPB_OUTPUTS, NULL, values));
    }
    free_machine(&m);
}

/* Of columns that are good, and bad, and masked, and too far apart; joined, and made a scaling. */
static void scene_moments(void)
{
    struct machine m = plain_machine();
    bpb_moments moments[N_IN] = {{0}}, of_T[N_OUT] = {{0}};
    const view_t holes = BPB(samples)(t_holes, COLS, N_OUT);
    note_status(BPB(moments_add)(moments, BPB(samples)(x_bad, COLS, N_IN), 0));
    note_status(BPB(moments_add)(moments, X(), 0));
    note(moments, sizeof moments);
    note_status(bpb_moments_merge(moments, moments, N_IN));
    note_status(BPB(moments_add)(of_T, holes, 0));
    note_status(BPB(moments_add)(of_T, holes, 1));
    note_status(BPB(moments_add)(of_T, T_view(), 0));
    note_status(bpb_moments_merge(of_T, of_T, N_OUT));
    note(of_T, sizeof of_T);
    note_status(BPB(net_standardise_by)(m.net, moments, NULL));
    note_status(BPB(net_standardise_by)(m.net, NULL, of_T));
    note(BPB(net_scaling)(m.net, BPB_OUTPUTS), 2 * N_OUT * sizeof(double));
    memcpy(&of_T[1].squares, &(const uint64_t){0x7ff4000000000000}, sizeof(double)); /* a NaN */
    note_status(bpb_moments_merge(of_T, of_T, N_OUT));
    note_status(BPB(net_standardise_by)(m.net, NULL, of_T));
    free_machine(&m);
}

/* Numbers that are none, as statistics and as options. */
static void scene_whitening_of_nan(bpb_whitening *whitening, double *statistics, size_t n)
{
    bpb_whitening_options options = {0};
    const uint64_t nan = 0x7ff4000000000000; /* a signalling one */
    memcpy(statistics + n - 1, &nan, sizeof nan);
    note_status(bpb_whitening_unpack(whitening, statistics, n));
    memcpy(&options.share, &nan, sizeof nan);
    note_status(bpb_whitening_solve(whitening, &options));
    options = (bpb_whitening_options){0};
    memcpy(&options.epsilon, &nan, sizeof nan);
    note_status(bpb_whitening_solve(whitening, &options));
}

static void scene_whitening(void)
{
    struct machine m = plain_machine();
    bpb_whitening *whitening = NULL;
    net_t *raw = NULL;
    double statistics[2 + 2 * N_IN + N_IN * (N_IN + 1) / 2];
    real y[N_IN * COLS] = {0};
    size_t n;
    note_status(bpb_whitening_create(&whitening, N_IN));
    note_status(BPB(whitening_add)(whitening, BPB(samples)(x_bad, COLS, N_IN)));
    note_status(BPB(whitening_add)(whitening, X()));
    note_status(bpb_whitening_merge(whitening, whitening));
    note_status(bpb_whitening_pack(whitening, statistics, COUNT(statistics), &n));
    note(statistics, sizeof statistics);
    note_status(bpb_whitening_unpack(whitening, statistics, COUNT(statistics)));
    note_status(bpb_whitening_solve(whitening, &(bpb_whitening_options){.share = 1}));
    note_status(BPB(whitening_apply)(whitening, X(), BPB(samples_out)(y, COLS, N_IN)));
    note_reals(y, COUNT(y));
    note_status(BPB(whitening_fold)(&raw, whitening, m.net));
    if (raw) /* with LAPACK */
        note_theta(raw);
    scene_whitening_of_nan(whitening, statistics, COUNT(statistics));
    BPB(net_destroy)(&raw);
    bpb_whitening_destroy(&whitening);
    free_machine(&m);
}

/* The environment is the caller's in the callback. */
static int check_callback(const bpb_progress *progress, void *user)
{
    (void)progress;
    const struct control now = read_control();
    return memcmp(&now, user, sizeof now) != 0;
}

static void note_training(view_t X_train, double eta, double lambda)
{
    net_t *net = NULL;
    struct control control = read_control();
    bpb_train_report report = {.in = BPB_IN_GRADIENT};
    const bpb_net_options options =
        options_of(BPB_RELU, (struct ending){BPB_IDENTITY, BPB_SQUARED});
    const data_t data = {.train = {.X = X_train, .T = T()}, .test = {.X = X(), .T = T()}};
    note_status(BPB(net_create)(&net, &options));
    note_status(BPB(train)(net, &data,
                           &(bpb_train_options){.eta = eta,
                                                .lambda = lambda,
                                                .batch = 16,
                                                .epochs = 3,
                                                .on_step = check_callback,
                                                .on_epoch = check_callback,
                                                .user = &control},
                           &report));
    note_theta(net);
    note(&report.where, sizeof report.where);
    note(&report.in, sizeof report.in);
    note_score(&report.last.train);
    note_score(&report.last.test);
    BPB(net_destroy)(&net);
}

static void note_part(void *user, size_t l, real *part, size_t count)
{
    (void)user, (void)l;
    note_reals(part, count);
}

static void scene_dropout(void)
{
    static real gradient[P];
    const double bad[] = {(double)NAN, (double)INFINITY, -DBL_TRUE_MIN, 1};
    struct machine m = {0};
    double loss = 0;
    note_status(BPB(net_create)(&m.net, &(bpb_net_options){.sizes = units, .n_sizes = 3}));
    for (size_t i = 0; i < COUNT(bad); i++)
        note_status(BPB(plan_create)(&m.plan, m.net, &(bpb_plan_options){.dropout = bad[i]}));
    note_status(BPB(plan_create)(
        &m.plan, m.net,
        &(bpb_plan_options){.batch = COLS, .dropout = 0.3, .dropout_inputs = 0.7}));
    note_status(BPB(work_create)(&m.work, m.plan));
    for (uint64_t draw = 0; draw < 3; draw++) {
        note_status(BPB(work_dropout)(m.work, 5, draw));
        note_status(
            BPB(gradient_by_layer)(m.net, m.work, X(), T(), gradient, &loss, note_part, NULL));
        note(&loss, sizeof loss);
        note_status(BPB(sgd_step)(m.net, m.work, X(), T(), &rule, &loss));
        note_theta(m.net);
        note_status(
            BPB(gradient)(m.net, m.work, BPB(samples)(x_bad, COLS, N_IN), T(), gradient, NULL));
    }
    free_machine(&m);
}

static void scene_train(void)
{
    note_training(X(), 0.01, 6291.1); /* lambda / 70 would be rounded up, */
    note_training(X(), 0.01, 6290.1); /* and this down */
}

static void scene_train_until_overflow(void)
{
    note_training(X(), 1e30, 0.5);
}

static void scene_train_refuses_nonfinite_data(void)
{
    note_training(BPB(samples)(x_bad, COLS, N_IN), 0.01, 0.5);
}

/* ---- A run with all that calls back, and with a file; none of it does arithmetic ---- */

static char run_path[64];

struct caller {
    struct control control;
    size_t calls, changed; /* in another environment than the caller's */
};

static void look(struct caller *caller)
{
    const struct control now = read_control();
    caller->calls++;
    caller->changed += memcmp(&now, &caller->control, sizeof now) != 0;
}

static int read_in_environment(void *user, const size_t *index, size_t B, real *x, real *t)
{
    look(user);
    for (size_t j = 0; j < B; j++) {
        memcpy(x + j * N_IN, x_values + index[j] * N_IN, N_IN * sizeof *x);
        memcpy(t + j * N_OUT, t_values + index[j] * N_OUT, N_OUT * sizeof *t);
    }
    return 0;
}

static double eta_in_environment(const bpb_progress *progress, void *user)
{
    look(user);
    return progress->step % 2 ? 0.01 : 0.03;
}

static int look_on(const bpb_progress *progress, void *user)
{
    (void)progress;
    look(user);
    return 0;
}

static void note_run(net_t *net, bpb_train_options options)
{
    struct caller caller;
    memset(&caller, 0, sizeof caller);
    caller.control = read_control();
    bpb_train_report report = {.in = BPB_IN_GRADIENT};
    const source_t source = {COLS, N_IN, N_OUT, read_in_environment, &caller};
    const data_t data = {.train.source = &source, .test.source = &source};
    options.checkpoint = (bpb_checkpoint){.path = run_path, .resume = 1, .steps = 3};
    options.on_step = options.on_epoch = look_on;
    options.user = &caller;
    note_status(BPB(train)(net, &data, &options, &report));
    note_theta(net);
    note(&report.last.loss, sizeof report.last.loss);
    note(&report.last.gradient_norm, sizeof report.last.gradient_norm);
    note(&report.last.theta_norm, sizeof report.last.theta_norm);
    note(&report.last.eta, sizeof report.last.eta);
    note(&report.last.best_epoch, sizeof report.last.best_epoch);
    note_score(&report.last.train);
    note_score(&report.last.test);
    note(&caller.calls, sizeof caller.calls);
    note(&caller.changed, sizeof caller.changed);
    assert_true(caller.calls > 0 && caller.changed == 0);
}

static void note_two_runs(bpb_train_options options)
{
    const bpb_net_options shape = options_of(BPB_TANH, (struct ending){BPB_SIGMOID, BPB_SQUARED});
    net_t *first = NULL, *second = NULL;
    note_status(BPB(net_create)(&first, &shape));
    note_status(BPB(net_create)(&second, &shape));
    unlink(run_path);
    options.epochs = 2;
    note_run(first, options);
    options.epochs = 4;
    note_run(second, options);
    BPB(net_destroy)(&first);
    BPB(net_destroy)(&second);
}

static void scene_train_with_all_options(void)
{
    const bpb_schedule own = {.kind = BPB_SCHEDULE_OWN, .own = eta_in_environment, .warmup = 0.3};
    note_two_runs((bpb_train_options){.batch = 16,
                                      .method = BPB_ADAM,
                                      .norms = 1,
                                      .schedule = own,
                                      .dropout = 0.3,
                                      .lambda = 0.7,
                                      .stop = {.keep_best = 1}});
    note_two_runs((bpb_train_options){.eta = 0.1, .batch = 16, .lambda = 0.7, .seed = 5,
                                      .schedule = {.kind = BPB_SCHEDULE_PLATEAU, .factor = 0.7,
                                                   .patience = 1},
                                      .stop = {.min_delta = 0.1, .by_loss = 1}});
    note_two_runs((bpb_train_options){
        .method = BPB_IRPROP_PLUS, .lambda = 0.7, .lambda_1 = 0.1, .dropout_inputs = 0.1});
}

static void scene_options_that_are_not_finite(void)
{
    struct machine m = plain_machine();
    const double bad[] = {(double)NAN, (double)INFINITY, -1, DBL_TRUE_MIN};
    const data_t data = {.train = {.X = X(), .T = T()}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        const bpb_train_options bad_eta = {.eta = bad[i], .epochs = 1};
        const bpb_train_options bad_lambda = {.eta = 0.1, .lambda = bad[i], .epochs = 1};
        note_status(BPB(sgd_step)(m.net, m.work, X(), T(), &(bpb_sgd_rule){.eta = bad[i]}, NULL));
        note_status(BPB(train)(m.net, &data, &bad_lambda, NULL));
        note_status(BPB(train)(m.net, &data, &bad_eta, NULL));
        note_theta(m.net);
    }
    free_machine(&m);
}

static void scene_find_nonfinite(void)
{
    const real bad[] = {subnormal, quiet_nan, signalling_nan, (real)INFINITY, (real)-INFINITY};
    for (size_t i = 0; i < COUNT(bad); i++) {
        bpb_where where = {9, 9};
        real values[3] = {1, 2, 3};
        memcpy(values + 1, bad_scaling + i, sizeof *bad_scaling);
        note_status(BPB(find_nonfinite)(BPB(samples)(values, 1, 3), &where));
        note(&where, sizeof where);
    }
}

static void scene_one_hot(void)
{
    const real bad[] = {1, RC(0.5), subnormal, quiet_nan, signalling_nan, (real)INFINITY, RC(1e30)};
    for (size_t i = 0; i < COUNT(bad); i++) {
        real labels[2] = {1, 0}, columns_of[2 * N_OUT] = {0};
        bpb_where where = {9, 9};
        memcpy(labels + 1, bad + i, sizeof *bad);
        note_status(BPB(one_hot)(BPB(samples)(labels, 2, 1), BPB(samples_out)(columns_of, 2, N_OUT),
                                 &where));
        note(&where, sizeof where);
        note_reals(columns_of, COUNT(columns_of));
    }
}

static void note_loaded(const void *file, size_t bytes)
{
    net_t *net = NULL;
    note_status(BPB(net_load_memory)(&net, file, bytes, NULL));
    if (net)
        note_theta(net);
    BPB(net_destroy)(&net);
}

/* A model of the one or the other precision, its first weight of these bits, read by ours. */
#define NOTE_SAVED(prefix, type)                                                                   \
    static void note_saved_##prefix(type first)                                                    \
    {                                                                                              \
        static unsigned char file[8192];                                                           \
        const bpb_net_options options = {.sizes = units, .n_sizes = 3};                            \
        size_t bytes = 0;                                                                          \
        prefix##_net *net = NULL;                                                                  \
        note_status(prefix##_net_create(&net, &options));                                          \
        memcpy(prefix##_net_theta(net), &first, sizeof first);                                     \
        note_status(prefix##_net_save_memory(net, file, sizeof file, &bytes));                     \
        note(file, bytes);                                                                         \
        note_loaded(file, bytes);                                                                  \
        prefix##_net_destroy(&net);                                                                \
    }
NOTE_SAVED(bpb, uint64_t)
NOTE_SAVED(bpbf, uint32_t)

/* 0.1, the least double, 1e300, infinity, NaN, a signalling NaN; and of float. */
static const uint64_t doubles[] = {0x3fb999999999999a, 1, 0x7e37e43c8800759c, 0x7ff0000000000000,
                                   0x7ff8000000000000, 0x7ff0000000000001};
static const uint32_t floats[] = {0x3dcccccd, 1, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001};

static void scene_model_files(void)
{
    for (size_t i = 0; i < COUNT(doubles); i++)
        note_saved_bpb(doubles[i]);
    for (size_t i = 0; i < COUNT(floats); i++)
        note_saved_bpbf(floats[i]);
}

/* Parameters as text, whose last digit depends on the rounding; and of bounds that a float has. */
static void scene_parameters_in_model_files(void)
{
    static unsigned char file[8192];
    static const bpb_activation functions[] = {BPB_LEAKY_RELU, BPB_ELU};
    const double values[] = {0.1, 0.7, 1e300, (double)NAN, DBL_TRUE_MIN};
    for (size_t i = 0; i < COUNT(values); i++) {
        size_t bytes = 0;
        bpb_net *net = NULL;
        note_status(bpb_net_create(&net, &(bpb_net_options){.sizes = units,
                                                            .n_sizes = 3,
                                                            .activations = functions,
                                                            .loss = BPB_HUBER,
                                                            .leak = values[i],
                                                            .elu_alpha = 0.3,
                                                            .huber_delta = 0.6}));
        if (!net)
            continue;
        note_status(bpb_net_save_memory(net, file, sizeof file, &bytes));
        note(file, bytes);
        note_loaded(file, bytes);
        bpb_net_destroy(&net);
    }
}

static char idx_path[64];

/* 0.1 and a double of these bits, big-endian. */
static void write_idx(uint64_t bits)
{
    unsigned char bytes[24] = {0,    0,    14,   1,    0,    0,    0,    2,
                               0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a};
    for (size_t i = 0; i < 8; i++)
        bytes[16 + i] = (unsigned char)(bits >> (56 - 8 * i));
    FILE *file = fopen(idx_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, sizeof bytes, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void scene_idx_read(void)
{
    for (size_t i = 0; i < COUNT(doubles); i++) {
        out_t V = {0};
        bpb_where where = {9, 9};
        write_idx(doubles[i]);
        note_status(BPB(idx_read)(&V, idx_path, &where));
        note(&where, sizeof where);
        if (V.data)
            note_reals(V.data, V.rows * V.cols);
        bpb_free(V.data);
    }
}

static void scene_shuffle(void)
{
    size_t index[100];
    note_status(bpb_shuffle(index, COUNT(index), 3, 4));
    note(index, sizeof index);
}

static const struct scene {
    const char *name;
    void (*run)(void);
} scenes[] = {
    {"init", scene_init},
    {"passes", scene_passes},
    {"passes_of_nonfinite_columns", scene_passes_of_nonfinite_columns},
    {"subnormals", scene_subnormals},
    {"derivatives", scene_derivatives},
    {"own_functions", scene_own_functions},
    {"targets", scene_targets},
    {"scaling", scene_scaling},
    {"moments", scene_moments},
    {"whitening", scene_whitening},
    {"dropout", scene_dropout},
    {"train", scene_train},
    {"train_with_all_options", scene_train_with_all_options},
    {"train_until_overflow", scene_train_until_overflow},
    {"train_refuses_nonfinite_data", scene_train_refuses_nonfinite_data},
    {"options_that_are_not_finite", scene_options_that_are_not_finite},
    {"find_nonfinite", scene_find_nonfinite},
    {"one_hot", scene_one_hot},
    {"model_files", scene_model_files},
    {"parameters_in_model_files", scene_parameters_in_model_files},
    {"idx_read", scene_idx_read},
    {"shuffle", scene_shuffle},
};

/* ---- Tests ---- */

struct test {
    const struct scene *scene;
    const struct environment *environment;
    char name[80];
};

static void scene__is_the_same_in_any_environment(void **state)
{
    static struct record expected;
    const struct test *test = *state;
    record.n = 0;
    test->scene->run();
    expected = record;
    record.n = 0;
    enter(test->environment);
    const bool possible = in_force(test->environment);
    const struct control before = read_control();
    test->scene->run();
    const struct control after = read_control();
    leave();
    assert_true(expected.n > 0);
    assert_int_equal(record.n, expected.n);
    assert_memory_equal(record.bytes, expected.bytes, expected.n);
    assert_int_equal(before.rounding, after.rounding);
    assert_int_equal(before.traps, after.traps);
    assert_int_equal(before.mxcsr, after.mxcsr);
    if (!possible)
        skip();
}

/* ---- Set up ---- */

static void make_special_values(void)
{
    const BPB_SELECT(uint64_t, uint32_t) quiet = BPB_SELECT(0x7ff8000000000000, 0x7fc00000),
                                         signalling = BPB_SELECT(0x7ff0000000000001, 0x7f800001),
                                         least = 5;
    memcpy(&quiet_nan, &quiet, sizeof quiet_nan);
    memcpy(&signalling_nan, &signalling, sizeof signalling_nan);
    memcpy(&subnormal, &least, sizeof subnormal);
    memcpy(bad_scaling, &(const uint64_t){0x7ff8000000000000}, sizeof *bad_scaling);
    memcpy(bad_scaling + 1, &(const uint64_t){0x7ff0000000000001}, sizeof *bad_scaling);
    bad_scaling[2] = (double)INFINITY;
    bad_scaling[3] = (double)subnormal;
}

/* Inputs over many orders of magnitude; x_bad has some that are not finite in columns 3, 40, 69. */
static int set_up(void **state)
{
    (void)state;
    struct rng rng = {1};
    make_special_values();
    fill_uniform(&rng, N_IN * COLS, -3, 3, x_values);
    x_values[0] = subnormal;
    x_values[7] = BPB_SELECT(1e200, 1e20f);
    for (size_t j = 0; j < COLS; j++)
        t_values[j * N_OUT + rng_between(&rng, 0, N_OUT - 1)] = 1;
    memcpy(x_bad, x_values, sizeof x_bad);
    memcpy(&x_bad[3 * N_IN + 1], &quiet_nan, sizeof quiet_nan);
    x_bad[40 * N_IN] = (real)INFINITY;
    memcpy(&x_bad[69 * N_IN + 4], &signalling_nan, sizeof signalling_nan);
    for (size_t j = 0; j < COLS; j++)
        weights[j] = rng_uniform(&rng, 0, 2);
    memcpy(t_holes, t_values, sizeof t_holes);
    memcpy(&t_holes[7], &quiet_nan, sizeof quiet_nan);
    memcpy(&t_holes[50], &signalling_nan, sizeof signalling_nan);
    for (size_t j = 0; j < COLS; j++)
        class_of[j] = (real)(j % N_OUT);
    memcpy(&class_of[5], &quiet_nan, sizeof quiet_nan);
    memcpy(&class_of[30], &signalling_nan, sizeof signalling_nan);
    snprintf(run_path, sizeof run_path, "test_fpenv_%d_%ld.run", BPB_REAL_BYTES, (long)getpid());
    snprintf(idx_path, sizeof idx_path, "test_fpenv_%d_%ld.idx", BPB_REAL_BYTES, (long)getpid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(idx_path);
    unlink(run_path);
    return 0;
}

int main(void)
{
    static struct test pairs[COUNT(scenes) * COUNT(environments)];
    struct CMUnitTest tests[COUNT(pairs)];
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct test *test = &pairs[i];
        test->scene = &scenes[i / COUNT(environments)];
        test->environment = &environments[i % COUNT(environments)];
        snprintf(test->name, sizeof test->name, "%s__%s", test->scene->name,
                 test->environment->name);
        tests[i] = (struct CMUnitTest){.name = test->name,
                                       .test_func = scene__is_the_same_in_any_environment,
                                       .initial_state = test};
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
