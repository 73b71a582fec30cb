/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Baseline 2: the whole mini-batch at once. Each product is three nested loops. W is stored by
 * columns, and the innermost loop runs along columns. Compilers vectorise two of the three
 * products.
 */
#include "naive_functions_tmpl.h"

#include <string.h>

/* Z = W A + b 1^T     Z is n_out x B, W is n_out x n_in, A is n_in x B */
static void affine(size_t n_out, size_t n_in, size_t B, const real *restrict W,
                   const real *restrict b, const real *restrict A, real *restrict Z)
{
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n_out; i++)
            Z[j * n_out + i] = b[i];
    for (size_t j = 0; j < B; j++)
        for (size_t k = 0; k < n_in; k++)
            for (size_t i = 0; i < n_out; i++)
                Z[j * n_out + i] += W[k * n_out + i] * A[j * n_in + k];
}

/* D_in = W^T D     D_in is n_in x B, D is n_out x B */
static void affine_transposed(size_t n_out, size_t n_in, size_t B, const real *restrict W,
                              const real *restrict D, real *restrict D_in)
{
    for (size_t k = 0; k < n_in; k++)
        for (size_t j = 0; j < B; j++) {
            real sum = 0;
            for (size_t i = 0; i < n_out; i++)
                sum += W[k * n_out + i] * D[j * n_out + i];
            D_in[j * n_in + k] = sum;
        }
}

/* dW = scale D A^T, db = scale D 1 */
static void outer_products(size_t n_out, size_t n_in, size_t B, real scale, const real *restrict D,
                           const real *restrict A, real *restrict dW, real *restrict db)
{
    memset(dW, 0, n_out * n_in * sizeof(real));
    memset(db, 0, n_out * sizeof(real));
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n_out; i++)
            db[i] += scale * D[j * n_out + i];
    for (size_t k = 0; k < n_in; k++)
        for (size_t j = 0; j < B; j++)
            for (size_t i = 0; i < n_out; i++)
                dW[k * n_out + i] += scale * A[j * n_in + k] * D[j * n_out + i];
}

/* Returns the output A_L. */
static const real *feed_forward(const struct BENCH(plain) *net, const real *X)
{
    const size_t B = net->problem->batch;
    const real *A = X;
    for (size_t l = 0; l < net->problem->shape->n_layers; l++) {
        const struct BENCH(layer) *layer = &net->layer[l];
        affine(layer->n_out, layer->n_in, B, layer->W, layer->b, A, layer->Z);
        for (size_t j = 0; j < B; j++)
            BENCH(naive_activate)(layer->activation, layer->n_out, layer->Z + j * layer->n_out,
                                  layer->A + j * layer->n_out);
        A = layer->A;
    }
    return A;
}

static void output_deltas(const struct BENCH(plain) *net, const real *Y, const real *T)
{
    const struct BENCH(layer) *last = &net->layer[net->problem->shape->n_layers - 1];
    for (size_t j = 0; j < net->problem->batch; j++) {
        const size_t column = j * last->n_out;
        BENCH(naive_output_delta)(net, Y + column, T + column, last->D + column);
    }
}

static void back_propagate(const struct BENCH(plain) *net, const real *X, const real *T)
{
    const size_t B = net->problem->batch;
    output_deltas(net, feed_forward(net, X), T);
    for (size_t l = net->problem->shape->n_layers; l-- > 0;) {
        const struct BENCH(layer) *layer = &net->layer[l], *below = l > 0 ? layer - 1 : NULL;
        outer_products(layer->n_out, layer->n_in, B, RC(1.0) / (real)B, layer->D,
                       below ? below->A : X, layer->dW, layer->db);
        if (below == NULL)
            break;
        affine_transposed(layer->n_out, layer->n_in, B, layer->W, layer->D, below->D);
        BENCH(naive_derivative)(below->activation, below->n_out * B, below->A, below->D);
    }
}

static bpb_status forward(void *state, size_t first)
{
    const struct BENCH(plain) *net = state;
    const struct bench_case *shape = net->problem->shape;
    const size_t n_L = shape->units[shape->n_layers];
    const real *Y = feed_forward(net, net->problem->X + first * shape->units[0]);
    memcpy(net->result.Y + first * n_L, Y, n_L * net->problem->batch * sizeof(real));
    return BPB_OK;
}

static bpb_status gradient(void *state, size_t first)
{
    const struct BENCH(plain) *net = state;
    const struct bench_case *shape = net->problem->shape;
    back_propagate(net, net->problem->X + first * shape->units[0],
                   net->problem->T + first * shape->units[shape->n_layers]);
    return BPB_OK;
}

static bpb_status step(void *state, size_t first)
{
    gradient(state, first);
    BENCH(naive_update)(state, (real)ETA);
    return BPB_OK;
}

bpb_status BENCH(naive_batch_create)(struct subject *subject, const struct BENCH(problem) *problem)
{
    static bpb_status (*const run[OPS])(void *, size_t) = {forward, gradient, step};
    return BENCH(plain_subject)(subject, BENCH(plain_create)(problem, problem->batch), run);
}
