/* SPDX-License-Identifier: BSD-3-Clause */
/* Time each operation of a case by all implementations; print a table, write JSON lines. */
#ifndef BENCH_COMPARISON_H
#define BENCH_COMPARISON_H

#include "cases.h"
#include "timing.h"

enum { PEAK = IMPLS, SUBJECTS };

/* One case in one precision; implementations that are not timed have no state. */
struct lineup {
    const struct bench_case *shape;
    enum precision precision;
    size_t threads;     /* of the library */
    double peak_flops;  /* operations in a run of the peak */
    struct subject subject[SUBJECTS];
};

struct table {
    FILE *json; /* NULL: no file */
    size_t rows;
};

/* Time one operation and print its rows. */
bpb_status measure_lineup(const struct lineup *lineup, enum op op, double seconds,
                          struct table *table);

/* Check one case, then time it. *agree: whether the implementations agree. If they do not, nothing
 * is timed. */
typedef bpb_status compare_case(const struct bench_case *shape,
                                const struct bench_options *options, struct table *table,
                                bool *agree);
compare_case bench_dcompare_case, bench_scompare_case;

/* The implementations to time for this case. By default the naive ones are left out if they take
 * minutes. */
unsigned wanted_impls(const struct bench_options *options, const struct bench_case *shape);

/* Compare all cases that are asked for. json may be NULL. Returns an exit code. */
int compare_cases(const struct bench_options *options, FILE *json);

#endif
