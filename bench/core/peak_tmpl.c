/* SPDX-License-Identifier: BSD-3-Clause */
#include "peak.h"

#include <string.h>

#include "peak_kernel_tmpl.h"

struct peak {
    BENCH(peak_kernel) *kernel;
    volatile real factor, addend, sum; /* out of the compiler's sight */
};

static double run_kernel(struct peak *peak)
{
    real sum;
    const double flops = peak->kernel(1000, peak->factor, peak->addend, &sum);
    peak->sum = sum;
    return flops;
}

static bpb_status run(void *state, size_t first)
{
    (void)first;
    run_kernel(state);
    return BPB_OK;
}

static void nothing(void *state)
{
    (void)state;
}

/* bench_dkernels_here, bench_skernels_here */
struct BENCH(kernels) BENCH(kernels_here)(void)
{
#ifdef BENCH_X86_64
    if (strcmp(peak_vectors(), "avx512") == 0)
        return (struct BENCH(kernels)){BENCH(peak_avx512), BENCH(read_avx512)};
    if (strcmp(peak_vectors(), "avx2") == 0)
        return (struct BENCH(kernels)){BENCH(peak_avx2), BENCH(read_avx2)};
#endif
    return (struct BENCH(kernels)){BENCH(peak_generic), BENCH(read_generic)};
}

/* bench_dpeak_create, bench_speak_create */
void BENCH(peak_create)(struct subject *subject, double *flops)
{
    /* x <- x / 2 + 1 tends to 2: neither overflow nor subnormals slow it down. */
    static struct peak peak = {.factor = RC(0.5), .addend = RC(1.0)};
    peak.kernel = BENCH(kernels_here)().peak;
    *flops = run_kernel(&peak);
    *subject = (struct subject){
        .state = &peak,
        .samples = 1,
        .batch = 1,
        .run = {run, run, run},
        .restore = nothing,
        .destroy = nothing,
    };
}
