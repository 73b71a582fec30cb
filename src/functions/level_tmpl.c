/* SPDX-License-Identifier: BSD-3-Clause */
/* One level's set of functions, and the small passes over matrices that go with them. */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"
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

/* The exponent of an infinity or a NaN has all its bits set: the lowest of them added, and it
 * carries into the sign, which is taken away before. Other bits of the result mean nothing. */
static inline bits exponent_carries(real x)
{
    const bits sign = (bits)1 << (8 * sizeof(real) - 1);
    return (bits_of(x) & ~sign) + ((bits)1 << MANTISSA_BITS);
}

/* Whether no value that went into found, by |, has carried. */
static inline bool none_carried(bits found)
{
    return !(found >> (8 * sizeof(real) - 1));
}

static bool finite(size_t n, const real *x)
{
    bits found = 0;
    for (size_t i = 0; i < n; i++)
        found |= exponent_carries(x[i]);
    return none_carried(found);
}

static bool scale(size_t n, real alpha, real *x)
{
    bits found = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] *= alpha;
        found |= exponent_carries(x[i]);
    }
    return none_carried(found);
}

extern const struct activation_table LEVEL(activations)[];
extern const struct loss_table LEVEL(losses)[LOSS_FORMS];
extern const struct own_forms LEVEL(own_forms);
extern const struct masks LEVEL(masks);
extern const struct function_set LEVEL(functions);
const struct function_set LEVEL(functions) = {
    .activation = LEVEL(activations),
    .loss = LEVEL(losses),
    .own = &LEVEL(own_forms),
    .masks = &LEVEL(masks),
    .axpby = axpby,
    .finite = finite,
    .scale = scale,
};
