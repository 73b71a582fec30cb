/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/cases.h"
#include "goals/figures.h"

#define SECONDS 0.25
#define QUICK_SECONDS 0.1
#define GOALS_SECONDS 0.5
#define GOALS_THREADS 2

#define SECONDS_MAX 3600.0
#define THREADS_MAX 1024

static const char help_text[] =
    "usage: " PROGRAM " [OPTION...]\n"
    "       " PROGRAM " --goals [OPTION...]\n"
    "\n"
    "The first form times the library beside the bare matrix products of the same operation\n"
    "(gemm) and beside two naive programs without BLAS. naive-sample back-propagates one sample\n"
    "at a time, as Nielsen's program does. naive-batch runs triple loops over the batch. The\n"
    "bench first checks that the library and the naive programs agree. Without options it takes\n"
    "some minutes, most of them for L1.\n"
    "\n"
    "The second form measures figures that the library is meant to reach. It times all sides of\n"
    "a ratio in turn, round after round: a block of about a millisecond each, or one call. It\n"
    "takes the ratio in every round. It first checks that the sides compute the same.\n"
    "\n"
    "A LIST is names with commas. The beginning of a name stands for all names that begin with\n"
    "it.\n"
    "\n"
    "options of both forms:\n"
    "  --cases LIST       of XS S1 S2 M1 M2 L1 G1 G64 T200 T10K; default all. --goals also\n"
    "                     measures the figures that have no case\n"
    "  --seconds S        for each measurement; default 0.25. With --goals for each side, at\n"
    "                     least five rounds; default 0.5\n"
    "  --threads N        threads of the library; default 1. With --goals of the figure\n"
    "                     \"threads\"; default 2\n"
    "  --json FILE        write the machine and then each row as one JSON object a line\n"
    "  --help             print this\n"
    "\n"
    "options of the first form:\n"
    "  --quick            the cases XS, S1, S2, M1, G1, G64 for 0.1 s each; about half a minute\n"
    "  --impl LIST        of bpblas gemm naive-sample naive-batch; default all. In L1 the naive\n"
    "                     programs take minutes, and run only if --impl names them\n"
    "  --op LIST          of forward gradient step; default all\n"
    "  --precision LIST   of f32 f64; default both\n"
    "\n"
    "options of --goals:\n"
    "  --only LIST        of the names that --list prints; default all\n"
    "  --list             print the names and what they stand for\n"
    "\n"
    "cases (units, functions, batch):\n"
    "  XS    4-16-3              ReLU, softmax cross-entropy     16\n"
    "  S1    784-30-10           sigmoid, squared                10\n"
    "  S2    784-100-10          sigmoid, squared                10\n"
    "  M1    784-128-10          ReLU, softmax cross-entropy    128\n"
    "  M2    784-512-512-10      ReLU, softmax cross-entropy    128\n"
    "  L1    1024-4096-4096-1024 ReLU, softmax cross-entropy   1024\n"
    "  G1    6-64-64-4           tanh, identity, squared          1, over 64 samples in turn\n"
    "  G64   6-64-64-4           tanh, identity, squared         64, the same samples\n"
    "  T200  24-8-2              tanh, identity, squared        200\n"
    "  T10K  4-32-16-4           tanh, identity, squared      10000\n"
    "\n"
    "The library's gradient computes the loss too.\n"
    "\n"
    "columns of the first form:\n"
    "  min us, median us  of one call on the whole batch; short calls are timed in blocks\n"
    "  us/column          the median over the batch\n"
    "  GFLOP/s            operations of the products over the median: 2 B sum n_l n_(l-1) for\n"
    "                     forward, 6 B sum n_l n_(l-1) - 2 B n_0 n_1 for gradient and step\n"
    "  peak               share of what one thread reaches with multiply-adds in registers,\n"
    "                     measured in turn with the rest\n"
    "  xsample, xbatch    the median of naive-sample and of naive-batch, over this one\n"
    "\n"
    "columns of --goals:\n"
    "  what               name, case, precision\n"
    "  value              the median over the rounds; the minimum if \"what\" says so\n"
    "  quarter, three q.  the quartiles over the rounds\n"
    "  goal, reached      judged by the value; \"-\": the figure has no goal\n"
    "  minimum us         of a call of each side, over the blocks\n"
    "\n"
    "exit codes:\n"
    "  0  done, whether or not the goals are reached\n"
    "  1  the implementations disagree, or a call or the writing of a file failed\n"
    "  2  the command line is wrong\n"
    "\n"
    "environment:\n"
    "  OPENBLAS_CORETYPE    the kernels that OpenBLAS uses. If it is unset and OpenBLAS has\n"
    "                       chosen kernels far below the CPU, the program sets it and restarts\n"
    "                       itself once\n"
    "  BPBLAS_NO_RESTART=1  never restart\n";

enum key {
    KEY_CASES = 1,
    KEY_SECONDS,
    KEY_THREADS,
    KEY_JSON,
    KEY_HELP,
    KEY_QUICK,
    KEY_IMPL,
    KEY_OP,
    KEY_PRECISION,
    KEY_GOALS,
    KEY_ONLY,
    KEY_LIST
};

/* The options of one form alone. */
#define KEYS_FIRST (BIT(KEY_QUICK) | BIT(KEY_IMPL) | BIT(KEY_OP) | BIT(KEY_PRECISION))
#define KEYS_GOALS (BIT(KEY_ONLY) | BIT(KEY_LIST))

