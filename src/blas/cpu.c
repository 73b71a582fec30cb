/* SPDX-License-Identifier: BSD-3-Clause */
#include "blas/cpu.h"

#include <string.h>

#include "blas/openblas.h"

enum simd bpb_cpu_simd(void)
{
#ifdef BPB_X86_64_LEVELS
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return SIMD_V4;
    if (v3)
        return SIMD_V3;
    if (__builtin_cpu_supports("avx"))
        return SIMD_AVX;
#endif
    return SIMD_GENERIC;
}

enum simd bpb_cpu_function_level(void)
{
    const enum simd simd = bpb_cpu_simd();
    return simd == SIMD_AVX ? SIMD_GENERIC : simd;
}

const char *bpb_blas_core(void)
{
    const char *core = openblas_get_corename ? openblas_get_corename() : NULL;
    return core ? core : "";
}

bool bpb_core_simd(const char *core, enum simd *simd)
{
    static const struct {
        const char *core;
        enum simd simd;
    } cores[] = {
        {"Prescott", SIMD_GENERIC}, {"Core2", SIMD_GENERIC},      {"Penryn", SIMD_GENERIC},
        {"Dunnington", SIMD_GENERIC}, {"Atom", SIMD_GENERIC},     {"Nehalem", SIMD_GENERIC},
        {"Athlon", SIMD_GENERIC},   {"Opteron", SIMD_GENERIC},    {"Opteron_SSE3", SIMD_GENERIC},
        {"Barcelona", SIMD_GENERIC}, {"Bobcat", SIMD_GENERIC},    {"Katmai", SIMD_GENERIC},
        {"Coppermine", SIMD_GENERIC}, {"Northwood", SIMD_GENERIC}, {"Banias", SIMD_GENERIC},
        {"Nano", SIMD_GENERIC},     {"Sandybridge", SIMD_AVX},    {"Bulldozer", SIMD_AVX},
        {"Piledriver", SIMD_AVX},   {"Steamroller", SIMD_AVX},    {"Excavator", SIMD_V3},
        {"Haswell", SIMD_V3},       {"Zen", SIMD_V3},             {"SkylakeX", SIMD_V4},
        {"Cooperlake", SIMD_V4},    {"SapphireRapids", SIMD_V4},
    };
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++) {
        if (strcmp(core, cores[i].core) == 0) {
            *simd = cores[i].simd;
            return true;
        }
    }
    return false;
}

const char *bpb_cpu_best_core(void)
{
#ifdef BPB_X86_64_LEVELS
    switch (bpb_cpu_simd()) {
    case SIMD_V4:
        return "SkylakeX";
    case SIMD_V3:
        return __builtin_cpu_is("amd") ? "Zen" : "Haswell";
    case SIMD_AVX:
        return __builtin_cpu_is("amd") ? "" : "Sandybridge";
    case SIMD_GENERIC:
        break;
    }
#endif
    return "";
}

/*
 * Measured over 400 random shapes for each core of OpenBLAS 0.3.21, in the form of
 * panel_layer: 64 columns everywhere, but SGEMM on Haswell and Zen treats the 16-lane groups of
 * a wider panel differently and needs 16. tests/test_passes_tmpl.c looks again.
 */
size_t bpb_panel_columns(size_t real_bytes)
{
    const char *core = bpb_blas_core();
    const bool narrow = strcmp(core, "Haswell") == 0 || strcmp(core, "Zen") == 0;
    return narrow && real_bytes == sizeof(float) ? 16 : BPB_PANEL_MAX;
}
