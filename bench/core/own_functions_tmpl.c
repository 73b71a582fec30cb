/* SPDX-License-Identifier: BSD-3-Clause */
#include "own_functions_tmpl.h"

#include <string.h>

#include "peak.h"

/* Compiled for the widest vectors that this CPU has. */
static const struct BENCH(own) *own_here(void)
{
#ifdef BENCH_X86_64
    if (strcmp(peak_vectors(), "avx512") == 0)
        return &BENCH(own_avx512);
    if (strcmp(peak_vectors(), "avx2") == 0)
        return &BENCH(own_avx2);
#endif
    return &BENCH(own_generic);
}

static bpb_status set_hidden(BPB(net) *net, const BPB(activation_function) *g)
{
    for (size_t l = 1; l < BPB(net_layers)(net); l++)
        TRY(BPB(net_set_activation)(net, l, g));
    return BPB_OK;
}

/* bench_down_set, bench_sown_set */
bpb_status BENCH(own_set)(BPB(net) *net, const struct bench_case *shape)
{
    switch (shape->own) {
    case OWN_RELU:
        return set_hidden(net, &own_here()->relu);
    case OWN_SOFTSIGN:
        return set_hidden(net, &own_here()->softsign);
    case OWN_SQUARED:
        return BPB(net_set_loss)(net, &own_here()->squared);
    case OWN_NONE:
        break;
    }
    return BPB_OK;
}
