/* SPDX-License-Identifier: BSD-3-Clause */
#include "peak.h"

const char *peak_vectors(void)
{
#ifdef BENCH_X86_64
    if (__builtin_cpu_supports("avx512f"))
        return "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "avx2";
#endif
    return "generic";
}
