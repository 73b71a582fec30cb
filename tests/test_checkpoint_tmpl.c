/* SPDX-License-Identifier: BSD-3-Clause */
/* A run that is interrupted and taken up again has the bits of one that was not. */
#include <time.h>

#include "support_tmpl.h"
#include "examples_tmpl.h"
#include "temporary_files.h"

/* Large enough that a plan of two threads uses both: 6 P B is over 8 million. */
enum { N_IN = 24, N_OUT = 4, COLUMNS = 500, BATCH = 200, STEPS = 3, EVERY = 7 };
static const size_t units[] = {N_IN, 96, 48, N_OUT};

static real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
static data_t data;

static int prepare(void **state)
{
    struct rng rng = {6};
    fill_uniform(&rng, N_IN * COLUMNS, -1, 1, X);
    fill_uniform(&rng, N_OUT * COLUMNS, 0, 1, T);
    data = (data_t){.X = BPB(samples)(X, COLUMNS - 100, N_IN),
                    .T = BPB(samples)(T, COLUMNS - 100, N_OUT)};
    data.X_validation = BPB(columns)(BPB(samples)(X, COLUMNS, N_IN), COLUMNS - 100, 100);
    data.T_validation = BPB(columns)(BPB(samples)(T, COLUMNS, N_OUT), COLUMNS - 100, 100);
    data.X_test = BPB(samples)(X, 30, N_IN);
    data.T_test = BPB(samples)(T, 30, N_OUT);
    return make_folder(state);
}

static net_t *make_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.units = units, .n_layers = 3,
                                                       .hidden = BPB_TANH, .seed = 2}));
    return net;
}

static void assert_same_theta(const net_t *got, const net_t *want)
{
    assert_same_bits(BPB(net_parameters)(want), BPB(net_ctheta)(got), BPB(net_ctheta)(want));
}

/* ---- Interrupted ---- */

/* What a run has seen: each new epoch once. */
struct seen {
    size_t steps, stop_after; /* 0: never */
    size_t all_steps;         /* of all pieces */
    double seconds;           /* of the epoch, when it was last told of */
    size_t epochs, told;      /* anew, and again after a resume */
    bpb_progress epoch[32];
};

static int on_step(const bpb_progress *progress, void *user)
{
    struct seen *seen = user;
    assert_true(progress->step == 1 || progress->seconds >= seen->seconds);
    seen->seconds = progress->seconds;
    seen->all_steps++;
    return ++seen->steps == seen->stop_after;
}

static void assert_same_scores(const bpb_score *got, const bpb_score *want)
{
    assert_true(got->loss == want->loss && got->accuracy == want->accuracy);
    assert_int_equal(got->columns, want->columns);
    assert_int_equal(got->correct, want->correct);
    assert_int_equal(got->masked, want->masked);
    assert_int_equal(got->nonfinite, want->nonfinite);
    assert_int_equal(got->has_accuracy, want->has_accuracy);
}

/* NaN is NaN. */
static void assert_same_number(double got, double want)
{
    assert_true(got == want || (isnan(got) && isnan(want)));
}

static void assert_same_progress(const bpb_progress *got, const bpb_progress *want)
{
    assert_int_equal(got->epoch, want->epoch);
    assert_int_equal(got->epochs, want->epochs);
    assert_int_equal(got->step, want->step);
    assert_int_equal(got->steps, want->steps);
    assert_int_equal(got->best_epoch, want->best_epoch);
    assert_true(got->eta == want->eta);
    assert_same_number(got->loss, want->loss);
    assert_same_number(got->gradient_norm, want->gradient_norm);
    assert_same_number(got->theta_norm, want->theta_norm);
    assert_true(got->seconds > 0 && got->seconds < 100);
    assert_same_scores(&got->test, &want->test);
    assert_same_scores(&got->train, &want->train);
    assert_same_scores(&got->validation, &want->validation);
}

static int on_epoch(const bpb_progress *progress, void *user)
{
    struct seen *seen = user;
    if (progress->resumed) {
        assert_true(progress->seconds == seen->epoch[seen->told].seconds);
        assert_non_null(progress->net);
        assert_same_progress(progress, &seen->epoch[seen->told++]);
        assert_int_equal(progress->epoch, seen->told);
        return 0;
    }
    assert_int_equal(progress->epoch, seen->epochs + 1);
    seen->epoch[seen->epochs++] = *progress;
    return 0;
}

static bpb_train_options watched(const bpb_train_options *options, struct seen *seen)
{
    bpb_train_options own = *options;
    own.on_step = on_step;
    own.on_epoch = on_epoch;
    own.user = seen;
    return own;
}

/* All of the run at once. */
static net_t *run_through(const bpb_train_options *options, struct seen *seen,
                          bpb_train_report *report)
{
    net_t *net = make_net();
    bpb_train_options own = watched(options, seen);
    own.checkpoint = (bpb_checkpoint){0};
    assert_ok(BPB(train)(net, &data, &own, report));
    return net;
}

/* Stopped after every few steps, and gone on with by another net. */
static net_t *run_in_pieces(const bpb_train_options *options, struct seen *seen,
                            bpb_train_report *report)
{
    bpb_status status;
    net_t *net = NULL;
    size_t pieces = 0;
    remove(options->checkpoint.path);
    do {
        bpb_train_options own = watched(options, seen);
        BPB(net_destroy)(&net);
        net = make_net();
        seen->steps = seen->told = 0;
        seen->stop_after = EVERY;
        own.threads = pieces % 2 ? 1 : options->threads;
        status = BPB(train)(net, &data, &own, report);
        assert_true(pieces++ < 20);
    } while (status == BPB_STOPPED);
    assert_ok(status);
    assert_true(pieces > 2);
    return net;
}

