/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

#include <string.h>

const char *const op_names[OPS] = {"forward", "gradient", "step"};
const char *const impl_names[IMPLS] = {"bpblas", "gemm", "naive-sample", "naive-batch"};
const char *const precision_names[PRECISIONS] = {"f32", "f64"};

/* clang-format off */
#define SIGMOIDS  BPB_SIGMOID, BPB_SIGMOID, BPB_SQUARED, OWN_NONE
#define RELU_NET  BPB_RELU, BPB_SOFTMAX, BPB_CROSS_ENTROPY, OWN_NONE
#define TANH_NET  BPB_TANH, BPB_IDENTITY, BPB_SQUARED, OWN_NONE

const struct bench_case bench_cases[CASES] = {
    /* name  L   units                    functions   batch samples distinct  quick  ask */
    {"XS",   2, {4, 16, 3},               RELU_NET,     16,     16,      16,  true,  false},
    {"S1",   2, {784, 30, 10},            SIGMOIDS,     10,     10,      10,  true,  false},
    {"S2",   2, {784, 100, 10},           SIGMOIDS,     10,     10,      10,  true,  false},
    {"M1",   2, {784, 128, 10},           RELU_NET,    128,    128,     128,  true,  false},
    {"M2",   3, {784, 512, 512, 10},      RELU_NET,    128,    128,      32,  false, false},
    {"L1",   3, {1024, 4096, 4096, 1024}, RELU_NET,   1024,   1024,      16,  false, true},
    {"G1",   3, {6, 64, 64, 4},           TANH_NET,      1,     64,      64,  true,  false},
    {"G64",  3, {6, 64, 64, 4},           TANH_NET,     64,     64,      64,  true,  false},
    {"T200", 2, {24, 8, 2},               TANH_NET,    200,    200,     200,  false, false},
    {"T10K", 3, {4, 32, 16, 4},           TANH_NET,  10000,  10000,     100,  false, false},
};
/* clang-format on */

const struct bench_case *case_named(const char *name)
{
    for (size_t i = 0; i < CASES; i++)
        if (strcmp(bench_cases[i].name, name) == 0)
            return &bench_cases[i];
    return NULL;
}

bpb_net_options case_net(const struct bench_case *shape)
{
    return (bpb_net_options){
        .sizes = shape->units,
        .n_sizes = shape->n_layers + 1,
        .hidden = shape->hidden,
        .output = shape->output,
        .loss = shape->loss,
        .seed = 1,
    };
}

/*
 * Forward: 2 B sum n_l n_{l-1}. Gradient and step: 6 B sum n_l n_{l-1} - 2 B n_0 n_1, which is
 * three products of each layer without the delta of the input. A step's update is part of them.
 */
double case_flops(const struct bench_case *shape, enum op op)
{
    const double B = (double)shape->batch;
    double forward = 0;
    for (size_t l = 1; l <= shape->n_layers; l++)
        forward += 2 * B * (double)shape->units[l] * (double)shape->units[l - 1];
    const double input_delta = 2 * B * (double)shape->units[0] * (double)shape->units[1];
    return op == OP_FORWARD ? forward : 3 * forward - input_delta;
}
