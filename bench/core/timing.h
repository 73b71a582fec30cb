/* SPDX-License-Identifier: BSD-3-Clause */
/* Implementations of a case, and taking their time in turn. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include "bench.h"

/* One implementation of one case, ready to be run. */
struct subject {
    void *state;           /* of the implementation; NULL: there is no such subject */
    size_t samples, batch; /* columns of the data, and of one call */
    int blas_threads;      /* threads of the BLAS during a call; 0: as they are */
    bpb_status (*run[OPS])(void *state, size_t first); /* on the batch from column first */
    /* Run a block and report its time. NULL: the bench calls run and takes the time itself. */
    bpb_status (*clock)(void *state, size_t sweeps, double *seconds);
    void (*restore)(void *state); /* go back to the parameters of the start; NULL: they are never
                                     changed */
    void (*deliver)(void *state); /* put the results into struct result; NULL: they are there */
    void (*destroy)(void *state); /* NULL: nothing to do */
};

/* Run the operation on every batch of the data in turn. */
bpb_status subject_sweep(const struct subject *subject, enum op op);

void subject_restore(const struct subject *subject);

/* Accepts a subject without state. */
void subject_destroy(struct subject *subject);

struct timing {
    double *us; /* one value a block: microseconds a call */
    size_t count, capacity;
    size_t sweeps; /* of a block */
    double spent;  /* seconds so far */
};

/*
 * Time one operation of the subjects that have state, for so many seconds each. Every round gives
 * each subject its share, so that all see the same state of the machine. A subject of which one
 * call takes longer than its seconds is called three times.
 */
bpb_status timing_run(const struct subject *subjects, struct timing *timings, size_t n, enum op op,
                      double seconds);

/* One side of a comparison: an operation of a subject. */
struct side {
    struct subject subject;
    enum op op;
};

/* The seconds of a block of so many sweeps. If there are several, one more comes first and does not
 * count. */
bpb_status timing_block(const struct side *side, size_t sweeps, double *seconds);

/*
 * Time blocks of the sides in turn, round after round, for so many seconds each and at least five
 * rounds. us[r] of every timing is of round r. A block takes the given time, up to twice that, or
 * one call if a call is longer. In that case the other blocks become as long, up to 0.1 s.
 */
bpb_status timing_rounds(const struct side *sides, struct timing *timings, size_t n, double block,
                         double seconds);

/* The quantile of n values, linear between two; part is 0 to 1. Sorts them. 0 if n is 0. */
double timing_quantile(double *values, size_t n, double part);

/* 0 if nothing was timed. The median sorts the values. */
double timing_min(const struct timing *timing);
double timing_median(struct timing *timing);

void timing_free(struct timing *timing);

#endif
