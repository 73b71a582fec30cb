/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of optimisers share: every form of step, a net, and slopes to step along. */
#ifndef OPTIMISER_TMPL_H
#define OPTIMISER_TMPL_H

#include "support_tmpl.h"

/* Widths that leave remainders behind vectors of any length. */
enum { P = 7 * 5 + 5 + 5 * 9 + 9, STEPS = 50, PACKED_MOST = 256 + 3 * 8 * P };
static const double SCALE = 0.25;

/* Each form of step, with all numbers that it uses. decay is large enough to be seen, and so is
 * epsilon; Delta meets both of its bounds, and clipping leaves some slopes alone. */
static const struct {
    const char *name;
    bpb_opt_options options;
} settings[] = {
    {"sgd", {.method = BPB_SGD, .eta = 0.3}},
    {"sgd, weights decay", {.method = BPB_SGD, .eta = 0.3, .decay = 0.05}},
    {"sgd, all decays", {.method = BPB_SGD, .eta = 0.3, .decay = 0.05, .decay_biases = 1}},
    {"momentum", {.method = BPB_MOMENTUM, .eta = 0.1, .decay = 0.05, .tuning = {.momentum = 0.8}}},
    {"nesterov", {.method = BPB_NESTEROV, .eta = 0.1, .decay = 0.05, .tuning = {.momentum = 0.8}}},
    {"adagrad",
     {.method = BPB_ADAGRAD,
      .eta = 0.2,
      .decay = 0.05,
      .tuning = {.eta_decay = 0.1, .epsilon = 0.01}}},
    {"rmsprop",
     {.method = BPB_RMSPROP, .eta = 0.02, .decay = 0.05, .tuning = {.rho = 0.9, .epsilon = 0.01}}},
    {"rmsprop, momentum",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay = 0.05,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .momentum = 0.7}}},
    {"centred rmsprop",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay = 0.05,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .centred = 1}}},
    {"centred rmsprop, momentum",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay = 0.05,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .centred = 1, .momentum = 0.7}}},
    {"adam",
     {.method = BPB_ADAM,
      .eta = 0.05,
      .decay = 0.05,
      .tuning = {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"amsgrad",
     {.method = BPB_ADAM,
      .eta = 0.05,
      .decay = 0.05,
      .tuning = {.amsgrad = 1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"adamw",
     {.method = BPB_ADAM,
      .decoupled = 1,
      .eta = 0.05,
      .decay = 0.3,
      .tuning = {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"adamw, amsgrad",
     {.method = BPB_ADAM,
      .decoupled = 1,
      .eta = 0.05,
      .decay = 0.3,
      .decay_biases = 1,
      .tuning = {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01, .amsgrad = 1}}},
    {"irprop+",
     {.method = BPB_IRPROP_PLUS,
      .eta = 1,
      .decay = 0.01,
      .tuning = {.eta_plus = 1.3,
                 .eta_minus = 0.4,
                 .delta_0 = 0.02,
                 .delta_min = 0.01,
                 .delta_max = 0.05}}},
    {"irprop-",
     {.method = BPB_IRPROP_MINUS,
      .eta = 1,
      .decay = 0.01,
      .tuning = {.eta_plus = 1.3,
                 .eta_minus = 0.4,
                 .delta_0 = 0.02,
                 .delta_min = 0.01,
                 .delta_max = 0.05}}},
    {"sgd, L1", {.method = BPB_SGD, .eta = 0.3, .decay_1 = 0.03}},
    {"sgd, both decays of all",
     {.method = BPB_SGD, .eta = 0.3, .decay = 0.05, .decay_1 = 0.02, .decay_biases = 1}},
    {"sgd, decoupled",
     {.method = BPB_SGD, .eta = 0.1, .decay = 0.3, .decay_1 = 0.2, .decoupled = 1}},
    {"momentum, decoupled L2 of all",
     {.method = BPB_MOMENTUM,
      .eta = 0.1,
      .decay = 0.3,
      .decoupled = 1,
      .decay_biases = 1,
      .tuning = {.momentum = 0.8}}},
    {"momentum, clipped entries",
     {.method = BPB_MOMENTUM, .eta = 0.1, .tuning = {.momentum = 0.8, .clip_value = 0.12}}},
    {"nesterov, clipped norm",
     {.method = BPB_NESTEROV,
      .eta = 0.1,
      .decay = 0.05,
      .tuning = {.momentum = 0.8, .clip_norm = 0.9}}},
    {"adagrad, decoupled L1, clipped",
     {.method = BPB_ADAGRAD,
      .eta = 0.2,
      .decay_1 = 0.1,
      .decoupled = 1,
      .tuning = {.eta_decay = 0.1, .epsilon = 0.01, .clip_value = 0.2, .clip_norm = 0.9}}},
    {"rmsprop, decoupled",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay = 0.3,
      .decay_1 = 0.1,
      .decoupled = 1,
      .tuning = {.rho = 0.9, .epsilon = 0.01}}},
    {"rmsprop, momentum, L1",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay_1 = 0.05,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .momentum = 0.7}}},
    {"centred rmsprop, decoupled L1",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay_1 = 0.3,
      .decoupled = 1,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .centred = 1, .clip_norm = 1.2}}},
    {"centred rmsprop, momentum, decoupled",
     {.method = BPB_RMSPROP,
      .eta = 0.02,
      .decay = 0.3,
      .decay_1 = 0.1,
      .decoupled = 1,
      .tuning = {.rho = 0.9, .epsilon = 0.01, .centred = 1, .momentum = 0.7}}},
    {"adam, L1, clipped",
     {.method = BPB_ADAM,
      .eta = 0.05,
      .decay_1 = 0.05,
      .tuning =
          {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01, .clip_value = 0.2, .clip_norm = 0.9}}},
    {"adam, decoupled",
     {.method = BPB_ADAM,
      .eta = 0.05,
      .decay = 0.2,
      .decay_1 = 0.1,
      .decoupled = 1,
      .tuning = {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"amsgrad, decoupled L1",
     {.method = BPB_ADAM,
      .eta = 0.05,
      .decay_1 = 0.1,
      .decoupled = 1,
      .tuning = {.amsgrad = 1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"adamw, L1",
     {.method = BPB_ADAM,
      .decoupled = 1,
      .eta = 0.05,
      .decay_1 = 0.1,
      .decay_biases = 1,
      .tuning = {.beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.01}}},
    {"irprop+, L1, clipped",
     {.method = BPB_IRPROP_PLUS,
      .eta = 1,
      .decay_1 = 0.08,
      .tuning = {.eta_plus = 1.3,
                 .eta_minus = 0.4,
                 .delta_0 = 0.02,
                 .delta_min = 0.01,
                 .delta_max = 0.05,
                 .clip_value = 0.1}}},
    {"irprop-, L1, clipped",
     {.method = BPB_IRPROP_MINUS,
      .eta = 1,
      .decay_1 = 0.08,
      .tuning = {.eta_plus = 1.3,
                 .eta_minus = 0.4,
                 .delta_0 = 0.02,
                 .delta_min = 0.01,
                 .delta_max = 0.05,
                 .clip_norm = 0.5}}},
};

static inline net_t *make_net(void)
{
    net_t *net = NULL;
    const size_t units[] = {7, 5, 9};
    assert_ok(BPB(net_create)(&net, &(bpb_net_options){.sizes = units, .n_sizes = 3, .seed = 4}));
    assert_int_equal(BPB(net_parameters)(net), P);
    return net;
}

static inline opt_t *make_opt(const net_t *net, const bpb_opt_options *options)
{
    opt_t *opt = NULL;
    assert_ok(BPB(opt_create)(&opt, net, options));
    return opt;
}

/* A gradient and a loss for each step. */
struct slopes {
    struct rng rng;
    real gradient[P], sign[P];
    double E; /* NaN: not told */
};

static inline void draw_slopes(struct slopes *slopes, size_t t)
{
    const double size = t < STEPS / 2 ? 1 : 0.2;
    for (size_t i = 0; i < P; i++) {
        const bool turn = rng_uniform(&slopes->rng, 0, 1) < 0.3;
        if (t == 0)
            slopes->sign[i] = turn ? -1 : 1;
        else if (turn)
            slopes->sign[i] = -slopes->sign[i];
        slopes->gradient[i] = slopes->sign[i] * (real)(size * rng_uniform(&slopes->rng, 0.2, 1.2));
    }
    slopes->E = t % 11 == 5 ? NAN : rng_uniform(&slopes->rng, 0, 1);
}

static inline void take_step(opt_t *opt, net_t *net, const struct slopes *slopes)
{
    if (!isnan(slopes->E))
        assert_ok(BPB(opt_loss)(opt, slopes->E));
    assert_ok(BPB(opt_step)(opt, net, slopes->gradient, SCALE));
}

/* The packed state; its size. */
static inline size_t pack(const opt_t *opt, unsigned char packed[PACKED_MOST])
{
    size_t bytes = 0;
    assert_ok(BPB(opt_pack)(opt, packed, PACKED_MOST, &bytes));
    return bytes;
}

#endif
