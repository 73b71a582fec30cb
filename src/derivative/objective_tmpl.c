/* SPDX-License-Identifier: BSD-3-Clause */
/* The loss over all data as a function of a flat theta: one user of the public calls. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fpenv.h"
#include "net/net_tmpl.h"
#include "base/view_tmpl.h"
#include "pass/pass_tmpl.h"
#include "base/ranges.h"

#define DEFAULT_BATCH 256

struct BPB(objective) {
    net_t *net; /* a copy, whose theta is not used */
    plan_t *plan;
    work_t *work;
    view_t X;
    targets_t T;
    real *part; /* P: what one batch gives */
    double decay;
    bool decay_biases;
};

/* bpb_objective_destroy, bpbf_objective_destroy */
void BPB(objective_destroy)(objective_t **objective)
{
    if (!objective || !*objective)
        return;
    BPB(work_destroy)(&(*objective)->work);
    BPB(plan_destroy)(&(*objective)->plan);
    BPB(net_destroy)(&(*objective)->net);
    free((*objective)->part);
    free(*objective);
    *objective = NULL;
}

static bpb_status check_options(const bpb_objective_options *options)
{
    struct fpenv env;
    fpenv_enter(&env);
    const bpb_status status =
        bpb_option_number("decay", options->decay, OPTION_AT_LEAST_0, DBL_MAX);
    fpenv_leave(&env);
    TRY(status);
    TRY(bpb_option_flag("decay_biases", options->decay_biases));
    return bpb_option_reserved("", options->reserved);
}

static bpb_status fill(objective_t *made, const net_t *net, size_t n,
                       const bpb_objective_options *options)
{
    const size_t batch = BPB_MIN(options->batch ? options->batch : DEFAULT_BATCH, n);
    const bpb_plan_options plan = {.batch = batch,
                                   .threads = options->threads,
                                   .derivatives = 1,
                                   .planning = options->planning,
                                   .wisdom = options->wisdom};
    made->decay = options->decay;
    made->decay_biases = options->decay_biases;
    TRY(BPB(net_copy)(&made->net, net));
    TRY(BPB(plan_create)(&made->plan, net, &plan));
    TRY(BPB(work_create)(&made->work, made->plan));
    made->part = calloc(net->shape->parameters, sizeof *made->part);
    REQUIRE(made->part, BPB_ERR_MEMORY, "out of memory for the %zu parameters of an objective",
            net->shape->parameters);
    return BPB_OK;
}

/* bpb_objective_create, bpbf_objective_create */
bpb_status BPB(objective_create)(objective_t **objective, const net_t *net, view_t X, targets_t T,
                                 const bpb_objective_options *options)
{
    const bpb_objective_options defaults = {0};
    REQUIRE_POINTER(objective);
    REQUIRE_POINTER(net);
    if (!options)
        options = &defaults;
    TRY(check_options(options));
    TRY(BPB(samples_check)(net->shape, X, T));
    objective_t *made = calloc(1, sizeof *made);
    REQUIRE(made, BPB_ERR_MEMORY, "out of memory for an objective");
    made->X = X;
    made->T = T;
    const bpb_status status = fill(made, net, X.cols, options);
    if (status < 0)
        BPB(objective_destroy)(&made);
    else
        *objective = made;
    return status;
}

/* ---- Values ---- */

/* One batch of what is summed: its values into part and, where there is one, its loss. */
struct batch {
    const net_t *net; /* with the caller's theta */
    view_t X;
    targets_t T;
    const real *v;
    real *part;
    double loss;
};
typedef bpb_status do_batch(objective_t *objective, struct batch *batch);

static bpb_status do_loss(objective_t *objective, struct batch *batch)
{
    return BPB(loss)(batch->net, objective->work, batch->X, batch->T, &batch->loss);
}
static bpb_status do_gradient(objective_t *objective, struct batch *batch)
{
    return BPB(gradient)(batch->net, objective->work, batch->X, batch->T, batch->part,
                         &batch->loss);
}
static bpb_status do_hvp(objective_t *objective, struct batch *batch)
{
    return BPB(hvp)(batch->net, objective->work, batch->X, batch->T, batch->v, batch->part, NULL,
                    NULL);
}
static bpb_status do_gnvp(objective_t *objective, struct batch *batch)
{
    return BPB(gnvp)(batch->net, objective->work, batch->X, batch->T, batch->v, batch->part);
}

