/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of enums, as files and command lines spell them. The name of value i is at [i]. */
#include <string.h>

#include "base/common.h"

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
static const char *const methods[] = {
    [BPB_SGD] = "sgd",
    [BPB_MOMENTUM] = "momentum",
    [BPB_NESTEROV] = "nesterov",
    [BPB_ADAGRAD] = "adagrad",
    [BPB_RMSPROP] = "rmsprop",
    [BPB_ADAM] = "adam",
    [BPB_IRPROP_PLUS] = "irprop+",
    [BPB_IRPROP_MINUS] = "irprop-",
};
static const char *const schedules[] = {
    [BPB_SCHEDULE_CONSTANT] = "constant",       [BPB_SCHEDULE_STEP] = "step",
    [BPB_SCHEDULE_EXPONENTIAL] = "exponential", [BPB_SCHEDULE_INVERSE] = "inverse",
    [BPB_SCHEDULE_COSINE] = "cosine",           [BPB_SCHEDULE_PLATEAU] = "plateau",
    [BPB_SCHEDULE_HALVING] = "halving",
};
static const char *const checks[BPB_CHECKS] = {
    [BPB_CHECK_GRADIENT] = "gradient", [BPB_CHECK_INPUTS] = "inputs",
    [BPB_CHECK_JACOBIAN] = "jacobian", [BPB_CHECK_JVP] = "jvp",
    [BPB_CHECK_VJP] = "vjp",           [BPB_CHECK_HVP] = "hvp",
};

struct names {
    const char *what; /* one of them, for people */
    const char *const *list;
    size_t count;
};
#define LIST(what, list)                                                                           \
    {                                                                                              \
        what, list, sizeof(list) / sizeof *(list)                                                  \
    }
static const struct names lists[] = {
    [BPB_NAMES_ACTIVATION] = LIST("an activation", activations),
    [BPB_NAMES_LOSS] = LIST("a loss", losses),
    [BPB_NAMES_INIT] = LIST("an init", inits),
    [BPB_NAMES_METHOD] = LIST("a method", methods),
    [BPB_NAMES_SCHEDULE] = LIST("a schedule", schedules),
    [BPB_NAMES_CHECK] = LIST("a check", checks),
};

static const struct names *names_of(bpb_names of)
{
    return (size_t)of < sizeof lists / sizeof *lists ? &lists[of] : NULL;
}

const char *bpb_name(bpb_names of, int value)
{
    const struct names *names = names_of(of);
    return names && value >= 0 && (size_t)value < names->count ? names->list[value] : NULL;
}

bpb_status bpb_value_of_name(bpb_names of, const char *name, int *value)
{
    REQUIRE_POINTER(name);
    REQUIRE_POINTER(value);
    const struct names *names = names_of(of);
    REQUIRE(names, BPB_ERR_OPTION, "of is %d, which is no value of bpb_names", (int)of);
    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i] && strcmp(name, names->list[i]) == 0) {
            *value = (int)i;
            return BPB_OK;
        }
    }
    REFUSE(BPB_ERR_OPTION, "\"%s\" is not the name of %s", name, names->what);
}
