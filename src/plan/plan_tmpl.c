/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan/plan_tmpl.h"

#include <stdlib.h>
#include <string.h>

#include "blas/cpu.h"
#include "net/net_tmpl.h"

#define DEFAULT_BATCH 64

#define SET(level) LEVEL_JOIN(BPB(functions), level)
extern const struct BPB(functions) SET(generic);
#ifdef BPB_X86_64_LEVELS
extern const struct BPB(functions) SET(v3), SET(v4);
#endif

const struct BPB(functions) *BPB(functions_for_cpu)(void)
{
#ifdef BPB_X86_64_LEVELS
    switch (bpb_cpu_function_level()) {
    case SIMD_V4:
        return &SET(v4);
    case SIMD_V3:
        return &SET(v3);
    default:
        break;
    }
#endif
    return &SET(generic);
}

const struct BPB(loss) *BPB(functions_loss)(const struct BPB(functions) *set, bpb_loss loss,
                                            bpb_activation output)
{
    if (loss == BPB_SQUARED)
        return set->squared;
    return output == BPB_SOFTMAX ? set->softmax_cross_entropy : set->sigmoid_cross_entropy;
}

/* Lay n_rows x n_cols entries of some bytes behind what is there. */
static bool place(size_t *end, size_t rows, size_t cols, size_t entry, size_t *offset)
{
    size_t bytes;
    *offset = *end;
    if (!size_mul(rows, cols, &bytes) || !size_mul(bytes, entry, &bytes) ||
        !size_add(bytes, BPB_WORK_ALIGNMENT - 1, &bytes))
        return false;
    return size_add(*end, bytes / BPB_WORK_ALIGNMENT * BPB_WORK_ALIGNMENT, end);
}

static bool place_layers(BPB(plan) * plan, size_t *end)
{
    const size_t L = plan->shape->L, C = plan->capacity;
    for (size_t l = 0; l < L; l++) {
        struct BPB(planned) *layer = &plan->layer[l];
        const size_t n = plan->shape->layer[l].n_out;
        const bool keep_Z = l + 1 == L || layer->g->needs_Z; /* the loss is taken from Z_L */
        if (!place(end, n, C, sizeof(real), &layer->A) ||
            !place(end, n, C, sizeof(real), &layer->D))
            return false;
        layer->Z = layer->A;
        if (keep_Z && !place(end, n, C, sizeof(real), &layer->Z))
            return false;
    }
    return true;
}

static bool place_all(BPB(plan) * plan)
{
    const struct shape *shape = plan->shape;
    size_t widest = 0, end = BPB_WORK_HEADER;
    for (size_t l = 0; l < shape->L; l++)
        widest = BPB_MAX(widest, shape->layer[l].n_out);
    return place(&end, 1, plan->capacity, sizeof(double), &plan->e) &&
           place(&end, shape_inputs(shape), plan->capacity, sizeof(real), &plan->A_0) &&
           place_layers(plan, &end) &&
           place(&end, shape_outputs(shape), plan->capacity, sizeof(real), &plan->T) &&
           place(&end, widest, plan->padded ? plan->panel : 0, sizeof(real), &plan->Zt) &&
           place(&end, widest, 1, sizeof(real), &plan->sums) &&
           size_add(end, BPB_WORK_ALIGNMENT - 1, &plan->bytes) && plan->bytes <= PTRDIFF_MAX;
}

/* The estimate: which kernel does each product. */
static void choose(BPB(plan) * plan)
{
    plan->functions = BPB(functions_for_cpu)();
    for (size_t l = 0; l < plan->shape->L; l++)
        plan->layer[l] = (struct BPB(planned)){
            .forward = BPB(gemm_cblas),
            .panel = BPB(gemm_cblas),
            .delta = BPB(gemm_cblas),
            .gradient = BPB(gemm_cblas),
            .g = &plan->functions->activation[plan->shape->layer[l].activation],
        };
    const bpb_activation output = plan->shape->layer[plan->shape->L - 1].activation;
    plan->loss = BPB(functions_loss)(plan->functions, plan->shape->loss, output);
}

static BPB(plan) *alloc_plan(const struct shape *shape)
{
    size_t for_shape, for_layers, bytes;
    if (!bpb_shape_bytes(shape->L, &for_shape) ||
        !size_mul(shape->L, sizeof(struct BPB(planned)), &for_layers) ||
        !size_add(for_layers, for_shape, &bytes) || !size_add(bytes, sizeof(BPB(plan)), &bytes))
        return NULL;
    BPB(plan) *plan = calloc(1, bytes);
    if (plan) {
        plan->layer = (struct BPB(planned) *)(plan + 1);
        plan->shape = memcpy(plan->layer + shape->L, shape, for_shape);
    }
    return plan;
}

static bpb_status check_options(const bpb_plan_options *options)
{
    REQUIRE(options->batch <= BPB_INT_MAX, BPB_ERR_SIZE);
    REQUIRE(options->threads <= 1, BPB_ERR_OPTION);
    REQUIRE(options->unpadded == 0 || options->unpadded == 1, BPB_ERR_OPTION);
    return BPB_OK;
}

/* bpb_splan_create, bpb_dplan_create */
bpb_status BPB(plan_create)(BPB(plan) * *plan, const BPB(net) * net,
                            const bpb_plan_options *options)
{
    const bpb_plan_options defaults = {0};
    REQUIRE(plan && net, BPB_ERR_NULL);
    if (!options)
        options = &defaults;
    TRY(check_options(options));
    BPB(plan) *made = alloc_plan(net->shape);
    REQUIRE(made, BPB_ERR_MEMORY);
    made->batch = options->batch ? options->batch : DEFAULT_BATCH;
    made->padded = !options->unpadded;
    made->panel = made->padded ? bpb_panel_columns(sizeof(real)) : made->batch;
    made->capacity = BPB_MAX(made->batch, made->panel);
    choose(made);
    if (!place_all(made)) {
        BPB(plan_destroy)(&made);
        return BPB_ERR_SIZE;
    }
    *plan = made;
    return BPB_OK;
}

/* bpb_splan_destroy, bpb_dplan_destroy */
void BPB(plan_destroy)(BPB(plan) * *plan)
{
    if (!plan)
        return;
    free(*plan);
    *plan = NULL;
}
