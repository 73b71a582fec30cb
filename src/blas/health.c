/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "blas/cpu.h"
#include "blas/openblas.h"

static void copy_text(char *to, size_t capacity, const char *from, size_t n)
{
    n = BPB_MIN(n, capacity - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

/* The second word of "OpenBLAS 0.3.21 DYNAMIC_ARCH ...". */
static void read_version(bpb_blas_info *info, const char *config)
{
    const char *name = "OpenBLAS ";
    if (strncmp(config, name, strlen(name)) != 0)
        return;
    const char *version = config + strlen(name);
    copy_text(info->version, sizeof info->version, version, strcspn(version, " "));
}

static const char *simd_name(void)
{
    switch (bpb_cpu_function_level()) {
    case SIMD_V4:
        return "x86-64-v4";
    case SIMD_V3:
        return "x86-64-v3";
    default:
        return "generic";
    }
}

bpb_status bpb_blas_health(bpb_blas_info *info)
{
    REQUIRE_POINTER(info);
    *info = (bpb_blas_info){.library = "CBLAS"};
    if (openblas_get_config) {
        strcpy(info->library, "OpenBLAS");
        read_version(info, openblas_get_config());
    }
    copy_text(info->core, sizeof info->core, bpb_blas_core(), strlen(bpb_blas_core()));
    copy_text(info->best_core, sizeof info->best_core, bpb_cpu_best_core(),
              strlen(bpb_cpu_best_core()));
    if (openblas_get_num_threads)
        info->threads = openblas_get_num_threads();
    enum simd core;
    if (bpb_cpu_best_core()[0] && bpb_core_simd(bpb_blas_core(), &core))
        info->below_cpu = core < bpb_cpu_simd();
    strcpy(info->simd, simd_name());
    return BPB_OK;
}
