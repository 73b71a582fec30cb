/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of optimisers, entry by entry, as bpblas.h spells them. Nothing is fused: sums,
 * products, quotients and roots are rounded one by one, so that a step has the same bits at every
 * level, in the body of a loop and in its remainder.
 */
#include "optim/loops_tmpl.h"
#include "functions/level_tmpl.h"
#include "functions/vmath_tmpl.h"

#include <float.h>

#define LARGEST BPB_SELECT(DBL_MAX, FLT_MAX)

/* For a loop that gathers a flag from entries of which none depends on another. GCC has no vectors
 * for the remainder of an omp simd loop with a reduction, and its scalar code would cost a small
 * net a third of its step. */
#define PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define VECTORISED(flag) PRAGMA(omp simd reduction(| : flag))
#else
#define VECTORISED(flag) PRAGMA(GCC ivdep)
#endif

/* Each loop is compiled twice: plain, and full, with clipping and L1 decay, which small nets would
 * pay for where they do not use it. */
#define INLINE static inline __attribute__((always_inline))
/* What it is given; it takes a copy of step, which nothing that is written can change. */
#define ARGUMENTS                                                                                  \
    const struct step *step, size_t n, const real *gradient, real *theta, real *const state[]
#define BOTH(loop)                                           \
    static bool loop##_plain(ARGUMENTS)                      \
    {                                                        \
        return loop(false, step, n, gradient, theta, state); \
    }                                                        \
    static bool loop##_full(ARGUMENTS)                       \
    {                                                        \
        return loop(true, step, n, gradient, theta, state);  \
    }

static inline real root(real x)
{
    return BPB_SELECT(__builtin_sqrt, __builtin_sqrtf)(x);
}

/* ---- The slope g of each entry ---- */

/* x within -clip .. clip; NaN stays */
static inline real clipped(real x, real clip)
{
    return chosen(magnitude(x) > clip, with_sign(clip, x), x);
}

/* sign(x), which is x where x is a zero: so a decay_1 of 0 adds a zero of theta's sign to decay's,
 * and changes no bit. */
static inline real unit_of(real x)
{
    return chosen(magnitude(x) > 0, with_sign(1, x), x);
}

/* g = shrink * clip(scale * gradient) + (decay * theta + decay_1 * sign(theta)) */
static inline real slope(const struct step *c, bool full, real gradient, real theta)
{
    const real x = c->scale * gradient, decay = c->decay * theta;
    if (!full)
        return x + decay;
    return c->shrink * clipped(x, c->clip) + (decay + c->decay_1 * unit_of(theta));
}

/* Whether |g| <= limit for all entries: no NaN is. An infinite scale * gradient, which clipping
 * would hide, is beyond it too. */
#define WITHIN_ARGUMENTS                                                                           \
    const struct step *step, real limit, size_t n, const real *gradient, const real *theta
INLINE bool within(bool full, WITHIN_ARGUMENTS)
{
    const struct step c = *step;
    bits beyond = 0;
    VECTORISED(beyond)
    for (size_t i = 0; i < n; i++) {
        beyond |= !(magnitude(slope(&c, full, gradient[i], theta[i])) <= limit);
        if (full)
            beyond |= !(magnitude(c.scale * gradient[i]) <= LARGEST);
    }
    return !beyond;
}

static bool within_plain(WITHIN_ARGUMENTS)
{
    return within(false, step, limit, n, gradient, theta);
}

static bool within_full(WITHIN_ARGUMENTS)
{
    return within(true, step, limit, n, gradient, theta);
}

/* ---- |clip(scale * gradient)|, by sums whose order is that of the indices alone ---- */

enum { LANES = 16 };

/* Entry i is of lane i % LANES, at every level and wherever x stands: lane[k] <- max(., |x_k|) */
static inline void add_largest(size_t n, const struct step *c, const real *x, real *lane)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        const real y = magnitude(clipped(c->scale * x[k], c->clip));
        lane[k] = chosen(y > lane[k], y, lane[k]);
    }
}

/* lane[k] <- lane[k] + (x_k / unit)^2 */
static inline void add_squares(size_t n, const struct step *c, double per_unit, const real *x,
                               double *lane)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        const double y = per_unit * (double)clipped(c->scale * x[k], c->clip);
        lane[k] = lane[k] + y * y;
    }
}

INLINE real largest(const struct step *step, size_t n, const real *x)
{
    const struct step c = *step;
    real lane[LANES] = {0}, most = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_largest(LANES, &c, x + i, lane);
    add_largest(n - i, &c, x + i, lane);
    for (size_t k = 0; k < LANES; k++)
        most = chosen(lane[k] > most, lane[k], most);
    return most;
}

