/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_options.h"

#include <getopt.h>
#include <stdio.h>

#include "core/arguments.h"

#define PROGRAM "bpblas-bench"
#define QUICK_SECONDS 0.1
#define SECONDS 0.25

static const char help_text[] =
    "usage: " PROGRAM " [OPTION...]\n"
    "\n"
    "Times the library beside the bare matrix products of the same operation (gemm) and two\n"
    "naive programs without BLAS: naive-sample back-propagates one sample at a time, as\n"
    "Nielsen's does; naive-batch runs triple loops over the batch. First checks that library\n"
    "and naive programs agree. Without options it takes some minutes, most of them for L1.\n"
    "\n"
    "options (LIST: names with commas; the beginning of a name stands for all that begin so):\n"
    "  --quick            the cases XS, S1, S2, M1, G for 0.1 s each; about half a minute\n"
    "  --cases LIST       of XS S1 S2 M1 M2 L1 G1 G64 T200 T10K; default all\n"
    "  --impl LIST        of bpblas gemm naive-sample naive-batch; default all, but for L1 the\n"
    "                     naive ones, which take minutes, only where they are named\n"
    "  --op LIST          of forward gradient step; default all\n"
    "  --precision LIST   of f32 f64; default both\n"
    "  --threads N        threads of the library; default 1\n"
    "  --seconds S        for each measurement; default 0.25\n"
    "  --json FILE        write the machine and then each row as one JSON object a line\n"
    "  --help             print this\n"
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
    "The gradient is asked for the loss too, where there is one to ask.\n"
    "\n"
    "columns of the table:\n"
    "  min us, median us  of one call, on the whole batch; short ones are timed in blocks\n"
    "  us/column          the median over the batch\n"
    "  GFLOP/s            operations of the products over the median: 2 B sum n_l n_(l-1) for\n"
    "                     forward, 6 B sum n_l n_(l-1) - 2 B n_0 n_1 for gradient and step\n"
    "  peak               share of what one thread reaches with multiply-adds in registers,\n"
    "                     measured in turn with the rest\n"
    "  xsample, xbatch    the median of naive-sample and of naive-batch, over this one\n"
    "\n"
    "exit codes:\n"
    "  0  done\n"
    "  1  the implementations disagree, or a call or the writing of a file failed\n"
    "  2  the command line is wrong\n"
    "\n"
    "environment:\n"
    "  OPENBLAS_CORETYPE    the kernels that OpenBLAS uses. Where it is unset and OpenBLAS has\n"
    "                       chosen kernels far below the CPU, the program sets it and restarts\n"
    "                       itself once\n"
    "  BPBLAS_NO_RESTART=1  never restart\n";

enum key {
    KEY_CASES = 1,
    KEY_IMPL,
    KEY_OP,
    KEY_PRECISION,
    KEY_THREADS,
    KEY_SECONDS,
    KEY_JSON,
    KEY_QUICK,
    KEY_HELP
};

static const struct option long_options[] = {
    {"cases", required_argument, NULL, KEY_CASES},
    {"impl", required_argument, NULL, KEY_IMPL},
    {"op", required_argument, NULL, KEY_OP},
    {"precision", required_argument, NULL, KEY_PRECISION},
    {"threads", required_argument, NULL, KEY_THREADS},
    {"seconds", required_argument, NULL, KEY_SECONDS},
    {"json", required_argument, NULL, KEY_JSON},
    {"quick", no_argument, NULL, KEY_QUICK},
    {"help", no_argument, NULL, KEY_HELP},
    {NULL, 0, NULL, 0},
};

/* Defaults that depend on other options are still 0 after this. */
static bool read_option(struct options *options, int key, const char *text, bool *quick)
{
    switch (key) {
    case KEY_CASES:
        return read_cases(text, &options->cases);
    case KEY_IMPL:
        options->impls_named = true;
        return read_set(text, impl_names, IMPLS, &options->impls);
    case KEY_OP:
        return read_set(text, op_names, OPS, &options->ops);
    case KEY_PRECISION:
        return read_set(text, precision_names, PRECISIONS, &options->precisions);
    case KEY_THREADS:
        return read_threads(text, &options->threads);
    case KEY_SECONDS:
        return read_seconds(text, &options->seconds);
    case KEY_JSON:
        options->json = text;
        return true;
    case KEY_QUICK:
        return *quick = true;
    case KEY_HELP:
        return options->help = true;
    }
    fputs("see " PROGRAM " --help\n", stderr);
    return false;
}

static void set_defaults(struct options *options, bool quick)
{
    if (options->seconds == 0)
        options->seconds = quick ? QUICK_SECONDS : SECONDS;
    for (size_t i = 0, named = options->cases; i < CASES && named == 0; i++)
        if (bench_cases[i].quick || !quick)
            options->cases |= BIT(i);
}

bool options_read(struct options *options, int argc, char **argv)
{
    bool quick = false;
    int key;
    *options = (struct options){
        .impls = BIT(IMPLS) - 1,
        .ops = BIT(OPS) - 1,
        .precisions = BIT(PRECISIONS) - 1,
        .threads = 1,
    };
    while ((key = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!read_option(options, key, optarg, &quick))
            return false;
    if (optind < argc) {
        fprintf(stderr, PROGRAM ": unexpected \"%s\"; see " PROGRAM " --help\n", argv[optind]);
        return false;
    }
    set_defaults(options, quick);
    return true;
}

unsigned options_impls(const struct options *options, const struct bench_case *shape)
{
    const unsigned naive = BIT(IMPL_NAIVE_SAMPLE) | BIT(IMPL_NAIVE_BATCH);
    return shape->ask && !options->impls_named ? options->impls & ~naive : options->impls;
}

void options_help(void)
{
    fputs(help_text, stdout);
}
