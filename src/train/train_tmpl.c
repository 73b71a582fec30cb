/* SPDX-License-Identifier: BSD-3-Clause */
/* The training loop: one user of the public calls. */
#include <math.h>
#include <string.h>

#include "train/run_tmpl.h"
#include "base/clock.h"

static bool stopped(struct run *run, int (*callback)(const bpb_progress *, void *))
{
    if (!callback)
        return false;
    fpenv_leave(&run->env);
    const int stop = callback(&run->progress, run->options->user);
    fpenv_enter(&run->env);
    return stop != 0;
}

/* ---- The end of an epoch ---- */

static bpb_status score_set(struct run *run, int i, bpb_score *score)
{
    const set_t *set = BPB(set_of)(run->data, i);
    if (BPB(set_columns)(set) == 0)
        return BPB_OK;
    return BPB(set_evaluate)(set, run->net, run->work, &run->stage, run->pass, score);
}

static bpb_status score_epoch(struct run *run)
{
    bpb_progress *progress = &run->progress;
    if (!run->options->no_train_score)
        TRY(score_set(run, 0, &progress->train));
    TRY(score_set(run, 1, &progress->validation));
    return score_set(run, 2, &progress->test);
}

/* The epoch's scores, and what follows from them. */
static bpb_status close_epoch(struct run *run)
{
    const struct shape *shape = run->net->shape;
    TRY(score_epoch(run));
    if (bpb_judge_epoch(&run->judge, &run->progress, &run->options->stop, &run->schedule) &&
        run->best)
        memcpy(run->best, run->net->theta, shape->parameters * sizeof *run->best);
    run->progress.best_epoch = run->judge.best_epoch;
    if (run->keeper.history)
        run->keeper.history[run->epochs] = run->progress;
    run->epochs++;
    return BPB_OK;
}

/* ---- Epochs ---- */

/* The steps of an epoch from the first that has not been made. BPB_STOPPED. */
static bpb_status make_steps(struct run *run)
{
    bpb_progress *progress = &run->progress;
    const double begin = seconds_now() - progress->seconds;
    while (progress->step < progress->steps && !run->out_of_time) {
        const bpb_status status = BPB(run_step)(run);
        if (status)
            return status;
        const double time = seconds_now();
        progress->seconds = time - begin;
        run->out_of_time = run->options->stop.seconds > 0 &&
                           time - run->start >= run->options->stop.seconds;
        if (stopped(run, run->options->on_step))
            return BPB_STOPPED;
        const bpb_status kept = BPB(run_keep_if_due)(run, time);
        if (kept)
            return kept;
    }
    return BPB_OK;
}

static bpb_status keep_epoch(struct run *run)
{
    const bpb_checkpoint *rule = &run->options->checkpoint;
    return rule->path && rule->steps == 0 && rule->seconds == 0 ? BPB(run_keep)(run) : BPB_OK;
}

/* Unless a resumed run stands in the midst of it. */
static void begin_epoch(struct run *run)
{
    if (run->progress.epoch > run->epochs)
        return;
    run->progress.epoch++;
    run->progress.step = 0;
    run->progress.seconds = 0;
}

static bpb_status make_epoch(struct run *run)
{
    begin_epoch(run);
    if (!run->options->no_shuffle)
        TRY(bpb_shuffle(run->order, run->n, run->options->seed, run->progress.epoch));
    bpb_status status = make_steps(run);
    if (status || run->progress.step < run->progress.steps)
        return status;
    status = BPB(run_check_theta)(run);
    if (status)
        return status;
    TRY(close_epoch(run));
    if (stopped(run, run->options->on_epoch))
        return BPB_STOPPED;
    return keep_epoch(run);
}

/* Why the run is over, before its next epoch; BPB_END_EPOCHS too where it is not. */
static bpb_end end_of(const struct run *run)
{
    const bpb_end end = bpb_judge_end(&run->judge, &run->options->stop, &run->schedule);
    return end == BPB_END_EPOCHS && run->out_of_time ? BPB_END_TIME : end;
}

static bpb_status make_epochs(struct run *run)
{
    bpb_status status = BPB_OK;
    while (!status && end_of(run) == BPB_END_EPOCHS && run->epochs < run->progress.epochs)
        status = make_epoch(run);
    return status;
}

/* ---- The run ---- */

/* What a resumed run has behind it. */
static bool tell_history(struct run *run)
{
    const bpb_progress at = run->progress;
    bool stop = false;
    for (size_t i = 0; i < run->epochs && !stop; i++) {
        run->progress = run->keeper.history[i];
        stop = stopped(run, run->options->on_epoch);
    }
    run->progress = at;
    return stop;
}

static bpb_end end_for(const struct run *run, bpb_status status)
{
    switch (status) {
    case BPB_STOPPED:
        return BPB_END_CALLBACK;
    case BPB_NONFINITE:
        return BPB_END_NONFINITE;
    case BPB_LOST:
        return BPB_END_LOST;
    case BPB_OK:
        return end_of(run);
    default:
        return BPB_END_ERROR;
    }
}

/* The net's weights at the end. */
static bpb_kept settle(struct run *run, bpb_status status)
{
    if (!run->best || run->judge.best_epoch == 0)
        return status == BPB_LOST ? BPB_KEPT_NONE : BPB_KEPT_LAST;
    memcpy(run->net->theta, run->best, run->net->shape->parameters * sizeof *run->best);
    return BPB_KEPT_BEST;
}

/* Keep what a run has come to, and report it. */
static bpb_status finish(struct run *run, bpb_status status)
{
    bpb_status kept = BPB_OK;
    if (status == BPB_OK || status == BPB_STOPPED)
        kept = run->options->checkpoint.path ? BPB(run_keep)(run) : BPB(run_check_theta)(run);
    status = kept ? kept : status;
    run->report.end = end_for(run, status);
    run->report.kept = settle(run, status);
    run->report.last = run->progress;
    return status;
}

static bpb_status go(struct run *run)
{
    bpb_status status = BPB(sets_scan)(run->data, &run->report);
    if (status) {
        run->report.end = BPB_END_NONFINITE;
        run->report.last = run->progress;
        return status;
    }
    TRY(BPB(run_resume)(run));
    run->start = run->keeper.kept_at = seconds_now();
    status = tell_history(run) ? BPB_STOPPED : make_epochs(run);
    return finish(run, status);
}

/* bpb_train, bpbf_train */
bpb_status BPB(train)(net_t *net, const data_t *data, const bpb_train_options *options,
                      bpb_train_report *report)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(data);
    REQUIRE_POINTER(options);
    struct run run = {.net = net, .data = data, .options = options};
    fpenv_enter(&run.env);
    bpb_status status = BPB(sets_check)(net, data);
    if (!status)
        status = BPB(run_options)(&run);
    if (!status)
        status = go(&run);
    BPB(run_free)(&run);
    fpenv_leave(&run.env);
    if (report && (status >= 0 || run.report.end == BPB_END_ERROR))
        *report = run.report;
    return status;
}
