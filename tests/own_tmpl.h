/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions as a user would write them, most of them copies of the library's: entry by entry in
 * double, rounded once. context is NULL or the function's parameter, a double.
 */
#ifndef OWN_TMPL_H
#define OWN_TMPL_H

#include "support_tmpl.h"

static inline double parameter_of(const void *context)
{
    return context ? *(const double *)context : 0;
}

static inline double logistic(double z)
{
    return 1 / (1 + exp(-z));
}

/* ---- Activations, entry by entry: by z, a = f(z), and the parameter c ---- */

#define ENTRIES(function, arguments, unused, result, expression)                                \
    static inline void function(const void *context, size_t n, arguments, real *result)        \
    {                                                                                          \
        const double c = parameter_of(context);                                                \
        for (size_t i = 0; i < n; i++)                                                         \
            result[i] = (real)(expression);                                                    \
        (void)c, unused;                                                                       \
    }
#define OF_Z const real *Z
#define OF_Z_A const real *Z, const real *A
#define OF_A_T const real *A, const real *T
#define z (double)Z[i]
#define a (double)A[i]
#define t (double)T[i]

/* The same as functions of whole matrices: derivatives are those of one entry, times D and V. */
#define MATRICES(name)                                                                         \
    static inline void name##_value(const void *context, size_t n, size_t B, const real *Z,    \
                                    real *A)                                                   \
    {                                                                                          \
        name##_f(context, n * B, Z, A);                                                        \
    }                                                                                          \
    static inline void name##_times(const void *context, size_t n, size_t B, const real *Z,    \
                                    const real *A, real *D)                                    \
    {                                                                                          \
        for (size_t i = 0; i < n * B; i++) {                                                   \
            real slope;                                                                        \
            name##_df(context, 1, Z + i, A + i, &slope);                                       \
            D[i] *= slope;                                                                     \
        }                                                                                      \
    }                                                                                          \
    static inline void name##_second(const void *context, size_t n, size_t B, const real *Z,   \
                                     const real *A, const real *D, const real *V, real *H)     \
    {                                                                                          \
        for (size_t i = 0; i < n * B; i++) {                                                   \
            real curve;                                                                        \
            name##_d2f(context, 1, Z + i, A + i, &curve);                                      \
            H[i] += curve * D[i] * V[i];                                                       \
        }                                                                                      \
    }
#define ACTIVATION(name, f, df, d2f)                            \
    ENTRIES(name##_f, OF_Z, (void)0, A, f)                     \
    ENTRIES(name##_df, OF_Z_A, ((void)Z, (void)A), slope, df)  \
    ENTRIES(name##_d2f, OF_Z_A, ((void)Z, (void)A), curve, d2f) \
    MATRICES(name)

ACTIVATION(own_tanh, tanh(z), 1 - a * a, -2 * a * (1 - a * a))
ACTIVATION(own_relu, z > 0 ? z : 0, a > 0, 0)
ACTIVATION(own_sigmoid, logistic(z), a * (1 - a), a * (1 - a) * (1 - 2 * a))
ACTIVATION(own_leaky, z > 0 ? z : c * z, z > 0 ? 1 : c, 0)
ACTIVATION(own_silu, z * logistic(z), logistic(z) * (1 + z * (1 - logistic(z))),
           logistic(z) * (1 - logistic(z)) * (2 + z * (1 - 2 * logistic(z))))

#undef z

static inline double column_dot(size_t n, const real *x, const real *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static inline void own_softmax_value(const void *context, size_t n, size_t B, const real *Z,
                                     real *A)
{
    (void)context;
    for (size_t j = 0; j < B; j++, Z += n, A += n) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += exp((double)Z[i]);
        for (size_t i = 0; i < n; i++)
            A[i] = (real)(exp((double)Z[i]) / sum);
    }
}

/* J = diag(a) - a a^T */
static inline void own_softmax_times(const void *context, size_t n, size_t B, const real *Z,
                                     const real *A, real *D)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, D += n) {
        const double mean = column_dot(n, A, D);
        for (size_t i = 0; i < n; i++)
            D[i] = (real)(a * ((double)D[i] - mean));
    }
}

/* With da = J v: da * (d - <a, d>) - a <da, d> */
static inline void own_softmax_second(const void *context, size_t n, size_t B, const real *Z,
                                      const real *A, const real *D, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, D += n, V += n, H += n) {
        const double d = column_dot(n, A, D), v = column_dot(n, A, V);
        double along = 0;
        for (size_t i = 0; i < n; i++)
            along += a * ((double)V[i] - v) * (double)D[i];
        for (size_t i = 0; i < n; i++)
            H[i] += (real)(a * ((double)V[i] - v) * ((double)D[i] - d) - a * along);
    }
}

