/* SPDX-License-Identifier: BSD-3-Clause */
/* Any number of columns by panels. */
#include <math.h>

#include "blas/section.h"
#include "net/view_tmpl.h"
#include "pass/work_tmpl.h"

static real *outputs(BPB(work) * work)
{
    return BPB(work_at)(work, work->plan->layer[work->plan->shape->L - 1].A);
}

/* Flag the columns of Y (n x B) that are not finite; how many there are. */
static size_t flag_columns(const BPB(plan) * plan, size_t n, size_t B, const real *Y,
                           unsigned char *flags)
{
    size_t bad = 0;
    for (size_t j = 0; j < B; j++) {
        const bool finite = plan->functions->finite(n, Y + j * n);
        bad += !finite;
        if (flags)
            flags[j] = !finite;
    }
    return bad;
}

/* bpb_spredict_with, bpb_dpredict_with */
bpb_status BPB(predict_with)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(view) Y,
                             unsigned char *flags)
{
    TRY(BPB(pass_check)(net, work, X, BPB(read)(Y)));
    X = BPB(view_resolve)(X);
    struct section section;
    bpb_section_enter(&section);
    size_t bad = 0;
    for (size_t j = 0; j < X.cols; j += work->plan->panel) {
        const size_t B = BPB_MIN(work->plan->panel, X.cols - j);
        BPB(pass_panel)(net, work, X, j, B);
        BPB(pass_unscale)(net, work, B);
        bad += flag_columns(work->plan, Y.rows, B, outputs(work), flags ? flags + j : NULL);
        BPB(view_scatter)(Y, j, B, outputs(work));
    }
    bpb_section_leave(&section);
    return bad ? BPB_NONFINITE : BPB_OK;
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

/* Add B columns, passed forward and targets staged, to the score; loss as a sum. */
static void score_columns(BPB(work) * work, size_t B, bpb_score *score)
{
    const BPB(plan) *plan = work->plan;
    const size_t n = shape_outputs(plan->shape);
    const real *Y = outputs(work), *T = BPB(work_at)(work, plan->T);
    const double *e = BPB(work_at)(work, plan->e);
    BPB(pass_loss)(work, B);
    for (size_t j = 0; j < B; j++) {
        const bool finite = isfinite(e[j]) && plan->functions->finite(n, Y + j * n);
        score->nonfinite += !finite;
        score->loss += e[j];
        score->correct += score->has_accuracy && finite && column_correct(n, Y + j * n, T + j * n);
    }
}

static bool has_accuracy(const struct shape *shape)
{
    return shape_outputs(shape) > 1 || shape->layer[shape->L - 1].activation == BPB_SIGMOID;
}

/* bpb_sevaluate_with, bpb_devaluate_with */
bpb_status BPB(evaluate_with)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                              bpb_score *score)
{
    REQUIRE(score, BPB_ERR_NULL);
    TRY(BPB(pass_check)(net, work, X, T));
    X = BPB(view_resolve)(X);
    T = BPB(view_resolve)(T);
    struct section section;
    bpb_section_enter(&section);
    bpb_score sum = {.columns = X.cols, .has_accuracy = has_accuracy(net->shape)};
    for (size_t j = 0; j < X.cols; j += work->plan->panel) {
        const size_t B = BPB_MIN(work->plan->panel, X.cols - j);
        BPB(pass_panel)(net, work, X, j, B);
        BPB(pass_targets)(net, work, T, j, B);
        score_columns(work, B, &sum);
    }
    sum.loss /= (double)sum.columns;
    sum.accuracy = (double)sum.correct / (double)sum.columns;
    *score = sum;
    bpb_section_leave(&section);
    return sum.nonfinite ? BPB_NONFINITE : BPB_OK;
}

/* A plan and a work for a call of its own. */
static bpb_status make_own(BPB(plan) * *plan, BPB(work) * *work, const BPB(net) * net)
{
    bpb_status status = BPB(plan_create)(plan, net, NULL);
    if (!status)
        status = BPB(work_create)(work, *plan);
    return status;
}

/* bpb_spredict, bpb_dpredict */
bpb_status BPB(predict)(const BPB(net) * net, BPB(cview) X, BPB(view) Y)
{
    BPB(plan) *plan = NULL;
    BPB(work) *work = NULL;
    bpb_status status = make_own(&plan, &work, net);
    if (!status)
        status = BPB(predict_with)(net, work, X, Y, NULL);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return status;
}

/* bpb_sevaluate, bpb_devaluate */
bpb_status BPB(evaluate)(const BPB(net) * net, BPB(cview) X, BPB(cview) T, bpb_score *score)
{
    BPB(plan) *plan = NULL;
    BPB(work) *work = NULL;
    bpb_status status = make_own(&plan, &work, net);
    if (!status)
        status = BPB(evaluate_with)(net, work, X, T, score);
    BPB(work_destroy)(&work);
    BPB(plan_destroy)(&plan);
    return status;
}
