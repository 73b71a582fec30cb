/* SPDX-License-Identifier: BSD-3-Clause */
/* PCA whitening, in double: what both precisions share. */
#ifndef BPB_WHITENING_H
#define BPB_WHITENING_H

#include "base/common.h"

enum { WHITENING_BLOCK = 256 }; /* columns that are joined, or transformed, at once */

/* What solving makes; one block of memory, of which mean is the beginning. */
struct solution {
    size_t m;          /* 0: not solved */
    double *mean;      /* n */
    double *variances; /* n, descending */
    double *K;         /* m x n */
};

struct bpb_whitening {
    size_t n; /* n_0 */
    double count;
    double eps;      /* of the coarsest data added: DBL_EPSILON, FLT_EPSILON; 0: none yet */
    double *C;       /* n x n, the lower triangle alone; one block of memory, with the next three */
    double *base;    /* n: the first column seen */
    double *offset;  /* n: mean - base */
    double *columns; /* n x (WHITENING_BLOCK + 1): scratch of adding */
    struct solution solution;
};

/* Within a section: add the first cols columns of whitening->columns, which are overwritten;
 * 1 <= cols <= WHITENING_BLOCK. eps: that of the precision they come in. */
void bpb_whitening_add_columns(bpb_whitening *whitening, size_t cols, double eps);

/* BPB_ERR_SHAPE: there is no solution yet. */
bpb_status bpb_whitening_require_solution(const bpb_whitening *whitening);

/* Y (m x cols) = K (X - mean 1^T), within a section; X (n x cols) is overwritten. */
void bpb_whitening_transform(const struct solution *solution, size_t n, size_t cols, double *X,
                             double *Y);

/* product (n_1 x n) = W (n_1 x m) K, within a section. */
void bpb_whitening_times_K(const struct solution *solution, size_t n, size_t n_1, const double *W,
                           double *product);

/* Memory for n doubles, aligned, for some BLAS's sums depend on where a vector begins. NULL: there
 * is not so much, or n is too large. */
double *bpb_whitening_doubles(size_t n);

#endif
