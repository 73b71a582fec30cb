/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas check, in both precisions. */
#ifndef CLI_CHECK_COMMAND_H
#define CLI_CHECK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpblas.h"
#include "cli/table/pairs.h"

struct check_settings {
    struct pairs_settings pairs;
    unsigned only; /* the sum of 1 << check; 0: all */
    size_t entries;
    uint64_t seed;
    double tolerance;
    bool json;
};

/* A report, and what the names of its entries require. */
struct check_findings {
    bpb_check_report report;
    bpb_status status;
    const size_t *rows; /* the numbers of the samples */
    size_t count;
    size_t outputs;             /* n_L */
    size_t inputs[BPB_CHECKS];  /* n_{l-1} of the layer of the worst entry; 0: in no layer */
    int digits;                 /* enough to read the numbers of the library back */
};

/* Print them as a table or as JSON. An int code. */
int check_print(const struct check_findings *findings, const struct check_settings *settings);

/* The command in one precision. An int code. */
int bpb_cli_check(const struct check_settings *settings);
int bpbf_cli_check(const struct check_settings *settings);

#endif
