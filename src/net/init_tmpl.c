/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/init_tmpl.h"

#include <math.h>
#include <string.h>

#include "fpenv.h"
#include "net/random.h"

/* How the parameters of one layer are spread. */
struct spread {
    bool uniform;      /* else normal */
    double weights;    /* of W: standard deviation, or half-width where uniform */
    double biases;     /* of b: standard deviation */
};

static struct spread spread_of(bpb_init init, const struct layer *layer)
{
    const double n_in = (double)layer->n_in, n_out = (double)layer->n_out;
    switch (init) {
    case BPB_INIT_SCALED:
        return (struct spread){.weights = sqrt(1 / n_in), .biases = 1};
    case BPB_INIT_NORMAL:
        return (struct spread){.weights = 1, .biases = 1};
    case BPB_INIT_GLOROT_UNIFORM:
        return (struct spread){.uniform = true, .weights = sqrt(6 / (n_in + n_out))};
    case BPB_INIT_GLOROT_NORMAL:
        return (struct spread){.weights = sqrt(2 / (n_in + n_out))};
    case BPB_INIT_HE_UNIFORM:
        return (struct spread){.uniform = true, .weights = sqrt(6 / n_in)};
    case BPB_INIT_HE_NORMAL:
        return (struct spread){.weights = sqrt(2 / n_in)};
    case BPB_INIT_ZERO:
        break;
    }
    return (struct spread){0};
}

/* Draws are in double and rounded once, so that both precisions start from the same net. */
static void init_layer(const struct layer *layer, struct spread spread, uint64_t seed, size_t l,
                       real *theta)
{
    real *W = theta + layer->W, *b = theta + layer->b;
    for (size_t i = 0; i < layer->n_out * layer->n_in; i++) {
        const double x = spread.uniform ? 2 * bpb_random_uniform(seed, STREAM_WEIGHTS, l, i) - 1
                                        : bpb_random_normal(seed, STREAM_WEIGHTS, l, i);
        W[i] = (real)(spread.weights * x);
    }
    for (size_t i = 0; i < layer->n_out; i++)
        b[i] = spread.biases == 0
                   ? 0
                   : (real)(spread.biases * bpb_random_normal(seed, STREAM_BIASES, l, i));
}

void BPB(init_theta)(const struct shape *shape, bpb_init init, uint64_t seed, real *theta)
{
    struct fpenv env;
    fpenv_enter(&env);
    for (size_t l = 0; l < shape->L; l++) {
        const struct spread spread = spread_of(init, &shape->layer[l]);
        if (spread.weights > 0)
            init_layer(&shape->layer[l], spread, seed, l + 1, theta);
    }
    if (init == BPB_INIT_ZERO)
        memset(theta, 0, shape->parameters * sizeof *theta);
    fpenv_leave(&env);
}
