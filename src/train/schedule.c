/* SPDX-License-Identifier: BSD-3-Clause */
#include "train/schedule.h"

#include <float.h>
#include <math.h>

#include "base/fpenv.h"
#include "base/ranges.h"

static const double pi = 3.14159265358979323846;

/* ---- eta ---- */

static bpb_status check_kind(const bpb_schedule *schedule)
{
    const bool own = schedule->kind == BPB_SCHEDULE_OWN;
    REQUIRE(own || bpb_name(BPB_NAMES_SCHEDULE, (int)schedule->kind), BPB_ERR_OPTION,
            "schedule.kind is %d, which is no value of bpb_schedule_kind", (int)schedule->kind);
    REQUIRE(!own || schedule->own, BPB_ERR_OPTION,
            "schedule.own is NULL; a schedule of your own requires it");
    REQUIRE(own || !schedule->own, BPB_ERR_OPTION,
            "schedule.own is not NULL and schedule.kind %s; it must be BPB_SCHEDULE_OWN",
            bpb_name(BPB_NAMES_SCHEDULE, (int)schedule->kind));
    return BPB_OK;
}

static void fill_in_defaults(bpb_schedule *schedule, double eta_0)
{
    if (schedule->factor == 0)
        schedule->factor = schedule->kind == BPB_SCHEDULE_EXPONENTIAL ? 0.95 : 0.1;
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
}

bpb_status bpb_schedule_complete(bpb_schedule *schedule, double eta_0)
{
    TRY(check_kind(schedule));
    fill_in_defaults(schedule, eta_0);
    TRY(bpb_option_number("schedule.factor", schedule->factor, OPTION_FRACTION, DBL_MAX));
    TRY(bpb_option_number("schedule.every", schedule->every, OPTION_ABOVE_0, DBL_MAX));
    TRY(bpb_option_number("schedule.rate", schedule->rate, OPTION_ABOVE_0, DBL_MAX));
    TRY(bpb_option_number("schedule.warmup", schedule->warmup, OPTION_AT_LEAST_0, DBL_MAX));
    REQUIRE(schedule->eta_min >= 0 && schedule->eta_min <= eta_0, BPB_ERR_OPTION,
            "schedule.eta_min is %g; it must be at least 0 and at most eta, %g", schedule->eta_min,
            eta_0);
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

static bpb_status eta_of_step(const bpb_schedule *schedule, double eta_0, uint64_t t, size_t steps,
                              size_t epochs, double *eta)
{
    bpb_schedule completed = *schedule;
    TRY(bpb_option_reserved("schedule.", schedule->reserved));
    TRY(bpb_option_number("eta_0", eta_0, OPTION_ABOVE_0, DBL_MAX));
    REQUIRE(schedule->kind != BPB_SCHEDULE_OWN, BPB_ERR_OPTION,
            "schedule.kind is BPB_SCHEDULE_OWN, whose eta the caller computes");
    TRY(bpb_schedule_complete(&completed, eta_0));
    *eta = bpb_schedule_at(&completed, eta_0, t, steps, epochs);
    return BPB_OK;
}

bpb_status bpb_schedule_eta(const bpb_schedule *schedule, double eta_0, uint64_t t, size_t steps,
                            size_t epochs, double *eta)
{
    REQUIRE_POINTER(schedule);
    REQUIRE_POINTER(eta);
    REQUIRE(steps > 0, BPB_ERR_SIZE, "steps is 0; it must be at least 1");
    REQUIRE(epochs > 0, BPB_ERR_SIZE, "epochs is 0; it must be at least 1");
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = eta_of_step(schedule, eta_0, t, steps, epochs, eta);
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
