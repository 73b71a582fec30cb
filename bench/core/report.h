/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured, as a table on the terminal and as JSON lines in a file. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "cases.h"
#include "sheet.h"

/* One implementation of one operation. A ratio of 0 means that there is none. */
struct row {
    const struct bench_case *shape;
    enum impl impl;
    enum op op;
    enum precision precision;
    size_t threads;
    double us_min, us_median; /* of one call, on shape->batch columns */
    double gflops, peak_share;
    double times_sample, times_batch; /* a naive baseline's median in terms of this one */
};

struct report {
    FILE *json; /* NULL: none is wanted */
    size_t rows;
};

/* json_path NULL: no file. False: it cannot be written (see errno). */
bool report_open(struct report *report, const char *json_path, const struct sheet *sheet);
void report_row(struct report *report, const struct row *row);

/* Leave a line between one operation and the next. */
void report_gap(struct report *report);

/* False: something has not arrived in the file. */
bool report_close(struct report *report);

#endif
