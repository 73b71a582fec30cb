/* SPDX-License-Identifier: BSD-3-Clause */
#include "agreement_tmpl.h"

#include <math.h>
#include <stdio.h>

/* n values that should be those of a reference of n/period equal parts. Both count from base
 * (NULL: zero): after a step it is the change that is compared, not what was there before. */
struct pair {
    const real *values, *reference, *base;
    size_t n, period;
};

static double base_at(const struct pair *pair, size_t i)
{
    return pair->base ? (double)pair->base[i] : 0;
}

static double reference_at(const struct pair *pair, size_t i)
{
    return (double)pair->reference[i % pair->period] - base_at(pair, i);
}

static double error_at(const struct pair *pair, size_t i)
{
    return fabs((double)pair->values[i] - (double)pair->reference[i % pair->period]);
}

/* The rounding of sums of so many terms grows as their root, where signs are mixed. */
static double relative_tolerance(const struct bench_case *shape)
{
    size_t terms = shape->batch;
    for (size_t l = 0; l < shape->n_layers; l++)
        terms = shape->units[l] > terms ? shape->units[l] : terms;
    return 32 * EPSILON * sqrt((double)terms);
}

/* What an entry may differ by, and in *spread how much the reference's entries do, or how far from
 * 0 the only one is. */
static double allowed(const struct pair *pair, double tolerance, double *spread)
{
    const bool alone = pair->n == 1;
    double largest = 0, base = 0, low = alone ? 0 : INFINITY, high = alone ? 0 : -INFINITY;
    for (size_t i = 0; i < pair->n; i++) {
        const double value = reference_at(pair, i);
        largest = fmax(largest, fabs(value));
        base = fmax(base, fabs(base_at(pair, i)));
        low = fmin(low, value);
        high = fmax(high, value);
    }
    *spread = high - low;
    return tolerance * largest + 16 * EPSILON * base;
}

/* An implementation and what it is compared with, both ready to be run. */
struct check {
    const char *impl;
    const struct BENCH(problem) *problem;
    const struct subject *subject, *reference;
};

/* One "bpblas-bench: S1 f32: gradient W_1 of bpblas: ..." on stderr. */
static bool disagree(const struct check *check, const char *what, const char *why)
{
    fprintf(stderr, PROGRAM ": %s %s: %s of %s: %s\n", check->problem->shape->name,
            precision_names[PRECISION], what, check->impl, why);
    return false;
}

static bool equal(const struct check *check, const char *what, const struct pair *pair)
{
    char why[128];
    double spread;
    const double limit = allowed(pair, relative_tolerance(check->problem->shape), &spread);
    if (!(spread > 16 * limit)) {
        snprintf(why, sizeof why, "all values lie within %.3g, so comparing them is void", spread);
        return disagree(check, what, why);
    }
    for (size_t i = 0; i < pair->n; i++)
        if (!(error_at(pair, i) <= limit)) {
            snprintf(why, sizeof why, "value %zu is %.9g, naively %.9g, off by more than %.3g", i,
                     (double)pair->values[i], (double)pair->reference[i % pair->period], limit);
            return disagree(check, what, why);
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
typedef BPB(out) part_of(const BPB(net) *net, real *vector, size_t l);

static bool part_equal(const struct check *check, const struct vectors *vectors, part_of *part,
                       const char *letter, size_t l)
{
    const BPB(net) *net = check->problem->net;
    const BPB(out) values = part(net, vectors->values, l);
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

/* Each W_l and b_l by its own measure, so that large layers do not hide small ones. */
static bool parts_equal(const struct check *check, const struct vectors *vectors)
{
    bool all = true;
    for (size_t l = 1; l <= check->problem->shape->n_layers; l++) {
        all = part_equal(check, vectors, BPB(net_W), "W", l) && all;
        all = part_equal(check, vectors, BPB(net_b), "b", l) && all;
    }
    return all;
}

static bpb_status run_from_start(const struct subject *subject, enum op op)
{
    subject_restore(subject);
    TRY(subject_sweep(subject, op));
    if (subject->deliver != NULL)
        subject->deliver(subject->state);
    return BPB_OK;
}

static bpb_status run_both(const struct check *check, enum op op)
{
    TRY(run_from_start(check->reference, op));
    return run_from_start(check->subject, op);
}

static bool gradients_equal(const struct check *check)
{
    const struct BENCH(result) *result = check->subject->state;
    const struct BENCH(result) *expected = check->reference->state;
    const struct vectors gradients = {"gradient", result->gradient, expected->gradient, NULL};
    return parts_equal(check, &gradients);
}

static bpb_status compare(const struct check *check, bool *agree)
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
    const bpb_status status = compare(&check, agree);
    subject_destroy(&subject);
    return status;
}

/* For the naive ones, the distinct columns: the mean over all is the mean over these. */
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

/* One operation of one more subject. */
static bpb_status check_one(const struct BENCH(problem) *problem, const char *name,
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

/* bench_dcheck_forward, bench_scheck_forward */
bpb_status BENCH(check_forward)(const struct BENCH(problem) *problem, const char *name,
                                const struct subject *subject, bool *agree)
{
    return check_one(problem, name, subject, OP_FORWARD, agree);
}

/* bench_dcheck_gradient, bench_scheck_gradient */
bpb_status BENCH(check_gradient)(const struct BENCH(problem) *problem, const char *name,
                                 const struct subject *subject, bool *agree)
{
    return check_one(problem, name, subject, OP_GRADIENT, agree);
}
