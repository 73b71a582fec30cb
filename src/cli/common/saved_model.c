/* SPDX-License-Identifier: BSD-3-Clause */
#include "saved_model.h"

#include "command.h"
#include "paths.h"
#include "say.h"

#define AT(member) offsetof(struct model_settings, member)

/* clang-format off */
const struct option model_options[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(path), .value = "FILE", .required = true,
     .help = "Model file: saved by bpblas train, or another safetensors file in the same format. "
             "A file whose name ends in .json is read as a model of network2.py."},
    {.name = "precision", .kind = &kind_stored, .offset = AT(precision), .value = "NAME",
     .preset = "stored",
     .help = "Precision of the arithmetic. stored is the precision that the model was trained in; "
             "for a model of network2.py it is double."},
    {0},
};

const struct option model_scale_options[] = {
    {.name = "pixel-scale", .kind = &kind_scale, .offset = AT(pixel_scale), .value = "S",
     .absent = "the scaling in the model",
     .help = "Divide the inputs by S. This option is required for a model of network2.py, whose "
             "file keeps no scale, and refused for any other. The MNIST data of network2.py use "
             "256."},
    {0},
};
/* clang-format on */

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
    complain("%s: a .json file is a model of network2.py, which has sigmoid layers only and the "
             "loss squared or cross-entropy: give another file name, or train such a net",
             path);
    return CODE_USAGE;
}

int model_check_scale(const struct model_settings *model)
{
    if (model_is_network2(model->path) == (model->pixel_scale != 0))
        return CODE_FINE;
    if (model->pixel_scale != 0)
        complain("--pixel-scale: the model %s contains its scaling: remove the option",
                 model->path);
    else
        complain("the model %s contains no scaling: give --pixel-scale (256 for the MNIST data of "
                 "network2.py)",
                 model->path);
    return CODE_USAGE;
}

int model_precision(const struct model_settings *model, size_t *bytes)
{
    *bytes = model->precision ? model->precision : sizeof(double);
    if (model->precision || model_is_network2(model->path))
        return CODE_FINE;
    const bpb_status status = bpb_model_precision(model->path, bytes);
    return status < 0 ? complain_model(status, "read the model", model->path) : CODE_FINE;
}

int model_takes(const char *path, size_t inputs, size_t values)
{
    if (inputs == values)
        return CODE_FINE;
    complain("the model %s has %zu inputs, but each sample has %zu values: give data that fit the "
             "model",
             path, inputs, values);
    return CODE_FAILED;
}

int model_takes_classes(const char *path, bpb_loss_kind loss)
{
    if (loss != BPB_POISSON && loss != BPB_GAUSSIAN)
        return CODE_FINE;
    complain("the model %s has the loss %s: its targets are %s, not classes: give such targets",
             path, bpb_name(BPB_NAMES_LOSS, loss), loss == BPB_POISSON ? "counts" : "real numbers");
    return CODE_FAILED;
}
