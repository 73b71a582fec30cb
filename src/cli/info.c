/* SPDX-License-Identifier: BSD-3-Clause */
#include "info.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "args.h"
#include "bpblas.h"
#include "command.h"
#include "model.h"
#include "say.h"

#define AT(member) offsetof(struct info_settings, member)

/* clang-format off */
static const struct option options[] = {
    {.name = "model", .kind = &kind_path, .offset = AT(model), .value = "FILE",
     .help = "describe this model; without it, the BLAS and the machine"},
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
        printf("threads    %d set in the BLAS; bpblas uses 1\n", blas->threads);
    printf("kernels    %s (element-wise functions)\n", blas->simd);
    if (blas->below_cpu)
        printf(
            "warning    the BLAS uses narrower vectors than the CPU has, several times slower:\n"
            "           set OPENBLAS_CORETYPE=%s, as train, eval and predict do for themselves\n",
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

static int run(const struct args *args)
{
    const struct info_settings *settings = args->settings;
    if (!settings->model)
        return describe_machine();
    size_t bytes;
    ATTEMPT(model_precision(settings->model, 0, &bytes));
    return (bytes == 8 ? bpb_dcli_info : bpb_scli_info)(settings->model);
}

const struct command info_command = {
    .name = "info",
    .summary = "describe a model, or the BLAS and the machine",
    .text = "Prints the widths, functions, scaling and notes of a model, or what the program runs\n"
            "on: its BLAS, whether that knows this CPU, and the machine.\n",
    .examples = "examples:\n"
                "  bpblas info\n"
                "  bpblas info --model model.safetensors\n",
    .options = options,
    .settings_bytes = sizeof(struct info_settings),
    .run = run,
};
