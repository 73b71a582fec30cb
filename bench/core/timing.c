/* SPDX-License-Identifier: BSD-3-Clause */
#include "timing.h"
#include "base/clock.h"

#include <stdlib.h>

/* Functions of OpenBLAS. They are weak, so that any other CBLAS links. */
extern int openblas_get_num_threads(void) __attribute__((weak));
extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { ROUNDS = 8, LEAST_BLOCKS = 3, LEAST_ROUNDS = 5, MOST_SWEEPS = 1 << 16 };

/* Reading the clock takes about 30 ns, which does not show in so long a block. */
#define BLOCK_SECONDS 20e-6

/* The long calls of another side lengthen a block of several sweeps up to this. */
#define LONGEST_SECONDS 0.1

bpb_status subject_sweep(const struct subject *subject, enum op op)
{
    for (size_t first = 0; first < subject->samples; first += subject->batch)
        TRY(subject->run[op](subject->state, first));
    return BPB_OK;
}

void subject_restore(const struct subject *subject)
{
    if (subject->restore != NULL)
        subject->restore(subject->state);
}

void subject_destroy(struct subject *subject)
{
    if (subject->state != NULL && subject->destroy != NULL)
        subject->destroy(subject->state);
    *subject = (struct subject){0};
}

/* Set the threads of the BLAS and return how many there were. Does nothing and returns 0 if threads
 * is 0 or the BLAS is not OpenBLAS. */
static int set_blas_threads(int threads)
{
    if (threads == 0 || openblas_get_num_threads == NULL || openblas_set_num_threads == NULL)
        return 0;
    const int found = openblas_get_num_threads();
    if (found != threads)
        openblas_set_num_threads(threads);
    return found;
}

static bpb_status run_sweeps(const struct side *side, size_t sweeps)
{
    bpb_status status = BPB_OK;
    for (size_t i = 0; i < sweeps && status >= 0; i++)
        status = subject_sweep(&side->subject, side->op);
    return status;
}

/* Run a block from the parameters of the start. *seconds: what it took, without the first sweeps,
 * which do not count. */
static bpb_status run_block(const struct side *side, size_t uncounted, size_t sweeps,
                            double *seconds)
{
    const struct subject *subject = &side->subject;
    if (side->op == OP_STEP)
        subject_restore(subject);
    const int threads = set_blas_threads(subject->blas_threads);
    bpb_status status = run_sweeps(side, uncounted);
    const double start = seconds_now();
    if (status >= 0)
        status = run_sweeps(side, sweeps);
    *seconds = seconds_now() - start;
    set_blas_threads(threads);
    return status;
}

bpb_status timing_block(const struct side *side, size_t sweeps, double *seconds)
{
    if (side->subject.clock != NULL)
        return side->subject.clock(side->subject.state, sweeps, seconds);
    return run_block(side, sweeps > 1, sweeps, seconds);
}

static bpb_status add_block(struct timing *timing, const struct subject *subject, double seconds)
{
    const size_t calls = timing->sweeps * (subject->samples / subject->batch);
    if (timing->count == timing->capacity) {
        const size_t capacity = timing->capacity == 0 ? 256 : 2 * timing->capacity;
        double *us = realloc(timing->us, capacity * sizeof *us);
        if (us == NULL)
            return BPB_ERR_MEMORY;
        timing->us = us;
        timing->capacity = capacity;
    }
    timing->us[timing->count++] = 1e6 * seconds / (double)calls;
    timing->spent += seconds;
    return BPB_OK;
}

/* Find how many sweeps make a block, and warm up. *seconds: what the last block took. */
static bpb_status calibrate(const struct side *side, struct timing *timing, double block,
                            double *seconds)
{
    timing->sweeps = 1;
    TRY(timing_block(side, 1, seconds));
    while (*seconds < block && timing->sweeps < MOST_SWEEPS) {
        timing->sweeps *= 2;
        TRY(timing_block(side, timing->sweeps, seconds));
    }
    return BPB_OK;
}

/* A call that takes longer than the whole budget counts as the first block. */
static bpb_status calibrate_within(const struct side *side, struct timing *timing, double budget)
{
    double seconds;
    TRY(calibrate(side, timing, BLOCK_SECONDS, &seconds));
    if (timing->sweeps == 1 && seconds > budget)
        return add_block(timing, &side->subject, seconds);
    return BPB_OK;
}

/* Run blocks until share seconds are spent, and at least so many blocks. */
static bpb_status run_share(const struct side *side, struct timing *timing, double share,
                            size_t blocks)
{
    while (timing->spent < share || timing->count < blocks) {
        double seconds;
        TRY(run_block(side, 0, timing->sweeps, &seconds));
        TRY(add_block(timing, &side->subject, seconds));
    }
    return BPB_OK;
}

bpb_status timing_run(const struct subject *subjects, struct timing *timings, size_t n, enum op op,
                      double seconds)
{
    for (size_t i = 0; i < n; i++)
        if (subjects[i].state != NULL)
            TRY(calibrate_within(&(struct side){subjects[i], op}, &timings[i], seconds));
    for (size_t round = 1; round <= ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (subjects[i].state != NULL)
                TRY(run_share(&(struct side){subjects[i], op}, &timings[i],
                              seconds * (double)round / ROUNDS,
                              round < LEAST_BLOCKS ? round : LEAST_BLOCKS));
    return BPB_OK;
}

/* The blocks of short calls last about as long as one call of the longest side. Interruptions then
 * hit all sides alike. */
static bpb_status calibrate_all(const struct side *sides, struct timing *timings, size_t n,
                                double block)
{
    double longest = block, last;
    for (size_t i = 0; i < n; i++) {
        TRY(calibrate(&sides[i], &timings[i], block, &last));
        longest = timings[i].sweeps == 1 && last > longest ? last : longest;
    }
    longest = longest < LONGEST_SECONDS ? longest : LONGEST_SECONDS;
    for (size_t i = 0; i < n && longest > block; i++)
        TRY(calibrate(&sides[i], &timings[i], longest, &last));
    return BPB_OK;
}

bpb_status timing_rounds(const struct side *sides, struct timing *timings, size_t n, double block,
                         double seconds)
{
    double spent = 0;
    TRY(calibrate_all(sides, timings, n, block));
    for (size_t round = 0; round < LEAST_ROUNDS || spent < seconds * (double)n; round++)
        for (size_t i = 0; i < n; i++) {
            double took;
            TRY(timing_block(&sides[i], timings[i].sweeps, &took));
            TRY(add_block(&timings[i], &sides[i].subject, took));
            spent += took;
        }
    return BPB_OK;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double timing_quantile(double *values, size_t n, double part)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, ascending);
    const double at = part * (double)(n - 1);
    const size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;
    return values[i] + (at - (double)i) * (values[next] - values[i]);
}

double timing_min(const struct timing *timing)
{
    double least = timing->count > 0 ? timing->us[0] : 0;
    for (size_t i = 1; i < timing->count; i++)
        least = timing->us[i] < least ? timing->us[i] : least;
    return least;
}

double timing_median(struct timing *timing)
{
    return timing_quantile(timing->us, timing->count, 0.5);
}

void timing_free(struct timing *timing)
{
    free(timing->us);
    *timing = (struct timing){0};
}
