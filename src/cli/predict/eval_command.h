/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas eval: what it was asked for, and the two precisions it works in. */
#ifndef CLI_EVAL_COMMAND_H
#define CLI_EVAL_COMMAND_H

#include <stddef.h>

#include "cli/table/table.h"

struct eval_settings {
    const char *model;
    struct table_settings data; /* path: a folder, too */
    size_t part;
    size_t pixel_scale; /* 0: not given */
    size_t precision;   /* bytes of a real; 0: the model's */
};

/* The command in one precision. An int code. */
int bpb_cli_eval(const struct eval_settings *settings);
int bpbf_cli_eval(const struct eval_settings *settings);

#endif
