/* SPDX-License-Identifier: BSD-3-Clause */
#include "train/schedule.h"

#include <math.h>

#include "base/fpenv.h"

static const double pi = 3.14159265358979323846;

/* ---- Names ---- */

/* ---- eta ---- */

static bool is_positive(double x)
{
    return isfinite(x) && x > 0;
}

static bool is_known(const bpb_schedule *schedule)
{
    if (schedule->kind == BPB_SCHEDULE_OWN)
        return schedule->own != NULL;
    return bpb_name(BPB_NAMES_SCHEDULE, (int)schedule->kind) && !schedule->own;
}

bpb_status bpb_schedule_complete(bpb_schedule *schedule, double eta_0)
{
    const bool exponential = schedule->kind == BPB_SCHEDULE_EXPONENTIAL;
    REQUIRE(is_known(schedule), BPB_ERR_OPTION);
    if (schedule->factor == 0)
        schedule->factor = exponential ? 0.95 : 0.1;
    if (schedule->kind == BPB_SCHEDULE_HALVING)
        schedule->factor = 0.5;
    if (schedule->every == 0)
        schedule->every = 10;
    if (schedule->rate == 0)
        schedule->rate = 1;
    if (schedule->patience == 0)
        schedule->patience = 10;
    if (schedule->kind == BPB_SCHEDULE_HALVING && schedule->eta_min == 0)
        schedule->eta_min = eta_0 / 128;
    REQUIRE(schedule->factor > 0 && schedule->factor < 1, BPB_ERR_OPTION);
    REQUIRE(is_positive(schedule->every) && is_positive(schedule->rate), BPB_ERR_OPTION);
    REQUIRE(schedule->eta_min >= 0 && schedule->eta_min <= eta_0, BPB_ERR_OPTION);
    REQUIRE(isfinite(schedule->warmup) && schedule->warmup >= 0, BPB_ERR_OPTION);
    return BPB_OK;
}

/* eta = eta_min + (eta_0 - eta_min) / 2 (1 + cos(pi x / epochs)), and eta_min behind the end; eta_0
 * at the beginning, even where a warm-up has left no epochs. */
static double cosine(double eta_min, double eta_0, double x, double epochs)
{
    if (x == 0)
        return eta_0;
    if (x >= epochs)
        return eta_min;
    return eta_min + (eta_0 - eta_min) / 2 * (1 + cos(pi * x / epochs));
}

double bpb_schedule_at(const bpb_schedule *schedule, double eta_0, uint64_t t, size_t steps,
                       size_t epochs)
{
    const double warm = schedule->warmup * (double)steps;
    if ((double)t + 1 < warm)
        return eta_0 * ((double)t + 1) / warm;
    const double x = fmax((double)t / (double)steps - schedule->warmup, 0);
    switch (schedule->kind) {
    case BPB_SCHEDULE_STEP:
        return eta_0 * pow(schedule->factor, floor(x / schedule->every));
    case BPB_SCHEDULE_EXPONENTIAL:
        return eta_0 * pow(schedule->factor, x);
    case BPB_SCHEDULE_INVERSE:
        return eta_0 / (1 + schedule->rate * x);
    case BPB_SCHEDULE_COSINE:
        return cosine(schedule->eta_min, eta_0, x, (double)epochs - schedule->warmup);
    default:
        return eta_0;
    }
}

bpb_status bpb_schedule_eta(const bpb_schedule *schedule, double eta_0, uint64_t t, size_t steps,
                            size_t epochs, double *eta)
{
    REQUIRE(schedule && eta, BPB_ERR_NULL);
    REQUIRE(steps > 0 && epochs > 0, BPB_ERR_SIZE);
    bpb_schedule completed = *schedule;
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = BPB_ERR_OPTION;
    if (schedule->kind != BPB_SCHEDULE_OWN && is_positive(eta_0))
        status = bpb_schedule_complete(&completed, eta_0);
    if (!status)
        *eta = bpb_schedule_at(&completed, eta_0, t, steps, epochs);
    fpenv_leave(&env);
    return status;
}

/* ---- Epochs ---- */

const bpb_score *bpb_judged(const bpb_progress *progress)
{
    if (progress->validation.columns > 0)
        return &progress->validation;
    return progress->train.columns > 0 ? &progress->train : NULL;
}

static bool changes_on_plateaus(const bpb_schedule *schedule)
{
    return schedule->kind == BPB_SCHEDULE_PLATEAU || schedule->kind == BPB_SCHEDULE_HALVING;
}

bool bpb_rules_judge(const bpb_stop *stop, const bpb_schedule *schedule)
{
    return stop->patience > 0 || stop->keep_best || stop->target_loss != 0 ||
           changes_on_plateaus(schedule);
}

/* A plateau has lasted long enough: the next one is lower. */
static void lower_eta(struct judge *judge, const bpb_schedule *schedule)
{
    if (!changes_on_plateaus(schedule) || judge->waited_eta < schedule->patience)
        return;
    judge->eta = fmax(judge->eta * schedule->factor, schedule->eta_min);
    judge->waited_eta = 0;
}

bool bpb_judge_epoch(struct judge *judge, const bpb_progress *progress, const bpb_stop *stop,
                     const bpb_schedule *schedule)
{
    const bpb_score *score = bpb_judged(progress);
    if (!score)
        return false;
    const double value = score->has_accuracy && !stop->by_loss ? score->accuracy : -score->loss;
    const bool first = judge->best_epoch == 0 && !isnan(value);
    const bool is_best = first || value > judge->best + stop->min_delta;
    judge->loss = score->loss;
    judge->waited++;
    judge->waited_eta++;
    if (is_best) {
        judge->best_epoch = progress->epoch;
        judge->best = value;
        judge->waited = judge->waited_eta = 0;
    }
    lower_eta(judge, schedule);
    return is_best;
}

bpb_end bpb_judge_end(const struct judge *judge, const bpb_stop *stop,
                      const bpb_schedule *schedule)
{
    if (stop->target_loss != 0 && judge->loss <= stop->target_loss)
        return BPB_END_TARGET;
    if (stop->patience > 0 && judge->waited >= stop->patience)
        return BPB_END_PATIENCE;
    if (schedule->kind == BPB_SCHEDULE_HALVING && judge->eta <= schedule->eta_min)
        return BPB_END_SCHEDULE;
    return BPB_END_EPOCHS;
}
