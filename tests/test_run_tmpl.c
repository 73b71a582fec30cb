/* SPDX-License-Identifier: BSD-3-Clause */
/* A run of training beyond plain SGD: optimisers, schedules, ends, sources, and where it fails. */
#include <time.h>

#include "support_tmpl.h"

/* ---- A problem: a net, columns for it, and the same run by hand ---- */

enum { N_IN = 5, N_OUT = 2, COLUMNS = 37, BATCH = 8, STEPS = 5, EPOCHS = 3 };
static const size_t units[] = {N_IN, 7, N_OUT};

struct data {
    real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
    data_t views;
};

static net_t *make_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = units, .n_sizes = 3, .hidden = BPB_TANH, .seed = 5}));
    return net;
}

static void fill(struct data *data)
{
    struct rng rng = {3};
    fill_uniform(&rng, N_IN * COLUMNS, -1, 1, data->X);
    fill_uniform(&rng, N_OUT * COLUMNS, 0, 1, data->T);
    data->views = (data_t){.train = {.X = BPB(samples)(data->X, COLUMNS, N_IN),
                                     .T = BPB(values)(BPB(samples)(data->T, COLUMNS, N_OUT))}};
}

static void assert_same_theta(const net_t *got, const net_t *want)
{
    assert_same_bits(BPB(net_parameters)(want), BPB(net_ctheta)(got), BPB(net_ctheta)(want));
}

static view_t pick(view_t V, const size_t *index, size_t B)
{
    V.index = index;
    V.cols = B;
    return V;
}

/* Gradient and step, each step's eta by a schedule. */
struct by_hand {
    bpb_opt_options opt;
    bpb_schedule schedule;
    double eta_0;
    uint64_t seed;
    size_t epochs;
};

static double penalty_by_hand(net_t *net, const bpb_opt_options *opt)
{
    double sum = 0;
    for (size_t l = 1; l <= 2; l++) {
        const out_t W = BPB(net_W)(net, BPB(net_theta)(net), l);
        const size_t biases = opt->decay_biases ? W.rows : 0; /* b stands behind W */
        for (size_t i = 0; i < W.rows * W.cols + biases; i++) {
            const double w = (double)W.data[i];
            sum += opt->decay / 2 * w * w + opt->decay_1 * fabs(w);
        }
    }
    return sum;
}

static void step_by_hand(net_t *net, work_t *work, opt_t *opt, const bpb_opt_options *how, view_t X,
                         view_t T)
{
    const size_t P = BPB(net_parameters)(net);
    real *gradient = make_reals(P);
    double E;
    assert_ok(BPB(gradient)(net, work, X, BPB(values)(T), gradient, &E));
    assert_ok(BPB(opt_loss)(opt, E + penalty_by_hand(net, how)));
    assert_ok(BPB(opt_step)(opt, net, gradient, 1));
    free(gradient);
}

static void run_by_hand(net_t *net, const struct data *data, const struct by_hand *by)
{
    const bool full = by->opt.method >= BPB_IRPROP_PLUS;
    const size_t batch = full ? COLUMNS : BATCH, steps = full ? 1 : STEPS;
    plan_t *plan = NULL;
    work_t *work = NULL;
    opt_t *opt = NULL;
    size_t order[COLUMNS];
    uint64_t t = 0;
    assert_ok(BPB(plan_create)(&plan, net, &(bpb_plan_options){.batch = batch}));
    assert_ok(BPB(work_create)(&work, plan));
    assert_ok(BPB(opt_create)(&opt, net, &by->opt));
    for (uint64_t epoch = 1; epoch <= by->epochs; epoch++) {
        assert_ok(bpb_shuffle(order, COLUMNS, by->seed, epoch));
        for (size_t first = 0; first < COLUMNS; first += batch, t++) {
            const size_t B = COLUMNS - first < batch ? COLUMNS - first : batch;
            double eta;
            assert_ok(bpb_schedule_eta(&by->schedule, by->eta_0, t, steps, by->epochs, &eta));
            assert_ok(BPB(opt_set_eta)(opt, eta));
            step_by_hand(net, work, opt, &by->opt, pick(data->views.train.X, order + first, B),
                         pick(data->views.train.T.view, order + first, B));
        }
    }
    BPB(opt_destroy)(&opt);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
}

/* ---- Steps ---- */

/* opt has no decay but that of the run: powers of two, so that lambda / n is exact. */
static void check_steps(const struct data *data, bpb_opt_options opt, double decay, double decay_1,
                        int decay_biases, size_t epochs)
{
    const bpb_schedule cosine = {.kind = BPB_SCHEDULE_COSINE, .warmup = 1}, constant = {0};
    struct by_hand by = {.opt = opt,
                         .schedule = opt.method < BPB_IRPROP_PLUS ? cosine : constant,
                         .eta_0 = 0.02, .seed = 9, .epochs = epochs};
    const bpb_train_options options = {.eta = 0.02,
                                       .method = opt.method,
                                       .tuning = opt.tuning,
                                       .lambda = decay * COLUMNS,
                                       .lambda_1 = decay_1 * COLUMNS,
                                       .schedule = by.schedule,
                                       .decay_biases = decay_biases,
                                       .batch = opt.method < BPB_IRPROP_PLUS ? BATCH : COLUMNS + 9,
                                       .epochs = epochs,
                                       .seed = 9};
    net_t *net = make_net(), *expected = make_net();
    by.opt.decay = decay;
    by.opt.decay_1 = decay_1;
    by.opt.decay_biases = decay_biases;
    run_by_hand(expected, data, &by);
    assert_ok(BPB(train)(net, &data->views, &options, NULL));
    assert_same_theta(net, expected);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&expected);
}

static void run__makes_the_steps_of_each_optimiser(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    for (bpb_method method = BPB_MOMENTUM; method <= BPB_IRPROP_MINUS; method++)
        check_steps(&data, (bpb_opt_options){.method = method}, 1.0 / 128, 0, 0, EPOCHS);
}

/* SGD too has a gradient of its own then. */
static void run__clips_and_decays_as_the_optimiser_does(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    check_steps(&data, (bpb_opt_options){.tuning = {.clip_norm = 0.01}}, 1.0 / 128, 0, 0, EPOCHS);
    check_steps(&data, (bpb_opt_options){.tuning = {.clip_value = 0.01}}, 0, 0, 0, EPOCHS);
    check_steps(&data, (bpb_opt_options){0}, 1.0 / 128, 1.0 / 64, 1, EPOCHS);
    check_steps(&data, (bpb_opt_options){.method = BPB_ADAM}, 0, 1.0 / 64, 0, EPOCHS);
}

/* iRPROP+ compares losses with their penalties: what grows is another without a part of them. */
static void run__tells_irprop_of_the_penalties(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    const bpb_opt_options wide = {.method = BPB_IRPROP_PLUS, .tuning = {.delta_0 = 0.25}};
    for (int biases = 0; biases <= 1; biases++) {
        check_steps(&data, wide, 1.0 / 16, 0, biases, 40);
        check_steps(&data, wide, 0, 1.0 / 32, biases, 40);
        check_steps(&data, wide, 1.0 / 32, 1.0 / 32, biases, 40);
    }
}

