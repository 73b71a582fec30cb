/* SPDX-License-Identifier: BSD-3-Clause */
/* Values are computed and summed in double in both precisions. */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"
#include "functions/vmath_tmpl.h"

/* e = 1/2 |a - t|^2 */
static void squared_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                          const real *T, double *e)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            const double difference = (double)A[i] - (double)T[i];
            sum += difference * difference;
        }
        e[j] = sum / 2;
    }
}

/* D = A - T: de/dA of the squared loss, and de/dZ of sigmoid + cross-entropy, in which
 * g' = a (1 - a) cancels the denominator of de/da = (a - t) / (a (1 - a)). */
static void difference(const void *context, size_t n, size_t B, const real *Z, const real *A,
                       const real *T, real *D)
{
    (void)context, (void)Z;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        D[i] = A[i] - T[i];
}

static void squared_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)A, (void)T;
    memcpy(H, V, n * B * sizeof *H);
}

/*
 * e = -sum t ln a + (1 - t) ln(1 - a), a = 1/(1+exp(-z))
 *   =  sum max(z, 0) - z t + ln(1 + exp(-|z|))
 */
static void sigmoid_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                          const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            const double z = (double)Z[i], t = (double)T[i];
            sum += (z > 0 ? z * (1 - t) : -z * t) + log1p(exp(-fabs(z)));
        }
        e[j] = sum;
    }
}

/* (dD)[V] = a (1 - a) V */
static void sigmoid_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)T;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        H[i] = A[i] * (1 - A[i]) * V[i];
}

/* ln sum_i exp(z_i), by way of the largest */
static double log_sum_exp(size_t n, const real *z)
{
    double max = (double)z[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        max = (double)z[i] > max ? (double)z[i] : max;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)z[i] - max);
    return max + log(sum);
}

/* e = -sum t_i ln a_i = sum t_i (ln sum_k exp(z_k) - z_i) */
static void softmax_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                          const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n) {
        const double log_sum = log_sum_exp(n, Z);
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)T[i] * (log_sum - (double)Z[i]);
        e[j] = sum;
    }
}

static real column_sum(size_t n, const real *x)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* de/dz = a sum(t) - t: the Jacobian cancels the denominators; sum(t) is 1 for probabilities. */
static void softmax_gradient(const void *context, size_t n, size_t B, const real *Z,
                             const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n, D += n) {
        const real total = column_sum(n, T);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            D[i] = A[i] * total - T[i];
    }
}

/* (dD)[V] = sum(t) a * (v - <a, v>) */
static void softmax_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, const real *V, real *H)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n, V += n, H += n) {
        const real total = column_sum(n, T);
        real mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += A[i] * V[i];
        for (size_t i = 0; i < n; i++)
            H[i] = total * A[i] * (V[i] - mean);
    }
}

/* ---- Huber's loss, of r = a - t, and the absolute one ---- */

/* h(r) = |r| <= delta: r^2/2, else delta (|r| - delta/2), from halves so that r may overflow */
static double huber(double a, double t, double delta)
{
    const double r = fabs(a - t);
    if (r <= delta)
        return r / 2 * r;
    return delta * (fabs(a / 2 - t / 2) - delta / 4) * 2;
}

static void huber_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                        const real *T, double *e)
{
    const double delta = (double)*(const real *)context;
    (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n) {
        e[j] = 0;
        for (size_t i = 0; i < n; i++)
            e[j] += huber((double)A[i], (double)T[i], delta);
    }
}

/* h' = r within -delta .. delta, else the bound that is nearer */
static void huber_gradient(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, real *D)
{
    const real delta = *(const real *)context;
    (void)Z;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++) {
        const real r = A[i] - T[i], low = r < -delta ? -delta : r;
        D[i] = r > delta ? delta : low;
    }
}

/* h'' = |r| <= delta: 1, else 0 */
static void huber_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                         const real *T, const real *V, real *H)
{
    const real delta = *(const real *)context;
    (void)Z;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        H[i] = magnitude(A[i] - T[i]) > delta ? 0 : V[i];
}

static void absolute_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    (void)context, (void)Z;
    for (size_t j = 0; j < B; j++, A += n, T += n) {
        e[j] = 0;
        for (size_t i = 0; i < n; i++)
            e[j] += fabs((double)A[i] - (double)T[i]);
    }
}

/* The sign of r, 0 for 0, NaN for NaN */
static void absolute_gradient(const void *context, size_t n, size_t B, const real *Z,
                              const real *A, const real *T, real *D)
{
    (void)context, (void)Z;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++) {
        const real r = A[i] - T[i], low = r < 0 ? -1 : r;
        D[i] = r > 0 ? 1 : low;
    }
}