static const struct option long_options[] = {
    {"cases", required_argument, NULL, KEY_CASES},
    {"seconds", required_argument, NULL, KEY_SECONDS},
    {"threads", required_argument, NULL, KEY_THREADS},
    {"json", required_argument, NULL, KEY_JSON},
    {"help", no_argument, NULL, KEY_HELP},
    {"quick", no_argument, NULL, KEY_QUICK},
    {"impl", required_argument, NULL, KEY_IMPL},
    {"op", required_argument, NULL, KEY_OP},
    {"precision", required_argument, NULL, KEY_PRECISION},
    {"goals", no_argument, NULL, KEY_GOALS},
    {"only", required_argument, NULL, KEY_ONLY},
    {"list", no_argument, NULL, KEY_LIST},
    {NULL, 0, NULL, 0},
};

/* Names with commas; the beginning of a name stands for all names that begin with it. */
static bool read_names(const char *list, const char *const *names, size_t n, unsigned *set)
{
    *set = 0;
    for (;; list++) {
        const size_t length = strcspn(list, ",");
        unsigned found = 0;
        for (size_t i = 0; i < n && length > 0; i++)
            if (strncmp(names[i], list, length) == 0)
                found |= BIT(i);
        if (found == 0) {
            fprintf(stderr, PROGRAM ": there is no \"%.*s\"; there are", (int)length, list);
            for (size_t i = 0; i < n; i++)
                fprintf(stderr, " %s", names[i]);
            fputc('\n', stderr);
            return false;
        }
        *set |= found;
        list += length;
        if (*list == '\0')
            return true;
    }
}

static bool read_cases(const char *list, unsigned *set)
{
    const char *names[CASES];
    for (size_t i = 0; i < CASES; i++)
        names[i] = bench_cases[i].name;
    return read_names(list, names, CASES, set);
}

static bool read_seconds(const char *text, double *seconds)
{
    char *end;
    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds > 0 && *seconds <= SECONDS_MAX)
        return true;
    fprintf(stderr, PROGRAM ": --seconds cannot be \"%s\": give a number over 0, at most %.0f\n",
            text, SECONDS_MAX);
    return false;
}

static bool read_threads(const char *text, size_t *threads)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    *threads = value;
    if (isdigit((unsigned char)*text) && *end == '\0' && value >= 1 && value <= THREADS_MAX)
        return true;
    fprintf(stderr, PROGRAM ": --threads cannot be \"%s\": give a whole number, 1 to %d\n", text,
            THREADS_MAX);
    return false;
}

static bool read_option(struct bench_options *options, int key, const char *text)
{
    switch (key) {
    case KEY_CASES:
        return read_cases(text, &options->cases);
    case KEY_SECONDS:
        return read_seconds(text, &options->seconds);
    case KEY_THREADS:
        return read_threads(text, &options->threads);
    case KEY_JSON:
        options->json = text;
        return true;
    case KEY_HELP:
        return options->help = true;
    case KEY_QUICK:
        return true;
    case KEY_IMPL:
        return read_names(text, impl_names, IMPLS, &options->impls);
    case KEY_OP:
        return read_names(text, op_names, OPS, &options->ops);
    case KEY_PRECISION:
        return read_names(text, precision_names, PRECISIONS, &options->precisions);
    case KEY_GOALS:
        return options->goals = true;
    case KEY_ONLY:
        return read_names(text, group_names, GROUPS, &options->groups);
    case KEY_LIST:
        return options->list = true;
    }
    fputs("see " PROGRAM " --help\n", stderr);
    return false;
}

/* given: a set of keys. */
static bool check_form(const struct bench_options *options, unsigned given)
{
    const unsigned wrong = given & (options->goals ? KEYS_FIRST : KEYS_GOALS);
    for (const struct option *option = long_options; option->name != NULL; option++)
        if (wrong & BIT(option->val)) {
            fprintf(stderr, PROGRAM ": --%s %s --goals; see " PROGRAM " --help\n", option->name,
                    options->goals ? "cannot be used with" : "requires");
            return false;
        }
    return true;
}

/* What is 0 was not given. */
static void set_defaults(struct bench_options *options, bool quick)
{
    if (options->seconds == 0)
        options->seconds = options->goals ? GOALS_SECONDS : quick ? QUICK_SECONDS : SECONDS;
    if (options->threads == 0)
        options->threads = options->goals ? GOALS_THREADS : 1;
    for (size_t i = 0, named = options->cases; i < CASES && named == 0; i++)
        if (bench_cases[i].quick || !quick)
            options->cases |= BIT(i);
}

bool options_read(struct bench_options *options, int argc, char **argv)
{
    unsigned given = 0;
    int key;
    *options = (struct bench_options){
        .impls = BIT(IMPLS) - 1,
        .ops = BIT(OPS) - 1,
        .precisions = BIT(PRECISIONS) - 1,
        .groups = BIT(GROUPS) - 1,
    };
    while ((key = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (!read_option(options, key, optarg))
            return false;
        given |= BIT(key);
    }
    if (optind < argc) {
        fprintf(stderr, PROGRAM ": unexpected \"%s\"; see " PROGRAM " --help\n", argv[optind]);
        return false;
    }
    options->impls_named = (given & BIT(KEY_IMPL)) != 0;
    set_defaults(options, (given & BIT(KEY_QUICK)) != 0);
    return check_form(options, given);
}

void options_help(void)
{
    fputs(help_text, stdout);
}
