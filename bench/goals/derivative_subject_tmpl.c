/* SPDX-License-Identifier: BSD-3-Clause */
/* Derivatives beyond the gradient, called as users call them, and the product of dE/dX alone. */
#include "kit_tmpl.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/splitmix.h"

static view_t inputs(const struct BENCH(derivative) * d)
{
    return BPB(samples)(d->problem->X, d->B, d->n_0);
}

static view_t targets(const struct BENCH(derivative) * d)
{
    return BPB(samples)(d->problem->T, d->B, d->n_L);
}

static bpb_status jvp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    const real *v = BENCH(along_theta)(d) ? BPB(net_ctheta)(d->direction) : NULL;
    const real *V = BENCH(along_inputs)(d) ? d->V : NULL;
    (void)first;
    return BPB(jvp)(d->net, d->work, inputs(d), v, BPB(samples)(V, d->B, d->n_0),
                    BPB(samples_out)(d->result.Y, d->B, d->n_L),
                    BPB(samples_out)(d->dY, d->B, d->n_L));
}

static bpb_status hvp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    double loss;
    (void)first;
    return BPB(hvp)(d->net, d->work, inputs(d), BPB(values)(targets(d)),
                    BPB(net_ctheta)(d->direction), d->Hv, d->result.gradient, &loss);
}

static bpb_status gradient_x(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    double loss;
    (void)first;
    return BPB(gradient_x)(d->net, d->work, inputs(d), BPB(values)(targets(d)), d->result.gradient,
                           BPB(samples_out)(d->dX, d->B, d->n_0), &loss);
}

static bpb_status jacobian_vjp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    (void)first;
    return BPB(jacobian_vjp)(d->net, d->work, inputs(d), BPB(samples)(d->U, d->B, d->n_L),
                             BPB(samples)(d->D, d->B, d->n_L * d->n_0), d->result.gradient);
}

static void restore(void *state)
{
    const struct BENCH(derivative) *d = state;
    memcpy(d->result.theta, BPB(net_ctheta)(d->problem->net), d->P * sizeof(real));
}

static void destroy(void *state)
{
    struct BENCH(derivative) *d = state;
    BPB(work_destroy)(&d->work);
    BPB(plan_destroy)(&d->plan);
    BPB(net_destroy)(&d->direction);
    BPB(net_destroy)(&d->net);
    free(d->memory);
    free(d);
}

static bpb_status make_nets(struct BENCH(derivative) *d)
{
    bpb_net_options options = case_net(d->problem->shape);
    TRY(BPB(net_create)(&d->net, &options));
    options.seed++;
    TRY(BPB(net_create)(&d->direction, &options));
    d->result.theta = BPB(net_theta)(d->net);
    d->P = BPB(net_parameters)(d->net);
    d->n_0 = BPB(net_size)(d->net, 0);
    d->n_L = BPB(net_size)(d->net, BPB(net_layers)(d->net));
    d->B = d->problem->batch;
    return BPB_OK;
}

/* How many values D has. It is large, and only one derivative uses it. */
static size_t values_of_D(const struct BENCH(derivative) *d)
{
    return d->which == JACOBIAN_VJP ? d->n_L * d->n_0 * d->B : 0;
}

/* Give each array its part of memory, at the start of a cache line. If memory is NULL, do nothing.
 * Returns how many values all arrays take. */
static size_t lay_out(struct BENCH(derivative) *d, real *memory)
{
    const size_t line = 64 / sizeof(real), of_X = d->n_0 * d->B, of_Y = d->n_L * d->B;
    const struct {
        real **values;
        size_t n;
    } parts[] = {
        {&d->result.Y, of_Y}, {&d->result.gradient, d->P}, {&d->V, of_X},  {&d->U, of_Y},
        {&d->D, values_of_D(d)},     {&d->dY, of_Y},              {&d->dX, of_X}, {&d->Hv, d->P},
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (memory != NULL)
            *parts[i].values = memory + used;
        used += (parts[i].n + line - 1) / line * line;
    }
    return used;
}

static void draw_values(size_t n, real *values, uint64_t *random)
{
    for (size_t i = 0; i < n; i++)
        values[i] = (real)random_uniform(random);
}

static bpb_status set_up(struct BENCH(derivative) *d)
{
    const bpb_plan_options plan = {.batch = d->problem->batch, .derivatives = 1};
    uint64_t random = 2;
    TRY(make_nets(d));
    TRY(BPB(plan_create)(&d->plan, d->net, &plan));
    TRY(BPB(work_create)(&d->work, d->plan));
    d->memory = BENCH(values)(lay_out(d, NULL));
    if (d->memory == NULL)
        return BPB_ERR_MEMORY;
    lay_out(d, d->memory);
    draw_values(d->n_0 * d->B, d->V, &random);
    draw_values(d->n_L * d->B, d->U, &random);
    draw_values(values_of_D(d), d->D, &random);
    return BPB_OK;
}

