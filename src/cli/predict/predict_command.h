/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas predict, in both precisions. */
#ifndef CLI_PREDICT_COMMAND_H
#define CLI_PREDICT_COMMAND_H

#include <stddef.h>

#include "cli/common/saved_model.h"
#include "cli/table/table.h"

struct predict_settings {
    struct model_settings model;
    struct table_settings data; /* path: a folder or a file; NULL: images */
    const char *images;         /* NULL: data */
    const char *out;            /* NULL: standard output */
    size_t part;
};

/* The command in one precision. An int code. */
int bpb_cli_predict(const struct predict_settings *settings);
int bpbf_cli_predict(const struct predict_settings *settings);

#endif
