/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forward mode: the tangents of a slice that has gone forward, in direction v of theta (W(v), b(v)
 * stand in it as W and b do) and R{A_0} of the inputs:
 *
 *     R{Z_l} = W_l R{A_{l-1}} + W(v)_l A_{l-1} + b(v)_l 1^T,    R{A_l} = g'(Z_l) R{Z_l}
 */
#include <string.h>

#include "base/view_tmpl.h"
#include "derivative/derivative_tmpl.h"

/* C = W In + beta E, of layer l: n_out x B */
static void multiply(const struct slice *slice, size_t l, const real *W, const real *In,
                     size_t ld_in, real beta, const real *E, size_t lde, real *C)
{
    const struct layer *shape = &slice->net->shape->layer[l - 1];
    slice->work->plan->layer[l - 1].kernel[FORWARD]->gemm(
        &(struct gemm){.m = shape->n_out,
                       .n = slice->count,
                       .k = shape->n_in,
                       .A = W,
                       .lda = shape->n_out, // W  is n_out x n_in
                       .B = In,
                       .ldb = ld_in, // In is n_in  x B
                       .beta = beta,
                       .E = E,
                       .lde = lde,
                       .C = C,
                       .ldc = shape->n_out,
                       .scratch = slice->scratch});
}

/* A_l of the slice, l = 0 included. */
static const real *outputs_of(const struct slice *slice, size_t l, size_t *ld)
{
    const work_t *work = slice->work;
    if (l == 0) {
        *ld = work->ldx;
        return work->X + slice->first * work->ldx;
    }
    *ld = work->plan->shape->layer[l - 1].n_out;
    return BPB(slice_at)(slice, work->plan->layer[l - 1].A, *ld);
}

/* R{A_{l-1}}, or NULL where it is zero; that of the inputs is V where it lies, or staged. */
static const real *tangent_in(const struct slice *slice, const struct direction *direction,
                              size_t l, size_t *ld)
{
    const plan_t *plan = slice->work->plan;
    *ld = plan->shape->layer[l - 1].n_in;
    if (l > 1)
        return BPB(slice_at)(slice, plan->layer[l - 2].RA, *ld);
    real *RA_0 = BPB(slice_at)(slice, plan->RA_0, *ld);
    if (!HAS_DATA(direction->V))
        return direction->staged ? RA_0 : NULL;
    if (!slice->net->scaling[BPB_INPUTS] && BPB(view_in_place)(direction->V)) {
        *ld = direction->V.ld;
        return direction->V.data + slice->first * *ld;
    }
    BPB(view_gather)(direction->V, slice->first, slice->count, RA_0);
    BPB(slice_by_inputs)(slice, RA_0);
    return RA_0;
}

void BPB(slice_tangent)(const struct slice *slice, const struct direction *direction, size_t l)
{
    const plan_t *plan = slice->work->plan;
    const struct layer *shape = &plan->shape->layer[l - 1];
    const struct planned *layer = &plan->layer[l - 1];
    const size_t n_out = shape->n_out, B = slice->count;
    const real *v = direction->v, *W = slice->net->theta + shape->W;
    real *RA = BPB(slice_at)(slice, layer->RA, n_out);
    real *RZ = direction->keep_RZ ? BPB(slice_at)(slice, layer->RZ, n_out) : RA;
    size_t lda, ldr;
    const real *A_in = outputs_of(slice, l - 1, &lda);
    const real *RA_in = tangent_in(slice, direction, l, &ldr);
    // R{Z} = W R{A_in} + b(v) 1^T
    if (RA_in)
        multiply(slice, l, W, RA_in, ldr, v ? 1 : 0, v ? v + shape->b : RZ, 0, RZ);
    // R{Z} = W(v) A_in + R{Z}, or + b(v) 1^T
    if (v)
        multiply(slice, l, v + shape->W, A_in, lda, 1, RA_in ? RZ : v + shape->b,
                 RA_in ? n_out : 0, RZ);
    if (RA != RZ)
        memcpy(RA, RZ, n_out * B * sizeof *RA);
    layer->g.jvp(layer->g.context, n_out, B, BPB(slice_at)(slice, layer->Z, n_out),
                 BPB(slice_at)(slice, layer->A, n_out), RA);
}

void BPB(slice_tangents)(const struct slice *slice, const struct direction *direction)
{
    for (size_t l = 1; l <= slice->net->shape->L; l++)
        BPB(slice_tangent)(slice, direction, l);
}
