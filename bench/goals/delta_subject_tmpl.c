/* SPDX-License-Identifier: BSD-3-Clause */
/* The product that dE/dX takes beyond the gradient, straight from the BLAS on one thread. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derivative_subject_tmpl.h"

struct delta {
    size_t n_in, n_out, B;
    const real *W; /* the problem's */
    real *D, *D_in;
};

static bpb_status multiply(void *state, size_t first)
{
    const struct delta *delta = state;
    const int n_in = (int)delta->n_in, n_out = (int)delta->n_out;
    (void)first;
    // D_in = W^T D
    BPB_CBLAS(gemm)(CblasColMajor, CblasTrans, CblasNoTrans, n_in, (int)delta->B, n_out, RC(1.0),
                    delta->W, n_out,             // W    is n_out x n_in
                    delta->D, n_out,             // D    is n_out x B
                    RC(0.0), delta->D_in, n_in); // D_in is n_in  x B
    return BPB_OK;
}

static void destroy(void *state)
{
    struct delta *delta = state;
    free(delta->D);
    free(delta->D_in);
    free(delta);
}

static bpb_status set_up(struct delta *delta, const struct BENCH(problem) *problem)
{
    BPB(net) *net = problem->net;
    delta->n_in = BPB(net_units)(net, 0);
    delta->n_out = BPB(net_units)(net, 1);
    delta->B = problem->batch;
    delta->W = BPB(net_W)(net, BPB(net_theta)(net), 1).data;
    delta->D = BENCH(values)(delta->n_out * delta->B);
    delta->D_in = BENCH(values)(delta->n_in * delta->B);
    return delta->D && delta->D_in ? BPB_OK : BPB_ERR_MEMORY;
}

/* bench_ddelta_create, bench_sdelta_create */
bpb_status BENCH(delta_create)(struct subject *subject, const struct BENCH(problem) *problem)
{
    struct delta *delta = calloc(1, sizeof *delta);
    if (delta == NULL)
        return BPB_ERR_MEMORY;
    *subject = (struct subject){
        .state = delta,
        .samples = problem->batch,
        .batch = problem->batch,
        .blas_threads = 1,
        .run = {[OP_GRADIENT] = multiply},
        .destroy = destroy,
    };
    const bpb_status status = set_up(delta, problem);
    if (status < 0)
        subject_destroy(subject);
    return status;
}

/* Whether n values are those of a reference, up to the rounding of sums of so many terms. */
static bool same(size_t n, const real *values, const real *reference, size_t terms)
{
    double largest = 0, error = 0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)reference[i]));
        error = fmax(error, fabs((double)values[i] - (double)reference[i]));
    }
    return largest > 0 && error <= 16 * EPSILON * sqrt((double)terms) * largest;
}

/* bench_dcheck_delta, bench_scheck_delta */
bpb_status BENCH(check_delta)(const struct BENCH(problem) *problem, const struct subject *inputs,
                              const struct subject *delta, bool *agree)
{
    const struct BENCH(derivative) *derivative = inputs->state;
    const struct delta *bare = delta->state;
    subject_restore(inputs);
    TRY(subject_sweep(inputs, OP_GRADIENT));
    const BPB(view) D = BPB(work_layer)(derivative->work, 1).D;
    memcpy(bare->D, D.data, bare->n_out * bare->B * sizeof(real));
    TRY(subject_sweep(delta, OP_GRADIENT));
    *agree = same(bare->n_in * bare->B, derivative->dX, bare->D_in, bare->n_out);
    if (!*agree)
        fprintf(stderr, PROGRAM ": %s %s: dE/dX is not W_1^T D_1\n", problem->shape->name,
                precision_names[PRECISION]);
    return BPB_OK;
}
