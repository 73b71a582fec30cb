/* SPDX-License-Identifier: BSD-3-Clause */
/* First derivatives beside the gradient: by the inputs, J^T u, J v. */
#include "derivative/derivative_tmpl.h"

#include <math.h>
#include <string.h>

#include "blas/section.h"
#include "base/view_tmpl.h"

/* ---- What all share ---- */

bpb_status BPB(derivative_check)(const plan_t *plan, unsigned needs)
{
    REQUIRE(plan->derivatives, BPB_ERR_PLAN);
    return BPB(functions_check)(plan, needs);
}

bpb_status BPB(optional_check)(view_t V, size_t rows, size_t cols)
{
    if (!V.data)
        return BPB_OK;
    TRY(BPB(view_check)(V, rows));
    REQUIRE(V.cols == cols, BPB_ERR_SHAPE);
    return BPB_OK;
}

/* D <- factor * D, row by row of each column. */
static void by_rows(size_t n, size_t B, const real *factor, real *D)
{
    for (size_t j = 0; j < B; j++, D += n)
        for (size_t i = 0; i < n; i++)
            D[i] *= factor[i];
}

void BPB(slice_by_inputs)(const struct slice *slice, real *D)
{
    const size_t n = shape_inputs(slice->net->shape);
    if (slice->net->input_scaling)
        by_rows(n, slice->count, slice->net->input_scaling + n, D);
}

void BPB(slice_by_outputs)(const struct slice *slice, real *D)
{
    const size_t n = shape_outputs(slice->net->shape);
    if (slice->net->output_scaling)
        by_rows(n, slice->count, slice->net->output_scaling + n, D);
}

void BPB(slice_look_at)(struct pass *pass, const struct slice *slice, const real *D)
{
    const size_t n = shape_outputs(slice->net->shape);
    BPB(pass_note)(pass, slice->work->plan->functions->finite(n * slice->count, D));
}

real *BPB(slice_input_delta)(const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const struct layer *first = &plan->shape->layer[0];
    real *D_0 = BPB(slice_at)(slice, plan->D_0, first->n_in);
    BPB(slice_back)(slice, 1, slice->net->theta + first->W,
                    BPB(slice_at)(slice, plan->layer[0].D, first->n_out), 0, D_0, first->n_in);
    BPB(slice_by_inputs)(slice, D_0);
    return D_0;
}

void BPB(slice_give_input_delta)(const struct slice *slice, out_t dX)
{
    const plan_t *plan = slice->work->plan;
    const struct layer *first = &plan->shape->layer[0];
    const view_t C = BPB(view_resolve)(BPB(view_of)(dX));
    if (slice->net->input_scaling || !BPB(view_in_place)(C)) {
        BPB(view_scatter)(dX, slice->first, slice->count, BPB(slice_input_delta)(slice));
        return;
    }
    BPB(slice_back)(slice, 1, slice->net->theta + first->W,
                    BPB(slice_at)(slice, plan->layer[0].D, first->n_out), 0,
                    dX.data + slice->first * C.ld, C.ld);
}

/* ---- J^T u, dE/dX ---- */

/* What the slices of a reverse pass end with: NULL or no data: not wanted. */
struct reverse {
    view_t U;
    out_t dX;
};

static void give_dX(const struct reverse *reverse, const struct slice *slice)
{
    if (reverse->dX.data)
        BPB(slice_give_input_delta)(slice, reverse->dX);
}

static void reverse_loss(struct pass *pass, const struct slice *slice)
{
    BPB(slice_end_outputs)(pass, slice);
    BPB(pass_note)(pass, BPB(slice_propagate)(slice));
    give_dX(pass->ends, slice);
}

/* D_L = g'(Z_L)^T U, U = d/dY in the caller's units */
static void reverse_outputs(struct pass *pass, const struct slice *slice)
{
    const struct reverse *reverse = pass->ends;
    const plan_t *plan = slice->work->plan;
    const struct planned *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape);
    real *D = BPB(slice_at)(slice, output->D, n);
    BPB(view_gather)(reverse->U, slice->first, slice->count, D);
    BPB(slice_by_outputs)(slice, D);
    output->g.vjp(output->g.context, n, slice->count, BPB(slice_at)(slice, output->Z, n),
                  BPB(slice_at)(slice, output->A, n), D);
    BPB(slice_look_at)(pass, slice, D);
    BPB(pass_note)(pass, BPB(slice_propagate)(slice));
    give_dX(reverse, slice);
}

