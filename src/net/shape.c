/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/shape.h"

#include <string.h>

bool bpb_shape_bytes(size_t L, size_t *bytes)
{
    return size_mul(L, sizeof(struct layer), bytes) &&
           size_add(*bytes, sizeof(struct shape), bytes);
}

static bpb_status check_functions(const struct shape *shape)
{
    for (size_t l = 0; l < shape->L; l++)
        REQUIRE(bpb_activation_name(shape->layer[l].activation), BPB_ERR_OPTION);
    REQUIRE(bpb_loss_name(shape->loss), BPB_ERR_OPTION);
    const bpb_activation output = shape->layer[shape->L - 1].activation;
    if (shape->loss == BPB_CROSS_ENTROPY)
        REQUIRE(output == BPB_SIGMOID || output == BPB_SOFTMAX, BPB_ERR_PAIR);
    return BPB_OK;
}

static bpb_activation layer_activation(const bpb_net_options *options, size_t l)
{
    if (options->activations)
        return options->activations[l];
    return l + 1 == options->n_layers ? options->output : options->hidden;
}

/* Place W and b of a layer behind *end. */
static bool place_layer(struct layer *layer, size_t *end)
{
    size_t weights;
    layer->W = *end;
    if (!size_mul(layer->n_out, layer->n_in, &weights) || !size_add(*end, weights, &layer->b))
        return false;
    return size_add(layer->b, layer->n_out, end);
}

bpb_status bpb_shape_init(struct shape *shape, const bpb_net_options *options, size_t real_bytes)
{
    *shape = (struct shape){.L = options->n_layers, .loss = options->loss};
    for (size_t l = 0; l < shape->L; l++) {
        struct layer *layer = &shape->layer[l];
        *layer = (struct layer){.n_in = options->units[l],
                                .n_out = options->units[l + 1],
                                .activation = layer_activation(options, l)};
        REQUIRE(layer->n_in >= 1 && layer->n_in <= BPB_INT_MAX, BPB_ERR_SIZE);
        REQUIRE(layer->n_out >= 1 && layer->n_out <= BPB_INT_MAX, BPB_ERR_SIZE);
        REQUIRE(place_layer(layer, &shape->parameters), BPB_ERR_SIZE);
    }
    size_t bytes;
    REQUIRE(size_mul(shape->parameters, real_bytes, &bytes) && bytes <= PTRDIFF_MAX, BPB_ERR_SIZE);
    return check_functions(shape);
}

bool bpb_shape_equal(const struct shape *a, const struct shape *b)
{
    if (a->L != b->L || a->loss != b->loss)
        return false;
    for (size_t l = 0; l < a->L; l++) {
        const struct layer *p = &a->layer[l], *q = &b->layer[l];
        if (p->n_in != q->n_in || p->n_out != q->n_out || p->activation != q->activation)
            return false;
    }
    return true;
}
