/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_model.h"

#include "command.h"
#include "paths.h"
#include "say.h"

int complain_model(bpb_status status, const char *action, const char *path)
{
    if (status != BPB_ERR_UNSUPPORTED)
        return complain_status(status, action, path);
    complain("cannot %s %s: this bpblas was built without model files; build it with jansson "
             "(-Djson=enabled)",
             action, path);
    return CODE_FAILED;
}

bool model_is_network2(const char *path)
{
    return path_ends_in(path, ".json");
}

int model_refuse_network2(const char *path)
{
    complain("a model named .json is one of network2.py, which has sigmoid layers alone, the loss "
             "squared or cross-entropy, and no more: save %s under another name, or train such a "
             "net",
             path);
    return CODE_USAGE;
}

int model_check_scale(const char *path, size_t scale)
{
    if (model_is_network2(path) == (scale != 0))
        return CODE_FINE;
    if (scale != 0)
        complain("--pixel-scale: the model %s keeps its own: leave the option out", path);
    else
        complain("the model %s keeps no pixel scale: give --pixel-scale, 256 for what network2.py "
                 "trained on MNIST",
                 path);
    return CODE_USAGE;
}

int model_precision(const char *path, size_t asked, size_t *bytes)
{
    *bytes = asked ? asked : sizeof(double);
    const bpb_status status =
        asked || model_is_network2(path) ? BPB_OK : bpb_model_precision(path, bytes);
    return status < 0 ? complain_model(status, "read the model", path) : CODE_FINE;
}

int model_takes(const char *path, size_t inputs, size_t values)
{
    if (inputs == values)
        return CODE_FINE;
    complain("the model %s takes %zu inputs, but the data have %zu values: give the data it was "
             "made for",
             path, inputs, values);
    return CODE_FAILED;
}

int model_takes_classes(const char *path, bpb_loss_kind loss)
{
    if (loss != BPB_POISSON && loss != BPB_GAUSSIAN)
        return CODE_FINE;
    complain("the model %s has the loss %s, whose targets are %s and not classes: give targets of "
             "that kind",
             path, bpb_name(BPB_NAMES_LOSS, loss), loss == BPB_POISSON ? "counts" : "measured numbers");
    return CODE_FAILED;
}
