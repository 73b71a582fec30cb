/* SPDX-License-Identifier: BSD-3-Clause */
/* One level's set of functions, and the small passes over matrices that go with them. */
#include "functions/functions_tmpl.h"
#include "functions/vmath_tmpl.h"

static void axpby(size_t n, real alpha, const real *x, real beta, real *y)
{
    if (beta == 0) {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = alpha * x[i];
        return;
    }
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = beta * y[i] + alpha * x[i];
}

/* The exponent of an infinity or a NaN has all its bits set. */
static bool finite(size_t n, const real *x)
{
    const bits exponent = (bits)(2 * EXPONENT_BIAS + 1) << MANTISSA_BITS;
    bits found = 0;
#pragma omp simd reduction(| : found)
    for (size_t i = 0; i < n; i++)
        found |= (bits_of(x[i]) & exponent) == exponent;
    return !found;
}

static bool scale(size_t n, real alpha, real *x)
{
    const bool all_finite = finite(n, x);
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x[i] *= alpha;
    return all_finite;
}

extern const struct BPB(activation) LEVEL(activations)[];
extern const struct BPB(loss) LEVEL(losses)[LOSS_FORMS];
extern const struct BPB(own_forms) LEVEL(own_forms);
extern const struct BPB(steps) LEVEL(steps);
extern const struct BPB(function_set) LEVEL(functions);
const struct BPB(function_set) LEVEL(functions) = {
    .activation = LEVEL(activations),
    .loss = LEVEL(losses),
    .own = &LEVEL(own_forms),
    .steps = &LEVEL(steps),
    .axpby = axpby,
    .finite = finite,
    .scale = scale,
};
