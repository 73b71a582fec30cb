/* SPDX-License-Identifier: BSD-3-Clause */
#include "timing.h"

#include <stdlib.h>
#include <time.h>

#include "blas_threads.h"

enum { ROUNDS = 8, LEAST_BLOCKS = 3, MOST_SWEEPS = 256 };

/* Long enough that reading the clock, some 30 ns, does not show. */
#define BLOCK_SECONDS 20e-6

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Run a block from the parameters of the start, and the seconds it took. */
static bpb_status run_block(const struct subject *subject, enum op op, size_t sweeps,
                            double *seconds)
{
    if (op == OP_STEP)
        subject->restore(subject->state);
    const int threads = blas_set_threads(subject->blas_threads);
    bpb_status status = BPB_OK;
    const double start = now();
    for (size_t i = 0; i < sweeps && status >= 0; i++)
        status = subject_sweep(subject, op);
    *seconds = now() - start;
    blas_set_threads(threads);
    return status;
}

static bpb_status grow(struct timing *timing)
{
    const size_t capacity = timing->capacity == 0 ? 256 : 2 * timing->capacity;
    double *us = realloc(timing->us, capacity * sizeof *us);
    if (us == NULL)
        return BPB_ERR_MEMORY;
    timing->us = us;
    timing->capacity = capacity;
    return BPB_OK;
}

static bpb_status note(struct timing *timing, const struct subject *subject, double seconds)
{
    const size_t calls = timing->sweeps * (subject->samples / subject->batch);
    if (timing->count == timing->capacity)
        TRY(grow(timing));
    timing->us[timing->count++] = 1e6 * seconds / (double)calls;
    timing->spent += seconds;
    return BPB_OK;
}

/* Find how many sweeps make a block. That warms up too; only a call longer than all the time
 * there is counts already. */
static bpb_status calibrate(const struct subject *subject, struct timing *timing, enum op op,
                            double budget)
{
    double seconds;
    timing->sweeps = 1;
    TRY(run_block(subject, op, 1, &seconds));
    if (seconds > budget)
        return note(timing, subject, seconds);
    while (seconds < BLOCK_SECONDS && timing->sweeps < MOST_SWEEPS) {
        timing->sweeps *= 2;
        TRY(run_block(subject, op, timing->sweeps, &seconds));
    }
    return BPB_OK;
}

static bpb_status run_share(const struct subject *subject, struct timing *timing, enum op op,
                            double share, size_t blocks)
{
    while (timing->spent < share || timing->count < blocks) {
        double seconds;
        TRY(run_block(subject, op, timing->sweeps, &seconds));
        TRY(note(timing, subject, seconds));
    }
    return BPB_OK;
}

bpb_status timing_run(const struct subject *subjects, struct timing *timings, size_t n, enum op op,
                      double seconds)
{
    for (size_t i = 0; i < n; i++)
        if (subjects[i].state != NULL)
            TRY(calibrate(&subjects[i], &timings[i], op, seconds));
    for (size_t round = 1; round <= ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (subjects[i].state != NULL)
                TRY(run_share(&subjects[i], &timings[i], op, seconds * (double)round / ROUNDS,
                              round < LEAST_BLOCKS ? round : LEAST_BLOCKS));
    return BPB_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort(struct timing *timing)
{
    if (timing->count > 0)
        qsort(timing->us, timing->count, sizeof *timing->us, ascending);
}

double timing_min(struct timing *timing)
{
    sort(timing);
    return timing->count > 0 ? timing->us[0] : 0;
}

double timing_median(struct timing *timing)
{
    const size_t n = timing->count;
    sort(timing);
    return n > 0 ? 0.5 * (timing->us[(n - 1) / 2] + timing->us[n / 2]) : 0;
}

void timing_free(struct timing *timing)
{
    free(timing->us);
    *timing = (struct timing){0};
}
