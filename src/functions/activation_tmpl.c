/* SPDX-License-Identifier: BSD-3-Clause */
#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"
#include "functions/vmath_tmpl.h"

/*
 * An element-wise activation by f, f' and f'': its Jacobian is diagonal, so that vjp and jvp are
 * one. f is an expression of z; f' and f'' are of OF_A, a = f(z), or OF_Z, and then Z is needed.
 * given is NO_PARAMETER, or PARAMETER(name) of the context. The pragma tells the compiler that the
 * matrices are the same or apart, never shifted against each other.
 */
#define EACH_ENTRY _Pragma("omp simd") for (size_t i = 0; i < n * B; i++)
#define OF_A const real a = A[i];
#define OF_Z const real z = Z[i];
#define NO_PARAMETER (void)context;
#define PARAMETER(name) const real name = *(const real *)context;

#define VALUE(name, given, f)                                                                     \
    static void name##_value(const void *context, size_t n, size_t B, const real *Z, real *A)     \
    {                                                                                             \
        given                                                                                     \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            OF_Z                                                                                  \
            A[i] = f;                                                                             \
        }                                                                                         \
    }
#define DERIVATIVE(name, given, of, df)                                                           \
    static void name##_derivative(const void *context, size_t n, size_t B, const real *Z,         \
                                  const real *A, real *D)                                         \
    {                                                                                             \
        given (void)Z, (void)A;                                                                   \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            of                                                                                    \
            D[i] *= df;                                                                           \
        }                                                                                         \
    }
#define SECOND(name, given, of, d2f)                                                              \
    static void name##_second(const void *context, size_t n, size_t B, const real *Z,             \
                              const real *A, const real *D, const real *V, real *H)               \
    {                                                                                             \
        given (void)Z, (void)A;                                                                   \
        EACH_ENTRY                                                                                \
        {                                                                                         \
            of                                                                                    \
            H[i] += (d2f)*D[i] * V[i];                                                            \
        }                                                                                         \
    }
#define ELEMENTWISE(name, given, f, of, df, d2f) \
    VALUE(name, given, f)                        \
    DERIVATIVE(name, given, of, df)              \
    SECOND(name, given, of, d2f)

/* f = 1/(1+e^-z), f' = a (1-a), f'' = a (1-a) (1-2a) */
ELEMENTWISE(sigmoid, NO_PARAMETER, sigmoid(z), OF_A, a * (1 - a), a * (1 - a) * (1 - 2 * a))
/* f' = 1 - a^2, f'' = -2 a (1 - a^2) */
ELEMENTWISE(tanh, NO_PARAMETER, tanh_real(z), OF_A, (1 - a) * (1 + a),
            -2 * a * ((1 - a) * (1 + a)))
/* f = f' = f'' */
ELEMENTWISE(exponential, NO_PARAMETER, exp_real(z), OF_A, a, a)

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

/* f = z > 0: z, else leak z. A leak of 0, which is what a tiny one is in float, must not meet an
 * infinity. */
static void leaky_relu_value(const void *context, size_t n, size_t B, const real *Z, real *A)
{
    const real leak = *(const real *)context;
    if (leak == 0) {
        relu_value(NULL, n, B, Z, A);
        return;
    }
    EACH_ENTRY
        A[i] = chosen(Z[i] > 0, Z[i], leak * Z[i]);
}

/* f' = a > 0: 1, else leak, or NaN */
DERIVATIVE(leaky_relu, PARAMETER(leak), OF_A,
           chosen(a > 0, 1, chosen(a <= 0, leak, a)))

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

/* min(z, 0), but NaN for NaN */
static inline real negative_part(real z)
{
    return chosen(z > 0, 0, z);
}

/* slope z for z > 0, else depth (exp(z) - 1). A zero keeps its sign. */
static inline real elu(real z, real slope, real depth)
{
    return chosen(z >= 0, slope * z, depth * expm1_negative(negative_part(z)));
}

/* Its derivatives: above for z > 0, else depth exp(z) */
static inline real elu_slope(real z, real above, real depth)
{
    return chosen(z > 0, above, depth * exp_negative(negative_part(z)));
}

/* f' = z > 0: 1, else alpha exp(z); f'' = z > 0: 0, else alpha exp(z) */
ELEMENTWISE(elu, PARAMETER(alpha), elu(z, 1, alpha), OF_Z, elu_slope(z, 1, alpha),
            elu_slope(z, 0, alpha))

