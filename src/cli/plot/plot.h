/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas plot: logs of training, drawn by gnuplot. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/common/args.h"

struct plot_settings {
    const char *out;
};

/* The scores that a log may have for each epoch. */
enum curve {
    CURVE_TRAIN_LOSS,
    CURVE_VALIDATION_LOSS,
    CURVE_TEST_LOSS,
    CURVE_TRAIN_ACCURACY,
    CURVE_VALIDATION_ACCURACY,
    CURVE_TEST_ACCURACY,
    CURVES
};
#define CURVE_FIRST_ACCURACY CURVE_TRAIN_ACCURACY

struct plot_epoch {
    double epoch;
    double value[CURVES]; /* NaN: absent or not finite */
};

struct plot_log {
    const char *path;
    struct plot_epoch *epochs;
    size_t n, capacity;
    bool has[CURVES]; /* a finite number at least once */
};

/* Read a log of bpblas train --log. An int code; the log is to be freed in any case. */
int plot_read(struct plot_log *log, const char *path);
void plot_free(struct plot_log *log);

/* Logs drawn in one picture. */
struct plot {
    const char *terminal; /* terminal of gnuplot, with its options */
    const struct plot_log *logs;
    size_t n;
};

/* Write the script for gnuplot, which draws to its standard output. */
void plot_write_script(FILE *file, const struct plot *plot);

/* Draw with gnuplot; the file is replaced once the picture is complete. An int code. */
int plot_draw(const struct plot *plot, const char *path);

#endif
