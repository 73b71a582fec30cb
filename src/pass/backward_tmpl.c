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
#include "net/view_tmpl.h"
#include "pass/pass_tmpl.h"

/* A thread's share of the columns of a W, where they may be cut anywhere: whole tiles. */
#define EXACT_GRAIN 28

/* D_L = scale * dE_j/dZ_L, column by column */
static void output_delta(struct BPB(pass) * pass, const struct BPB(slice) * slice)
{
    const BPB(plan) *plan = slice->work->plan;
    const struct BPB(planned) *output = &plan->layer[plan->shape->L - 1];
    const size_t n = shape_outputs(plan->shape), B = slice->count;
    const real *Z = BPB(slice_at)(slice, output->Z, n), *A = BPB(slice_at)(slice, output->A, n);
    real *D = BPB(slice_at)(slice, output->D, n);
    plan->loss->gradient(plan->loss->context, n, B, Z, A, BPB(slice_staged)(pass, slice), D);
    if (!plan->loss->of_Z)
        output->g->vjp(output->g->context, n, B, Z, A, D); // D = g'(Z)^T de/dA
    if (!plan->functions->scale(n * B, pass->scale, D))
        atomic_fetch_add(&pass->bad, 1);
}

/* D_{l-1} = g'(Z_{l-1})^T (W_l^T D_l), for l = 2..L */
static void propagate(const struct BPB(slice) * slice, size_t l)
{
    const struct layer *shape = &slice->net->shape->layer[l - 1];
    const struct BPB(planned) *layer = &slice->work->plan->layer[l - 1], *before = layer - 1;
    const size_t n_in = shape->n_in, n_out = shape->n_out, B = slice->count;
    real *D_before = BPB(slice_at)(slice, before->D, n_in);
    // D_before = W^T D
    layer->kernel[DELTA]->gemm(&(struct BPB(gemm)){
        .trans_A = TRANS, .m = n_in, .n = B, .k = n_out,
        .A = slice->net->theta + shape->W, .lda = n_out,               // W is n_out x n_in
        .B = BPB(slice_at)(slice, layer->D, n_out), .ldb = n_out,      // D is n_out x B
        .E = D_before, .lde = n_in,                                    // not added: beta is 0
        .C = D_before, .ldc = n_in,                                    // n_in x B
        .scratch = slice->scratch});
    before->g->vjp(before->g->context, n_in, B, BPB(slice_at)(slice, before->Z, n_in),
                   BPB(slice_at)(slice, before->A, n_in), D_before);
}

static void go_back(struct BPB(pass) * pass, const struct BPB(slice) * slice)
{
    BPB(slice_targets)(pass, slice);
    if (pass->wants_loss)
        BPB(slice_loss)(pass, slice);
    output_delta(pass, slice);
    for (size_t l = slice->net->shape->L; l > 1; l--)
        propagate(slice, l);
}

/* The second round: G laid out as theta. */
struct BPB(descent) {
    BPB(work) *work;
    size_t B;
    real *G;
    real beta_W, beta_b; /* what is kept of it; 0: it is only written */
};

/* Columns first .. end-1 of G = beta G + D A^T, in parts that each are one product. */
static void accumulate(const struct BPB(descent) * descent, size_t l, size_t first, size_t end,
                       real *scratch)
{
    BPB(work) *work = descent->work;
    const struct layer *shape = &work->plan->shape->layer[l - 1];
    const struct BPB(planned) *layer = &work->plan->layer[l - 1];
    const size_t n_in = shape->n_in, n_out = shape->n_out;
    const real *D = BPB(work_at)(work, layer->D);
    const real *A = l == 1 ? work->X : BPB(work_at)(work, (layer - 1)->A);
    for (size_t j = first, cols; j < end; j += cols) {
        cols = BPB_MIN(layer->gradient_cols, end - j);
        real *G = descent->G + shape->W + j * n_out;
        layer->kernel[GRADIENT]->gemm(&(struct BPB(gemm)){
            .trans_B = TRANS, .m = n_out, .n = cols, .k = descent->B,
            .A = D, .lda = n_out,                                      // D is n_out x B
            .B = A + j, .ldb = l == 1 ? work->ldx : n_in,              // A is cols  x B
            .beta = descent->beta_W, .E = G, .lde = n_out,
            .C = G, .ldc = n_out,                                      // G is n_out x cols
            .scratch = scratch});
    }
}

