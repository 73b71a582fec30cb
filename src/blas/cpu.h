/* SPDX-License-Identifier: BSD-3-Clause */
/* What the CPU, and the kernels that the BLAS runs on it, can do. */
#ifndef BPB_CPU_H
#define BPB_CPU_H

#include "base/common.h"

/* Vector width of a kernel set, in the order of the x86-64 levels. */
enum simd { SIMD_GENERIC, SIMD_AVX, SIMD_V3, SIMD_V4 };

/* The widest that the CPU and the operating system run; SIMD_GENERIC off x86-64. */
enum simd bpb_cpu_simd(void);
/* The same as one of the levels that functions are compiled for: never SIMD_AVX. */
enum simd bpb_cpu_function_level(void);

/* OpenBLAS's name of the kernels in use, "" where it is unknown. */
const char *bpb_blas_core(void);
/* The width of OpenBLAS's core of that name; false: an unknown name. */
bool bpb_core_simd(const char *core, enum simd *simd);
/* OpenBLAS 0.3.21's name of the right core for this CPU, "" where that is unknown. */
const char *bpb_cpu_best_core(void);

/* Columns of a panel in which the bits of a column do not depend on its place. */
size_t bpb_panel_columns(size_t real_bytes);
#define BPB_PANEL_MAX 64

#endif
