/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas explain: what it was asked for, and one sample's passes in numbers. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bpblas.h"
#include "cli/table/pairs.h"

struct explain_settings {
    struct pairs_settings pairs;
    const char *out; /* NULL: standard output */
    bool json;
    size_t precision; /* bytes of a real; 0: the model's */
};

/* What can still be read line by line. */
#define EXPLAIN_LAYERS 4
#define EXPLAIN_UNITS 8
#define EXPLAIN_WEIGHTS 64
#define EXPLAIN_SAMPLES 4
#define EXPLAIN_PRODUCTS 64 /* of one derivative */

/* A vector, and a matrix by rows, of a net that is small enough. */
typedef double explain_vector[EXPLAIN_UNITS];
typedef explain_vector explain_matrix[EXPLAIN_UNITS];

/* All that one sample's passes computed, layers from l = 1 on; a[0] is A_0. */
struct trace {
    size_t L, n[EXPLAIN_LAYERS + 1];
    bpb_activation g[EXPLAIN_LAYERS + 1];
    double parameter[EXPLAIN_LAYERS + 1]; /* of g */
    bpb_loss_kind loss;
    double loss_parameter;

    size_t sample, targets; /* its number in the data; rows of its T */
    bool has_class;         /* T is the number of its class */
    explain_vector x, T;    /* as they stand in the data */
    explain_vector t;       /* the targets of A_L */
    bool scales_in, scales_out;
    explain_vector in_shift, in_factor, out_shift, out_factor; /* 0 and 1 without scaling */

    explain_matrix W[EXPLAIN_LAYERS + 1];
    explain_vector b[EXPLAIN_LAYERS + 1];
    explain_vector z[EXPLAIN_LAYERS + 1], a[EXPLAIN_LAYERS + 1], delta[EXPLAIN_LAYERS + 1];
    explain_matrix dW[EXPLAIN_LAYERS + 1]; /* the library's */
    explain_vector db[EXPLAIN_LAYERS + 1];
    explain_matrix dW_difference[EXPLAIN_LAYERS + 1]; /* by central differences */
    explain_vector db_difference[EXPLAIN_LAYERS + 1];
    double E;
    int digits; /* that give the library's numbers back */
};

/* Refuse what is more than can be read. An int code. */
int explain_limit(size_t number, size_t most, const char *what);

/* t of T: the class as ones and zeros, scaled, smoothed. */
void explain_targets(struct trace *trace);

/* Fill in the differences, by a net of the trace's parameters made from the same file. An int
 * code. */
int explain_differences(struct trace *trace, const char *model);

/* What holds for all samples, and one sample. */
void explain_print_net(FILE *file, const struct trace *trace);
void explain_print_sample(FILE *file, const struct trace *trace);

/* The command in one precision. An int code. */
int bpb_cli_explain(const struct explain_settings *settings);
int bpbf_cli_explain(const struct explain_settings *settings);

#endif