static void check_pieces(bpb_train_options options)
{
    struct seen whole = {0}, cut = {0};
    bpb_train_report want, got;
    options.checkpoint = (bpb_checkpoint){.path = path_of("run.bpb"), .resume = 1};
    net_t *expected = run_through(&options, &whole, &want);
    net_t *net = run_in_pieces(&options, &cut, &got);
    assert_same_theta(net, expected);
    assert_int_equal(cut.epochs, whole.epochs);
    assert_int_equal(cut.all_steps, whole.all_steps);
    assert_same_progress(&got.last, &want.last);
    assert_int_equal(got.end, want.end);
    assert_int_equal(got.kept, want.kept);
    for (size_t i = 0; i < whole.epochs; i++)
        assert_same_progress(&cut.epoch[i], &whole.epoch[i]);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&expected);
}

/* Steps of an epoch: 2; of iRPROP, which takes all columns, 1. */
static void checkpoint__is_taken_up_bit_for_bit_by_each_optimiser(void **state)
{
    (void)state;
    for (bpb_method method = BPB_SGD; method <= BPB_IRPROP_MINUS; method++) {
        const bool full = method >= BPB_IRPROP_PLUS;
        for (size_t threads = 1; threads <= 2; threads++)
            check_pieces((bpb_train_options){.eta = 0.01, .lambda = 0.1, .seed = 7,
                                             .optimiser = {.method = method},
                                             .batch = full ? 0 : BATCH,
                                             .epochs = full ? 20 : 11, .threads = threads});
    }
}

static void checkpoint__holds_what_variants_of_an_optimiser_need(void **state)
{
    (void)state;
    const bpb_opt_options variants[] = {
        {.method = BPB_RMSPROP, .centred = 1, .momentum = 0.5},
        {.method = BPB_ADAMW, .amsgrad = 1},
        {.method = BPB_SGD, .clip_norm = 0.01},
        {.method = BPB_SGD, .decay_1 = 0.01},
    };
    for (size_t i = 0; i < COUNT(variants); i++)
        check_pieces((bpb_train_options){.eta = 0.01, .optimiser = variants[i], .batch = BATCH,
                                         .epochs = 11});
}

static void checkpoint__holds_losses_and_norms(void **state)
{
    (void)state;
    check_pieces((bpb_train_options){.eta = 0.1, .batch = BATCH, .epochs = 8, .norms = 1});
}

/* Judged by every score: the last epochs are the worse ones, and three of them too many. */
static void checkpoint__holds_what_judges(void **state)
{
    (void)state;
    for (int by_loss = 0; by_loss <= 1; by_loss++) {
        check_pieces((bpb_train_options){.eta = 6, .batch = BATCH, .epochs = 24,
                                         .stop = {.keep_best = 1, .by_loss = by_loss,
                                                  .patience = 9}});
        check_pieces((bpb_train_options){.eta = 2, .batch = BATCH, .epochs = 24,
                                         .schedule = {.kind = BPB_SCHEDULE_PLATEAU, .factor = 0.5,
                                                      .patience = 3},
                                         .stop = {.by_loss = by_loss, .min_delta = 1e-3}});
    }
}

static void checkpoint__holds_schedules_and_the_best_weights(void **state)
{
    (void)state;
    for (int kind = BPB_SCHEDULE_CONSTANT; kind <= BPB_SCHEDULE_HALVING; kind++)
        check_pieces((bpb_train_options){
            .eta = 2, .batch = BATCH, .epochs = 16,
            .schedule = {.kind = (bpb_schedule_kind)kind, .warmup = 1.5, .patience = 1},
            .stop = {.keep_best = 1, .by_loss = 1, .min_delta = 1e-4}});
}

static void checkpoint__holds_the_place_in_dropouts_stream(void **state)
{
    (void)state;
    check_pieces((bpb_train_options){.eta = 0.3, .batch = BATCH, .epochs = 11, .dropout = 0.4,
                                     .dropout_inputs = 0.1, .threads = 2});
    check_pieces((bpb_train_options){.optimiser = {.method = BPB_ADAM}, .batch = BATCH,
                                     .epochs = 11, .dropout = 0.4, .seed = 3});
}

/* ---- When it is written ---- */

struct written {
    size_t every, steps;
    bool at_first; /* there is one before the first step */
};

/* Removed after each step that wrote it. */
static int check_written(const bpb_progress *progress, void *user)
{
    struct written *written = user;
    (void)progress;
    /* the one before: a step is told of before its checkpoint is written */
    const bool there = access(path_of("run.bpb"), F_OK) == 0;
    assert_true(there == (written->steps > 0 ? written->steps % written->every == 0
                                             : written->at_first));
    remove(path_of("run.bpb"));
    written->steps++;
    return 0;
}

static void checkpoint__is_written_after_so_many_steps(void **state)
{
    (void)state;
    for (size_t every = 1; every <= 5; every++) {
        struct written written = {.every = every};
        net_t *net = make_net();
        bpb_train_report report;
        remove(path_of("run.bpb"));
        assert_ok(BPB(train)(net, &data,
                             &(bpb_train_options){.eta = 0.1, .batch = 40, .epochs = 2,
                                                  .checkpoint = {.path = path_of("run.bpb"),
                                                                 .steps = every},
                                                  .on_step = check_written, .user = &written},
                             &report));
        assert_int_equal(report.has_checkpoint, 1);
        assert_int_equal(access(path_of("run.bpb"), F_OK), 0);
        assert_int_equal(count_files(1), 1);
        BPB(net_destroy)(&net);
    }
}

static void checkpoint__is_written_after_so_much_time(void **state)
{
    (void)state;
    struct written written = {.every = 1};
    net_t *net = make_net();
    bpb_train_options options = {.eta = 0.1, .batch = 40, .epochs = 2,
                                 .checkpoint = {.path = path_of("run.bpb"), .seconds = 1e-9},
                                 .on_step = check_written, .user = &written};
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data, &options, NULL));
    written = (struct written){.every = 1000};
    options.checkpoint.seconds = 1e6;
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(access(path_of("run.bpb"), F_OK), 0);
    BPB(net_destroy)(&net);
}

