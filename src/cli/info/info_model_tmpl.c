/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "cli/common/command.h"
#include "cli/common/load_model.h"
#include "info_command.h"
#include "base/tmpl.h"

void BPB(cli_print_layers)(const net_t *net)
{
    printf("layers          %zu", BPB(net_size)(net, 0));
    for (size_t l = 1; l <= BPB(net_layers)(net); l++)
        printf(" -> %zu %s", BPB(net_size)(net, l),
               bpb_name(BPB_NAMES_ACTIVATION, BPB(net_layer)(net, l).activation));
    putchar('\n');
}

/* One number where all n are equal, else the least and the greatest. */
static void print_range(const char *name, const double *values, size_t n)
{
    double least = values[0], greatest = values[0];
    for (size_t i = 1; i < n; i++) {
        least = values[i] < least ? values[i] : least;
        greatest = values[i] > greatest ? values[i] : greatest;
    }
    printf("%s %.*g", name, BPB_SELECT(17, 9), least);
    if (greatest > least)
        printf(" to %.*g", BPB_SELECT(17, 9), greatest);
}

/* scaling: n of shift, then n of factor; or NULL. */
static void print_scaling(const char *name, const char *formula, const double *scaling, size_t n)
{
    printf("%s scaling%*s", name, (int)(name[0] == 'i' ? 3 : 2), "");
    if (!scaling) {
        puts("none");
        return;
    }
    printf("%s, ", formula);
    print_range("shift", scaling, n);
    print_range(", factor", scaling + n, n);
    putchar('\n');
}

static void print_notes(const net_t *net)
{
    const char *key;
    for (size_t i = 0; (key = BPB(net_note_key)(net, i)) != NULL; i++)
        printf("%s%s: %s\n", i == 0 ? "notes\n  " : "  ", key, BPB(net_note)(net, key));
}

static void describe(const net_t *net)
{
    const size_t L = BPB(net_layers)(net);
    BPB(cli_print_layers)(net);
    printf("loss            %s\n", bpb_name(BPB_NAMES_LOSS, BPB(net_loss)(net).kind));
    printf("parameters      %zu\n", BPB(net_parameters)(net));
    printf("precision       %s\n", BPB_SELECT("double", "float"));
    print_scaling("input", "(x - shift) * factor", BPB(net_scaling)(net, BPB_INPUTS),
                  BPB(net_size)(net, 0));
    print_scaling("output", "shift + factor * y", BPB(net_scaling)(net, BPB_OUTPUTS),
                  BPB(net_size)(net, L));
    print_notes(net);
}

int BPB(cli_info)(const char *path)
{
    net_t *net = NULL;
    ATTEMPT(BPB(cli_load)(&net, path));
    describe(net);
    BPB(net_destroy)(&net);
    return CODE_FINE;
}
