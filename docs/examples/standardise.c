/* SPDX-License-Identifier: BSD-3-Clause */
/* Inputs and targets in units far from 1: a net that scales them by their mean and deviation. */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>

enum { SAMPLES = 240, BLOCK = 100 };

/* The moments of all columns, a block at a time, as a file too large for the memory is read. */
static bpb_status gather(bpb_view X, bpb_moments *moments)
{
    bpb_status s = BPB_OK;
    for (size_t j = 0; j < X.cols && !s; j += BLOCK)
        s = bpb_moments_add(moments, bpb_columns(X, j, X.cols - j < BLOCK ? X.cols - j : BLOCK));
    return s;
}

/* A net for the density of dry air, in kg/m^3, at a pressure in Pa and a temperature in K. */
static bpb_status fit(bpb_net *net, bpb_view X, bpb_view T)
{
    bpb_moments of_X[2] = {0}, of_T[1] = {0};
    bpb_status s = gather(X, of_X);
    if (!s)
        s = gather(T, of_T);
    if (!s)
        s = bpb_net_standardise_by(net, of_X, of_T);
    if (!s)
        s = bpb_train(net, &(bpb_data){.X = X, .T = T},
                       &(bpb_train_options){.eta = 0.1, .epochs = 200}, NULL);
    return s;
}

int main(void)
{
    double x[2 * SAMPLES], t[SAMPLES], y[SAMPLES], worst = 0;
    const size_t units[] = {2, 12, 1};
    for (int j = 0; j < SAMPLES; j++) {
        x[2 * j] = 101325 + 3000 * sin(1.7 * j);
        x[2 * j + 1] = 290 + 25 * sin(2.9 * j + 1);
        t[j] = x[2 * j] / (287.05 * x[2 * j + 1]);
    }
    const bpb_view X = bpb_samples(x, SAMPLES, 2), T = bpb_samples(t, SAMPLES, 1);
    bpb_net *net = NULL;
    bpb_status s = bpb_net_create(&net, &(bpb_net_options){.sizes = units,
                                                           .n_sizes = 3,
                                                           .hidden = BPB_TANH,
                                                           .output = BPB_IDENTITY,
                                                           .init = BPB_INIT_GLOROT_NORMAL});
    if (!s)
        s = fit(net, X, T);
    if (!s)
        s = bpb_predict(net, X, bpb_samples_out(y, SAMPLES, 1), NULL);
    for (int j = 0; j < SAMPLES && !s; j++)
        worst = fmax(worst, fabs(y[j] - t[j]));
    printf("%s: off by %.4f kg/m^3 at most\n", bpb_strerror(s), worst);
    bpb_net_destroy(&net);
    return s || worst > 0.02;
}
