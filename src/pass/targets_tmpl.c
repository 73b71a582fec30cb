/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Targets as the losses want them, and the losses themselves. Weights and masks are no business
 * of a loss: e_j and its derivatives are multiplied by w_j here, and what a masked target stands
 * in is left out.
 */
#include <math.h>

#include "base/fpenv.h"
#include "base/class_index.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

/* Whether T (1 x B) holds the index of a class for each column, where it could have n_L rows. */
static bool of_indices(const struct shape *shape, targets_t T)
{
    return T.kind == BPB_CLASSES && T.view.rows == 1 && shape->targets > 1;
}

/* T is resolved. */
static bpb_status check_indices(const char *name, targets_t T, size_t classes)
{
    struct fpenv env;
    size_t j = 0;
    double index = 0;
    fpenv_enter(&env);
    for (; j < T.view.cols; j++) {
        index = BPB(view_double)(T.view, 0, j);
        if (!(T.masked && isnan(index)) && class_of(index, classes) == NO_CLASS)
            break;
    }
    fpenv_leave(&env);
    REQUIRE(j == T.view.cols, BPB_ERR_LABEL,
            "the class of column %zu of %s is %g; it must be a whole number from 0 to %zu", j, name,
            index, classes - 1);
    return BPB_OK;
}

bpb_status BPB(targets_check)(const char *name, const struct shape *shape, targets_t T)
{
    const bool indices = of_indices(shape, T);
    REQUIRE(T.kind == BPB_VALUES || T.kind == BPB_CLASSES || T.kind == BPB_LABELS, BPB_ERR_OPTION,
            "the kind of %s is %d, which is no value of bpb_target_kind", name, (int)T.kind);
    REQUIRE(T.kind == BPB_VALUES || shape->targets == shape_outputs(shape), BPB_ERR_OPTION,
            "%s has classes or labels, but the loss has %zu targets for %zu outputs", name,
            shape->targets, shape_outputs(shape));
    REQUIRE(is_flag(T.masked), BPB_ERR_OPTION, "masked of %s is %d; it must be 0 or 1", name,
            T.masked);
    TRY(BPB(view_check)(name, T.view, indices ? 1 : shape->targets));
    if (indices)
        TRY(check_indices(name, (targets_t){.view = BPB(view_resolve)(T.view), .masked = T.masked},
                          shape->targets));
    return BPB_OK;
}

bpb_status BPB(samples_check)(const struct shape *shape, view_t X, targets_t T)
{
    TRY(BPB(view_check)("X", X, shape_inputs(shape)));
    TRY(BPB(targets_check)("T", shape, T));
    REQUIRE(T.view.cols == X.cols, BPB_ERR_SHAPE,
            "T has %zu columns; it must have as many as X, %zu", T.view.cols, X.cols);
    return BPB_OK;
}

void BPB(targets_begin)(struct pass *pass)
{
    const struct shape *shape = pass->net->shape;
    const bool as_it_is = !pass->net->scaling[BPB_OUTPUTS] &&
                          (shape->loss != BPB_CROSS_ENTROPY || shape->loss_parameter == 0);
    pass->classes = of_indices(shape, pass->T);
    pass->T_in_place = as_it_is && !pass->classes && BPB(view_in_place)(pass->T.view) &&
                       pass->T.view.ld == pass->T.view.rows;
}

/* T = the probabilities that classes (count, at the end of T's memory) stand for; NaN where one is
 * masked. */
static void spread_classes(size_t n, size_t count, const real *classes, real *T)
{
    for (size_t j = 0; j < count; j++, T += n) {
        const real class = classes[j];
        for (size_t i = 0; i < n; i++)
            T[i] = isnan(class) ? class : (real)(i == (size_t)class);
    }
}

/* T = (1 - epsilon) T + epsilon / K */
static void smooth_targets(const struct shape *shape, size_t count, real *T)
{
    const bool softmax = shape->layer[shape->L - 1].activation == BPB_SOFTMAX;
    const double epsilon = shape->loss_parameter;
    const double K = softmax ? (double)shape->targets : 2;
    const real kept = (real)(1 - epsilon), given = (real)(epsilon / K);
    for (size_t i = 0; i < shape->targets * count; i++)
        T[i] = kept * T[i] + given;
}

void BPB(slice_targets)(const struct pass *pass, const struct slice *slice)
{
    const struct shape *shape = pass->net->shape;
    const size_t n = shape->targets, count = slice->count;
    real *T = BPB(slice_at)(slice, slice->work->plan->T, n);
    if (pass->T_in_place)
        return;
    if (pass->classes) {
        /* n > 1, so that class j is read before its place is written to, from the end on. */
        real *classes = T + (n - 1) * count;
        BPB(view_gather)(pass->T.view, pass->first + slice->first, count, classes);
        spread_classes(n, count, classes, T);
    } else {
        /* Where a target belongs to a group of outputs, it is scaled as the first of these is. */
        BPB(view_gather_targets)
        (pass->T.view, pass->first + slice->first, count, pass->net->scaling[BPB_OUTPUTS],
         shape_outputs(shape) / n, T);
    }
    if (shape->loss == BPB_CROSS_ENTROPY && shape->loss_parameter > 0)
        smooth_targets(shape, count, T);
}