/* *loss and sum (P values; NULL: none) = means over all columns: each batch by its share. */
static bpb_status sum_batches(objective_t *objective, const real *theta, const real *v,
                              do_batch *one, double *loss, real *sum)
{
    const size_t P = objective->net->shape->parameters, n = objective->X.cols;
    const struct function_set *functions = objective->plan->functions;
    net_t net = *objective->net;
    net.theta = (real *)theta; /* read only: the passes take the net as const */
    struct batch batch = {.net = &net, .v = v, .part = objective->part};
    bpb_status worst = BPB_OK;
    *loss = 0;
    for (size_t first = 0, B; first < n; first += B) {
        B = BPB_MIN(objective->plan->batch, n - first);
        batch.X = BPB(columns)(objective->X, first, B);
        batch.T = BPB(target_columns)(objective->T, first, B);
        const bpb_status status = one(objective, &batch);
        TRY(status);
        worst = status ? status : worst;
        const double share = (double)B / (double)n;
        *loss += share * batch.loss;
        if (sum)
            functions->axpby(P, (real)share, batch.part, first > 0, sum);
    }
    return worst;
}

/* sum += decay x where theta decays; *square: the sum of its squares there. */
static void add_decay(const objective_t *objective, const real *x, real *sum, double *square)
{
    const struct shape *shape = objective->net->shape;
    const real decay = (real)objective->decay;
    *square = 0;
    if (objective->decay == 0)
        return;
    for (size_t l = 0; l < shape->L; l++) {
        const struct layer *layer = &shape->layer[l];
        const size_t end = layer->b + (objective->decay_biases ? layer->n_out : 0);
        for (size_t i = layer->W; i < end; i++) {
            *square += (double)x[i] * (double)x[i];
            if (sum)
                sum[i] += decay * x[i];
        }
    }
}

/* bpb_objective_gradient, bpbf_objective_gradient */
bpb_status BPB(objective_gradient)(objective_t *objective, const real *theta, double *f,
                                   real *gradient)
{
    REQUIRE_POINTER(objective);
    REQUIRE_POINTER(theta);
    REQUIRE(f || gradient, BPB_ERR_NULL, "f and gradient are both NULL");
    struct fpenv env;
    double loss, square;
    fpenv_enter(&env);
    bpb_status status =
        sum_batches(objective, theta, NULL, gradient ? do_gradient : do_loss, &loss, gradient);
    if (status >= 0) {
        add_decay(objective, theta, gradient, &square);
        const double value = loss + objective->decay / 2 * square;
        if (f)
            *f = value;
        status = isfinite(value) ? status : BPB_NONFINITE;
    }
    fpenv_leave(&env);
    return status;
}

static bpb_status curvature(objective_t *objective, const real *theta, const real *v, do_batch *one,
                            real *product)
{
    REQUIRE_POINTER(objective);
    REQUIRE_POINTER(theta);
    REQUIRE_POINTER(v);
    REQUIRE(product, BPB_ERR_NULL, "the product, Hv or Gv, is NULL");
    struct fpenv env;
    double none, square;
    fpenv_enter(&env);
    const bpb_status status = sum_batches(objective, theta, v, one, &none, product);
    if (status >= 0)
        add_decay(objective, v, product, &square);
    fpenv_leave(&env);
    return status;
}

/* bpb_objective_hvp, bpbf_objective_hvp */
bpb_status BPB(objective_hvp)(objective_t *objective, const real *theta, const real *v, real *Hv)
{
    return curvature(objective, theta, v, do_hvp, Hv);
}

/* bpb_objective_gnvp, bpbf_objective_gnvp */
bpb_status BPB(objective_gnvp)(objective_t *objective, const real *theta, const real *v, real *Gv)
{
    return curvature(objective, theta, v, do_gnvp, Gv);
}
