/* SPDX-License-Identifier: BSD-3-Clause */
/* The default plan: from shape, precision and CPU alone. */
#include "blas/cpu.h"
#include "plan/plan_tmpl.h"

#define FEW_COLUMNS 3             /* W^T D with so few, and sums of this many terms, is faster */
#define LONG_SUM 64               /* without a copy of W^T */

struct product_shape BPB(product_shape)(const plan_t *plan, enum product product, size_t l)
{
    const size_t n_in = plan->shape->layer[l - 1].n_in, n_out = plan->shape->layer[l - 1].n_out;
    switch (product) {
    case DELTA:
        return (struct product_shape){TRANS, NO_TRANS, n_in, plan->batch, n_out};
    case GRADIENT:
        return (struct product_shape){NO_TRANS, TRANS, n_out, n_in, plan->batch};
    case PREDICT:
        return (struct product_shape){NO_TRANS, NO_TRANS, n_out, BPB(predict_columns)(plan), n_in};
    default:
        return (struct product_shape){NO_TRANS, NO_TRANS, n_out, plan->batch, n_in};
    }
}

bool BPB(kernel_allowed)(const plan_t *plan, enum product product, size_t l,
                         const struct kernel *kernel)
{
    if (!has_product(plan, product, l))
        return false;
    if (product != PREDICT || plan->unpadded || kernel->exact)
        return true;
    /* The samples as rows of the result run side by side through the lanes of one kernel. */
    return kernel == &BPB(kernel_cblas_transposed);
}

const struct kernel *BPB(estimate_blas)(const plan_t *plan, enum product product)
{
    return product == PREDICT && !plan->unpadded ? &BPB(kernel_cblas_transposed)
                                                 : &BPB(kernel_cblas);
}

/* Where the copies are read so often, or the matrices are so large, that copying pays; as
 * measured on a CPU with 48 KiB and 2 MiB of cache for a core. */
static bool worth_packing(struct product_shape s)
{
    return (s.m >= 384 && s.n >= 384 && s.k >= 64) || (s.m >= 2048 && s.n >= 128 && s.k >= 128);
}

const struct kernel *BPB(estimate)(const plan_t *plan, enum product product, size_t l)
{
    const struct product_shape shape = BPB(product_shape)(plan, product, l);
    const struct kernel *tiles = BPB(kernel_tiles)();
    if (!tiles || (product == DELTA && shape.n <= FEW_COLUMNS && shape.k >= LONG_SUM))
        return BPB(estimate_blas)(plan, product);
    return worth_packing(shape) ? BPB(kernel_packed)() : tiles;
}
