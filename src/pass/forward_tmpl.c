/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "blas/section.h"
#include "net/view_tmpl.h"
#include "pass/work_tmpl.h"

/* Entries of Z that are biased and activated at a time, to be still in the first-level cache. */
#define BLOCK_ENTRIES 4096

/* A = (A - shift) * factor */
static void scale_inputs(size_t n, size_t B, const real *scaling, real *A)
{
    const real *shift = scaling, *factor = scaling + n;
    for (size_t j = 0; j < B; j++, A += n)
        for (size_t i = 0; i < n; i++)
            A[i] = (A[i] - shift[i]) * factor[i];
}

/* Make work->X the B columns of X from first on; with width > B columns, the rest zeros. */
static void stage_inputs(const BPB(net) * net, BPB(work) * work, BPB(cview) X, size_t first,
                         size_t B, size_t width)
{
    const size_t n = X.rows;
    if (B == width && !net->input_scaling && BPB(view_in_place)(X)) {
        work->X = X.data + first * X.ld;
        work->ldx = X.ld;
        return;
    }
    real *A = BPB(work_at)(work, work->plan->A_0);
    BPB(view_gather)(X, first, B, A);
    if (net->input_scaling)
        scale_inputs(n, B, net->input_scaling, A);
    memset(A + B * n, 0, (width - B) * n * sizeof *A);
    work->X = A;
    work->ldx = n;
}

/* Z = Z + b 1^T, A = g(Z), by blocks of columns. */
static void activate(const BPB(plan) * plan, const struct BPB(planned) *layer, size_t n, size_t B,
                     const real *b, real *Z, real *A)
{
    const size_t block = BLOCK_ENTRIES / n + 1;
    for (size_t j = 0; j < B; j += block) {
        const size_t cols = BPB_MIN(block, B - j);
        plan->functions->add_bias(n, cols, b, Z + j * n);
        layer->g->value(layer->g->context, n, cols, Z + j * n, A + j * n);
    }
}

/* Z_l and A_l of layer l from A_in = A_{l-1}, B columns. */
typedef void layer_pass(const BPB(net) * net, BPB(work) * work, size_t l, size_t B,
                        const real *A_in, size_t lda);

static void plain_layer(const BPB(net) * net, BPB(work) * work, size_t l, size_t B,
                        const real *A_in, size_t lda)
{
    const struct layer *shape = &net->shape->layer[l - 1];
    const struct BPB(planned) *layer = &work->plan->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    real *Z = BPB(work_at)(work, layer->Z), *A = BPB(work_at)(work, layer->A);
    // Z = W A_in
    layer->forward(NO_TRANS, NO_TRANS, n_out, B, n_in, RC(1.0),
                   net->theta + shape->W, n_out, // W    is n_out x n_in
                   A_in, lda,                    // A_in is n_in  x B
                   RC(0.0), Z, n_out);           // Z    is n_out x B
    activate(work->plan, layer, n_out, B, net->theta + shape->b, Z, A);
}

/*
 * The panel's product is taken transposed: the samples are then the rows of the result, which
 * run side by side through the lanes of the same kernel, each by the same operations. As
 * columns they would fall into kernels of different widths, whose sums differ in the last bit.
 */
static void panel_layer(const BPB(net) * net, BPB(work) * work, size_t l, size_t P,
                        const real *A_in, size_t lda)
{
    const BPB(plan) *plan = work->plan;
    const struct layer *shape = &net->shape->layer[l - 1];
    const struct BPB(planned) *layer = &plan->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    real *Z = BPB(work_at)(work, layer->Z), *A = BPB(work_at)(work, layer->A);
    real *Zt = BPB(work_at)(work, plan->Zt);
    // Z^T = A_in^T W^T
    layer->panel(TRANS, TRANS, P, n_out, n_in, RC(1.0),
                 A_in, lda,                    // A_in is n_in  x P
                 net->theta + shape->W, n_out, // W    is n_out x n_in
                 RC(0.0), Zt, P);              // Zt   is P     x n_out
    plan->functions->add_bias_transposed(n_out, P, net->theta + shape->b, Zt, Z);
    layer->g->value(layer->g->context, n_out, P, Z, A);
}

/* A_1 .. A_L of the staged inputs. */
static void all_layers(const BPB(net) * net, BPB(work) * work, size_t B, layer_pass *pass)
{
    pass(net, work, 1, B, work->X, work->ldx);
    for (size_t l = 2; l <= net->shape->L; l++)
        pass(net, work, l, B, BPB(work_at)(work, work->plan->layer[l - 2].A),
             net->shape->layer[l - 1].n_in);
}

void BPB(pass_forward)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, size_t first, size_t B)
{
    stage_inputs(net, work, X, first, B, B);
    all_layers(net, work, B, plain_layer);
}

void BPB(pass_panel)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, size_t first, size_t B)
{
    const BPB(plan) *plan = work->plan;
    if (!plan->padded) {
        BPB(pass_forward)(net, work, X, first, B);
        return;
    }
    stage_inputs(net, work, X, first, B, plan->panel);
    all_layers(net, work, plan->panel, panel_layer);
}

void BPB(pass_targets)(const BPB(net) * net, BPB(work) * work, BPB(cview) T, size_t first, size_t B)
{
    const size_t n = T.rows;
    real *staged = BPB(work_at)(work, work->plan->T);
    BPB(view_gather)(T, first, B, staged);
    if (!net->output_scaling)
        return;
    const real *shift = net->output_scaling, *factor = shift + n;
    for (size_t j = 0; j < B; j++, staged += n)
        for (size_t i = 0; i < n; i++)
            staged[i] = (staged[i] - shift[i]) / factor[i];
}

void BPB(pass_unscale)(const BPB(net) * net, BPB(work) * work, size_t B)
{
    if (!net->output_scaling)
        return;
    const size_t n = shape_outputs(net->shape);
    const real *shift = net->output_scaling, *factor = shift + n;
    real *Y = BPB(work_at)(work, work->plan->layer[net->shape->L - 1].A);
    for (size_t j = 0; j < B; j++, Y += n)
        for (size_t i = 0; i < n; i++)
            Y[i] = shift[i] + factor[i] * Y[i];
}

double BPB(pass_loss)(BPB(work) * work, size_t B)
{
    const BPB(plan) *plan = work->plan;
    const struct BPB(planned) *output = &plan->layer[plan->shape->L - 1];
    double *e = BPB(work_at)(work, plan->e), sum = 0;
    plan->loss->value(plan->loss->context, shape_outputs(plan->shape), B,
                      BPB(work_at)(work, output->Z), BPB(work_at)(work, output->A),
                      BPB(work_at)(work, plan->T), e);
    for (size_t j = 0; j < B; j++)
        sum += e[j];
    return sum / (double)B;
}

/* bpb_sforward, bpb_dforward */
bpb_status BPB(forward)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(view) Y)
{
    TRY(BPB(batch_check)(net, work, X, BPB(read)(Y)));
    struct section section;
    bpb_section_enter(&section);
    BPB(pass_forward)(net, work, BPB(view_resolve)(X), 0, X.cols);
    BPB(pass_unscale)(net, work, X.cols);
    BPB(view_scatter)(Y, 0, X.cols,
                      BPB(work_at)(work, work->plan->layer[net->shape->L - 1].A));
    bpb_section_leave(&section);
    return BPB_OK;
}
