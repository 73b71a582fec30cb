/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of optimisers, entry by entry, as bpblas.h spells them. Nothing is fused: sums,
 * products, quotients and roots are rounded one by one, so that a step has the same bits at every
 * level, in the body of a loop and in its remainder.
 */
#include "functions/functions_tmpl.h"
#include "functions/vmath_tmpl.h"

/* What each loop is given; a copy of step, which nothing that is written can change. */
#define ARGUMENTS                                                                                 \
    const struct BPB(step) *step, size_t n, const real *gradient, real *theta, real *const state[]

static inline real root(real x)
{
    return BPB_SELECT(__builtin_sqrt, __builtin_sqrtf)(x);
}

/* g = scale * gradient + decay * theta */
static inline real slope(const struct BPB(step) * step, real gradient, real theta)
{
    return step->scale * gradient + step->decay * theta;
}

/* Whether |g| <= limit for all entries: no NaN is. */
static bool slopes_within(const struct BPB(step) * step, real limit, size_t n,
                          const real *gradient, const real *theta)
{
    const struct BPB(step) c = *step;
    bits beyond = 0;
#pragma omp simd reduction(| : beyond)
    for (size_t i = 0; i < n; i++)
        beyond |= !(magnitude(slope(&c, gradient[i], theta[i])) <= limit);
    return !beyond;
}

static void sgd(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    (void)state;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        theta[i] = theta[i] - c.eta * slope(&c, gradient[i], theta[i]);
}

static void momentum(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *v = state[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        v[i] = c.momentum * v[i] + slope(&c, gradient[i], theta[i]);
        theta[i] = theta[i] - c.eta * v[i];
    }
}

static void nesterov(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *v = state[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, gradient[i], theta[i]);
        v[i] = c.momentum * v[i] + g;
        theta[i] = theta[i] - c.eta * (g + c.momentum * v[i]);
    }
}

static void adagrad(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *s = state[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, gradient[i], theta[i]);
        s[i] = s[i] + g * g;
        theta[i] = theta[i] - c.eta * (g / (root(s[i]) + c.epsilon));
    }
}

/* s <- rho s + (1 - rho) g^2, and g over the root of it */
static inline real over_root(const struct BPB(step) * c, real g, real *s)
{
    *s = c->beta2 * *s + c->rest2 * (g * g);
    return g / (root(*s) + c->epsilon);
}

/* The same with the mean m of g taken out; s - m^2 is below 0 by rounding alone. */
static inline real over_centred_root(const struct BPB(step) * c, real g, real *s, real *m)
{
    *s = c->beta2 * *s + c->rest2 * (g * g);
    *m = c->beta2 * *m + c->rest2 * g;
    const real variance = *s - *m * *m;
    return g / (root(chosen(variance > 0, variance, 0)) + c->epsilon);
}

static void rmsprop(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *s = state[0];
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        theta[i] = theta[i] - c.eta * over_root(&c, slope(&c, gradient[i], theta[i]), &s[i]);
}

static void rmsprop_momentum(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *s = state[0], *v = state[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        v[i] = c.momentum * v[i] + over_root(&c, slope(&c, gradient[i], theta[i]), &s[i]);
        theta[i] = theta[i] - c.eta * v[i];
    }
}

static void centred_rmsprop(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *s = state[0], *m = state[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, gradient[i], theta[i]);
        theta[i] = theta[i] - c.eta * over_centred_root(&c, g, &s[i], &m[i]);
    }
}

static void centred_rmsprop_momentum(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *s = state[0], *m = state[1], *v = state[2];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real g = slope(&c, gradient[i], theta[i]);
        v[i] = c.momentum * v[i] + over_centred_root(&c, g, &s[i], &m[i]);
        theta[i] = theta[i] - c.eta * v[i];
    }
}

/* m <- beta1 m + (1 - beta1) g,  s <- beta2 s + (1 - beta2) g^2 */
static inline void moments(const struct BPB(step) * c, real g, real *m, real *s)
{
    *m = c->beta1 * *m + c->rest1 * g;
    *s = c->beta2 * *s + c->rest2 * (g * g);
}

static void adam(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *m = state[0], *s = state[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        moments(&c, slope(&c, gradient[i], theta[i]), &m[i], &s[i]);
        theta[i] = c.keep * theta[i] - c.eta * (m[i] / (c.unbias * root(s[i]) + c.epsilon));
    }
}

static void amsgrad(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *m = state[0], *s = state[1], *most = state[2];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        moments(&c, slope(&c, gradient[i], theta[i]), &m[i], &s[i]);
        most[i] = chosen(s[i] > most[i], s[i], most[i]);
        theta[i] = c.keep * theta[i] - c.eta * (m[i] / (c.unbias * root(most[i]) + c.epsilon));
    }
}

static inline real sign_of(real x)
{
    return chosen(x > 0, 1, chosen(x < 0, -1, 0));
}

/* Delta grows where two signs agree and shrinks where they differ; agreement is their product. */
static inline real next_delta(const struct BPB(step) * c, real agreement, real delta)
{
    const real longer = c->eta_plus * delta, shorter = c->eta_minus * delta;
    const real most = chosen(longer < c->delta_max, longer, c->delta_max);
    const real least = chosen(shorter > c->delta_min, shorter, c->delta_min);
    return chosen(agreement > 0, most, chosen(agreement < 0, least, delta));
}

/* The signs of the slopes before are kept, 0 where they differed: of products of slopes small ones
 * would be 0 too. The step before was sign Delta of what is kept. */
static void irprop_plus(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *before = state[0], *delta = state[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real sign = sign_of(slope(&c, gradient[i], theta[i]));
        const real agreement = before[i] * sign, back = c.back * (before[i] * delta[i]);
        delta[i] = next_delta(&c, agreement, delta[i]);
        theta[i] = theta[i] - chosen(agreement < 0, -back, sign * delta[i]);
        before[i] = chosen(agreement < 0, 0, sign);
    }
}

static void irprop_minus(ARGUMENTS)
{
    const struct BPB(step) c = *step;
    real *before = state[0], *delta = state[1];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real sign = sign_of(slope(&c, gradient[i], theta[i])), agreement = before[i] * sign;
        delta[i] = next_delta(&c, agreement, delta[i]);
        before[i] = chosen(agreement < 0, 0, sign);
        theta[i] = theta[i] - before[i] * delta[i];
    }
}

extern const struct BPB(steps) LEVEL(steps);
const struct BPB(steps) LEVEL(steps) = {
    .within = slopes_within,
    .form = {
        [STEP_SGD] = {0, false, sgd},
        [STEP_MOMENTUM] = {1, false, momentum},
        [STEP_NESTEROV] = {1, false, nesterov},
        [STEP_ADAGRAD] = {1, true, adagrad},
        [STEP_RMSPROP] = {1, true, rmsprop},
        [STEP_RMSPROP_MOMENTUM] = {2, true, rmsprop_momentum},
        [STEP_RMSPROP_CENTRED] = {2, true, centred_rmsprop},
        [STEP_RMSPROP_CENTRED_MOMENTUM] = {3, true, centred_rmsprop_momentum},
        [STEP_ADAM] = {2, true, adam},
        [STEP_AMSGRAD] = {3, true, amsgrad},
        [STEP_IRPROP_PLUS] = {2, false, irprop_plus},
        [STEP_IRPROP_MINUS] = {2, false, irprop_minus},
    },
};
