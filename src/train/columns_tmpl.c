/* SPDX-License-Identifier: BSD-3-Clause */
#include "train/columns_tmpl.h"

#include <stdlib.h>

#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

#define SETS 3

struct set BPB(set_of)(const data_t *data, int i)
{
    const view_t *const X[SETS] = {&data->X, &data->X_validation, &data->X_test};
    const view_t *const T[SETS] = {&data->T, &data->T_validation, &data->T_test};
    const source_t *const sources[SETS] = {data->source, data->source_validation,
                                           data->source_test};
    struct set set = {.X = *X[i], .T = *T[i], .source = sources[i]};
    if (set.source)
        set.n = set.source->n;
    else if (set.X.data)
        set.n = set.X.cols;
    return set;
}

/* ---- Checks ---- */

static bpb_status check_views(const net_t *net, view_t X, view_t T)
{
    TRY(BPB(view_check)(X, shape_inputs(net->shape)));
    TRY(BPB(targets_check)(net->shape, T));
    REQUIRE(X.cols == T.cols, BPB_ERR_SHAPE);
    return BPB_OK;
}

static bpb_status check_source(const net_t *net, const struct set *set)
{
    const struct shape *shape = net->shape;
    const size_t rows = set->source->targets;
    REQUIRE(set->source->read, BPB_ERR_NULL);
    REQUIRE(!set->X.data && !set->T.data, BPB_ERR_OPTION);
    REQUIRE(set->n > 0, BPB_ERR_SIZE);
    REQUIRE(set->source->inputs == 0 || set->source->inputs == shape_inputs(shape), BPB_ERR_SHAPE,
            "the source's inputs are %zu; the net has %zu", set->source->inputs,
            shape_inputs(shape));
    REQUIRE(rows == shape->targets || (rows == 1 && shape->loss == BPB_CROSS_ENTROPY),
            BPB_ERR_SHAPE);
    return BPB_OK;
}

bpb_status BPB(sets_check)(const net_t *net, const data_t *data)
{
    for (int i = 0; i < SETS; i++) {
        const struct set set = BPB(set_of)(data, i);
        if (set.source)
            TRY(check_source(net, &set));
        else if (i == 0 || set.X.data || set.T.data)
            TRY(check_views(net, set.X, set.T));
    }
    return BPB_OK;
}

bpb_status BPB(sets_scan)(const data_t *data, bpb_train_report *report)
{
    for (int i = 0; i < 2 * SETS; i++) {
        const struct set set = BPB(set_of)(data, i / 2);
        const view_t V = i % 2 ? set.T : set.X;
        report->in = (bpb_in)(BPB_IN_X + i);
        if (V.data && BPB(find_nonfinite)(V, &report->where) == BPB_NONFINITE)
            return BPB_NONFINITE;
    }
    report->in = BPB_IN_NOTHING;
    return BPB_OK;
}

/* ---- Memory ---- */

static bool any_source(const data_t *data)
{
    return data->source || data->source_validation || data->source_test;
}

/* Room for rows x cols values. */
static real *matrix(size_t rows, size_t cols)
{
    size_t values, bytes;
    if (!size_mul(rows, cols, &values) || !size_mul(values, sizeof(real), &bytes))
        return NULL;
    return malloc(bytes);
}

bpb_status BPB(stage_alloc)(struct stage *stage, const net_t *net, const data_t *data, size_t batch)
{
    stage->n_0 = shape_inputs(net->shape);
    stage->index_X = malloc(batch * sizeof *stage->index_X);
    stage->index_T = malloc(batch * sizeof *stage->index_T);
    REQUIRE(stage->index_X && stage->index_T, BPB_ERR_MEMORY);
    if (!any_source(data))
        return BPB_OK;
    stage->X = matrix(stage->n_0, batch);
    stage->T = matrix(net->shape->targets, batch);
    REQUIRE(stage->X && stage->T, BPB_ERR_MEMORY);
    return BPB_OK;
}

void BPB(stage_free)(struct stage *stage)
{
    free(stage->index_X);
    free(stage->index_T);
    free(stage->X);
    free(stage->T);
}

/* ---- Batches ---- */

/* Columns which[0..B-1] of V; index is the view's to keep. */
static view_t pick(view_t V, const size_t *which, size_t B, size_t *index)
{
    for (size_t j = 0; j < B; j++)
        index[j] = V.index ? V.index[which[j]] : which[j];
    V = BPB(view_resolve)(V);
    V.index = index;
    V.cols = B;
    return V;
}

bpb_status BPB(set_pick)(const struct set *set, struct stage *stage, const size_t *which, size_t B,
                         view_t *X, view_t *T)
{
    const source_t *source = set->source;
    if (!source) {
        *X = pick(set->X, which, B, stage->index_X);
        *T = pick(set->T, which, B, stage->index_T);
        return BPB_OK;
    }
    fpenv_leave(stage->env);
    const int failed = source->read(source->user, which, B, stage->X, stage->T);
    fpenv_enter(stage->env);
    REQUIRE(!failed, BPB_ERR_SOURCE);
    *X = BPB(samples)(stage->X, B, stage->n_0);
    *T = BPB(samples)(stage->T, B, source->targets);
    return BPB_OK;
}

bpb_status BPB(batch_scan)(const struct set *set, const size_t *which, view_t X, view_t T,
                           bpb_train_report *report)
{
    const view_t both[] = {X, T};
    for (int i = 0; set->source && i < 2; i++) {
        bpb_where where;
        if (BPB(find_nonfinite)(both[i], &where) == BPB_OK)
            continue;
        report->in = (bpb_in)(BPB_IN_X + i);
        report->where = (bpb_where){where.row, which[where.col]};
        return BPB_NONFINITE;
    }
    return BPB_OK;
}

/* ---- Scores ---- */

/* sum: its loss is that of all columns together. */
static void add_score(bpb_score *sum, const bpb_score *part)
{
    sum->loss += part->loss * (double)part->columns;
    sum->columns += part->columns;
    sum->correct += part->correct;
    sum->masked += part->masked;
    sum->nonfinite += part->nonfinite;
    sum->has_accuracy = part->has_accuracy;
}

static void finish_score(bpb_score *sum)
{
    const size_t judged = sum->columns - sum->masked;
    sum->loss /= (double)sum->columns;
    sum->accuracy =
        sum->has_accuracy && judged > 0 ? (double)sum->correct / (double)judged : 0;
}

bpb_status BPB(set_evaluate)(const struct set *set, const net_t *net, work_t *work,
                             struct stage *stage, size_t batch, bpb_score *score)
{
    bpb_score sum = {0};
    if (!set->source) {
        const bpb_status status = BPB(evaluate_with)(net, work, set->X, set->T, score);
        return status < 0 ? status : BPB_OK;
    }
    for (size_t first = 0, B; first < set->n; first += B) {
        view_t X, T;
        bpb_score part;
        B = BPB_MIN(batch, set->n - first);
        for (size_t j = 0; j < B; j++)
            stage->index_X[j] = first + j;
        TRY(BPB(set_pick)(set, stage, stage->index_X, B, &X, &T));
        TRY(BPB(evaluate_with)(net, work, X, T, &part));
        add_score(&sum, &part);
    }
    finish_score(&sum);
    *score = sum;
    return BPB_OK;
}
