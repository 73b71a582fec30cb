/* SPDX-License-Identifier: BSD-3-Clause */
/* A run that is interrupted and taken up again has the bits of one that was not. */
#include <float.h>
#include <time.h>

#include "support_tmpl.h"
#include "examples_tmpl.h"
#include "temporary_files.h"

/* Large enough that a plan of two threads uses both: 6 P B is over 8 million. */
enum { N_IN = 24, N_OUT = 4, COLUMNS = 500, BATCH = 200, STEPS = 3, EVERY = 7 };
static const size_t units[] = {N_IN, 96, 48, N_OUT};

static real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
static data_t data;

static set_t columns_of(set_t set, size_t first, size_t count)
{
    return (set_t){.X = BPB(columns)(set.X, first, count),
                   .T = BPB(target_columns)(set.T, first, count)};
}

static int prepare(void **state)
{
    struct rng rng = {6};
    fill_uniform(&rng, N_IN * COLUMNS, -1, 1, X);
    fill_uniform(&rng, N_OUT * COLUMNS, 0, 1, T);
    const set_t all = {.X = BPB(samples)(X, COLUMNS, N_IN),
                       .T = BPB(classes)(BPB(samples)(T, COLUMNS, N_OUT))};
    data = (data_t){.train = columns_of(all, 0, COLUMNS - 100),
                    .validation = columns_of(all, COLUMNS - 100, 100),
                    .test = columns_of(all, 0, 30)};
    return make_folder(state);
}

static net_t *make_net(void)
{
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){.sizes = units, .n_sizes = 4, .hidden = BPB_TANH, .seed = 2}));
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
    assert_int_equal(got->judged, want->judged);
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
            check_pieces((bpb_train_options){.eta = 0.01,
                                             .lambda = 0.1,
                                             .seed = 7,
                                             .method = method,
                                             .batch = full ? 0 : BATCH,
                                             .epochs = full ? 20 : 11,
                                             .threads = threads});
    }
}

