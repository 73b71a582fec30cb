/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

/* The columns of X, and zeros up to width of them. */
static void stage_inputs(const struct pass *pass, const struct slice *slice, size_t width)
{
    const size_t n = pass->X.rows, B = slice->count;
    real *A = BPB(slice_at)(slice, slice->work->plan->A_0, n);
    BPB(view_gather_inputs)
    (pass->X, pass->first + slice->first, B, pass->net->scaling[BPB_INPUTS], A);
    if (BPB(work_drops)(slice->work, 0))
        BPB(slice_drop)(slice, 0, n, A, A);
    memset(A + B * n, 0, (width - B) * n * sizeof *A);
}

/* Z_l and A_l of layer l from A_in = A_{l-1}, B columns. */
static void forward_layer(const struct slice *slice, enum product product, size_t l, size_t B,
                          const real *A_in, size_t lda)
{
    const plan_t *plan = slice->work->plan;
    const struct layer *shape = &plan->shape->layer[l - 1];
    const struct planned *layer = &plan->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    real *Z = BPB(slice_at)(slice, layer->Z, n_out), *A = BPB(slice_at)(slice, layer->A, n_out);
    // Z = W A_in + b 1^T
    layer->kernel[product]->gemm(&(struct gemm){.m = n_out,
                                                .n = B,
                                                .k = n_in,
                                                .A = slice->net->theta + shape->W,
                                                .lda = n_out, // W    is n_out x n_in
                                                .B = A_in,
                                                .ldb = lda, // A_in is n_in  x B
                                                .beta = 1,
                                                .E = slice->net->theta + shape->b,
                                                .lde = 0, // b    is n_out, B times
                                                .C = Z,
                                                .ldc = n_out, // Z    is n_out x B
                                                .scratch = slice->scratch});
    layer->g.value(layer->g.context, n_out, B, Z, A);
}

/* What layer l = 1..L gives the next: A_l, or A~_l made of it. */
static const real *given_by(const struct slice *slice, size_t l)
{
    const plan_t *plan = slice->work->plan;
    const struct planned *layer = &plan->layer[l - 1];
    const size_t n = plan->shape->layer[l - 1].n_out;
    const real *A = BPB(slice_at)(slice, layer->A, n);
    if (l == plan->shape->L || !BPB(work_drops)(slice->work, l))
        return A;
    real *A_thinned = BPB(slice_at)(slice, layer->A_thinned, n);
    BPB(slice_drop)(slice, l, n, A, A_thinned);
    return A_thinned;
}

void BPB(slice_forward)(const struct pass *pass, const struct slice *slice, const real *A_0,
                        size_t lda_0)
{
    const plan_t *plan = slice->work->plan;
    const size_t panel = pass->forward == PREDICT ? plan->panel : 1;
    const size_t width = (slice->count + panel - 1) / panel * panel;
    if (pass->staged)
        stage_inputs(pass, slice, width);
    const real *A_in = A_0 + slice->first * lda_0;
    size_t lda = lda_0;
    for (size_t l = 1; l <= plan->shape->L; l++) {
        for (size_t j = 0; j < width; j += panel == 1 ? width : panel) {
            struct slice part = *slice;
            part.first += j;
            forward_layer(&part, pass->forward, l, panel == 1 ? width : panel, A_in + j * lda, lda);
        }
        if (pass->direction)
            pass->tangent(slice, pass->direction, l);
        lda = plan->shape->layer[l - 1].n_out;
        A_in = given_by(slice, l);
    }
}

void BPB(slice_unscale)(const struct slice *slice)
{
    const struct scaling *scaling = slice->net->scaling[BPB_OUTPUTS];
    const size_t L = slice->net->shape->L, n = shape_outputs(slice->net->shape);
    if (scaling)
        BPB(unscale)
        (n, slice->count, scaling, BPB(slice_at)(slice, slice->work->plan->layer[L - 1].A, n));
}

static void give_outputs(struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    BPB(view_scatter_outputs)
    (pass->Y, slice->first, slice->count, slice->net->scaling[BPB_OUTPUTS],
     BPB(slice_at)(slice, plan->layer[plan->shape->L - 1].A, pass->Y.rows));
}

/* bpb_forward, bpbf_forward */
bpb_status BPB(forward)(const net_t *net, work_t *work, view_t X, out_t Y)
{
    TRY(BPB(pass_call)(&(struct pass){
        .net = net, .work = work, .X = X, .Y = Y, .needs = NEED_Y, .end = give_outputs}));
    work->forward_of = net;
    return BPB_OK;
}

static void take_losses(struct pass *pass, const struct slice *slice)
{
    BPB(slice_targets)(pass, slice);
    BPB(slice_loss)(pass, slice);
}

/* bpb_loss, bpbf_loss */
bpb_status BPB(loss)(const net_t *net, work_t *work, view_t X, targets_t T, double *loss)
{
    REQUIRE_POINTER(loss);
    return BPB(pass_call)(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .T = T,
                                         .needs = NEED_T,
                                         .end = take_losses,
                                         .loss = loss});
}
