/* SPDX-License-Identifier: BSD-3-Clause */
#include "train/columns_tmpl.h"

#include <stdlib.h>

#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

#define SETS 3

const set_t *BPB(set_of)(const data_t *data, int i)
{
    const set_t *const sets[SETS] = {&data->train, &data->validation, &data->test};
    return sets[i];
}

size_t BPB(set_columns)(const set_t *set)
{
    if (set->source)
        return set->source->n;
    return HAS_DATA(set->X) ? set->X.cols : 0;
}

/* ---- Checks ---- */

static bpb_status check_source(const net_t *net, const set_t *set)
{
    const struct shape *shape = net->shape;
    const source_t *source = set->source;
    const bool indices = set->T.kind == BPB_CLASSES && source->targets == 1;
    REQUIRE(source->read, BPB_ERR_NULL, "the source has no read");
    REQUIRE(!HAS_DATA(set->X) && !HAS_DATA(set->T.view), BPB_ERR_OPTION,
            "the set has a source, and X or T too");
    REQUIRE(source->n > 0, BPB_ERR_SIZE, "the source has no columns");
    REQUIRE(source->inputs == 0 || source->inputs == shape_inputs(shape), BPB_ERR_SHAPE,
            "the source has %zu inputs; the net has %zu", source->inputs, shape_inputs(shape));
    REQUIRE(source->targets == shape->targets || indices, BPB_ERR_SHAPE,
            "the source has %zu targets; it must have %zu, or 1 for class indices", source->targets,
            shape->targets);
    return BPB_OK;
}

bpb_status BPB(sets_check)(const net_t *net, const data_t *data)
{
    static const char *const names[SETS] = {"data.train", "data.validation", "data.test"};
    for (int i = 0; i < SETS; i++) {
        const set_t *set = BPB(set_of)(data, i);
        bpb_status status = BPB_OK;
        if (set->source)
            status = check_source(net, set);
        else if (i == 0 || HAS_DATA(set->X) || HAS_DATA(set->T.view))
            status = BPB(samples_check)(net->shape, set->X, set->T);
        if (status < 0) {
            bpb_error_about("in %s", names[i]);
            return status;
        }
    }
    return BPB_OK;
}

bpb_status BPB(sets_scan)(const data_t *data, bpb_train_report *report)
{
    for (int i = 0; i < SETS; i++) {
        const set_t *set = BPB(set_of)(data, i);
        report->in = (bpb_in)(BPB_IN_X + 2 * i);
        if (HAS_DATA(set->X) && BPB(find_nonfinite)(set->X, &report->where) == BPB_NONFINITE)
            return BPB_NONFINITE;
        report->in = (bpb_in)(BPB_IN_T + 2 * i);
        if (HAS_DATA(set->T.view) &&
            BPB(targets_nonfinite)(set->T, &report->where) == BPB_NONFINITE)
            return BPB_NONFINITE;
    }
    report->in = BPB_IN_NOTHING;
    return BPB_OK;
}

/* ---- Memory ---- */

static bool any_source(const data_t *data)
{
    return data->train.source || data->validation.source || data->test.source;
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
    REQUIRE(stage->index_X && stage->index_T, BPB_ERR_MEMORY,
            "out of memory for a batch of %zu columns", batch);
    if (!any_source(data))
        return BPB_OK;
    stage->X = matrix(stage->n_0, batch);
    stage->T = matrix(net->shape->targets, batch);
    REQUIRE(stage->X && stage->T, BPB_ERR_MEMORY, "out of memory for a batch of %zu columns",
            batch);
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

bpb_status BPB(set_pick)(const set_t *set, struct stage *stage, const size_t *which, size_t B,
                         view_t *X, targets_t *T)
{
    const source_t *source = set->source;
    *T = set->T;
    if (!source) {
        *X = pick(set->X, which, B, stage->index_X);
        T->view = pick(set->T.view, which, B, stage->index_T);
        return BPB_OK;
    }
    fpenv_leave(stage->env);
    const int failed = source->read(source->user, which, B, stage->X, stage->T);
    fpenv_enter(stage->env);
    REQUIRE(!failed, BPB_ERR_SOURCE,
            "the source returned %d for a batch that begins with column %zu", failed, which[0]);
    *X = BPB(samples)(stage->X, B, stage->n_0);
    T->view = BPB(samples)(stage->T, B, source->targets);
    return BPB_OK;
}

bpb_status BPB(batch_scan)(const set_t *set, const size_t *which, view_t X, targets_t T,
                           bpb_train_report *report)
{
    bpb_where where;
    if (!set->source)
        return BPB_OK;
    report->in = BPB_IN_X;
    bpb_status status = BPB(find_nonfinite)(X, &where);
    if (status == BPB_OK) {
        report->in = BPB_IN_T;
        status = BPB(targets_nonfinite)(T, &where);
    }
    if (status == BPB_OK)
        report->in = BPB_IN_NOTHING;
    else
        report->where = (bpb_where){where.row, which[where.col]};
    return status;
}

/* ---- Scores ---- */

/* sum: its loss is that of all columns together. */
static void add_score(bpb_score *sum, const bpb_score *part)
{
    sum->loss += part->loss * (double)part->columns;
    sum->columns += part->columns;
    sum->correct += part->correct;
    sum->judged += part->judged;
    sum->nonfinite += part->nonfinite;
    sum->has_accuracy = part->has_accuracy;
}

static void finish_score(bpb_score *sum)
{
    sum->loss /= (double)sum->columns;
    sum->accuracy = sum->judged > 0 ? (double)sum->correct / (double)sum->judged : 0;
}

bpb_status BPB(set_evaluate)(const set_t *set, const net_t *net, work_t *work, struct stage *stage,
                             size_t batch, bpb_score *score)
{
    bpb_score sum = {0};
    if (!set->source) {
        const bpb_status status = BPB(evaluate_with)(net, work, set->X, set->T, score);
        return status < 0 ? status : BPB_OK;
    }
    const size_t n = BPB(set_columns)(set);
    for (size_t first = 0, B; first < n; first += B) {
        view_t X;
        targets_t T;
        bpb_score part;
        B = BPB_MIN(batch, n - first);
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