static double read_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Counts the files that it finds, and removes them. */
static int count_written(const bpb_progress *progress, void *user)
{
    struct written *written = user;
    (void)progress;
    written->steps += remove(path_of("run.bpb")) == 0;
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    return 0;
}

/* 80 naps of 0.2 ms and one file in 5 ms: not one after each step once the first was due. */
static void checkpoint__is_not_written_before_its_time(void **state)
{
    (void)state;
    struct written written = {0};
    net_t *net = make_net();
    bpb_train_options options = {.eta = 0.1, .batch = 10, .epochs = 2, .no_train_score = 1,
                                 .checkpoint = {.path = path_of("run.bpb"), .seconds = 5e-3},
                                 .on_step = count_written, .user = &written};
    remove(path_of("run.bpb"));
    double began = read_clock();
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_true((double)written.steps <= (read_clock() - began) / 5e-3);
    assert_true(written.steps > 0);
    written.steps = 0; /* this clock has been running for longer, but not since the run's start */
    options.epochs = 1;
    options.checkpoint.seconds = 10 + read_clock() / 2;
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(written.steps, 0);
    BPB(net_destroy)(&net);
}

/* Of two rules the first that is due. */
static void checkpoint__is_written_by_either_rule(void **state)
{
    (void)state;
    net_t *net = make_net();
    for (int by_time = 0; by_time <= 1; by_time++) {
        struct written written = {.every = by_time ? 1 : 3};
        remove(path_of("run.bpb"));
        assert_ok(BPB(train)(net, &data,
                             &(bpb_train_options){
                                 .eta = 0.1, .batch = 40, .epochs = 2,
                                 .checkpoint = {.path = path_of("run.bpb"),
                                                .steps = by_time ? 1000 : 3,
                                                .seconds = by_time ? 1e-9 : 1e6},
                                 .on_step = check_written, .user = &written},
                             NULL));
    }
    BPB(net_destroy)(&net);
}

static int stop_at_seven(const bpb_progress *progress, void *user)
{
    (void)user;
    return progress->epoch == 1 && progress->step == 7;
}

/* Every 5: taken up after 7, the next is that of step 12. */
static void checkpoint__counts_steps_from_the_last_that_was_written(void **state)
{
    (void)state;
    net_t *net = make_net();
    bpb_train_options options = {.eta = 0.1, .batch = 40, .epochs = 2, .on_step = stop_at_seven,
                                 .checkpoint = {.path = path_of("run.bpb"), .resume = 1,
                                                .steps = 5}};
    struct written written = {.every = 5};
    remove(path_of("run.bpb"));
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_STOPPED);
    options.on_step = check_written;
    options.user = &written;
    written.at_first = true;
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(written.steps, 13);
    BPB(net_destroy)(&net);
}

static int check_each_epoch(const bpb_progress *progress, void *user)
{
    (void)user;
    const bool there = remove(path_of("run.bpb")) == 0;
    assert_true(there == (progress->epoch > 1)); /* it is written when on_epoch has been told */
    return 0;
}

static void checkpoint__is_written_after_each_epoch(void **state)
{
    (void)state;
    net_t *net = make_net();
    remove(path_of("run.bpb"));
    assert_ok(BPB(train)(net, &data,
                         &(bpb_train_options){.eta = 0.1, .batch = BATCH, .epochs = 4,
                                              .checkpoint.path = path_of("run.bpb"),
                                              .on_epoch = check_each_epoch},
                         NULL));
    BPB(net_destroy)(&net);
}

/* ---- Ends ---- */

static const bpb_train_options three = {.eta = 0.5, .batch = BATCH, .epochs = 3};

static bpb_train_options kept(const bpb_train_options *options, int resume)
{
    bpb_train_options own = *options;
    own.checkpoint = (bpb_checkpoint){.path = path_of("run.bpb"), .resume = resume};
    return own;
}

/* Taken up again it makes no step, and ends for the same reason. */
static void check_finished(const bpb_train_options *how, bpb_end end)
{
    net_t *first = make_net(), *again = make_net();
    struct seen seen = {0};
    const bpb_train_options plain = kept(how, 1), options = watched(&plain, &seen);
    bpb_train_report want, got;
    remove(options.checkpoint.path);
    assert_ok(BPB(train)(first, &data, &options, &want));
    const size_t epochs = seen.epochs, steps = seen.all_steps;
    assert_true(epochs >= 1);
    assert_ok(BPB(train)(again, &data, &options, &got));
    assert_int_equal(seen.epochs, epochs);
    assert_int_equal(seen.told, epochs);
    assert_int_equal(seen.all_steps, steps);
    assert_same_theta(again, first);
    assert_same_progress(&got.last, &want.last);
    assert_int_equal(want.end, end);
    assert_int_equal(got.end, end);
    assert_int_equal(got.kept, want.kept);
    assert_int_equal(got.has_checkpoint, 1);
    assert_ptr_equal(got.last.net, again);
    BPB(net_destroy)(&first);
    BPB(net_destroy)(&again);
}

static void checkpoint__of_a_finished_run_has_its_end(void **state)
{
    (void)state;
    check_finished(&three, BPB_END_EPOCHS);
    check_finished(&(bpb_train_options){.eta = 0.5, .norms = 1, .epochs = 2}, BPB_END_EPOCHS);
    check_finished(&(bpb_train_options){.eta = 0.5, .batch = BATCH,
                                        .stop = {.target_loss = 0.29, .keep_best = 1}},
                   BPB_END_TARGET);
    check_finished(&(bpb_train_options){.eta = 0.5, .batch = BATCH,
                                        .stop = {.patience = 2, .min_delta = 0.5, .by_loss = 1}},
                   BPB_END_PATIENCE);
    check_finished(&(bpb_train_options){.eta = 0.5, .batch = BATCH,
                                        .schedule = {.kind = BPB_SCHEDULE_HALVING, .patience = 1},
                                        .stop = {.min_delta = 0.5, .by_loss = 1}},
                   BPB_END_SCHEDULE);
}

