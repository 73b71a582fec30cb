/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions as a caller would write them, of both forms; naive.h knows them too. */
#ifndef EXAMPLES_TMPL_H
#define EXAMPLES_TMPL_H

#include <math.h>

#include "bpblas.h"
#include "base/tmpl.h"

#define OWN static inline void

/* ---- sin z, element by element ---- */

OWN sine_f(const void *context, size_t n, const real *z, real *a)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        a[i] = BPB_SELECT(sin, sinf)(z[i]);
}
OWN sine_df(const void *context, size_t n, const real *z, const real *a, real *df)
{
    (void)context, (void)a;
    for (size_t i = 0; i < n; i++)
        df[i] = BPB_SELECT(cos, cosf)(z[i]);
}
OWN sine_d2f(const void *context, size_t n, const real *z, const real *a, real *d2f)
{
    (void)context, (void)a;
    for (size_t i = 0; i < n; i++)
        d2f[i] = -BPB_SELECT(sin, sinf)(z[i]);
}

/* ---- a_i = z_i z_{i+1}, the last with the first: a Jacobian that is not symmetric ---- */

/* A may be Z. */
OWN product_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    (void)context;
    for (size_t j = 0; j < B; j++, Z += n, A += n) {
        const real first = Z[0];
        for (size_t i = 0; i < n; i++)
            A[i] = Z[i] * (i + 1 < n ? Z[i + 1] : first);
    }
}
OWN product_vjp(const void *context, size_t n, size_t B, const real *Z, const real *A, real *D)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, D += n) {
        real before = D[n - 1];
        for (size_t i = 0; i < n; i++) {
            const real its = D[i];
            D[i] = its * Z[(i + 1) % n] + before * Z[(i + n - 1) % n];
            before = its;
        }
    }
}
OWN product_jvp(const void *context, size_t n, size_t B, const real *Z, const real *A, real *V)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, V += n) {
        const real first = V[0];
        for (size_t i = 0; i < n; i++)
            V[i] = V[i] * Z[(i + 1) % n] + Z[i] * (i + 1 < n ? V[i + 1] : first);
    }
}
OWN product_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *D, const real *V, real *H)
{
    (void)context, (void)Z, (void)A;
    for (size_t j = 0; j < B; j++, D += n, V += n, H += n)
        for (size_t i = 0; i < n; i++)
            H[i] += D[i] * V[(i + 1) % n] + D[(i + n - 1) % n] * V[(i + n - 1) % n];
}

/* ---- Losses: sum_i ln cosh(a_i - t_i), 1/2 (sum_i (a_i - t_i))^2, sum_i a_i ---- */

OWN log_cosh_f(const void *context, size_t n, const real *a, const real *t, real *f)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        f[i] = (real)log(cosh((double)a[i] - (double)t[i]));
}
OWN log_cosh_df(const void *context, size_t n, const real *a, const real *t, real *df)
{
    (void)context;
    for (size_t i = 0; i < n; i++)
        df[i] = BPB_SELECT(tanh, tanhf)(a[i] - t[i]);
}
OWN log_cosh_d2f(const void *context, size_t n, const real *a, const real *t, real *d2f)
{
    (void)context;
    for (size_t i = 0; i < n; i++) {
        const real cosine = BPB_SELECT(cosh, coshf)(a[i] - t[i]);
        d2f[i] = 1 / (cosine * cosine);
    }
}

static inline real column_total(size_t n, const real *a, const real *t)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] - t[i];
    return sum;
}
OWN total_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                const real *T, double *e)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++) {
        const double sum = (double)column_total(n, A + j * n, T + j * n);
        e[j] = sum * sum / 2;
    }
}
OWN total_gradient(const void *context, size_t n, size_t B, const real *Z, const real *A,
                   const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n; i++)
            D[j * n + i] = column_total(n, A + j * n, T + j * n);
}
OWN total_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                 const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)A, (void)T;
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n; i++) {
            H[j * n + i] = 0;
            for (size_t k = 0; k < n; k++)
                H[j * n + i] += V[j * n + k];
        }
}

OWN sum_f(const void *context, size_t n, const real *a, const real *t, real *f)
{
    (void)context, (void)t;
    for (size_t i = 0; i < n; i++)
        f[i] = a[i];
}
OWN sum_df(const void *context, size_t n, const real *a, const real *t, real *df)
{
    (void)context, (void)a, (void)t;
    for (size_t i = 0; i < n; i++)
        df[i] = 1;
}
OWN sum_d2f(const void *context, size_t n, const real *a, const real *t, real *d2f)
{
    (void)context, (void)a, (void)t;
    for (size_t i = 0; i < n; i++)
        d2f[i] = 0;
}

#undef OWN

static const activation_function_t own_sine = {
    .name = "sine", .f = sine_f, .df = sine_df, .d2f = sine_d2f};
static const activation_function_t own_product = {.name = "product",
                                                  .value = product_value,
                                                  .vjp = product_vjp,
                                                  .jvp = product_jvp,
                                                  .second = product_second};
static const loss_function_t own_log_cosh = {
    .name = "log-cosh", .f = log_cosh_f, .df = log_cosh_df, .d2f = log_cosh_d2f};
static const loss_function_t own_total = {
    .name = "total", .value = total_value, .gradient = total_gradient, .second = total_second};
static const loss_function_t own_sum = {.name = "sum", .f = sum_f, .df = sum_df, .d2f = sum_d2f};

#endif