/* ---- Losses, entry by entry ---- */

#define LOSS(name, f, df, d2f)                                  \
    ENTRIES(name##_f, OF_A_T, (void)0, e, f)                    \
    ENTRIES(name##_df, OF_A_T, (void)0, slope, df)              \
    ENTRIES(name##_d2f, OF_A_T, ((void)A, (void)T), curve, d2f)

LOSS(own_squared, (a - t) * (a - t) / 2, a - t, 1)
LOSS(own_huber, fabs(a - t) <= c ? (a - t) * (a - t) / 2 : c * (fabs(a - t) - c / 2),
     fabs(a - t) <= c ? a - t : copysign(c, a - t), fabs(a - t) <= c)

#undef a
#undef t

/* ---- Losses of whole columns ---- */

/* sigmoid and cross-entropy, in Z */
static inline void own_entropy_value(const void *context, size_t n, size_t B, const real *Z,
                                     const real *A, const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n) {
        e[j] = 0;
        for (size_t i = 0; i < n; i++)
            e[j] += log1p(exp((double)Z[i])) - (double)T[i] * (double)Z[i];
    }
}
static inline void own_entropy_gradient(const void *context, size_t n, size_t B, const real *Z,
                                        const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t i = 0; i < n * B; i++)
        D[i] = A[i] - T[i];
}
static inline void own_entropy_second(const void *context, size_t n, size_t B, const real *Z,
                                      const real *A, const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)T;
    for (size_t i = 0; i < n * B; i++)
        H[i] = A[i] * (1 - A[i]) * V[i];
}

/* softmax and cross-entropy, in Z: the column is a whole */
static inline double sum_of(size_t n, const real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}
static inline void own_classes_value(const void *context, size_t n, size_t B, const real *Z,
                                     const real *A, const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += exp((double)Z[i]);
        e[j] = sum_of(n, T) * log(sum) - column_dot(n, T, Z);
    }
}
static inline void own_classes_gradient(const void *context, size_t n, size_t B, const real *Z,
                                        const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n; i++)
            D[j * n + i] = (real)((double)A[j * n + i] * sum_of(n, T + j * n)) - T[j * n + i];
}
static inline void own_classes_second(const void *context, size_t n, size_t B, const real *Z,
                                      const real *A, const real *T, const real *V, real *H)
{
    memcpy(H, V, n * B * sizeof *H);
    own_softmax_times(context, n, B, Z, A, H);
    for (size_t j = 0; j < B; j++)
        for (size_t i = 0; i < n; i++)
            H[j * n + i] = (real)((double)H[j * n + i] * sum_of(n, T + j * n));
}

/* Gaussian: n / 2 pairs of a mean and the logarithm of a variance, s, against n / 2 targets.
 * r = (m - t) exp(-s), q = (m - t)^2 exp(-s) */
struct pair {
    double s, weight, r, q;
};
static inline struct pair pair_of(const real *A, const real *T, size_t k)
{
    const double r = (double)A[2 * k] - (double)T[k], s = (double)A[2 * k + 1];
    return (struct pair){s, exp(-s), r * exp(-s), r * r * exp(-s)};
}
static inline void own_normal_value(const void *context, size_t n, size_t B, const real *Z,
                                    const real *A, const real *T, double *e)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n / 2) {
        e[j] = 0;
        for (size_t k = 0; k < n / 2; k++)
            e[j] += (pair_of(A, T, k).s + pair_of(A, T, k).q) / 2;
    }
}
static inline void own_normal_gradient(const void *context, size_t n, size_t B, const real *Z,
                                       const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t k = 0; k < n / 2 * B; k++) {
        D[2 * k] = (real)pair_of(A, T, k).r;
        D[2 * k + 1] = (real)((1 - pair_of(A, T, k).q) / 2);
    }
}
static inline void own_normal_second(const void *context, size_t n, size_t B, const real *Z,
                                     const real *A, const real *T, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t k = 0; k < n / 2 * B; k++) {
        const struct pair p = pair_of(A, T, k);
        const double m = (double)V[2 * k], s = (double)V[2 * k + 1];
        H[2 * k] = (real)(p.weight * m - p.r * s);
        H[2 * k + 1] = (real)(p.q * s / 2 - p.r * m);
    }
}

/* ---- The members of the structs that hold them ---- */

#define BY_ENTRY(own) .f = own##_f, .df = own##_df, .d2f = own##_d2f
#define BY_MATRIX(own) \
    .value = own##_value, .vjp = own##_times, .jvp = own##_times, .second = own##_second
#define LOSS_BY_MATRIX(own) \
    .value = own##_value, .gradient = own##_gradient, .second = own##_second

#endif
