/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of the methods of optimisers. */
#include "names.h"

static const char *const names[] = {
    [BPB_SGD] = "sgd",         [BPB_MOMENTUM] = "momentum",
    [BPB_NESTEROV] = "nesterov", [BPB_ADAGRAD] = "adagrad",
    [BPB_RMSPROP] = "rmsprop", [BPB_ADAM] = "adam",
    [BPB_AMSGRAD] = "amsgrad", [BPB_ADAMW] = "adamw",
    [BPB_IRPROP_PLUS] = "irprop+", [BPB_IRPROP_MINUS] = "irprop-",
};

const char *bpb_method_name(bpb_method method)
{
    return name_of(NAMES(names), (unsigned)method);
}

bpb_status bpb_method_from_name(const char *name, bpb_method *method)
{
    size_t value;
    REQUIRE(method, BPB_ERR_NULL);
    TRY(find_name(NAMES(names), name, &value));
    *method = (bpb_method)value;
    return BPB_OK;
}
