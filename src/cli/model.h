/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files, on the way in and out. */
#ifndef CLI_MODEL_H
#define CLI_MODEL_H

#include <stddef.h>

#include "bpblas.h"

/* *bytes = those asked for, or where that is 0, of a parameter of the model. An int code. */
int model_precision(const char *path, size_t asked, size_t *bytes);

/* As complain_status, with what to do about a build that has no model files. */
int complain_model(bpb_status status, const char *action, const char *path);

/* Whether a model of so many inputs takes images of so many values. An int code. */
int model_takes(const char *path, size_t inputs, size_t values);

/* Load a model, into a net that the caller destroys. An int code. */
int bpb_dcli_load(bpb_dnet **net, const char *path);
int bpb_scli_load(bpb_snet **net, const char *path);

#endif
