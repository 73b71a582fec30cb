/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include "command.h"
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

int model_precision(const char *path, size_t asked, size_t *bytes)
{
    *bytes = asked;
    const bpb_status status = asked ? BPB_OK : bpb_model_precision(path, bytes);
    return status < 0 ? complain_model(status, "read the model", path) : CODE_FINE;
}

int model_takes(const char *path, size_t inputs, size_t values)
{
    if (inputs == values)
        return CODE_FINE;
    complain("the model %s takes %zu inputs, but the images have %zu values: give the data it was "
             "made for",
             path, inputs, values);
    return CODE_FAILED;
}
