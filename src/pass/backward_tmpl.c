/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gradient, and gradient and update in one, in two rounds. In the first each slice of columns
 * goes forward and back, down to D_1, while every W stays what it is; in the second each W takes
 * its gradient, columns of W being independent in their turn:
 *
 *     G_l = beta G_l + D_l A_{l-1}^T      G is dW (beta 0), or W itself
 *
 * A factor of the gradient is in D_L, and so in every D: 1/B, or for a step -eta/B.
 */
#include <float.h>
#include <math.h>

#include "base/fpenv.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"
#include "base/ranges.h"

void BPB(slice_output_delta)(struct pass *pass, const struct slice *slice)
{
    const plan_t *plan = slice->work->plan;
    const struct planned *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape), B = slice->count;
    const real *Z = BPB(slice_at)(slice, output->Z, n), *A = BPB(slice_at)(slice, output->A, n);
    real *D = BPB(slice_at)(slice, output->D, n);
    plan->loss.gradient(plan->loss.context, n, B, Z, A, BPB(slice_staged)(pass, slice), D);
    BPB(slice_mask)(pass, slice, D);
    if (!plan->loss.of_Z)
        output->g.vjp(output->g.context, n, B, Z, A, D); // D = g'(Z)^T de/dA
    BPB(pass_note)(pass, BPB(slice_scale)(pass, slice, D));
}

void BPB(slice_back)(const struct slice *slice, size_t l, const real *W, const real *D, real beta,
                     real *C, size_t ldc)
{
    const struct layer *shape = &slice->net->shape->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    // C = W^T D + beta C
    slice->work->plan->layer[l - 1].kernel[DELTA]->gemm(
        &(struct gemm){.trans_A = TRANS,
                       .m = n_in,
                       .n = slice->count,
                       .k = n_out,
                       .A = W,
                       .lda = n_out, // W is n_out x n_in
                       .B = D,
                       .ldb = n_out, // D is n_out x B
                       .beta = beta,
                       .E = C,
                       .lde = ldc,
                       .C = C,
                       .ldc = ldc, // C is n_in  x B
                       .scratch = slice->scratch});
}

/* D_{l-1} = g'(Z_{l-1})^T (M_{l-1} o (W_l^T D_l)); M: where the pass drops */
bool BPB(slice_propagate_layer)(const struct slice *slice, size_t l)
{
    const struct layer *shape = &slice->net->shape->layer[l - 1];
    const struct planned *layer = &slice->work->plan->layer[l - 1], *before = layer - 1;
    const size_t n_in = shape->n_in;
    real *D_before = BPB(slice_at)(slice, before->D, n_in);
    BPB(slice_back)(slice, l, slice->net->theta + shape->W,
                    BPB(slice_at)(slice, layer->D, shape->n_out), 0, D_before, n_in);
    if (BPB(work_drops)(slice->work, l - 1))
        BPB(slice_drop_delta)(slice, l - 1, n_in, D_before);
    before->g.vjp(before->g.context, n_in, slice->count, BPB(slice_at)(slice, before->Z, n_in),
                  BPB(slice_at)(slice, before->A, n_in), D_before);
    return slice->work->plan->functions->finite(n_in * slice->count, D_before);
}

bool BPB(slice_propagate)(const struct slice *slice)
{
    bool finite = true;
    for (size_t l = slice->net->shape->L; l > 1; l--)
        finite &= BPB(slice_propagate_layer)(slice, l);
    return finite;
}

void BPB(slice_end_outputs)(struct pass *pass, const struct slice *slice)
{
    BPB(slice_targets)(pass, slice);
    if (pass->loss)
        BPB(slice_loss)(pass, slice);
    BPB(slice_output_delta)(pass, slice);
}

static void forward_and_back(struct pass *pass, const struct slice *slice)
{
    BPB(slice_end_outputs)(pass, slice);
    BPB(pass_note)(pass, BPB(slice_propagate)(slice));
}

/* D_L = 1/B dE_j/dZ_L and down to D_1, then dW = D A^T, db = D 1 */
static bpb_status gradient_rounds(struct pass *pass)
{
    const bpb_status status = BPB(pass_columns)(pass);
    pass->work->left = LEFT_D;
    BPB(descend)(pass->work, 1, &(struct descent){.G = pass->G});
    pass->work->G = pass->G;
    return status;
}

/* bpb_gradient, bpbf_gradient */
bpb_status BPB(gradient)(const net_t *net, work_t *work, view_t X, targets_t T, real *gradient,
                         double *loss)
{
    REQUIRE_POINTER(gradient);
    return BPB(pass_call)(&(struct pass){.net = net,
                                         .work = work,
                                         .X = X,
                                         .T = T,
                                         .needs = NEED_T | NEED_VJP | NEED_LOSS_GRADIENT,
                                         .drops = true,
                                         .end = forward_and_back,
                                         .rounds = gradient_rounds,
                                         .loss = loss,
                                         .G = gradient});
}

static bpb_status check_rule(const bpb_sgd_rule *rule)
{
    REQUIRE_POINTER(rule);
    struct fpenv env;
    fpenv_enter(&env);
    const double largest = BPB_SELECT(DBL_MAX, (double)FLT_MAX); /* NaN is no rate */
    const bool eta = fpenv_now(rule->eta >= 0 && rule->eta <= largest);
    const bool decay = fpenv_now(rule->decay >= 0 && fabs(1 - rule->eta * rule->decay) <= largest);
    fpenv_leave(&env);
    REQUIRE(eta, BPB_ERR_OPTION,
            "eta is %g; it must be at least 0 and finite in the net's precision", rule->eta);
    REQUIRE(decay, BPB_ERR_OPTION,
            "decay is %g; it must be at least 0, and eta * decay finite in the net's precision",
            rule->decay);
    return bpb_option_flag("decay_biases", rule->decay_biases);
}

/* What is left of W, and of b, after the decay of one step. */
static real kept_of_W(const bpb_sgd_rule *rule)
{
    return (real)(1 - rule->eta * rule->decay);
}
static real kept_of_b(const bpb_sgd_rule *rule)
{
    return rule->decay_biases ? kept_of_W(rule) : RC(1.0);
}

/* D_L = -eta/B dE_j/dZ_L, then W <- (1 - eta decay) W + D A^T, b <- b + D 1 */
static bpb_status step_rounds(struct pass *pass)
{
    const bpb_sgd_rule *rule = pass->ends;
    const bpb_status status = BPB(pass_columns)(pass);
    pass->work->left = LEFT_D;
    if (status == BPB_OK)
        BPB(descend)
        (pass->work, 1,
         &(struct descent){.G = pass->G, .beta_W = kept_of_W(rule), .beta_b = kept_of_b(rule)});
    return status;
}

/* bpb_sgd_step, bpbf_sgd_step */
bpb_status BPB(sgd_step)(net_t *net, work_t *work, view_t X, targets_t T, const bpb_sgd_rule *rule,
                         double *loss)
{
    TRY(check_rule(rule));
    struct pass pass = {.net = net,
                        .work = work,
                        .X = X,
                        .T = T,
                        .needs = NEED_T | NEED_VJP | NEED_LOSS_GRADIENT,
                        .drops = true,
                        .end = forward_and_back,
                        .ends = rule,
                        .eta = &rule->eta,
                        .rounds = step_rounds,
                        .loss = loss};
    TRY(BPB(pass_check)(&pass));
    pass.G = net->theta;
    return BPB(pass_perform)(&pass);
}