/* eta of each step. */
struct etas {
    const bpb_schedule *schedule;
    uint64_t t;
};

static int check_eta(const bpb_progress *progress, void *user)
{
    struct etas *etas = user;
    double eta;
    assert_ok(bpb_schedule_eta(etas->schedule, 0.3, etas->t++, STEPS, EPOCHS, &eta));
    assert_true(progress->eta == eta);
    assert_true(progress->loss > 0);
    return 0;
}

static void run__sets_eta_before_each_step(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    for (int kind = BPB_SCHEDULE_CONSTANT; kind <= BPB_SCHEDULE_COSINE; kind++) {
        const bpb_schedule schedule = {.kind = (bpb_schedule_kind)kind, .warmup = 0.7};
        struct etas etas = {&schedule, 0};
        const bpb_train_options options = {.eta = 0.3, .schedule = schedule, .batch = BATCH,
                                           .epochs = EPOCHS, .on_step = check_eta, .user = &etas};
        net_t *net = make_net();
        assert_ok(BPB(train)(net, &data.views, &options, NULL));
        assert_int_equal(etas.t, STEPS * EPOCHS);
        BPB(net_destroy)(&net);
    }
}

/* A schedule of one's own sees how far the run is; the values are told apart by what they are. */
static double own_eta(const bpb_progress *progress, void *user)
{
    struct etas *etas = user;
    assert_int_equal(progress->step, etas->t % STEPS);
    assert_int_equal(progress->epoch, etas->t / STEPS + 1);
    if (etas->t == 0)
        assert_true(progress->eta == 1);
    return etas->t == 11 ? -1 : 0.25 + (double)etas->t++;
}

static int check_own_eta(const bpb_progress *progress, void *user)
{
    const struct etas *etas = user;
    assert_true(progress->eta == 0.25 + (double)(etas->t - 1));
    return 0;
}

static void run__takes_a_schedule_of_ones_own(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct etas etas = {0};
    const bpb_train_options options = {
        .eta = 1, .schedule = {.kind = BPB_SCHEDULE_OWN, .own = own_eta}, .batch = BATCH,
        .epochs = EPOCHS, .on_step = check_own_eta, .user = &etas};
    net_t *net = make_net();
    assert_int_equal(BPB(train)(net, &data.views, &options, NULL), BPB_ERR_OPTION);
    assert_int_equal(etas.t, 11);
    BPB(net_destroy)(&net);
}

static double constant_eta(const bpb_progress *progress, void *user)
{
    const struct etas *etas = user;
    assert_true(progress->epoch > 1 || etas->t >= STEPS);
    return 0.25;
}

static int check_warm_eta(const bpb_progress *progress, void *user)
{
    struct etas *etas = user;
    const double t = (double)etas->t++;
    assert_true(fabs(progress->eta - (t < STEPS ? 0.5 * (t + 1) / STEPS : 0.25)) < 1e-15);
    return 0;
}

static void run__warms_up_before_a_schedule_of_ones_own(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct etas etas = {0};
    const bpb_train_options options = {
        .eta = 0.5, .schedule = {.kind = BPB_SCHEDULE_OWN, .own = constant_eta, .warmup = 1},
        .batch = BATCH, .epochs = 2, .on_step = check_warm_eta, .user = &etas};
    net_t *net = make_net();
    assert_ok(BPB(train)(net, &data.views, &options, NULL));
    assert_int_equal(etas.t, 2 * STEPS);
    BPB(net_destroy)(&net);
}

static void run__takes_the_eta_of_its_optimiser(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    bpb_train_options options = {.method = BPB_ADAM, .epochs = 1};
    bpb_train_report report;
    net_t *net = make_net();
    assert_ok(BPB(train)(net, &data.views, &options, &report));
    assert_true(report.last.eta == 0.001);
    options.eta = 0.5;
    assert_ok(BPB(train)(net, &data.views, &options, &report));
    assert_true(report.last.eta == 0.5);
    BPB(net_destroy)(&net);
}

/* ---- Norms and losses ---- */

struct norms {
    net_t *net;
    struct data *data;
    real theta[N_IN * 7 + 7 + 7 * N_OUT + N_OUT];
};

static void assert_norm(double got, size_t n, const real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    if (!(fabs(got - sqrt(sum)) <= 1e-14 * sqrt(sum)))
        fail_msg("a norm is %.17g, not %.17g", got, sqrt(sum));
}

/* The batch is all columns: its gradient, at theta before the step. */
static int check_norms(const bpb_progress *progress, void *user)
{
    struct norms *norms = user;
    const size_t P = BPB(net_parameters)(norms->net);
    struct machine machine = {0};
    real *gradient = make_reals(P);
    double E;
    assert_ok(BPB(net_copy)(&machine.net, norms->net));
    memcpy(BPB(net_theta)(machine.net), norms->theta, sizeof norms->theta);
    assert_ok(BPB(plan_create)(&machine.plan, machine.net, NULL));
    assert_ok(BPB(work_create)(&machine.work, machine.plan));
    assert_ok(BPB(gradient)(machine.net, machine.work, norms->data->views.train.X,
                            norms->data->views.train.T, gradient, &E));
    assert_true(progress->net == norms->net && progress->loss == E);
    assert_norm(progress->gradient_norm, P, gradient);
    assert_norm(progress->theta_norm, P, BPB(net_ctheta)(norms->net));
    memcpy(norms->theta, BPB(net_ctheta)(norms->net), sizeof norms->theta);
    free_machine(&machine);
    free(gradient);
    return 0;
}

static void run__tells_of_norms_where_they_are_asked_for(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct norms norms = {.net = make_net(), .data = &data};
    memcpy(norms.theta, BPB(net_ctheta)(norms.net), sizeof norms.theta);
    bpb_train_options options = {.eta = 0.3, .batch = COLUMNS, .epochs = 4, .norms = 1,
                                 .no_shuffle = 1, .on_step = check_norms, .user = &norms};
    bpb_train_report report;
    assert_ok(BPB(train)(norms.net, &data.views, &options, &report));
    assert_true(report.last.gradient_norm > 0);
    options.norms = 0;
    options.on_step = NULL;
    assert_ok(BPB(train)(norms.net, &data.views, &options, &report));
    assert_true(isnan(report.last.gradient_norm) && isnan(report.last.theta_norm));
    assert_true(isnan(report.last.loss)); /* which nobody asked for */
    BPB(net_destroy)(&norms.net);
}

/* ---- Ends ---- */

/*
 * A net y = b of one unit whose rate is next to nothing: after each epoch's last step the script
 * says what y is, and so the loss y^2/2 of targets 0; or, of a sigmoid, how many columns are right.
 */
struct script {
    net_t *net;
    const double *y;
    size_t epochs; /* that ended */
    double eta[16];
    size_t best[16];
};

