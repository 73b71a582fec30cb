/* SPDX-License-Identifier: BSD-3-Clause */
/* Values are computed and summed in double in both precisions. */
#include "functions/functions_tmpl.h"
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

extern const struct BPB(loss) LEVEL(squared), LEVEL(sigmoid_cross_entropy),
    LEVEL(softmax_cross_entropy);
const struct BPB(loss) LEVEL(squared) = {
    .value = squared_value, .gradient = difference, .second = squared_second};
const struct BPB(loss) LEVEL(sigmoid_cross_entropy) = {
    .of_Z = true, .value = sigmoid_value, .gradient = difference, .second = sigmoid_second};
const struct BPB(loss) LEVEL(softmax_cross_entropy) = {
    .of_Z = true, .value = softmax_value, .gradient = softmax_gradient, .second = softmax_second};
