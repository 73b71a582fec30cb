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

static const char *name_of(const char *const *list, size_t count, unsigned value)
{
    return value < count ? list[value] : NULL;
}

static bpb_status find_name(const char *const *list, size_t count, const char *name,
                            size_t *value)
{
    REQUIRE(name, BPB_ERR_NULL);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, list[i]) == 0) {
            *value = i;
            return BPB_OK;
        }
    }
    REFUSE(BPB_ERR_OPTION);
}

#define NAMES(list) list, sizeof(list) / sizeof *(list)
#define NAME_OF(kind, type, list)                     \
    const char *bpb_##kind##_name(type value)         \
    {                                                 \
        return name_of(NAMES(list), (unsigned)value); \
    }
#define VALUE_OF(kind, type, list)                                 \
    bpb_status bpb_##kind##_from_name(const char *name, type *out) \
    {                                                              \
        size_t value;                                              \
        REQUIRE(out, BPB_ERR_NULL);                                \
        TRY(find_name(NAMES(list), name, &value));                 \
        *out = (type)value;                                        \
        return BPB_OK;                                             \
    }

NAME_OF(activation, bpb_activation, activations)
VALUE_OF(activation, bpb_activation, activations)
NAME_OF(loss, bpb_loss_kind, losses)
VALUE_OF(loss, bpb_loss_kind, losses)
NAME_OF(init, bpb_init, inits)
VALUE_OF(init, bpb_init, inits)
NAME_OF(method, bpb_method, methods)
VALUE_OF(method, bpb_method, methods)
NAME_OF(schedule, bpb_schedule_kind, schedules)
VALUE_OF(schedule, bpb_schedule_kind, schedules)
NAME_OF(check, bpb_check_kind, checks)
