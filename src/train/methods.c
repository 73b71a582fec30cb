/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of the methods of optimisers. */
#include <string.h>

#include "common.h"

static const char *const names[] = {
    [BPB_SGD] = "sgd",         [BPB_MOMENTUM] = "momentum",
    [BPB_NESTEROV] = "nesterov", [BPB_ADAGRAD] = "adagrad",
    [BPB_RMSPROP] = "rmsprop", [BPB_ADAM] = "adam",
    [BPB_AMSGRAD] = "amsgrad", [BPB_ADAMW] = "adamw",
    [BPB_IRPROP_PLUS] = "irprop+", [BPB_IRPROP_MINUS] = "irprop-",
};
enum { METHODS = sizeof names / sizeof *names };

const char *bpb_method_name(bpb_method method)
{
    return (unsigned)method < METHODS ? names[method] : NULL;
}

bpb_status bpb_method_from_name(const char *name, bpb_method *method)
{
    REQUIRE(name && method, BPB_ERR_NULL);
    for (unsigned i = 0; i < METHODS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *method = (bpb_method)i;
            return BPB_OK;
        }
    }
    return BPB_ERR_OPTION;
}
