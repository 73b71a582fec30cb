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

#include "blas/section.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"

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
    if (pass->wants_loss)
        BPB(slice_loss)(pass, slice);
    BPB(slice_output_delta)(pass, slice);
}

static void go_back(struct pass *pass, const struct slice *slice)
{
    BPB(slice_end_outputs)(pass, slice);
    BPB(pass_note)(pass, BPB(slice_propagate)(slice));
}

/* The first round, and whether what it found is finite: BPB_NONFINITE. */
static bpb_status forward_and_back(const net_t *net, work_t *work, view_t X, view_t T, double scale,
                                   double *loss)
{
    struct pass pass = {.net = net,
                        .work = work,
                        .X = BPB(view_resolve)(X),
                        .T = BPB(view_resolve)(T),
                        .count = X.cols,
                        .drops = true,
                        .end = go_back,
                        .scale = scale,
                        .wants_loss = loss};
    BPB(pass_run)(&pass);
    work->left = LEFT_D;
    return BPB(pass_outcome)(&pass, loss);
}

/* bpb_gradient, bpbf_gradient */
bpb_status BPB(gradient)(const net_t *net, work_t *work, view_t X, view_t T, real *gradient,
                         double *loss)
{
    REQUIRE(gradient, BPB_ERR_NULL);
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(BPB(functions_check)(work->plan, NEED_VJP | NEED_LOSS_GRADIENT));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    // D_L = 1/B dE_j/dZ_L, then dW = D A^T, db = D 1
    const bpb_status status = forward_and_back(net, work, X, T, 1.0 / (double)X.cols, loss);
    BPB(descend)(work, 1, &(struct descent){.G = gradient});
    work->G = gradient;
    bpb_section_leave(&section);
    return status;
}

static bpb_status check_rule(const bpb_sgd_rule *rule)
{
    REQUIRE(rule, BPB_ERR_NULL);
    struct fpenv env;
    fpenv_enter(&env);
    const double largest = BPB_SELECT(DBL_MAX, (double)FLT_MAX);
    const bool rates = rule->eta >= 0 && rule->eta <= largest && rule->decay >= 0 &&
                       fabs(1 - rule->eta * rule->decay) <= largest; /* NaN is no rate */
    fpenv_leave(&env);
    REQUIRE(rates, BPB_ERR_OPTION);
    REQUIRE(rule->decay_biases == 0 || rule->decay_biases == 1, BPB_ERR_OPTION);
    return BPB_OK;
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

/* bpb_sgd_step, bpbf_sgd_step */
bpb_status BPB(sgd_step)(net_t *net, work_t *work, view_t X, view_t T, const bpb_sgd_rule *rule,
                         double *loss)
{
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(check_rule(rule));
    TRY(BPB(functions_check)(work->plan, NEED_VJP | NEED_LOSS_GRADIENT));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    // D_L = -eta/B dE_j/dZ_L, then W <- (1 - eta decay) W + D A^T, b <- b + D 1
    const double scale = -rule->eta / (double)X.cols;
    const bpb_status status = forward_and_back(net, work, X, T, scale, loss);
    if (status == BPB_OK)
        BPB(descend)
        (work, 1,
         &(struct descent){.G = net->theta, .beta_W = kept_of_W(rule), .beta_b = kept_of_b(rule)});
    bpb_section_leave(&section);
    return status;
}