INLINE double sum_of_squares(const struct step *step, double per_unit, size_t n, const real *x)
{
    const struct step c = *step;
    double lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_squares(LANES, &c, per_unit, x + i, lane);
    add_squares(n - i, &c, per_unit, x + i, lane);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++)
            lane[k] += lane[k + half];
    return lane[0];
}

/* The unit, a power of two, is about the largest entry, so that no square that counts overflows or
 * vanishes; of infinities and NaN it is 1, and root is one of them. It is kept away from both ends
 * of the doubles, where it or its reciprocal would not be a normal number. */
static struct norm norm(const struct step *step, size_t n, const real *x)
{
    const double most = (double)largest(step, n, x);
    int exponent = 0;
    if (most > 0 && most <= DBL_MAX)
        (void)frexp(most, &exponent);
    exponent = BPB_MIN(BPB_MAX(exponent, -1000), 1000);
    const double square = sum_of_squares(step, ldexp(1, -exponent), n, x);
    return (struct norm){__builtin_sqrt(square), ldexp(1, exponent)};
}

/* ---- Steps; each tells whether all of theta is finite after it ---- */

/* theta by the step, with what decoupled decay makes of it: S(keep * theta - change),
 * S(x) = sign(x) max(|x| - threshold, 0), NaN for NaN */
static inline real moved(const struct step *c, bool full, real theta, real change)
{
    const real x = c->keep * theta - change;
    if (!full)
        return x;
    const real rest = magnitude(x) - c->threshold;
    return with_sign(chosen(rest <= 0, 0, rest), x);
}

static inline bits not_finite(real x)
{
    return !(magnitude(x) <= LARGEST);
}

