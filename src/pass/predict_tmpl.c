/* SPDX-License-Identifier: BSD-3-Clause */
/* Any number of columns, by blocks that fit the work. */
#include <math.h>

#include "blas/section.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

static real *outputs(const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const size_t L = plan->shape->L;
    return BPB(slice_at)(slice, plan->layer[L - 1].A, shape_outputs(plan->shape));
}

/* Flag the columns whose outputs are not finite, and hand all of them out. */
static void give_predictions(struct pass *pass, const struct slice *slice)
{
    const size_t n = pass->Y.rows;
    const real *Y = outputs(slice);
    size_t bad = 0;
    BPB(slice_unscale)(slice);
    for (size_t j = 0; j < slice->count; j++) {
        const bool finite = pass->work->plan->functions->finite(n, Y + j * n);
        bad += !finite;
        if (pass->flags)
            pass->flags[pass->first + slice->first + j] = !finite;
    }
    if (bad > 0)
        atomic_fetch_add(&pass->bad, bad);
    BPB(view_scatter)(pass->Y, pass->first + slice->first, slice->count, Y);
}

/* bpb_predict_with, bpbf_predict_with */
bpb_status BPB(predict_with)(const net_t *net, work_t *work, view_t X, out_t Y,
                             unsigned char *flags)
{
    TRY(BPB(outputs_check)(net, work, X, BPB(view_of)(Y)));
    struct pass pass = {.net = net,
                        .work = work,
                        .forward = PREDICT,
                        .X = BPB(view_resolve)(X),
                        .Y = Y,
                        .end = give_predictions,
                        .flags = flags};
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    for (; pass.first < X.cols; pass.first += pass.count) {
        pass.count = BPB_MIN(work->plan->capacity, X.cols - pass.first);
        BPB(pass_run)(&pass);
    }
    bpb_section_leave(&section);
    return atomic_load(&pass.bad) ? BPB_NONFINITE : BPB_OK;
}

/* The row of the largest entry, the first of equals. */
static size_t argmax(size_t n, const real *column)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (column[i] > column[best])
            best = i;
    return best;
}

static bool column_correct(size_t n, const real *y, const real *t)
{
    if (n == 1)
        return (y[0] > RC(0.5)) == (t[0] > RC(0.5));
    return argmax(n, y) == argmax(n, t);
}

/* The loss of each column, and how many are right. */
static void score_columns(struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const size_t n = shape_outputs(plan->shape), n_T = plan->shape->targets;
    BPB(slice_targets)(pass, slice);
    BPB(slice_loss)(pass, slice);
    const real *Y = outputs(slice), *T = BPB(slice_staged)(pass, slice);
    const double *e = BPB(slice_losses)(slice);
    size_t bad = 0, correct = 0, masked = 0;
    for (size_t j = 0; j < slice->count; j++) {
        const bool finite = isfinite(e[j]) && plan->functions->finite(n, Y + j * n);
        const bool left_out = BPB(column_masked)(pass, T + j * n_T);
        bad += !finite;
        masked += left_out;
        correct += finite && !left_out && n == n_T && column_correct(n, Y + j * n, T + j * n);
    }
    atomic_fetch_add(&pass->masked, masked);
    atomic_fetch_add(&pass->bad, bad);
    atomic_fetch_add(&pass->correct, correct);
}

static bool has_accuracy(const struct shape *shape)
{
    const size_t n = shape_outputs(shape);
    if (shape->targets != n)
        return false;
    return n > 1 || shape->layer[shape->L - 1].activation == BPB_SIGMOID;
}

/* bpb_evaluate_with, bpbf_evaluate_with */
bpb_status BPB(evaluate_with)(const net_t *net, work_t *work, view_t X, view_t T, bpb_score *score)
{
    REQUIRE(score, BPB_ERR_NULL);
    TRY(BPB(pairs_check)(net, work, X, T));
    struct pass pass = {.net = net,
                        .work = work,
                        .forward = PREDICT,
                        .X = BPB(view_resolve)(X),
                        .T = BPB(view_resolve)(T),
                        .end = score_columns};
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    const double *e = BPB(work_at)(work, work->plan->e);
    double loss = 0;
    for (; pass.first < X.cols; pass.first += pass.count) {
        pass.count = BPB_MIN(work->plan->capacity, X.cols - pass.first);
        BPB(pass_run)(&pass);
        for (size_t j = 0; j < pass.count; j++)
            loss += e[j];
    }
    const bool right_or_wrong = has_accuracy(net->shape);
    const size_t correct = right_or_wrong ? atomic_load(&pass.correct) : 0;
    const size_t masked = atomic_load(&pass.masked), judged = X.cols - masked;
    *score = (bpb_score){
        .loss = loss / (double)X.cols,
        .accuracy = judged ? (double)correct / (double)judged : 0,
        .columns = X.cols,
        .correct = correct,
        .masked = masked,
        .nonfinite = atomic_load(&pass.bad),
        .has_accuracy = right_or_wrong,
    };
    bpb_section_leave(&section);
    return score->nonfinite ? BPB_NONFINITE : BPB_OK;
}

/* A plan and a work for a call of its own. */
static bpb_status make_own(plan_t **plan, work_t **work, const net_t *net)
{
    bpb_status status = BPB(plan_create)(plan, net, NULL);
    if (!status)
        status = BPB(work_create)(work, *plan);
    return status;
}

/* bpb_predict, bpbf_predict */
bpb_status BPB(predict)(const net_t *net, view_t X, out_t Y)
{
    plan_t *plan = NULL;
    work_t *work = NULL;
    bpb_status status = make_own(&plan, &work, net);
    if (!status)
        status = BPB(predict_with)(net, work, X, Y, NULL);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return status;
}

/* bpb_evaluate, bpbf_evaluate */
bpb_status BPB(evaluate)(const net_t *net, view_t X, view_t T, bpb_score *score)
{
    plan_t *plan = NULL;
    work_t *work = NULL;
    bpb_status status = make_own(&plan, &work, net);
    if (!status)
        status = BPB(evaluate_with)(net, work, X, T, score);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return status;
}
