/* SPDX-License-Identifier: BSD-3-Clause */
/* The first program: a net learns exclusive or. */
#include <bpblas.h>
#include <stdio.h>

int main(void)
{
    const size_t sizes[] = {2, 8, 1}; // inputs, hidden units, outputs
    const double x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, t[4] = {0, 1, 1, 0};
    double y[4] = {0};
    const bpb_view X = bpb_samples(&x[0][0], 4, 2); // 4 samples of 2 values each
    const bpb_view T = bpb_samples(t, 4, 1);

    bpb_net *net = NULL;
    bpb_status s = bpb_net_create(&net, &(bpb_net_options){
        .sizes = sizes, .n_sizes = 3, .hidden = BPB_TANH, .output = BPB_SIGMOID,
        .loss = BPB_CROSS_ENTROPY, .seed = 1});
    if (!s)
        s = bpb_train(net, &(bpb_data){.train = {.X = X, .T = bpb_values(T)}},
                      &(bpb_train_options){.eta = 2, .epochs = 2000}, NULL);
    if (!s)
        s = bpb_predict(net, X, bpb_samples_out(y, 4, 1), NULL);
    if (s)
        fprintf(stderr, "%s: %s\n", bpb_strerror(s), bpb_error());
    for (int i = 0; i < 4; i++)
        printf("%g xor %g = %.3f\n", x[i][0], x[i][1], y[i]);
    bpb_net_destroy(&net);
    return s != BPB_OK;
}
