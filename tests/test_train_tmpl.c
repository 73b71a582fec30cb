/* SPDX-License-Identifier: BSD-3-Clause */
/* The training loop: against the same run by hand, and what it promises besides. */
#include "support_tmpl.h"

/* OpenBLAS's own, NULL where another BLAS is linked. */
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { N_IN = 6, N_OUT = 3, COLUMNS = 23 };
static const size_t units[] = {N_IN, 9, N_OUT};

/* A net and columns of random data for it. */
struct run {
    net_t *net;
    real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
    data_t data;
};

static net_t *make_net(bpb_activation hidden, bpb_activation output)
{
    net_t *net = NULL;
    const bpb_net_options options = {
        .sizes = units, .n_sizes = 3, .hidden = hidden, .output = output, .seed = 3};
    assert_ok(BPB(net_create)(&net, &options));
    return net;
}

static struct run *make_run(void)
{
    struct run *run = allocate(1, sizeof *run);
    struct rng rng = {1};
    run->net = make_net(BPB_TANH, BPB_SIGMOID);
    fill_uniform(&rng, N_IN * COLUMNS, -1, 1, run->X);
    fill_uniform(&rng, N_OUT * COLUMNS, 0, 1, run->T);
    run->data.train.X = BPB(samples)(run->X, COLUMNS, N_IN);
    run->data.train.T = BPB(values)(BPB(samples)(run->T, COLUMNS, N_OUT));
    return run;
}

static void free_run(struct run *run)
{
    BPB(net_destroy)(&run->net);
    free(run);
}

static real *copy_theta(const net_t *net)
{
    real *theta = make_reals(BPB(net_parameters)(net));
    memcpy(theta, BPB(net_ctheta)(net), BPB(net_parameters)(net) * sizeof *theta);
    return theta;
}

static void set_theta(net_t *net, const real *theta)
{
    memcpy(BPB(net_theta)(net), theta, BPB(net_parameters)(net) * sizeof *theta);
}

static void assert_theta_is(const net_t *net, const real *theta)
{
    assert_same_bits(BPB(net_parameters)(net), BPB(net_ctheta)(net), theta);
}

/* ---- By hand ---- */

/* Columns order[0 .. B-1] of V; index is what the view refers to. */
static view_t pick(view_t V, const size_t *order, size_t B, size_t *index)
{
    for (size_t j = 0; j < B; j++)
        index[j] = V.index ? V.index[order[j]] : order[j];
    V.index = index;
    V.cols = B;
    return V;
}

/* Where a run by hand ended. */
struct by_hand {
    bpb_status status;
    size_t epoch, step; /* the last one made, from 1 */
};

static bpb_status step_by_hand(net_t *net, work_t *work, const data_t *data, const size_t *order,
                               size_t B, const bpb_sgd_rule *rule)
{
    size_t index_X[COLUMNS], index_T[COLUMNS];
    return BPB(sgd_step)(net, work, pick(data->train.X, order, B, index_X),
                         BPB(values)(pick(data->train.T.view, order, B, index_T)), rule, NULL);
}

/* What bpb_train does for these options, all of them given, to the last of this many steps. */
static struct by_hand train_by_hand(net_t *net, const data_t *data,
                                    const bpb_train_options *options, size_t most_steps)
{
    const size_t n = data->train.X.cols, batch = options->batch;
    const bpb_sgd_rule rule = {.eta = options->eta,
                               .decay = options->lambda / (double)n,
                               .decay_biases = options->decay_biases};
    plan_t *plan = NULL;
    work_t *work = NULL;
    struct by_hand end = {0};
    size_t order[COLUMNS];
    assert_ok(BPB(plan_create)(&plan, net, &(bpb_plan_options){.batch = batch}));
    assert_ok(BPB(work_create)(&work, plan));
    for (size_t j = 0; j < n; j++)
        order[j] = j;
    for (size_t epoch = 1; !end.status && epoch <= options->epochs; epoch++) {
        if (!options->no_shuffle)
            assert_ok(bpb_shuffle(order, n, options->seed, epoch));
        end.epoch = epoch;
        end.step = 0;
        for (size_t first = 0; !end.status && first < n && most_steps > 0; first += batch) {
            const size_t B = n - first < batch ? n - first : batch;
            end.status = step_by_hand(net, work, data, order + first, B, &rule);
            end.step += end.status == BPB_OK;
            most_steps--;
        }
    }
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return end;
}

