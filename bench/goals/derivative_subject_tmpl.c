/* SPDX-License-Identifier: BSD-3-Clause */
/* Derivatives beyond the gradient, called as users call them. */
#include "derivative_subject_tmpl.h"

#include <stdlib.h>
#include <string.h>

#include "core/splitmix.h"

static BPB(view) inputs(const struct BENCH(derivative) *d)
{
    return BPB(matrix)(d->problem->X, d->n_0, d->B);
}

static BPB(view) targets(const struct BENCH(derivative) *d)
{
    return BPB(matrix)(d->problem->T, d->n_L, d->B);
}

static bpb_status jvp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    const real *v = BENCH(along_theta)(d) ? BPB(net_ctheta)(d->direction) : NULL;
    const real *V = BENCH(along_inputs)(d) ? d->V : NULL;
    (void)first;
    return BPB(jvp)(d->net, d->work, inputs(d), v, BPB(matrix)(V, d->n_0, d->B),
                    BPB(matrix_out)(d->result.Y, d->n_L, d->B), BPB(matrix_out)(d->dY, d->n_L, d->B));
}

static bpb_status hvp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    double loss;
    (void)first;
    return BPB(hvp)(d->net, d->work, inputs(d), targets(d), BPB(net_ctheta)(d->direction), d->Hv,
                    d->result.gradient, &loss);
}

static bpb_status gradient_x(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    double loss;
    (void)first;
    return BPB(gradient_x)(d->net, d->work, inputs(d), targets(d), d->result.gradient,
                           BPB(matrix_out)(d->dX, d->n_0, d->B), &loss);
}

static bpb_status jacobian_vjp(void *state, size_t first)
{
    const struct BENCH(derivative) *d = state;
    (void)first;
    return BPB(jacobian_vjp)(d->net, d->work, inputs(d), BPB(matrix)(d->U, d->n_L, d->B),
                             BPB(matrix)(d->D, d->n_L * d->n_0, d->B), d->result.gradient);
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
    d->n_0 = BPB(net_units)(d->net, 0);
    d->n_L = BPB(net_units)(d->net, BPB(net_layers)(d->net));
    d->B = d->problem->batch;
    return BPB_OK;
}

/* The values of D, large and for one derivative alone. */
static size_t of_D(const struct BENCH(derivative) *d)
{
    return d->which == JACOBIAN_VJP ? d->n_L * d->n_0 * d->B : 0;
}

/* Cut the arrays out of memory, each from a cache line on, or where that is NULL say how many
 * values they take. */
static size_t lay_out(struct BENCH(derivative) *d, real *memory)
{
    const size_t line = 64 / sizeof(real), of_X = d->n_0 * d->B, of_Y = d->n_L * d->B;
    const struct {
        real **values;
        size_t n;
    } parts[] = {
        {&d->result.Y, of_Y}, {&d->result.gradient, d->P}, {&d->V, of_X},  {&d->U, of_Y},
        {&d->D, of_D(d)},     {&d->dY, of_Y},              {&d->dX, of_X}, {&d->Hv, d->P},
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (memory != NULL)
            *parts[i].values = memory + used;
        used += (parts[i].n + line - 1) / line * line;
    }
    return used;
}

static void draw(size_t n, real *values, uint64_t *random)
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
    draw(d->n_0 * d->B, d->V, &random);
    draw(d->n_L * d->B, d->U, &random);
    draw(of_D(d), d->D, &random);
    return BPB_OK;
}

/* bench_dderivative_create, bench_sderivative_create */
bpb_status BENCH(derivative_create)(struct subject *subject,
                                    const struct BENCH(problem) *problem, enum derivative which)
{
    static bpb_status (*const run[DERIVATIVES])(void *, size_t) = {jvp, jvp, jvp, hvp, gradient_x,
                                                                   jacobian_vjp};
    struct BENCH(derivative) *derivative = calloc(1, sizeof *derivative);
    if (derivative == NULL)
        return BPB_ERR_MEMORY;
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
