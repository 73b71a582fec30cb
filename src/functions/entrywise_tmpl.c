/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A user's own functions as entries of the tables. The element-wise shorthand is done in parts that
 * stay in the first-level cache: slopes into a part of their own, then the product.
 */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"

#define PART 512 /* entries */

/* ---- Activations: context is the user's struct ---- */

static void own_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    const activation_function_t *own = context;
    own->f(own->context, n * B, Z, A);
}

/* D <- f'(Z) D */
static void own_derivative(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           real *D)
{
    const activation_function_t *own = context;
    real slope[PART];
    for (size_t i = 0, count; i < n * B; i += count) {
        count = BPB_MIN(PART, n * B - i);
        own->df(own->context, count, Z + i, A + i, slope);
#pragma omp simd
        for (size_t k = 0; k < count; k++)
            D[i + k] *= slope[k];
    }
}

/* H <- H + f''(Z) D V */
static void own_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                       const real *D, const real *V, real *H)
{
    const activation_function_t *own = context;
    real curve[PART];
    for (size_t i = 0, count; i < n * B; i += count) {
        count = BPB_MIN(PART, n * B - i);
        own->d2f(own->context, count, Z + i, A + i, curve);
#pragma omp simd
        for (size_t k = 0; k < count; k++)
            H[i + k] += curve[k] * D[i + k] * V[i + k];
    }
}

static struct activation_table own_activation(const activation_function_t *own)
{
    if (own->value)
        return (struct activation_table){.context = own->context,
                                         .needs_Z = !own->of_A,
                                         .value = own->value,
                                         .vjp = own->vjp,
                                         .jvp = own->jvp,
                                         .second = own->second};
    return (struct activation_table){.context = own,
                                     .needs_Z = !own->of_A,
                                     .value = own_value,
                                     .vjp = own->df ? own_derivative : NULL,
                                     .jvp = own->df ? own_derivative : NULL,
                                     .second = own->d2f ? own_second : NULL};
}

/* ---- Losses ---- */

/* e_j = sum_i f(a_i, t_i), summed in double */
static void own_loss_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    const loss_function_t *own = context;
    real term[PART];
    (void)Z;
    for (size_t j = 0; j < B; j++) {
        e[j] = 0;
        for (size_t i = 0, count; i < n; i += count, A += count, T += count) {
            count = BPB_MIN(PART, n - i);
            own->f(own->context, count, A, T, term);
            for (size_t k = 0; k < count; k++)
                e[j] += (double)term[k];
        }
    }
}

static void own_loss_gradient(const void *context, size_t n, size_t B, const real *Z,
                              const real *A, const real *T, real *D)
{
    const loss_function_t *own = context;
    (void)Z;
    own->df(own->context, n * B, A, T, D);
}

/* H = f''(A, T) V */
static void own_loss_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            const real *T, const real *V, real *H)
{
    const loss_function_t *own = context;
    (void)Z;
    own->d2f(own->context, n * B, A, T, H);
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        H[i] *= V[i];
}

static struct loss_table own_loss(const loss_function_t *own)
{
    if (own->value)
        return (struct loss_table){.context = own->context,
                                   .of_Z = own->of_Z,
                                   .group = own->group,
                                   .value = own->value,
                                   .gradient = own->gradient,
                                   .second = own->second};
    return (struct loss_table){.context = own,
                               .group = 1,
                               .value = own_loss_value,
                               .gradient = own->df ? own_loss_gradient : NULL,
                               .second = own->d2f ? own_loss_second : NULL};
}

extern const struct own_forms LEVEL(own_forms);
const struct own_forms LEVEL(own_forms) = {own_activation, own_loss};
