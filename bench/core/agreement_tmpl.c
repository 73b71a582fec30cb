/* SPDX-License-Identifier: BSD-3-Clause */
#include "agreement_tmpl.h"

#include <math.h>
#include <stdio.h>

/* An implementation and what it is compared with, both ready to be run. */
struct check {
    const char *impl;
    const struct BENCH(problem) *problem;
    const struct subject *subject, *reference;
};

/* n values, and a reference that they repeat after each period. base is what is subtracted from
 * both, or NULL: after a step the changes are compared, not the parameters. */
struct pair {
    const real *values, *reference, *base;
    size_t n, period;
};

/* One "bpblas-bench: S1 f32: gradient W_1 of bpblas: ..." on stderr. */
static bool disagree(const struct check *check, const char *what, const char *why)
{
    fprintf(stderr, PROGRAM ": %s %s: %s of %s: %s\n", check->problem->shape->name,
            precision_names[PRECISION], what, check->impl, why);
    return false;
}

/* Each value may differ by a limit. The reference must vary by more than that. If there is only one
 * value, its distance from 0 must be larger. */
static bool equal(const struct check *check, const char *what, const struct pair *pair)
{
    const struct bench_case *shape = check->problem->shape;
    const bool alone = pair->n == 1;
    char why[128];
    double largest = 0, base = 0, low = alone ? 0 : INFINITY, high = alone ? 0 : -INFINITY;
    for (size_t i = 0; i < pair->n; i++) {
        const double start = pair->base ? (double)pair->base[i] : 0;
        const double value = (double)pair->reference[i % pair->period] - start;
        largest = fmax(largest, fabs(value));
        base = fmax(base, fabs(start));
        low = fmin(low, value);
        high = fmax(high, value);
    }

    /* If signs are mixed, the rounding of a sum grows as the root of the number of its terms. */
    size_t terms = shape->batch;
    for (size_t l = 0; l < shape->n_layers; l++)
        terms = shape->units[l] > terms ? shape->units[l] : terms;
    const double limit = 32 * EPSILON * sqrt((double)terms) * largest + 16 * EPSILON * base;

    if (!(high - low > 16 * limit)) {
        snprintf(why, sizeof why, "all values lie within %.3g, so comparing them is void",
                 high - low);
        return disagree(check, what, why);
    }
    for (size_t i = 0; i < pair->n; i++) {
        const double value = (double)pair->values[i];
        const double expected = (double)pair->reference[i % pair->period];
        if (!(fabs(value - expected) <= limit)) {
            snprintf(why, sizeof why, "value %zu is %.9g, naively %.9g, off by more than %.3g", i,
                     value, expected, limit);
            return disagree(check, what, why);
        }
    }
    return true;
}

static bool outputs_equal(const struct check *check)
{
    const struct bench_case *shape = check->problem->shape;
    const size_t n_L = shape->units[shape->n_layers];
    const struct BENCH(result) *result = check->subject->state;
    const struct BENCH(result) *expected = check->reference->state;
    const struct pair pair = {
        .values = result->Y,
        .reference = expected->Y,
        .n = n_L * check->subject->samples,
        .period = n_L * check->reference->samples,
    };
    return equal(check, "outputs", &pair);
}

/* Vectors laid out as theta; base may be NULL. */
struct vectors {
    const char *name;
    real *values, *reference, *base;
};

/* bpb_net_W or bpb_net_b */
typedef out_t part_of(const net_t *net, real *vector, size_t l);

static bool part_equal(const struct check *check, const struct vectors *vectors, part_of *part,
                       const char *letter, size_t l)
{
    const net_t *net = check->problem->net;
    const out_t values = part(net, vectors->values, l);
    const size_t n = values.rows * values.cols;
    const struct pair pair = {
        .values = values.data,
        .reference = part(net, vectors->reference, l).data,
        .base = vectors->base ? part(net, vectors->base, l).data : NULL,
        .n = n,
        .period = n,
    };
    char what[64];
    snprintf(what, sizeof what, "%s %s_%zu", vectors->name, letter, l);
    return equal(check, what, &pair);
}

