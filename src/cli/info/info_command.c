/* SPDX-License-Identifier: BSD-3-Clause */
#include "info_command.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "bpblas.h"
#include "cli/common/args.h"
#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "cli/common/output.h"
#include "cli/common/say.h"

#define AT(member) offsetof(struct info_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(model), .value = "FILE",
     .help = "describe this model (.json: of network2.py), or with --plan how its products are "
             "done; without it, the BLAS "
             "and the machine"},
    {.name = "plan", .kind = &kind_flag, .offset = AT(shows_plan),
     .help = "show which kernel does each product of training and prediction, for the net of "
             "--layers or --model, how many threads are used, and the bytes of a pass's scratch"},
    {.name = "layers", .kind = &kind_widths, .offset = AT(layers), .value = "N0,N1,...",
     .with = "plan",
     .help = "widths n_0 .. n_L: inputs, hidden layers, outputs"},
    {.name = "batch", .kind = &kind_size, .offset = AT(batch), .value = "B", .preset = "10",
     .with = "plan",
     .help = "samples of a mini-batch"},
    {.name = "precision", .kind = &kind_precision, .offset = AT(precision), .value = "NAME",
     .with = "plan",
     .help = "of the arithmetic; without it the model's, and float for --layers"},
    {.name = "threads", .kind = &kind_threads, .offset = AT(plan.threads), .value = "N",
     .preset = "all", .with = "plan",
     .help = "most threads; all is one for each CPU that this process may run on"},
    {.name = "planning", .kind = &kind_planning, .offset = AT(plan.planning), .value = "NAME",
     .preset = "estimate", .with = "plan",
     .help = "how a kernel is chosen for each product, as for bpblas train; with measure, which "
             "takes seconds for large nets, what each kernel took is shown too"},
    {.name = "wisdom", .kind = &kind_path, .offset = AT(plan.wisdom), .value = "FILE",
     .with = "plan",
     .help = "do the products that FILE names as it says, the others by --planning"},
    {.name = "save-wisdom", .kind = &kind_path, .offset = AT(save_wisdom), .value = "FILE",
     .with = "plan",
     .help = "write what was chosen, for --wisdom here and in bpblas train. FILE is replaced; "
             "several joined with cat are one too"},
    {0},
};
/* clang-format on */

/* Linux tells the CPU's name in /proc/cpuinfo; where nothing does, it is left out. */
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
        printf("warning    the BLAS uses narrower vectors than the CPU has, several times slower:\n"
               "           set OPENBLAS_CORETYPE=%s, as commands that compute do for themselves\n",
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
    const bool is_one = (settings->layers.count == 0) != !settings->model;
    if (settings->shows_plan && !is_one)
        complain("--plan: give either --layers with widths or --model with a file");
    return !settings->shows_plan || is_one;
}

/* How a plan cuts the work depends on the core too: what is shown is what train does. */
static bool computes(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    return settings->shows_plan;
}

static int show_plan(const struct info_settings *settings)
{
    size_t bytes = settings->precision ? settings->precision : sizeof(float);
    ATTEMPT(output_check("--save-wisdom", settings->save_wisdom, OUTPUT_RENAMED));
    if (settings->model)
        ATTEMPT(model_precision(settings->model, settings->precision, &bytes));
    return (bytes == 8 ? bpb_cli_info_plan : bpbf_cli_info_plan)(settings);
}

static int run(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    if (settings->shows_plan)
        return show_plan(settings);
    if (!settings->model)
        return describe_machine();
    size_t bytes;
    ATTEMPT(model_precision(settings->model, 0, &bytes));
    return (bytes == 8 ? bpb_cli_info : bpbf_cli_info)(settings->model);
}

const struct command info_command = {
    .name = "info",
    .summary = "describe a model, a plan, or the BLAS and the machine",
    .text =
        "Prints the widths, functions, scaling and notes of a model, or what the program runs\n"
        "on: its BLAS, whether that knows this CPU, and the machine; or, with --plan, how each\n"
        "product of a net is done, C = op(A) op(B) + beta C with C m x n and k terms. Kernels:\n"
        "  tiles             our own, on the matrices where they lie\n"
        "  packed            our own, on packed copies\n"
        "  column            our own, for the forward product of one sample\n"
        "  cblas             the BLAS\n"
        "  cblas-transposed  the BLAS, for the transposed product\n",
    .examples = "examples:\n"
                "  bpblas info\n"
                "  bpblas info --model model.safetensors\n"
                "  bpblas info --plan --layers 784,30,10 --batch 10\n"
                "  Choose by measuring, once, and train by what was chosen:\n"
                "    bpblas info --plan --layers 784,100,10 --batch 32 --planning measure \\\n"
                "      --save-wisdom net.wisdom\n"
                "    bpblas train --data mnist --layers 784,100,10 --batch 32 \\\n"
                "      --wisdom net.wisdom\n",
    .options = options,
    .settings_bytes = sizeof(struct info_settings),
    .check = check,
    .computes = computes,
    .run = run,
};
