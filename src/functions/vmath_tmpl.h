/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exp, sigmoid and tanh in a form that compilers vectorise: no branches, no calls, no tables.
 * Bounds of their errors, checked by tests/test_functions_tmpl.c, in units in the last place:
 * exp 1.1, sigmoid 3.0, tanh 2.6; results below the smallest normal number included.
 *
 * fma() is an instruction from x86-64-v3 on; below, its emulation would cost more than it is
 * worth, and the rounding of a product more is within the errors stated.
 */
#ifndef BPB_VMATH_TMPL_H
#define BPB_VMATH_TMPL_H

#include <math.h>
#include <string.h>

#include "common.h"
#include "tmpl.h"

#ifdef __FMA__
#define FMA(a, b, c) BPB_SELECT(__builtin_fma, __builtin_fmaf)(a, b, c)
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#endif

#if BPB_REAL_BYTES == 8
typedef uint64_t bits;
#else
typedef uint32_t bits;
#endif
#define MANTISSA_BITS BPB_SELECT(52, 23)
#define EXPONENT_BIAS BPB_SELECT(1023, 127)

static inline bits bits_of(real x)
{
    bits u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline real real_of(bits u)
{
    real x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k for biased = k + EXPONENT_BIAS within the normal numbers. */
static inline real power_of_two(bits biased)
{
    return real_of(biased << MANTISSA_BITS);
}

static inline real magnitude(real x)
{
    return BPB_SELECT(__builtin_fabs, __builtin_fabsf)(x);
}

static inline real with_sign(real x, real sign)
{
    return BPB_SELECT(__builtin_copysign, __builtin_copysignf)(x, sign);
}

/*
 * For x <= 0: exp(x) = 2^k (1 + q), k = round(x / ln 2), q = exp(r) - 1 by its Taylor series,
 * |r| = |x - k ln 2| <= ln(2)/2. k comes out of the low bits of x / ln 2 + 1.5 * 2^mantissa.
 */
struct reduced {
    bits k; /* modulo 2^64 or 2^32: k is negative */
    real q;
};

static inline struct reduced reduce(real x)
{
    const real shift = BPB_SELECT(0x1.8p52, 0x1.8p23f);
    const real ln2_high = BPB_SELECT(0x1.62e42fefa38p-1, 0x1.62e4p-1f);
    const real ln2_low = BPB_SELECT(0x1.ef35793c7673p-45, 0x1.7f7d1cp-20f);
    const real shifted = FMA(x, RC(1.44269504088896341), shift);
    const real k = shifted - shift;
    const real r = FMA(-k, ln2_low, FMA(-k, ln2_high, x));
#if BPB_REAL_BYTES == 8
    real p = RC(1.0) / 6227020800;
    p = FMA(p, r, RC(1.0) / 479001600);
    p = FMA(p, r, RC(1.0) / 39916800);
    p = FMA(p, r, RC(1.0) / 3628800);
    p = FMA(p, r, RC(1.0) / 362880);
    p = FMA(p, r, RC(1.0) / 40320);
    p = FMA(p, r, RC(1.0) / 5040);
#else
    real p = RC(1.0) / 5040;
#endif
    p = FMA(p, r, RC(1.0) / 720);
    p = FMA(p, r, RC(1.0) / 120);
    p = FMA(p, r, RC(1.0) / 24);
    p = FMA(p, r, RC(1.0) / 6);
    p = FMA(p, r, RC(0.5));
    return (struct reduced){bits_of(shifted) - bits_of(shift), FMA(p, r * r, r)};
}

/* exp(x) for x <= 0; NaN for NaN. 2^k in two factors, for k goes below the normal numbers. */
static inline real exp_negative(real x)
{
    const real lowest = BPB_SELECT(-746.0, -104.0f); /* exp of which is 0 */
    const bits offset = BPB_SELECT(1078, 152);       /* even, and k + offset > 0 */
    const struct reduced e = reduce(x < lowest ? lowest : x);
    const bits half = (e.k + offset) >> 1;
    const real first = power_of_two(half + (EXPONENT_BIAS - offset / 2));
    const real second = power_of_two(e.k - half + (EXPONENT_BIAS + offset / 2));
    return (FMA(first, e.q, first)) * second;
}

/* 1 / (1 + exp(-z)), by way of exp(-|z|) so that neither side overflows. */
static inline real sigmoid(real z)
{
    const real e = exp_negative(-magnitude(z));
    return (z < 0 ? e : 1) / (1 + e);
}

/* tanh|z| = -m / (2 + m), m = exp(-2|z|) - 1 = 2^k q + (2^k - 1): no cancellation near 0. */
static inline real tanh_real(real z)
{
    const real lowest = BPB_SELECT(-80.0, -40.0f); /* tanh rounds to 1 well before */
    const real x = -2 * magnitude(z);
    const struct reduced e = reduce(x < lowest ? lowest : x);
    const real scale = power_of_two(e.k + EXPONENT_BIAS);
    const real m = FMA(scale, e.q, scale - 1);
    return with_sign(-m / (2 + m), z);
}

#endif
