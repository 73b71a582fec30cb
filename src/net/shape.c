/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/shape.h"

#include <float.h>
#include <string.h>

bool bpb_shape_bytes(size_t L, size_t *bytes)
{
    return size_mul(L, sizeof(struct layer), bytes) &&
           size_add(*bytes, sizeof(struct shape), bytes);
}

bpb_status bpb_shape_pair(struct shape *shape)
{
    const bpb_activation output = shape->layer[shape->L - 1].activation;
    const size_t n = shape_outputs(shape);
    switch (shape->loss) {
    case BPB_CROSS_ENTROPY:
        REQUIRE(output == BPB_SIGMOID || output == BPB_SOFTMAX, BPB_ERR_PAIR);
        break;
    case BPB_POISSON:
        REQUIRE(output == BPB_EXPONENTIAL, BPB_ERR_PAIR);
        break;
    case BPB_GAUSSIAN:
        REQUIRE(output == BPB_IDENTITY && n % 2 == 0, BPB_ERR_PAIR);
        shape->targets = n / 2;
        return BPB_OK;
    case BPB_OWN_LOSS:
        return BPB_OK;
    default:
        break;
    }
    shape->targets = n;
    return BPB_OK;
}

static bpb_status check_functions(struct shape *shape)
{
    for (size_t l = 0; l < shape->L; l++)
        REQUIRE(bpb_activation_name(shape->layer[l].activation), BPB_ERR_OPTION);
    REQUIRE(bpb_loss_name(shape->loss), BPB_ERR_OPTION);
    return bpb_shape_pair(shape);
}

bool bpb_is_parameter(double x, size_t real_bytes)
{
    const bool narrow = real_bytes == sizeof(float);
    return x == 0 || (x >= (narrow ? (double)FLT_MIN : DBL_MIN) &&
                      x <= (narrow ? (double)FLT_MAX : DBL_MAX));
}

static bpb_status check_parameters(const bpb_net_options *options, size_t real_bytes)
{
    REQUIRE(bpb_is_parameter(options->leak, real_bytes), BPB_ERR_OPTION);
    REQUIRE(bpb_is_parameter(options->elu_alpha, real_bytes), BPB_ERR_OPTION);
    REQUIRE(bpb_is_parameter(options->huber_delta, real_bytes), BPB_ERR_OPTION);
    REQUIRE(bpb_is_parameter(options->label_smoothing, real_bytes), BPB_ERR_OPTION);
    REQUIRE(options->label_smoothing < 1, BPB_ERR_OPTION);
    return BPB_OK;
}

static double or_default(double parameter, double preset)
{
    return parameter == 0 ? preset : parameter;
}

static double activation_parameter(const bpb_net_options *options, bpb_activation activation)
{
    switch (activation) {
    case BPB_LEAKY_RELU:
        return or_default(options->leak, 0.01);
    case BPB_ELU:
        return or_default(options->elu_alpha, 1);
    default:
        return 0;
    }
}

static double loss_parameter(const bpb_net_options *options)
{
    switch (options->loss) {
    case BPB_HUBER:
        return or_default(options->huber_delta, 1);
    case BPB_CROSS_ENTROPY:
        return options->label_smoothing;
    default:
        return 0;
    }
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

/* All layers, from the beginning. */
static bpb_status lay_out(struct shape *shape, size_t real_bytes)
{
    size_t bytes;
    shape->parameters = 0;
    for (size_t l = 0; l < shape->L; l++)
        REQUIRE(place_layer(&shape->layer[l], &shape->parameters), BPB_ERR_SIZE);
    REQUIRE(size_mul(shape->parameters, real_bytes, &bytes) && bytes <= PTRDIFF_MAX, BPB_ERR_SIZE);
    return BPB_OK;
}

bpb_status bpb_shape_set_inputs(struct shape *shape, size_t n_0, size_t real_bytes)
{
    shape->layer[0].n_in = n_0;
    return lay_out(shape, real_bytes);
}

bpb_status bpb_shape_init(struct shape *shape, const bpb_net_options *options, size_t real_bytes)
{
    TRY(check_parameters(options, real_bytes));
    *shape = (struct shape){.L = options->n_layers,
                            .loss = options->loss,
                            .loss_parameter = loss_parameter(options)};
    for (size_t l = 0; l < shape->L; l++) {
        struct layer *layer = &shape->layer[l];
        const bpb_activation activation = layer_activation(options, l);
        *layer = (struct layer){.n_in = options->units[l],
                                .n_out = options->units[l + 1],
                                .activation = activation,
                                .parameter = activation_parameter(options, activation)};
        REQUIRE(layer->n_in >= 1 && layer->n_in <= BPB_INT_MAX, BPB_ERR_SIZE);
        REQUIRE(layer->n_out >= 1 && layer->n_out <= BPB_INT_MAX, BPB_ERR_SIZE);
    }
    TRY(lay_out(shape, real_bytes));
    return check_functions(shape);
}

static bool own_equal(struct own_identity a, struct own_identity b)
{
    for (size_t i = 0; i < sizeof a.part / sizeof *a.part; i++)
        if (a.part[i] != b.part[i])
            return false;
    return a.context == b.context && a.how == b.how;
}

bool bpb_shape_equal(const struct shape *a, const struct shape *b)
{
    if (a->L != b->L || a->loss != b->loss || a->loss_parameter != b->loss_parameter ||
        a->targets != b->targets)
        return false;
    if (a->loss == BPB_OWN_LOSS && !own_equal(a->own_loss, b->own_loss))
        return false;
    for (size_t l = 0; l < a->L; l++) {
        const struct layer *p = &a->layer[l], *q = &b->layer[l];
        if (p->n_in != q->n_in || p->n_out != q->n_out || p->activation != q->activation ||
            p->parameter != q->parameter)
            return false;
        if (p->activation == BPB_OWN_ACTIVATION && !own_equal(p->own, q->own))
            return false;
    }
    return true;
}
