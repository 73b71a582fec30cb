/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second order: reverse mode over tangents, and with it the products of the Hessian and of the
 * Gauss-Newton matrix with a vector.
 *
 * With tangents in direction v and Q_l = dPhi/dR{Z_l}, D_l = dPhi/dZ_l, J = g'(Z_{l-1}):
 *
 *     Q_{l-1} = J^T (W_l^T Q_l)
 *     D_{l-1} = J^T (W_l^T D_l + W(v)_l^T Q_l) + (d/dZ (J^T W_l^T Q_l))[R{Z_{l-1}}]
 *     dPhi/dW_l = D_l A_{l-1}^T + Q_l R{A_{l-1}}^T,    dPhi/db_l = D_l 1
 *
 * For Phi = R{E}, the derivative of E along v, Q_l is the delta of the gradient, D_l is R{delta_l}
 * and dPhi/dtheta is H v (Pearlmutter 1994).
 */
#include "base/view_tmpl.h"
#include "derivative/derivative_tmpl.h"

/* D <- J^T D + (d/dZ (J^T Q))[R{Z}], Q <- J^T Q for layer l, or D as it is where that is done. */
static void through_activation(const struct slice *slice, size_t l, bool D_is_done)
{
    const struct planned *layer = &slice->work->plan->layer[l - 1];
    const size_t n = slice->net->shape->layer[l - 1].n_out, B = slice->count;
    const void *context = layer->g.context;
    const real *Z = BPB(slice_at)(slice, layer->Z, n), *A = BPB(slice_at)(slice, layer->A, n);
    real *D = BPB(slice_at)(slice, layer->D, n), *Q = BPB(slice_at)(slice, layer->Q, n);
    if (!D_is_done)
        layer->g.vjp(context, n, B, Z, A, D);
    layer->g.second(context, n, B, Z, A, Q, BPB(slice_at)(slice, layer->RZ, n), D);
    layer->g.vjp(context, n, B, Z, A, Q);
}

void BPB(slice_second_end)(const struct slice *slice)
{
    through_activation(slice, slice->net->shape->L, true);
}

static bool second_layer(const struct slice *slice, size_t l, const real *v)
{
    const struct layer *shape = &slice->net->shape->layer[l - 1];
    const struct planned *layer = &slice->work->plan->layer[l - 1], *before = layer - 1;
    const real *W = slice->net->theta + shape->W;
    const real *D = BPB(slice_at)(slice, layer->D, shape->n_out);
    const real *Q = BPB(slice_at)(slice, layer->Q, shape->n_out);
    const size_t n_in = shape->n_in;
    real *Q_before = BPB(slice_at)(slice, before->Q, n_in);
    real *D_before = BPB(slice_at)(slice, before->D, n_in);
    // Q_before = W^T Q, D_before = W^T D + W(v)^T Q
    BPB(slice_back)(slice, l, W, Q, 0, Q_before, n_in);
    BPB(slice_back)(slice, l, W, D, 0, D_before, n_in);
    if (v)
        BPB(slice_back)(slice, l, v + shape->W, Q, 1, D_before, n_in);
    through_activation(slice, l - 1, false);
    const struct function_set *functions = slice->work->plan->functions;
    return functions->finite(n_in * slice->count, Q_before) &&
           functions->finite(n_in * slice->count, D_before);
}

bool BPB(slice_second)(const struct slice *slice, const real *v)
{
    bool finite = true;
    for (size_t l = slice->net->shape->L; l > 1; l--)
        finite &= second_layer(slice, l, v);
    return finite;
}

/* ---- H v ---- */

/* The output's matrices, of the slice. */
struct output {
    const struct planned *layer;
    size_t n;
    const real *Z, *A, *RZ, *RA, *T;
    real *D, *Q;
};

static struct output output_of(const struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const struct planned *layer = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape);
    return (struct output){
        .layer = layer,
        .n = n,
        .Z = BPB(slice_at)(slice, layer->Z, n),
        .A = BPB(slice_at)(slice, layer->A, n),
        .RZ = BPB(slice_at)(slice, layer->RZ, n),
        .RA = BPB(slice_at)(slice, layer->RA, n),
        .T = BPB(slice_staged)(pass, slice),
        .D = BPB(slice_at)(slice, layer->D, n),
        .Q = BPB(slice_at)(slice, layer->Q, n),
    };
}

