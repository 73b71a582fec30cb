/* SPDX-License-Identifier: BSD-3-Clause */
/* The training loop: one user of the public calls. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "fpenv.h"
#include "net/net_tmpl.h"
#include "net/view_tmpl.h"
#include "pass/pass_tmpl.h"

#define DEFAULT_BATCH 10
#define DEFAULT_EPOCHS 30

/* A run from its start to its end. */
struct BPB(run) {
    BPB(net) * net;
    const BPB(data) * data;
    const bpb_train_options *options;
    BPB(plan) * plan;
    BPB(work) * work;
    size_t n, batch;
    size_t *order;            /* n: the shuffled columns */
    size_t *index_X, *index_T; /* batch each: where the columns of a mini-batch stand in X, T */
    bpb_sgd_rule rule;
    bpb_progress progress;
    struct fpenv env; /* the caller's: callbacks run in it */
};

/* Matrix i = 1..6 of the data, as bpb_train_report numbers them. */
static const BPB(cview) *matrix_of(const BPB(data) * data, int i)
{
    const BPB(cview) *const all[] = {&data->X,          &data->T,      &data->X_validation,
                                     &data->T_validation, &data->X_test, &data->T_test};
    return all[i - 1];
}

static bpb_status check_pair(const BPB(net) * net, BPB(cview) X, BPB(cview) T)
{
    TRY(BPB(view_check)(X, shape_inputs(net->shape)));
    TRY(BPB(targets_check)(net->shape, T));
    REQUIRE(X.cols == T.cols, BPB_ERR_SHAPE);
    return BPB_OK;
}

static bpb_status check_data(const BPB(net) * net, const BPB(data) * data)
{
    for (int i = 1; i <= 5; i += 2) {
        const BPB(cview) X = *matrix_of(data, i), T = *matrix_of(data, i + 1);
        if (i == 1 || X.data || T.data)
            TRY(check_pair(net, X, T));
    }
    return BPB_OK;
}

static bpb_status check_options(const bpb_train_options *options)
{
    REQUIRE(isfinite(options->eta) && options->eta > 0, BPB_ERR_OPTION);
    REQUIRE(isfinite(options->lambda) && options->lambda >= 0, BPB_ERR_OPTION);
    REQUIRE(is_flag(options->decay_biases) && is_flag(options->no_shuffle), BPB_ERR_OPTION);
    REQUIRE(is_flag(options->no_train_score), BPB_ERR_OPTION);
    return BPB_OK;
}

/* The first value of the data that is not finite, into the report. */
static bpb_status scan_data(const BPB(data) * data, bpb_train_report *report)
{
    for (int i = 1; i <= 6; i++) {
        if (!matrix_of(data, i)->data)
            continue;
        report->in_data = i;
        if (BPB(find_nonfinite)(*matrix_of(data, i), &report->where) == BPB_NONFINITE)
            return BPB_NONFINITE;
    }
    report->in_data = 0;
    return BPB_OK;
}

static void destroy_run(struct BPB(run) * run)
{
    BPB(work_destroy)(&run->work);
    BPB(plan_destroy)(&run->plan);
    free(run->order);
    free(run->index_X);
    free(run->index_T);
}

static bpb_status alloc_run(struct BPB(run) * run)
{
    run->order = malloc(run->n * sizeof *run->order);
    run->index_X = malloc(run->batch * sizeof *run->index_X);
    run->index_T = malloc(run->batch * sizeof *run->index_T);
    REQUIRE(run->order && run->index_X && run->index_T, BPB_ERR_MEMORY);
    const bpb_plan_options plan = {.batch = run->batch,
                                   .threads = run->options->threads,
                                   .planning = run->options->planning,
                                   .wisdom = run->options->wisdom};
    TRY(BPB(plan_create)(&run->plan, run->net, &plan));
    TRY(BPB(work_create)(&run->work, run->plan));
    for (size_t i = 0; i < run->n; i++)
        run->order[i] = i;
    return BPB_OK;
}

