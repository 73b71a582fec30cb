/* SPDX-License-Identifier: BSD-3-Clause */
/* The loss, the gradient, and gradient and update in one. */
#include <float.h>
#include <math.h>

#include "blas/section.h"
#include "net/view_tmpl.h"
#include "pass/work_tmpl.h"

/* Forward and loss: *loss = E where it is wanted, and D_L = dE_j/dZ_L of each column j.
 * BPB_NONFINITE: one of them is not finite. */
static bpb_status output_delta(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                               double *loss)
{
    const BPB(plan) *plan = work->plan;
    const struct BPB(planned) *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape), B = X.cols;
    BPB(pass_forward)(net, work, BPB(view_resolve)(X), 0, B);
    BPB(pass_targets)(net, work, BPB(view_resolve)(T), 0, B);
    const real *Z = BPB(work_at)(work, output->Z), *A = BPB(work_at)(work, output->A);
    real *D = BPB(work_at)(work, output->D);
    plan->loss->gradient(plan->loss->context, n, B, Z, A, BPB(work_at)(work, plan->T), D);
    if (!plan->loss->of_Z)
        output->g->vjp(output->g->context, n, B, Z, A, D); // D = g'(Z)^T dE/dA
    bool finite = plan->functions->finite(n * B, D);
    if (loss) {
        *loss = BPB(pass_loss)(work, B);
        finite = finite && isfinite(*loss);
    }
    return finite ? BPB_OK : BPB_NONFINITE;
}

/* D_{l-1} = g'(Z_{l-1})^T (W_l^T D_l), for l = 2..L */
static void propagate(const BPB(net) * net, BPB(work) * work, size_t l, size_t B)
{
    const struct layer *shape = &net->shape->layer[l - 1];
    const struct BPB(planned) *layer = &work->plan->layer[l - 1], *before = layer - 1;
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    const real *D = BPB(work_at)(work, layer->D);
    real *D_before = BPB(work_at)(work, before->D);
    // D_before = W^T D
    layer->delta(TRANS, NO_TRANS, n_in, B, n_out, RC(1.0),
                 net->theta + shape->W, n_out,  // W is n_out x n_in
                 D, n_out,                      // D is n_out x B
                 RC(0.0), D_before, n_in);      // D_before is n_in x B
    before->g->vjp(before->g->context, n_in, B, BPB(work_at)(work, before->Z),
                   BPB(work_at)(work, before->A), D_before);
}

/* dW = alpha D_l A_{l-1}^T + beta dW,  sums = D_l 1 */
static void accumulate(BPB(work) * work, size_t l, size_t B, real alpha, real beta, real *dW)
{
    const BPB(plan) *plan = work->plan;
    const struct layer *shape = &plan->shape->layer[l - 1];
    const struct BPB(planned) *layer = &plan->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    const real *D = BPB(work_at)(work, layer->D);
    const real *A = l == 1 ? work->X : BPB(work_at)(work, (layer - 1)->A);
    layer->gradient(NO_TRANS, TRANS, n_out, n_in, B, alpha,
                    D, n_out,                        // D  is n_out x B
                    A, l == 1 ? work->ldx : n_in,    // A  is n_in  x B
                    beta, dW, n_out);                // dW is n_out x n_in
    plan->functions->row_sums(n_out, B, D, BPB(work_at)(work, plan->sums));
}

/* bpb_sloss, bpb_dloss */
bpb_status BPB(loss)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                     double *loss)
{
    REQUIRE(loss, BPB_ERR_NULL);
    TRY(BPB(batch_check)(net, work, X, T));
    struct section section;
    bpb_section_enter(&section);
    BPB(pass_forward)(net, work, BPB(view_resolve)(X), 0, X.cols);
    BPB(pass_targets)(net, work, BPB(view_resolve)(T), 0, X.cols);
    *loss = BPB(pass_loss)(work, X.cols);
    const bpb_status status = isfinite(*loss) ? BPB_OK : BPB_NONFINITE;
    bpb_section_leave(&section);
    return status;
}

/* bpb_sgradient, bpb_dgradient */
bpb_status BPB(gradient)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                         real *gradient, double *loss)
{
    REQUIRE(gradient, BPB_ERR_NULL);
    TRY(BPB(batch_check)(net, work, X, T));
    struct section section;
    bpb_section_enter(&section);
    const bpb_status status = output_delta(net, work, X, T, loss);
    const real mean = (real)(1.0 / (double)X.cols);
    for (size_t l = net->shape->L; l >= 1; l--) {
        const struct layer *shape = &net->shape->layer[l - 1];
        // dW = 1/B D A^T, db = 1/B D 1
        accumulate(work, l, X.cols, mean, RC(0.0), gradient + shape->W);
        work->plan->functions->axpby(shape->n_out, mean, BPB(work_at)(work, work->plan->sums),
                                     RC(0.0), gradient + shape->b);
        if (l > 1)
            propagate(net, work, l, X.cols);
    }
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

/* bpb_ssgd_update, bpb_dsgd_update */
bpb_status BPB(sgd_update)(BPB(net) * net, const real *gradient, const bpb_sgd_rule *rule)
{
    REQUIRE(net && gradient, BPB_ERR_NULL);
    TRY(check_rule(rule));
    const struct BPB(functions) *functions = BPB(functions_for_cpu)();
    struct fpenv env;
    fpenv_enter(&env);
    for (size_t l = 1; l <= net->shape->L; l++) {
        const struct layer *shape = &net->shape->layer[l - 1];
        const real minus_eta = (real)-rule->eta;
        functions->axpby(shape->n_out * shape->n_in, minus_eta, gradient + shape->W,
                         kept_of_W(rule), net->theta + shape->W);
        functions->axpby(shape->n_out, minus_eta, gradient + shape->b, kept_of_b(rule),
                         net->theta + shape->b);
    }
    fpenv_leave(&env);
    return BPB_OK;
}

/* D_{l-1} is taken from W_l before W_l changes. */
static void descend(BPB(net) * net, BPB(work) * work, size_t B, const bpb_sgd_rule *rule)
{
    const real alpha = (real)(-rule->eta / (double)B);
    for (size_t l = net->shape->L; l >= 1; l--) {
        const struct layer *shape = &net->shape->layer[l - 1];
        if (l > 1)
            propagate(net, work, l, B);
        // W <- (1 - eta decay) W - eta/B D A^T
        accumulate(work, l, B, alpha, kept_of_W(rule), net->theta + shape->W);
        // b <- b - eta/B D 1
        work->plan->functions->axpby(shape->n_out, alpha, BPB(work_at)(work, work->plan->sums),
                                     kept_of_b(rule), net->theta + shape->b);
    }
}

/* bpb_ssgd_step, bpb_dsgd_step */
bpb_status BPB(sgd_step)(BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                         const bpb_sgd_rule *rule, double *loss)
{
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(check_rule(rule));
    struct section section;
    bpb_section_enter(&section);
    const bpb_status status = output_delta(net, work, X, T, loss);
    if (status == BPB_OK)
        descend(net, work, X.cols, rule);
    bpb_section_leave(&section);
    return status;
}