/* Of two columns one has an unknown target, and inputs so large that its outputs overflow. */
static int spoil_scores(const bpb_progress *progress, void *user)
{
    struct seen *seen = user;
    if (!progress->resumed) {
        assert_int_equal(progress->validation.nonfinite, 1);
        assert_int_equal(progress->test.masked, 1);
        seen->epoch[0] = *progress;
        seen->epochs++;
        return 0;
    }
    assert_int_equal(progress->validation.nonfinite, 1);
    assert_int_equal(progress->test.masked, 1);
    seen->told++;
    return 0;
}

static void checkpoint__holds_all_of_a_score(void **state)
{
    (void)state;
    static const size_t one[] = {1, 1};
    const real x[] = {1, BPB_SELECT(1e308, 1e38f)}, t[] = {1, 0}, holes[] = {1, (real)NAN};
    data_t few = {.X = BPB(samples)(x, 1, 1),
                  .T = BPB(samples)(t, 1, 1),
                  .X_validation = BPB(samples)(x, 2, 1),
                  .T_validation = BPB(samples)(t, 2, 1),
                  .X_test = BPB(samples)(t, 2, 1),
                  .T_test = BPB(samples)(holes, 2, 1)};
    few.T_test.masked = 1;
    struct seen seen = {0};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.units = one, .n_layers = 1,
                                                       .output = BPB_IDENTITY,
                                                       .init = BPB_INIT_ZERO}));
    BPB(net_theta)(net)[0] = 1e6;
    bpb_train_options options = kept(&(bpb_train_options){.eta = 1e-9, .epochs = 1}, 1);
    options.on_epoch = spoil_scores;
    options.user = &seen;
    remove(options.checkpoint.path);
    for (size_t told = 0; told <= 1; told++) {
        assert_ok(BPB(train)(net, &few, &options, NULL));
        assert_int_equal(seen.epochs, 1);
        assert_int_equal(seen.told, told);
    }
    BPB(net_destroy)(&net);
}

/* What plateaus have left of eta is a share of it. */
static void checkpoint__follows_another_eta(void **state)
{
    (void)state;
    net_t *net = make_net();
    bpb_train_report report;
    bpb_train_options how = {.eta = 0.5, .batch = BATCH, .epochs = 3,
                             .schedule = {.kind = BPB_SCHEDULE_PLATEAU, .patience = 1,
                                          .factor = 0.5},
                             .stop = {.min_delta = 1e9}};
    bpb_train_options options = kept(&how, 1);
    remove(options.checkpoint.path);
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_true(report.last.eta == 0.25);
    for (int i = 0; i < 2; i++) { /* upwards and downwards */
        options.eta = i ? 0.125 : 2;
        options.epochs++;
        assert_ok(BPB(train)(net, &data, &options, &report));
        assert_true(report.last.eta == options.eta / (double)(4 << i));
    }
    BPB(net_destroy)(&net);
}

static void checkpoint__can_be_gone_on_with_for_more_epochs(void **state)
{
    (void)state;
    net_t *net = make_net(), *expected = make_net();
    bpb_train_options five = three;
    five.epochs = 5;
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    options = kept(&five, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_ok(BPB(train)(expected, &data, &five, NULL));
    assert_same_theta(net, expected);
    options = kept(&three, 1); /* and fewer: it is over */
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_same_theta(net, expected);
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&expected);
}

/* A source that fails, or gives a NaN, at some call. */
struct failing {
    size_t calls, at;
    bool nan;
};

static int read_or_fail(void *user, const size_t *index, size_t B, real *x, real *t)
{
    struct failing *failing = user;
    for (size_t j = 0; j < B; j++) {
        memcpy(x + j * N_IN, X + index[j] * N_IN, N_IN * sizeof *x);
        memcpy(t + j * N_OUT, T + index[j] * N_OUT, N_OUT * sizeof *t);
    }
    if (++failing->calls < failing->at)
        return 0;
    *x = failing->nan ? (real)NAN : *x;
    return !failing->nan;
}

static int move_theta(const bpb_progress *progress, void *user)
{
    net_t *net = user;
    if (!progress->resumed)
        BPB(net_theta)(net)[0] = (real)(10 * progress->epoch);
    return 0;
}

/* Epochs of two steps and two calls for scores: the third call is in the first epoch, the fifth in
 * the second. The file is that of the end of an epoch, after its callback. */
static void checkpoint__is_kept_where_a_run_fails(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct failing failing = {.at = i & 1 ? 5 : 2, .nan = i >= 2};
        const source_t source = {COLUMNS - 100, 0, N_OUT, read_or_fail, &failing};
        const data_t from = {.source = &source};
        bpb_train_options options = kept(&three, 1);
        net_t *net = make_net();
        bpb_train_report report = {0};
        remove(options.checkpoint.path);
        options.on_epoch = move_theta;
        options.user = net;
        assert_int_equal(BPB(train)(net, &from, &options, &report),
                         failing.nan ? BPB_NONFINITE : BPB_ERR_SOURCE);
        assert_int_equal(access(options.checkpoint.path, F_OK), i & 1 ? 0 : -1);
        if (failing.nan)
            assert_int_equal(report.has_checkpoint, i & 1);
        failing.at = failing.calls + 1; /* and the same again: nothing new is written */
        if (i == 3) {
            assert_int_equal(BPB(train)(net, &from, &options, &report), BPB_NONFINITE);
            assert_int_equal(report.has_checkpoint, 1);
        }
        failing.at = SIZE_MAX;
        options.epochs = 1;
        assert_ok(BPB(train)(net, &from, &options, &report));
        assert_int_equal(report.last.epoch, 1);
        assert_true(BPB(net_ctheta)(net)[0] == 10);
        BPB(net_destroy)(&net);
    }
}