static void checkpoint__holds_what_variants_of_an_optimiser_need(void **state)
{
    (void)state;
    const bpb_train_options variants[] = {
        {.method = BPB_RMSPROP, .tuning = {.centred = 1, .momentum = 0.5}},
        {.method = BPB_ADAM, .decoupled = 1, .lambda = 0.1, .tuning = {.amsgrad = 1}},
        {.method = BPB_SGD, .tuning = {.clip_norm = 0.01}},
        {.method = BPB_SGD, .lambda_1 = 0.1},
    };
    for (size_t i = 0; i < COUNT(variants); i++)
        check_pieces((bpb_train_options){.eta = 0.01,
                                         .method = variants[i].method,
                                         .lambda = variants[i].lambda,
                                         .lambda_1 = variants[i].lambda_1,
                                         .decoupled = variants[i].decoupled,
                                         .tuning = variants[i].tuning,
                                         .batch = BATCH,
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
    check_pieces((bpb_train_options){
        .method = BPB_ADAM, .batch = BATCH, .epochs = 11, .dropout = 0.4, .seed = 3});
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
        assert_int_equal(progress->test.judged, 1);
        seen->epoch[0] = *progress;
        seen->epochs++;
        return 0;
    }
    assert_int_equal(progress->validation.nonfinite, 1);
    assert_int_equal(progress->test.judged, 1);
    seen->told++;
    return 0;
}

static void checkpoint__holds_all_of_a_score(void **state)
{
    (void)state;
    static const size_t one[] = {1, 1};
    const real x[] = {1, BPB_SELECT(1e308, 1e38f)}, t[] = {1, 0}, holes[] = {1, (real)NAN};
    data_t few = {
        .train = {.X = BPB(samples)(x, 1, 1), .T = BPB(values)(BPB(samples)(t, 1, 1))},
        .validation = {.X = BPB(samples)(x, 2, 1), .T = BPB(values)(BPB(samples)(t, 2, 1))},
        .test = {.X = BPB(samples)(t, 2, 1), .T = BPB(labels)(BPB(samples)(holes, 2, 1))},
    };
    few.test.T.masked = 1;
    struct seen seen = {0};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(
        &net, &(bpb_net_options){
                  .sizes = one, .n_sizes = 2, .output = BPB_IDENTITY, .init = BPB_INIT_ZERO}));
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
        const data_t from = {.train.source = &source};
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

/* What differs, and in which file. */
static void assert_of_run(const char *what)
{
    char sentence[512];
    snprintf(sentence, sizeof sentence, "the checkpoint is of a run%s: %s", what,
             path_of("run.bpb"));
    assert_string_equal(bpb_error(), sentence);
}

static void checkpoint__of_another_run_is_refused(void **state)
{
    (void)state;
    static const size_t wider[] = {N_IN, 96, 49, N_OUT};
    const struct {
        bpb_train_options options;
        const char *sentence;
    } others[] = {
        {{.eta = 0.5, .batch = BATCH - 1, .epochs = 3}, " with batch 200, not 199"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .seed = 1}, " with seed 0, not 1"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .no_shuffle = 1}, " with no_shuffle 0, not 1"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .method = BPB_ADAM},
         " with method sgd, not adam"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .norms = 1},
         " with method sgd and without lambda_1, clipping or norms"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .lambda = 1}, " with lambda 0, not 1"},
        {{.eta = 0.5, .batch = BATCH, .epochs = 3, .decay_biases = 1},
         " with decay_biases 0, not 1"},
    };
    write_checkpoint(&three);
    net_t *net = make_net(), *wide = NULL, *relu = NULL;
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(try_resume(net, &others[i].options), BPB_ERR_MISMATCH);
        assert_of_run(others[i].sentence);
    }
    assert_ok(BPB(net_create)(&wide, &(bpb_net_options){.sizes = wider, .n_sizes = 4,
                                                        .hidden = BPB_TANH}));
    assert_int_equal(try_resume(wide, &three), BPB_ERR_MISMATCH);
    assert_of_run(" with a layer 2 of 48 units, not 49");
    assert_ok(BPB(net_create)(&relu, &(bpb_net_options){.sizes = units, .n_sizes = 4,
                                                        .hidden = BPB_RELU}));
    assert_int_equal(try_resume(relu, &three), BPB_ERR_MISMATCH);
    assert_of_run(" with other activations or another loss");
    double shift[N_IN] = {0};
    shift[3] = 1;
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, shift, NULL));
    assert_int_equal(try_resume(net, &three), BPB_ERR_MISMATCH);
    assert_of_run(" with another scaling of inputs or outputs");
    assert_ok(BPB(net_set_scaling)(net, BPB_INPUTS, NULL, NULL));
    assert_ok(try_resume(net, &three));
    BPB(net_destroy)(&net);
    BPB(net_destroy)(&wide);
    BPB(net_destroy)(&relu);
}

static void checkpoint__of_an_optimiser_with_other_options_is_refused(void **state)
{
    (void)state;
    const double n = COLUMNS - 100;
    const bpb_train_options first = {.method = BPB_RMSPROP,
                                     .batch = BATCH,
                                     .epochs = 1,
                                     .lambda = 2 * n,
                                     .lambda_1 = n,
                                     .tuning = {.momentum = 0.5}};
    const struct {
        bpb_train_options change;
        const char *sentence;
    } others[] = {
        {{.method = BPB_ADAM, .lambda = 2 * n, .lambda_1 = n}, " with method rmsprop, not adam"},
        {{.lambda = 3 * n, .lambda_1 = n}, " with lambda 800, not 1200"},
        {{.lambda = 2 * n, .lambda_1 = 3 * n, .tuning = {.momentum = 0.5}},
         " with lambda_1 400, not 1200"},
        {{.lambda = 2 * n, .lambda_1 = n, .tuning = {.momentum = 0.25}},
         " with tuning.momentum 0.5, not 0.25"},
        {{.lambda = 2 * n, .lambda_1 = n}, " with tuning.momentum 0.5, not 0"},
        {{.lambda = 2 * n, .lambda_1 = n, .tuning = {.momentum = 0.5, .centred = 1}},
         " with tuning.centred 0, not 1"},
        {{.lambda = 2 * n, .lambda_1 = n, .tuning = {.momentum = 0.5, .clip_norm = 2}},
         " with tuning.clip_norm 0, not 2"},
        {{.lambda = 2 * n, .lambda_1 = n, .tuning = {.momentum = 0.5}, .decoupled = 1},
         " with decoupled 0, not 1"},
    };
    write_checkpoint(&first);
    net_t *net = make_net();
    for (size_t i = 0; i < COUNT(others); i++) {
        bpb_train_options options = others[i].change;
        options.method = i == 0 ? BPB_ADAM : BPB_RMSPROP;
        options.batch = BATCH;
        options.epochs = 2;
        assert_int_equal(try_resume(net, &options), BPB_ERR_MISMATCH);
        assert_of_run(others[i].sentence);
    }
    BPB(net_destroy)(&net);
}