/* ELU times lambda */
#define SELU_SLOPE RC(1.0507009873554805)
#define SELU_DEPTH RC(1.758099340847376782) /* lambda alpha */
ELEMENTWISE(selu, NO_PARAMETER, elu(z, SELU_SLOPE, SELU_DEPTH), OF_Z,
            elu_slope(z, SELU_SLOPE, SELU_DEPTH), elu_slope(z, 0, SELU_DEPTH))

/* f = max(z, 0) + ln(1 + exp(-|z|)) */
static inline real softplus(real z)
{
    return chosen(z > 0, z, 0) + log1p_unit(exp_negative(-magnitude(z)));
}

/* s (1 - s) = e / (1 + e)^2, s = 1/(1+exp(-w)), of e = exp(-|w|) */
static inline real sigmoid_slope(real e)
{
    const real s = 1 / (1 + e);
    return e * s * s;
}

/* f' = s(z), f'' = s (1 - s) */
ELEMENTWISE(softplus, NO_PARAMETER, softplus(z), OF_Z, sigmoid(z),
            sigmoid_slope(exp_negative(-magnitude(z))))

/* f = z / (1 + |z|), which is 1 long before the bound */
static inline real softsign(real z)
{
    const real y = bounded(z, BPB_SELECT(0x1p100, 0x1p50f));
    return with_sign(y / (1 + y), z);
}

/* f' = r^2, r = 1 / (1 + |z|) */
static inline real softsign_df(real z)
{
    const real r = 1 / (1 + magnitude(z));
    return r * r;
}

/* f'' = z > 0: -2 r^3, else 2 r^3 */
static inline real softsign_d2f(real z)
{
    const real r = 1 / (1 + magnitude(z));
    return chosen(z > 0, -2, 2) * r * r * r;
}

ELEMENTWISE(softsign, NO_PARAMETER, softsign(z), OF_Z, softsign_df(z), softsign_d2f(z))

/*
 * GELU, with t = |z|, Phi(-t) = Q(t) exp(-t^2/2): f = max(z, 0) - t Phi(-t). In the max -0 is the
 * zero of z < 0 and z = -0, so that a zero keeps its sign.
 */
static inline real gelu(real z)
{
    const real t = bounded(z, TAIL_BOUND);
    const struct tail Q = scaled_tail(t);
    return chosen(z >= 0, z, RC(-0.0)) - exp_times(t * Q.value, Q.error, bell(t));
}

/* f' = Phi(z) + z phi(z), phi = exp(-z^2/2) / sqrt(2 pi) */
#define INVERSE_SQRT_2PI RC(0.398942280401432678)
static inline real gelu_df(real z)
{
    const real t = bounded(z, TAIL_BOUND);
    const real E = exp_whole(bell(t)), tail = E * scaled_tail(t).value;
    return chosen(z > 0, 1 - tail, tail) + with_sign(t, z) * (E * INVERSE_SQRT_2PI);
}

/* f'' = phi(z) (2 - z^2) */
static inline real gelu_d2f(real z)
{
    const real t = bounded(z, TAIL_BOUND);
    return exp_whole(bell(t)) * INVERSE_SQRT_2PI * (2 - t * t);
}

ELEMENTWISE(gelu, NO_PARAMETER, gelu(z), OF_Z, gelu_df(z), gelu_d2f(z))

/*
 * SiLU and the tanh form of GELU, for 1 + tanh(w/2) = 2 / (1 + exp(-w)), are one: f = z s(w),
 * s = 1/(1+exp(-w)), w of z's sign, given as -|w|. A z below EXP_LOWEST, where f is 0, is taken
 * for that: an infinity must not meet a 0.
 */
static inline real gated(real z, struct pair negative_w)
{
    const struct exponential e = exp_in_parts(negative_w);
    const real part = chosen(z < EXP_LOWEST, EXP_LOWEST, z) * e.first;
    const real numerator = chosen(z < 0, FMA(part, e.q, part), z);
    return numerator / (1 + exp_whole(e)) * chosen(z < 0, e.second, 1);
}

/* f' = s + z w' s (1 - s), of y = |z| */
static inline real gated_df(real z, real y, struct pair negative_w, real dw)
{
    const real e = exp_whole(exp_in_parts(negative_w));
    return chosen(z < 0, e, 1) / (1 + e) + with_sign(y, z) * dw * sigmoid_slope(e);
}

