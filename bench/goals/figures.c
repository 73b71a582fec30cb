/* SPDX-License-Identifier: BSD-3-Clause */
#include "figures.h"

const char *const group_names[GROUPS] = {
    "peak",   "threads", "double", "small", "tanh",   "cells", "predict", "epoch",   "bytes",
    "linear", "core",    "jvp",    "hvp",   "inputs", "own",   "targets", "doubles",
};

/* What --list says. */
static const char *const group_texts[GROUPS] = {
    "share of one thread's FMA peak that an SGD step reaches, and its bare products",
    "a step on one thread over a step by a plan of --threads",
    "GFLOP/s of a step in double over float",
    "us of loss and gradient, 24-8-2 (tanh, identity, 1/2 squares), batch 200, double",
    "loss and gradient, 4-32-16-4 with tanh, 10000 columns, over its bare products and its tanh.\n"
    "         The time of tanh is a forward pass less one with identity",
    "a step of 6-64-64-4 with tanh on 64 columns, in double, over its bare products",
    "784-30-10, one column: over reading the weights; padded over unpadded for 1, 64, 10000",
    "a training epoch without evaluation, over as many steps on one batch",
    "bytes of a work over the header's formula, less 1: the largest of works from 64 KiB",
    "time of a FLOP by width, depth, batch and columns, over that at the largest size. From which\n"
    "         size it stays within a factor of 1.25",
    "a step with OpenBLAS's Prescott kernels over a step with the right ones",
    "what J v adds to a forward pass, over that pass: along v of theta and V of X, and along each",
    "H v with gradient and loss, over gradient and loss",
    "what dE/dX adds to gradient and loss, over its product W_1^T D_1 by the BLAS",
    "a step with a function of one's own over a step with the built-in: ReLU, softsign, 1/2\n"
    "         squares. The functions are compiled -O3 -fopenmp-simd for the vectors of this CPU",
    "the gradient of a function of Y and dY/dX, 6-64-64-1 with tanh, 64 columns, double, over\n"
    "         gradient and loss",
    "predictions of a float net, 25-50-50-5 with tanh, 4096 columns, from and to fields of "
    "doubles,\n"
    "         over those from and to packed floats",
};

struct goal_line line_of(const struct figure *figure, const char *text)
{
    struct goal_line line = {.goal = {NO_GOAL, 0}};
    snprintf(line.what, sizeof line.what, "%s%s%s %s%s%s", group_names[figure->group],
             figure->name ? " " : "", figure->name ? figure->name : "",
             precision_names[figure->precision], text[0] ? " " : "", text);
    return line;
}

struct goal_line goal_line(const struct figure *figure, const char *text)
{
    struct goal_line line = line_of(figure, text);
    line.goal = figure->goal;
    return line;
}

/* clang-format off */
#define F32 PRECISION_F32
#define F64 PRECISION_F64
#define NONE {NO_GOAL, 0}

