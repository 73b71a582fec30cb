/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A coarse check of derivatives against central differences. Directions are as large as what they
 * displace. For smooth functions a step h = eps^(1/3) leaves relative errors of about h^2. With
 * ReLU, about a share h of the units passes its kink within the step, and each is wrong by its
 * whole tangent.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/agreement_tmpl.h"
#include "kit_tmpl.h"

static const char *const names[DERIVATIVES] = {
    "J v by both", "J v by theta", "J v by X", "H v", "dE/dX", "the gradient of <U, Y> + <D, J>"};

/* A function of theta and X with n values, and the derivative along v and V to check. */
struct slope {
    bpb_status (*value)(struct BENCH(derivative) * d, view_t X, real *values);
    size_t n;
    const real *computed;
};

static bpb_status outputs(struct BENCH(derivative) * d, view_t X, real *values)
{
    return BPB(forward)(d->net, d->work, X, BPB(samples_out)(values, d->B, d->n_L));
}

static bpb_status gradient(struct BENCH(derivative) * d, view_t X, real *values)
{
    const view_t T = BPB(samples)(d->problem->T, d->B, d->n_L);
    return BPB(gradient)(d->net, d->work, X, BPB(values)(T), values, NULL);
}

static double dot(size_t n, const real *x, const real *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* sum_j (<u_j, y_j> + <D_j, dy_j/dx_j>), of one output or more */
static bpb_status weighted_sum(struct BENCH(derivative) * d, view_t X, real *values)
{
    const size_t n_J = d->n_L * d->n_0;
    real *J = BENCH(values)(n_J * d->B);
    if (J == NULL)
        return BPB_ERR_MEMORY;
    bpb_status status = outputs(d, X, d->dY);
    if (status >= 0)
        status = BPB(jacobian)(d->net, d->work, X, BPB(samples_out)(J, d->B, n_J));
    *values = (real)(dot(d->n_L * d->B, d->U, d->dY) + dot(n_J * d->B, d->D, J));
    free(J);
    return status;
}

/* The function at theta + h v and X + h V. It uses dX as room for X. */
static bpb_status value_at(struct BENCH(derivative) *d, const struct slope *slope, double h,
                           real *values)
{
    const real *start = BPB(net_ctheta)(d->problem->net), *v = BPB(net_ctheta)(d->direction);
    const double h_theta = BENCH(along_theta)(d) ? h : 0, h_X = BENCH(along_inputs)(d) ? h : 0;
    for (size_t i = 0; i < d->P; i++)
        d->result.theta[i] = (real)((double)start[i] + h_theta * (double)v[i]);
    for (size_t i = 0; i < d->n_0 * d->B; i++)
        d->dX[i] = (real)((double)d->problem->X[i] + h_X * (double)d->V[i]);
    return slope->value(d, BPB(samples)(d->dX, d->B, d->n_0), values);
}

/* |computed - difference| over |difference| */
static double deviation(const struct slope *slope, double h, const real *above, const real *below)
{
    double error = 0, size = 0;
    for (size_t i = 0; i < slope->n; i++) {
        const double difference = ((double)above[i] - (double)below[i]) / (2 * h);
        error += ((double)slope->computed[i] - difference) *
                 ((double)slope->computed[i] - difference);
        size += difference * difference;
    }
    return sqrt(error / size);
}

static bpb_status compare(struct BENCH(derivative) *d, const struct slope *slope, bool *agree)
{
    const double h = cbrt(EPSILON);
    double found = INFINITY;
    real *above = BENCH(values)(slope->n), *below = BENCH(values)(slope->n);
    bpb_status status = above && below ? value_at(d, slope, h, above) : BPB_ERR_MEMORY;
    if (status >= 0)
        status = value_at(d, slope, -h, below);
    if (status >= 0)
        found = deviation(slope, h, above, below);
    free(above);
    free(below);
    *agree = found <= (d->problem->shape->hidden == BPB_RELU ? sqrt(h) : h);
    if (status >= 0 && !*agree)
        fprintf(stderr, PROGRAM ": %s %s: %s is off its differences by %.3g of them\n",
                d->problem->shape->name, precision_names[PRECISION], names[d->which], found);
    return status;
}

/* Y is checked first, because the differences are those of forward passes. */
static bpb_status check_jvp(const struct subject *subject, bool *agree)
{
    struct BENCH(derivative) *d = subject->state;
    const struct slope slope = {outputs, d->n_L * d->B, d->dY};
    TRY(BENCH(check_op)(d->problem, names[d->which], subject, OP_FORWARD, agree));
    return *agree ? compare(d, &slope, agree) : BPB_OK;
}

/* With ReLU the gradient jumps at the kinks, so its differences say nothing about H v. */
static bpb_status check_hvp(const struct subject *subject, bool *agree)
{
    struct BENCH(derivative) *d = subject->state;
    const struct slope slope = {gradient, d->P, d->Hv};
    TRY(BENCH(check_op)(d->problem, names[d->which], subject, OP_GRADIENT, agree));
    return *agree && d->problem->shape->hidden != BPB_RELU ? compare(d, &slope, agree) : BPB_OK;
}

/* Along the gradient g, scaled to the size of theta, the slope is |g| |theta|. */
static bpb_status check_jacobian_vjp(const struct subject *subject, bool *agree)
{
    struct BENCH(derivative) *d = subject->state;
    real *v = BPB(net_theta)(d->direction);
    TRY(subject_sweep(subject, OP_GRADIENT));
    const double length = sqrt(dot(d->P, d->result.gradient, d->result.gradient));
    const double size = sqrt(dot(d->P, d->result.theta, d->result.theta));
    const real computed = (real)(length * size);
    for (size_t i = 0; i < d->P; i++)
        v[i] = (real)((double)d->result.gradient[i] * size / length);
    return compare(d, &(struct slope){weighted_sum, 1, &computed}, agree);
}

static bpb_status check_one(const struct subject *subject, bool *agree)
{
    const struct BENCH(derivative) *d = subject->state;
    switch (d->which) {
    case HVP:
        return check_hvp(subject, agree);
    case GRADIENT_X: /* dE/dX itself: check_delta */
        return BENCH(check_op)(d->problem, names[d->which], subject, OP_GRADIENT, agree);
    case JACOBIAN_VJP:
        return check_jacobian_vjp(subject, agree);
    default:
        return check_jvp(subject, agree);
    }
}

/* bench_dcheck_derivative, bench_scheck_derivative */
bpb_status BENCH(check_derivative)(const struct subject *derivative, bool *agree)
{
    subject_restore(derivative);
    const bpb_status status = check_one(derivative, agree);
    subject_restore(derivative);
    return status;
}