static int lose_theta(const bpb_progress *progress, void *user)
{
    net_t *net = user;
    if (progress->epoch == 2 && progress->step == 2)
        BPB(net_theta)(net)[5] = (real)INFINITY;
    return 0;
}

/* Lost at the end of the second epoch, by step or epoch: the file is the one before. */
static void checkpoint__holds_the_last_weights_that_were_finite(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        bpb_train_options options = kept(&three, 0);
        net_t *net = make_net();
        bpb_train_report report;
        remove(options.checkpoint.path);
        *(i & 1 ? &options.on_step : &options.on_epoch) = lose_theta;
        options.user = net;
        options.epochs = i & 2 ? 2 : 3;
        options.checkpoint.steps = i == 3;
        assert_int_equal(BPB(train)(net, &data, &options, &report), BPB_LOST);
        assert_int_equal(report.end, BPB_END_LOST);
        assert_int_equal(report.kept, BPB_KEPT_NONE);
        assert_int_equal(report.has_checkpoint, 1);
        options = kept(&three, 1);
        assert_ok(BPB(train)(net, &data, &options, &report));
        assert_int_equal(report.last.epoch, 3);
        BPB(net_destroy)(&net);
    }
}

static int stop_again(const bpb_progress *progress, void *user)
{
    (void)user;
    return progress->resumed && progress->epoch == 2;
}

static void checkpoint__history_can_stop_the_run(void **state)
{
    (void)state;
    net_t *net = make_net();
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    bpb_train_report report;
    options.on_epoch = stop_again;
    assert_ok(BPB(train)(net, &data, &options, NULL));
    assert_int_equal(BPB(train)(net, &data, &options, &report), BPB_STOPPED);
    assert_int_equal(report.last.epoch, 3);
    BPB(net_destroy)(&net);
}

/* Without best weights in the file the best epoch is one of those to come. */
static void checkpoint__without_best_weights_begins_to_keep_them(void **state)
{
    (void)state;
    net_t *net = make_net();
    bpb_train_options four = three;
    bpb_train_report report;
    remove(path_of("run.bpb"));
    bpb_train_options options = kept(&three, 1);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    four.epochs = 4;
    four.stop.keep_best = 1;
    options = kept(&four, 1);
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_int_equal(report.last.best_epoch, 4);
    options = kept(&three, 1); /* and the other way round: they are passed over */
    options.epochs = 5;
    assert_ok(BPB(train)(net, &data, &options, &report));
    assert_int_equal(report.kept, BPB_KEPT_LAST);
    BPB(net_destroy)(&net);
}

/* ---- Files that cannot be taken up ---- */

static void write_checkpoint(const bpb_train_options *how)
{
    net_t *net = make_net();
    const bpb_train_options options = kept(how, 0);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    BPB(net_destroy)(&net);
}

/* The net is untouched. */
static bpb_status try_resume(net_t *net, const bpb_train_options *how)
{
    const size_t P = BPB(net_parameters)(net);
    const bpb_train_options options = kept(how, 1);
    real *before = make_reals(P);
    memcpy(before, BPB(net_ctheta)(net), P * sizeof *before);
    const bpb_status status = BPB(train)(net, &data, &options, NULL);
    if (status < 0)
        assert_same_bits(P, BPB(net_ctheta)(net), before);
    free(before);
    return status;
}

static void checkpoint__of_another_run_is_refused(void **state)
{
    (void)state;
    static const size_t wider[] = {N_IN, 96, 49, N_OUT};
    const bpb_train_options others[] = {
        {.eta = 0.5, .batch = BATCH - 1, .epochs = 3},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .seed = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .no_shuffle = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .optimiser = {.method = BPB_ADAM}},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .norms = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .lambda = 1},
        {.eta = 0.5, .batch = BATCH, .epochs = 3, .decay_biases = 1},
    };
    write_checkpoint(&three);
    net_t *net = make_net(), *wide = NULL, *relu = NULL;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(try_resume(net, &others[i]), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_create)(&wide, &(bpb_net_options){.units = wider, .n_layers = 3,
                                                        .hidden = BPB_TANH}));
    assert_int_equal(try_resume(wide, &three), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_create)(&relu, &(bpb_net_options){.units = units, .n_layers = 3,
                                                        .hidden = BPB_RELU}));
    assert_int_equal(try_resume(relu, &three), BPB_ERR_MISMATCH);
    real shift[N_IN] = {0};
    shift[3] = 1;
    assert_ok(BPB(net_set_input_scaling)(net, shift, NULL));
    assert_int_equal(try_resume(net, &three), BPB_ERR_MISMATCH);
    assert_ok(BPB(net_set_input_scaling)(net, NULL, NULL));
    assert_ok(try_resume(net, &three));
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&wide);
    BPB(net_destroy)(&relu);
}

/* Whether the second net may go on with what the first has begun. */
static bpb_status hand_over(net_t *first, net_t *second, const data_t *of_second)
{
    bpb_train_options options = kept(&three, 0);
    options.epochs = 1;
    assert_ok(BPB(train)(first, &data, &options, NULL));
    options.checkpoint.resume = 1;
    return BPB(train)(second, of_second, &options, NULL);
}

static net_t *make_other(const bpb_net_options *options)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, options));
    return net;
}

static void checkpoint__knows_the_functions_of_its_net(void **state)
{
    (void)state;
    static const bpb_activation g[] = {BPB_TANH, BPB_LEAKY_RELU, BPB_SIGMOID},
                                turned[] = {BPB_LEAKY_RELU, BPB_TANH, BPB_SIGMOID},
                                first[] = {BPB_RELU, BPB_LEAKY_RELU, BPB_SIGMOID};
    const bpb_net_options one = {.units = units, .n_layers = 3, .activations = g,
                                 .loss = BPB_HUBER, .huber_delta = 0.5, .leak = 0.1, .seed = 2};
    bpb_net_options others[5] = {one, one, one, one, one};
    others[0].activations = turned;
    others[1].activations = first;
    others[2].leak = 0.2;
    others[3].huber_delta = 0.25;
    others[4].loss = BPB_SQUARED;
    net_t *net = make_other(&one), *same = make_other(&one);
    for (size_t i = 0; i < COUNT(others); i++) {
        net_t *other = make_other(&others[i]);
        assert_int_equal(hand_over(net, other, &data), BPB_ERR_MISMATCH);
        BPB(net_destroy)(&other);
    }
    assert_ok(hand_over(net, same, &data));
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&same);
}

