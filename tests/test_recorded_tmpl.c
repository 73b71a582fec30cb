/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What 0.4 computed, to the bit: theta after an epoch of 784-30-10 on 600 made samples, as the CRC of
 * its bytes. The kernels for AVX2 and AVX-512 give the same bits; where the BLAS does the products
 * the record says nothing, and the test is skipped.
 */
#include "support_tmpl.h"

#include <stdio.h>

enum { SAMPLES = 600, INPUTS = 784, CLASSES = 10 };

/* CRC-32 as in zlib, of n bytes. */
static uint32_t crc(const void *memory, size_t n)
{
    const unsigned char *byte = memory;
    uint32_t remainder = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        remainder ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320 : 0);
    }
    return ~remainder;
}

static bool own_kernels(void)
{
    bpb_blas_info info;
    assert_int_equal(bpb_blas_health(&info), BPB_OK);
    return strncmp(info.simd, "x86-64-v", strlen("x86-64-v")) == 0;
}

struct samples {
    real *X, *T;
};

/* Multiples of 1/256, as pixels are, bright where the class says so. */
static struct samples make_samples(void)
{
    struct samples samples = {make_reals(SAMPLES * INPUTS), make_reals(SAMPLES * CLASSES)};
    struct rng rng = {20};
    for (size_t j = 0; j < SAMPLES; j++) {
        const size_t label = rng_between(&rng, 0, CLASSES - 1);
        samples.T[j * CLASSES + label] = 1;
        for (size_t i = 0; i < INPUTS; i++) {
            const size_t light = rng_between(&rng, 0, i % CLASSES == label ? 255 : 99);
            samples.X[j * INPUTS + i] = (real)light / RC(256.0);
        }
    }
    return samples;
}

static void assert_recorded(const char *what, const bpb_net_options *net_options,
                            const bpb_train_options *options, uint32_t recorded)
{
    if (!own_kernels())
        skip();
    struct samples samples = make_samples();
    net_t *net = NULL;
    assert_ok(BPB(net_create)(&net, net_options));
    const data_t data = {.X = BPB(samples)(samples.X, SAMPLES, INPUTS),
                         .T = BPB(samples)(samples.T, SAMPLES, CLASSES)};
    assert_ok(BPB(train)(net, &data, options, NULL));
    const uint32_t got = crc(BPB(net_ctheta)(net), BPB(net_parameters)(net) * sizeof(real));
    if (got != recorded)
        fail_msg("%s: 0x%08x, recorded is 0x%08x", what, got, recorded);
    BPB(net_destroy)(&net);
    free(samples.X);
    free(samples.T);
}

static const size_t units[] = {INPUTS, 30, CLASSES};

static void nielsen__an_epoch(void **state)
{
    (void)state;
    assert_recorded(
        "Nielsen's first net", &(bpb_net_options){.sizes = units, .n_sizes = 3, .seed = 1},
        &(bpb_train_options){.eta = 3, .epochs = 1, .seed = 1}, BPB_SELECT(0x6b0c7f01, 0x7be28e8a));
}

static void softmax__an_epoch_with_decay_and_dropout(void **state)
{
    (void)state;
    assert_recorded(
        "softmax, tanh, dropout",
        &(bpb_net_options){.sizes = units,
                           .n_sizes = 3,
                           .hidden = BPB_TANH,
                           .output = BPB_SOFTMAX,
                           .loss = BPB_CROSS_ENTROPY,
                           .init = BPB_INIT_GLOROT_UNIFORM,
                           .seed = 2},
        &(bpb_train_options){
            .eta = 0.1, .lambda = 5, .dropout = 0.25, .batch = 32, .epochs = 1, .seed = 2},
        BPB_SELECT(0x18e05e22, 0xf93ae866));
}

static void adam__an_epoch(void **state)
{
    (void)state;
    assert_recorded("Adam",
                    &(bpb_net_options){.sizes = units,
                                       .n_sizes = 3,
                                       .hidden = BPB_GELU,
                                       .output = BPB_SOFTMAX,
                                       .loss = BPB_CROSS_ENTROPY,
                                       .init = BPB_INIT_HE_NORMAL,
                                       .seed = 3},
                    &(bpb_train_options){.method = BPB_ADAM, .lambda = 1, .epochs = 1, .seed = 3},
                    BPB_SELECT(0x8b15e8ea, 0x8d8c1362));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nielsen__an_epoch),
        cmocka_unit_test(softmax__an_epoch_with_decay_and_dropout),
        cmocka_unit_test(adam__an_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