/* Run the pass and, where it is wanted, the round that makes a gradient of its deltas. */
static void run_reverse(struct pass *pass, real *gradient)
{
    work_t *work = pass->work;
    BPB(pass_run)(pass);
    work->left = LEFT_D;
    if (!gradient)
        return;
    BPB(descend)(work, 1, &(struct descent){.G = gradient});
    work->G = gradient;
}

/* bpb_gradient_x, bpbf_gradient_x */
bpb_status BPB(gradient_x)(const net_t *net, work_t *work, view_t X, view_t T, real *gradient,
                           out_t dX, double *loss)
{
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(BPB(view_check)(BPB(view_of)(dX), shape_inputs(net->shape)));
    REQUIRE(dX.cols == X.cols, BPB_ERR_SHAPE);
    TRY(BPB(derivative_check)(work->plan, NEED_VJP | NEED_LOSS_GRADIENT));
    const struct reverse reverse = {.dX = dX};
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    struct pass pass = {.net = net,
                        .work = work,
                        .X = BPB(view_resolve)(X),
                        .T = BPB(view_resolve)(T),
                        .count = X.cols,
                        .end = reverse_loss,
                        .ends = &reverse,
                        .scale = 1.0 / (double)X.cols,
                        .wants_loss = loss};
    run_reverse(&pass, gradient);
    const bpb_status status = BPB(pass_outcome)(&pass, loss);
    bpb_section_leave(&section);
    return status;
}

/* bpb_vjp, bpbf_vjp */
bpb_status BPB(vjp)(const net_t *net, work_t *work, view_t X, view_t U, real *gradient, out_t dX)
{
    TRY(BPB(outputs_check)(net, work, X, U));
    REQUIRE(X.cols <= work->plan->batch, BPB_ERR_BATCH);
    REQUIRE(gradient || dX.data, BPB_ERR_NULL);
    TRY(BPB(optional_check)(BPB(view_of)(dX), shape_inputs(net->shape), X.cols));
    TRY(BPB(derivative_check)(work->plan, NEED_VJP));
    const struct reverse reverse = {.U = BPB(view_resolve)(U), .dX = dX};
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    struct pass pass = {.net = net,
                        .work = work,
                        .X = BPB(view_resolve)(X),
                        .count = X.cols,
                        .end = reverse_outputs,
                        .ends = &reverse};
    run_reverse(&pass, gradient);
    bpb_section_leave(&section);
    return BPB(pass_outcome)(&pass, NULL);
}

/* ---- J v ---- */

struct forward {
    out_t Y, dY;
};

static void forward_tangents(struct pass *pass, const struct slice *slice)
{
    const struct forward *forward = pass->ends;
    const plan_t *plan = slice->work->plan;
    const struct planned *output = &plan->layer[plan->shape->L - 1];
    const size_t n_L = shape_outputs(plan->shape);
    real *RA = BPB(slice_at)(slice, output->RA, n_L);
    BPB(slice_by_outputs)(slice, RA);
    BPB(view_scatter)(forward->dY, slice->first, slice->count, RA);
    BPB(slice_unscale)(slice);
    if (forward->Y.data)
        BPB(view_scatter)(forward->Y, slice->first, slice->count,
                          BPB(slice_at)(slice, output->A, n_L));
}

/* bpb_jvp, bpbf_jvp */
bpb_status BPB(jvp)(const net_t *net, work_t *work, view_t X, const real *v, view_t V, out_t Y,
                    out_t dY)
{
    TRY(BPB(outputs_check)(net, work, X, BPB(view_of)(dY)));
    REQUIRE(X.cols <= work->plan->batch, BPB_ERR_BATCH);
    REQUIRE(v || V.data, BPB_ERR_NULL);
    TRY(BPB(optional_check)(V, shape_inputs(net->shape), X.cols));
    TRY(BPB(optional_check)(BPB(view_of)(Y), shape_outputs(net->shape), X.cols));
    TRY(BPB(derivative_check)(work->plan, NEED_JVP));
    const struct direction direction = {.v = v, .V = BPB(view_resolve)(V)};
    const struct forward forward = {.Y = Y, .dY = dY};
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    BPB(pass_run)
    (&(struct pass){.net = net,
                    .work = work,
                    .X = BPB(view_resolve)(X),
                    .count = X.cols,
                    .direction = &direction,
                    .tangent = BPB(slice_tangent),
                    .end = forward_tangents,
                    .ends = &forward});
    bpb_section_leave(&section);
    return BPB_OK;
}