static int play(const bpb_progress *progress, void *user)
{
    struct script *script = user;
    real *theta = BPB(net_theta)(script->net);
    theta[0] = 0;
    theta[1] = (real)script->y[progress->epoch - 1];
    script->eta[progress->epoch - 1] = progress->eta;
    return 0;
}

static int note_best(const bpb_progress *progress, void *user)
{
    struct script *script = user;
    script->best[script->epochs++] = progress->best_epoch;
    return 0;
}

static bpb_train_report play_out(struct script *script, const double *y,
                                 const bpb_train_options *rules)
{
    static const size_t one[] = {1, 1};
    static const real X[] = {1, 2}, T[] = {0, 0};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 2, 1), .T = BPB(values)(BPB(samples)(T, 2, 1))}};
    bpb_train_options options = *rules;
    bpb_train_report report;
    *script = (struct script){.y = y};
    assert_ok(BPB(net_create)(
        &script->net, &(bpb_net_options){.sizes = one, .n_sizes = 2, .output = BPB_IDENTITY}));
    options.eta = 1e-30;
    options.epochs = 12;
    options.on_step = play;
    options.on_epoch = note_best;
    options.user = script;
    assert_ok(BPB(train)(script->net, &data, &options, &report));
    return report;
}

static double kept_y(const struct script *script)
{
    return (double)BPB(net_ctheta)(script->net)[1];
}

/* Best at epochs 1, 2, 4; then never again. */
static const double losing[] = {8, 5, 6, 4, 4, 7, 5, 4, 6, 9, 9, 9};

static void run__ends_when_nothing_has_got_better_for_so_long(void **state)
{
    (void)state;
    static const size_t best[] = {1, 2, 2, 4, 4, 4, 4};
    struct script script;
    bpb_train_options rules = {.stop = {.patience = 3}};
    bpb_train_report report = play_out(&script, losing, &rules);
    assert_int_equal(report.end, BPB_END_PATIENCE);
    assert_int_equal(report.kept, BPB_KEPT_LAST);
    assert_int_equal(report.last.epoch, 7);
    assert_int_equal(report.last.best_epoch, 4);
    assert_memory_equal(script.best, best, sizeof best);
    assert_true(kept_y(&script) == losing[6]);
    BPB(net_destroy)(&script.net);
    rules.stop.patience = 1;
    assert_int_equal(play_out(&script, losing, &rules).last.epoch, 3);
    BPB(net_destroy)(&script.net);
}

static void run__gives_the_best_weights_back(void **state)
{
    (void)state;
    struct script script;
    bpb_train_options rules = {.stop = {.patience = 3, .keep_best = 1}};
    for (int i = 0; i < 2; i++) {
        const bpb_train_report report = play_out(&script, losing, &rules);
        assert_int_equal(report.end, i ? BPB_END_EPOCHS : BPB_END_PATIENCE);
        assert_int_equal(report.kept, BPB_KEPT_BEST);
        assert_int_equal(report.last.best_epoch, 4);
        assert_true(kept_y(&script) == losing[3]);
        BPB(net_destroy)(&script.net);
        rules.stop.patience = 0;
    }
}

/* Losses 32, 12.5, 18, 8, 8: by 5 better only at epochs 1 and 2. */
static void run__counts_what_is_better_by_enough(void **state)
{
    (void)state;
    struct script script;
    const bpb_train_options rules = {.stop = {.patience = 3, .min_delta = 5}};
    const bpb_train_report report = play_out(&script, losing, &rules);
    assert_int_equal(report.last.best_epoch, 2);
    assert_int_equal(report.last.epoch, 5);
    BPB(net_destroy)(&script.net);
}

static void run__ends_at_its_target(void **state)
{
    (void)state;
    struct script script;
    bpb_train_options rules = {.stop = {.target_loss = 8}};
    bpb_train_report report = play_out(&script, losing, &rules);
    assert_int_equal(report.end, BPB_END_TARGET);
    assert_int_equal(report.last.epoch, 4);
    BPB(net_destroy)(&script.net);
    rules.stop.target_loss = 7.99;
    report = play_out(&script, losing, &rules);
    assert_int_equal(report.end, BPB_END_EPOCHS);
    assert_int_equal(report.last.epoch, 12);
    BPB(net_destroy)(&script.net);
}

static void run__ends_in_time(void **state)
{
    (void)state;
    struct script script;
    const bpb_train_options rules = {.batch = 1, .stop = {.seconds = 1e-9}};
    const bpb_train_report report = play_out(&script, losing, &rules);
    assert_int_equal(report.end, BPB_END_TIME);
    assert_int_equal(report.last.epoch, 1);
    assert_int_equal(report.last.step, 1);
    assert_int_equal(script.epochs, 0);
    BPB(net_destroy)(&script.net);
    /* at the end of an epoch what that has come to stands first */
    const bpb_train_options both = {.stop = {.seconds = 1e-9, .target_loss = 1000}};
    assert_int_equal(play_out(&script, losing, &both).end, BPB_END_TARGET);
    assert_int_equal(script.epochs, 1);
    BPB(net_destroy)(&script.net);
}

/* ---- Time: what is slept is the least, what this clock says the most ---- */

#define NAP 2e-3

struct clock {
    double epoch_began, run_began;
    size_t steps;
};

static double read_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int nap(const bpb_progress *progress, void *user)
{
    struct clock *clock = user;
    clock->steps++;
    assert_true(progress->seconds <= read_clock() - clock->epoch_began);
    assert_true(progress->seconds >= NAP * (double)(progress->step - 1));
    nanosleep(&(struct timespec){.tv_nsec = (long)(NAP * 1e9)}, NULL);
    return 0;
}

static int next_epoch(const bpb_progress *progress, void *user)
{
    struct clock *clock = user;
    (void)progress;
    clock->epoch_began = read_clock();
    return 0;
}

static void run__tells_the_time_of_its_epoch_and_ends_by_that_of_all(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct clock clock = {.run_began = read_clock()};
    clock.epoch_began = clock.run_began;
    const bpb_train_options options = {.eta = 0.1, .batch = BATCH,
                                       .stop = {.seconds = 7 * NAP + NAP / 2}, .on_step = nap,
                                       .on_epoch = next_epoch, .user = &clock};
    bpb_train_report report;
    net_t *net = make_net();
    assert_ok(BPB(train)(net, &data.views, &options, &report));
    assert_int_equal(report.end, BPB_END_TIME);
    assert_true(clock.steps <= 9); /* eight naps are too much */
    assert_true(read_clock() - clock.run_began >= options.stop.seconds);
    BPB(net_destroy)(&net);
}

/* ---- Callbacks that end a run ---- */

static int stop_in_second(const bpb_progress *progress, void *user)
{
    (void)user;
    return progress->epoch == 2 ? 7 : 0;
}

