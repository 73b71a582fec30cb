/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What activations are made of, in a form that compilers vectorise: no branches, no calls, no
 * tables. Bounds of the errors of the activations, checked by tests/test_functions_tmpl.c, in units
 * in the last place, results below the smallest normal number included:
 *
 *     exp 1.1, exponential 1.1   leaky ReLU 0.5, softsign 1.6   ELU 2.6, SELU 2.2
 *     sigmoid 3.0, softplus 3.0  tanh 2.6, SiLU 3.0             GELU 3.4, its tanh form 3.0
 *
 * and of the derivatives of those that take them from Z, in eps max(1, |f'|): f' 2, f'' 3.
 *
 * fma() is an instruction from x86-64-v3 on; below, its emulation would cost more than it is
 * worth, and the rounding of a product more is within the errors stated.
 */
#ifndef BPB_VMATH_TMPL_H
#define BPB_VMATH_TMPL_H

#include <math.h>
#include <string.h>

#include "base/common.h"
#include "base/tmpl.h"

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

/* condition ? yes : no, both of them computed: behind a ?: compilers may move what only one side
 * needs, and then do not vectorise. */
static inline real chosen(bool condition, real yes, real no)
{
    const bits mask = -(bits)condition;
    return real_of((bits_of(yes) & mask) | (bits_of(no) & ~mask));
}

/* |x|, but no more than bound; NaN for NaN. */
static inline real bounded(real x, real bound)
{
    const real y = magnitude(x);
    return chosen(y > bound, bound, y);
}

/* An unevaluated sum: low is about half a unit in the last place of high, or less. Where there is
 * nothing to add low is -0, for x + -0 is x whatever its sign, and costs nothing. */
struct pair {
    real high, low;
};

/* x without the lower half of its mantissa. */
static inline real upper_half(real x)
{
    return real_of(bits_of(x) >> BPB_SELECT(27, 12) << BPB_SELECT(27, 12));
}

/* a b and its rounding error: by FMA, or by products of halves, which are exact except for the last
 * bit of the smallest. */
static inline struct pair exact_product(real a, real b)
{
    const real high = a * b;
#ifdef __FMA__
    return (struct pair){high, FMA(a, b, -high)};
#else
    const real a1 = upper_half(a), a2 = a - a1, b1 = upper_half(b), b2 = b - b1;
    return (struct pair){high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2};
#endif
}

/* a + b and its rounding error (Knuth's sum, which takes them in any order). */
static inline struct pair exact_sum(real a, real b)
{
    const real high = a + b, b_seen = high - a;
    return (struct pair){high, (a - (high - b_seen)) + (b - b_seen)};
}

/*
 * exp(x) = 2^k (1 + q), k = round(x / ln 2), q = exp(r) - 1 by its Taylor series,
 * |r| = |x - k ln 2| <= ln(2)/2. k comes out of the low bits of x / ln 2 + 1.5 * 2^mantissa.
 */
struct reduced {
    bits k; /* modulo 2^64 or 2^32: k may be negative */
    real q;
};

static inline struct reduced reduce(struct pair x)
{
    const real shift = BPB_SELECT(0x1.8p52, 0x1.8p23f);
    const real ln2_high = BPB_SELECT(0x1.62e42fefa38p-1, 0x1.62e4p-1f);
    const real ln2_low = BPB_SELECT(0x1.ef35793c7673p-45, 0x1.7f7d1cp-20f);
    const real shifted = FMA(x.high, RC(1.44269504088896341), shift);
    const real k = shifted - shift;
    const real r = FMA(-k, ln2_low, FMA(-k, ln2_high, x.high)) + x.low;
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

/* exp(x) = (first + first q) second, NaN for NaN. 2^k is in two factors, for k goes below the
 * normal numbers: what is multiplied by the second comes last, and loses digits once. */
struct exponential {
    real q, first, second;
};

/* For x up to EXP_HIGHEST; below EXP_LOWEST it is exp(EXP_LOWEST), which rounds to 0. */
#define EXP_LOWEST BPB_SELECT(-770.0, -114.0f)
#define EXP_HIGHEST BPB_SELECT(710.0, 89.0f) /* exp of which is infinite */
static inline struct exponential exp_in_parts(struct pair x)
{
    const bits offset = BPB_SELECT(1112, 168); /* even, and k + offset > 0 */
    x.high = x.high < EXP_LOWEST ? EXP_LOWEST : x.high;
    const struct reduced e = reduce(x);
    const bits half = (e.k + offset) >> 1;
    const real first = power_of_two(half + (EXPONENT_BIAS - offset / 2));
    const real second = power_of_two(e.k - half + (EXPONENT_BIAS + offset / 2));
    return (struct exponential){e.q, first, second};
}

static inline real exp_whole(struct exponential e)
{
    return FMA(e.first, e.q, e.first) * e.second;
}

/* y (1 + error) exp(x), with one rounding less than by a product, and no digit less where exp(x)
 * alone is below the normal numbers. */
static inline real exp_times(real y, real error, struct exponential e)
{
    const real part = y * e.first;
    return FMA(part, e.q + error, part) * e.second;
}

/* exp(x), infinite where it is too large; NaN for NaN. */
static inline real exp_real(real x)
{
    return exp_whole(exp_in_parts((struct pair){x > EXP_HIGHEST ? EXP_HIGHEST : x, RC(-0.0)}));
}

/* exp(x) for x <= 0; NaN for NaN. */
static inline real exp_negative(real x)
{
    return exp_whole(exp_in_parts((struct pair){x, RC(-0.0)}));
}

/* exp(x) - 1 = 2^k q + (2^k - 1) for x <= 0: no cancellation near 0. */
static inline real expm1_negative(real x)
{
    const real lowest = BPB_SELECT(-80.0, -40.0f); /* it rounds to -1 well before */
    const struct reduced e = reduce((struct pair){x < lowest ? lowest : x, RC(-0.0)});
    const real scale = power_of_two(e.k + EXPONENT_BIAS);
    return FMA(scale, e.q, scale - 1);
}

/* 1 / (1 + exp(-z)), by way of exp(-|z|) so that neither side overflows. */
static inline real sigmoid(real z)
{
    const real e = exp_negative(-magnitude(z));
    return (z < 0 ? e : 1) / (1 + e);
}

/* tanh|z| = -m / (2 + m), m = exp(-2|z|) - 1. */
static inline real tanh_real(real z)
{
    const real m = expm1_negative(-2 * magnitude(z));
    return with_sign(-m / (2 + m), z);
}

/* ln(1 + u) = 2 artanh(u / (2 + u)) for 0 <= u <= 1: t + t w P(w), t = 2 u / (2 + u), w = t^2 / 4,
 * P the polynomial through (artanh(sqrt w) / sqrt w - 1) / w at Chebyshev's points of 0 .. 1/9. */
static inline real log1p_unit(real u)
{
    const real t = 2 * u / (2 + u), w = t * t / 4;
#if BPB_REAL_BYTES == 8
    real p = RC(0.0808790345407254743);
    p = FMA(p, w, RC(0.0439743336947483356));
    p = FMA(p, w, RC(0.0600114699771365608));
    p = FMA(p, w, RC(0.066570036413351451));
    p = FMA(p, w, RC(0.0769278950512931123));
    p = FMA(p, w, RC(0.0909089454649137476));
    p = FMA(p, w, RC(0.111111113624093814));
    p = FMA(p, w, RC(0.142857142835145317));
    p = FMA(p, w, RC(0.200000000000074566));
    p = FMA(p, w, RC(0.333333333333333292));
#else
    real p = RC(0.1161952527);
    p = FMA(p, w, RC(0.108516575));
    p = FMA(p, w, RC(0.1429629171));
    p = FMA(p, w, RC(0.1999985068));
    p = FMA(p, w, RC(0.3333333367));
#endif
    return FMA(t, w * p, t);
}

/*
 * The tail of N(0,1), Phi(-t) = Q(t) exp(-t^2 / 2), 0 <= t <= TAIL_BOUND: this is Q, value times
 * 1 + error. It falls from 1/2 like 1 / (t sqrt(2 pi)); P = (t + 1.25) Q(t) stays within 0.39 and
 * 0.63, and changes least near t = 0. P is a polynomial of v = 1.1875 - 8.75 / (t + 4), |v| <= 1,
 * through Chebyshev's points of the range.
 */
#define TAIL_BOUND BPB_SELECT(39.0, 14.5f) /* where t Phi(-t) rounds to 0 */
struct tail {
    real value, error;
};

/* P / s and the error of this and of P and s, the second half of each pair. 1 / P is about 2. */
static inline struct tail tail_quotient(struct pair P, struct pair s)
{
    const real value = P.high / s.high;
    const struct pair back = exact_product(value, s.high);
    const real rest = ((P.high - back.high) - back.low) + (P.low - value * s.low);
    return (struct tail){value, 2 * rest};
}

static inline struct tail scaled_tail(real t)
{
    const real constant = BPB_SELECT(0.50791930416205519, 0.5079193037f);
    const real v = RC(1.1875) - RC(8.75) / (t + 4);
#if BPB_REAL_BYTES == 8
    real p = RC(-9.76099580931798384e-11);
    p = FMA(p, v, RC(-1.04365627506999233e-11));
    p = FMA(p, v, RC(1.12890723458864429e-9));
    p = FMA(p, v, RC(8.85597488634474108e-10));
    p = FMA(p, v, RC(-6.78650960838750095e-9));
    p = FMA(p, v, RC(-1.22500902552639929e-8));
    p = FMA(p, v, RC(2.70171970854838425e-8));
    p = FMA(p, v, RC(1.0432074462106815e-7));
    p = FMA(p, v, RC(-5.97884364728356115e-8));
    p = FMA(p, v, RC(-7.35681194001796342e-7));
    p = FMA(p, v, RC(-1.6675055453546036e-7));
    p = FMA(p, v, RC(5.08048132025470846e-6));
    p = FMA(p, v, RC(2.98408683262807504e-6));
    p = FMA(p, v, RC(-3.88615666770914994e-5));
    p = FMA(p, v, RC(-1.31497730956660703e-5));
    p = FMA(p, v, RC(0.000342313239150926258));
    p = FMA(p, v, RC(-0.000316082681916938045));
    p = FMA(p, v, RC(-0.00272308588861958987));
    p = FMA(p, v, RC(0.0116769104145559292));
    p = FMA(p, v, RC(-0.0222140455958494991));
    p = FMA(p, v, RC(0.0155069942186075554));
    p = FMA(p, v, RC(0.0344123616076343066));
    p = FMA(p, v, RC(-0.13415502728434147));
#else
    real p = RC(-2.886363498e-5);
    p = FMA(p, v, RC(-7.151676599e-6));
    p = FMA(p, v, RC(0.0003341612461));
    p = FMA(p, v, RC(-0.0003204498947));
    p = FMA(p, v, RC(-0.002719906572));
    p = FMA(p, v, RC(0.01167826417));
    p = FMA(p, v, RC(-0.0222146296));
    p = FMA(p, v, RC(0.01550682791));
    p = FMA(p, v, RC(0.0344124028));
    p = FMA(p, v, RC(-0.1341550218));
#endif
    const real P = FMA(p, v, constant);
    return tail_quotient((struct pair){P, FMA(p, v, constant - P)}, exact_sum(t, RC(1.25)));
}

/* exp(-t^2 / 2). t^2 in two parts: rounded to one it would be off by t^2 / 4 units in the last
 * place. */
static inline struct exponential bell(real t)
{
    const struct pair square = exact_product(t, t);
    return exp_in_parts((struct pair){-square.high / 2, -square.low / 2});
}

#endif
