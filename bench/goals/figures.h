/* SPDX-License-Identifier: BSD-3-Clause */
/* What is measured, and what for. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include "match.h"

/* Figures that are asked for by one name. */
enum group {
    GROUP_PEAK,
    GROUP_THREADS,
    GROUP_DOUBLE,
    GROUP_SMALL,
    GROUP_TANH,
    GROUP_CELLS,
    GROUP_PREDICT,
    GROUP_EPOCH,
    GROUP_BYTES,
    GROUP_LINEAR,
    GROUP_CORE,
    GROUP_JVP,
    GROUP_HVP,
    GROUP_INPUTS,
    GROUP_OWN,
    GROUP_TARGETS,
    GROUPS
};

extern const char *const group_names[GROUPS];

struct figure;

/* Print the lines of a figure. */
typedef bpb_status measure_figure(struct match *match, const struct figure *figure);

struct figure {
    enum group group;
    const char *name; /* of a case; NULL: it has none */
    enum precision precision;
    struct goal goal;
    measure_figure *measure;
    size_t columns; /* where it is about so many */
};

/* Print the names of the groups and what they stand for. */
void list_goals(void);

/* Measure the figures that are asked for. json may be NULL. Returns an exit code. */
int measure_goals(const struct bench_options *options, const struct sheet *sheet, FILE *json);

/* The option by which the program, executed again, serves times of the case named after it. */
#define SERVE_STEPS "--serve"

/* Serve until the input ends. Returns an exit code. */
int serve_steps(const char *case_name);

/* "GROUP CASE PRECISION TEXT" as what a line is about; TEXT may be empty. */
struct line line_of(const struct figure *figure, const char *text);

/* In linear_figures.c. */
measure_figure measure_widths, measure_depths, measure_batches, measure_predicts;

/* In derivative_figures.c. */
measure_figure measure_jvp, measure_hvp, measure_inputs, measure_targets;

/* In own_figures.c. */
measure_figure measure_own_relu, measure_own_softsign, measure_own_squared;

/* In poor_core.c. */
measure_figure measure_core;

#endif
