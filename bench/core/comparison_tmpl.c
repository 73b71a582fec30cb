/* SPDX-License-Identifier: BSD-3-Clause */
#include "comparison.h"

#include "agreement_tmpl.h"
#include "vector_level_tmpl.h"

/* The implementations of the set, and the peak to compare them with. */
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

/* bench_dcompare_case, bench_scompare_case */
bpb_status BENCH(compare_case)(const struct bench_case *shape,
                               const struct bench_options *options, struct table *table,
                               bool *agree)
{
    struct BENCH(problem) problem;
    struct lineup lineup = {.shape = shape, .precision = PRECISION, .threads = options->threads};
    bpb_status status = BENCH(problem_create)(&problem, shape);
    problem.threads = options->threads;
    if (status >= 0)
        status = BENCH(check)(&problem, agree);
    if (status >= 0 && *agree)
        status = create_lineup(&lineup, &problem, wanted_impls(options, shape));
    for (enum op op = 0; op < OPS; op++)
        if (status >= 0 && *agree && options->ops & BIT(op))
            status = measure_lineup(&lineup, op, options->seconds, table);
    for (int i = 0; i < SUBJECTS; i++)
        subject_destroy(&lineup.subject[i]);
    BENCH(problem_destroy)(&problem);
    return status;
}
