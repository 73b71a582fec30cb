/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/kernels_tmpl.h"

#include <cblas.h>
#include <string.h>

#include "blas/cpu.h"

static CBLAS_TRANSPOSE cblas_trans(enum trans trans)
{
    return trans == TRANS ? CblasTrans : CblasNoTrans;
}
static CBLAS_TRANSPOSE cblas_other(enum trans trans)
{
    return trans == TRANS ? CblasNoTrans : CblasTrans;
}

/* C = E, for the BLAS adds to C alone. */
static void begin_with(const struct gemm *g)
{
    if (g->beta == 0 || g->E == g->C)
        return;
    for (size_t j = 0; j < g->n; j++)
        memcpy(g->C + j * g->ldc, g->E + j * g->lde, g->m * sizeof *g->C);
}

static void gemm_cblas(const struct gemm *g)
{
    begin_with(g);
    BPB_CBLAS(gemm)(CblasColMajor, cblas_trans(g->trans_A), cblas_trans(g->trans_B), (int)g->m,
                    (int)g->n, (int)g->k, RC(1.0), g->A, (int)g->lda, g->B, (int)g->ldb, g->beta,
                    g->C, (int)g->ldc);
}

static size_t no_scratch(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A, (void)m, (void)n, (void)k;
    return 0;
}

/* For shapes that the BLAS does faster the other way round. */
static void gemm_cblas_transposed(const struct gemm *g)
{
    const size_t m = g->m, n = g->n;
    // C^T = op(B)^T op(A)^T
    BPB_CBLAS(gemm)(CblasColMajor, cblas_other(g->trans_B), cblas_other(g->trans_A), (int)n,
                    (int)m, (int)g->k, RC(1.0),
                    g->B, (int)g->ldb,           // op(B)^T is n x k
                    g->A, (int)g->lda,           // op(A)^T is k x m
                    RC(0.0), g->scratch, (int)n);
    for (size_t j = 0; j < n; j++) {
        const real *E = g->E + j * g->lde;
        real *C = g->C + j * g->ldc;
        for (size_t i = 0; i < m; i++)
            C[i] = g->beta == 0 ? g->scratch[i * n + j] : g->beta * E[i] + g->scratch[i * n + j];
    }
}

static size_t whole_result(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A, (void)k;
    return m * n;
}

const struct kernel BPB(kernel_cblas) = {"cblas", false, true, gemm_cblas, no_scratch};
const struct kernel BPB(kernel_cblas_transposed) = {"cblas-transposed", false, true,
                                                    gemm_cblas_transposed, whole_result};

static const struct kernel *const generic[] = {&BPB(kernel_cblas), &BPB(kernel_cblas_transposed),
                                               NULL};
#ifdef BPB_X86_64_LEVELS
extern const struct kernel BPB(kernel_tiles_v3), BPB(kernel_packed_v3);
extern const struct kernel BPB(kernel_tiles_v4), BPB(kernel_packed_v4);
static const struct kernel *const v3[] = {&BPB(kernel_cblas), &BPB(kernel_cblas_transposed),
                                          &BPB(kernel_tiles_v3), &BPB(kernel_packed_v3), NULL};
static const struct kernel *const v4[] = {&BPB(kernel_cblas), &BPB(kernel_cblas_transposed),
                                          &BPB(kernel_tiles_v4), &BPB(kernel_packed_v4), NULL};
#endif

const struct kernel *const *BPB(kernels)(void)
{
    switch (bpb_cpu_simd()) {
#ifdef BPB_X86_64_LEVELS
    case SIMD_V4:
        return v4;
    case SIMD_V3:
        return v3;
#endif
    default:
        return generic;
    }
}

const struct kernel *BPB(kernel_named)(const char *name, size_t length)
{
    const struct kernel *const *kernel = BPB(kernels)();
    for (; *kernel; kernel++)
        if (strlen((*kernel)->name) == length && memcmp((*kernel)->name, name, length) == 0)
            break;
    return *kernel;
}

const struct kernel *BPB(kernel_tiles)(void)
{
    return BPB(kernel_named)("tiles", 5);
}

const struct kernel *BPB(kernel_packed)(void)
{
    return BPB(kernel_named)("packed", 6);
}
