/* SPDX-License-Identifier: BSD-3-Clause */
#include "plan_settings.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "cpus.h"
#include "kinds.h"
#include "say.h"

size_t plan_most_threads(const struct plan_settings *settings)
{
    const size_t threads = settings->threads > 0 ? settings->threads : cpus_allowed();
    return threads < THREADS_MAX ? threads : THREADS_MAX;
}

int plan_read_wisdom(const struct plan_settings *settings, char **text)
{
    *text = NULL;
    if (!settings->wisdom)
        return CODE_FINE;
    const bpb_status status = bpb_wisdom_load(text, settings->wisdom);
    return status == BPB_OK ? CODE_FINE
                            : complain_status(status, "read the wisdom", settings->wisdom);
}

int plan_explain(bpb_status status, const struct plan_settings *settings)
{
    switch (status) {
    case BPB_ERR_SIZE:
        complain("such layers with such a --batch cannot be addressed: give a smaller --batch");
        return CODE_USAGE;
    case BPB_ERR_FORMAT:
        complain("the wisdom %s names a kernel that this machine has not for its product: make it "
                 "again, with bpblas info --plan --save-wisdom",
                 settings->wisdom);
        return CODE_FAILED;
    case BPB_ERR_THREAD:
        complain("%zu threads could not be started: give a smaller --threads",
                 plan_most_threads(settings));
        return CODE_FAILED;
    default:
        return complain_status(status, "plan", "the products");
    }
}

int plan_refuse_layers(bpb_status status)
{
    if (status != BPB_ERR_SIZE)
        return complain_status(status, "make", "the net");
    complain("--layers: such a net is too large to be addressed: give smaller widths");
    return CODE_USAGE;
}

static const char *equation(const char *product)
{
    static const struct {
        const char *product, *equation;
    } equations[] = {
        {"forward", "Z = W A + b 1^T"},
        {"delta", "D' = W^T D"},
        {"gradient", "W <- beta W + D A^T"},
        {"predict", "Z = W A + b 1^T"},
    };
    for (size_t i = 0; i < sizeof equations / sizeof equations[0]; i++) {
        if (strcmp(equations[i].product, product) == 0)
            return equations[i].equation;
    }
    return "";
}

void plan_print_choice_heading(void)
{
    printf("\nlayer  product   %-20s %8s %8s %8s  kernel\n", "equation", "m", "n", "k");
}

void plan_print_choice(const bpb_plan_choice *entry)
{
    if (entry->chosen)
        printf("%5zu  %-8s  %-20s %8zu %8zu %8zu  %s\n", entry->layer, entry->product,
               equation(entry->product), entry->m, entry->n, entry->k, entry->kernel);
}

void plan_print_time_heading(void)
{
    printf("\nWhat each kernel took on one thread, the least of several rounds. * is the one that\n"
           "is used: what the wisdom names, else the fastest.\n"
           "\n"
           "layer  product     %-16s %12s %9s\n",
           "kernel", "microseconds", "GFLOP/s");
}

void plan_print_time(const bpb_plan_choice *entry)
{
    const double flops = 2.0 * (double)entry->m * (double)entry->n * (double)entry->k;
    printf("%5zu  %-8s  %c %-16s %12.2f %9.1f\n", entry->layer, entry->product,
           entry->chosen ? '*' : ' ', entry->kernel, 1e6 * entry->seconds,
           entry->seconds > 0.0 ? 1e-9 * flops / entry->seconds : 0.0);
}