static const struct figure figures[] = {
    {GROUP_PEAK,    "XS",   F32, NONE,             measure_peak, 0},
    {GROUP_PEAK,    "S1",   F32, {AT_LEAST, 0.65}, measure_peak, 0},
    {GROUP_PEAK,    "S2",   F32, {AT_LEAST, 0.70}, measure_peak, 0},
    {GROUP_PEAK,    "M1",   F32, {AT_LEAST, 0.80}, measure_peak, 0},
    {GROUP_PEAK,    "M2",   F32, {AT_LEAST, 0.78}, measure_peak, 0},
    {GROUP_PEAK,    "L1",   F32, {AT_LEAST, 0.90}, measure_peak, 0},
    {GROUP_THREADS, "XS",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "S1",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "S2",   F32, {AT_LEAST, 0.97}, measure_threads, 0},
    {GROUP_THREADS, "M1",   F32, {AT_LEAST, 1.6},  measure_threads, 0},
    {GROUP_THREADS, "M2",   F32, {AT_LEAST, 1.7},  measure_threads, 0},
    {GROUP_THREADS, "L1",   F32, {AT_LEAST, 1.85}, measure_threads, 0},
    {GROUP_DOUBLE,  "XS",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "S1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "S2",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "M1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "M2",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_DOUBLE,  "L1",   F64, {AT_LEAST, 0.45}, measure_double, 0},
    {GROUP_SMALL,   "T200", F64, {AT_MOST, 5.66},  measure_small, 0},
    {GROUP_TANH,    "T10K", F32, {AT_MOST, 1.15},  measure_tanh, 0},
    {GROUP_TANH,    "T10K", F64, {AT_MOST, 1.15},  measure_tanh, 0},
    {GROUP_CELLS,   "G64",  F64, {AT_MOST, 3},     measure_cells, 0},
    {GROUP_PREDICT, "S1",   F32, {AT_MOST, 1.3},   measure_predict, 1},
    {GROUP_PREDICT, "S1",   F64, {AT_MOST, 1.3},   measure_predict, 1},
    {GROUP_PREDICT, "S1",   F32, NONE,             measure_predict, 64},
    {GROUP_PREDICT, "S1",   F64, NONE,             measure_predict, 64},
    {GROUP_PREDICT, "S1",   F32, NONE,             measure_predict, 10000},
    {GROUP_PREDICT, "S1",   F64, NONE,             measure_predict, 10000},
    {GROUP_EPOCH,   "S1",   F32, {AT_MOST, 1.5},   measure_epoch, 5000},
    {GROUP_EPOCH,   "M1",   F32, {AT_MOST, 1.2},   measure_epoch, 12800},
    {GROUP_BYTES,   NULL,   F32, {AT_MOST, 0.05},  measure_bytes, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_widths, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_depths, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_batches, 0},
    {GROUP_LINEAR,  NULL,   F32, NONE,             measure_predicts, 0},
    {GROUP_CORE,    "XS",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "S1",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "S2",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_CORE,    "M1",   F32, {AT_MOST, 1.3},   measure_core, 0},
    {GROUP_JVP,     "S1",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "S2",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M1",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M2",   F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "G64",  F32, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "M1",   F64, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_JVP,     "G64",  F64, {AT_MOST, 2.2},   measure_jvp, 0},
    {GROUP_HVP,     "S1",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "S2",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M1",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M2",   F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "G64",  F32, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "M1",   F64, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_HVP,     "G64",  F64, {AT_MOST, 3.3},   measure_hvp, 0},
    {GROUP_INPUTS,  "S1",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "S2",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M1",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M2",   F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "G64",  F32, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "M1",   F64, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_INPUTS,  "G64",  F64, {AT_MOST, 1},     measure_inputs, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_relu, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_softsign, 0},
    {GROUP_OWN,     "M1",   F32, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "G64",  F32, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "M1",   F64, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_OWN,     "G64",  F64, {AT_MOST, 1.05},  measure_own_squared, 0},
    {GROUP_TARGETS, "G64",  F64, NONE,             measure_targets, 0},
    {GROUP_DOUBLES, NULL,   F32, {AT_MOST, 1.08},  measure_doubles, 4096},
};
/* clang-format on */

void list_goals(void)
{
    for (enum group group = 0; group < GROUPS; group++)
        printf("%-8s %s\n", group_names[group], group_texts[group]);
}

static bool is_wanted(const struct bench_options *options, const struct figure *figure)
{
    const struct bench_case *shape = figure->name ? case_named(figure->name) : NULL;
    return options->groups & BIT(figure->group) &&
           (shape == NULL || options->cases & BIT(shape - bench_cases));
}

int measure_goals(const struct bench_options *options, const struct sheet *sheet, FILE *json)
{
    int code = CODE_FINE;
    match_heading();
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const struct figure *figure = &figures[i];
        struct match match = match_begin(options, sheet, json);
        if (!is_wanted(options, figure))
            continue;
        const bpb_status status = figure->measure(&match, figure);
        match_end(&match);
        if (status < 0)
            code = fail(line_of(figure, "").what, match.why ? match.why : bpb_strerror(status));
    }
    return code;
}
