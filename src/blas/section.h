/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What surrounds the arithmetic of every public call: the floating-point environment set to
 * its default and, where the BLAS is called, OpenBLAS's threads held at one.
 */
#ifndef BPB_SECTION_H
#define BPB_SECTION_H

#include "common.h"

#if defined __x86_64__ || defined __SSE2__
#include <xmmintrin.h>
#define BPB_MXCSR_DEFAULT 0x1f80u /* nothing trapped, round to nearest, subnormals kept */
struct fpenv {
    unsigned mxcsr;
};
/* Only MXCSR, not the x87 unit, which nothing here uses: this takes a few nanoseconds. */
static inline void fpenv_enter(struct fpenv *env)
{
    env->mxcsr = _mm_getcsr();
    if (env->mxcsr != BPB_MXCSR_DEFAULT)
        _mm_setcsr(BPB_MXCSR_DEFAULT);
}
static inline void fpenv_leave(const struct fpenv *env)
{
    _mm_setcsr(env->mxcsr);
}
#else
#include <fenv.h>
struct fpenv {
    fenv_t env;
};
static inline void fpenv_enter(struct fpenv *env)
{
    fegetenv(&env->env);
    fesetenv(FE_DFL_ENV);
}
static inline void fpenv_leave(const struct fpenv *env)
{
    fesetenv(&env->env);
}
#endif

/*
 * A section that calls the BLAS. OpenBLAS's thread count is one number for the process: the
 * first to enter saves it and sets it to one, the last to leave restores it, whichever threads
 * these are. Sections do not nest. No lock, and nothing waits while the count stays above 0.
 */
struct section {
    struct fpenv env;
};
void bpb_section_enter(struct section *section);
void bpb_section_leave(const struct section *section);

#endif
