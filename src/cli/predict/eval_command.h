/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas eval, in both precisions. */
#ifndef CLI_EVAL_COMMAND_H
#define CLI_EVAL_COMMAND_H

#include "cli/table/pairs.h"

struct eval_settings {
    struct pairs_settings pairs; /* all rows */
};

/* The command in one precision. An int code. */
int bpb_cli_eval(const struct pairs_settings *settings);
int bpbf_cli_eval(const struct pairs_settings *settings);

#endif