/* Train one net by both ways from the same start: the same bits. */
static void check_by_hand(struct run *run, const bpb_train_options *options)
{
    real *start = copy_theta(run->net);
    assert_int_equal(train_by_hand(run->net, &run->data, options, SIZE_MAX).status, BPB_OK);
    real *expected = copy_theta(run->net);
    set_theta(run->net, start);
    assert_ok(BPB(train)(run->net, &run->data, options, NULL));
    assert_theta_is(run->net, expected);
    assert_true(memcmp(start, expected, sizeof *start) != 0);
    set_theta(run->net, start);
    free(start);
    free(expected);
}

/* 23 columns by 5: the last of an epoch has 3. */
static const bpb_train_options five = {.eta = 0.8, .batch = 5, .epochs = 3, .seed = 4};

static void train__equals_the_same_run_by_hand(void **state)
{
    (void)state;
    struct run *run = make_run();
    bpb_train_options options = five;
    check_by_hand(run, &options);
    options.no_train_score = 1;
    check_by_hand(run, &options);
    options.no_shuffle = 1;
    check_by_hand(run, &options);
    options.batch = 1;
    check_by_hand(run, &options);
    options.batch = COLUMNS;
    check_by_hand(run, &options);
    free_run(run);
}

static void train__decays_by_lambda_over_n(void **state)
{
    (void)state;
    struct run *run = make_run();
    bpb_train_options options = five;
    options.lambda = 2.5;
    check_by_hand(run, &options);
    options.decay_biases = 1;
    check_by_hand(run, &options);
    free_run(run);
}

static void train__takes_views_with_an_index(void **state)
{
    (void)state;
    struct run *run = make_run();
    static const size_t upside_down[N_IN] = {5, 4, 3, 2, 1, 0};
    size_t odd[COLUMNS / 2];
    real by_rows[N_OUT * COLUMNS];
    for (size_t j = 0; j < COUNT(odd); j++)
        odd[j] = 2 * (COUNT(odd) - 1 - j) + 1;
    for (size_t j = 0; j < COLUMNS; j++)
        for (size_t i = 0; i < N_OUT; i++)
            by_rows[i * COLUMNS + j] = run->T[j * N_OUT + i];
    run->data.train.X.row_index = upside_down;
    run->data.train.X.ld = N_IN;
    run->data.train.X.index = odd;
    run->data.train.X.cols = COUNT(odd);
    run->data.train.T.view = (view_t){
        .data = by_rows, .rows = N_OUT, .cols = COUNT(odd), .ld = 1, .row_stride = COLUMNS};
    check_by_hand(run, &five);
    free_run(run);
}

/* A view of one column may have any ld. */
static void train__takes_a_single_column(void **state)
{
    (void)state;
    struct run *run = make_run();
    bpb_train_options options = five;
    options.batch = 1;
    run->data.train.X.cols = run->data.train.T.view.cols = 1;
    check_by_hand(run, &options);
    real *start = copy_theta(run->net);
    assert_ok(BPB(train)(run->net, &run->data, &options, NULL));
    real *expected = copy_theta(run->net);
    set_theta(run->net, start);
    run->data.train.X.ld = run->data.train.T.view.ld = 1;
    assert_ok(BPB(train)(run->net, &run->data, &options, NULL));
    assert_theta_is(run->net, expected);
    free(start);
    free(expected);
    free_run(run);
}

