/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas-bench: how fast the library is, and whether what it computes is right. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/common/restart.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "run.h"
#include "sheet.h"

const char *const program = "bpblas-bench";

static int run(const struct bench_case *shape, enum precision precision,
               const struct options *options, struct report *report)
{
    static run_case *const run_case_in[PRECISIONS] = {bench_srun_case, bench_drun_case};
    char what[64];
    bool agree = true;
    const bpb_status status = run_case_in[precision](shape, options, report, &agree);
    snprintf(what, sizeof what, "%s %s, %zu thread%s", shape->name, precision_names[precision],
             options->threads, options->threads == 1 ? "" : "s");
    if (status < 0)
        return fail(what, bpb_strerror(status));
    if (!agree)
        return fail(what, "the implementations disagree, so nothing is timed");
    if (options_impls(options, shape) != options->impls) {
        printf("%-4s %-8s %-4s naive-sample and naive-batch left out, minutes a call: name them by "
               "--impl\n",
               shape->name, "all", precision_names[precision]);
        report_gap(report);
    }
    return CODE_FINE;
}

static int run_all(const struct options *options, struct report *report)
{
    int code = CODE_FINE;
    for (size_t i = 0; i < CASES; i++)
        for (enum precision p = 0; p < PRECISIONS; p++)
            if (options->cases & BIT(i) && options->precisions & BIT(p) &&
                run(&bench_cases[i], p, options, report) != CODE_FINE)
                code = CODE_FAILED;
    return code;
}

static int run_and_report(const struct options *options, const struct sheet *sheet)
{
    struct report report;
    if (!report_open(&report, options->json, sheet))
        return fail(options->json, strerror(errno));
    int code = run_all(options, &report);
    sheet_print(sheet, stdout);
    if (!report_close(&report))
        code = fail(options->json, strerror(errno));
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    struct sheet sheet;
    if (!options_read(&options, argc, argv))
        return CODE_USAGE;
    if (options.help) {
        options_help();
        return finish(CODE_FINE);
    }
    restart_with_right_core(argv);
    const bpb_status status = sheet_fill(&sheet);
    if (status < 0)
        return fail("the BLAS", bpb_strerror(status));
    return finish(run_and_report(&options, &sheet));
}
