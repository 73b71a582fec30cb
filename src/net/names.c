/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of activations, losses and initialisations, as files and command lines spell them. */
#include "names.h"

static const char *const activations[] = {
    [BPB_SIGMOID] = "sigmoid",   [BPB_TANH] = "tanh",       [BPB_RELU] = "relu",
    [BPB_IDENTITY] = "identity", [BPB_SOFTMAX] = "softmax",
    [BPB_LEAKY_RELU] = "leaky-relu", [BPB_ELU] = "elu", [BPB_SELU] = "selu",
    [BPB_SOFTPLUS] = "softplus", [BPB_SOFTSIGN] = "softsign", [BPB_GELU] = "gelu",
    [BPB_GELU_TANH] = "gelu-tanh", [BPB_SILU] = "silu", [BPB_EXPONENTIAL] = "exponential",
};
static const char *const losses[] = {
    [BPB_SQUARED] = "squared",
    [BPB_CROSS_ENTROPY] = "cross-entropy",
    [BPB_HUBER] = "huber",
    [BPB_ABSOLUTE] = "absolute",
    [BPB_POISSON] = "poisson",
    [BPB_GAUSSIAN] = "gaussian",
};
static const char *const inits[] = {
    [BPB_INIT_SCALED] = "scaled",
    [BPB_INIT_NORMAL] = "normal",
    [BPB_INIT_GLOROT_UNIFORM] = "glorot-uniform",
    [BPB_INIT_GLOROT_NORMAL] = "glorot-normal",
    [BPB_INIT_HE_UNIFORM] = "he-uniform",
    [BPB_INIT_HE_NORMAL] = "he-normal",
    [BPB_INIT_ZERO] = "zero",
    [BPB_INIT_ORTHOGONAL] = "orthogonal",
};

const char *bpb_activation_name(bpb_activation activation)
{
    return name_of(NAMES(activations), (unsigned)activation);
}

const char *bpb_loss_name(bpb_loss_kind loss)
{
    return name_of(NAMES(losses), (unsigned)loss);
}

const char *bpb_init_name(bpb_init init)
{
    return name_of(NAMES(inits), (unsigned)init);
}

bpb_status bpb_activation_from_name(const char *name, bpb_activation *activation)
{
    size_t value;
    REQUIRE(activation, BPB_ERR_NULL);
    TRY(find_name(NAMES(activations), name, &value));
    *activation = (bpb_activation)value;
    return BPB_OK;
}

bpb_status bpb_loss_from_name(const char *name, bpb_loss_kind *loss)
{
    size_t value;
    REQUIRE(loss, BPB_ERR_NULL);
    TRY(find_name(NAMES(losses), name, &value));
    *loss = (bpb_loss_kind)value;
    return BPB_OK;
}

bpb_status bpb_init_from_name(const char *name, bpb_init *init)
{
    size_t value;
    REQUIRE(init, BPB_ERR_NULL);
    TRY(find_name(NAMES(inits), name, &value));
    *init = (bpb_init)value;
    return BPB_OK;
}
