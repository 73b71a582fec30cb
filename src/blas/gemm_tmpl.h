/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Products, and the kernels that can do them. Every size fits the BLAS's int: checked when a net
 * or plan is made.
 */
#ifndef BPB_GEMM_TMPL_H
#define BPB_GEMM_TMPL_H

#include "common.h"
#include "tmpl.h"

enum trans { NO_TRANS, TRANS };

/*
 * C = op(A) op(B) + beta C; op(A) is m x k, op(B) k x n, C m x n, all column-major; C is not
 * read where beta is 0. scratch: what the kernel asks for, 64-byte aligned.
 */
typedef void BPB(gemm_fn)(enum trans trans_A, enum trans trans_B, size_t m, size_t n, size_t k,
                          const real *A, size_t lda, const real *B, size_t ldb, real beta, real *C,
                          size_t ldc, real *scratch);

struct BPB(kernel) {
    const char *name;
    bool exact; /* the bits of an entry of C depend on k, its row of op(A) and its column of op(B)
                   alone: the product may be cut anywhere along m and n */
    BPB(gemm_fn) *gemm;
    /* Entries of scratch; never fewer for a larger product. */
    size_t (*scratch)(enum trans trans_A, size_t m, size_t n, size_t k);
};

/* The kernels of this machine, the BLAS first; NULL ends them. */
const struct BPB(kernel) *const *BPB(kernels)(void);

/* The kernel of that name among them, of so many letters; or NULL. */
const struct BPB(kernel) *BPB(kernel_named)(const char *name, size_t length);

/* Two that call the BLAS: as it is asked for, and as C^T = op(B)^T op(A)^T. */
extern const struct BPB(kernel) BPB(kernel_cblas), BPB(kernel_cblas_transposed);

/* Two of our own for the x86-64 levels v3 and v4: on the matrices where they lie, and on packed
 * copies of them. NULL on other machines. */
const struct BPB(kernel) *BPB(kernel_tiles)(void), *BPB(kernel_packed)(void);

#endif
