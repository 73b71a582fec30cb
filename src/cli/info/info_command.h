/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas info: its settings, and the description of a model or plan in both precisions. */
#ifndef CLI_INFO_COMMAND_H
#define CLI_INFO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "bpblas.h"
#include "cli/common/kinds.h"
#include "cli/common/saved_model.h"
#include "cli/common/plan_settings.h"

struct info_settings {
    struct model_settings model; /* path NULL: --layers, or the BLAS and the machine */
    bool shows_plan;             /* the rest is about the plan */
    struct widths layers;
    size_t batch;
    struct plan_settings plan;
    const char *save_wisdom; /* NULL: nowhere */
};

/* The command for a model. An int code. */
int bpb_cli_info(const struct model_settings *model);
int bpbf_cli_info(const struct model_settings *model);

/* The command with --plan. An int code. */
int bpb_cli_info_plan(const struct info_settings *settings);
int bpbf_cli_info_plan(const struct info_settings *settings);

/* "layers          784 -> 30 sigmoid -> 10 softmax". */
void bpb_cli_print_layers(const bpb_net *net);
void bpbf_cli_print_layers(const bpbf_net *net);

#endif
