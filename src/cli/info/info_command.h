/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas info: what it was asked for, and a model or plan in either precision. */
#ifndef CLI_INFO_COMMAND_H
#define CLI_INFO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"
#include "cli/common/kinds.h"
#include "cli/common/plan_settings.h"

struct info_settings {
    const char *model; /* NULL: about --layers, or the BLAS and the machine */
    bool shows_plan;   /* what follows is about it */
    struct widths layers;
    size_t batch;
    size_t precision; /* bytes of a real; 0: the model's, or float */
    struct plan_settings plan;
    const char *save_wisdom; /* NULL: nowhere */
};

/* The command for a model. An int code. */
int bpb_cli_info(const char *path);
int bpbf_cli_info(const char *path);

/* The command with --plan. An int code. */
int bpb_cli_info_plan(const struct info_settings *settings);
int bpbf_cli_info_plan(const struct info_settings *settings);

/* "layers          784 -> 30 sigmoid -> 10 softmax". */
void bpb_cli_print_layers(const bpb_net *net);
void bpbf_cli_print_layers(const bpbf_net *net);

#endif