static void run__says_that_a_callback_ended_it(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    bpb_train_options options = {.eta = 0.1, .batch = BATCH, .epochs = 2, .stop.patience = 2,
                                 .on_epoch = stop_in_second};
    for (int i = 0; i < 2; i++) { /* in the last epoch too */
        bpb_train_report report;
        net_t *net = make_net();
        assert_int_equal(BPB(train)(net, &data.views, &options, &report), BPB_STOPPED);
        assert_int_equal(report.end, BPB_END_CALLBACK);
        assert_int_equal(report.kept, BPB_KEPT_LAST);
        assert_int_equal(report.has_checkpoint, 0);
        BPB(net_destroy)(&net);
        options.on_step = stop_in_second;
    }
}

static int lose_theta(const bpb_progress *progress, void *user)
{
    net_t *net = user;
    if (progress->epoch == 3)
        BPB(net_theta)(net)[2] = (real)NAN;
    return 0;
}

static void run__finds_weights_that_a_callback_spoils(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    for (size_t epochs = 3; epochs <= 4; epochs++) {
        bpb_train_report report;
        net_t *net = make_net();
        const bpb_train_options options = {.eta = 0.1, .batch = BATCH, .epochs = epochs,
                                           .on_epoch = lose_theta, .user = net};
        assert_int_equal(BPB(train)(net, &data.views, &options, &report), BPB_LOST);
        assert_int_equal(report.end, BPB_END_LOST);
        assert_int_equal(report.kept, BPB_KEPT_NONE);
        BPB(net_destroy)(&net);
        net = make_net();
        bpb_train_options by_step = options;
        by_step.on_epoch = NULL;
        by_step.on_step = lose_theta;
        by_step.user = net;
        assert_int_equal(BPB(train)(net, &data.views, &by_step, &report), BPB_LOST);
        assert_int_equal(report.in, BPB_IN_NOTHING);
        assert_int_equal(report.last.step, 1);
        BPB(net_destroy)(&net);
    }
}

/* Epochs 5, 6 and 7, 8 after the best, epoch 4: eta falls after two of them each time. */
static void run__lowers_eta_on_plateaus(void **state)
{
    (void)state;
    struct script script;
    const bpb_train_options rules = {
        .schedule = {.kind = BPB_SCHEDULE_PLATEAU, .factor = 0.25, .patience = 2,
                     .eta_min = 0.1e-30}};
    static const double fell[] = {1, 1, 1, 1, 1, 1, 0.25, 0.25, 0.1, 0.1, 0.1, 0.1};
    const bpb_train_report report = play_out(&script, losing, &rules);
    assert_int_equal(report.end, BPB_END_EPOCHS);
    for (size_t i = 0; i < COUNT(fell); i++)
        assert_true(fabs(script.eta[i] - fell[i] * 1e-30) < 1e-45);
    BPB(net_destroy)(&script.net);
}

/* Nielsen's: 7 halvings after the best epoch, and the run is over. */
static void run__halves_eta_until_it_ends(void **state)
{
    (void)state;
    struct script script;
    const bpb_train_options rules = {.schedule = {.kind = BPB_SCHEDULE_HALVING, .patience = 1}};
    const bpb_train_report report = play_out(&script, losing, &rules);
    /* waits: epochs 3, then 5 to 10 */
    assert_int_equal(report.end, BPB_END_SCHEDULE);
    assert_int_equal(report.last.epoch, 10);
    assert_true(fabs(script.eta[9] * 64 - 1e-30) < 1e-45);
    BPB(net_destroy)(&script.net);
    const bpb_train_options soon = {
        .schedule = {.kind = BPB_SCHEDULE_HALVING, .patience = 1, .eta_min = 0.2e-30}};
    assert_int_equal(play_out(&script, losing, &soon).last.epoch, 6); /* 3, 5, 6: 1/2, 1/4, 1/5 */
    BPB(net_destroy)(&script.net);
}

/* Never better: eta of the twelfth epoch is after ten that were not, and the first. */
static void run__waits_ten_epochs_on_a_plateau(void **state)
{
    (void)state;
    static const double same[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct script script;
    const bpb_train_options rules = {.schedule = {.kind = BPB_SCHEDULE_PLATEAU}};
    play_out(&script, same, &rules);
    assert_true(script.eta[10] == 1e-30);
    assert_true(fabs(script.eta[11] - 1e-31) < 1e-45);
    BPB(net_destroy)(&script.net);
}

/* y = a_1 - a_2 + b is inf - inf in the first epoch for the columns that judge, then y = b. */
static int play_nan(const bpb_progress *progress, void *user)
{
    struct script *script = user;
    real *theta = BPB(net_theta)(script->net);
    memset(theta, 0, 7 * sizeof *theta);
    theta[0] = theta[1] = progress->epoch == 1 ? 100 : 0;
    theta[4] = 1;
    theta[5] = -1;
    theta[6] = (real)script->y[progress->epoch - 1];
    return 0;
}

/* The training columns have targets 0, those of validation 3. */
static bpb_train_report judge_by_other_columns(double x, const bpb_stop *stop)
{
    static const size_t two[] = {1, 2, 1};
    static const real X[] = {0}, T[] = {0}, other[] = {3};
    const real large[] = {(real)x};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 1, 1), .T = BPB(values)(BPB(samples)(T, 1, 1))},
        .validation = {.X = BPB(samples)(large, 1, 1), .T = BPB(values)(BPB(samples)(other, 1, 1))},
    };
    struct script script = {.y = losing};
    bpb_train_report report;
    assert_ok(BPB(net_create)(&script.net, &(bpb_net_options){.sizes = two,
                                                              .n_sizes = 3,
                                                              .hidden = BPB_IDENTITY,
                                                              .output = BPB_IDENTITY}));
    const bpb_train_options options = {.eta = 1e-30, .epochs = 12, .stop = *stop,
                                       .on_step = play_nan, .user = &script};
    assert_ok(BPB(train)(script.net, &data, &options, &report));
    BPB(net_destroy)(&script.net);
    return report;
}

static void run__prefers_any_score_to_none(void **state)
{
    (void)state;
    const bpb_stop stop = {.patience = 12};
    assert_int_equal(judge_by_other_columns(1, &stop).last.best_epoch, 4);
    assert_int_equal(judge_by_other_columns(BPB_SELECT(1e308, 1e38), &stop).last.best_epoch, 4);
    const bpb_stop early = {.patience = 12, .min_delta = 100}; /* the first that has a score */
    assert_int_equal(judge_by_other_columns(BPB_SELECT(1e308, 1e38), &early).last.best_epoch, 2);
}

static void run__meets_its_target_with_the_columns_that_judge(void **state)
{
    (void)state;
    const bpb_stop stop = {.target_loss = 0.5}; /* of y = 4 */
    const bpb_train_report report = judge_by_other_columns(1, &stop);
    assert_int_equal(report.end, BPB_END_TARGET);
    assert_int_equal(report.last.epoch, 4);
}

