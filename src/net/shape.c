/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/shape.h"
#include "base/ranges.h"

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
    const char *output_name = output == BPB_OWN_ACTIVATION
                                  ? "an activation of your own"
                                  : bpb_name(BPB_NAMES_ACTIVATION, (int)output);
    switch (shape->loss) {
    case BPB_CROSS_ENTROPY:
        REQUIRE(output == BPB_SIGMOID || output == BPB_SOFTMAX, BPB_ERR_PAIR,
                "the loss cross-entropy requires sigmoid or softmax outputs, not %s", output_name);
        break;
    case BPB_POISSON:
        REQUIRE(output == BPB_EXPONENTIAL, BPB_ERR_PAIR,
                "the loss poisson requires exponential outputs, not %s", output_name);
        break;
    case BPB_GAUSSIAN:
        REQUIRE(output == BPB_IDENTITY, BPB_ERR_PAIR,
                "the loss gaussian requires identity outputs, not %s", output_name);
        REQUIRE(n % 2 == 0, BPB_ERR_PAIR,
                "the loss gaussian requires an even number of outputs, a mean and a variance for "
                "each target; it is %zu",
                n);
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

static bpb_status check_functions(struct shape *shape, const bpb_net_options *options)
{
    for (size_t l = 0; l < shape->L; l++) {
        const int activation = (int)shape->layer[l].activation;
        const bool known = bpb_name(BPB_NAMES_ACTIVATION, activation);
        REQUIRE(known || !options->activations, BPB_ERR_OPTION,
                "activations[%zu] is %d, which is none of the library's", l, activation);
        REQUIRE(known, BPB_ERR_OPTION, "%s is %d, which is none of the library's",
                l + 1 == shape->L ? "output" : "hidden", activation);
    }
    REQUIRE(bpb_name(BPB_NAMES_LOSS, (int)shape->loss), BPB_ERR_OPTION,
            "loss is %d, which is none of the library's", (int)shape->loss);
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
    const struct {
        const char *name;
        double value;
    } parameters[] = {{"leak", options->leak},
                      {"elu_alpha", options->elu_alpha},
                      {"huber_delta", options->huber_delta},
                      {"label_smoothing", options->label_smoothing}};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        REQUIRE(bpb_is_parameter(parameters[i].value, real_bytes), BPB_ERR_OPTION,
                "%s is %g; it must be 0, the default, or a positive normal number of the precision",
                parameters[i].name, parameters[i].value);
    REQUIRE(options->label_smoothing < 1, BPB_ERR_OPTION,
            "label_smoothing is %g; it must be below 1", options->label_smoothing);
    TRY(bpb_option_reserved("", options->reserved));
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
    return l + 2 == options->n_sizes ? options->output : options->hidden;
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
        REQUIRE(place_layer(&shape->layer[l], &shape->parameters), BPB_ERR_SIZE,
                "the parameters up to layer %zu exceed what can be addressed", l + 1);
    REQUIRE(size_mul(shape->parameters, real_bytes, &bytes) && bytes <= PTRDIFF_MAX, BPB_ERR_SIZE,
            "the net's %zu parameters exceed what can be addressed", shape->parameters);
    return BPB_OK;
}

bpb_status bpb_shape_set_inputs(struct shape *shape, size_t n_0, size_t real_bytes)
{
    shape->layer[0].n_in = n_0;
    return lay_out(shape, real_bytes);
}

static bpb_status check_size(size_t l, size_t n)
{
    REQUIRE(n >= 1 && n <= BPB_INT_MAX, BPB_ERR_SIZE,
            "sizes[%zu] is %zu; it must be from 1 to 2147483647", l, n);
    return BPB_OK;
}

bpb_status bpb_shape_init(struct shape *shape, const bpb_net_options *options, size_t real_bytes)
{
    TRY(check_parameters(options, real_bytes));
    *shape = (struct shape){.L = options->n_sizes - 1,
                            .loss = options->loss,
                            .loss_parameter = loss_parameter(options)};
    for (size_t l = 0; l < shape->L; l++) {
        struct layer *layer = &shape->layer[l];
        const bpb_activation activation = layer_activation(options, l);
        *layer = (struct layer){.n_in = options->sizes[l],
                                .n_out = options->sizes[l + 1],
                                .activation = activation,
                                .parameter = activation_parameter(options, activation)};
        TRY(check_size(l, layer->n_in));
        TRY(check_size(l + 1, layer->n_out));
    }
    TRY(lay_out(shape, real_bytes));
    return check_functions(shape, options);
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
