/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The caller owns the loop: gradients of parts of a batch, reduced by the caller (an
 * MPI_Allreduce in a parallel program, a sum over two parts here), then one step of an optimiser.
 */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 48, PARTS = 2, STEPS = 4000 };

/* sum (P values and, behind them, the loss) += columns * that of one part */
static bpb_status add_part(const bpb_net *net, bpb_work *work, bpb_view X, bpb_view T,
                           double *part, double *sum)
{
    const size_t P = bpb_net_parameters(net);
    const bpb_status status = bpb_gradient(net, work, X, bpb_values(T), part, &part[P]);
    for (size_t i = 0; i <= P; i++)
        sum[i] += (double)X.cols * part[i];
    return status;
}

/* One step down the mean over all parts; *loss is that mean before it. */
static bpb_status step(bpb_net *net, bpb_work *work, bpb_opt *sgd, const double *x, const double *t,
                       double *part, double *sum, double *loss)
{
    const size_t P = bpb_net_parameters(net), each = SAMPLES / PARTS;
    bpb_status status = BPB_OK;
    for (size_t i = 0; i <= P; i++)
        sum[i] = 0;
    for (size_t p = 0; p < PARTS && !status; p++)
        status = add_part(net, work, bpb_samples(x + p * each, each, 1),
                          bpb_samples(t + p * each, each, 1), part, sum);
    if (status)
        return status;
    for (size_t i = 0; i <= P; i++)
        sum[i] /= SAMPLES;
    *loss = sum[P];
    return bpb_opt_step(sgd, net, sum, 1);
}

int main(void)
{
    double x[SAMPLES], t[SAMPLES], first = 0, loss = 0;
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = -1 + 2.0 * i / (SAMPLES - 1);
        t[i] = sin(3 * x[i]);
    }
    const size_t units[] = {1, 16, 1};
    bpb_net *net = NULL;
    bpb_plan *plan = NULL;
    bpb_work *work = NULL;
    bpb_opt *sgd = NULL;
    bpb_status status = bpb_net_create(
        &net, &(bpb_net_options){
                  .sizes = units, .n_sizes = 3, .hidden = BPB_TANH, .output = BPB_IDENTITY});
    if (!status)
        status = bpb_plan_create(&plan, net, NULL);
    if (!status)
        status = bpb_work_create(&work, plan);
    if (!status)
        status = bpb_opt_create(&sgd, net, &(bpb_opt_options){.eta = 0.1});
    const size_t n = bpb_net_parameters(net) + 1;
    double *part = malloc(n * sizeof *part), *sum = malloc(n * sizeof *sum);
    for (int i = 0; i < STEPS && part && sum && !status; i++) {
        status = step(net, work, sgd, x, t, part, sum, &loss);
        first = i == 0 ? loss : first;
    }
    printf("loss %.6f -> %.6f: %s\n", first, loss, bpb_strerror(status));
    free(part);
    free(sum);
    bpb_opt_destroy(&sgd);
    bpb_work_destroy(&work);
    bpb_plan_destroy(&plan);
    bpb_net_destroy(&net);
    return status != BPB_OK || !(loss < first / 20);
}
