/* SPDX-License-Identifier: BSD-3-Clause */
/* One step of a run, and where it met something that is not finite. */
#include <math.h>

#include "optim/optimiser_tmpl.h"
#include "train/run_tmpl.h"

/* ---- Where ---- */

/* The report of an entry of layer l; columns of a pass are columns which[..] of X. */
static void found(struct run *run, bpb_in in, size_t l, size_t row, size_t col)
{
    run->report.in = in;
    run->report.layer = l;
    run->report.where = (bpb_where){row, col};
}

/* Look through a matrix of the last pass. */
static bool found_in(struct run *run, view_t V, bpb_in in, size_t l, const size_t *which)
{
    bpb_where where;
    if (!V.data || BPB(find_nonfinite)(V, &where) == BPB_OK)
        return false;
    found(run, in, l, where.row, which[where.col]);
    return true;
}

static bool found_in_losses(struct run *run, const size_t *which)
{
    const double *e = BPB(work_at)(run->work, run->plan->e);
    for (size_t j = 0; j < run->work->B; j++) {
        if (isfinite(e[j]))
            continue;
        found(run, BPB_IN_LOSS, run->net->shape->L, 0, which[j]);
        return true;
    }
    return false;
}

static void locate(struct run *run, const size_t *which)
{
    const size_t L = run->net->shape->L;
    for (size_t l = 0; l <= L; l++)
        if (found_in(run, BPB(work_layer)(run->work, l).A, BPB_IN_A, l, which))
            return;
    for (size_t l = L; l > 0; l--)
        if (found_in(run, BPB(work_layer)(run->work, l).D, BPB_IN_DELTA, l, which))
            return;
    found_in_losses(run, which);
}

/* The entry of the gradient that is largest, or none: not finite, or its square is not. */
static void locate_gradient(struct run *run)
{
    const struct shape *shape = run->net->shape;
    size_t worst = 0, l = 1;
    for (size_t i = 0; i < shape->parameters; i++)
        if (!(fabs((double)run->gradient[i]) <= fabs((double)run->gradient[worst])))
            worst = i;
    while (l < shape->L && worst >= shape->layer[l].W)
        l++;
    const struct layer *layer = &shape->layer[l - 1];
    found(run, BPB_IN_GRADIENT, l, (worst - layer->W) % layer->n_out,
          (worst - layer->W) / layer->n_out);
}

/* ---- A step ---- */

/* progress.eta = that of the step to come. */
static bpb_status set_eta(struct run *run)
{
    const bpb_schedule *schedule = &run->schedule;
    run->progress.eta = bpb_schedule_at(schedule, run->judge.eta, run->t, run->progress.steps,
                                        run->progress.epochs);
    if (schedule->kind != BPB_SCHEDULE_OWN ||
        (double)run->t < schedule->warmup * (double)run->progress.steps)
        return BPB_OK;
    fpenv_leave(&run->env);
    run->progress.eta = schedule->own(&run->progress, run->options->user);
    fpenv_enter(&run->env);
    return BPB(opt_check_eta)("the result of schedule.own", &run->rule, run->progress.eta);
}

/* The columns of the part-th pass of this step. */
struct portion {
    const size_t *which;
    size_t B, part;
};

/* Of dropout: a number for each pass of a run, though the last step of an epoch may have fewer. */
static uint64_t draw_of(const struct run *run, size_t part)
{
    return run->t * ((run->batch - 1) / run->pass + 1) + part;
}

static bpb_status pick(struct run *run, const struct portion *portion, view_t *X, targets_t *T)
{
    const set_t *set = &run->data->train;
    if (run->options->dropout > 0 || run->options->dropout_inputs > 0)
        BPB(work_dropout)(run->work, run->options->seed, draw_of(run, portion->part));
    TRY(BPB(set_pick)(set, &run->stage, portion->which, portion->B, X, T));
    return BPB(batch_scan)(set, portion->which, *X, *T, &run->report);
}

/* BPB_NONFINITE of a pass: because of theta, or in itself. */
static bpb_status not_finite(struct run *run, const struct portion *portion)
{
    if (BPB(run_check_theta)(run) == BPB_LOST)
        return BPB_LOST;
    locate(run, portion->which);
    return BPB_NONFINITE;
}

