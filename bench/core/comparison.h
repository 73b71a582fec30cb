/* SPDX-License-Identifier: BSD-3-Clause */
/* From subjects to rows: time one operation of all implementations side by side. */
#ifndef BENCH_COMPARISON_H
#define BENCH_COMPARISON_H

#include "report.h"
#include "subject.h"

enum { PEAK = IMPLS, SUBJECTS };

/* One case in one precision; implementations that are not wanted have no state. */
struct lineup {
    const struct bench_case *shape;
    enum precision precision;
    size_t threads;     /* of the library */
    double peak_flops;  /* operations in a run of the peak */
    struct subject subject[SUBJECTS];
};

bpb_status measure(const struct lineup *lineup, enum op op, double seconds, struct report *report);

#endif
