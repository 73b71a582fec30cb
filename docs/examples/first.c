/* SPDX-License-Identifier: BSD-3-Clause */
/* The first program: a net learns exclusive or. */
#include <bpblas.h>
#include <stdio.h>

int main(void)
{
    const size_t units[] = {2, 8, 1};
    const double x[] = {0, 0, 0, 1, 1, 0, 1, 1}, t[] = {0, 1, 1, 0}; // one sample = one column
    double y[4] = {0};

    bpb_net *net = NULL;
    bpb_status s = bpb_net_create(&net, &(bpb_net_options){.sizes = units,
                                                           .n_sizes = 3,
                                                           .hidden = BPB_TANH,
                                                           .output = BPB_SIGMOID,
                                                           .loss = BPB_CROSS_ENTROPY,
                                                           .seed = 1});
    if (!s)
        s = bpb_train(net, &(bpb_data){.X = bpb_samples(x, 4, 2), .T = bpb_samples(t, 4, 1)},
                      &(bpb_train_options){.eta = 2.0, .epochs = 2000}, NULL);
    if (!s)
        s = bpb_predict(net, bpb_samples(x, 4, 2), bpb_samples_out(y, 4, 1), NULL);
    if (s)
        fprintf(stderr, "%s\n", bpb_strerror(s));
    for (int i = 0; i < 4; i++)
        printf("%g xor %g = %.3f\n", x[2 * i], x[2 * i + 1], y[i]);
    bpb_net_destroy(&net);
    return s != BPB_OK;
}