const real *BPB(slice_staged)(const struct pass *pass, const struct slice *slice)
{
    const size_t n = pass->net->shape->targets;
    if (pass->T_in_place)
        return pass->T.view.data + (pass->first + slice->first) * n;
    return BPB(slice_at)(slice, slice->work->plan->T, n);
}

double BPB(slice_weight)(const struct pass *pass, const struct slice *slice, size_t j)
{
    const size_t column = pass->first + slice->first + j;
    if (!pass->T.weights)
        return 1;
    return pass->T.weights[pass->T.view.index ? pass->T.view.index[column] : column];
}

/* ---- Masks ---- */

/* The first of the n targets from i on whose being masked is not as said; or n. */
static size_t run_end(size_t n, const real *t, size_t i, bool masked)
{
    while (i < n && isnan(t[i]) == masked)
        i++;
    return i;
}

static bool any_masked(size_t n, const real *t)
{
    return run_end(n, t, 0, false) < n;
}

bool BPB(column_masked)(const struct pass *pass, const real *t)
{
    return pass->T.masked && any_masked(pass->net->shape->targets, t);
}

/* e of one column without its masked targets: the sum over the runs of those that are there. */
static double masked_loss(const plan_t *plan, const real *z, const real *a, const real *t)
{
    const size_t n = plan->shape->targets, group = plan->loss.group;
    double sum = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double e;
        i = run_end(n, t, i, true);
        end = run_end(n, t, i, false);
        if (i == end)
            break;
        plan->loss.value(plan->loss.context, (end - i) * group, 1, z + i * group, a + i * group,
                         t + i, &e);
        sum += e;
    }
    return sum;
}

static void masked_losses(const struct pass *pass, const struct slice *slice, const real *Z,
                          const real *A, double *e)
{
    const plan_t *plan = slice->work->plan;
    const size_t n = shape_outputs(plan->shape), n_T = plan->shape->targets;
    const real *T = BPB(slice_staged)(pass, slice);
    for (size_t j = 0; j < slice->count; j++, Z += n, A += n, T += n_T) {
        if (plan->loss.group > 0)
            e[j] = masked_loss(plan, Z, A, T);
        else if (any_masked(n_T, T))
            e[j] = 0;
        else
            plan->loss.value(plan->loss.context, n, 1, Z, A, T, &e[j]);
    }
}

void BPB(slice_loss)(const struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const struct planned *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape);
    const real *Z = BPB(slice_at)(slice, output->Z, n), *A = BPB(slice_at)(slice, output->A, n);
    double *e = BPB(slice_losses)(slice);
    if (pass->T.masked)
        masked_losses(pass, slice, Z, A, e);
    else
        plan->loss.value(plan->loss.context, n, slice->count, Z, A, BPB(slice_staged)(pass, slice),
                         e);
    for (size_t j = 0; pass->T.weights && j < slice->count; j++)
        e[j] *= BPB(slice_weight)(pass, slice, j);
}

void BPB(slice_mask)(const struct pass *pass, const struct slice *slice, real *D)
{
    const plan_t *plan = slice->work->plan;
    const size_t n = shape_outputs(plan->shape), n_T = plan->shape->targets;
    const size_t group = plan->loss.group;
    const real *T = BPB(slice_staged)(pass, slice);
    if (!pass->T.masked)
        return;
    for (size_t j = 0; j < slice->count; j++, D += n, T += n_T) {
        const bool column = group == 0 && any_masked(n_T, T);
        for (size_t i = 0; i < n; i++)
            if (column || (group > 0 && isnan(T[i / group])))
                D[i] = 0;
    }
}

bool BPB(slice_scale)(const struct pass *pass, const struct slice *slice, real *D)
{
    const struct function_set *functions = slice->work->plan->functions;
    const size_t n = shape_outputs(pass->net->shape);
    if (!pass->T.weights)
        return functions->scale(n * slice->count, (real)pass->scale, D);
    bool finite = true;
    for (size_t j = 0; j < slice->count; j++, D += n)
        finite &= functions->scale(n, (real)(pass->scale * BPB(slice_weight)(pass, slice, j)), D);
    return finite;
}

double BPB(mean_loss)(work_t *work, size_t B)
{
    const double *e = BPB(work_at)(work, work->plan->e);
    double sum = 0;
    for (size_t j = 0; j < B; j++)
        sum += e[j];
    return sum / (double)B;
}

bpb_status BPB(pass_outcome)(struct pass *pass)
{
    bool finite = atomic_load(&pass->bad) == 0;
    if (pass->loss) {
        *pass->loss = BPB(mean_loss)(pass->work, pass->count);
        finite = finite && isfinite(*pass->loss);
    }
    return finite ? BPB_OK : BPB_NONFINITE;
}
