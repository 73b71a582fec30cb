/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "command.h"
#include "load_model.h"
#include "say.h"
#include "base/tmpl.h"

static int refuse_function(const char *path, const char *name)
{
    complain("the model %s needs the function %s of its maker's, which bpblas has not: use it in a "
             "program that gives it to %s",
             path, name, BPB_SELECT("bpb_net_load_with", "bpbf_net_load_with"));
    return CODE_FAILED;
}

int BPB(cli_load)(net_t **net, const char *path)
{
    char missing[BPB_NAME_BYTES] = "";
    const bpb_status status = model_is_network2(path)
                                  ? BPB(net_load_network2)(net, path)
                                  : BPB(net_load_with)(net, path, NULL, missing);
    if (status == BPB_ERR_FUNCTION)
        return refuse_function(path, missing);
    if (status < 0)
        return complain_model(status, "read the model", path);
    if (status == BPB_NONFINITE)
        complain("warning: the model %s holds a parameter that is not finite", path);
    return CODE_FINE;
}

int BPB(cli_scale_inputs)(net_t *net, size_t scale)
{
    if (scale <= 1)
        return CODE_FINE;
    const size_t n = BPB(net_size)(net, 0);
    bpb_status status = BPB_ERR_MEMORY;
    double *factor = malloc(n * sizeof *factor);
    for (size_t i = 0; factor && i < n; i++)
        factor[i] = (double)(RC(1.0) / (real)scale);
    if (factor)
        status = BPB(net_set_scaling)(net, BPB_INPUTS, NULL, factor);
    free(factor);
    return status == BPB_OK ? CODE_FINE : complain_status(status, "scale", "the inputs");
}

int BPB(cli_note)(net_t *net, const char *key, const char *value)
{
    const bpb_status status = BPB(net_set_note)(net, key, value);
    return status == BPB_OK || status == BPB_ERR_OPTION
               ? CODE_FINE
               : complain_status(status, "keep a note of", key);
}

/* Whether network2.py has such a net, of whatever parameters. */
static bool is_network2(const net_t *net)
{
    const bpb_loss_kind loss = BPB(net_loss)(net).kind;
    for (size_t l = 1; l <= BPB(net_layers)(net); l++)
        if (BPB(net_layer)(net, l).activation != BPB_SIGMOID)
            return false;
    return (loss == BPB_SQUARED || loss == BPB_CROSS_ENTROPY) &&
           BPB(net_loss)(net).parameter == 0.0;
}

int BPB(cli_check_saving)(const net_t *net, const char *path)
{
    size_t bytes;
    const bpb_status status = BPB(net_save_memory)(net, NULL, 0, &bytes);
    if (status < 0)
        return complain_model(status, "save the model", path);
    return !model_is_network2(path) || is_network2(net) ? CODE_FINE : model_refuse_network2(path);
}

/* What cli_check_saving lets pass is refused for its parameters alone. */
static int save_network2(net_t *net, const char *path)
{
    BPB(net_set_scaling)(net, BPB_INPUTS, NULL, NULL);
    const bpb_status status = BPB(net_save_network2)(net, path);
    if (status != BPB_ERR_UNSUPPORTED)
        return status < 0 ? complain_model(status, "save the model", path) : CODE_FINE;
    complain("cannot save the model %s: a parameter is not finite", path);
    return CODE_NONFINITE;
}

int BPB(cli_save)(net_t *net, const char *path)
{
    if (model_is_network2(path))
        return save_network2(net, path);
    const bpb_status status = BPB(net_save)(net, path);
    return status < 0 ? complain_model(status, "save the model", path) : CODE_FINE;
}
