/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan/plan_tmpl.h"

#include <stdlib.h>
#include <string.h>

#include "blas/cpu.h"
#include "base/fpenv.h"
#include "net/net_tmpl.h"
#include "base/ranges.h"

#define DEFAULT_BATCH 64
#define MOST_THREADS 1024
#define CACHE_BYTES (256 * 1024) /* of a second-level cache that the columns of a chunk may take */
#define FLOPS_PER_THREAD 4e6     /* of a step: a smaller share costs more than it saves */

/* Lay rows x cols entries of some bytes behind what is there. */
static bool place(size_t *end, size_t rows, size_t cols, size_t entry, size_t *offset)
{
    size_t bytes;
    *offset = *end;
    if (!size_mul(rows, cols, &bytes) || !size_mul(bytes, entry, &bytes) ||
        !size_add(bytes, BPB_WORK_ALIGNMENT - 1, &bytes))
        return false;
    return size_add(*end, bytes / BPB_WORK_ALIGNMENT * BPB_WORK_ALIGNMENT, end);
}

static bool place_layers(plan_t *plan, size_t *end)
{
    const size_t L = plan->shape->L, C = plan->capacity;
    for (size_t l = 0; l < L; l++) {
        struct planned *layer = &plan->layer[l];
        const size_t n = plan->shape->layer[l].n_out;
        /* The loss is taken from Z_L. */
        const bool keep_Z = l + 1 == L || layer->g.needs_Z || plan->keep_Z;
        if (!place(end, n, C, sizeof(real), &layer->A) ||
            !place(end, n, C, sizeof(real), &layer->D))
            return false;
        layer->Z = layer->A;
        if (keep_Z && !place(end, n, C, sizeof(real), &layer->Z))
            return false;
        layer->A_thinned = layer->A;
        if (l + 1 < L && plan->drop_hidden.on &&
            !place(end, n, C, sizeof(real), &layer->A_thinned))
            return false;
    }
    return true;
}

static bool place_tangents(plan_t *plan, size_t *end)
{
    const size_t n_0 = shape_inputs(plan->shape), C = plan->capacity;
    if (!plan->derivatives)
        return true;
    if (!place(end, n_0, C, sizeof(real), &plan->RA_0) ||
        !place(end, n_0, C, sizeof(real), &plan->D_0))
        return false;
    for (size_t l = 0; l < plan->shape->L; l++) {
        struct planned *layer = &plan->layer[l];
        const size_t n = plan->shape->layer[l].n_out;
        if (!place(end, n, C, sizeof(real), &layer->RZ) ||
            !place(end, n, C, sizeof(real), &layer->RA) ||
            !place(end, n, C, sizeof(real), &layer->Q))
            return false;
    }
    return true;
}

/* Room for the kernels of one thread. */
static bool size_scratch(plan_t *plan)
{
    size_t most = 0, begin = 0;
    for (size_t l = 1; l <= plan->shape->L; l++)
        for (enum product product = 0; product < PRODUCTS; product++) {
            if (!has_product(plan, product, l))
                continue;
            struct product_shape shape = BPB(product_shape)(plan, product, l);
            const struct kernel *kernel = plan->layer[l - 1].kernel[product];
            if (product == PREDICT)
                shape.n = plan->capacity; /* the block of all threads, if one does it alone */
            most = BPB_MAX(most, kernel->scratch(shape.trans_A, shape.m, shape.n, shape.k));
        }
    return place(&plan->scratch_bytes, most, 1, sizeof(real), &begin);
}

static bool place_all(plan_t *plan)
{
    const struct shape *shape = plan->shape;
    size_t end = BPB_WORK_HEADER;
    return place(&end, 1, plan->capacity, sizeof(double), &plan->e) &&
           place(&end, shape_inputs(shape), plan->capacity, sizeof(real), &plan->A_0) &&
           place_layers(plan, &end) &&
           place(&end, shape_outputs(shape), plan->capacity, sizeof(real), &plan->T) &&
           place(&end, 1, plan->batch, sizeof(real), &plan->ones) && place_tangents(plan, &end) &&
           size_scratch(plan) &&
           place(&end, plan->scratch_bytes, plan->most_threads, 1, &plan->scratch) &&
           size_add(end, BPB_WORK_ALIGNMENT - 1, &plan->bytes) && plan->bytes <= PTRDIFF_MAX;
}

