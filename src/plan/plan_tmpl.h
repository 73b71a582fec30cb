/* SPDX-License-Identifier: BSD-3-Clause */
/* How each product of each pass is done, and where each matrix stands in a work. */
#ifndef BPB_PLAN_TMPL_H
#define BPB_PLAN_TMPL_H

#include "blas/cpu.h"
#include "blas/kernels_tmpl.h"
#include "blas/pool.h"
#include "base/common.h"
#include "functions/functions_tmpl.h"
#include "net/shape.h"
#include "plan/product.h"
#include "base/tmpl.h"

#define BPB_KERNELS_MAX 8 /* kernels of a machine, at most */

/* One layer's products, each with the kernel that was chosen for it, and its matrices. */
struct planned {
    const struct kernel *kernel[PRODUCTS];
    double seconds[PRODUCTS][BPB_KERNELS_MAX]; /* by the order of bpb_kernels; 0: not measured */
    struct activation_table g;                 /* its context is one of these two, or the user's */
    real parameter;
    activation_function_t own;
    /* Columns of W whose gradient is one product: all where its kernel is exact. */
    size_t gradient_cols;
    /* Offsets into a work's memory, in bytes; each matrix is n_out x capacity. Z is A where
     * nothing needs Z once A is there. RZ, RA and Q where the plan is for derivatives. */
    size_t Z, A, D;
    size_t A_thinned; /* A~, what the next layer is given by passes that drop; A where none do */
    size_t RZ, RA; /* of Z and A in some direction: see tangent_tmpl.c */
    size_t Q;      /* the delta of RZ: see second_tmpl.c */
};

/*
 * A work's memory, from a 64-byte boundary; every part begins at one:
 *
 *     | struct work | e | A_0 | A_1=Z_1 D_1 A~_1 | ... | A_L D_L Z_L | T | ones |
 *     | RA_0 D_0 | RZ_1 RA_1 Q_1 | ... | RZ_L RA_L Q_L |      derivatives
 *     | scratch of thread 0 | of thread 1 | ... |
 */
struct BPB(plan) {
    size_t batch;    /* most columns of one pass */
    bool unpadded, keep_Z, derivatives; /* as in the options */
    struct dropout drop_inputs, drop_hidden; /* without their keys */
    size_t panel;    /* columns that predict fills a short block up to; 1: not needed */
    size_t capacity; /* columns of the work's matrices */
    size_t chunk;    /* columns that a thread does at a time, so that they stay in its cache */
    size_t grain;    /* the threads' shares of the columns are multiples of it */
    size_t threads;  /* of a pass of a whole batch */
    size_t most_threads; /* that were asked for: of predictions of more columns */
    struct pool *pool;   /* of most_threads; NULL: one thread */
    bool uses_blas;
    const struct function_set *functions;
    struct loss_table loss; /* its context is one of these two, or the user's */
    real loss_parameter;
    loss_function_t own_loss;
    size_t e, A_0, RA_0, D_0, T, ones, scratch; /* offsets into a work's memory, in bytes */
    size_t scratch_bytes;            /* of one thread */
    size_t bytes;               /* of a work, alignment included */
    struct planned *layer;      /* these two behind the struct, in the same block */
    struct shape *shape;
};

#define BPB_WORK_ALIGNMENT 64
#define BPB_WORK_HEADER 128 /* bytes kept for struct work */

/* Whether layer l = 1..L has this product: the first has a delta to propagate only where the
 * derivative by the inputs may be asked for. */
#define has_product BPB(has_product)
static inline bool has_product(const plan_t *plan, enum product product, size_t l)
{
    return product != DELTA || l > 1 || plan->derivatives;
}

/* The shape of a product of layer l in this plan. */
struct product_shape {
    enum trans trans_A, trans_B;
    size_t m, n, k;
};
struct product_shape BPB(product_shape)(const plan_t *plan, enum product product, size_t l);

/* The columns of a block of predict on one thread, before they are made whole panels: what a kernel
 * is chosen for, whatever the threads. */
static inline size_t BPB(predict_columns)(const plan_t *plan)
{
    return plan->unpadded ? plan->batch : BPB_MAX(plan->batch, BPB_PANEL_MAX);
}

/* Threads that this many operations pay for, of those that were asked for. */
size_t BPB(paying_threads)(const plan_t *plan, double flops);

/* The kernel that shape and CPU suggest; the same with the BLAS alone. */
const struct kernel *BPB(estimate)(const plan_t *plan, enum product product, size_t l);
const struct kernel *BPB(estimate_blas)(const plan_t *plan, enum product product);

/* Whether the plan may take this kernel for this product: predict promises that a column's bits
 * do not depend on its place, and the delta of the inputs is nobody's. */
bool BPB(kernel_allowed)(const plan_t *plan, enum product product, size_t l,
                         const struct kernel *kernel);

/* Time all kernels that are allowed for all products, and choose the fastest of each.
 * BPB_ERR_MEMORY. */
bpb_status BPB(measure)(plan_t *plan);

/* Choose what the text says for the products it names. BPB_ERR_FORMAT: see bpb_plan_create. */
bpb_status BPB(wisdom_apply)(plan_t *plan, const char *text);

#endif