/* D = the Hessian of e in Z_L times R{Z_L}, or in A_L times R{A_L} and then g'(Z_L)^T of that. */
static void loss_curvature(const struct pass *pass, const struct slice *slice)
{
    const struct loss_table *loss = &slice->work->plan->loss;
    const struct output o = output_of(pass, slice);
    const size_t B = slice->count;
    loss->second(loss->context, o.n, B, o.Z, o.A, o.T, loss->of_Z ? o.RZ : o.RA, o.D);
    BPB(slice_mask)(pass, slice, o.D);
    if (!loss->of_Z)
        o.layer->g.vjp(o.layer->g.context, o.n, B, o.Z, o.A, o.D);
}

/* Q_L = dE/dZ_L, D_L = R{dE/dZ_L} */
static void hessian_seeds(struct pass *pass, const struct slice *slice)
{
    const struct loss_table *loss = &slice->work->plan->loss;
    const struct output o = output_of(pass, slice);
    loss->gradient(loss->context, o.n, slice->count, o.Z, o.A, o.T, o.Q);
    BPB(slice_mask)(pass, slice, o.Q);
    loss_curvature(pass, slice);
    if (!loss->of_Z)
        BPB(slice_second_end)(slice);
    const bool Q_finite = BPB(slice_scale)(pass, slice, o.Q);
    BPB(pass_note)(pass, BPB(slice_scale)(pass, slice, o.D) && Q_finite);
}

static void hessian_end(struct pass *pass, const struct slice *slice)
{
    BPB(slice_targets)(pass, slice);
    if (pass->loss)
        BPB(slice_loss)(pass, slice);
    hessian_seeds(pass, slice);
    BPB(pass_note)(pass, BPB(slice_second)(slice, pass->direction->v));
}

/* D_L = J^T H J R{Z_L} is a delta like others from there on. */
static void gauss_newton_end(struct pass *pass, const struct slice *slice)
{
    BPB(slice_targets)(pass, slice);
    loss_curvature(pass, slice);
    const bool finite = BPB(slice_scale)(pass, slice, output_of(pass, slice).D);
    BPB(pass_note)(pass, BPB(slice_propagate)(slice) && finite);
}

/* What a call computes beside its deltas: descents, count of them. */
struct curvature {
    const struct descent *descents;
    size_t count;
    enum left left;
    const real *G; /* the gradient among what is written, or NULL */
};

static bpb_status curvature_rounds(struct pass *pass)
{
    const struct curvature *curvature = pass->ends;
    const bpb_status status = BPB(pass_columns)(pass);
    BPB(descend)(pass->work, curvature->count, curvature->descents);
    pass->work->left = curvature->left;
    pass->work->G = curvature->G;
    return status;
}

/* The output activation needs a second derivative unless the loss is computed from Z. */
static bpb_status curvature_call(struct pass *pass)
{
    TRY(BPB(work_check)(pass->net, pass->work));
    pass->needs |= NEED_T | NEED_VJP | NEED_JVP | NEED_LOSS_SECOND | NEED_DERIVATIVES;
    if (pass->needs & NEED_SECOND && !pass->work->plan->loss.of_Z)
        pass->needs |= NEED_OUTPUT_SECOND;
    pass->tangent = BPB(slice_tangent);
    pass->rounds = curvature_rounds;
    return BPB(pass_call)(pass);
}

/* bpb_hvp, bpbf_hvp */
bpb_status BPB(hvp)(const net_t *net, work_t *work, view_t X, targets_t T, const real *v, real *Hv,
                    real *gradient, double *loss)
{
    REQUIRE_POINTER(v);
    REQUIRE_POINTER(Hv);
    const struct direction direction = {.v = v, .keep_RZ = true};
    const struct descent descents[] = {
        {.G = Hv},                                                 // D A^T
        {.left = LEFT_Q, .right = RIGHT_RA, .G = Hv, .beta_W = 1}, // + Q R{A}^T
        {.left = LEFT_Q, .G = gradient},                           // Q A^T
    };
    const struct curvature curvature = {descents, gradient ? 3 : 2, LEFT_Q, gradient};
    return curvature_call(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .T = T,
                                         .needs = NEED_SECOND | NEED_LOSS_GRADIENT,
                                         .direction = &direction,
                                         .end = hessian_end,
                                         .ends = &curvature,
                                         .loss = loss});
}

/* bpb_gnvp, bpbf_gnvp */
bpb_status BPB(gnvp)(const net_t *net, work_t *work, view_t X, targets_t T, const real *v, real *Gv)
{
    REQUIRE_POINTER(v);
    REQUIRE_POINTER(Gv);
    const struct direction direction = {.v = v, .keep_RZ = true};
    const struct descent descent = {.G = Gv};
    const struct curvature curvature = {&descent, 1, LEFT_NO_DELTA, NULL};
    return curvature_call(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .T = T,
                                         .direction = &direction,
                                         .end = gauss_newton_end,
                                         .ends = &curvature});
}
