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

struct whitening {
    size_t n; /* n_0 */
    double count;
    double *C;       /* n x n, the lower triangle alone; one block of memory, with the next three */
    double *base;    /* n: the first column seen */
    double *offset;  /* n: mean - base */
    double *columns; /* n x (WHITENING_BLOCK + 1): scratch of adding */
    struct solution solution;
};

/* As bpb_whitening_create says, in place of what *whitening held. */
bpb_status bpb_whitening_init(struct whitening *whitening, size_t n);
/* Free what it holds. */
void bpb_whitening_clear(struct whitening *whitening);

/* Within a section: add the first cols columns of whitening->columns, which are overwritten;
 * 1 <= cols <= WHITENING_BLOCK. */
void bpb_whitening_add_columns(struct whitening *whitening, size_t cols);
/* The public calls of these names. */
bpb_status bpb_covariance_merge(struct whitening *whitening, const struct whitening *other);
size_t bpb_covariance_size(const struct whitening *whitening);
bpb_status bpb_covariance_pack(const struct whitening *whitening, double *statistics, size_t n);
bpb_status bpb_covariance_unpack(struct whitening *whitening, const double *statistics, size_t n);

/* eps_X: that of the precision of the data. */
bpb_status bpb_covariance_solve(struct whitening *whitening, const bpb_whitening_options *options,
                               double eps_X);

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
