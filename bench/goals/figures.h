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
extern const char *const group_texts[GROUPS]; /* what --list says */

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

extern const struct figure figures[];
extern const size_t n_figures;

/* The case of this name; NULL where there is none. */
const struct bench_case *case_named(const char *name);

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