static void checkpoint__knows_its_scaling_and_data(void **state)
{
    (void)state;
    static const size_t narrower[] = {N_IN - 1, 96, 48, N_OUT}, shallower[] = {N_IN, 96, N_OUT};
    real ones[N_IN], factor[N_IN];
    data_t fewer = data, thin = data;
    for (size_t i = 0; i < N_IN; i++)
        factor[i] = ones[i] = 1;
    factor[N_IN - 1] = 2;
    fewer.X.cols = fewer.T.cols = COLUMNS - 101;
    thin.X = BPB(samples)(X, COLUMNS - 100, N_IN - 1);
    thin.X_validation = thin.T_validation = thin.X_test = thin.T_test = (view_t){0};
    for (int i = 0; i < 8; i++) {
        net_t *first = make_net(), *second = make_net();
        const data_t *of_second = i == 1 ? &fewer : i == 7 ? &thin : &data;
        if (i == 2) /* there, and not */
            assert_ok(BPB(net_set_input_scaling)(first, NULL, factor));
        if (i == 3)
            assert_ok(BPB(net_set_output_scaling)(first, NULL, ones));
        if (i == 4) /* the last of the factors alone is another */
            assert_ok(BPB(net_set_input_scaling)(first, NULL, ones));
        if (i == 4)
            assert_ok(BPB(net_set_input_scaling)(second, NULL, factor));
        if (i == 5)
            assert_ok(BPB(net_set_output_scaling)(second, ones, NULL));
        if (i >= 6)
            BPB(net_destroy)(&second);
        if (i >= 6)
            second = make_other(&(bpb_net_options){.units = i == 6 ? shallower : narrower,
                                                   .n_layers = i == 6 ? 2 : 3,
                                                   .hidden = BPB_TANH});
        assert_int_equal(hand_over(first, second, of_second), i ? BPB_ERR_MISMATCH : BPB_OK);
        BPB(net_destroy)(&first);
        BPB(net_destroy)(&second);
    }
}

static void checkpoint__goes_with_functions_of_ones_own(void **state)
{
    (void)state;
    net_t *whole = make_net(), *cut = make_net(), *plain = make_net();
    bpb_train_options options = kept(&three, 0);
    assert_ok(BPB(net_set_activation)(whole, 1, &own_sine));
    assert_ok(BPB(net_set_activation)(cut, 1, &own_sine));
    assert_ok(BPB(train)(whole, &data, &three, NULL));
    options.epochs = 2;
    assert_ok(BPB(train)(cut, &data, &options, NULL));
    assert_int_equal(try_resume(plain, &three), BPB_ERR_MISMATCH);
    BPB(net_destroy)(&cut);
    cut = make_net();
    assert_ok(BPB(net_set_activation)(cut, 1, &own_sine));
    assert_ok(try_resume(cut, &three));
    assert_same_theta(cut, whole);
    BPB(net_destroy)(&whole);
    BPB(net_destroy)(&cut);
    BPB(net_destroy)(&plain);
}

/* A run of the other precision, of the same shape and options. */
#define OTHER(name) BPB_SELECT(bpbf_##name, bpb_##name)
typedef BPB_SELECT(float, double) other_real;

static void checkpoint__of_the_other_precision_is_refused(void **state)
{
    (void)state;
    static const other_real none[N_IN * COLUMNS] = {0};
    const OTHER(data) zeros = {.X = OTHER(samples)(none, COLUMNS - 100, N_IN),
                               .T = OTHER(samples)(none, COLUMNS - 100, N_OUT)};
    const bpb_train_options options = kept(&three, 0);
    OTHER(net) *other = NULL;
    net_t *net = make_net();
    assert_ok(OTHER(net_create)(&other, &(bpb_net_options){.units = units, .n_layers = 3,
                                                           .hidden = BPB_TANH}));
    assert_ok(OTHER(train)(other, &zeros, &options, NULL));
    assert_int_equal(try_resume(net, &three), BPB_ERR_MISMATCH);
    OTHER(net_destroy)(&other);
    BPB(net_destroy)(&net);
}

/* Columns twice and backwards, rows upside down, weights, and targets that are not there. */
static void checkpoint__goes_with_any_view(void **state)
{
    (void)state;
    static real weights[COLUMNS], holes[N_OUT * COLUMNS];
    size_t index[COLUMNS], upside_down[N_IN];
    const data_t before = data;
    for (size_t j = 0; j < COLUMNS; j++) {
        index[j] = j % 3 ? COLUMNS - 1 - j : 7;
        weights[j] = (real)(j % 5);
    }
    for (size_t i = 0; i < N_IN; i++)
        upside_down[i] = N_IN - 1 - i;
    memcpy(holes, T, sizeof holes);
    for (size_t k = 0; k < COUNT(holes); k += 11)
        holes[k] = (real)NAN;
    data.X.index = data.T.index = index;
    data.X.row_index = upside_down;
    data.X.ld = N_IN;
    data.T.data = holes;
    data.T.weights = weights;
    data.T.masked = 1;
    check_pieces((bpb_train_options){.eta = 0.3, .batch = BATCH, .epochs = 10, .seed = 3});
    check_pieces((bpb_train_options){.optimiser = {.method = BPB_ADAM}, .batch = BATCH,
                                     .epochs = 10, .dropout = 0.2});
    data = before;
}

