/* SPDX-License-Identifier: BSD-3-Clause */
/* Weights with orthonormal rows or columns, each such W equally likely; in double alone. */
#ifndef BPB_ORTHOGONAL_H
#define BPB_ORTHOGONAL_H

#include "net/shape.h"

/* Whether this build has LAPACK; without it nothing below is to be called. */
bool bpb_orthogonal_available(void);

/* Memory for any one layer of the shape, to be freed. NULL: there is not so much. */
double *bpb_orthogonal_alloc(const struct shape *shape);

/*
 * W_l, l = 1..L, at the beginning of that memory, within a section that holds the BLAS's threads:
 * the Q of N = Q R, N the draws that BPB_INIT_NORMAL makes of them, or of N^T where W is wide.
 */
void bpb_orthogonal_draw(const struct layer *layer, uint64_t seed, size_t l, double *memory);

/* Where entry (i, j) of W stands there: Q is W, or W^T where W is wide. */
static inline size_t orthogonal_place(const struct layer *layer, size_t i, size_t j)
{
    return layer->n_out >= layer->n_in ? j * layer->n_out + i : i * layer->n_in + j;
}

#endif
