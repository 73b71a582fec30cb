/* SPDX-License-Identifier: BSD-3-Clause */
/* Model files, on the way in and out. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"

/* Whether the name is that of a file of network2.py: it ends in .json. */
bool model_is_network2(const char *path);

/* Say that such a file cannot hold the net. An int code. */
int model_refuse_network2(const char *path);

/* Whether --pixel-scale (0: not given) goes with the model, which has to be told where such a file
 * does not keep it, and nowhere else. An int code. */
int model_check_scale(const char *path, size_t scale);

/* *bytes = those asked for, or where that is 0, of a parameter of the model; 8 where it is of
 * network2.py. An int code. */
int model_precision(const char *path, size_t asked, size_t *bytes);

/* As complain_status, with what to do about a build that has no model files. */
int complain_model(bpb_status status, const char *action, const char *path);

/* Whether a model of so many inputs takes samples of so many values. An int code. */
int model_takes(const char *path, size_t inputs, size_t values);

/* Whether its targets may be classes, of images for example. An int code. */
int model_takes_classes(const char *path, bpb_loss_kind loss);

/* Load a model, into a net that the caller destroys. An int code. */
int bpb_cli_load(bpb_net **net, const char *path);
int bpbf_cli_load(bpbf_net **net, const char *path);

/* A_0 = X / scale, kept in the net; scale 0 or 1: as it is. An int code. */
int bpb_cli_scale_inputs(bpb_net *net, size_t scale);
int bpbf_cli_scale_inputs(bpbf_net *net, size_t scale);

/* Whether this build can save the net under that name. An int code. */
int bpb_cli_check_saving(const bpb_net *net, const char *path);
int bpbf_cli_check_saving(const bpbf_net *net, const char *path);

/* Set a note of the net. A text that is not UTF-8, as a path may be, is left out. An int code. */
int bpb_cli_note(bpb_net *net, const char *key, const char *value);
int bpbf_cli_note(bpbf_net *net, const char *key, const char *value);

/* Save a net. One of network2.py loses its scaling. An int code. */
int bpb_cli_save(bpb_net *net, const char *path);
int bpbf_cli_save(bpbf_net *net, const char *path);

#endif
