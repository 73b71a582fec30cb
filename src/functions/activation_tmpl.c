/* SPDX-License-Identifier: BSD-3-Clause */
#include "functions/functions_tmpl.h"
#include "functions/vmath_tmpl.h"

/*
 * An element-wise activation by f, f' and f'' as expressions of z (f) and of a = f(z) (f', f''):
 * its Jacobian is diagonal, so that vjp and jvp are one. The pragma tells the compiler that the
 * matrices are the same or apart, never shifted against each other.
 */
#define EACH_ENTRY _Pragma("omp simd") for (size_t i = 0; i < n * B; i++)
#define ELEMENTWISE(name, f, df, d2f)                                                             \
    static void name##_value(const void *context, size_t n, size_t B, const real *Z, real *A)     \
    {                                                                                             \
        (void)context;                                                                            \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            const real z = Z[i];                                                                  \
            A[i] = f;                                                                             \
        }                                                                                         \
    }                                                                                             \
    static void name##_derivative(const void *context, size_t n, size_t B, const real *Z,         \
                                  const real *A, real *D)                                         \
    {                                                                                             \
        (void)context, (void)Z;                                                                   \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            const real a = A[i];                                                                  \
            D[i] *= df;                                                                           \
        }                                                                                         \
    }                                                                                             \
    static void name##_second(const void *context, size_t n, size_t B, const real *Z,             \
                              const real *A, const real *D, const real *V, real *H)               \
    {                                                                                             \
        (void)context, (void)Z;                                                                   \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            const real a = A[i];                                                                  \
            H[i] += (d2f)*D[i] * V[i];                                                            \
        }                                                                                         \
    }

/* f = 1/(1+e^-z), f' = a (1-a), f'' = a (1-a) (1-2a) */
ELEMENTWISE(sigmoid, sigmoid(z), a * (1 - a), a * (1 - a) * (1 - 2 * a))
/* f' = 1 - a^2, f'' = -2 a (1 - a^2) */
ELEMENTWISE(tanh, tanh_real(z), (1 - a) * (1 + a), -2 * a * ((1 - a) * (1 + a)))

/* f = max(z, 0). NaN is neither < 0 nor > 0, and so goes through both. Values are chosen, never
 * operations: a product on one side only would keep compilers from vectorising. */
static void relu_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    (void)context;
    EACH_ENTRY
        A[i] = Z[i] < 0 ? RC(0.0) : Z[i];
}

/* D <- D where a > 0, else a, which is 0 or NaN */
static void relu_derivative(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            real *D)
{
    (void)context, (void)Z;
    EACH_ENTRY
        D[i] = A[i] > 0 ? D[i] : A[i];
}

static void identity_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    (void)context;
    if (A != Z)
        memcpy(A, Z, n * B * sizeof *A);
}

static void identity_derivative(const void *context, size_t n, size_t B, const real *Z,
                                const real *A, real *D)
{
    (void)context, (void)n, (void)B, (void)Z, (void)A, (void)D;
}

/* f'' = 0 */
static void linear_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            const real *D, const real *V, real *H)
{
    (void)context, (void)n, (void)B, (void)Z, (void)A, (void)D, (void)V, (void)H;
}

static real column_max(size_t n, const real *z)
{
    real max = z[0];
    for (size_t i = 1; i < n; i++)
        max = z[i] > max ? z[i] : max;
    return max;
}

static real column_sum(size_t n, const real *x)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* <x, y> of one column */
static real column_dot(size_t n, const real *x, const real *y)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* a_i = exp(z_i - max z) / sum_k exp(z_k - max z); one NaN makes its column NaN. */
static void softmax_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    (void)context;
    for (size_t j = 0; j < B; j++) {
        const real max = column_max(n, Z + j * n);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            A[j * n + i] = Z[j * n + i] - max;
    }
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        A[i] = exp_negative(A[i]);
    for (size_t j = 0; j < B; j++) {
        const real scale = 1 / column_sum(n, A + j * n);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            A[j * n + i] *= scale;
    }
}

/* J = diag(a) - a a^T is symmetric: D <- a * (D - <a, D>) */
static void softmax_derivative(const void *context, size_t n, size_t B, const real *Z,
                               const real *A, real *D)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, D += n) {
        const real mean = column_dot(n, A, D);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            D[i] = A[i] * (D[i] - mean);
    }
}

/*
 * With da = J v = a * (v - <a, v>):
 * (d/dz (a * (d - <a, d>)))[v] = da * (d - <a, d>) - a <da, d>
 */
static void softmax_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *D, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, D += n, V += n, H += n) {
        const real mean_d = column_dot(n, A, D), mean_v = column_dot(n, A, V);
        real change = 0; /* <da, d> */
        for (size_t i = 0; i < n; i++)
            change += A[i] * (V[i] - mean_v) * D[i];
        for (size_t i = 0; i < n; i++)
            H[i] += A[i] * ((V[i] - mean_v) * (D[i] - mean_d) - change);
    }
}

#define ACTIVATION(name, its_second) \
    {.value = name##_value, .vjp = name##_derivative, .jvp = name##_derivative, \
     .second = its_second}

extern const struct BPB(activation) LEVEL(activations)[];
const struct BPB(activation) LEVEL(activations)[] = {
    [BPB_SIGMOID] = ACTIVATION(sigmoid, sigmoid_second),
    [BPB_TANH] = ACTIVATION(tanh, tanh_second),
    [BPB_RELU] = ACTIVATION(relu, linear_second),
    [BPB_IDENTITY] = ACTIVATION(identity, linear_second),
    [BPB_SOFTMAX] = ACTIVATION(softmax, softmax_second),
};
