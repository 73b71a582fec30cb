/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

/* Four digits or all before the point, in so many places; "-" for a value of 0. */
static void print_figure(int width, double value)
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

static void print_row(const struct row *row)
{
    printf("%-4s %-8s %-4s %-12s %5zu", row->shape->name, op_names[row->op],
           precision_names[row->precision], impl_names[row->impl], row->shape->batch);
    print_figure(9, row->us_min);
    print_figure(9, row->us_median);
    print_figure(9, row->us_median / (double)row->shape->batch);
    print_figure(7, row->gflops);
    printf(" %4.0f%%", 100 * row->peak_share);
    print_figure(7, row->times_sample);
    print_figure(7, row->times_batch);
    putchar('\n');
}

static void write_row(FILE *out, const struct row *row)
{
    struct json object = json_begin(out);
    json_string(&object, "case", row->shape->name);
    json_string(&object, "impl", impl_names[row->impl]);
    json_string(&object, "op", op_names[row->op]);
    json_string(&object, "precision", precision_names[row->precision]);
    json_number(&object, "batch", (double)row->shape->batch);
    json_number(&object, "threads", (double)row->threads);
    json_number(&object, "us_min", row->us_min);
    json_number(&object, "us_median", row->us_median);
    json_number(&object, "gflops", row->gflops);
    json_number(&object, "peak_share", row->peak_share);
    json_end(&object);
    fputc('\n', out);
}

static void write_machine(FILE *out, const struct sheet *sheet)
{
    struct json object = json_begin(out);
    struct json machine = json_object(&object, "machine");
    sheet_json(sheet, &machine);
    json_end(&machine);
    json_end(&object);
    fputc('\n', out);
}

bool report_open(struct report *report, const char *json_path, const struct sheet *sheet)
{
    *report = (struct report){0};
    if (json_path == NULL)
        return true;
    report->json = fopen(json_path, "w");
    if (report->json == NULL)
        return false;
    write_machine(report->json, sheet);
    return true;
}

void report_row(struct report *report, const struct row *row)
{
    if (report->rows++ == 0)
        print_heading();
    print_row(row);
    if (report->json != NULL)
        write_row(report->json, row);
}

void report_gap(struct report *report)
{
    if (report->rows > 0)
        putchar('\n');
    fflush(stdout);
}

bool report_close(struct report *report)
{
    FILE *json = report->json;
    report->json = NULL;
    if (json == NULL)
        return true;
    const bool written = fflush(json) == 0 && !ferror(json);
    return fclose(json) == 0 && written;
}
