/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas-bench: how fast the library is, and whether what it computes is right. */
#include <errno.h>
#include <string.h>

#include "bench_options.h"
#include "cli/common/restart.h"
#include "core/comparison.h"
#include "core/sheet.h"
#include "goals/figures.h"

static void write_machine(FILE *out, const struct sheet *sheet)
{
    struct json object = json_begin(out);
    struct json machine = json_object(&object, "machine");
    sheet_json(sheet, &machine);
    json_end(&machine);
    json_end(&object);
    fputc('\n', out);
}

static int measure(const struct bench_options *options, const struct sheet *sheet, FILE *json)
{
    int code;
    if (options->goals) {
        sheet_print(sheet, stdout);
        putchar('\n');
        return measure_goals(options, sheet, json);
    }
    code = compare_cases(options, json);
    sheet_print(sheet, stdout);
    return code;
}

static int measure_and_write(const struct bench_options *options, const struct sheet *sheet)
{
    if (options->json == NULL)
        return measure(options, sheet, NULL);
    FILE *json = fopen(options->json, "w");
    if (json == NULL)
        return fail(options->json, strerror(errno));
    write_machine(json, sheet);
    int code = measure(options, sheet, json);
    const bool written = fflush(json) == 0 && !ferror(json);
    if (fclose(json) != 0 || !written)
        code = fail(options->json, strerror(errno));
    return code;
}

/* What has been printed may still fail to arrive, for example on a full disk. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return fail("standard output", strerror(errno));
}

int main(int argc, char **argv)
{
    struct bench_options options;
    struct sheet sheet;
    if (argc == 3 && strcmp(argv[1], SERVE_STEPS) == 0)
        return serve_steps(argv[2]);
    if (!options_read(&options, argc, argv))
        return CODE_USAGE;
    if (options.help || options.list) {
        if (options.help)
            options_help();
        else
            list_goals();
        return flush_output(CODE_FINE);
    }
    restart_with_right_core(argv);
    const bpb_status status = sheet_fill(&sheet);
    if (status < 0)
        return fail("the BLAS", bpb_strerror(status));
    return flush_output(measure_and_write(&options, &sheet));
}
