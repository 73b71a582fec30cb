/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures, and the goal of each. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include "match.h"

/* Groups of figures; --only takes their names. */
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
    GROUP_DOUBLES,
    GROUPS
};

extern const char *const group_names[GROUPS];

struct figure;

/* Print the lines of a figure. */
typedef bpb_status measure_figure(struct match *match, const struct figure *figure);

struct figure {
    enum group group;
    const char *name; /* of a case; NULL: the figure has no case */
    enum precision precision;
    struct goal goal;
    measure_figure *measure;
    size_t columns; /* of the data, if the figure depends on them; else 0 */
};

/* Print the names of the groups and what they stand for. */
void list_goals(void);

/* Measure the figures that the options name. json may be NULL. Returns an exit code. */
int measure_goals(const struct bench_options *options, const struct sheet *sheet, FILE *json);

/* The program runs itself with this option and the name of a case, to time steps in a process of
 * their own. */
#define SERVE_STEPS "--serve"

/* That process. It serves until its input ends. Returns an exit code. */
int serve_steps(const char *case_name);

/* A line about "GROUP CASE PRECISION TEXT"; TEXT may be empty. goal_line has the figure's goal. */
struct goal_line line_of(const struct figure *figure, const char *text);
struct goal_line goal_line(const struct figure *figure, const char *text);

/* In step_figures.c. */
measure_figure measure_peak, measure_threads, measure_double, measure_small, measure_cells,
    measure_tanh, measure_own_relu, measure_own_softsign, measure_own_squared;

/* In plan_figures.c. */
measure_figure measure_predict, measure_doubles, measure_epoch, measure_bytes;

/* In linear_figures.c. */
measure_figure measure_widths, measure_depths, measure_batches, measure_predicts;

/* In derivative_figures.c. */
measure_figure measure_jvp, measure_hvp, measure_inputs, measure_targets;

/* In poor_core.c. */
measure_figure measure_core;

#endif