/* The whole file, to be freed. */
static unsigned char *read_checkpoint(size_t *n)
{
    FILE *file = fopen(path_of("run.bpb"), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = allocate(*n, 1);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

static void checkpoint__that_is_cut_short_is_refused(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {4};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    net_t *net = make_net();
    for (size_t i = 0; i < 100; i++) {
        write_file(path_of("run.bpb"), bytes, i < 60 ? i : rng_between(&rng, 60, n - 1));
        assert_int_equal(try_resume(net, &three), BPB_ERR_TRUNCATED);
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

/* Which status depends on where it is: magic, version, length, or anything under the checksum. */
static void checkpoint__with_a_changed_byte_is_refused(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {5};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    net_t *net = make_net();
    for (size_t i = 0; i < 200; i++) {
        const size_t at = i < 100 ? i : rng_between(&rng, 100, n - 1);
        const unsigned char flip = (unsigned char)(1u << i % 8);
        bytes[at] ^= flip;
        write_file(path_of("run.bpb"), bytes, n);
        const bpb_status status = try_resume(net, &three);
        if (at < 8)
            assert_int_equal(status, BPB_ERR_FORMAT);
        else if (at < 16)
            assert_true(status == BPB_ERR_VERSION || status == BPB_ERR_FORMAT);
        else if (at < 24)
            assert_true(status == BPB_ERR_TRUNCATED || status == BPB_ERR_FORMAT);
        else
            assert_int_equal(status, BPB_ERR_CHECKSUM);
        bytes[at] ^= flip;
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

static uint32_t crc32_of(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void write_with_sum(unsigned char *bytes, size_t n)
{
    const uint32_t crc = crc32_of(bytes, n - 4);
    for (int k = 0; k < 4; k++)
        bytes[n - 4 + k] = (unsigned char)(crc >> 8 * k);
    write_file(path_of("run.bpb"), bytes, n);
}

/* Made by someone with the checksum in hand: nothing is read that is not there. */
static void checkpoint__that_lies_is_refused_or_taken_up_whole(void **state)
{
    (void)state;
    size_t n;
    struct rng rng = {9};
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    net_t *net = make_net();
    const size_t scalars = 24 + 8 * 16; /* the owner, and then the wisdom's length */
    for (size_t i = 0; i < 1500; i++) {
        unsigned char old[8];
        const size_t at = 24 + rng_between(&rng, 0, (i % 2 ? scalars : n - 4 - 8 - 24) - 24);
        memcpy(old, bytes + at, 8);
        for (int k = 0; k < 8; k++)
            bytes[at + k] = i % 3 ? (unsigned char)rng_bits(&rng) : 0xff;
        write_with_sum(bytes, n);
        const bpb_status status = try_resume(net, &three);
        assert_true(status == BPB_OK || status == BPB_LOST || status == BPB_NONFINITE ||
                    status == BPB_ERR_FORMAT || status == BPB_ERR_MISMATCH ||
                    status == BPB_ERR_CHECKSUM || status == BPB_ERR_OPTION);
        memcpy(bytes + at, old, 8);
    }
    free(bytes);
    BPB(net_destroy)(&net);
}

static uint64_t number_at(const unsigned char *bytes)
{
    uint64_t number = 0;
    for (int k = 7; k >= 0; k--)
        number = number << 8 | bytes[k];
    return number;
}

static void put_number(unsigned char *bytes, uint64_t number)
{
    for (int k = 0; k < 8; k++)
        bytes[k] = (unsigned char)(number >> 8 * k);
}

/* Numbers that do not go together: the layout is told where it is written. */
static void checkpoint__that_contradicts_itself_is_refused(void **state)
{
    (void)state;
    size_t n;
    write_checkpoint(&three);
    unsigned char *bytes = read_checkpoint(&n);
    unsigned char *lie = allocate(n + 8, 1);
    const size_t length = 24 + 8 * 16, wisdom = length + 8,
                 steps = wisdom + number_at(bytes + length), epochs = steps + 8,
                 judged_eta = epochs + 8 * 6, epoch = judged_eta + 16, step = epoch + 8;
    assert_int_equal(number_at(bytes + steps), 6);
    assert_int_equal(number_at(bytes + epochs), 3);
    assert_int_equal(number_at(bytes + epoch), 3);
    assert_int_equal(number_at(bytes + step), 2);
    const struct {
        size_t at;
        uint64_t number;
    } lies[] = {
        {length, 0},
        {length, UINT64_MAX},
        {steps - 8, 0x4141414141414141}, /* a wisdom without an end */
        {steps, 5},
        {steps, 7},
        {epochs, 4},
        {epochs, UINT64_MAX},
        {epoch, 2},
        {epoch, 5},
        {step, 1},
        {step, 3},
        {judged_eta, 0xbff0000000000000}, /* -1, 1, NaN */
        {judged_eta, 0x3ff0000000000000},
        {judged_eta, 0x7ff8000000000000},
    };
    net_t *net = make_net();
    for (size_t i = 0; i <= COUNT(lies); i++) {
        const bool longer = i == COUNT(lies); /* by a number more than there should be */
        memcpy(lie, bytes, n);
        if (longer)
            put_number(lie + 16, n + 8);
        else
            put_number(lie + lies[i].at, lies[i].number);
        write_with_sum(lie, longer ? n + 8 : n);
        if (try_resume(net, &three) != BPB_ERR_FORMAT)
            fail_msg("lie %zu was believed", i);
    }
    BPB(net_destroy)(&net);
    free(bytes);
    free(lie);
}

/* ---- The plan's wisdom ---- */

/* Begun by the one, and gone on with by the other from the same file. */
static net_t *go_on_by(const unsigned char *bytes, size_t n, bpb_planning planning)
{
    net_t *net = make_net();
    bpb_train_options options = kept(&three, 1);
    options.planning = planning;
    write_file(options.checkpoint.path, bytes, n);
    assert_ok(BPB(train)(net, &data, &options, NULL));
    return net;
}

/* Measured anew it may be another plan: what it was is in the file, whatever the options say. */
static void checkpoint__has_the_plan_of_its_run(void **state)
{
    (void)state;
    for (int measured = 0; measured <= 1; measured++) {
        const bpb_planning first = measured ? BPB_PLAN_MEASURE : BPB_PLAN_CBLAS;
        net_t *net = make_net(), *whole = make_net();
        bpb_train_options options = kept(&three, 0);
        size_t n;
        options.planning = first;
        options.epochs = 1;
        assert_ok(BPB(train)(net, &data, &options, NULL));
        unsigned char *bytes = read_checkpoint(&n);
        options = three;
        options.planning = first;
        assert_ok(BPB(train)(whole, &data, &options, NULL));
        net_t *estimated = go_on_by(bytes, n, BPB_PLAN_ESTIMATE);
        net_t *again = go_on_by(bytes, n, BPB_PLAN_MEASURE);
        net_t *by_cblas = go_on_by(bytes, n, BPB_PLAN_CBLAS);
        assert_same_theta(again, estimated);
        assert_same_theta(by_cblas, estimated);
        if (!measured)
            assert_same_theta(estimated, whole);
        net_t **all[] = {&net, &whole, &estimated, &again, &by_cblas};
        for (size_t i = 0; i < COUNT(all); i++)
            BPB(net_destroy)(all[i]);
        free(bytes);
    }
}

/* Names a kernel that nobody has: the plan is made as the options say. */
static void checkpoint__with_the_wisdom_of_another_machine_is_taken_up(void **state)
{
    (void)state;
    size_t n, renamed = 0;
    bpb_train_options options = three;
    options.planning = BPB_PLAN_CBLAS;
    write_checkpoint(&options);
    unsigned char *bytes = read_checkpoint(&n);
    for (size_t i = 0; i + 6 < n; i++)
        if (memcmp(bytes + i, " cblas", 6) == 0)
            bytes[i + 3] = 'L', renamed++;
    assert_true(renamed > 0);
    write_with_sum(bytes, n);
    net_t *net = make_net();
    options = three;
    options.wisdom = "no wisdom at all";
    assert_int_equal(try_resume(net, &options), BPB_ERR_FORMAT);
    assert_ok(try_resume(net, &three));
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_FORMAT);
    free(bytes);
    BPB(net_destroy)(&net);
}

static void checkpoint__that_cannot_be_written_ends_the_run(void **state)
{
    (void)state;
    net_t *net = make_net();
    bpb_train_options options = three;
    options.checkpoint.path = path_of("no such folder/run.bpb");
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_IO);
    net_t *fresh = make_net(), *same = make_net();
    options.checkpoint.path = folder; /* which is there, and cannot be read */
    options.checkpoint.resume = 1;
    assert_int_equal(BPB(train)(fresh, &data, &options, NULL), BPB_ERR_IO);
    assert_same_theta(fresh, same);
    write_file(path_of("plain"), "x", 1); /* no folder: not the same as no file */
    options.checkpoint.path = path_of("plain/run.bpb");
    assert_int_equal(BPB(train)(fresh, &data, &options, NULL), BPB_ERR_IO);
    assert_same_theta(fresh, same);
    BPB(net_destroy)(&fresh);
    BPB(net_destroy)(&same);
    BPB(net_destroy)(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint__is_taken_up_bit_for_bit_by_each_optimiser),
        cmocka_unit_test(checkpoint__holds_what_variants_of_an_optimiser_need),
        cmocka_unit_test(checkpoint__holds_losses_and_norms),
        cmocka_unit_test(checkpoint__holds_what_judges),
        cmocka_unit_test(checkpoint__holds_schedules_and_the_best_weights),
        cmocka_unit_test(checkpoint__holds_the_place_in_dropouts_stream),
        cmocka_unit_test(checkpoint__is_written_after_so_many_steps),
        cmocka_unit_test(checkpoint__is_written_after_so_much_time),
        cmocka_unit_test(checkpoint__is_not_written_before_its_time),
        cmocka_unit_test(checkpoint__is_written_by_either_rule),
        cmocka_unit_test(checkpoint__counts_steps_from_the_last_that_was_written),
        cmocka_unit_test(checkpoint__is_written_after_each_epoch),
        cmocka_unit_test(checkpoint__of_a_finished_run_has_its_end),
        cmocka_unit_test(checkpoint__holds_all_of_a_score),
        cmocka_unit_test(checkpoint__can_be_gone_on_with_for_more_epochs),
        cmocka_unit_test(checkpoint__follows_another_eta),
        cmocka_unit_test(checkpoint__is_kept_where_a_run_fails),
        cmocka_unit_test(checkpoint__holds_the_last_weights_that_were_finite),
        cmocka_unit_test(checkpoint__history_can_stop_the_run),
        cmocka_unit_test(checkpoint__without_best_weights_begins_to_keep_them),
        cmocka_unit_test(checkpoint__of_another_run_is_refused),
        cmocka_unit_test(checkpoint__knows_the_functions_of_its_net),
        cmocka_unit_test(checkpoint__knows_its_scaling_and_data),
        cmocka_unit_test(checkpoint__goes_with_functions_of_ones_own),
        cmocka_unit_test(checkpoint__of_the_other_precision_is_refused),
        cmocka_unit_test(checkpoint__goes_with_any_view),
        cmocka_unit_test(checkpoint__that_is_cut_short_is_refused),
        cmocka_unit_test(checkpoint__with_a_changed_byte_is_refused),
        cmocka_unit_test(checkpoint__that_lies_is_refused_or_taken_up_whole),
        cmocka_unit_test(checkpoint__that_contradicts_itself_is_refused),
        cmocka_unit_test(checkpoint__has_the_plan_of_its_run),
        cmocka_unit_test(checkpoint__with_the_wisdom_of_another_machine_is_taken_up),
        cmocka_unit_test(checkpoint__that_cannot_be_written_ends_the_run),
    };
    return cmocka_run_group_tests(tests, prepare, remove_folder);
}