/* Batch 10, 30 epochs; a batch of more than the columns is one of all. */
static void train__has_the_documented_defaults(void **state)
{
    (void)state;
    static const bpb_train_options pairs[][2] = {
        {{.eta = 0.3, .seed = 9}, {.eta = 0.3, .seed = 9, .batch = 10, .epochs = 30}},
        {{.eta = 0.3, .batch = 1000, .epochs = 2}, {.eta = 0.3, .batch = COLUMNS, .epochs = 2}},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct run *run = make_run(), *by_hand = make_run();
        assert_ok(BPB(train)(run->net, &run->data, &pairs[i][0], NULL));
        train_by_hand(by_hand->net, &by_hand->data, &pairs[i][1], SIZE_MAX);
        assert_theta_is(run->net, BPB(net_ctheta)(by_hand->net));
        free_run(run);
        free_run(by_hand);
    }
}

static void train__repeats_its_bits(void **state)
{
    (void)state;
    struct run *first = make_run(), *second = make_run(), *other = make_run();
    bpb_train_options options = five;
    assert_ok(BPB(train)(first->net, &first->data, &options, NULL));
    assert_ok(BPB(train)(second->net, &second->data, &options, NULL));
    assert_theta_is(second->net, BPB(net_ctheta)(first->net));
    options.seed++;
    assert_ok(BPB(train)(other->net, &other->data, &options, NULL));
    assert_memory_not_equal(BPB(net_ctheta)(other->net), BPB(net_ctheta)(first->net),
                            N_IN * sizeof(real));
    free_run(first);
    free_run(second);
    free_run(other);
}

/* ---- Learning ---- */

static void train__learns_xor(void **state)
{
    (void)state;
    static const size_t xor_units[] = {2, 4, 1};
    static const real X[] = {0, 0, 0, 1, 1, 0, 1, 1}, T[] = {0, 1, 1, 0};
    const data_t data = {
        .train = {.X = BPB(samples)(X, 4, 2), .T = BPB(labels)(BPB(samples)(T, 4, 1))}};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = xor_units,
                                                       .n_sizes = 3,
                                                       .hidden = BPB_TANH,
                                                       .loss = BPB_CROSS_ENTROPY,
                                                       .seed = 1}));
    bpb_train_report report;
    assert_ok(BPB(train)(net, &data, &(bpb_train_options){.eta = 0.5, .batch = 4, .epochs = 600},
                         &report));
    assert_int_equal(report.last.train.correct, 4);
    assert_true(report.last.train.loss < 0.1);
    BPB(net_destroy)(&net);
}

enum { CLASSES = 3, SAMPLES = 300 };

/* Points around three corners of a triangle, and their classes one-hot. */
static void draw_classes(struct rng *rng, real X[2 * SAMPLES], real T[CLASSES * SAMPLES])
{
    static const double corner[CLASSES][2] = {{-1, 0}, {1, 0}, {0, 2}};
    memset(T, 0, CLASSES * SAMPLES * sizeof *T);
    for (size_t j = 0; j < SAMPLES; j++) {
        const size_t class = j % CLASSES;
        T[j * CLASSES + class] = 1;
        for (size_t i = 0; i < 2; i++)
            X[2 * j + i] = (real)(corner[class][i] + rng_uniform(rng, -0.8, 0.8));
    }
}

static void train__learns_to_classify_what_it_has_not_seen(void **state)
{
    (void)state;
    static const size_t class_units[] = {2, 10, CLASSES};
    real X[2 * SAMPLES], T[CLASSES * SAMPLES], X_test[2 * SAMPLES], T_test[CLASSES * SAMPLES];
    struct rng rng = {2};
    draw_classes(&rng, X, T);
    draw_classes(&rng, X_test, T_test);
    const data_t data = {.train = {.X = BPB(samples)(X, SAMPLES, 2),
                                   .T = BPB(classes)(BPB(samples)(T, SAMPLES, CLASSES))},
                         .test = {.X = BPB(samples)(X_test, SAMPLES, 2),
                                  .T = BPB(classes)(BPB(samples)(T_test, SAMPLES, CLASSES))}};
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = class_units,
                                                       .n_sizes = 3,
                                                       .hidden = BPB_RELU,
                                                       .output = BPB_SOFTMAX,
                                                       .loss = BPB_CROSS_ENTROPY,
                                                       .init = BPB_INIT_HE_NORMAL,
                                                       .seed = 1}));
    bpb_score before;
    bpb_train_report report;
    assert_ok(BPB(evaluate)(net, data.test.X, data.test.T, &before, NULL));
    assert_ok(BPB(train)(net, &data, &(bpb_train_options){.eta = 0.2, .lambda = 0.01, .epochs = 20},
                         &report));
    assert_true(before.accuracy < 0.8);
    assert_true(report.last.test.accuracy >= 0.95 && report.last.train.accuracy >= 0.95);
    assert_true(report.last.test.loss < before.loss / 4);
    BPB(net_destroy)(&net);
}

