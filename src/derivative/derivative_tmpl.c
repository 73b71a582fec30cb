/* SPDX-License-Identifier: BSD-3-Clause */
/* First derivatives beside the gradient: by the inputs, J^T u, J v. */
#include "derivative/derivative_tmpl.h"

#include <math.h>
#include <string.h>

#include "base/view_tmpl.h"

/* ---- What all share ---- */

bpb_status BPB(optional_check)(const char *name, view_t V, size_t rows, size_t cols)
{
    return HAS_DATA(V) ? BPB(matrix_check)(name, V, rows, cols) : BPB_OK;
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
    const struct scaling *scaling = slice->net->scaling[BPB_INPUTS];
    if (scaling)
        by_rows(n, slice->count, scaling->rounded + n, D);
}

void BPB(slice_by_outputs)(const struct slice *slice, real *D)
{
    const size_t n = shape_outputs(slice->net->shape);
    const struct scaling *scaling = slice->net->scaling[BPB_OUTPUTS];
    if (scaling)
        by_rows(n, slice->count, scaling->rounded + n, D);
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
    if (slice->net->scaling[BPB_INPUTS] || !BPB(view_in_place)(C)) {
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
    if (HAS_DATA(reverse->dX))
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

/* The columns, and the round that makes a gradient of their deltas, if it is wanted. */
static bpb_status reverse_rounds(struct pass *pass)
{
    work_t *work = pass->work;
    const bpb_status status = BPB(pass_columns)(pass);
    work->left = LEFT_D;
    if (pass->G)
        BPB(descend)(work, 1, &(struct descent){.G = pass->G});
    work->G = pass->G;
    return status;
}

/* bpb_gradient_x, bpbf_gradient_x */
bpb_status BPB(gradient_x)(const net_t *net, work_t *work, view_t X, targets_t T, real *gradient,
                           out_t dX, double *loss)
{
    const struct reverse reverse = {.dX = dX};
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .T = T,
                        .needs = NEED_T | NEED_VJP | NEED_LOSS_GRADIENT | NEED_DERIVATIVES,
                        .end = reverse_loss,
                        .ends = &reverse,
                        .rounds = reverse_rounds,
                        .loss = loss,
                        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    TRY(BPB(matrix_check)("dX", BPB(view_of)(dX), shape_inputs(net->shape), X.cols));
    return BPB(pass_perform)(&pass);
}

/* U, and gradient or dX, or both. */
static bpb_status check_reverse(const net_t *net, view_t U, const real *gradient, out_t dX,
                                size_t B)
{
    TRY(BPB(matrix_check)("U", U, shape_outputs(net->shape), B));
    REQUIRE(gradient || HAS_DATA(dX), BPB_ERR_NULL, "gradient and dX are both left out");
    return BPB(optional_check)("dX", BPB(view_of)(dX), shape_inputs(net->shape), B);
}

/* bpb_vjp, bpbf_vjp */
bpb_status BPB(vjp)(const net_t *net, work_t *work, view_t X, view_t U, real *gradient, out_t dX)
{
    const struct reverse reverse = {.U = BPB(view_resolve)(U), .dX = dX};
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .needs = NEED_VJP | NEED_DERIVATIVES,
                        .end = reverse_outputs,
                        .ends = &reverse,
                        .rounds = reverse_rounds,
                        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    TRY(check_reverse(net, U, gradient, dX, X.cols));
    return BPB(pass_perform)(&pass);
}

/* A_L again, if the forward pass has left Y in its place, and the rest as ever. */
static void reverse_after_forward(struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const struct planned *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape);
    if (slice->net->scaling[BPB_OUTPUTS])
        output->g.value(output->g.context, n, slice->count, BPB(slice_at)(slice, output->Z, n),
                        BPB(slice_at)(slice, output->A, n));
    reverse_outputs(pass, slice);
}

/* bpb_vjp_after_forward, bpbf_vjp_after_forward */
bpb_status BPB(vjp_after_forward)(const net_t *net, work_t *work, view_t U, real *gradient,
                                  out_t dX)
{
    TRY(BPB(work_check)(net, work));
    REQUIRE(work->forward_of == net, BPB_ERR_MISMATCH,
            "the work's last pass was no bpb_forward of this net");
    REQUIRE(U.cols == work->B, BPB_ERR_MISMATCH,
            "U has %zu columns; the work's last forward pass had %zu", U.cols, work->B);
    const struct reverse reverse = {.U = BPB(view_resolve)(U), .dX = dX};
    /* X is where the forward pass has left A_0. */
    struct pass pass = {
        .net = net,
        .work = work,
        .X = {.data = work->X, .rows = shape_inputs(net->shape), .cols = work->B, .ld = work->ldx},
        .needs = NEED_VJP | NEED_DERIVATIVES,
        .again = true,
        .end = reverse_after_forward,
        .ends = &reverse,
        .rounds = reverse_rounds,
        .G = gradient};
    TRY(BPB(pass_check)(&pass));
    TRY(check_reverse(net, U, gradient, dX, pass.count));
    const bpb_status status = BPB(pass_perform)(&pass);
    work->forward_of = net;
    return status;
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
    if (HAS_DATA(forward->Y))
        BPB(view_scatter_outputs)
        (forward->Y, slice->first, slice->count, slice->net->scaling[BPB_OUTPUTS],
         BPB(slice_at)(slice, output->A, n_L));
    else
        BPB(slice_unscale)(slice);
}

/* bpb_jvp, bpbf_jvp */
bpb_status BPB(jvp)(const net_t *net, work_t *work, view_t X, const real *v, view_t V, out_t Y,
                    out_t dY)
{
    const struct direction direction = {.v = v, .V = BPB(view_resolve)(V)};
    const struct forward forward = {.Y = Y, .dY = dY};
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .needs = NEED_JVP | NEED_DERIVATIVES,
                        .direction = &direction,
                        .tangent = BPB(slice_tangent),
                        .end = forward_tangents,
                        .ends = &forward};
    TRY(BPB(pass_check)(&pass));
    const size_t n_0 = shape_inputs(net->shape), n_L = shape_outputs(net->shape);
    REQUIRE(v || HAS_DATA(V), BPB_ERR_NULL, "v and V are both left out");
    TRY(BPB(optional_check)("V", V, n_0, X.cols));
    TRY(BPB(optional_check)("Y", BPB(view_of)(Y), n_L, X.cols));
    TRY(BPB(matrix_check)("dY", BPB(view_of)(dY), n_L, X.cols));
    return BPB(pass_perform)(&pass);
}