/* f'' = s (1 - s) (2 w' + z w'' - z w'^2 (2 s - 1)), z (2 s - 1) = y (1 - e) / (1 + e) */
static inline real gated_d2f(real y, struct pair negative_w, real dw, real z_d2w)
{
    const real e = exp_whole(exp_in_parts(negative_w));
    return sigmoid_slope(e) * (2 * dw + z_d2w - y * (dw * dw) * ((1 - e) / (1 + e)));
}

/* w = z */
static inline struct pair silu_w(real z)
{
    return (struct pair){-magnitude(z), RC(-0.0)};
}

#define SILU_BOUND (-EXP_LOWEST) /* s(1-s) is 0 there */
ELEMENTWISE(silu, NO_PARAMETER, gated(z, silu_w(z)), OF_Z,
            gated_df(z, bounded(z, SILU_BOUND), silu_w(z), 1),
            gated_d2f(bounded(z, SILU_BOUND), silu_w(z), 1, 0))

/*
 * w = z (c + d z^2), c = 2 sqrt(2/pi), d = 0.044715 c, of y = |z|. It is wanted to a fraction of 1,
 * and reaches some 750 (110 in float) before f vanishes: constants, products and the sum have two
 * parts.
 */
#define CUBIC_BOUND BPB_SELECT(22.0, 11.0f) /* z s(w) is 0 at its negative */
#define CUBIC_C BPB_SELECT(0x1.9884533d43651p+0, 0x1.988454p+0f)
#define CUBIC_D BPB_SELECT(0x1.2444f2a4d8b4bp-4, 0x1.2444f2p-4f)
static inline struct pair cubic_w(real y)
{
    const real c_low = BPB_SELECT(-0x1.cbc0d30ebfd15p-54, -0x1.857936p-25f);
    const real d_low = BPB_SELECT(-0x1.6c843a29d1c7p-61, 0x1.49b16ap-29f);
    const struct pair square = exact_product(y, y), term = exact_product(CUBIC_D, square.high);
    const struct pair factor = exact_sum(CUBIC_C, term.high), w = exact_product(y, factor.high);
    const real term_low = term.low + (CUBIC_D * square.low + d_low * square.high);
    return (struct pair){-w.high, -(w.low + y * (factor.low + (term_low + c_low)))};
}

/* w' = c + 3 d z^2, z w'' = 6 d z^2 */
static inline real gelu_tanh(real z)
{
    return gated(z, cubic_w(bounded(z, CUBIC_BOUND)));
}

static inline real gelu_tanh_df(real z)
{
    const real y = bounded(z, CUBIC_BOUND);
    return gated_df(z, y, cubic_w(y), FMA(3 * CUBIC_D, y * y, CUBIC_C));
}

static inline real gelu_tanh_d2f(real z)
{
    const real y = bounded(z, CUBIC_BOUND), square = y * y;
    return gated_d2f(y, cubic_w(y), FMA(3 * CUBIC_D, square, CUBIC_C), 6 * CUBIC_D * square);
}

ELEMENTWISE(gelu_tanh, NO_PARAMETER, gelu_tanh(z), OF_Z, gelu_tanh_df(z), gelu_tanh_d2f(z))

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
#define ACTIVATION_OF_Z(name) \
    {.needs_Z = true, .value = name##_value, .vjp = name##_derivative, \
     .jvp = name##_derivative, .second = name##_second}

extern const struct activation_table LEVEL(activations)[];
const struct activation_table LEVEL(activations)[] = {
    [BPB_SIGMOID] = ACTIVATION(sigmoid, sigmoid_second),
    [BPB_TANH] = ACTIVATION(tanh, tanh_second),
    [BPB_RELU] = ACTIVATION(relu, linear_second),
    [BPB_IDENTITY] = ACTIVATION(identity, linear_second),
    [BPB_SOFTMAX] = ACTIVATION(softmax, softmax_second),
    [BPB_LEAKY_RELU] = ACTIVATION(leaky_relu, linear_second),
    [BPB_ELU] = ACTIVATION_OF_Z(elu),
    [BPB_SELU] = ACTIVATION_OF_Z(selu),
    [BPB_SOFTPLUS] = ACTIVATION_OF_Z(softplus),
    [BPB_SOFTSIGN] = ACTIVATION_OF_Z(softsign),
    [BPB_GELU] = ACTIVATION_OF_Z(gelu),
    [BPB_GELU_TANH] = ACTIVATION_OF_Z(gelu_tanh),
    [BPB_SILU] = ACTIVATION_OF_Z(silu),
    [BPB_EXPONENTIAL] = ACTIVATION(exponential, exponential_second),
};