/* The validation columns judge, by accuracy where there is one: the second of two scripts. */
static int play_classes(const bpb_progress *progress, void *user)
{
    struct script *script = user;
    real *theta = BPB(net_theta)(script->net);
    theta[0] = (real)1e-3;
    theta[1] = (real)script->y[progress->epoch - 1];
    return 0;
}

static bpb_train_report judge_classes(const bpb_stop *stop)
{
    /* y > 1/2 where x > -1000 z: of the inputs 1 2 3 with targets 0 1 1, two are right for z of
     * about 1, all for -0.0015; the loss is least for 5. */
    static const double z[] = {1, 5, -0.0015, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    static const size_t one[] = {1, 1};
    static const real X[] = {1, 2, 3}, T[] = {0, 1, 1}, other[] = {0, 0, 0};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 3, 1), .T = BPB(labels)(BPB(samples)(other, 3, 1))},
        .validation = {.X = BPB(samples)(X, 3, 1), .T = BPB(labels)(BPB(samples)(T, 3, 1))},
    };
    struct script script = {.y = z};
    bpb_train_report report;
    assert_ok(BPB(net_create)(&script.net, &(bpb_net_options){.sizes = one, .n_sizes = 2}));
    const bpb_train_options options = {.eta = 1e-30, .epochs = 12, .stop = *stop,
                                       .on_step = play_classes, .user = &script};
    assert_ok(BPB(train)(script.net, &data, &options, &report));
    BPB(net_destroy)(&script.net);
    return report;
}

static void run__judges_by_the_accuracy_of_validation(void **state)
{
    (void)state;
    bpb_stop stop = {.patience = 2};
    assert_int_equal(judge_classes(&stop).last.best_epoch, 3);
    stop.by_loss = 1;
    assert_int_equal(judge_classes(&stop).last.best_epoch, 1);
}

static void run__needs_columns_to_judge_by(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    const bpb_train_options rules[] = {
        {.eta = 1, .no_train_score = 1, .stop = {.patience = 1}},
        {.eta = 1, .no_train_score = 1, .stop = {.keep_best = 1}},
        {.eta = 1, .no_train_score = 1, .stop = {.target_loss = 1}},
        {.eta = 1, .no_train_score = 1, .schedule = {.kind = BPB_SCHEDULE_PLATEAU}},
        {.eta = 1, .no_train_score = 1, .schedule = {.kind = BPB_SCHEDULE_HALVING}},
    };
    net_t *net = make_net();
    for (size_t i = 0; i < COUNT(rules); i++) {
        assert_int_equal(BPB(train)(net, &data.views, &rules[i], NULL), BPB_ERR_OPTION);
        data.views.validation = data.views.train;
        assert_ok(BPB(train)(net, &data.views, &rules[i], NULL));
        data.views.validation = (set_t){0};
    }
    BPB(net_destroy)(&net);
}

static void run__refuses_options_out_of_range(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    const bpb_train_options bad[] = {
        {0},
        {.eta = -1},
        {.eta = NAN},
        {.eta = 1, .method = (bpb_method)99},
        {.eta = 1, .method = BPB_ADAM, .tuning = {.beta1 = 1}},
        {.eta = 1, .method = BPB_IRPROP_PLUS, .batch = COLUMNS - 1},
        {.method = BPB_IRPROP_PLUS, .schedule = {.kind = BPB_SCHEDULE_COSINE}},
        {.method = BPB_IRPROP_MINUS, .schedule = {.warmup = 1}},
        {.eta = 1, .lambda = -1},
        {.eta = 1, .lambda_1 = -1},
        {.eta = 1, .lambda_1 = NAN},
        {.eta = 1, .norms = 2},
        {.eta = 1, .decay_biases = 2},
        {.eta = 1, .no_shuffle = -1},
        {.eta = 1, .no_train_score = 2},
        {.eta = 1, .decoupled = 2},
        {.method = BPB_IRPROP_PLUS, .decoupled = 1},
        {.eta = 1, .lambda = BPB_SELECT(INFINITY, 1e300)},
        {.eta = 1, .lambda_1 = BPB_SELECT(INFINITY, 1e300)},
        {.eta = 1, .reserved = {0, 1}},
        {.eta = 1, .tuning = {.reserved = {1}}},
        {.eta = 1, .schedule = {.reserved = {1}}},
        {.eta = 1, .stop = {.reserved = {1}}},
        {.eta = 1, .checkpoint = {.reserved = {0, 0, 0, 1}}},
        {.eta = 1, .dropout = 1},
        {.eta = 1, .dropout_inputs = -0.1},
        {.eta = 1, .schedule = {.factor = 2}},
        {.eta = 1, .schedule = {.kind = BPB_SCHEDULE_OWN}},
        {.eta = 1, .schedule = {.eta_min = 2}},
        {.eta = 1, .stop = {.min_delta = -1}},
        {.eta = 1, .stop = {.by_loss = 2}},
        {.eta = 1, .stop = {.keep_best = -1}},
        {.eta = 1, .stop = {.target_loss = NAN}},
        {.eta = 1, .stop = {.seconds = -1}},
        {.eta = 1, .checkpoint = {.resume = 1}},
        {.eta = 1, .checkpoint = {.path = "x", .resume = 2}},
        {.eta = 1, .checkpoint = {.path = "x", .seconds = -1}},
    };
    net_t *net = make_net(), *before = make_net();
    for (size_t i = 0; i < COUNT(bad); i++) {
        bpb_train_report report, untouched;
        memset(&report, 0x5a, sizeof report);
        memset(&untouched, 0x5a, sizeof untouched);
        const bpb_status status = BPB(train)(net, &data.views, &bad[i], &report);
        assert_memory_equal(&report, &untouched, sizeof report);
        if (status != BPB_ERR_OPTION)
            fail_msg("options %zu: %s", i, bpb_strerror(status));
        assert_same_theta(net, before);
    }
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&before);
}

/* ---- Sources ---- */

struct source {
    const struct data *data;
    size_t calls, fails_at;
    size_t spoil; /* this column's entry 3 is NaN; COLUMNS: none */
    bool spoil_T; /* or its target 1 */
};

static int read_columns(void *user, const size_t *index, size_t B, real *X, real *T)
{
    struct source *source = user;
    for (size_t j = 0; j < B; j++) {
        assert_true(index[j] < COLUMNS);
        memcpy(X + j * N_IN, source->data->X + index[j] * N_IN, N_IN * sizeof *X);
        memcpy(T + j * N_OUT, source->data->T + index[j] * N_OUT, N_OUT * sizeof *T);
        if (index[j] == source->spoil)
            *(source->spoil_T ? &T[j * N_OUT + 1] : &X[j * N_IN + 3]) = (real)NAN;
    }
    return ++source->calls == source->fails_at;
}

static source_t source_of(struct source *user)
{
    return (source_t){.n = COLUMNS, .targets = N_OUT, .read = read_columns, .user = user};
}

static void assert_score_close(const bpb_score *got, const bpb_score *want)
{
    assert_int_equal(got->columns, want->columns);
    assert_int_equal(got->correct, want->correct);
    assert_true(got->accuracy == want->accuracy && got->has_accuracy == want->has_accuracy);
    assert_true(fabs(got->loss - want->loss) <= 64 * EPSILON * want->loss);
}