/* Each W_l and b_l has its own limit, so that large layers do not hide small ones. */
static bool parts_equal(const struct check *check, const struct vectors *vectors)
{
    bool all = true;
    for (size_t l = 1; l <= check->problem->shape->n_layers; l++) {
        all = part_equal(check, vectors, BPB(net_W), "W", l) && all;
        all = part_equal(check, vectors, BPB(net_b), "b", l) && all;
    }
    return all;
}

/* From the parameters of the start. */
static bpb_status run_both(const struct check *check, enum op op)
{
    const struct subject *both[] = {check->reference, check->subject};
    for (int i = 0; i < 2; i++) {
        subject_restore(both[i]);
        TRY(subject_sweep(both[i], op));
        if (both[i]->deliver != NULL)
            both[i]->deliver(both[i]->state);
    }
    return BPB_OK;
}

static bool gradients_equal(const struct check *check)
{
    const struct BENCH(result) *result = check->subject->state;
    const struct BENCH(result) *expected = check->reference->state;
    const struct vectors gradients = {"gradient", result->gradient, expected->gradient, NULL};
    return parts_equal(check, &gradients);
}

static bpb_status compare_all(const struct check *check, bool *agree)
{
    const struct BENCH(result) *result = check->subject->state;
    const struct BENCH(result) *expected = check->reference->state;
    const struct vectors steps = {"step", result->theta, expected->theta,
                                  BPB(net_theta)(check->problem->net)};
    TRY(run_both(check, OP_FORWARD));
    *agree = outputs_equal(check) && *agree;
    TRY(run_both(check, OP_GRADIENT));
    *agree = gradients_equal(check) && *agree;
    TRY(run_both(check, OP_STEP));
    *agree = parts_equal(check, &steps) && *agree;
    return BPB_OK;
}

static bpb_status compare_with(const struct subject *reference, BENCH(maker) *create,
                               enum impl impl, const struct BENCH(problem) *problem, bool *agree)
{
    struct subject subject;
    TRY(create(&subject, problem));
    const struct check check = {impl_names[impl], problem, &subject, reference};
    const bpb_status status = compare_all(&check, agree);
    subject_destroy(&subject);
    return status;
}

/* What the naive ones compute: the distinct columns, whose mean is the mean over all. */
static struct BENCH(problem) distinct_columns(const struct BENCH(problem) *problem)
{
    struct BENCH(problem) few = *problem;
    few.samples = problem->shape->distinct;
    few.batch = few.batch < few.samples ? few.batch : few.samples;
    return few;
}

/* bench_dcheck, bench_scheck */
bpb_status BENCH(check)(const struct BENCH(problem) *problem, bool *agree)
{
    const struct BENCH(problem) few = distinct_columns(problem);
    struct subject reference;
    *agree = true;
    TRY(BENCH(naive_sample_create)(&reference, &few));
    bpb_status status = compare_with(&reference, BENCH(naive_batch_create),
                                     IMPL_NAIVE_BATCH, &few, agree);
    if (status >= 0)
        status = compare_with(&reference, BENCH(bpblas_create), IMPL_BPBLAS, problem, agree);
    subject_destroy(&reference);
    return status;
}

/* bench_dcheck_op, bench_scheck_op */
bpb_status BENCH(check_op)(const struct BENCH(problem) *problem, const char *name,
                           const struct subject *subject, enum op op, bool *agree)
{
    const struct BENCH(problem) few = distinct_columns(problem);
    struct subject reference;
    TRY(BENCH(naive_sample_create)(&reference, &few));
    const struct check check = {name, problem, subject, &reference};
    const bpb_status status = run_both(&check, op);
    *agree = status >= 0 && (op == OP_FORWARD ? outputs_equal(&check) : gradients_equal(&check));
    subject_destroy(&reference);
    return status;
}
