/* SPDX-License-Identifier: BSD-3-Clause */
#include "naive_functions_tmpl.h"

#include <math.h>

#define EXP BPB_SELECT(exp, expf)
#define TANH BPB_SELECT(tanh, tanhf)
#define ABS BPB_SELECT(fabs, fabsf)

static void softmax(size_t n, const real *restrict z, real *restrict a)
{
    real largest = z[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        largest = z[i] > largest ? z[i] : largest;
    for (size_t i = 0; i < n; i++)
        sum += a[i] = EXP(z[i] - largest);
    for (size_t i = 0; i < n; i++)
        a[i] /= sum;
}

void BENCH(naive_activate)(bpb_activation g, size_t n, const real *restrict z, real *restrict a)
{
    switch (g) {
    case BPB_SIGMOID:
        for (size_t i = 0; i < n; i++)
            a[i] = 1 / (1 + EXP(-z[i]));
        break;
    case BPB_TANH:
        for (size_t i = 0; i < n; i++)
            a[i] = TANH(z[i]);
        break;
    case BPB_RELU:
        for (size_t i = 0; i < n; i++)
            a[i] = z[i] > 0 ? z[i] : 0;
        break;
    case BPB_IDENTITY:
        for (size_t i = 0; i < n; i++)
            a[i] = z[i];
        break;
    case BPB_SOFTSIGN:
        for (size_t i = 0; i < n; i++)
            a[i] = z[i] / (1 + ABS(z[i]));
        break;
    case BPB_SOFTMAX:
        softmax(n, z, a);
        break;
    default: /* no case has it */
        break;
    }
}

void BENCH(naive_derivative)(bpb_activation g, size_t n, const real *restrict a, real *restrict d)
{
    switch (g) {
    case BPB_SIGMOID:
        for (size_t i = 0; i < n; i++)
            d[i] *= a[i] * (1 - a[i]);
        break;
    case BPB_TANH:
        for (size_t i = 0; i < n; i++)
            d[i] *= 1 - a[i] * a[i];
        break;
    case BPB_RELU:
        for (size_t i = 0; i < n; i++)
            d[i] = a[i] > 0 ? d[i] : 0;
        break;
    case BPB_SOFTSIGN: /* 1 / (1 + |z|) = 1 - |a| */
        for (size_t i = 0; i < n; i++)
            d[i] *= (1 - ABS(a[i])) * (1 - ABS(a[i]));
        break;
    default:
        break;
    }
}

void BENCH(naive_output_delta)(const struct BENCH(plain) *net, const real *restrict a,
                               const real *restrict t, real *restrict d)
{
    const struct bench_case *shape = net->problem->shape;
    const size_t n = shape->units[shape->n_layers];
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] - t[i];
    /* With cross-entropy, g' cancels. */
    if (shape->loss == BPB_SQUARED)
        BENCH(naive_derivative)(shape->output, n, a, d);
}

void BENCH(naive_update)(const struct BENCH(plain) *net, real rate)
{
    const size_t P = BPB(net_parameters)(net->problem->net);
    const real *restrict gradient = net->result.gradient;
    real *restrict theta = net->result.theta;
    for (size_t i = 0; i < P; i++)
        theta[i] -= rate * gradient[i];
}
