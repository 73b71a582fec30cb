/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files: loading, checking, noting and saving. */
#ifndef CLI_SAVED_MODEL_H
#define CLI_SAVED_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"
#include "bpblas.h"

/* The model that a command works on. */
struct model_settings {
    const char *path;
    size_t precision;   /* bytes of a real; 0: the model's */
    size_t pixel_scale; /* 0: not given */
};

/* --model and --precision, and --pixel-scale, of a struct model_settings. */
extern const struct option model_options[], model_scale_options[];

/* Whether the name is that of a file of network2.py: it ends in .json. */
bool model_is_network2(const char *path);

/* Say that a file of network2.py cannot hold the net. An int code. */
int model_refuse_network2(const char *path);

/* Whether --pixel-scale is given exactly if the model is of network2.py, whose files keep no
 * scale. An int code. */
int model_check_scale(const struct model_settings *model);

/* *bytes = those of a real that the command works in: of --precision, else those of the model's
 * parameters (8 for a model of network2.py). An int code. */
int model_precision(const struct model_settings *model, size_t *bytes);

/* As complain_status, and explains a build without model files. */
int complain_model(bpb_status status, const char *action, const char *path);

/* Whether a model with that number of inputs fits samples with that number of values. An int
 * code. */
int model_takes(const char *path, size_t inputs, size_t values);

/* Whether the targets of a model with that loss may be classes. An int code. */
int model_takes_classes(const char *path, bpb_loss_kind loss);

/* Load a model, into a net that the caller destroys. An int code. */
int bpb_cli_load(bpb_net **net, const struct model_settings *model);
int bpbf_cli_load(bpbf_net **net, const struct model_settings *model);

/* A_0 = X / scale, kept in the net. scale 0 or 1: the net stays as it is. An int code. */
int bpb_cli_scale_inputs(bpb_net *net, size_t scale);
int bpbf_cli_scale_inputs(bpbf_net *net, size_t scale);

/* Whether this build can save the net under that name. An int code. */
int bpb_cli_check_saving(const bpb_net *net, const char *path);
int bpbf_cli_check_saving(const bpbf_net *net, const char *path);

/* Set a note of the net. A text that is not UTF-8, as a path may be, is left out. An int code. */
int bpb_cli_note(bpb_net *net, const char *key, const char *value);
int bpbf_cli_note(bpbf_net *net, const char *key, const char *value);

/* Save a net. A file of network2.py loses the scaling of the inputs. An int code. */
int bpb_cli_save(bpb_net *net, const char *path);
int bpbf_cli_save(bpbf_net *net, const char *path);

#endif
