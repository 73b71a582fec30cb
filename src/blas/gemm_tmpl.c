/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/gemm_tmpl.h"

#include <cblas.h>

static CBLAS_TRANSPOSE cblas_trans(enum trans trans)
{
    return trans == TRANS ? CblasTrans : CblasNoTrans;
}

void BPB(gemm_cblas)(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                     real alpha, const real *A, size_t lda, const real *B, size_t ldb, real beta,
                     real *C, size_t ldc)
{
    BPB_CBLAS(gemm)(CblasColMajor, cblas_trans(trans_A), cblas_trans(trans_B), (int)m, (int)n,
                    (int)k, alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}