static void choose_activation(plan_t *plan, const net_t *net, size_t l)
{
    const struct layer *shape = &plan->shape->layer[l - 1];
    struct planned *layer = &plan->layer[l - 1];
    if (shape->activation == BPB_OWN_ACTIVATION) {
        layer->own = net->own->layer[l - 1].g;
        layer->g = plan->functions->own->activation(&layer->own);
        return;
    }
    layer->g = plan->functions->activation[shape->activation];
    layer->parameter = (real)shape->parameter;
    layer->g.context = &layer->parameter;
}

static void choose_loss(plan_t *plan, const net_t *net)
{
    const struct shape *shape = plan->shape;
    if (shape->loss == BPB_OWN_LOSS) {
        plan->own_loss = net->own->loss;
        plan->loss = plan->functions->own->loss(&plan->own_loss);
        return;
    }
    const bpb_activation output = shape->layer[shape->L - 1].activation;
    plan->loss = *BPB(functions_loss)(plan->functions, shape->loss, output);
    plan->loss_parameter = (real)shape->loss_parameter;
    plan->loss.context = &plan->loss_parameter;
}

/* A plan outlives the net that it was made for: it takes copies. */
static void choose_functions(plan_t *plan, const net_t *net)
{
    plan->functions = BPB(functions_for_cpu)();
    for (size_t l = 1; l <= plan->shape->L; l++)
        choose_activation(plan, net, l);
    choose_loss(plan, net);
}

static bool all_exact(const plan_t *plan, enum product product)
{
    for (size_t l = 1; l <= plan->shape->L; l++)
        if (has_product(plan, product, l) && !plan->layer[l - 1].kernel[product]->exact)
            return false;
    return true;
}

static bool any_blas(const plan_t *plan)
{
    for (size_t l = 1; l <= plan->shape->L; l++)
        for (enum product product = 0; product < PRODUCTS; product++)
            if (has_product(plan, product, l) && plan->layer[l - 1].kernel[product]->blas)
                return true;
    return false;
}

/*
 * Columns that a thread does at a time. What it touches of them should stay in its second-level
 * cache, but each W is read once for them, and packed again where a kernel packs. Where a kernel
 * is not exact the parts are fixed, for a column's bits are those of its part.
 */
static size_t chunk_columns(const plan_t *plan)
{
    if (!all_exact(plan, FORWARD) || !all_exact(plan, DELTA))
        return plan->batch <= 512 ? 64 : 256;
    size_t values = shape_inputs(plan->shape);
    for (size_t l = 0; l < plan->shape->L; l++) {
        values += (plan->drop_hidden.on ? 3 : 2) * plan->shape->layer[l].n_out;
        if (plan->layer[l].kernel[FORWARD] == BPB(kernel_packed)())
            return BPB_INT_MAX;
    }
    return BPB_MAX(256, CACHE_BYTES / sizeof(real) / values);
}

/* Columns of W whose gradient is one product. */
static size_t gradient_columns(const struct planned *layer, size_t n_in)
{
    return layer->kernel[GRADIENT]->exact ? n_in : BPB_MAX(64, (n_in + 7) / 8);
}

size_t BPB(paying_threads)(const plan_t *plan, double flops)
{
    const double paying = flops / FLOPS_PER_THREAD;
    return paying < (double)plan->most_threads ? BPB_MAX((size_t)paying, 1) : plan->most_threads;
}

/* From the kernels to how the work is cut. */
static void cut(plan_t *plan, const bpb_plan_options *options)
{
    const bool exact = all_exact(plan, FORWARD) && all_exact(plan, DELTA);
    plan->panel = options->unpadded || all_exact(plan, PREDICT) ? 1
                                                                : bpb_panel_columns(sizeof(real));
    plan->capacity = (plan->capacity + plan->panel - 1) / plan->panel * plan->panel;
    plan->chunk = chunk_columns(plan);
    plan->grain = exact ? 8 : plan->chunk;
    plan->threads =
        BPB(paying_threads)(plan, 6.0 * (double)plan->shape->parameters * (double)plan->batch);
    plan->uses_blas = any_blas(plan);
    for (size_t l = 0; l < plan->shape->L; l++)
        plan->layer[l].gradient_cols =
            gradient_columns(&plan->layer[l], plan->shape->layer[l].n_in);
}

static bpb_status choose_kernels(plan_t *plan, const bpb_plan_options *options)
{
    for (size_t l = 1; l <= plan->shape->L; l++)
        for (enum product product = 0; product < PRODUCTS; product++)
            plan->layer[l - 1].kernel[product] =
                options->planning == BPB_PLAN_CBLAS
                    ? BPB(estimate_blas)(plan, product)
                    : BPB(estimate)(plan, product, l);
    if (options->planning == BPB_PLAN_MEASURE)
        TRY(BPB(measure)(plan));
    return options->wisdom ? BPB(wisdom_apply)(plan, options->wisdom) : BPB_OK;
}

