/* SPDX-License-Identifier: BSD-3-Clause */
/* Correlated inputs: a net is trained on their few uncorrelated parts, and then turned into one
 * that takes the inputs as they are measured. */
#include <bpblas.h>
#include <math.h>
#include <stdio.h>

enum { CHANNELS = 16, SAMPLES = 300, MOST = 8, NO_LAPACK = 77 };

/* Spectra of two substances over a lamp: channels that rise and fall together. */
static void measure(double *x, double *t)
{
    for (int j = 0; j < SAMPLES; j++) {
        const double a = sin(1.7 * j), b = sin(2.9 * j + 1);
        for (int i = 0; i < CHANNELS; i++)
            x[j * CHANNELS + i] = 50 + a * exp(-0.02 * i * i) + 0.5 * b * exp(-0.01 * i * i);
        t[j] = a * b;
    }
}

/* The net for X, of one that has learnt from the directions in which X varies. */
static bpb_status fit(bpb_whitening *whitening, bpb_view X, bpb_view T,
                      bpb_whitening_result *solution, bpb_net **net)
{
    double white[MOST * SAMPLES];
    bpb_net *inner = NULL;
    bpb_status s = bpb_whitening_add(whitening, X);
    if (!s)
        s = bpb_whitening_solve(whitening, &(bpb_whitening_options){.share = 0.999999});
    if (!s)
        s = bpb_whitening_solution(whitening, solution);
    const size_t m = s ? 0 : solution->m, units[] = {m, 12, 1};
    if (s || m > MOST)
        return s ? s : BPB_ERR_SHAPE;
    s = bpb_whitening_apply(whitening, X, bpb_samples_out(white, SAMPLES, m));
    if (!s)
        s = bpb_net_create(&inner, &(bpb_net_options){.sizes = units,
                                                      .n_sizes = 3,
                                                      .hidden = BPB_TANH,
                                                      .output = BPB_IDENTITY,
                                                      .init = BPB_INIT_GLOROT_NORMAL});
    if (!s)
        s = bpb_train(inner, &(bpb_data){.X = bpb_samples(white, SAMPLES, m), .T = T},
                      &(bpb_train_options){.eta = 0.2, .epochs = 800}, NULL);
    if (!s)
        s = bpb_whitening_fold(net, whitening, inner);
    bpb_net_destroy(&inner);
    return s;
}

int main(void)
{
    static double x[CHANNELS * SAMPLES], t[SAMPLES], y[SAMPLES];
    const bpb_view X = bpb_samples(x, SAMPLES, CHANNELS), T = bpb_samples(t, SAMPLES, 1);
    bpb_whitening *whitening = NULL;
    bpb_whitening_result solution = {0};
    bpb_net *net = NULL;
    double worst = 0;
    measure(x, t);
    bpb_status s = bpb_whitening_create(&whitening, CHANNELS);
    if (!s)
        s = fit(whitening, X, T, &solution, &net);
    if (!s)
        s = bpb_predict(net, X, bpb_samples_out(y, SAMPLES, 1), NULL);
    for (int j = 0; j < SAMPLES && !s; j++)
        worst = fmax(worst, fabs(y[j] - t[j]));
    printf("%s: %d channels vary in %zu directions; off by %.3f at most\n", bpb_strerror(s),
           CHANNELS, solution.m, worst);
    bpb_whitening_destroy(&whitening);
    bpb_net_destroy(&net);
    return s == BPB_ERR_UNSUPPORTED ? NO_LAPACK : s || worst > 0.1;
}
