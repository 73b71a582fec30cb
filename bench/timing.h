/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking the time of subjects in turn. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include "subject.h"

struct timing {
    double *us; /* one value a block: microseconds a call */
    size_t count, capacity;
    size_t sweeps; /* of a block */
    double spent;  /* seconds so far */
};

/*
 * Time one operation of some subjects (those without state are left out) for so many seconds
 * each, in rounds that give every one its share, so that all see the same weather. A subject that
 * needs longer for a single call than its seconds is called three times.
 */
bpb_status timing_run(const struct subject *subjects, struct timing *timings, size_t n, enum op op,
                      double seconds);

/* 0 where nothing was timed; they sort the values. */
double timing_min(struct timing *timing);
double timing_median(struct timing *timing);

void timing_free(struct timing *timing);

#endif