static void run__learns_the_same_from_a_source(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct source user = {.data = &data, .spoil = COLUMNS};
    const source_t source = source_of(&user);
    const set_t set = {.source = &source, .T.kind = BPB_CLASSES};
    const data_t sources = {.train = set, .validation = set, .test = set};
    data.views.train.T.kind = BPB_CLASSES;
    for (int i = 0; i < 2; i++) {
        const bpb_train_options options = {
            .eta = 0.3, .batch = BATCH, .epochs = 2, .method = i ? BPB_ADAM : BPB_SGD};
        net_t *net = make_net(), *expected = make_net();
        bpb_train_report got, want;
        assert_ok(BPB(train)(net, &sources, &options, &got));
        assert_ok(BPB(train)(expected, &data.views, &options, &want));
        assert_same_theta(net, expected);
        assert_score_close(&got.last.train, &want.last.train);
        assert_score_close(&got.last.validation, &want.last.train);
        assert_score_close(&got.last.test, &want.last.train);
        assert_int_equal(user.calls, (size_t)(i + 1) * 2 * 4 * STEPS); /* all by batches */
        BPB(net_destroy)(&net);
        BPB(net_destroy)(&expected);
    }
}

static void run__evaluates_a_source_beside_a_view(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct source user = {.data = &data, .spoil = COLUMNS};
    const source_t source = source_of(&user);
    const bpb_train_options options = {.eta = 0.3, .batch = BATCH, .epochs = 2};
    for (int i = 0; i < 2; i++) {
        data_t mixed = data.views;
        (i ? &mixed.validation : &mixed.test)->source = &source;
        net_t *net = make_net();
        bpb_train_report report;
        assert_ok(BPB(train)(net, &mixed, &options, &report));
        assert_score_close(i ? &report.last.validation : &report.last.test, &report.last.train);
        BPB(net_destroy)(&net);
    }
}

static void run__ends_where_a_source_fails(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    const bpb_train_options options = {.eta = 0.3, .batch = BATCH, .epochs = 2};
    for (size_t call = 1; call <= 2 * STEPS; call++) {
        struct source user = {.data = &data, .fails_at = call, .spoil = COLUMNS};
        const source_t source = source_of(&user);
        net_t *net = make_net();
        bpb_train_report report = {.end = BPB_END_EPOCHS};
        assert_int_equal(BPB(train)(net, &(data_t){.train.source = &source}, &options, &report),
                         BPB_ERR_SOURCE);
        assert_int_equal(user.calls, call);
        assert_int_equal(report.end, BPB_END_ERROR);
        assert_int_equal(report.last.epoch, 1); /* its scores too are asked for */
        BPB(net_destroy)(&net);
    }
}

static void run__names_the_value_of_a_source_that_is_not_finite(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    for (int of_T = 0; of_T <= 1; of_T++) {
        struct source user = {.data = &data, .spoil = 29, .spoil_T = of_T};
        const source_t source = source_of(&user);
        bpb_train_report report;
        net_t *net = make_net();
        assert_int_equal(BPB(train)(net, &(data_t){.train.source = &source},
                                    &(bpb_train_options){.eta = 0.3, .batch = BATCH}, &report),
                         BPB_NONFINITE);
        assert_int_equal(report.in, of_T ? BPB_IN_T : BPB_IN_X);
        assert_int_equal(report.where.row, of_T ? 1 : 3);
        assert_int_equal(report.where.col, 29);
        BPB(net_destroy)(&net);
    }
}

/* The first target alone. */
static int read_one_target(void *user, const size_t *index, size_t B, real *X, real *T)
{
    real both[N_OUT * BATCH];
    assert_true(B <= BATCH);
    const int failed = read_columns(user, index, B, X, both);
    for (size_t j = 0; j < B; j++)
        T[j] = both[j * N_OUT];
    return failed;
}

/* A column to validate that is not finite; and of one linear output no accuracy. */
static void run__scores_a_source_as_evaluate_does(void **state)
{
    (void)state;
    static const size_t to_one[] = {N_IN, 1};
    struct data data;
    fill(&data);
    struct source good = {.data = &data, .spoil = COLUMNS}, bad = {.data = &data, .spoil = 30};
    const source_t learnt = {COLUMNS, N_IN, 1, read_one_target, &good},
                   judged = {COLUMNS, N_IN, 1, read_one_target, &bad};
    bpb_train_report report;
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = to_one, .n_sizes = 2, .output = BPB_IDENTITY}));
    assert_ok(BPB(train)(net, &(data_t){.train.source = &learnt, .validation.source = &judged},
                         &(bpb_train_options){.eta = 0.01, .batch = BATCH, .epochs = 1}, &report));
    assert_int_equal(report.last.validation.nonfinite, 1);
    assert_int_equal(report.last.train.nonfinite, 0);
    assert_int_equal(report.last.train.has_accuracy, 0);
    assert_true(report.last.train.accuracy == 0 && isnan(report.last.validation.loss));
    BPB(net_destroy)(&net);
}

static void run__refuses_sources_that_do_not_fit(void **state)
{
    (void)state;
    struct data data;
    fill(&data);
    struct source user = {.data = &data, .spoil = COLUMNS};
    const bpb_train_options options = {.eta = 0.3};
    const source_t good = source_of(&user);
    source_t none = good, empty = good, other = good, vast = good, narrow = good;
    none.read = NULL;
    empty.n = 0;
    vast.n = SIZE_MAX / 2; /* whose order does not fit memory */
    other.targets = 1;     /* class indices, but kind says values */
    narrow.inputs = N_IN - 1;
    data_t both = data.views, half = {.train = {.T = data.views.train.T, .source = &good}};
    both.train.source = &good;
    net_t *net = make_net();
    assert_int_equal(BPB(train)(net, &(data_t){.train.source = &none}, &options, NULL),
                     BPB_ERR_NULL);
    assert_int_equal(BPB(train)(net, &(data_t){.train.source = &empty}, &options, NULL),
                     BPB_ERR_SIZE);
    assert_int_equal(BPB(train)(net, &(data_t){.train.source = &other}, &options, NULL),
                     BPB_ERR_SHAPE);
    assert_int_equal(BPB(train)(net, &(data_t){.train.source = &narrow}, &options, NULL),
                     BPB_ERR_SHAPE);
    assert_int_equal(BPB(train)(net, &both, &options, NULL), BPB_ERR_OPTION);
    assert_int_equal(BPB(train)(net, &half, &options, NULL), BPB_ERR_OPTION);
    for (int no_shuffle = 0; no_shuffle <= 1; no_shuffle++)
        assert_int_equal(BPB(train)(net, &(data_t){.train.source = &vast},
                                    &(bpb_train_options){.eta = 0.3, .no_shuffle = no_shuffle},
                                    NULL),
                         BPB_ERR_SIZE);
    assert_int_equal(user.calls, 0);
    BPB(net_destroy)(&net);
}

