/* SPDX-License-Identifier: BSD-3-Clause */
#include "pass/work_tmpl.h"

#include <stdlib.h>

#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

_Static_assert(sizeof(work_t) <= BPB_WORK_HEADER, "struct work fits its place");

/* bpb_work_bytes, bpbf_work_bytes */
size_t BPB(work_bytes)(const plan_t *plan)
{
    return plan ? plan->bytes : 0;
}

/* bpb_work_init, bpbf_work_init */
bpb_status BPB(work_init)(work_t **work, const plan_t *plan, void *memory, size_t bytes)
{
    REQUIRE(work && plan && memory, BPB_ERR_NULL);
    REQUIRE(bytes >= plan->bytes, BPB_ERR_BUFFER);
    const uintptr_t misplaced = (uintptr_t)memory % BPB_WORK_ALIGNMENT;
    char *start = (char *)memory + (misplaced ? BPB_WORK_ALIGNMENT - misplaced : 0);
    *work = (work_t *)start;
    **work = (work_t){.plan = plan};
    real *ones = BPB(work_at)(*work, plan->ones);
    for (size_t j = 0; j < plan->batch; j++)
        ones[j] = 1;
    return BPB_OK;
}

/* bpb_work_create, bpbf_work_create */
bpb_status BPB(work_create)(work_t **work, const plan_t *plan)
{
    REQUIRE(work && plan, BPB_ERR_NULL);
    void *memory = malloc(plan->bytes);
    REQUIRE(memory, BPB_ERR_MEMORY);
    BPB(work_init)(work, plan, memory, plan->bytes);
    (*work)->owned = memory;
    return BPB_OK;
}

/* bpb_work_destroy, bpbf_work_destroy */
void BPB(work_destroy)(work_t **work)
{
    if (!work || !*work)
        return;
    free((*work)->owned);
    *work = NULL;
}

bpb_status BPB(work_check)(const net_t *net, const work_t *work)
{
    REQUIRE(net && work, BPB_ERR_NULL);
    REQUIRE(bpb_shape_equal(net->shape, work->plan->shape), BPB_ERR_MISMATCH);
    return BPB_OK;
}

bpb_status BPB(outputs_check)(const net_t *net, const work_t *work, view_t X, view_t Y)
{
    TRY(BPB(work_check)(net, work));
    TRY(BPB(view_check)(X, shape_inputs(net->shape)));
    TRY(BPB(view_check)(Y, shape_outputs(net->shape)));
    REQUIRE(Y.cols == X.cols, BPB_ERR_SHAPE);
    return BPB_OK;
}

bpb_status BPB(pairs_check)(const net_t *net, const work_t *work, view_t X, view_t T)
{
    TRY(BPB(work_check)(net, work));
    TRY(BPB(view_check)(X, shape_inputs(net->shape)));
    TRY(BPB(targets_check)(net->shape, T));
    REQUIRE(T.cols == X.cols, BPB_ERR_SHAPE);
    return BPB_OK;
}

bpb_status BPB(batch_check)(const net_t *net, const work_t *work, view_t X, view_t T)
{
    TRY(BPB(pairs_check)(net, work, X, T));
    REQUIRE(X.cols <= work->plan->batch, BPB_ERR_BATCH);
    return BPB_OK;
}

/* With the leading dimension that a caller may hand to the BLAS. */
static view_t matrix(const real *data, size_t rows, size_t cols, size_t ld)
{
    return (view_t){.data = data, .rows = rows, .cols = cols, .ld = ld, .row_stride = 1};
}

static view_t matrix_at(const work_t *work, size_t offset, size_t n)
{
    return matrix((const real *)((const char *)work + offset), n, work->B, n);
}

/* bpb_work_layer, bpbf_work_layer */
layer_t BPB(work_layer)(const work_t *work, size_t l)
{
    layer_t view = {.Z = {0}};
    if (!work || work->B == 0 || l > work->plan->shape->L)
        return view;
    if (l == 0) {
        view.A = matrix(work->X, shape_inputs(work->plan->shape), work->B, work->ldx);
        return view;
    }
    const struct layer *shape = &work->plan->shape->layer[l - 1];
    const struct planned *layer = &work->plan->layer[l - 1];
    const size_t n = shape->n_out;
    view.A = matrix_at(work, BPB(work_given)(work, l), n);
    if (layer->Z != layer->A)
        view.Z = matrix_at(work, layer->Z, n);
    if (work->left != LEFT_NO_DELTA)
        view.D = matrix_at(work, work->left == LEFT_D ? layer->D : layer->Q, n);
    if (work->G) {
        view.dW = matrix(work->G + shape->W, n, shape->n_in, n);
        view.db = matrix(work->G + shape->b, n, 1, n);
    }
    return view;
}
