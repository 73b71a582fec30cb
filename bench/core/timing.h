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

/* One of those that are compared in rounds: an operation of a subject. */
struct side {
    struct subject subject;
    enum op op;
};

/* The seconds of a block of so many sweeps; if more than one, after one that does not count. */
bpb_status timing_block(const struct side *side, size_t sweeps, double *seconds);

/*
 * Time blocks of the sides in turn, round after round, until all have had so many seconds each,
 * and in five rounds at least: us[r] of every timing is of round r. A block takes the time given or
 * up to twice that, or one call if that is longer; if there are such calls, the other blocks are
 * made as long, up to 0.1 s.
 */
bpb_status timing_rounds(const struct side *sides, struct timing *timings, size_t n, double block,
                         double seconds);

/* What the given part of so many values lie below; sorts them. 0 for none. */
double timing_quantile(double *values, size_t n, double part);

/* 0 where nothing was timed. The median sorts the values. */
double timing_min(const struct timing *timing);
double timing_median(struct timing *timing);

void timing_free(struct timing *timing);

#endif
