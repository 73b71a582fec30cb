/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The products of each operation and nothing else, by the BLAS on one thread. The library would
 * take this time if biases, functions and losses cost nothing. Here A_l = Z_l, and the targets take
 * the place of D_L.
 */
#include "plain_tmpl.h"

#include <cblas.h>

#define NO_TRANS CblasNoTrans
#define TRANS CblasTrans

/* So small that repeated steps hardly change W. */
#define BARE_ETA 1e-6

/* C = alpha op(A) op(B) + beta C     C is m x n, op(A) is m x k, op(B) is k x n */
static void gemm(enum CBLAS_TRANSPOSE trans_A, enum CBLAS_TRANSPOSE trans_B, size_t m, size_t n,
                 size_t k, real alpha, const real *A, size_t ld_A, const real *B, size_t ld_B,
                 real beta, real *C, size_t ld_C)
{
    BPB_CBLAS(gemm)(CblasColMajor, trans_A, trans_B, (int)m, (int)n, (int)k, alpha, A, (int)ld_A,
                    B, (int)ld_B, beta, C, (int)ld_C);
}

static bpb_status forward(void *state, size_t first)
{
    const struct BENCH(plain) *net = state;
    const size_t B = net->problem->batch;
    const real *A = net->problem->X + first * net->problem->shape->units[0];
    for (size_t l = 0; l < net->problem->shape->n_layers; l++) {
        const struct BENCH(layer) *layer = &net->layer[l];
        const size_t n_in = layer->n_in, n_out = layer->n_out;
        // Z = W A
        gemm(NO_TRANS, NO_TRANS, n_out, B, n_in, RC(1.0),
             layer->W, n_out,           // W is n_out x n_in
             A, n_in,                   // A is n_in  x B
             RC(0.0), layer->A, n_out); // Z is n_out x B
        A = layer->A;
    }
    return BPB_OK;
}

/* For each layer, from the last: D_{l-1}, then C = alpha D_l A_{l-1}^T + beta C, where C is dW_l if
 * beta is 0 and W_l otherwise. */
static void backward(const struct BENCH(plain) *net, size_t first, real alpha, real beta)
{
    const struct bench_case *shape = net->problem->shape;
    const size_t B = net->problem->batch;
    const real *D = net->problem->T + first * shape->units[shape->n_layers];
    for (size_t l = shape->n_layers; l-- > 0;) {
        const struct BENCH(layer) *layer = &net->layer[l], *below = l > 0 ? layer - 1 : NULL;
        const size_t n_in = layer->n_in, n_out = layer->n_out;
        const real *A = below ? below->A : net->problem->X + first * n_in;
        // D_in = W^T D, from W as it was
        if (below)
            gemm(TRANS, NO_TRANS, n_in, B, n_out, RC(1.0),
                 layer->W, n_out,          // W    is n_out x n_in
                 D, n_out,                 // D    is n_out x B
                 RC(0.0), below->D, n_in); // D_in is n_in  x B
        // C = alpha D A^T + beta C
        gemm(NO_TRANS, TRANS, n_out, n_in, B, alpha,
             D, n_out,                                            // D is n_out x B
             A, n_in,                                             // A is n_in  x B
             beta, beta == RC(0.0) ? layer->dW : layer->W, n_out); // C is n_out x n_in
        D = below ? below->D : D;
    }
}

static bpb_status gradient(void *state, size_t first)
{
    const struct BENCH(plain) *net = state;
    forward(state, first);
    backward(net, first, RC(1.0) / (real)net->problem->batch, RC(0.0));
    return BPB_OK;
}

static bpb_status step(void *state, size_t first)
{
    const struct BENCH(plain) *net = state;
    forward(state, first);
    backward(net, first, (real)-BARE_ETA / (real)net->problem->batch, RC(1.0));
    return BPB_OK;
}

bpb_status BENCH(gemm_create)(struct subject *subject, const struct BENCH(problem) *problem)
{
    static bpb_status (*const run[OPS])(void *, size_t) = {forward, gradient, step};
    TRY(BENCH(plain_subject)(subject, BENCH(plain_create)(problem, problem->batch), run));
    subject->blas_threads = 1;
    return BPB_OK;
}
