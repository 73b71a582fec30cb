/* SPDX-License-Identifier: BSD-3-Clause */
/* bpblas-goals: the figures that the library is meant to reach, each measured against its goal. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "cli/common/restart.h"
#include "goals_child.h"
#include "goals_figures.h"
#include "outcome.h"

#define PROGRAM "bpblas-goals"
#define SECONDS 0.5
#define THREADS 2

const char *const program = PROGRAM;

static const char help_text[] =
    "usage: " PROGRAM " [OPTION...]\n"
    "\n"
    "Measures figures that the library is meant to reach. All sides of a ratio are timed in turn,\n"
    "a block of about a millisecond or one call each, round after round, and a ratio is taken in\n"
    "every round. What sides compute alike is compared before it is timed.\n"
    "\n"
    "options (LIST: names with commas; the beginning of a name stands for all that begin so):\n"
    "  --only LIST     of the names that --list prints; default all\n"
    "  --cases LIST    figures of these cases, and those that have none; default all\n"
    "  --seconds S     for each side of a measurement, five rounds at least; default 0.5\n"
    "  --threads N     of the figure threads; default 2\n"
    "  --json FILE     write the machine and then each line as one JSON object a line\n"
    "  --list          print the names and what they stand for\n"
    "  --help          print this\n"
    "\n"
    "columns of the table:\n"
    "  what            name, case, precision\n"
    "  value           the median over the rounds; of \"minimum\", that\n"
    "  quarter, three q.  the quartiles over the rounds\n"
    "  goal, reached   judged by the value; \"-\": to compare with, or to know\n"
    "  minimum us      of a call of each side, over the blocks\n"
    "\n"
    "exit codes:\n"
    "  0  done, whatever is reached\n"
    "  1  sides disagree, or a call or the writing of a file failed\n"
    "  2  the command line is wrong\n"
    "\n"
    "environment: OPENBLAS_CORETYPE and BPBLAS_NO_RESTART=1, as for bpblas-bench\n";

enum key { KEY_ONLY = 1, KEY_CASES, KEY_SECONDS, KEY_THREADS, KEY_JSON, KEY_LIST, KEY_HELP };

static const struct option long_options[] = {
    {"only", required_argument, NULL, KEY_ONLY},
    {"cases", required_argument, NULL, KEY_CASES},
    {"seconds", required_argument, NULL, KEY_SECONDS},
    {"threads", required_argument, NULL, KEY_THREADS},
    {"json", required_argument, NULL, KEY_JSON},
    {"list", no_argument, NULL, KEY_LIST},
    {"help", no_argument, NULL, KEY_HELP},
    {NULL, 0, NULL, 0},
};

struct goals_options {
    struct goals_run run;
    const char *json; /* NULL: no file */
    bool list, help;
};

static bool read_option(struct goals_options *options, int key, const char *text)
{
    struct goals_run *run = &options->run;
    switch (key) {
    case KEY_ONLY:
        return read_set(text, group_names, GROUPS, &run->only);
    case KEY_CASES:
        return read_cases(text, &run->cases);
    case KEY_SECONDS:
        return read_seconds(text, &run->seconds);
    case KEY_THREADS:
        return read_threads(text, &run->threads);
    case KEY_JSON:
        options->json = text;
        return true;
    case KEY_LIST:
        return options->list = true;
    case KEY_HELP:
        return options->help = true;
    }
    fputs("see " PROGRAM " --help\n", stderr);
    return false;
}

static bool read_options(struct goals_options *options, int argc, char **argv)
{
    int key;
    *options = (struct goals_options){.run = {.only = BIT(GROUPS) - 1,
                                              .cases = BIT(CASES) - 1,
                                              .seconds = SECONDS,
                                              .threads = THREADS}};
    while ((key = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!read_option(options, key, optarg))
            return false;
    if (optind < argc)
        fprintf(stderr, PROGRAM ": unexpected \"%s\"; see " PROGRAM " --help\n", argv[optind]);
    return optind >= argc;
}

static void print_list(void)
{
    for (enum group group = 0; group < GROUPS; group++)
        printf("%-8s %s\n", group_names[group], group_texts[group]);
}

static bool wanted(const struct goals_run *run, const struct figure *figure)
{
    const struct bench_case *shape = figure->name ? case_named(figure->name) : NULL;
    return run->only & BIT(figure->group) &&
           (shape == NULL || run->cases & BIT(shape - bench_cases));
}

static int measure(struct goals_run *run, const struct figure *figure)
{
    struct match match = match_begin(run);
    const bpb_status status = figure->measure(&match, figure);
    match_end(&match);
    if (status >= 0)
        return CODE_FINE;
    return fail(line_of(figure, "").what, match.why ? match.why : bpb_strerror(status));
}

static int measure_all(struct goals_run *run)
{
    int code = CODE_FINE;
    match_heading();
    for (size_t i = 0; i < n_figures; i++)
        if (wanted(run, &figures[i]) && measure(run, &figures[i]) != CODE_FINE)
            code = CODE_FAILED;
    return code;
}

static int measure_and_report(struct goals_options *options)
{
    struct goals_run *run = &options->run;
    struct sheet sheet;
    const bpb_status status = sheet_fill(&sheet);
    if (status < 0)
        return fail("the BLAS", bpb_strerror(status));
    run->sheet = &sheet;
    if (!report_open(&run->report, options->json, &sheet))
        return fail(options->json, strerror(errno));
    sheet_print(&sheet, stdout);
    putchar('\n');
    int code = measure_all(run);
    if (!report_close(&run->report))
        code = fail(options->json, strerror(errno));
    return code;
}

int main(int argc, char **argv)
{
    struct goals_options options;
    if (argc == 3 && strcmp(argv[1], SERVE) == 0)
        return child_serve(argv[2]);
    if (!read_options(&options, argc, argv))
        return CODE_USAGE;
    if (options.help || options.list) {
        if (options.help)
            fputs(help_text, stdout);
        else
            print_list();
        return finish(CODE_FINE);
    }
    restart_with_right_core(argv);
    return finish(measure_and_report(&options));
}
