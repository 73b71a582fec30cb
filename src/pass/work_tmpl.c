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
    REQUIRE_POINTER(work);
    REQUIRE_POINTER(plan);
    REQUIRE_POINTER(memory);
    REQUIRE(bytes >= plan->bytes, BPB_ERR_BUFFER, "bytes is %zu; a work of this plan takes %zu",
            bytes, plan->bytes);
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
    REQUIRE_POINTER(work);
    REQUIRE_POINTER(plan);
    void *memory = malloc(plan->bytes);
    REQUIRE(memory, BPB_ERR_MEMORY, "out of memory for a work of %zu bytes", plan->bytes);
    BPB(work_init)(work, plan, memory, plan->bytes);
    (*work)->owned = memory;
    return BPB_OK;
}

/* bpb_work_create_for, bpbf_work_create_for */
bpb_status BPB(work_create_for)(work_t **work, const net_t *net, const bpb_plan_options *options)
{
    REQUIRE_POINTER(work);
    plan_t *plan = NULL;
    work_t *made = NULL;
    TRY(BPB(plan_create)(&plan, net, options));
    const bpb_status status = BPB(work_create)(&made, plan);
    if (status < 0) {
        BPB(plan_destroy)(&plan);
        return status;
    }
    made->owned_plan = plan;
    *work = made;
    return BPB_OK;
}

/* bpb_work_destroy, bpbf_work_destroy */
void BPB(work_destroy)(work_t **work)
{
    if (!work || !*work)
        return;
    plan_t *plan = (*work)->owned_plan;
    free((*work)->owned);
    BPB(plan_destroy)(&plan);
    *work = NULL;
}

bpb_status BPB(work_check)(const net_t *net, const work_t *work)
{
    REQUIRE_POINTER(net);
    REQUIRE_POINTER(work);
    REQUIRE(bpb_shape_equal(net->shape, work->plan->shape), BPB_ERR_MISMATCH,
            "the work's plan was made for a net of other sizes or functions");
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
