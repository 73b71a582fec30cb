/* SPDX-License-Identifier: BSD-3-Clause */
/* The measured plan: every kernel does every product, and the fastest is taken. */
#include <stdlib.h>
#include <time.h>

#include "blas/section.h"
#include "plan/plan_tmpl.h"

#define ROUNDS 7
#define SECONDS_A_ROUND 2e-4

/* The operands of the product that is measured. */
struct BPB(trial) {
    struct product_shape shape;
    real *A, *B, *C, *scratch; /* A first: the block that is freed */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Entries, filled up so that what follows is aligned too. */
static size_t padded(size_t entries)
{
    return (entries + 15) / 16 * 16;
}

/* Operands that stay what they are when C = op(A) op(B) + C is done again and again. */
static bool make_trial(struct BPB(trial) * trial, struct product_shape shape)
{
    const size_t A = padded(shape.m * shape.k), B = padded(shape.k * shape.n);
    const size_t C = padded(shape.m * shape.n);
    size_t most = 0;
    for (const struct BPB(kernel) *const *kernel = BPB(kernels)(); *kernel; kernel++)
        most = BPB_MAX(most, (*kernel)->scratch(shape.trans_A, shape.m, shape.n, shape.k));
    const size_t entries = A + B + C + padded(most);
    trial->shape = shape;
    trial->A = aligned_alloc(64, (entries * sizeof(real) + 63) / 64 * 64);
    if (!trial->A)
        return false;
    for (size_t i = 0; i < entries; i++)
        trial->A[i] = RC(0x1p-20) * (real)(i % 7);
    trial->B = trial->A + A;
    trial->C = trial->B + B;
    trial->scratch = trial->C + C;
    return true;
}

static double time_calls(const struct BPB(kernel) * kernel, const struct BPB(trial) * trial,
                         size_t calls)
{
    const struct product_shape s = trial->shape;
    const struct BPB(gemm) product = {
        .trans_A = s.trans_A, .trans_B = s.trans_B, .m = s.m, .n = s.n, .k = s.k,
        .A = trial->A, .lda = s.trans_A == TRANS ? s.k : s.m,
        .B = trial->B, .ldb = s.trans_B == TRANS ? s.n : s.k,
        .beta = 1, .E = trial->C, .lde = s.m, .C = trial->C, .ldc = s.m,
        .scratch = trial->scratch};
    const double start = now();
    for (size_t i = 0; i < calls; i++)
        kernel->gemm(&product);
    return (now() - start) / (double)calls;
}

/* The least of some rounds, all kernels in turn, so that a disturbance meets all of them. */
static void time_kernels(const struct BPB(trial) * trial, double *seconds)
{
    const struct BPB(kernel) *const *kernels = BPB(kernels)();
    size_t calls[BPB_KERNELS_MAX];
    for (size_t i = 0; kernels[i]; i++) {
        seconds[i] = time_calls(kernels[i], trial, 1);
        calls[i] = 1 + (size_t)(SECONDS_A_ROUND / (seconds[i] + 1e-9));
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; kernels[i]; i++)
            seconds[i] = BPB_MIN(seconds[i], time_calls(kernels[i], trial, calls[i]));
}

static void take_fastest(BPB(plan) * plan, enum product product, struct BPB(planned) * layer)
{
    const struct BPB(kernel) *const *kernels = BPB(kernels)();
    double least = 0;
    for (size_t i = 0; kernels[i]; i++) {
        const double seconds = layer->seconds[product][i];
        if (!BPB(kernel_allowed)(plan, product, kernels[i]) || (least > 0 && seconds >= least))
            continue;
        least = seconds;
        layer->kernel[product] = kernels[i];
    }
}

bpb_status BPB(measure)(BPB(plan) * plan)
{
    struct section section;
    bpb_section_enter(&section, true);
    bpb_status status = BPB_OK;
    for (size_t l = 1; l <= plan->shape->L && !status; l++) {
        struct BPB(planned) *layer = &plan->layer[l - 1];
        for (enum product product = 0; product < PRODUCTS && !status; product++) {
            struct BPB(trial) trial;
            if (!make_trial(&trial, BPB(product_shape)(plan, product, l))) {
                status = BPB_ERR_MEMORY;
                break;
            }
            time_kernels(&trial, layer->seconds[product]);
            take_fastest(plan, product, layer);
            free(trial.A);
        }
    }
    bpb_section_leave(&section);
    return status;
}
