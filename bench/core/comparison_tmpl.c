/* SPDX-License-Identifier: BSD-3-Clause */
#include "run.h"

#include "agreement_tmpl.h"
#include "peak.h"

/* The implementations that are wanted, and the peak to compare them with. */
static bpb_status create_lineup(struct lineup *lineup, const struct BENCH(problem) *problem,
                                unsigned impls)
{
    static BENCH(maker) *const create[IMPLS] = {
        BENCH(bpblas_create), BENCH(gemm_create), BENCH(naive_sample_create),
        BENCH(naive_batch_create)};
    for (enum impl impl = 0; impl < IMPLS; impl++)
        if (impls & BIT(impl))
            TRY(create[impl](&lineup->subject[impl], problem));
    BENCH(peak_create)(&lineup->subject[PEAK], &lineup->peak_flops);
    return BPB_OK;
}

static bpb_status measure_ops(const struct lineup *lineup, const struct options *options,
                              struct report *report)
{
    for (enum op op = 0; op < OPS; op++)
        if (options->ops & BIT(op))
            TRY(measure(lineup, op, options->seconds, report));
    return BPB_OK;
}

static bpb_status measure_problem(const struct BENCH(problem) *problem,
                                  const struct options *options, struct report *report)
{
    struct lineup lineup = {
        .shape = problem->shape, .precision = PRECISION, .threads = problem->threads};
    bpb_status status =
        create_lineup(&lineup, problem, options_impls(options, problem->shape));
    if (status >= 0)
        status = measure_ops(&lineup, options, report);
    for (int i = 0; i < SUBJECTS; i++)
        subject_destroy(&lineup.subject[i]);
    return status;
}

/* bench_drun_case, bench_srun_case */
bpb_status BENCH(run_case)(const struct bench_case *shape, const struct options *options,
                           struct report *report, bool *agree)
{
    struct BENCH(problem) problem;
    bpb_status status = BENCH(problem_create)(&problem, shape);
    problem.threads = options->threads;
    if (status >= 0)
        status = BENCH(check)(&problem, agree);
    if (status >= 0 && *agree)
        status = measure_problem(&problem, options, report);
    BENCH(problem_destroy)(&problem);
    return status;
}