static plan_t *alloc_plan(const struct shape *shape)
{
    size_t for_shape, for_layers, bytes;
    if (!bpb_shape_bytes(shape->L, &for_shape) ||
        !size_mul(shape->L, sizeof(struct planned), &for_layers) ||
        !size_add(for_layers, for_shape, &bytes) || !size_add(bytes, sizeof(plan_t), &bytes))
        return NULL;
    plan_t *plan = calloc(1, bytes);
    if (plan) {
        plan->layer = (struct planned *)(plan + 1);
        plan->shape = memcpy(plan->layer + shape->L, shape, for_shape);
    }
    return plan;
}

static bpb_status check_options(const bpb_plan_options *options)
{
    REQUIRE(options->batch <= BPB_INT_MAX, BPB_ERR_SIZE,
            "batch is %zu; it must be at most 2147483647", options->batch);
    REQUIRE(options->threads <= MOST_THREADS, BPB_ERR_OPTION,
            "threads is %zu; it must be at most 1024", options->threads);
    TRY(bpb_option_flag("unpadded", options->unpadded));
    TRY(bpb_option_flag("keep_Z", options->keep_Z));
    TRY(bpb_option_flag("derivatives", options->derivatives));
    REQUIRE((int)options->planning >= 0 && options->planning <= BPB_PLAN_CBLAS, BPB_ERR_OPTION,
            "planning is %d, which is no value of bpb_planning", (int)options->planning);
    struct fpenv env;
    fpenv_enter(&env);
    bpb_status status = bpb_option_number("dropout", options->dropout, OPTION_BELOW_1, 1);
    if (!status)
        status = bpb_option_number("dropout_inputs", options->dropout_inputs, OPTION_BELOW_1, 1);
    fpenv_leave(&env);
    return status ? status : bpb_option_reserved("", options->reserved);
}

/* Of probability p; one so near to 1 that 2^32 p would round to 2^32 leaves an entry of 2^32. */
static struct dropout dropout_of(double p)
{
    const double threshold = p * 0x1p32 + 0.5;
    return (struct dropout){.on = p > 0,
                            .threshold =
                                threshold < (double)UINT32_MAX ? (uint32_t)threshold : UINT32_MAX,
                            .kept = (real)(1 / (1 - p))};
}

static bpb_status fill(plan_t *plan, const net_t *net, const bpb_plan_options *options)
{
    plan->batch = options->batch ? options->batch : DEFAULT_BATCH;
    plan->most_threads = options->threads ? options->threads : 1;
    plan->unpadded = options->unpadded;
    plan->keep_Z = options->keep_Z;
    plan->derivatives = options->derivatives;
    plan->drop_inputs = dropout_of(options->dropout_inputs);
    plan->drop_hidden = dropout_of(options->dropout);
    plan->capacity = BPB(predict_columns)(plan);
    if (plan->most_threads > 1 && !plan->unpadded)
        plan->capacity = BPB_MAX(plan->capacity, plan->most_threads * BPB_PANEL_MAX);
    choose_functions(plan, net);
    TRY(choose_kernels(plan, options));
    cut(plan, options);
    REQUIRE(place_all(plan), BPB_ERR_SIZE,
            "a work for a batch of %zu columns exceeds what can be addressed", plan->batch);
    return plan->most_threads > 1 ? bpb_pool_create(&plan->pool, plan->most_threads) : BPB_OK;
}

/* bpb_plan_create, bpbf_plan_create */
bpb_status BPB(plan_create)(plan_t **plan, const net_t *net, const bpb_plan_options *options)
{
    const bpb_plan_options defaults = {0};
    REQUIRE_POINTER(plan);
    REQUIRE_POINTER(net);
    if (!options)
        options = &defaults;
    TRY(check_options(options));
    plan_t *made = alloc_plan(net->shape);
    REQUIRE(made, BPB_ERR_MEMORY, "out of memory for a plan");
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status = fill(made, net, options);
    fpenv_leave(&env);
    if (status < 0)
        BPB(plan_destroy)(&made);
    else
        *plan = made;
    return status;
}

/* bpb_plan_destroy, bpbf_plan_destroy */
void BPB(plan_destroy)(plan_t **plan)
{
    if (!plan || !*plan)
        return;
    bpb_pool_destroy((*plan)->pool);
    free(*plan);
    *plan = NULL;
}

/* bpb_plan_threads, bpbf_plan_threads */
size_t BPB(plan_threads)(const plan_t *plan)
{
    return plan ? plan->threads : 0;
}