INLINE bool sgd(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    (void)state;
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        theta[i] = moved(&c, full, theta[i], c.eta * slope(&c, full, gradient[i], theta[i]));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(sgd)

INLINE bool momentum(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *v = state[0];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        v[i] = c.momentum * v[i] + slope(&c, full, gradient[i], theta[i]);
        theta[i] = moved(&c, full, theta[i], c.eta * v[i]);
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(momentum)

INLINE bool nesterov(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *v = state[0];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, full, gradient[i], theta[i]);
        v[i] = c.momentum * v[i] + g;
        theta[i] = moved(&c, full, theta[i], c.eta * (g + c.momentum * v[i]));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(nesterov)

INLINE bool adagrad(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *s = state[0];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, full, gradient[i], theta[i]);
        s[i] = s[i] + g * g;
        theta[i] = moved(&c, full, theta[i], c.eta * (g / (root(s[i]) + c.epsilon)));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(adagrad)

/* s <- rho s + (1 - rho) g^2, and g over the root of it */
static inline real over_root(const struct step *c, real g, real *s)
{
    *s = c->beta2 * *s + c->rest2 * (g * g);
    return g / (root(*s) + c->epsilon);
}

/* The same with the mean m of g taken out; s - m^2 is below 0 by rounding alone. */
static inline real over_centred_root(const struct step *c, real g, real *s, real *m)
{
    *s = c->beta2 * *s + c->rest2 * (g * g);
    *m = c->beta2 * *m + c->rest2 * g;
    const real variance = *s - *m * *m;
    return g / (root(chosen(variance > 0, variance, 0)) + c->epsilon);
}

INLINE bool rmsprop(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *s = state[0];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, full, gradient[i], theta[i]);
        theta[i] = moved(&c, full, theta[i], c.eta * over_root(&c, g, &s[i]));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(rmsprop)

INLINE bool rmsprop_momentum(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *s = state[0], *v = state[1];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        v[i] = c.momentum * v[i] + over_root(&c, slope(&c, full, gradient[i], theta[i]), &s[i]);
        theta[i] = moved(&c, full, theta[i], c.eta * v[i]);
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(rmsprop_momentum)

INLINE bool centred_rmsprop(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *s = state[0], *m = state[1];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, full, gradient[i], theta[i]);
        theta[i] = moved(&c, full, theta[i], c.eta * over_centred_root(&c, g, &s[i], &m[i]));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(centred_rmsprop)

INLINE bool centred_rmsprop_momentum(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *s = state[0], *m = state[1], *v = state[2];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, full, gradient[i], theta[i]);
        v[i] = c.momentum * v[i] + over_centred_root(&c, g, &s[i], &m[i]);
        theta[i] = moved(&c, full, theta[i], c.eta * v[i]);
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(centred_rmsprop_momentum)

/* m <- beta1 m + (1 - beta1) g,  s <- beta2 s + (1 - beta2) g^2 */
static inline void moments(const struct step *c, real g, real *m, real *s)
{
    *m = c->beta1 * *m + c->rest1 * g;
    *s = c->beta2 * *s + c->rest2 * (g * g);
}

INLINE bool adam(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *m = state[0], *s = state[1];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        moments(&c, slope(&c, full, gradient[i], theta[i]), &m[i], &s[i]);
        const real below = c.unbias * root(s[i]) + c.epsilon;
        theta[i] = moved(&c, full, theta[i], c.eta * (m[i] / below));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(adam)

INLINE bool amsgrad(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *m = state[0], *s = state[1], *most = state[2];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        moments(&c, slope(&c, full, gradient[i], theta[i]), &m[i], &s[i]);
        most[i] = chosen(s[i] > most[i], s[i], most[i]);
        const real below = c.unbias * root(most[i]) + c.epsilon;
        theta[i] = moved(&c, full, theta[i], c.eta * (m[i] / below));
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(amsgrad)

static inline real sign_of(real x)
{
    return chosen(x > 0, 1, chosen(x < 0, -1, 0));
}

/* Delta grows where two signs agree and shrinks where they differ; agreement is their product. */
static inline real next_delta(const struct step *c, real agreement, real delta)
{
    const real longer = c->eta_plus * delta, shorter = c->eta_minus * delta;
    const real most = chosen(longer < c->delta_max, longer, c->delta_max);
    const real least = chosen(shorter > c->delta_min, shorter, c->delta_min);
    return chosen(agreement > 0, most, chosen(agreement < 0, least, delta));
}

/* The signs of the slopes before are kept, 0 where they differed: of products of slopes small ones
 * would be 0 too. The step before was sign Delta of what is kept. */
INLINE bool irprop_plus(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *before = state[0], *delta = state[1];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real sign = sign_of(slope(&c, full, gradient[i], theta[i]));
        const real agreement = before[i] * sign, back = c.back * (before[i] * delta[i]);
        delta[i] = next_delta(&c, agreement, delta[i]);
        theta[i] = moved(&c, full, theta[i], chosen(agreement < 0, -back, sign * delta[i]));
        lost |= not_finite(theta[i]);
        before[i] = chosen(agreement < 0, 0, sign);
    }
    return !lost;
}
BOTH(irprop_plus)

INLINE bool irprop_minus(bool full, ARGUMENTS)
{
    const struct step c = *step;
    bits lost = 0;
    real *before = state[0], *delta = state[1];
    VECTORISED(lost)
    for (size_t i = 0; i < n; i++) {
        const real sign = sign_of(slope(&c, full, gradient[i], theta[i]));
        const real agreement = before[i] * sign;
        delta[i] = next_delta(&c, agreement, delta[i]);
        before[i] = chosen(agreement < 0, 0, sign);
        theta[i] = moved(&c, full, theta[i], before[i] * delta[i]);
        lost |= not_finite(theta[i]);
    }
    return !lost;
}
BOTH(irprop_minus)

#define FORMS(loop) {[STEP_PLAIN] = loop##_plain, [STEP_FULL] = loop##_full}
extern const struct steps LEVEL(steps);
const struct steps LEVEL(steps) = {
    .within = FORMS(within),
    .norm = norm,
    .form =
        {
            [STEP_SGD] = {0, false, FORMS(sgd)},
            [STEP_MOMENTUM] = {1, false, FORMS(momentum)},
            [STEP_NESTEROV] = {1, false, FORMS(nesterov)},
            [STEP_ADAGRAD] = {1, true, FORMS(adagrad)},
            [STEP_RMSPROP] = {1, true, FORMS(rmsprop)},
            [STEP_RMSPROP_MOMENTUM] = {2, true, FORMS(rmsprop_momentum)},
            [STEP_RMSPROP_CENTRED] = {2, true, FORMS(centred_rmsprop)},
            [STEP_RMSPROP_CENTRED_MOMENTUM] = {3, true, FORMS(centred_rmsprop_momentum)},
            [STEP_ADAM] = {2, true, FORMS(adam)},
            [STEP_AMSGRAD] = {3, true, FORMS(amsgrad)},
            [STEP_IRPROP_PLUS] = {2, false, FORMS(irprop_plus)},
            [STEP_IRPROP_MINUS] = {2, false, FORMS(irprop_minus)},
        },
};