static bpb_status start_run(struct BPB(run) * run, BPB(net) * net, const BPB(data) * data,
                            const bpb_train_options *options)
{
    const size_t n = data->X.cols;
    const size_t batch = BPB_MIN(options->batch ? options->batch : DEFAULT_BATCH, n);
    *run = (struct BPB(run)){
        .env = run->env,
        .net = net,
        .data = data,
        .options = options,
        .n = n,
        .batch = batch,
        .rule = {.eta = options->eta,
                 .decay = options->lambda / (double)n,
                 .decay_biases = options->decay_biases},
        .progress = {.epochs = options->epochs ? options->epochs : DEFAULT_EPOCHS,
                     .steps = (n - 1) / batch + 1,
                     .eta = options->eta},
    };
    return alloc_run(run);
}

/* Columns order[first ..] of V, B of them; index is the view's to keep. */
static BPB(cview) pick(BPB(cview) V, const size_t *order, size_t B, size_t *index)
{
    for (size_t j = 0; j < B; j++)
        index[j] = V.index ? V.index[order[j]] : order[j];
    V = BPB(view_resolve)(V);
    V.index = index;
    V.cols = B;
    return V;
}

static bpb_status step(struct BPB(run) * run)
{
    const size_t first = run->progress.step * run->batch;
    const size_t B = BPB_MIN(run->batch, run->n - first);
    const BPB(cview) X = pick(run->data->X, run->order + first, B, run->index_X);
    const BPB(cview) T = pick(run->data->T, run->order + first, B, run->index_T);
    const bpb_status status = BPB(sgd_step)(run->net, run->work, X, T, &run->rule, NULL);
    run->progress.step += status == BPB_OK;
    return status;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool stopped(struct BPB(run) * run, int (*callback)(const bpb_progress *, void *))
{
    if (!callback)
        return false;
    fpenv_leave(&run->env);
    const int stop = callback(&run->progress, run->options->user);
    fpenv_enter(&run->env);
    return stop != 0;
}

/* The views have been checked, so that the status can only be BPB_NONFINITE: the score says so
 * itself, and it does not end the run. */
static void evaluate(struct BPB(run) * run, BPB(cview) X, BPB(cview) T, bpb_score *score)
{
    if (X.data)
        BPB(evaluate_with)(run->net, run->work, X, T, score);
}

static void score_epoch(struct BPB(run) * run)
{
    const BPB(data) *data = run->data;
    if (!run->options->no_train_score)
        evaluate(run, data->X, data->T, &run->progress.train);
    evaluate(run, data->X_validation, data->T_validation, &run->progress.validation);
    evaluate(run, data->X_test, data->T_test, &run->progress.test);
}

static bpb_status epoch(struct BPB(run) * run)
{
    bpb_progress *progress = &run->progress;
    const double start = now();
    if (!run->options->no_shuffle)
        TRY(bpb_shuffle(run->order, run->n, run->options->seed, progress->epoch));
    progress->step = 0;
    while (progress->step < progress->steps) {
        const bpb_status status = step(run);
        if (status)
            return status;
        progress->seconds = now() - start;
        if (stopped(run, run->options->on_step))
            return BPB_STOPPED;
    }
    score_epoch(run);
    return stopped(run, run->options->on_epoch) ? BPB_STOPPED : BPB_OK;
}

/* From the checked arguments to the end of the run; report as for the public call. */
static bpb_status run_all(struct BPB(run) * run, BPB(net) * net, const BPB(data) * data,
                          const bpb_train_options *options, bpb_train_report *report)
{
    TRY(check_options(options));
    TRY(check_data(net, data));
    bpb_train_report result = {0};
    bpb_status status = scan_data(data, &result);
    if (!status)
        status = start_run(run, net, data, options);
    while (!status && run->progress.epoch < run->progress.epochs) {
        run->progress.epoch++;
        status = epoch(run);
    }
    result.last = run->progress;
    if (report && status >= 0)
        *report = result;
    return status;
}

/* bpb_strain, bpb_dtrain */
bpb_status BPB(train)(BPB(net) * net, const BPB(data) * data, const bpb_train_options *options,
                      bpb_train_report *report)
{
    REQUIRE(net && data && options, BPB_ERR_NULL);
    struct BPB(run) run = {0};
    fpenv_enter(&run.env);
    const bpb_status status = run_all(&run, net, data, options, report);
    destroy_run(&run);
    fpenv_leave(&run.env);
    return status;
}