/* ---- Progress, callbacks, report ---- */

static void assert_same_score(const bpb_score *got, const bpb_score *want)
{
    assert_true(got->loss == want->loss && got->accuracy == want->accuracy);
    assert_int_equal(got->columns, want->columns);
    assert_int_equal(got->correct, want->correct);
    assert_int_equal(got->nonfinite, want->nonfinite);
    assert_int_equal(got->has_accuracy, want->has_accuracy);
}

/* What the callbacks of a run have seen. */
struct witness {
    struct run *run;
    size_t steps, epochs;         /* calls so far */
    size_t stop_step, stop_epoch; /* stop at this call; 0: never */
    bool scores_train;
    bpb_progress last;
};

static void assert_scores_of_the_net(const struct witness *witness, const bpb_progress *progress)
{
    const data_t *data = &witness->run->data;
    bpb_score train = {0}, validation, test;
    if (witness->scores_train)
        assert_ok(BPB(evaluate)(witness->run->net, data->train.X, data->train.T, &train, NULL));
    assert_ok(BPB(evaluate)(witness->run->net, data->validation.X, data->validation.T, &validation,
                            NULL));
    assert_ok(BPB(evaluate)(witness->run->net, data->test.X, data->test.T, &test, NULL));
    assert_same_score(&progress->train, &train);
    assert_same_score(&progress->validation, &validation);
    assert_same_score(&progress->test, &test);
}

static void assert_progress(const bpb_progress *progress, size_t epoch, size_t step)
{
    assert_int_equal(progress->epoch, epoch);
    assert_int_equal(progress->epochs, 3);
    assert_int_equal(progress->step, step);
    assert_int_equal(progress->steps, 5);
    assert_true(progress->eta == five.eta);
    assert_true(progress->seconds > 0 && progress->seconds < 60);
}

/* Within an epoch the scores are those of the epoch before. */
static int on_step(const bpb_progress *progress, void *user)
{
    struct witness *witness = user;
    assert_progress(progress, witness->steps / 5 + 1, witness->steps % 5 + 1);
    assert_int_equal(witness->epochs, witness->steps / 5);
    assert_same_score(&progress->train, &witness->last.train);
    assert_same_score(&progress->validation, &witness->last.validation);
    assert_same_score(&progress->test, &witness->last.test);
    return ++witness->steps == witness->stop_step ? -1 : 0;
}

static int on_epoch(const bpb_progress *progress, void *user)
{
    struct witness *witness = user;
    witness->epochs++;
    assert_progress(progress, witness->epochs, 5);
    assert_scores_of_the_net(witness, progress);
    witness->last = *progress;
    return witness->epochs == witness->stop_epoch ? 7 : 0;
}

/* A run with validation and test, watched by both callbacks. */
static bpb_status train_watched(struct witness *witness, bpb_train_report *report)
{
    struct run *run = witness->run;
    bpb_train_options options = five;
    options.no_train_score = !witness->scores_train;
    options.on_step = on_step;
    options.on_epoch = on_epoch;
    options.user = witness;
    run->data.validation.X = BPB(samples)(run->X + 2 * N_IN, 9, N_IN);
    run->data.validation.T = BPB(classes)(BPB(samples)(run->T + 2 * N_OUT, 9, N_OUT));
    run->data.test.X = BPB(samples)(run->X + 12 * N_IN, 7, N_IN);
    run->data.test.T = BPB(labels)(BPB(samples)(run->T + 12 * N_OUT, 7, N_OUT));
    return BPB(train)(run->net, &run->data, &options, report);
}

