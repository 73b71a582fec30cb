/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas plot: logs, read and drawn by gnuplot. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/common/args.h"

struct plot_settings {
    const char *out;
};

/* What a log may have of each epoch. */
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
    double value[CURVES]; /* NaN: not there, or not finite */
};

struct plot_log {
    const char *path;
    struct plot_epoch *epochs;
    size_t n, capacity;
    bool has[CURVES]; /* a number at least once */
};

/* Read a log that bpblas train --log has written. An int code; to be freed in any case. */
int plot_read(struct plot_log *log, const char *path);
void plot_free(struct plot_log *log);

/* Logs to be drawn in one picture. */
struct plot {
    const char *terminal; /* of gnuplot, with its options */
    const struct plot_log *logs;
    size_t n;
};

/* What gnuplot has to be told. The picture comes out on its standard output. */
void plot_write_script(FILE *file, const struct plot *plot);

/* Let gnuplot draw it to the file, which is replaced once it is whole. An int code. */
int plot_draw(const struct plot *plot, const char *path);

#endif
