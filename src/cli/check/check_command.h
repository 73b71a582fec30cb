/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas check: what it was asked for, and the two precisions it works in. */
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
    size_t precision; /* bytes of a real; 0: the model's */
};

/* A report, and what is needed to say where its entries stand. */
struct check_findings {
    bpb_check_report report;
    bpb_status status;
    const size_t *rows; /* the numbers of the samples */
    size_t count;
    size_t outputs;             /* n_L */
    size_t inputs[BPB_CHECKS];  /* n_{l-1} of the worst entry's layer; 0 where that is none */
    int digits;                 /* that give the library's numbers back */
};

/* Print them as a table or as JSON. An int code. */
int check_print(const struct check_findings *findings, const struct check_settings *settings);

/* The command in one precision. An int code. */
int bpb_cli_check(const struct check_settings *settings);
int bpbf_cli_check(const struct check_settings *settings);

#endif
