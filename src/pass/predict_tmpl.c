/* SPDX-License-Identifier: BSD-3-Clause */
/* Any number of columns, by blocks that fit the work. */
#include <math.h>

#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

static real *outputs(const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const size_t L = plan->shape->L;
    return BPB(slice_at)(slice, plan->layer[L - 1].A, shape_outputs(plan->shape));
}

/* Threads that the columns of the whole call pay for. */
static size_t threads_for(const struct pass *pass)
{
    const plan_t *plan = pass->work->plan;
    return BPB(paying_threads)(plan, 2.0 * (double)plan->shape->parameters * (double)pass->X.cols);
}

/* ---- Predict ---- */

/* Flag the columns whose outputs are not finite, and hand all of them out. */
static void give_predictions(struct pass *pass, const struct slice *slice)
{
    const size_t n = pass->Y.rows, first = pass->first + slice->first;
    const struct scaling *scaling = slice->net->scaling[BPB_OUTPUTS];
    real *Y = outputs(slice);
    size_t bad = 0;
    BPB(view_scatter_outputs)(pass->Y, first, slice->count, scaling, Y);
    for (size_t j = 0; j < slice->count; j++) {
        const bool finite = pass->work->plan->functions->finite(n, Y + j * n);
        bad += !finite;
        if (pass->flags)
            pass->flags[first + j] = !finite;
    }
    if (bad > 0)
        atomic_fetch_add(&pass->bad, bad);
}

/* One thread's share of all columns, in its part of the work, which is width columns wide. No
 * thread waits for another. */
static void predict_share(void *context, size_t thread, size_t threads)
{
    struct pass *call = context;
    const plan_t *plan = call->work->plan;
    const size_t panel = BPB_MAX(plan->panel, 8);
    const size_t width = plan->capacity / threads / panel * panel;
    const size_t end = share_begin(call->X.cols, BPB_PANEL_MAX, thread + 1, threads);
    size_t at = share_begin(call->X.cols, BPB_PANEL_MAX, thread, threads);
    struct pass pass = {.net = call->net,
                        .work = call->work,
                        .X = call->X,
                        .Y = call->Y,
                        .forward = PREDICT,
                        .staged = true,
                        .flags = call->flags};
    struct slice slice = {.net = call->net,
                          .work = call->work,
                          .first = thread * width,
                          .scratch = BPB(thread_scratch)(call->work, thread)};
    const real *A_0 = BPB(work_at)(call->work, plan->A_0);
    for (; at < end; at += slice.count) {
        slice.count = BPB_MIN(BPB_MIN(width, plan->chunk), end - at);
        pass.first = at - slice.first; /* column first of the work is column at of X, modulo 2^64 */
        BPB(slice_forward)(&pass, &slice, A_0, call->X.rows);
        give_predictions(&pass, &slice);
    }
    atomic_fetch_add(&call->bad, atomic_load(&pass.bad));
}

/* By one thread, block by block; the last block can be read. By several, each with its own part.
 * If unpadded, the bits depend on the blocks: these then are the same for any number of threads. */
static bpb_status predict_rounds(struct pass *pass)
{
    const plan_t *plan = pass->work->plan;
    const size_t threads = threads_for(pass);
    if (threads > 1 && !plan->unpadded) {
        BPB(work_begin)(pass->work, 0);
        bpb_pool_run(plan->pool, threads, predict_share, pass);
        return BPB(pass_outcome)(pass);
    }
    for (pass->threads = threads; pass->first < pass->X.cols; pass->first += pass->count) {
        pass->count = BPB_MIN(plan->capacity, pass->X.cols - pass->first);
        BPB(pass_run)(pass);
    }
    return BPB(pass_outcome)(pass);
}

/* bpb_predict_with, bpbf_predict_with */
bpb_status BPB(predict_with)(const net_t *net, work_t *work, view_t X, out_t Y,
                             unsigned char *flags)
{
    return BPB(pass_call)(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .Y = Y,
                                         .needs = NEED_Y | ANY_COLUMNS,
                                         .forward = PREDICT,
                                         .end = give_predictions,
                                         .rounds = predict_rounds,
                                         .flags = flags});
}

/* ---- Evaluate ---- */

/* The row of the largest entry, the first of equals. */
static size_t argmax(size_t n, const real *column)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (column[i] > column[best])
            best = i;
    return best;
}