static void absolute_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)A, (void)T, (void)V;
    memset(H, 0, n * B * sizeof *H);
}

/* ---- Poisson: e = sum y - t ln y, y = exp(z) ---- */

/* A count of 0 has no part in t z, for there z may be -infinity. */
static void poisson_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                          const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n) {
        e[j] = 0;
        for (size_t i = 0; i < n; i++) {
            const double z = (double)Z[i], t = (double)T[i];
            e[j] += exp(z) - (t == 0 ? 0 : t * z);
        }
    }
}

/* de/dz = y - t, which is difference(); (dD)[V] = y V */
static void poisson_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, const real *V, real *H)
{
    (void)context, (void)Z, (void)T;
#pragma omp simd
    for (size_t i = 0; i < n * B; i++)
        H[i] = A[i] * V[i];
}

/* ---- Gaussian: e = 1/2 sum s + q^2, q = (m - t) exp(-s/2); z = m_1 s_1 m_2 s_2 ... ---- */

/*
 * exp(-s/4), of which the square and the fourth power are multiplied one by one to what may be very
 * small or large, or 0. Bounded so that 0 times it is 0; what is not 0 overflows all the same.
 */
static double quarter_power(double s)
{
    const double x = -s / 4, highest = 700;
    return exp(x > highest ? highest : x);
}

static void gaussian_value(const void *context, size_t n, size_t B, const real *Z, const real *A,
                           const real *T, double *e)
{
    (void)context, (void)A;
    for (size_t j = 0; j < B; j++, Z += n, T += n / 2) {
        e[j] = 0;
        for (size_t i = 0; i < n / 2; i++) {
            const double s = (double)Z[2 * i + 1], x = quarter_power(s);
            const double q = ((double)Z[2 * i] - (double)T[i]) * x * x;
            e[j] += s / 2 + q / 2 * q;
        }
    }
}

/* de/dm = (m - t) exp(-s), de/ds = 1/2 (1 - q^2) */
static void gaussian_gradient(const void *context, size_t n, size_t B, const real *Z,
                              const real *A, const real *T, real *D)
{
    (void)context, (void)A;
    for (size_t i = 0; i < n / 2 * B; i++) {
        const double x = quarter_power((double)Z[2 * i + 1]);
        const double q = ((double)Z[2 * i] - (double)T[i]) * x * x;
        D[2 * i] = (real)(q * x * x);
        D[2 * i + 1] = (real)(0.5 - q / 2 * q);
    }
}

/* H_m = exp(-s) v_m - (m - t) exp(-s) v_s, H_s = -(m - t) exp(-s) v_m + q^2/2 v_s */
static void gaussian_second(const void *context, size_t n, size_t B, const real *Z, const real *A,
                            const real *T, const real *V, real *H)
{
    (void)context, (void)A;
    for (size_t i = 0; i < n / 2 * B; i++) {
        const double v_m = (double)V[2 * i], v_s = (double)V[2 * i + 1];
        const double x = quarter_power((double)Z[2 * i + 1]);
        const double q = ((double)Z[2 * i] - (double)T[i]) * x * x, slope = q * x * x;
        H[2 * i] = (real)(v_m * x * x * x * x - slope * v_s);
        H[2 * i + 1] = (real)(q / 2 * q * v_s - slope * v_m);
    }
}

extern const struct loss_table LEVEL(losses)[LOSS_FORMS];
const struct loss_table LEVEL(losses)[LOSS_FORMS] = {
    [LOSS_SQUARED] = {.group = 1,
                      .value = squared_value,
                      .gradient = difference,
                      .second = squared_second},
    [LOSS_SIGMOID_CROSS_ENTROPY] = {.of_Z = true,
                                    .group = 1,
                                    .value = sigmoid_value,
                                    .gradient = difference,
                                    .second = sigmoid_second},
    [LOSS_SOFTMAX_CROSS_ENTROPY] = {.of_Z = true,
                                    .value = softmax_value,
                                    .gradient = softmax_gradient,
                                    .second = softmax_second},
    [LOSS_HUBER] = {.group = 1,
                    .value = huber_value,
                    .gradient = huber_gradient,
                    .second = huber_second},
    [LOSS_ABSOLUTE] = {.group = 1,
                       .value = absolute_value,
                       .gradient = absolute_gradient,
                       .second = absolute_second},
    [LOSS_POISSON] = {.of_Z = true,
                      .group = 1,
                      .value = poisson_value,
                      .gradient = difference,
                      .second = poisson_second},
    [LOSS_GAUSSIAN] = {.of_Z = true,
                       .group = 2,
                       .value = gaussian_value,
                       .gradient = gaussian_gradient,
                       .second = gaussian_second},
};
