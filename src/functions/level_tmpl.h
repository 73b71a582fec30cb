/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables that are compiled once for each x86-64 level, and the choice among them. */
#ifndef BPB_LEVEL_TMPL_H
#define BPB_LEVEL_TMPL_H

#include "base/tmpl.h"
#include "blas/cpu.h"

/* Names of one level's parts: LEVEL(activations) is bpb_activations_v4. */
#define LEVEL(name) LEVEL_JOIN(BPB(name), BPB_LEVEL)
#define LEVEL_JOIN(name, level) LEVEL_PASTE(name, level)
#define LEVEL_PASTE(name, level) name##_##level

/* Declare a table at each level; take the one for the CPU that this runs on. */
#ifdef BPB_X86_64_LEVELS
#define DECLARE_LEVELS(type, name)                                     \
    extern const type LEVEL_JOIN(BPB(name), generic);                  \
    extern const type LEVEL_JOIN(BPB(name), v3), LEVEL_JOIN(BPB(name), v4)
#define LEVEL_FOR_CPU(name)                                                      \
    (bpb_cpu_function_level() == SIMD_V4   ? &LEVEL_JOIN(BPB(name), v4)          \
     : bpb_cpu_function_level() == SIMD_V3 ? &LEVEL_JOIN(BPB(name), v3)          \
                                           : &LEVEL_JOIN(BPB(name), generic))
#else
#define DECLARE_LEVELS(type, name) extern const type LEVEL_JOIN(BPB(name), generic)
#define LEVEL_FOR_CPU(name) (&LEVEL_JOIN(BPB(name), generic))
#endif

#endif