/* bench_dderivative_create, bench_sderivative_create */
bpb_status BENCH(derivative_create)(struct subject *subject, void *stage, enum derivative which)
{
    static bpb_status (*const run[DERIVATIVES])(void *, size_t) = {jvp, jvp, jvp, hvp, gradient_x,
                                                                   jacobian_vjp};
    struct BENCH(derivative) *derivative = calloc(1, sizeof *derivative);
    if (derivative == NULL)
        return BPB_ERR_MEMORY;
    const struct BENCH(problem) *problem = BENCH(problem_of)(stage, 1);
    derivative->problem = problem;
    derivative->which = which;
    *subject = (struct subject){
        .state = derivative,
        .samples = problem->batch,
        .batch = problem->batch,
        .run = {[OP_FORWARD] = run[which], [OP_GRADIENT] = run[which]},
        .restore = restore,
        .destroy = destroy,
    };
    const bpb_status status = set_up(derivative);
    if (status < 0)
        subject_destroy(subject);
    return status;
}

/* ---- The product that dE/dX takes beyond the gradient, by the BLAS on one thread ------------- */

struct delta {
    size_t n_in, n_out, B;
    const real *W; /* the problem's */
    real *D, *D_in;
};

static bpb_status multiply(void *state, size_t first)
{
    const struct delta *delta = state;
    const int n_in = (int)delta->n_in, n_out = (int)delta->n_out;
    (void)first;
    // D_in = W^T D
    BPB_CBLAS(gemm)(CblasColMajor, CblasTrans, CblasNoTrans, n_in, (int)delta->B, n_out, RC(1.0),
                    delta->W, n_out,             // W    is n_out x n_in
                    delta->D, n_out,             // D    is n_out x B
                    RC(0.0), delta->D_in, n_in); // D_in is n_in  x B
    return BPB_OK;
}

static void delta_destroy(void *state)
{
    struct delta *delta = state;
    free(delta->D);
    free(delta->D_in);
    free(delta);
}

static bpb_status delta_set_up(struct delta *delta, const struct BENCH(problem) *problem)
{
    net_t *net = problem->net;
    delta->n_in = BPB(net_size)(net, 0);
    delta->n_out = BPB(net_size)(net, 1);
    delta->B = problem->batch;
    delta->W = BPB(net_W)(net, BPB(net_theta)(net), 1).data;
    delta->D = BENCH(values)(delta->n_out * delta->B);
    delta->D_in = BENCH(values)(delta->n_in * delta->B);
    return delta->D && delta->D_in ? BPB_OK : BPB_ERR_MEMORY;
}

/* bench_ddelta_create, bench_sdelta_create */
bpb_status BENCH(delta_create)(struct subject *subject, void *stage)
{
    const struct BENCH(problem) *problem = BENCH(problem_of)(stage, 1);
    struct delta *delta = calloc(1, sizeof *delta);
    if (delta == NULL)
        return BPB_ERR_MEMORY;
    *subject = (struct subject){
        .state = delta,
        .samples = problem->batch,
        .batch = problem->batch,
        .blas_threads = 1,
        .run = {[OP_GRADIENT] = multiply},
        .destroy = delta_destroy,
    };
    const bpb_status status = delta_set_up(delta, problem);
    if (status < 0)
        subject_destroy(subject);
    return status;
}

/* Whether n values equal those of a reference, up to the rounding of sums of so many terms. */
static bool is_near(size_t n, const real *values, const real *reference, size_t terms)
{
    double largest = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)reference[i]));
        error = fmax(error, fabs((double)values[i] - (double)reference[i]));
    }
    return largest > 0 && error <= 16 * EPSILON * sqrt((double)terms) * largest;
}

/* bench_dcheck_delta, bench_scheck_delta */
bpb_status BENCH(check_delta)(const struct subject *inputs, const struct subject *delta,
                              bool *agree)
{
    const struct BENCH(derivative) *derivative = inputs->state;
    const struct delta *bare = delta->state;
    subject_restore(inputs);
    TRY(subject_sweep(inputs, OP_GRADIENT));
    const view_t D = BPB(work_layer)(derivative->work, 1).D;
    memcpy(bare->D, D.data, bare->n_out * bare->B * sizeof(real));
    TRY(subject_sweep(delta, OP_GRADIENT));
    *agree = is_near(bare->n_in * bare->B, derivative->dX, bare->D_in, bare->n_out);
    if (!*agree)
        fprintf(stderr, PROGRAM ": %s %s: dE/dX is not W_1^T D_1\n",
                derivative->problem->shape->name, precision_names[PRECISION]);
    return BPB_OK;
}
