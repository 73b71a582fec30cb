/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of one's own, as a user of the library writes them, that compute what built-ins do. */
#ifndef BENCH_OWN_FUNCTIONS_TMPL_H
#define BENCH_OWN_FUNCTIONS_TMPL_H

#include "bench_tmpl.h"
#include "cases.h"

struct BENCH(own) {
    BPB(activation_function) relu, softsign;
    BPB(loss_function) squared;
};

/* Those of one level of vectors. */
extern const struct BENCH(own) BENCH(own_generic), BENCH(own_avx2), BENCH(own_avx512);

/* Give the net the function of its own that the case asks for. */
bpb_status BENCH(own_set)(BPB(net) *net, const struct bench_case *shape);

#endif
