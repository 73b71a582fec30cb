/* SPDX-License-Identifier: BSD-3-Clause */
#include "comparison.h"

#include "json_line.h"

/* One implementation of one operation. A ratio of 0 means that it is unknown. */
struct row {
    enum impl impl;
    size_t threads;
    double us_min, us_median; /* of one call, on the whole batch */
    double gflops, peak_share;
    double times_sample, times_batch; /* a naive baseline's median over this one */
};

/* 0 if b is missing. */
static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Operations over microseconds, in GFLOP/s. */
static double gflops_of(double flops, double us)
{
    return ratio(flops, 1e3 * us);
}

static struct row make_row(const struct lineup *lineup, enum op op, enum impl impl,
                           struct timing *timings)
{
    const double us = timing_median(&timings[impl]);
    const double gflops = gflops_of(case_flops(lineup->shape, op), us);
    const double peak = gflops_of(lineup->peak_flops, timing_median(&timings[PEAK]));
    return (struct row){
        .impl = impl,
        .threads = impl == IMPL_BPBLAS ? lineup->threads : 1,
        .us_min = timing_min(&timings[impl]),
        .us_median = us,
        .gflops = gflops,
        .peak_share = ratio(gflops, peak),
        .times_sample = ratio(timing_median(&timings[IMPL_NAIVE_SAMPLE]), us),
        .times_batch = ratio(timing_median(&timings[IMPL_NAIVE_BATCH]), us),
    };
}

/* Four significant digits, or all before the decimal point; "-" if the value is 0. */
static void print_number(int width, double value)
{
    const int digits = value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0;
    if (value == 0)
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, digits, value);
}

static void print_heading(void)
{
    printf("%-4s %-8s %-4s %-12s %5s %9s %9s %9s %7s %5s %7s %7s\n", "case", "op", "prec", "impl",
           "batch", "min us", "median us", "us/column", "GFLOP/s", "peak", "xsample", "xbatch");
}

static void print_row(const struct lineup *lineup, enum op op, const struct row *row)
{
    const size_t B = lineup->shape->batch;
    printf("%-4s %-8s %-4s %-12s %5zu", lineup->shape->name, op_names[op],
           precision_names[lineup->precision], impl_names[row->impl], B);
    print_number(9, row->us_min);
    print_number(9, row->us_median);
    print_number(9, row->us_median / (double)B);
    print_number(7, row->gflops);
    printf(" %4.0f%%", 100 * row->peak_share);
    print_number(7, row->times_sample);
    print_number(7, row->times_batch);
    putchar('\n');
}

static void write_row(FILE *out, const struct lineup *lineup, enum op op, const struct row *row)
{
    struct json object = json_begin(out);
    json_string(&object, "case", lineup->shape->name);
    json_string(&object, "impl", impl_names[row->impl]);
    json_string(&object, "op", op_names[op]);
    json_string(&object, "precision", precision_names[lineup->precision]);
    json_number(&object, "batch", (double)lineup->shape->batch);
    json_number(&object, "threads", (double)row->threads);
    json_number(&object, "us_min", row->us_min);
    json_number(&object, "us_median", row->us_median);
    json_number(&object, "gflops", row->gflops);
    json_number(&object, "peak_share", row->peak_share);
    json_end(&object);
    fputc('\n', out);
}

/* An empty line between one operation and the next. */
static void end_operation(const struct table *table)
{
    if (table->rows > 0)
        putchar('\n');
    fflush(stdout);
}

bpb_status measure_lineup(const struct lineup *lineup, enum op op, double seconds,
                          struct table *table)
{
    struct timing timings[SUBJECTS] = {0};
    const bpb_status status = timing_run(lineup->subject, timings, SUBJECTS, op, seconds);
    for (enum impl impl = 0; status >= 0 && impl < IMPLS; impl++)
        if (lineup->subject[impl].state != NULL) {
            const struct row row = make_row(lineup, op, impl, timings);
            if (table->rows++ == 0)
                print_heading();
            print_row(lineup, op, &row);
            if (table->json != NULL)
                write_row(table->json, lineup, op, &row);
        }
    if (status >= 0)
        end_operation(table);
    for (int i = 0; i < SUBJECTS; i++)
        timing_free(&timings[i]);
    return status;
}

unsigned wanted_impls(const struct bench_options *options, const struct bench_case *shape)
{
    const unsigned naive = BIT(IMPL_NAIVE_SAMPLE) | BIT(IMPL_NAIVE_BATCH);
    return shape->ask && !options->impls_named ? options->impls & ~naive : options->impls;
}

static int compare(const struct bench_case *shape, enum precision precision,
                   const struct bench_options *options, struct table *table)
{
    static compare_case *const compare_in[PRECISIONS] = {bench_scompare_case, bench_dcompare_case};
    char what[64];
    bool agree = true;
    const bpb_status status = compare_in[precision](shape, options, table, &agree);
    snprintf(what, sizeof what, "%s %s, %zu thread%s", shape->name, precision_names[precision],
             options->threads, options->threads == 1 ? "" : "s");
    if (status < 0)
        return fail(what, bpb_strerror(status));
    if (!agree)
        return fail(what, "the implementations disagree, so nothing is timed");
    if (wanted_impls(options, shape) != options->impls) {
        printf("%-4s %-8s %-4s naive-sample and naive-batch left out, minutes a call: name them by "
               "--impl\n",
               shape->name, "all", precision_names[precision]);
        end_operation(table);
    }
    return CODE_FINE;
}

int compare_cases(const struct bench_options *options, FILE *json)
{
    struct table table = {.json = json};
    int code = CODE_FINE;
    for (size_t i = 0; i < CASES; i++)
        for (enum precision p = 0; p < PRECISIONS; p++)
            if (options->cases & BIT(i) && options->precisions & BIT(p) &&
                compare(&bench_cases[i], p, options, &table) != CODE_FINE)
                code = CODE_FAILED;
    return code;
}
