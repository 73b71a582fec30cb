/* SPDX-License-Identifier: BSD-3-Clause */
/* A C11 program that has only the installed header and library: a net learns to add. */
#include <bpblas.h>
#include <bpblas.h>
#include <stdio.h>

int main(void)
{
    const double X[] = {0.1, 0.2, 0.4, 0.3, 0.5, 0.1}, T[] = {0.3, 0.7, 0.6};
    const size_t sizes[] = {2, 3, 1};
    const bpb_data data = {
        .train = {.X = bpb_samples(X, 3, 2), .T = bpb_values(bpb_samples(T, 3, 1))}};
    bpb_net *net = NULL;
    bpb_train_report report = {.in = BPB_IN_NOTHING};
    double Y[3] = {0};

    bpb_status status = bpb_net_create(
        &net, &(bpb_net_options){.sizes = sizes, .n_sizes = 3, .output = BPB_IDENTITY});
    if (!status)
        status = bpb_train(net, &data, &(bpb_train_options){.eta = 0.2, .epochs = 2000}, &report);
    if (!status)
        status = bpb_predict(net, bpb_samples(X, 3, 2), bpb_samples_out(Y, 3, 1), NULL);
    bpb_net_destroy(&net);
    printf("libbpblas %s: %s, loss %g\n", bpb_version(), bpb_strerror(status),
           report.last.train.loss);
    return status || !(report.last.train.loss < 0.003) || !(Y[0] > 0.2 && Y[0] < 0.4);
}