static size_t labels_correct(size_t n, const real *y, const real *t)
{
    size_t correct = 0;
    for (size_t i = 0; i < n; i++)
        correct += !isnan(t[i]) && (y[i] > RC(0.5)) == (t[i] > RC(0.5));
    return correct;
}

static size_t labels_judged(size_t n, const real *t, bool masked)
{
    size_t judged = 0;
    for (size_t i = 0; i < n; i++)
        judged += !(masked && isnan(t[i]));
    return judged;
}

/* The loss of each column, and how many classes or labels are right. */
static void score_columns(struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const size_t n = shape_outputs(plan->shape), n_T = plan->shape->targets;
    BPB(slice_targets)(pass, slice);
    BPB(slice_loss)(pass, slice);
    const real *y = outputs(slice), *t = BPB(slice_staged)(pass, slice);
    const double *e = BPB(slice_losses)(slice);
    const bool by_label = pass->T.kind == BPB_LABELS || n == 1;
    size_t bad = 0, correct = 0, judged = 0;
    for (size_t j = 0; j < slice->count; j++, y += n, t += n_T) {
        const bool finite = isfinite(e[j]) && plan->functions->finite(n, y);
        bad += !finite;
        if (pass->T.kind == BPB_VALUES)
            continue;
        if (by_label) {
            judged += labels_judged(n, t, pass->T.masked);
            correct += finite ? labels_correct(n, y, t) : 0;
        } else if (!BPB(column_masked)(pass, t)) {
            judged++;
            correct += finite && argmax(n, y) == argmax(n, t);
        }
    }
    atomic_fetch_add(&pass->judged, judged);
    atomic_fetch_add(&pass->bad, bad);
    atomic_fetch_add(&pass->correct, correct);
}

/* The losses are added in the order of the columns, whatever the threads, so that bits repeat. */
static bpb_status evaluate_rounds(struct pass *pass)
{
    const plan_t *plan = pass->work->plan;
    const double *e = BPB(work_at)(pass->work, plan->e);
    double loss = 0;
    for (pass->threads = threads_for(pass); pass->first < pass->X.cols;
         pass->first += pass->count) {
        pass->count = BPB_MIN(plan->capacity, pass->X.cols - pass->first);
        BPB(pass_run)(pass);
        for (size_t j = 0; j < pass->count; j++)
            loss += e[j];
    }
    const size_t judged = atomic_load(&pass->judged), correct = atomic_load(&pass->correct);
    bpb_score *score = pass->score;
    *score = (bpb_score){
        .loss = loss / (double)pass->X.cols,
        .accuracy = judged ? (double)correct / (double)judged : 0,
        .columns = pass->X.cols,
        .judged = judged,
        .correct = correct,
        .nonfinite = atomic_load(&pass->bad),
        .has_accuracy = pass->T.kind != BPB_VALUES,
    };
    return score->nonfinite ? BPB_NONFINITE : BPB_OK;
}

/* bpb_evaluate_with, bpbf_evaluate_with */
bpb_status BPB(evaluate_with)(const net_t *net, work_t *work, view_t X, targets_t T,
                              bpb_score *score)
{
    REQUIRE_POINTER(score);
    return BPB(pass_call)(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .T = T,
                                         .needs = NEED_T | ANY_COLUMNS,
                                         .forward = PREDICT,
                                         .end = score_columns,
                                         .rounds = evaluate_rounds,
                                         .score = score});
}

/* ---- The same with a work of the call's own ---- */

/* bpb_predict, bpbf_predict */
bpb_status BPB(predict)(const net_t *net, view_t X, out_t Y, const bpb_plan_options *options)
{
    work_t *work = NULL;
    TRY(BPB(work_create_for)(&work, net, options));
    const bpb_status status = BPB(predict_with)(net, work, X, Y, NULL);
    BPB(work_destroy)(&work);
    return status;
}

/* bpb_evaluate, bpbf_evaluate */
bpb_status BPB(evaluate)(const net_t *net, view_t X, targets_t T, bpb_score *score,
                         const bpb_plan_options *options)
{
    work_t *work = NULL;
    TRY(BPB(work_create_for)(&work, net, options));
    const bpb_status status = BPB(evaluate_with)(net, work, X, T, score);
    BPB(work_destroy)(&work);
    return status;
}
