/* SPDX-License-Identifier: BSD-3-Clause */
#include "info_command.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bpblas.h"
#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/saved_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct info_settings, member)

/* clang-format off */
static const struct option model_option[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(model.path), .value = "FILE",
     .help = "Describe this model: a safetensors file, or a .json file of network2.py. With "
             "--plan: show the plan for its net."},
    {0},
};

static const struct option plan_options[] = {
    {.name = "plan", .kind = &kind_flag, .offset = AT(shows_plan),
     .help = "Show the plan for the net of --layers or --model: the kernel of each product of "
             "training and prediction, the number of threads, and the bytes of scratch memory."},
    {.name = "layers", .kind = &kind_widths, .offset = AT(layers), .value = "N0,N1,...",
     .with = "plan",
     .help = "Widths n_0 .. n_L of the net: inputs, hidden layers, outputs."},
    {.name = "batch", .kind = &kind_size, .offset = AT(batch), .value = "B", .preset = "10",
     .with = "plan",
     .help = "Number of samples in a mini-batch."},
    {.name = "precision", .kind = &kind_precision, .offset = AT(model.precision), .value = "NAME",
     .with = "plan", .absent = "that of the model; float for --layers",
     .help = "Precision of the arithmetic."},
    {.name = "threads", .kind = &kind_threads, .offset = AT(plan.threads), .value = "N",
     .preset = "all", .with = "plan",
     .help = "Maximum number of threads. all is one for each CPU that this process may use."},
    {.name = "planning", .kind = &kind_planning, .offset = AT(plan.planning), .value = "NAME",
     .preset = "estimate", .with = "plan",
     .help = "How a kernel is chosen for each product, as for bpblas train. measure takes seconds "
             "for large nets, and prints the time of each kernel too."},
    {.name = "wisdom", .kind = &kind_path, .offset = AT(plan.wisdom), .value = "FILE",
     .with = "plan",
     .help = "Use the kernels that FILE names for its products; --planning chooses the others."},
    {.name = "save-wisdom", .kind = &kind_path, .offset = AT(save_wisdom), .value = "FILE",
     .with = "plan",
     .help = "Write the chosen kernels to FILE, for --wisdom here and in bpblas train. An "
             "existing FILE is replaced. Several wisdom files joined with cat are a wisdom file."},
    {0},
};

static const struct option_group groups[] = {
    {"options", model_option, 0},
    {"options of a plan", plan_options, 0},
    {0},
};
/* clang-format on */

/* /proc/cpuinfo of Linux has the name of the CPU. On other systems the line is left out. */
static void print_cpu(void)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (colon && strncmp(line, "model name", 10) == 0) {
            printf("cpu        %s", colon + 2);
            break;
        }
    }
    if (file)
        fclose(file);
}

static const char *or_unknown(const char *text)
{
    return text[0] ? text : "unknown";
}

static void print_blas(const bpb_blas_info *blas)
{
    printf("blas       %s%s%s\n", blas->library, blas->version[0] ? " " : "", blas->version);
    printf("core       %s (best for this CPU: %s)\n", or_unknown(blas->core),
           or_unknown(blas->best_core));
    if (blas->threads > 0)
        printf("threads    %d set in the BLAS; held at 1 while bpblas computes\n", blas->threads);
    printf("kernels    %s (of bpblas itself)\n", blas->simd);
    if (blas->below_cpu)
        printf("warning    the BLAS uses narrower vectors than the CPU has: several times slower.\n"
               "           Commands that compute set OPENBLAS_CORETYPE=%s themselves\n",
               blas->best_core[0] ? blas->best_core : "to the CPU's");
}

static int describe_machine(void)
{
    bpb_blas_info blas;
    const bpb_status status = bpb_blas_health(&blas);
    if (status < 0)
        return complain_status(status, "examine", "the BLAS");
    printf("bpblas     %s\n", bpb_version());
    struct utsname machine;
    if (uname(&machine) >= 0)
        printf("machine    %s %s %s\n", machine.sysname, machine.release, machine.machine);
    print_cpu();
    print_blas(&blas);
    return CODE_FINE;
}

static bool check(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    const bool is_one = (settings->layers.count == 0) != !settings->model.path;
    if (settings->shows_plan && !is_one)
        complain("--plan requires either --layers with widths or --model with a file");
    return !settings->shows_plan || is_one;
}

/* The plan depends on the core of the BLAS, and must be the one that train uses. */
static bool computes(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    return settings->shows_plan;
}

static int show_plan(const struct info_settings *settings)
{
    size_t bytes = settings->model.precision ? settings->model.precision : sizeof(float);
    ATTEMPT(output_check("--save-wisdom", settings->save_wisdom, OUTPUT_RENAMED));
    if (settings->model.path)
        ATTEMPT(model_precision(&settings->model, &bytes));
    return (bytes == 8 ? bpb_cli_info_plan : bpbf_cli_info_plan)(settings);
}

static int run(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    if (settings->shows_plan)
        return show_plan(settings);
    if (!settings->model.path)
        return describe_machine();
    size_t bytes;
    ATTEMPT(model_precision(&settings->model, &bytes));
    return (bytes == 8 ? bpb_cli_info : bpbf_cli_info)(&settings->model);
}

const struct command info_command = {
    .name = "info",
    .summary = "describe a model, a plan, or the BLAS and the machine",
    .text =
        "Without options: describes the BLAS, its kernels for this CPU, and the machine. With\n"
        "--model: describes the widths, functions, scaling and notes of a model. With --plan:\n"
        "shows the plan of a net, one line for each product C = op(A) op(B) + beta C, where C is\n"
        "m x n and each sum has k terms. The kernels are:\n"
        "  tiles             of bpblas, on the matrices in place\n"
        "  packed            of bpblas, on packed copies\n"
        "  column            of bpblas, for the forward product of one sample\n"
        "  cblas             the BLAS\n"
        "  cblas-transposed  the BLAS, for the transposed product\n",
    .examples = "examples:\n"
                "  bpblas info\n"
                "  bpblas info --model model.safetensors\n"
                "  bpblas info --plan --layers 784,30,10 --batch 10\n"
                "  Measure the kernels once, and train with the fastest ones:\n"
                "    bpblas info --plan --layers 784,100,10 --batch 32 --planning measure \\\n"
                "      --save-wisdom net.wisdom\n"
                "    bpblas train --data mnist --layers 784,100,10 --batch 32 \\\n"
                "      --wisdom net.wisdom\n",
    .groups = groups,
    .settings_bytes = sizeof(struct info_settings),
    .check = check,
    .computes = computes,
    .run = run,
};
