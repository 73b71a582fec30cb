/* SPDX-License-Identifier: BSD-3-Clause */
/* How each product of each pass is done, and where each matrix stands in a work. */
#ifndef BPB_PLAN_TMPL_H
#define BPB_PLAN_TMPL_H

#include "blas/gemm_tmpl.h"
#include "common.h"
#include "functions/functions_tmpl.h"
#include "net/shape.h"
#include "tmpl.h"

/* One layer's products, each by the kernel that was chosen for it, and its matrices. */
struct BPB(planned) {
    BPB(gemm_fn) *forward;  /* Z = W A           n_out x B   = (n_out x n_in) (n_in x B)       */
    BPB(gemm_fn) *panel;    /* Z^T = A^T W^T     panel x n_out                                 */
    BPB(gemm_fn) *delta;    /* D' = W^T D        n_in x B    = (n_out x n_in)^T (n_out x B)    */
    BPB(gemm_fn) *gradient; /* dW = alpha D A^T + beta dW     (n_out x B) (n_in x B)^T         */
    const struct BPB(activation) *g;
    /* Offsets into a work's memory, in bytes; each matrix is n_out x capacity. Z is A where
     * nothing needs Z once A is there. */
    size_t Z, A, D;
};

/*
 * A work's memory, from a 64-byte boundary; every part begins at one:
 *
 *     | struct work | e | A_0 | Z_1=A_1 D_1 | ... | Z_L A_L D_L | T | Zt | sums |
 */
struct BPB(plan) {
    size_t batch;    /* most columns of one pass */
    size_t panel;    /* columns of a panel of predict and evaluate */
    bool padded;     /* short panels are filled up */
    size_t capacity; /* columns of the work's matrices: max(batch, panel) */
    const struct BPB(functions) *functions;
    const struct BPB(loss) *loss;
    size_t e, A_0, T, Zt, sums; /* offsets into a work's memory, in bytes */
    size_t bytes;               /* of a work, alignment included */
    struct BPB(planned) *layer; /* these two behind the struct, in the same block */
    struct shape *shape;
};

#define BPB_WORK_ALIGNMENT 64
#define BPB_WORK_HEADER 64 /* bytes kept for struct work */

#endif