/* Plain SGD: gradient and update are one. */
static bpb_status fused_step(struct run *run, const struct portion *portion)
{
    const bpb_sgd_rule rule = {.eta = run->progress.eta,
                               .decay = run->rule.decay,
                               .decay_biases = run->rule.decay_biases};
    view_t X;
    targets_t T;
    const bpb_status picked = pick(run, portion, &X, &T);
    if (picked)
        return picked;
    const bpb_status status = BPB(sgd_step)(run->net, run->work, X, T, &rule,
                                            run->options->on_step ? &run->progress.loss : NULL);
    return status == BPB_NONFINITE ? not_finite(run, portion) : status;
}

/* *loss and gradient: those of a part. */
static bpb_status part_gradient(struct run *run, const struct portion *portion, real *gradient,
                                double *loss)
{
    view_t X;
    targets_t T;
    const bpb_status picked = pick(run, portion, &X, &T);
    if (picked)
        return picked;
    const bpb_status status = BPB(gradient)(run->net, run->work, X, T, gradient, loss);
    return status == BPB_NONFINITE ? not_finite(run, portion) : status;
}

/* The gradient of the whole batch: the mean of its parts, each by its share of the columns. */
static bpb_status sum_parts(struct run *run, const size_t *which, size_t B)
{
    const size_t P = run->net->shape->parameters, parts = (B - 1) / run->pass + 1;
    double sum = 0;
    for (size_t part = 0; part < parts; part++) {
        const size_t first = part * run->pass;
        const struct portion portion = {which + first, BPB_MIN(run->pass, B - first), part};
        double loss;
        const bpb_status status =
            part_gradient(run, &portion, parts == 1 ? run->gradient : run->part, &loss);
        if (status)
            return status;
        const double share = (double)portion.B / (double)B;
        sum += share * loss;
        if (parts > 1)
            run->plan->functions->axpby(P, (real)share, run->part, part > 0, run->gradient);
    }
    run->progress.loss = sum;
    return BPB_OK;
}

/* decay/2 |W|^2 + decay_1 |W|_1, over what decays */
static double penalty(const struct run *run)
{
    const struct shape *shape = run->net->shape;
    double squares = 0, magnitudes = 0;
    for (size_t l = 0; l < shape->L; l++) {
        const struct layer *layer = &shape->layer[l];
        const size_t end = layer->b + (run->rule.decay_biases ? layer->n_out : 0);
        for (size_t i = layer->W; i < end; i++) {
            const double w = (double)run->net->theta[i];
            squares += w * w;
            magnitudes += fabs(w);
        }
    }
    return run->rule.decay / 2 * squares + run->rule.decay_1 * magnitudes;
}

static bpb_status optimiser_step(struct run *run, const size_t *which, size_t B)
{
    const size_t P = run->net->shape->parameters;
    const bpb_status status = sum_parts(run, which, B);
    if (status)
        return status;
    if (run->options->norms)
        run->progress.gradient_norm = BPB(norm2)(run->gradient, P);
    if (run->rule.method == BPB_IRPROP_PLUS)
        BPB(opt_loss)(run->opt, run->progress.loss + penalty(run));
    TRY(BPB(opt_set_eta)(run->opt, run->progress.eta));
    const bpb_status made = BPB(opt_step)(run->opt, run->net, run->gradient, 1);
    if (made != BPB_NONFINITE)
        return made;
    if (BPB(run_check_theta)(run) == BPB_LOST)
        return BPB_LOST;
    locate_gradient(run);
    return made;
}

bpb_status BPB(run_step)(struct run *run)
{
    const size_t first = run->progress.step * run->batch;
    const size_t B = BPB_MIN(run->batch, run->n - first);
    const size_t *which = run->order + first;
    TRY(set_eta(run));
    const bpb_status status = run->opt ? optimiser_step(run, which, B)
                                       : fused_step(run, &(struct portion){which, B, 0});
    if (status)
        return status;
    if (run->options->norms)
        run->progress.theta_norm = BPB(norm2)(run->net->theta, run->net->shape->parameters);
    run->progress.step++;
    run->t++;
    return BPB_OK;
}
