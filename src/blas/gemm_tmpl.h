/* SPDX-License-Identifier: BSD-3-Clause */
/* The one place that calls the BLAS. Every size fits its int: checked when a net or plan is
 * made. */
#ifndef BPB_GEMM_TMPL_H
#define BPB_GEMM_TMPL_H

#include "common.h"
#include "tmpl.h"

enum trans { NO_TRANS, TRANS };

/* C = alpha op(A) op(B) + beta C; op(A) is m x k, op(B) k x n, C m x n, all column-major. */
typedef void BPB(gemm_fn)(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                          real alpha, const real *A, size_t lda, const real *B, size_t ldb,
                          real beta, real *C, size_t ldc);

BPB(gemm_fn) BPB(gemm_cblas);

#endif
