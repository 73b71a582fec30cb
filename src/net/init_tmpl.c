/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/init_tmpl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas/section.h"
#include "net/orthogonal.h"
#include "base/random.h"

/* The distribution of the parameters of one layer. */
struct law {
    bool uniform;      /* else normal */
    double weights;    /* of W: standard deviation, or half-width where uniform */
    double biases;     /* of b: standard deviation */
};

static struct law law_of(bpb_init init, const struct layer *layer)
{
    const double n_in = (double)layer->n_in, n_out = (double)layer->n_out;
    switch (init) {
    case BPB_INIT_SCALED:
        return (struct law){.weights = sqrt(1 / n_in), .biases = 1};
    case BPB_INIT_NORMAL:
        return (struct law){.weights = 1, .biases = 1};
    case BPB_INIT_GLOROT_UNIFORM:
        return (struct law){.uniform = true, .weights = sqrt(6 / (n_in + n_out))};
    case BPB_INIT_GLOROT_NORMAL:
        return (struct law){.weights = sqrt(2 / (n_in + n_out))};
    case BPB_INIT_HE_UNIFORM:
        return (struct law){.uniform = true, .weights = sqrt(6 / n_in)};
    case BPB_INIT_HE_NORMAL:
        return (struct law){.weights = sqrt(2 / n_in)};
    case BPB_INIT_ZERO:
    case BPB_INIT_ORTHOGONAL:
        break;
    }
    return (struct law){0};
}

/* Draws are in double and rounded once, so that both precisions start from the same net. */
static void init_layer(const struct layer *layer, struct law spread, uint64_t seed, size_t l,
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

/* W = Q or Q^T from memory, b = 0. */
static void init_orthogonal_layer(const struct layer *layer, uint64_t seed, size_t l,
                                  double *memory, real *theta)
{
    real *W = theta + layer->W, *b = theta + layer->b;
    bpb_orthogonal_draw(layer, seed, l, memory);
    for (size_t j = 0; j < layer->n_in; j++)
        for (size_t i = 0; i < layer->n_out; i++)
            W[j * layer->n_out + i] = (real)memory[orthogonal_place(layer, i, j)];
    memset(b, 0, layer->n_out * sizeof *b);
}

static bpb_status init_orthogonal(const struct shape *shape, uint64_t seed, real *theta)
{
    struct section section;
    double *memory = bpb_orthogonal_alloc(shape);
    REQUIRE(memory, BPB_ERR_MEMORY, "out of memory for orthogonal parameters");
    bpb_section_enter(&section, true);
    for (size_t l = 0; l < shape->L; l++)
        init_orthogonal_layer(&shape->layer[l], seed, l + 1, memory, theta);
    bpb_section_leave(&section);
    free(memory);
    return BPB_OK;
}

bpb_status BPB(init_check)(bpb_init init)
{
    REQUIRE(bpb_name(BPB_NAMES_INIT, (int)init), BPB_ERR_OPTION,
            "init is %d, which is none of the library's", (int)init);
    REQUIRE(init != BPB_INIT_ORTHOGONAL || bpb_orthogonal_available(), BPB_ERR_UNSUPPORTED,
            "orthogonal initial parameters require a build with LAPACK");
    return BPB_OK;
}

bpb_status BPB(init_theta)(const struct shape *shape, bpb_init init, uint64_t seed, real *theta)
{
    if (init == BPB_INIT_ORTHOGONAL)
        return init_orthogonal(shape, seed, theta);
    struct fpenv env;
    fpenv_enter(&env);
    for (size_t l = 0; l < shape->L; l++) {
        const struct law spread = law_of(init, &shape->layer[l]);
        if (spread.weights > 0)
            init_layer(&shape->layer[l], spread, seed, l + 1, theta);
    }
    if (init == BPB_INIT_ZERO)
        memset(theta, 0, shape->parameters * sizeof *theta);
    fpenv_leave(&env);
    return BPB_OK;
}
