/* SPDX-License-Identifier: BSD-3-Clause */
/* One epoch of training: shuffle, gather and steps. */
#include "kit_tmpl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 1

struct trainer {
    struct BENCH(result) result; /* theta is the net's */
    const struct BENCH(problem) *problem;
    net_t *net;
    double seconds; /* of the last epoch, as its report states them */
};

static view_t inputs(const struct BENCH(problem) * problem)
{
    return BPB(samples)(problem->X, problem->samples, problem->shape->units[0]);
}

static targets_t targets(const struct BENCH(problem) * problem)
{
    return BPB(values)(BPB(samples)(problem->T, problem->samples,
                                    problem->shape->units[problem->shape->n_layers]));
}

static bpb_status train(void *state, size_t first)
{
    struct trainer *trainer = state;
    const struct BENCH(problem) *problem = trainer->problem;
    const data_t data = {.train = {.X = inputs(problem), .T = targets(problem)}};
    const bpb_train_options options = {
        .eta = ETA, .batch = problem->batch, .epochs = 1, .seed = SEED, .no_train_score = 1};
    bpb_train_report report;
    (void)first;
    const bpb_status status = BPB(train)(trainer->net, &data, &options, &report);
    if (status >= 0)
        trainer->seconds = report.last.seconds;
    return status;
}

static void restore(void *state)
{
    const struct trainer *trainer = state;
    const net_t *start = trainer->problem->net;
    memcpy(trainer->result.theta, BPB(net_ctheta)(start),
           BPB(net_parameters)(start) * sizeof(real));
}

/* A block of epochs: the sum of the seconds that they report. */
static bpb_status run_reported(void *state, size_t sweeps, double *seconds)
{
    const struct trainer *trainer = state;
    restore(state);
    *seconds = 0;
    for (size_t i = 0; i < sweeps; i++) {
        TRY(train(state, 0));
        *seconds += trainer->seconds;
    }
    return BPB_OK;
}

static void destroy(void *state)
{
    struct trainer *trainer = state;
    BPB(net_destroy)(&trainer->net);
    free(trainer);
}

static bpb_status set_up(struct trainer *trainer, const struct BENCH(problem) *problem)
{
    const bpb_net_options net = case_net(problem->shape);
    trainer->problem = problem;
    TRY(BPB(net_create)(&trainer->net, &net));
    trainer->result.theta = BPB(net_theta)(trainer->net);
    return BPB_OK;
}

/* bench_depoch_create, bench_sepoch_create */
bpb_status BENCH(epoch_create)(struct subject *subject, void *stage, bool own_clock)
{
    const struct BENCH(problem) *problem = BENCH(problem_of)(stage, 1);
    struct trainer *trainer = calloc(1, sizeof *trainer);
    if (trainer == NULL)
        return BPB_ERR_MEMORY;
    *subject = (struct subject){
        .state = trainer,
        .samples = problem->samples,
        .batch = problem->samples,
        .run = {[OP_STEP] = train},
        .clock = own_clock ? run_reported : NULL,
        .restore = restore,
        .destroy = destroy,
    };
    const bpb_status status = set_up(trainer, problem);
    if (status < 0)
        subject_destroy(subject);
    return status;
}

/* The same epoch, step by step. */
struct steps {
    net_t *net;
    plan_t *plan;
    work_t *work;
    size_t *order;
};

static bpb_status run_steps(struct steps *steps, const struct BENCH(problem) *problem)
{
    const bpb_net_options net = case_net(problem->shape);
    const bpb_plan_options plan = {.batch = problem->batch};
    const bpb_sgd_rule rule = {.eta = ETA};
    view_t X = inputs(problem);
    targets_t T = targets(problem);
    TRY(BPB(net_create)(&steps->net, &net));
    TRY(BPB(plan_create)(&steps->plan, steps->net, &plan));
    TRY(BPB(work_create)(&steps->work, steps->plan));
    steps->order = calloc(problem->samples, sizeof *steps->order);
    if (steps->order == NULL)
        return BPB_ERR_MEMORY;
    TRY(bpb_shuffle(steps->order, problem->samples, SEED, 1));
    X.cols = T.view.cols = problem->batch;
    for (size_t first = 0; first < problem->samples; first += problem->batch) {
        X.index = T.view.index = steps->order + first;
        TRY(BPB(sgd_step)(steps->net, steps->work, X, T, &rule, NULL));
    }
    return BPB_OK;
}

/* The largest difference of a and b, over the largest change from the start. */
static double difference(size_t P, const real *start, const real *a, const real *b)
{
    double most = 0, change = 0;
    for (size_t i = 0; i < P; i++) {
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
        change = fmax(change, fabs((double)a[i] - (double)start[i]));
    }
    return change > 0 ? most / change : INFINITY;
}

/* Both do the same operations in the same order, so this limit is generous. */
static bool same_theta(const struct trainer *trainer, const struct steps *steps)
{
    const net_t *start = trainer->problem->net;
    const double limit = 1024 * EPSILON;
    const double found = difference(BPB(net_parameters)(start), BPB(net_ctheta)(start),
                                    trainer->result.theta, BPB(net_ctheta)(steps->net));
    if (found <= limit)
        return true;
    fprintf(stderr,
            PROGRAM ": %s %s: an epoch and its steps differ by %.3g of the largest change\n",
            trainer->problem->shape->name, precision_names[PRECISION], found);
    return false;
}

/* bench_dcheck_epoch, bench_scheck_epoch */
bpb_status BENCH(check_epoch)(const struct subject *epoch, bool *agree)
{
    const struct trainer *trainer = epoch->state;
    struct steps steps = {0};
    bpb_status status = run_steps(&steps, trainer->problem);
    subject_restore(epoch);
    if (status >= 0)
        status = train(epoch->state, 0);
    *agree = status >= 0 && same_theta(trainer, &steps);
    BPB(work_destroy)(&steps.work);
    BPB(plan_destroy)(&steps.plan);
    BPB(net_destroy)(&steps.net);
    free(steps.order);
    return status;
}
