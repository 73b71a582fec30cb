/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/gemm_tmpl.h"

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

static void gemm_cblas(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                       const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                       size_t ldc, real *scratch)
{
    (void)scratch;
    BPB_CBLAS(gemm)(CblasColMajor, cblas_trans(trans_A), cblas_trans(trans_B), (int)m, (int)n,
                    (int)k, RC(1.0), A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

static size_t no_scratch(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A, (void)m, (void)n, (void)k;
    return 0;
}

/* For shapes that the BLAS does faster the other way round. */
static void gemm_cblas_transposed(enum trans trans_A, enum trans trans_B, size_t m, size_t n,
                                  size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                                  real beta, real *C, size_t ldc, real *scratch)
{
    // C^T = op(B)^T op(A)^T
    BPB_CBLAS(gemm)(CblasColMajor, cblas_other(trans_B), cblas_other(trans_A), (int)n, (int)m,
                    (int)k, RC(1.0),
                    B, (int)ldb,              // op(B)^T is n x k
                    A, (int)lda,              // op(A)^T is k x m
                    RC(0.0), scratch, (int)n);
    for (size_t j = 0; j < n; j++, C += ldc)
        for (size_t i = 0; i < m; i++)
            C[i] = beta == 0 ? scratch[i * n + j] : beta * C[i] + scratch[i * n + j];
}

static size_t whole_result(enum trans trans_A, size_t m, size_t n, size_t k)
{
    (void)trans_A, (void)k;
    return m * n;
}

const struct BPB(kernel) BPB(kernel_cblas) = {"cblas", false, gemm_cblas, no_scratch};
const struct BPB(kernel) BPB(kernel_cblas_transposed) = {"cblas-transposed", false,
                                                         gemm_cblas_transposed, whole_result};

static const struct BPB(kernel) *const generic[] = {&BPB(kernel_cblas),
                                                    &BPB(kernel_cblas_transposed), NULL};
#ifdef BPB_X86_64_LEVELS
extern const struct BPB(kernel) BPB(kernel_tiles_v3), BPB(kernel_tiles_v4);
extern const struct BPB(kernel) BPB(kernel_packed_v3), BPB(kernel_packed_v4);

static const struct BPB(kernel) *const v3[] = {&BPB(kernel_cblas), &BPB(kernel_cblas_transposed),
                                               &BPB(kernel_tiles_v3), &BPB(kernel_packed_v3),
                                               NULL};
static const struct BPB(kernel) *const v4[] = {&BPB(kernel_cblas), &BPB(kernel_cblas_transposed),
                                               &BPB(kernel_tiles_v4), &BPB(kernel_packed_v4),
                                               NULL};
#endif

const struct BPB(kernel) *const *BPB(kernels)(void)
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

const struct BPB(kernel) *BPB(kernel_named)(const char *name, size_t length)
{
    const struct BPB(kernel) *const *kernel = BPB(kernels)();
    for (; *kernel; kernel++)
        if (strlen((*kernel)->name) == length && memcmp((*kernel)->name, name, length) == 0)
            break;
    return *kernel;
}

const struct BPB(kernel) *BPB(kernel_tiles)(void)
{
    return BPB(kernel_named)("tiles", 5);
}

const struct BPB(kernel) *BPB(kernel_packed)(void)
{
    return BPB(kernel_named)("packed", 6);
}