/* g = beta g + D 1, the same product with ones for A */
static void accumulate_bias(const struct BPB(descent) * descent, size_t l, real *scratch)
{
    BPB(work) *work = descent->work;
    const struct layer *shape = &work->plan->shape->layer[l - 1];
    const struct BPB(planned) *layer = &work->plan->layer[l - 1];
    const size_t n_out = shape->n_out;
    real *g = descent->G + shape->b;
    layer->kernel[GRADIENT]->gemm(&(struct BPB(gemm)){
        .trans_B = TRANS, .m = n_out, .n = 1, .k = descent->B,
        .A = BPB(work_at)(work, layer->D), .lda = n_out,               // D is n_out x B
        .B = BPB(work_at)(work, work->plan->ones), .ldb = 1,           // 1 x B
        .beta = descent->beta_b, .E = g, .lde = n_out,
        .C = g, .ldc = n_out,
        .scratch = scratch});
}

static void descend_share(void *context, size_t thread, size_t threads)
{
    const struct BPB(descent) *descent = context;
    const BPB(plan) *plan = descent->work->plan;
    real *scratch = BPB(thread_scratch)(descent->work, thread);
    for (size_t l = 1; l <= plan->shape->L; l++) {
        const size_t n_in = plan->shape->layer[l - 1].n_in;
        const struct BPB(planned) *layer = &plan->layer[l - 1];
        const bool exact = layer->kernel[GRADIENT]->exact;
        const size_t grain = exact ? EXACT_GRAIN : layer->gradient_cols;
        accumulate(descent, l, share_begin(n_in, grain, thread, threads),
                   share_begin(n_in, grain, thread + 1, threads), scratch);
        if (l % threads == thread)
            accumulate_bias(descent, l, scratch);
    }
}

/* The first round, and whether what it found is finite: BPB_NONFINITE. */
static bpb_status forward_and_back(const BPB(net) * net, BPB(work) * work, BPB(cview) X,
                                   BPB(cview) T, real scale, double *loss)
{
    struct BPB(pass) pass = {.net = net, .work = work, .X = BPB(view_resolve)(X),
                             .T = BPB(view_resolve)(T), .count = X.cols, .end = go_back,
                             .scale = scale, .wants_loss = loss};
    BPB(pass_run)(&pass);
    bool finite = atomic_load(&pass.bad) == 0;
    if (loss) {
        *loss = BPB(mean_loss)(work, X.cols);
        finite = finite && isfinite(*loss);
    }
    return finite ? BPB_OK : BPB_NONFINITE;
}

/* bpb_sgradient, bpb_dgradient */
bpb_status BPB(gradient)(const BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                         real *gradient, double *loss)
{
    REQUIRE(gradient, BPB_ERR_NULL);
    TRY(BPB(batch_check)(net, work, X, T));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    // D_L = 1/B dE_j/dZ_L, then dW = D A^T, db = D 1
    const real mean = (real)(1.0 / (double)X.cols);
    const bpb_status status = forward_and_back(net, work, X, T, mean, loss);
    struct BPB(descent) descent = {.work = work, .B = X.cols, .G = gradient};
    bpb_pool_run(work->plan->pool, descend_share, &descent);
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

/* bpb_ssgd_step, bpb_dsgd_step */
bpb_status BPB(sgd_step)(BPB(net) * net, BPB(work) * work, BPB(cview) X, BPB(cview) T,
                         const bpb_sgd_rule *rule, double *loss)
{
    TRY(BPB(batch_check)(net, work, X, T));
    TRY(check_rule(rule));
    struct section section;
    bpb_section_enter(&section, work->plan->uses_blas);
    // D_L = -eta/B dE_j/dZ_L, then W <- (1 - eta decay) W + D A^T, b <- b + D 1
    const real scale = (real)(-rule->eta / (double)X.cols);
    const bpb_status status = forward_and_back(net, work, X, T, scale, loss);
    struct BPB(descent) descent = {.work = work, .B = X.cols, .G = net->theta,
                                   .beta_W = kept_of_W(rule), .beta_b = kept_of_b(rule)};
    if (status == BPB_OK)
        bpb_pool_run(work->plan->pool, descend_share, &descent);
    bpb_section_leave(&section);
    return status;
}