/* ---- A batch in parts ---- */

enum { MANY = 2500 };

/* Gradient by gradient; every pass of the run has a draw of its own. The loss of the last step. */
static double train_in_parts(net_t *net, const data_t *data, const bpb_train_options *options,
                             size_t pass)
{
    const size_t P = BPB(net_parameters)(net), n = data->train.X.cols, batch = options->batch;
    const bpb_plan_options dropped = {.batch = pass, .dropout = options->dropout,
                                      .dropout_inputs = options->dropout_inputs};
    real *part = make_reals(P), *sum = make_reals(P);
    size_t *order = allocate(n, sizeof *order);
    struct machine m = {.net = net};
    double loss = 0;
    uint64_t draw = 0;
    assert_ok(BPB(plan_create)(&m.plan, net, &dropped));
    assert_ok(BPB(work_create)(&m.work, m.plan));
    for (size_t epoch = 1; epoch <= options->epochs; epoch++) {
        assert_ok(bpb_shuffle(order, n, options->seed, epoch));
        for (size_t first = 0; first < n; first += batch) {
            const size_t B = n - first < batch ? n - first : batch;
            loss = 0;
            memset(sum, 0, P * sizeof *sum);
            for (size_t at = 0; at < batch; at += pass, draw++) {
                const size_t columns = at >= B ? 0 : B - at < pass ? B - at : pass;
                double E;
                if (columns == 0)
                    continue;
                if (options->dropout > 0 || options->dropout_inputs > 0)
                    assert_ok(BPB(work_dropout)(m.work, options->seed, draw));
                assert_ok(BPB(gradient)(
                    net, m.work, pick(data->train.X, order + first + at, columns),
                    BPB(values)(pick(data->train.T.view, order + first + at, columns)), part, &E));
                for (size_t i = 0; i < P; i++)
                    sum[i] += (real)columns / (real)B * part[i];
                loss += E * (double)columns / (double)B;
            }
            assert_ok(sgd_by_optimiser(net, sum, &(bpb_sgd_rule){.eta = options->eta}));
        }
    }
    BPB(work_destroy)(&m.work);
    BPB(plan_destroy)(&m.plan);
    free(order);
    free(part);
    free(sum);
    return loss;
}

static void check_parts(const data_t *data, bpb_train_options options, size_t pass)
{
    net_t *net = make_net(), *by_hand = make_net();
    const size_t P = BPB(net_parameters)(net);
    bpb_train_report report;
    assert_ok(BPB(train)(net, data, &options, &report));
    const double loss = train_in_parts(by_hand, data, &options, pass);
    long double *want = widen(P, BPB(net_ctheta)(by_hand));
    assert_reals_close("theta", P, BPB(net_ctheta)(net), want, largest(P, want), 4096 * EPSILON);
    if (options.norms)
        assert_true(fabs(report.last.loss - loss) <= 4096 * EPSILON * loss);
    free(want);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&by_hand);
}

/* Passes of 1024, 1024 and 452 columns; of 1024, 1024 and then 452; and of SGD, all in one. */
static void run__sums_large_batches_in_parts(void **state)
{
    (void)state;
    struct rng rng = {8};
    real *X = make_reals(N_IN * MANY), *T = make_reals(N_OUT * MANY);
    fill_uniform(&rng, N_IN * MANY, -1, 1, X);
    fill_uniform(&rng, N_OUT * MANY, 0, 1, T);
    const data_t data = {.train = {.X = BPB(samples)(X, MANY, N_IN),
                                   .T = BPB(values)(BPB(samples)(T, MANY, N_OUT))}};
    const bpb_train_options plain = {.eta = 0.7, .epochs = 2, .norms = 1, .seed = 3};
    for (int dropped = 0; dropped <= 3; dropped++) {
        bpb_train_options options = plain;
        options.dropout = dropped & 1 ? 0.3 : 0;
        options.dropout_inputs = dropped & 2 ? 0.4 : 0;
        options.batch = MANY;
        check_parts(&data, options, 1024);
        options.batch = 2048;
        check_parts(&data, options, 1024);
        options.norms = 0;
        check_parts(&data, options, 2048);
    }
    free(X);
    free(T);
}

/* ---- Where it is not finite ---- */

#define HUGE_REAL BPB_SELECT(1e308, 1e38f)

/* Linear layers 1-2-1: column 4 alone overflows in the second unit of layer 1. */
static void run__says_in_which_layer_and_sample(void **state)
{
    (void)state;
    static const size_t narrow[] = {1, 2, 1};
    static const bpb_activation linear[] = {BPB_IDENTITY, BPB_IDENTITY};
    const real X[] = {1, 1, 1, 1, 50, 1}, T[6] = {0};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 6, 1), .T = BPB(values)(BPB(samples)(T, 6, 1))}};
    for (int i = 0; i < 2; i++) {
        net_t *net = NULL;
        bpb_train_report report;
        assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = narrow,
                                                           .n_sizes = 3,
                                                           .activations = linear,
                                                           .init = BPB_INIT_ZERO}));
        real *theta = BPB(net_theta)(net);
        theta[1] = (real)HUGE_REAL / 10;
        assert_int_equal(BPB(train)(net, &data,
                                    &(bpb_train_options){
                                        .eta = 0.1, .batch = 6, .method = i ? BPB_ADAM : BPB_SGD},
                                    &report),
                         BPB_NONFINITE);
        assert_int_equal(report.end, BPB_END_NONFINITE);
        assert_int_equal(report.in, BPB_IN_A);
        assert_int_equal(report.layer, 1);
        assert_int_equal(report.where.row, 1);
        assert_int_equal(report.where.col, 4);
        assert_true(theta[1] == (real)HUGE_REAL / 10);
        BPB(net_destroy)(&net);
    }
}

/* Plain SGD computes the loss where somebody is told of it. */
static int go_on(const bpb_progress *progress, void *user)
{
    (void)progress, (void)user;
    return 0;
}

/* Linear layers 1-1-1 of zeros and one target that is huge: its derivative times eta overflows, or
 * y^2/2 alone does. */
static bpb_train_report meet_huge_target(double eta, size_t column)
{
    static const size_t thin[] = {1, 1, 1};
    static const bpb_activation linear[] = {BPB_IDENTITY, BPB_IDENTITY};
    const real X[3] = {0};
    real T[3] = {0};
    T[column] = (real)(HUGE_REAL / 2);
    const data_t data = {
        .train = {.X = BPB(samples)(X, 3, 1), .T = BPB(values)(BPB(samples)(T, 3, 1))}};
    net_t *net = NULL;
    bpb_train_report report;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){
                  .sizes = thin, .n_sizes = 3, .activations = linear, .init = BPB_INIT_ZERO}));
    assert_int_equal(BPB(train)(net, &data,
                                &(bpb_train_options){.eta = eta, .batch = 3, .seed = 2,
                                                     .on_step = go_on},
                                &report),
                     BPB_NONFINITE);
    BPB(net_destroy)(&net);
    assert_int_equal(report.layer, 2);
    assert_int_equal(report.where.row, 0);
    assert_int_equal(report.where.col, column);
    return report;
}

