/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Products, and the kernels that can do them. Every size fits the BLAS's int: checked when a net
 * or plan is made.
 */
#ifndef BPB_GEMM_TMPL_H
#define BPB_GEMM_TMPL_H

#include "base/common.h"
#include "base/tmpl.h"

enum trans { NO_TRANS, TRANS };

/*
 * C = op(A) op(B) + beta E, all column-major. E may be C, or lie apart from it; with lde 0 it is
 * one column that stands for all. It is never NULL, but not read where beta is 0.
 */
struct gemm {
    enum trans trans_A, trans_B;
    size_t m, n, k;
    const real *A; /* op(A) is m x k */
    size_t lda;
    const real *B; /* op(B) is k x n */
    size_t ldb;
    real beta;
    const real *E; /* m x n */
    size_t lde;
    real *C; /* m x n */
    size_t ldc;
    real *scratch; /* what the kernel asks for, 64-byte aligned */
};

struct kernel {
    const char *name;
    bool exact; /* the bits of an entry of C depend on k, its row of op(A) and its column of op(B)
                   alone, and are those of every exact kernel: the product may be cut anywhere
                   along m and n */
    bool blas;  /* calls the BLAS */
    void (*gemm)(const struct gemm *product);
    /* Entries of scratch; never fewer for a larger product. */
    size_t (*scratch)(enum trans trans_A, size_t m, size_t n, size_t k);
};

/* The kernels of this machine, the BLAS first; NULL ends them. */
const struct kernel *const *BPB(kernels)(void);

/* The kernel of that name among them, of this many letters; or NULL. */
const struct kernel *BPB(kernel_named)(const char *name, size_t length);

/* Two that call the BLAS: as it is asked for, and as C^T = op(B)^T op(A)^T. */
extern const struct kernel BPB(kernel_cblas), BPB(kernel_cblas_transposed);

/* Two of our own for the x86-64 levels v3 and v4: on the matrices where they lie, and on packed
 * copies of them. NULL on other machines. */
const struct kernel *BPB(kernel_tiles)(void), *BPB(kernel_packed)(void);

#endif
