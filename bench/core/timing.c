/* SPDX-License-Identifier: BSD-3-Clause */
#include "timing.h"

#include <stdlib.h>
#include <time.h>

#include "blas_threads.h"

enum { ROUNDS = 8, LEAST_BLOCKS = 3, LEAST_ROUNDS = 5, MOST_SWEEPS = 1 << 16 };

/* Long enough that reading the clock, some 30 ns, does not show. */
#define BLOCK_SECONDS 20e-6

/* No block of several sweeps is made longer than this for the sake of another side's calls. */
#define LONGEST_SECONDS 0.1

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bpb_status sweep(const struct side *side, size_t sweeps)
{
    bpb_status status = BPB_OK;
    for (size_t i = 0; i < sweeps && status >= 0; i++)
        status = subject_sweep(&side->subject, side->op);
    return status;
}

/* Run a block from the parameters of the start, after so many sweeps that do not count, and the
 * seconds it took. */
static bpb_status run_block(const struct side *side, size_t uncounted, size_t sweeps,
                            double *seconds)
{
    const struct subject *subject = &side->subject;
    if (side->op == OP_STEP)
        subject->restore(subject->state);
    const int threads = blas_set_threads(subject->blas_threads);
    bpb_status status = sweep(side, uncounted);
    const double start = now();
    if (status >= 0)
        status = sweep(side, sweeps);
    *seconds = now() - start;
    blas_set_threads(threads);
    return status;
}

bpb_status timing_block(const struct side *side, size_t sweeps, double *seconds)
{
    if (side->subject.clock != NULL)
        return side->subject.clock(side->subject.state, sweeps, seconds);
    return run_block(side, sweeps > 1, sweeps, seconds);
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

/* Find how many sweeps make a block, and the seconds of the last one tried. That warms up too. */
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

/* Only a call longer than all the time there is counts already. */
static bpb_status begin(const struct side *side, struct timing *timing, double budget)
{
    double seconds;
    TRY(calibrate(side, timing, BLOCK_SECONDS, &seconds));
    if (timing->sweeps == 1 && seconds > budget)
        return note(timing, &side->subject, seconds);
    return BPB_OK;
}

static bpb_status run_share(const struct side *side, struct timing *timing, double share,
                            size_t blocks)
{
    while (timing->spent < share || timing->count < blocks) {
        double seconds;
        TRY(run_block(side, 0, timing->sweeps, &seconds));
        TRY(note(timing, &side->subject, seconds));
    }
    return BPB_OK;
}

bpb_status timing_run(const struct subject *subjects, struct timing *timings, size_t n, enum op op,
                      double seconds)
{
    for (size_t i = 0; i < n; i++)
        if (subjects[i].state != NULL)
            TRY(begin(&(struct side){subjects[i], op}, &timings[i], seconds));
    for (size_t round = 1; round <= ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (subjects[i].state != NULL)
                TRY(run_share(&(struct side){subjects[i], op}, &timings[i],
                              seconds * (double)round / ROUNDS,
                              round < LEAST_BLOCKS ? round : LEAST_BLOCKS));
    return BPB_OK;
}

/* Blocks of sides whose calls are short last about as long as a call of the longest, so that none
 * falls between the interruptions that another suffers. */
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

static bpb_status run_round(const struct side *sides, struct timing *timings, size_t n,
                            double *spent)
{
    for (size_t i = 0; i < n; i++) {
        double seconds;
        TRY(timing_block(&sides[i], timings[i].sweeps, &seconds));
        TRY(note(&timings[i], &sides[i].subject, seconds));
        *spent += seconds;
    }
    return BPB_OK;
}

bpb_status timing_rounds(const struct side *sides, struct timing *timings, size_t n, double block,
                         double seconds)
{
    double spent = 0;
    TRY(calibrate_all(sides, timings, n, block));
    for (size_t round = 0; round < LEAST_ROUNDS || spent < seconds * (double)n; round++)
        TRY(run_round(sides, timings, n, &spent));
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
