/* SPDX-License-Identifier: BSD-3-Clause */
/* Predictions by a plan, and a lower bound of their time: reading the parameters once. */
#include "kit_tmpl.h"

#include <stdlib.h>

#include "core/vector_level_tmpl.h"

struct predictor {
    struct BENCH(result) result;
    net_t *net; /* the problem's */
    plan_t *plan;
    work_t *work;
    view_t X;
    out_t Y;
    size_t *index;               /* NULL: the problem's columns in order */
    double *X_double, *Y_double; /* NULL: X and Y are in the precision */
};

static bpb_status predict(void *state, size_t first)
{
    const struct predictor *predictor = state;
    (void)first;
    return BPB(predict_with)(predictor->net, predictor->work, predictor->X, predictor->Y, NULL);
}

static void destroy(void *state)
{
    struct predictor *predictor = state;
    BPB(work_destroy)(&predictor->work);
    BPB(plan_destroy)(&predictor->plan);
    free(predictor->result.Y);
    free(predictor->index);
    free(predictor->X_double);
    free(predictor->Y_double);
    free(predictor);
}

static bpb_status repeat_columns(struct predictor *predictor, size_t samples, size_t columns)
{
    predictor->X.cols = columns;
    if (columns <= samples)
        return BPB_OK;
    predictor->index = malloc(columns * sizeof *predictor->index);
    if (predictor->index == NULL)
        return BPB_ERR_MEMORY;
    for (size_t j = 0; j < columns; j++)
        predictor->index[j] = j % samples;
    predictor->X.index = predictor->index;
    return BPB_OK;
}

static bpb_status set_up(struct predictor *predictor, const struct BENCH(problem) *problem,
                         size_t columns, const bpb_plan_options *plan)
{
    const struct bench_case *shape = problem->shape;
    const size_t n_0 = shape->units[0], n_L = shape->units[shape->n_layers];
    predictor->net = problem->net;
    predictor->X = BPB(samples)(problem->X, problem->samples, n_0);
    TRY(repeat_columns(predictor, problem->samples, columns));
    TRY(BPB(plan_create)(&predictor->plan, predictor->net, plan));
    TRY(BPB(work_create)(&predictor->work, predictor->plan));
    predictor->result.Y = BENCH(values)(n_L * columns);
    predictor->Y = BPB(samples_out)(predictor->result.Y, columns, n_L);
    return predictor->result.Y != NULL ? BPB_OK : BPB_ERR_MEMORY;
}

/* bench_dpredict_create, bench_spredict_create */
bpb_status BENCH(predict_create)(struct subject *subject, void *stage, size_t columns,
                                 const bpb_plan_options *plan)
{
    struct predictor *predictor = calloc(1, sizeof *predictor);
    if (predictor == NULL)
        return BPB_ERR_MEMORY;
    *subject = (struct subject){
        .state = predictor,
        .samples = columns,
        .batch = columns,
        .run = {[OP_FORWARD] = predict},
        .destroy = destroy,
    };
    const bpb_status status = set_up(predictor, BENCH(problem_of)(stage, 1), columns, plan);
    if (status < 0)
        subject_destroy(subject);
    return status;
}

/* n of x in double. */
static double *widen(size_t n, const real *x)
{
    double *wide = malloc(n * sizeof *wide);
    for (size_t i = 0; wide != NULL && i < n; i++)
        wide[i] = (double)x[i];
    return wide;
}

/* Let a float net read and write doubles from now on. The outputs of one call go to result.Y, where
 * the check looks for them. */
static bpb_status use_doubles(struct predictor *predictor)
{
    const size_t n_Y = predictor->Y.rows * predictor->Y.cols;
    predictor->X_double = widen(predictor->X.rows * predictor->X.cols, predictor->X.data);
    predictor->Y_double = malloc(n_Y * sizeof(double));
    if (predictor->X_double == NULL || predictor->Y_double == NULL)
        return BPB_ERR_MEMORY;
    BPB_SELECT(predictor->X.data, predictor->X.doubles) = predictor->X_double;
    BPB_SELECT(predictor->Y.data, predictor->Y.doubles) = predictor->Y_double;
    predictor->X.data = BPB_SELECT(predictor->X_double, NULL);
    predictor->Y.data = BPB_SELECT(predictor->Y_double, NULL);
    const bpb_status status = predict(predictor, 0);
    for (size_t i = 0; i < n_Y; i++)
        predictor->result.Y[i] = (real)predictor->Y_double[i];
    return status < 0 ? status : BPB_OK;
}

/* bench_dpredict_doubles_create, bench_spredict_doubles_create */
bpb_status BENCH(predict_doubles_create)(struct subject *subject, void *stage, size_t columns,
                                         const bpb_plan_options *plan)
{
    TRY(BENCH(predict_create)(subject, stage, columns, plan));
    return use_doubles(subject->state);
}

struct reader {
    const net_t *net;
    real (*read_values)(size_t n, const real *values);
    volatile real sum; /* so that the compiler leaves nothing out */
};

static bpb_status read_once(void *state, size_t first)
{
    struct reader *reader = state;
    (void)first;
    reader->sum =
        reader->read_values(BPB(net_parameters)(reader->net), BPB(net_ctheta)(reader->net));
    return BPB_OK;
}

/* bench_dread_create, bench_sread_create */
bpb_status BENCH(read_create)(struct subject *subject, void *stage)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return BPB_ERR_MEMORY;
    reader->net = BENCH(problem_of)(stage, 1)->net;
    reader->read_values = BENCH(level_here)()->read_values;
    *subject = (struct subject){
        .state = reader,
        .samples = 1,
        .batch = 1,
        .run = {[OP_FORWARD] = read_once},
        .destroy = free,
    };
    return BPB_OK;
}
