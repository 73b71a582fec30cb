/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas predict: what it was asked for, and the two precisions it works in. */
#ifndef CLI_PREDICT_COMMAND_H
#define CLI_PREDICT_COMMAND_H

#include <stddef.h>

#include "cli/table/table.h"

struct predict_settings {
    const char *model;
    struct table_settings data; /* path: a folder or a file; NULL: images */
    const char *images;         /* NULL: data */
    const char *out;             /* NULL: standard output */
    size_t part;
    size_t pixel_scale; /* 0: not given */
    size_t precision;   /* bytes of a real; 0: the model's */
};

/* The command in one precision. An int code. */
int bpb_cli_predict(const struct predict_settings *settings);
int bpbf_cli_predict(const struct predict_settings *settings);

#endif