static void train__reports_every_step_and_epoch(void **state)
{
    (void)state;
    for (int scores_train = 0; scores_train <= 1; scores_train++) {
        struct witness witness = {.run = make_run(), .scores_train = scores_train};
        bpb_train_report report;
        memset(&report, 0xff, sizeof report);
        assert_ok(train_watched(&witness, &report));
        assert_int_equal(witness.steps, 15);
        assert_int_equal(witness.epochs, 3);
        assert_progress(&report.last, 3, 5);
        assert_scores_of_the_net(&witness, &report.last);
        assert_int_equal(report.in, 0);
        free_run(witness.run);
    }
}

/* The net and the report of a stopped run are those of this many steps by hand. */
static void check_stop(struct witness *witness, size_t steps)
{
    struct run *by_hand = make_run();
    bpb_train_report report;
    assert_int_equal(train_watched(witness, &report), BPB_STOPPED);
    const struct by_hand end = train_by_hand(by_hand->net, &by_hand->data, &five, steps);
    assert_theta_is(witness->run->net, BPB(net_ctheta)(by_hand->net));
    assert_int_equal(witness->steps, steps);
    assert_true(end.status == BPB_OK);
    assert_progress(&report.last, (steps - 1) / 5 + 1, (steps - 1) % 5 + 1);
    free_run(by_hand);
}

static void train__stops_where_a_callback_says_so(void **state)
{
    (void)state;
    static const size_t stops[][2] = {{1, 0}, {7, 0}, {15, 0}, {0, 1}, {0, 2}};
    for (size_t i = 0; i < COUNT(stops); i++) {
        struct witness witness = {.run = make_run(),
                                  .stop_step = stops[i][0],
                                  .stop_epoch = stops[i][1],
                                  .scores_train = true};
        check_stop(&witness, stops[i][0] ? stops[i][0] : 5 * stops[i][1]);
        free_run(witness.run);
    }
}

/* ---- Values that are not finite ---- */

/* Put a NaN or an infinity at row 1 of column `where` of matrix 1 .. 6, and train. */
static void check_named(int matrix, bool indexed)
{
    struct run *run = make_run();
    real X[N_IN * COLUMNS], T[N_OUT * COLUMNS];
    memcpy(X, run->X, sizeof X);
    memcpy(T, run->T, sizeof T);
    static const size_t index[] = {20, 3, 17, 8, 5};
    view_t *const all[] = {
        &run->data.train.X,           &run->data.train.T.view, &run->data.validation.X,
        &run->data.validation.T.view, &run->data.test.X,       &run->data.test.T.view};
    for (int i = 0; i < 6; i++) {
        *all[i] =
            i % 2 ? BPB(samples)(run->T, COLUMNS, N_OUT) : BPB(samples)(run->X, COLUMNS, N_IN);
        if (i + 1 == matrix || i + 1 == (matrix - 1) / 2 * 2 + 1)
            *all[i] = i % 2 ? BPB(samples)(T, COLUMNS, N_OUT) : BPB(samples)(X, COLUMNS, N_IN);
        if (indexed)
            all[i]->index = index, all[i]->cols = COUNT(index);
    }
    (matrix % 2 ? X : T)[8 * (matrix % 2 ? N_IN : N_OUT) + 1] =
        matrix % 3 ? (real)NAN : -(real)INFINITY;
    bpb_train_report report;
    real *before = copy_theta(run->net);
    assert_int_equal(BPB(train)(run->net, &run->data, &five, &report), BPB_NONFINITE);
    assert_int_equal(BPB(train)(run->net, &run->data, &five, NULL), BPB_NONFINITE);
    assert_int_equal(report.in, matrix);
    assert_int_equal(report.where.row, 1);
    assert_int_equal(report.where.col, indexed ? 3 : 8);
    assert_int_equal(report.end, BPB_END_NONFINITE);
    assert_int_equal(report.last.epoch, 0);
    assert_int_equal(report.last.epochs, five.epochs);
    assert_theta_is(run->net, before);
    free(before);
    free_run(run);
}

