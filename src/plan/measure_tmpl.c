/* SPDX-License-Identifier: BSD-3-Clause */
/* The measured plan: every kernel does every product, and the fastest is taken. */
#include <stdlib.h>
#include <string.h>

#include "blas/section.h"
#include "plan/plan_tmpl.h"
#include "base/alloc.h"
#include "base/clock.h"

#define ROUNDS 7
#define SECONDS_A_ROUND 2e-4
#define SECONDS_A_PRODUCT 1.0 /* after which no further round begins */

/* The operands of the product that is measured. */
struct trial {
    struct product_shape shape;
    real *A, *B, *C, *scratch; /* A first: the block that is freed */
};

/* Entries, filled up so that what follows is aligned too. */
static size_t padded(size_t entries)
{
    return (entries + 15) / 16 * 16;
}

/* Operands that stay what they are when C = op(A) op(B) + C is done again and again. */
static bool make_trial(struct trial *trial, struct product_shape shape)
{
    const size_t A = padded(shape.m * shape.k), B = padded(shape.k * shape.n);
    const size_t C = padded(shape.m * shape.n);
    size_t most = 0;
    for (const struct kernel *const *kernel = BPB(kernels)(); *kernel; kernel++)
        most = BPB_MAX(most, (*kernel)->scratch(shape.trans_A, shape.m, shape.n, shape.k));
    const size_t entries = A + B + C + padded(most);
    trial->shape = shape;
    trial->A = bpb_alloc_aligned(entries, sizeof(real));
    if (!trial->A)
        return false;
    for (size_t i = 0; i < entries; i++)
        trial->A[i] = RC(0x1p-20) * (real)(i % 7);
    trial->B = trial->A + A;
    trial->C = trial->B + B;
    trial->scratch = trial->C + C;
    return true;
}

static double time_calls(const struct kernel *kernel, const struct trial *trial, size_t calls)
{
    const struct product_shape s = trial->shape;
    const struct gemm product = {.trans_A = s.trans_A,
                                 .trans_B = s.trans_B,
                                 .m = s.m,
                                 .n = s.n,
                                 .k = s.k,
                                 .A = trial->A,
                                 .lda = s.trans_A == TRANS ? s.k : s.m,
                                 .B = trial->B,
                                 .ldb = s.trans_B == TRANS ? s.n : s.k,
                                 .beta = 1,
                                 .E = trial->C,
                                 .lde = s.m,
                                 .C = trial->C,
                                 .ldc = s.m,
                                 .scratch = trial->scratch};
    const double start = seconds_now();
    for (size_t i = 0; i < calls; i++)
        kernel->gemm(&product);
    return (seconds_now() - start) / (double)calls;
}

/* The least of some rounds, all kernels in turn, so that a disturbance meets all of them; 0 for
 * those that are not allowed. */
static void time_kernels(const bool *allowed, const struct trial *trial, double *seconds)
{
    const struct kernel *const *kernels = BPB(kernels)();
    size_t calls[BPB_KERNELS_MAX];
    for (size_t i = 0; kernels[i]; i++) {
        seconds[i] = allowed[i] ? time_calls(kernels[i], trial, 1) : 0;
        calls[i] = 1 + (size_t)(SECONDS_A_ROUND / (seconds[i] + 1e-9));
    }
    const double end = seconds_now() + SECONDS_A_PRODUCT;
    for (int round = 0; round < ROUNDS && (round == 0 || seconds_now() < end); round++)
        for (size_t i = 0; kernels[i]; i++)
            if (allowed[i])
                seconds[i] = BPB_MIN(seconds[i], time_calls(kernels[i], trial, calls[i]));
}

static bpb_status measure_product(plan_t *plan, enum product product, size_t l)
{
    const struct kernel *const *kernels = BPB(kernels)();
    struct planned *layer = &plan->layer[l - 1];
    double *seconds = layer->seconds[product], least = 0;
    bool allowed[BPB_KERNELS_MAX];
    struct trial trial;
    REQUIRE(make_trial(&trial, BPB(product_shape)(plan, product, l)), BPB_ERR_MEMORY,
            "out of memory for measuring the %s of layer %zu", bpb_product_names[product], l);
    for (size_t i = 0; kernels[i]; i++)
        allowed[i] = BPB(kernel_allowed)(plan, product, l, kernels[i]);
    time_kernels(allowed, &trial, seconds);
    for (size_t i = 0; kernels[i]; i++)
        if (allowed[i] && (least == 0 || seconds[i] < least)) {
            least = seconds[i];
            layer->kernel[product] = kernels[i];
        }
    free(trial.A);
    return BPB_OK;
}

static bool same_shape(struct product_shape a, struct product_shape b)
{
    return a.m == b.m && a.n == b.n && a.k == b.k;
}

/* Products of one shape are done alike, or a wisdom could not tell them apart. */
static bool copy_measured(plan_t *plan, enum product product, size_t l)
{
    const struct product_shape shape = BPB(product_shape)(plan, product, l);
    struct planned *layer = &plan->layer[l - 1];
    for (size_t i = 1; i < l; i++) {
        if (!has_product(plan, product, i) ||
            !same_shape(shape, BPB(product_shape)(plan, product, i)))
            continue;
        layer->kernel[product] = plan->layer[i - 1].kernel[product];
        memcpy(layer->seconds[product], plan->layer[i - 1].seconds[product],
               sizeof layer->seconds[product]);
        return true;
    }
    return false;
}

bpb_status BPB(measure)(plan_t *plan)
{
    struct section section;
    bpb_section_enter(&section, true);
    bpb_status status = BPB_OK;
    for (size_t l = 1; l <= plan->shape->L && !status; l++)
        for (enum product product = 0; product < PRODUCTS && !status; product++)
            if (has_product(plan, product, l) && !copy_measured(plan, product, l))
                status = measure_product(plan, product, l);
    bpb_section_leave(&section);
    return status;
}