/* lambda / n may be rounded otherwise than the decay in the file, which is then kept: as of a run
 * of version 0.4, to which decay could be given by itself. */
static void checkpoint__with_a_decay_in_the_last_bit_is_resumed(void **state)
{
    (void)state;
    const bpb_method methods[] = {BPB_SGD, BPB_ADAM};
    for (size_t i = 0; i < COUNT(methods); i++) {
        const bpb_train_options how = {.eta = 0.01,
                                       .method = methods[i],
                                       .batch = BATCH,
                                       .epochs = 3,
                                       .lambda = 40,
                                       .lambda_1 = methods[i] == BPB_SGD ? 0 : 40};
        bpb_train_options cut = how, off = how;
        net_t *whole = make_net(), *net = make_net();
        cut.epochs = 1;
        off.lambda *= 1 + DBL_EPSILON;
        off.lambda_1 *= 1 + DBL_EPSILON;
        assert_true(off.lambda / (COLUMNS - 100) != how.lambda / (COLUMNS - 100));
        write_checkpoint(&cut);
        assert_ok(try_resume(net, &off));
        assert_ok(BPB(train)(whole, &data, &how, NULL));
        assert_same_theta(net, whole);
        off.lambda *= 1 + 8 * DBL_EPSILON;
        assert_int_equal(try_resume(net, &off), BPB_ERR_MISMATCH);
        BPB(net_destroy)(&whole);
        BPB(net_destroy)(&net);
    }
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
    const bpb_net_options one = {.sizes = units,
                                 .n_sizes = 4,
                                 .activations = g,
                                 .loss = BPB_HUBER,
                                 .huber_delta = 0.5,
                                 .leak = 0.1,
                                 .seed = 2};
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
    double ones[N_IN], factor[N_IN];
    data_t fewer = data, thin = data;
    for (size_t i = 0; i < N_IN; i++)
        factor[i] = ones[i] = 1;
    factor[N_IN - 1] = 2;
    fewer.train.X.cols = fewer.train.T.view.cols = COLUMNS - 101;
    thin.train.X = BPB(samples)(X, COLUMNS - 100, N_IN - 1);
    thin.validation = thin.test = (set_t){0};
    for (int i = 0; i < 8; i++) {
        net_t *first = make_net(), *second = make_net();
        const data_t *of_second = i == 1 ? &fewer : i == 7 ? &thin : &data;
        if (i == 2) /* there, and not */
            assert_ok(BPB(net_set_scaling)(first, BPB_INPUTS, NULL, factor));
        if (i == 3)
            assert_ok(BPB(net_set_scaling)(first, BPB_OUTPUTS, NULL, ones));
        if (i == 4) /* the last of the factors alone is another */
            assert_ok(BPB(net_set_scaling)(first, BPB_INPUTS, NULL, ones));
        if (i == 4)
            assert_ok(BPB(net_set_scaling)(second, BPB_INPUTS, NULL, factor));
        if (i == 5)
            assert_ok(BPB(net_set_scaling)(second, BPB_OUTPUTS, ones, NULL));
        if (i >= 6)
            BPB(net_destroy)(&second);
        if (i >= 6)
            second = make_other(&(bpb_net_options){.sizes = i == 6 ? shallower : narrower,
                                                   .n_sizes = i == 6 ? 3 : 4,
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
    const OTHER(set) zeros = {.X = OTHER(samples)(none, COLUMNS - 100, N_IN),
                              .T = OTHER(values)(OTHER(samples)(none, COLUMNS - 100, N_OUT))};
    const bpb_train_options options = kept(&three, 0);
    OTHER(net) *other = NULL;
    net_t *net = make_net();
    assert_ok(OTHER(net_create)(
        &other, &(bpb_net_options){.sizes = units, .n_sizes = 4, .hidden = BPB_TANH}));
    assert_ok(OTHER(train)(other, &(const OTHER(data)){.train = zeros}, &options, NULL));
    assert_int_equal(try_resume(net, &three), BPB_ERR_MISMATCH);
    assert_of_run(BPB_SELECT(" in float, not double", " in double, not float"));
    OTHER(net_destroy)(&other);
    BPB(net_destroy)(&net);
}

/* Columns twice and backwards, rows upside down, weights, and targets that are not there. */
static void checkpoint__goes_with_any_view(void **state)
{
    (void)state;
    static double weights[COLUMNS];
    static real holes[N_OUT * COLUMNS];
    size_t index[COLUMNS], upside_down[N_IN];
    const data_t before = data;
    for (size_t j = 0; j < COLUMNS; j++) {
        index[j] = j % 3 ? COLUMNS - 1 - j : 7;
        weights[j] = (double)(j % 5);
    }
    for (size_t i = 0; i < N_IN; i++)
        upside_down[i] = N_IN - 1 - i;
    memcpy(holes, T, sizeof holes);
    for (size_t k = 0; k < COUNT(holes); k += 11)
        holes[k] = (real)NAN;
    data.train.X.index = data.train.T.view.index = index;
    data.train.X.row_index = upside_down;
    data.train.X.ld = N_IN;
    data.train.T.view.data = holes;
    data.train.T.weights = weights;
    data.train.T.masked = 1;
    check_pieces((bpb_train_options){.eta = 0.3, .batch = BATCH, .epochs = 10, .seed = 3});
    check_pieces(
        (bpb_train_options){.method = BPB_ADAM, .batch = BATCH, .epochs = 10, .dropout = 0.2});
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

static void assert_file_is_named(void)
{
    const char *path = path_of("run.bpb"), *said = bpb_error();
    const size_t n = strlen(said), tail = strlen(path);
    assert_true(strstr(said, " checkpoint ") || strstr(said, "the file "));
    assert_true(n > tail + 2 && strcmp(said + n - tail, path) == 0);
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
        assert_file_is_named();
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
        assert_file_is_named();
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
    char said[512];
    snprintf(said, sizeof said, "%s", bpb_error());
    assert_ok(try_resume(net, &three));
    assert_string_equal(bpb_error(), said); /* the file's wisdom was refused, and not needed */
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_FORMAT);
    free(bytes);
    BPB(net_destroy)(&net);
}

static void checkpoint__that_cannot_be_written_ends_the_run(void **state)
{
    (void)state;
    char sentence[512];
    net_t *net = make_net();
    bpb_train_options options = three;
    options.checkpoint.path = path_of("no such folder/run.bpb");
    assert_int_equal(BPB(train)(net, &data, &options, NULL), BPB_ERR_IO);
    snprintf(sentence, sizeof sentence,
             "the file cannot be written (no such file or directory): %s", options.checkpoint.path);
    assert_string_equal(bpb_error(), sentence);
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
        cmocka_unit_test(checkpoint__of_an_optimiser_with_other_options_is_refused),
        cmocka_unit_test(checkpoint__with_a_decay_in_the_last_bit_is_resumed),
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