static void train__names_the_value_that_is_not_finite(void **state)
{
    (void)state;
    for (int matrix = 1; matrix <= 6; matrix++) {
        check_named(matrix, false);
        check_named(matrix, true);
    }
}

/* With identities and a huge rate the error grows until it overflows. */
static void train__ends_before_the_step_that_is_not_finite(void **state)
{
    (void)state;
    struct run *run = make_run();
    net_t *by_hand = make_net(BPB_IDENTITY, BPB_IDENTITY);
    BPB(net_destroy)(&run->net);
    run->net = make_net(BPB_IDENTITY, BPB_IDENTITY);
    bpb_train_options options = five;
    options.eta = 3;
    options.epochs = 100;
    bpb_train_report report;
    const struct by_hand end = train_by_hand(by_hand, &run->data, &options, SIZE_MAX);
    assert_int_equal(end.status, BPB_NONFINITE);
    assert_true(end.epoch * 5 + end.step > 7);
    assert_int_equal(BPB(train)(run->net, &run->data, &options, &report), BPB_NONFINITE);
    assert_theta_is(run->net, BPB(net_ctheta)(by_hand));
    assert_true(report.in >= BPB_IN_A && report.where.col < COLUMNS);
    assert_int_equal(report.end, BPB_END_NONFINITE);
    assert_int_equal(report.kept, BPB_KEPT_LAST);
    assert_int_equal(report.last.epoch, end.epoch);
    assert_int_equal(report.last.step, end.step);
    BPB(net_destroy)(&by_hand);
    free_run(run);
}

/* ---- Threads of the BLAS ---- */

static int stop(const bpb_progress *progress, void *user)
{
    (void)progress, (void)user;
    return 1;
}

/* The callers' number is given back after every pass and every end of a run. */
static void check_threads(struct run *run, int threads)
{
    bpb_train_options options = five;
    bpb_score score;
    double E;
    struct machine machine = {.net = run->net};
    assert_ok(BPB(plan_create)(&machine.plan, machine.net, NULL));
    assert_ok(BPB(work_create)(&machine.work, machine.plan));
    openblas_set_num_threads(threads);
    assert_ok(BPB(loss)(machine.net, machine.work, run->data.train.X, run->data.train.T, &E));
    assert_int_equal(openblas_get_num_threads(), threads);
    assert_ok(BPB(evaluate)(machine.net, run->data.train.X, run->data.train.T, &score, NULL));
    assert_int_equal(openblas_get_num_threads(), threads);
    assert_ok(BPB(train)(run->net, &run->data, &options, NULL));
    assert_int_equal(openblas_get_num_threads(), threads);
    options.on_step = stop;
    assert_int_equal(BPB(train)(run->net, &run->data, &options, NULL), BPB_STOPPED);
    assert_int_equal(openblas_get_num_threads(), threads);
    BPB(work_destroy)(&machine.work);
    BPB(plan_destroy)(&machine.plan);
}

static void passes__give_the_threads_of_the_blas_back(void **state)
{
    (void)state;
    if (!openblas_get_num_threads || !openblas_set_num_threads)
        skip();
    const int before = openblas_get_num_threads();
    struct run *run = make_run();
    check_threads(run, 1);
    check_threads(run, 2);
    openblas_set_num_threads(before);
    free_run(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(train__equals_the_same_run_by_hand),
        cmocka_unit_test(train__decays_by_lambda_over_n),
        cmocka_unit_test(train__takes_views_with_an_index),
        cmocka_unit_test(train__takes_a_single_column),
        cmocka_unit_test(train__has_the_documented_defaults),
        cmocka_unit_test(train__repeats_its_bits),
        cmocka_unit_test(train__learns_xor),
        cmocka_unit_test(train__learns_to_classify_what_it_has_not_seen),
        cmocka_unit_test(train__reports_every_step_and_epoch),
        cmocka_unit_test(train__stops_where_a_callback_says_so),
        cmocka_unit_test(train__names_the_value_that_is_not_finite),
        cmocka_unit_test(train__ends_before_the_step_that_is_not_finite),
        cmocka_unit_test(passes__give_the_threads_of_the_blas_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
