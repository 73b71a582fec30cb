/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of the level of vectors, and the peak of multiply-adds. */
#include "vector_level_tmpl.h"

#include <string.h>

#include "sheet.h"

/* bench_dlevel_here, bench_slevel_here */
const struct BENCH(level) *BENCH(level_here)(void)
{
#ifdef BENCH_X86_64
    if (strcmp(cpu_vectors(), "avx512") == 0)
        return &BENCH(level_avx512);
    if (strcmp(cpu_vectors(), "avx2") == 0)
        return &BENCH(level_avx2);
#endif
    return &BENCH(level_generic);
}

struct chains {
    const struct BENCH(level) *level;
    volatile real factor, addend, sum; /* volatile hides them from the compiler */
};

static double run_chains(struct chains *chains)
{
    real sum;
    const double flops =
        chains->level->multiply_add(1000, chains->factor, chains->addend, &sum);
    chains->sum = sum;
    return flops;
}

static bpb_status run(void *state, size_t first)
{
    (void)first;
    run_chains(state);
    return BPB_OK;
}

/* bench_dpeak_create, bench_speak_create */
void BENCH(peak_create)(struct subject *subject, double *flops)
{
    /* x <- x / 2 + 1 tends to 2: neither overflow nor subnormals slow it down. */
    static struct chains chains = {.factor = RC(0.5), .addend = RC(1.0)};
    chains.level = BENCH(level_here)();
    *flops = run_chains(&chains);
    *subject = (struct subject){
        .state = &chains, .samples = 1, .batch = 1, .run = {run, run, run}};
}
