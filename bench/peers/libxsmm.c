/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The products of the bench cases, in float, timed in turn, round by round. A measured plan times
 * our kernels and the BLAS's; this program times libxsmm's JIT kernels for the same shapes. libxsmm
 * takes no transposed A. For its delta, W is therefore transposed before each product.
 */
#include <libxsmm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cases.h"
#include "cli/common/restart.h"
#include "base/clock.h"

enum { ROUNDS = 15, REPEATS = 7, KERNELS = 8, MOST_PRODUCTS = 16 };
#define SECONDS_A_REPEAT 2e-4

/* One product of a case. Microseconds by round: our best kernel, the BLAS's best, libxsmm. */
struct product {
    bpb_plan_choice shape;
    double ours[ROUNDS], blas[ROUNDS], xsmm[ROUNDS];
};

static double smaller(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

/* out = A^T     A is rows x cols */
static void transpose(size_t rows, size_t cols, const float *A, float *out)
{
    for (size_t j = 0; j < cols; j++)
        for (size_t i = 0; i < rows; i++)
            out[j + i * cols] = A[i + j * rows];
}

/* Microseconds of one call, the minimum of some repeats. 0: libxsmm has no kernel for this. */
static double time_libxsmm(const bpb_plan_choice *shape, const float *A, const float *B, float *C,
                           float *turned)
{
    const bool delta = strcmp(shape->product, "delta") == 0;
    const float one = 1, beta = delta ? 0 : 1;
    const int flags = strcmp(shape->product, "gradient") == 0 ? LIBXSMM_GEMM_FLAG_TRANS_B : 0;
    const libxsmm_blasint m = (libxsmm_blasint)shape->m, n = (libxsmm_blasint)shape->n;
    const libxsmm_blasint k = (libxsmm_blasint)shape->k, ldb = flags ? n : k;
    const libxsmm_smmfunction gemm =
        libxsmm_smmdispatch(m, n, k, &m, &ldb, &m, &one, &beta, &flags, NULL);
    double best = 0, took = 0;
    if (!gemm)
        return 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const size_t calls = repeat == 0 ? 1 : 1 + (size_t)(SECONDS_A_REPEAT / (took + 1e-9));
        const double start = seconds_now();
        for (size_t i = 0; i < calls; i++) {
            if (delta)
                transpose(shape->k, shape->m, A, turned);
            gemm(delta ? turned : A, B, C);
        }
        took = (seconds_now() - start) / (double)calls;
        best = smaller(best, took);
    }
    return 1e6 * best;
}

/* The times of our kernels and the BLAS's, from a plan that has just measured them. */
static size_t read_plan(const bpbf_plan *plan, int round, struct product *products)
{
    size_t count = 0;
    bpb_plan_choice entry;
    for (size_t i = 0; bpbf_plan_entry(plan, i, &entry) == BPB_OK; i++) {
        if (strcmp(entry.product, "predict") == 0)
            continue;
        struct product *at = count ? &products[count - 1] : NULL;
        if (!at || at->shape.layer != entry.layer || strcmp(at->shape.product, entry.product)) {
            at = &products[count++];
            at->shape = entry;
            at->ours[round] = at->blas[round] = 0;
        }
        double *side = strncmp(entry.kernel, "cblas", 5) == 0 ? at->blas : at->ours;
        side[round] = smaller(side[round], 1e6 * entry.seconds);
    }
    return count;
}

static size_t one_round(const struct bench_case *shape, const bpbf_net *net, int round,
                        struct product *products)
{
    const bpb_plan_options options = {.batch = shape->batch, .planning = BPB_PLAN_MEASURE};
    bpbf_plan *plan = NULL;
    if (bpbf_plan_create(&plan, net, &options))
        return 0;
    const size_t count = read_plan(plan, round, products);
    for (size_t i = 0; i < count; i++) {
        const bpb_plan_choice *s = &products[i].shape;
        float *A = calloc(2 * s->m * s->k, sizeof *A), *B = calloc(s->k * s->n, sizeof *B);
        float *C = calloc(s->m * s->n, sizeof *C);
        products[i].xsmm[round] = A && B && C ? time_libxsmm(s, A, B, C, A + s->m * s->k) : 0;
        free(A);
        free(B);
        free(C);
    }
    bpbf_plan_destroy(&plan);
    return count;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, by_size);
    return sorted[ROUNDS / 2];
}

static double median_ratio(const double *above, const double *below)
{
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = above[i] / below[i];
    return median(ratio);
}

static void run_case(const struct bench_case *shape)
{
    static struct product products[MOST_PRODUCTS];
    const bpb_net_options options = case_net(shape);
    bpbf_net *net = NULL;
    size_t count = 0;
    if (bpbf_net_create(&net, &options))
        return;
    for (int round = 0; round < ROUNDS; round++)
        count = one_round(shape, net, round, products);
    for (size_t i = 0; i < count; i++) {
        const struct product *p = &products[i];
        printf("| %s | %s %zu | %zu x %zu x %zu | %.3f | %.3f | %.3f | %.2f | %.2f |\n", shape->name,
               p->shape.product, p->shape.layer, p->shape.m, p->shape.n, p->shape.k,
               median(p->ours), median(p->blas), median(p->xsmm), median_ratio(p->blas, p->ours),
               median_ratio(p->xsmm, p->ours));
    }
    bpbf_net_destroy(&net);
}

int main(int argc, char **argv)
{
    (void)argc;
    restart_with_right_core(argv);
    puts("| case | product, layer | m x n x k | ours us | BLAS us | libxsmm us | BLAS / ours | "
         "libxsmm / ours |\n|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < CASES; i++)
        if (!bench_cases[i].ask)
            run_case(&bench_cases[i]);
    return 0;
}
