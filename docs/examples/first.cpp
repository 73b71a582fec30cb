/* SPDX-License-Identifier: BSD-3-Clause */
/* The first program in C++17: a net learns exclusive or. */
#include <bpblas.h>
#include <cstdio>

int main()
{
    const size_t sizes[] = {2, 8, 1}; // inputs, hidden units, outputs
    const double x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, t[4] = {0, 1, 1, 0};
    double y[4] = {};
    const bpb_view X = bpb_samples(&x[0][0], 4, 2); // 4 samples of 2 values each

    bpb_net_options of_net{}; // zero is the default
    of_net.sizes = sizes;
    of_net.n_sizes = 3;
    of_net.hidden = BPB_TANH;
    of_net.output = BPB_SIGMOID;
    of_net.loss = BPB_CROSS_ENTROPY;
    of_net.seed = 1;
    bpb_data data{};
    data.train.X = X;
    data.train.T = bpb_values(bpb_samples(t, 4, 1));
    bpb_train_options of_run{};
    of_run.eta = 2;
    of_run.epochs = 2000;

    bpb_net *net = nullptr;
    bpb_status s = bpb_net_create(&net, &of_net);
    if (!s)
        s = bpb_train(net, &data, &of_run, nullptr);
    if (!s)
        s = bpb_predict(net, X, bpb_samples_out(y, 4, 1), nullptr);
    if (s)
        std::fprintf(stderr, "%s\n", bpb_error());
    for (int i = 0; i < 4; i++)
        std::printf("%g xor %g = %.3f\n", x[i][0], x[i][1], y[i]);
    bpb_net_destroy(&net);
    return s != BPB_OK;
}
