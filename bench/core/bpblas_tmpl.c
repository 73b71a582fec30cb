/* SPDX-License-Identifier: BSD-3-Clause */
/* The library, called as users call it. */
#include "problem_tmpl.h"

#include <stdlib.h>
#include <string.h>

#include "vector_level_tmpl.h"

struct BENCH(library) {
    struct BENCH(result) result; /* theta is the net's */
    const struct BENCH(problem) *problem;
    net_t *net;
    plan_t *plan;
    work_t *work;
};

static view_t inputs(const struct BENCH(problem) * problem, size_t first)
{
    const size_t n_0 = problem->shape->units[0];
    return (view_t){.data = problem->X + first * n_0, .rows = n_0, .cols = problem->batch};
}

static view_t targets(const struct BENCH(problem) * problem, size_t first)
{
    const size_t n_L = problem->shape->units[problem->shape->n_layers];
    return (view_t){.data = problem->T + first * n_L, .rows = n_L, .cols = problem->batch};
}

static bpb_status forward(void *state, size_t first)
{
    const struct BENCH(library) *lib = state;
    const size_t n_L = lib->problem->shape->units[lib->problem->shape->n_layers];
    const out_t Y = {.data = lib->result.Y + first * n_L, .rows = n_L, .cols = lib->problem->batch};
    return BPB(forward)(lib->net, lib->work, inputs(lib->problem, first), Y);
}

static bpb_status gradient(void *state, size_t first)
{
    const struct BENCH(library) *lib = state;
    double loss;
    return BPB(gradient)(lib->net, lib->work, inputs(lib->problem, first),
                         BPB(values)(targets(lib->problem, first)), lib->result.gradient, &loss);
}

static bpb_status step(void *state, size_t first)
{
    const struct BENCH(library) *lib = state;
    const bpb_sgd_rule rule = {.eta = ETA};
    return BPB(sgd_step)(lib->net, lib->work, inputs(lib->problem, first),
                         BPB(values)(targets(lib->problem, first)), &rule, NULL);
}

static void restore(void *state)
{
    const struct BENCH(library) *lib = state;
    const net_t *start = lib->problem->net;
    memcpy(lib->result.theta, BPB(net_ctheta)(start), BPB(net_parameters)(start) * sizeof(real));
}

static void destroy(void *state)
{
    struct BENCH(library) *lib = state;
    BPB(work_destroy)(&lib->work);
    BPB(plan_destroy)(&lib->plan);
    BPB(net_destroy)(&lib->net);
    free(lib->result.gradient);
    free(lib->result.Y);
    free(lib);
}

static bpb_status set_hidden(net_t *net, const activation_function_t *g)
{
    for (size_t l = 1; l < BPB(net_layers)(net); l++)
        TRY(BPB(net_set_activation)(net, l, g));
    return BPB_OK;
}

/* Give the net the function of its own that the case asks for. */
static bpb_status set_own_function(net_t *net, const struct bench_case *shape)
{
    switch (shape->own) {
    case OWN_RELU:
        return set_hidden(net, &BENCH(level_here)()->relu);
    case OWN_SOFTSIGN:
        return set_hidden(net, &BENCH(level_here)()->softsign);
    case OWN_SQUARED:
        return BPB(net_set_loss)(net, &BENCH(level_here)()->squared);
    case OWN_NONE:
        break;
    }
    return BPB_OK;
}

static bpb_status set_up(struct BENCH(library) *lib)
{
    const struct BENCH(problem) *problem = lib->problem;
    const struct bench_case *shape = problem->shape;
    const bpb_net_options net = case_net(shape);
    const bpb_plan_options plan = {.batch = problem->batch, .threads = problem->threads};
    TRY(BPB(net_create)(&lib->net, &net));
    TRY(set_own_function(lib->net, shape));
    TRY(BPB(plan_create)(&lib->plan, lib->net, &plan));
    TRY(BPB(work_create)(&lib->work, lib->plan));
    lib->result.theta = BPB(net_theta)(lib->net);
    lib->result.gradient = BENCH(values)(BPB(net_parameters)(lib->net));
    lib->result.Y = BENCH(values)(shape->units[shape->n_layers] * problem->samples);
    return lib->result.gradient && lib->result.Y ? BPB_OK : BPB_ERR_MEMORY;
}

bpb_status BENCH(bpblas_create)(struct subject *subject, const struct BENCH(problem) *problem)
{
    struct BENCH(library) *lib = calloc(1, sizeof *lib);
    if (lib == NULL)
        return BPB_ERR_MEMORY;
    lib->problem = problem;
    *subject = (struct subject){
        .state = lib,
        .samples = problem->samples,
        .batch = problem->batch,
        .run = {forward, gradient, step},
        .restore = restore,
        .destroy = destroy,
    };
    const bpb_status status = set_up(lib);
    if (status < 0)
        subject_destroy(subject);
    return status;
}
