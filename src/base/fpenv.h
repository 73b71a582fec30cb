/* SPDX-License-Identifier: BSD-3-Clause */
/* The floating-point environment: the default one around the arithmetic of every public call,
 * whatever the caller's is. */
#ifndef BPB_FPENV_H
#define BPB_FPENV_H

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

/* A comparison whose arithmetic is done here: compilers may otherwise move it behind fpenv_leave,
 * where the caller's traps are. */
static inline int fpenv_now(int holds)
{
    volatile int kept = holds;
    return kept;
}

#endif
