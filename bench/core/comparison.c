/* SPDX-License-Identifier: BSD-3-Clause */
#include "comparison.h"

#include "timing.h"

/* 0 where one of them is missing. */
static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Operations over microseconds, in GFLOP/s. */
static double rate(double flops, double us)
{
    return ratio(flops, 1e3 * us);
}

static struct row make_row(const struct lineup *lineup, enum op op, enum impl impl,
                           struct timing *timings)
{
    const double us = timing_median(&timings[impl]);
    const double gflops = rate(case_flops(lineup->shape, op), us);
    return (struct row){
        .shape = lineup->shape,
        .impl = impl,
        .op = op,
        .precision = lineup->precision,
        .threads = impl == IMPL_BPBLAS ? lineup->threads : 1,
        .us_min = timing_min(&timings[impl]),
        .us_median = us,
        .gflops = gflops,
        .peak_share = ratio(gflops, rate(lineup->peak_flops, timing_median(&timings[PEAK]))),
        .times_sample = ratio(timing_median(&timings[IMPL_NAIVE_SAMPLE]), us),
        .times_batch = ratio(timing_median(&timings[IMPL_NAIVE_BATCH]), us),
    };
}

static void report_timings(const struct lineup *lineup, enum op op, struct timing *timings,
                           struct report *report)
{
    for (enum impl impl = 0; impl < IMPLS; impl++)
        if (lineup->subject[impl].state != NULL) {
            const struct row row = make_row(lineup, op, impl, timings);
            report_row(report, &row);
        }
    report_gap(report);
}

bpb_status measure(const struct lineup *lineup, enum op op, double seconds, struct report *report)
{
    struct timing timings[SUBJECTS] = {0};
    const bpb_status status = timing_run(lineup->subject, timings, SUBJECTS, op, seconds);
    if (status >= 0)
        report_timings(lineup, op, timings, report);
    for (int i = 0; i < SUBJECTS; i++)
        timing_free(&timings[i]);
    return status;
}