static void run__says_that_it_was_the_delta(void **state)
{
    (void)state;
    for (size_t column = 0; column < 3; column++)
        assert_int_equal(meet_huge_target(100, column).in, BPB_IN_DELTA);
}

static void run__says_that_it_was_the_loss(void **state)
{
    (void)state;
    if (sizeof(real) < sizeof(double))
        skip(); /* losses are double, and so finite where D is */
    for (size_t column = 0; column < 3; column++)
        assert_int_equal(meet_huge_target(1e-3, column).in, BPB_IN_LOSS);
}

/*
 * Linear layers 2-3-2 whose gradient has one entry that cannot be squared: of dW_2, A_1 being huge
 * by its bias in unit col and T_row = 1; of dW_1, X being huge and D_1 no zero in unit row alone.
 */
static void check_gradient(size_t l, size_t row, size_t col)
{
    static const size_t widths[] = {2, 3, 2};
    static const bpb_activation linear[] = {BPB_IDENTITY, BPB_IDENTITY};
    const real huge = BPB_SELECT(1e200, 1e25f);
    real X[2] = {0}, T[2] = {0};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 1, 2), .T = BPB(values)(BPB(samples)(T, 1, 2))}};
    net_t *net = NULL;
    bpb_train_report report;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){
                  .sizes = widths, .n_sizes = 3, .activations = linear, .init = BPB_INIT_ZERO}));
    T[l == 2 ? row : 0] = 1;
    if (l == 2)
        BPB(net_b)(net, BPB(net_theta)(net), 1).data[col] = huge;
    else
        BPB(net_W)(net, BPB(net_theta)(net), 2).data[2 * row] = 1;
    if (l == 1)
        X[col] = huge;
    assert_int_equal(BPB(train)(net, &data, &(bpb_train_options){.method = BPB_ADAM}, &report),
                     BPB_NONFINITE);
    assert_int_equal(report.in, BPB_IN_GRADIENT);
    assert_int_equal(report.layer, l);
    assert_int_equal(report.where.row, row);
    assert_int_equal(report.where.col, col);
    BPB(net_destroy)(&net);
}

static void run__says_which_entry_of_the_gradient(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        check_gradient(1, i % 3, i / 3);
        check_gradient(2, i % 2, i / 2);
    }
}

/* Both factors are finite, their product is not: x = 1e3, eta (y - t) near the largest number. */
static void check_lost(const bpb_train_options *options, bpb_kept kept)
{
    static const size_t one[] = {1, 1};
    const real X[] = {(real)1e3}, T[] = {1};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 1, 1), .T = BPB(values)(BPB(samples)(T, 1, 1))}};
    net_t *net = NULL;
    bpb_train_report report;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){
                  .sizes = one, .n_sizes = 2, .output = BPB_IDENTITY, .init = BPB_INIT_ZERO}));
    assert_int_equal(BPB(train)(net, &data, options, &report), BPB_LOST);
    assert_int_equal(report.end, BPB_END_LOST);
    assert_int_equal(report.kept, kept);
    assert_true(isfinite(BPB(net_ctheta)(net)[0]) == (kept == BPB_KEPT_BEST));
    BPB(net_destroy)(&net);
}

static double late_eta(const bpb_progress *progress, void *user)
{
    (void)user;
    return progress->epoch == 1 ? 1e-9 : (double)HUGE_REAL / 2;
}

static void run__says_when_the_weights_are_lost(void **state)
{
    (void)state;
    const double eta = (double)HUGE_REAL / 2;
    check_lost(&(bpb_train_options){.eta = eta}, BPB_KEPT_NONE);
    check_lost(&(bpb_train_options){.eta = eta, .epochs = 1}, BPB_KEPT_NONE);
    check_lost(&(bpb_train_options){.eta = eta, .method = BPB_MOMENTUM}, BPB_KEPT_NONE);
    check_lost(&(bpb_train_options){.eta = eta, .stop.keep_best = 1}, BPB_KEPT_NONE);
    check_lost(&(bpb_train_options){.eta = 1, .stop.keep_best = 1,
                                    .schedule = {.kind = BPB_SCHEDULE_OWN, .own = late_eta}},
               BPB_KEPT_BEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__makes_the_steps_of_each_optimiser),
        cmocka_unit_test(run__clips_and_decays_as_the_optimiser_does),
        cmocka_unit_test(run__tells_irprop_of_the_penalties),
        cmocka_unit_test(run__sets_eta_before_each_step),
        cmocka_unit_test(run__takes_a_schedule_of_ones_own),
        cmocka_unit_test(run__warms_up_before_a_schedule_of_ones_own),
        cmocka_unit_test(run__takes_the_eta_of_its_optimiser),
        cmocka_unit_test(run__tells_of_norms_where_they_are_asked_for),
        cmocka_unit_test(run__ends_when_nothing_has_got_better_for_so_long),
        cmocka_unit_test(run__gives_the_best_weights_back),
        cmocka_unit_test(run__counts_what_is_better_by_enough),
        cmocka_unit_test(run__ends_at_its_target),
        cmocka_unit_test(run__ends_in_time),
        cmocka_unit_test(run__tells_the_time_of_its_epoch_and_ends_by_that_of_all),
        cmocka_unit_test(run__says_that_a_callback_ended_it),
        cmocka_unit_test(run__finds_weights_that_a_callback_spoils),
        cmocka_unit_test(run__lowers_eta_on_plateaus),
        cmocka_unit_test(run__halves_eta_until_it_ends),
        cmocka_unit_test(run__waits_ten_epochs_on_a_plateau),
        cmocka_unit_test(run__judges_by_the_accuracy_of_validation),
        cmocka_unit_test(run__prefers_any_score_to_none),
        cmocka_unit_test(run__meets_its_target_with_the_columns_that_judge),
        cmocka_unit_test(run__needs_columns_to_judge_by),
        cmocka_unit_test(run__refuses_options_out_of_range),
        cmocka_unit_test(run__learns_the_same_from_a_source),
        cmocka_unit_test(run__evaluates_a_source_beside_a_view),
        cmocka_unit_test(run__ends_where_a_source_fails),
        cmocka_unit_test(run__names_the_value_of_a_source_that_is_not_finite),
        cmocka_unit_test(run__scores_a_source_as_evaluate_does),
        cmocka_unit_test(run__refuses_sources_that_do_not_fit),
        cmocka_unit_test(run__sums_large_batches_in_parts),
        cmocka_unit_test(run__says_in_which_layer_and_sample),
        cmocka_unit_test(run__says_that_it_was_the_delta),
        cmocka_unit_test(run__says_that_it_was_the_loss),
        cmocka_unit_test(run__says_which_entry_of_the_gradient),
        cmocka_unit_test(run__says_when_the_weights_are_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
