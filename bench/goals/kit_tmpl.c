/* SPDX-License-Identifier: BSD-3-Clause */
#include "kit_tmpl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/agreement_tmpl.h"
#include "core/vector_level_tmpl.h"

/* The most bytes that the packing kernels take, by the header. */
#define TILES_PACKED (51 * 1024.0)
#define PACKED_PACKED (BPB_SELECT(5.3, 2.7) * 1024 * 1024)

struct stage {
    struct bench_case shape;
    struct BENCH(problem) problem;
};

static bpb_status open_stage(void **stage, const struct bench_case *shape)
{
    struct stage *made = calloc(1, sizeof *made);
    *stage = made;
    if (made == NULL)
        return BPB_ERR_MEMORY;
    made->shape = *shape;
    return BENCH(problem_create)(&made->problem, &made->shape);
}

static void close_stage(void *stage)
{
    struct stage *made = stage;
    if (made != NULL)
        BENCH(problem_destroy)(&made->problem);
    free(made);
}

/* bench_dproblem_of, bench_sproblem_of */
struct BENCH(problem) *BENCH(problem_of)(void *stage, size_t threads)
{
    struct stage *made = stage;
    made->problem.threads = threads;
    return &made->problem;
}

static bpb_status check(void *stage, size_t threads, bool *agree)
{
    return BENCH(check)(BENCH(problem_of)(stage, threads), agree);
}

static bpb_status check_forward(void *stage, const struct subject *subject, bool *agree)
{
    return BENCH(check_op)(BENCH(problem_of)(stage, 1), "predict", subject, OP_FORWARD, agree);
}

static bpb_status library(struct subject *subject, void *stage, size_t threads)
{
    return BENCH(bpblas_create)(subject, BENCH(problem_of)(stage, threads));
}

static bpb_status products(struct subject *subject, void *stage)
{
    return BENCH(gemm_create)(subject, BENCH(problem_of)(stage, 1));
}

/* sizeof(real) * (C (n_0 + 2 (n_1 + ... + n_L) + 2 n_L) + batch) + 8 C, with C in panels of 64 if
 * the BLAS predicts */
static double work_formula(const struct bench_case *shape, const bpb_plan_options *plan)
{
    const size_t panel = plan->planning == BPB_PLAN_CBLAS && !plan->unpadded ? 64 : 1;
    const size_t least = plan->unpadded || plan->batch > 64 ? plan->batch : 64;
    const size_t C = (least + panel - 1) / panel * panel;
    size_t rows = shape->units[0] + 2 * shape->units[shape->n_layers];
    for (size_t l = 1; l <= shape->n_layers; l++)
        rows += 2 * shape->units[l];
    return (double)(sizeof(real) * (C * rows + plan->batch) + 8 * C);
}

/* S, the most bytes that the copies of the kernels in use take, for one thread. */
static double most_packed(const plan_t *plan)
{
    bpb_plan_choice entry;
    double most = 0;
    for (size_t i = 0; BPB(plan_entry)(plan, i, &entry) >= 0; i++) {
        if (!entry.chosen)
            continue;
        if (strcmp(entry.kernel, "packed") == 0)
            most = fmax(most, PACKED_PACKED);
        else if (strcmp(entry.kernel, "tiles") == 0)
            most = fmax(most, TILES_PACKED);
        else if (strcmp(entry.kernel, "cblas-transposed") == 0)
            most = fmax(most, (double)(sizeof(real) * entry.m * entry.n));
    }
    return most;
}

static bpb_status find_facts(const struct bench_case *shape, const bpb_plan_options *options,
                        struct plan_facts *found)
{
    const bpb_net_options net_options = case_net(shape);
    net_t *net = NULL;
    plan_t *plan = NULL;
    bpb_status status = BPB(net_create)(&net, &net_options);
    if (status >= 0)
        status = BPB(plan_create)(&plan, net, options);
    *found = (struct plan_facts){
        .threads = BPB(plan_threads)(plan),
        .bytes = BPB(work_bytes)(plan),
        .formula = work_formula(shape, options),
    };
    if (status >= 0)
        found->packed = (double)found->threads * most_packed(plan);
    BPB(plan_destroy)(&plan);
    BPB(net_destroy)(&net);
    return status;
}

/* bench_dkit, bench_skit */
const struct kit BENCH(kit) = {
    .open = open_stage,
    .close = close_stage,
    .check = check,
    .check_forward = check_forward,
    .check_epoch = BENCH(check_epoch),
    .check_derivative = BENCH(check_derivative),
    .check_delta = BENCH(check_delta),
    .library = library,
    .products = products,
    .peak = BENCH(peak_create),
    .predict = BENCH(predict_create),
    .predict_doubles = BENCH(predict_doubles_create),
    .read = BENCH(read_create),
    .epoch = BENCH(epoch_create),
    .derivative = BENCH(derivative_create),
    .delta = BENCH(delta_create),
    .facts = find_facts,
};
