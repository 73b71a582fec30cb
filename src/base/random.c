/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/random.h"

#include <math.h>

void bpb_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint64_t bpb_random_bits(uint64_t seed, enum random_stream stream, uint64_t substream,
                         uint64_t index)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {
        (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)substream,
        (uint32_t)stream << 24 | (uint32_t)(substream >> 32 & 0xffffff),
    };
    uint32_t out[4];
    bpb_philox4x32(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

double bpb_random_uniform(uint64_t seed, enum random_stream stream, uint64_t substream,
                          uint64_t index)
{
    const uint64_t k = bpb_random_bits(seed, stream, substream, index) >> 11;
    const double u = ((double)k + 0.5) * 0x1p-53;
    return u < 1 ? u : 1 - 0x1p-53; /* the largest k rounds up */
}

double bpb_random_normal(uint64_t seed, enum random_stream stream, uint64_t substream,
                         uint64_t index)
{
    return bpb_normal_quantile(bpb_random_uniform(seed, stream, substream, index));
}

/*
 * ln x from +, *, / alone, for libraries of C differ in the last bit of theirs:
 * x = m 2^e with m in [sqrt 1/2, sqrt 2), ln m = 2 artanh s = 2 (s + s^3/3 + s^5/5 + ...),
 * s = (m - 1)/(m + 1), |s| < 0.172: 12 terms leave 1e-19.
 */
static double portable_log(double x)
{
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double sum = 0;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * s2 + 1.0 / k;
    return e * 0.69314718055994531 + 2 * s * sum;
}

/* c[0] + c[1] r + ... + c[7] r^7 */
static double polynomial(const double c[8], double r)
{
    double sum = c[7];
    for (int k = 6; k >= 0; k--)
        sum = sum * r + c[k];
    return sum;
}

/* Algorithm AS 241 (PPND16): M. J. Wichura, "The percentage points of the normal
 * distribution", Applied Statistics 37 (1988) 477-484; its coefficients. */
double bpb_normal_quantile(double p)
{
    static const double middle[2][8] = {
        {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
         3.3430575583588128105e+4, 2.5090809287301226727e+3},
        {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
         2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
         5.2264952788528545610e+3}};
    static const double near_tail[2][8] = {
        {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
         3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
         2.27238449892691845833e-2, 7.74545014278341407640e-4},
        {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
         1.05075007164441684324e-9}};
    static const double far_tail[2][8] = {
        {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
         2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
         2.71155556874348757815e-5, 2.01033439929228813265e-7},
        {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
         2.04426310338993978564e-15}};

    const double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(middle[0], r) / polynomial(middle[1], r);
    }
    const double r = sqrt(-portable_log(q < 0 ? p : 1 - p));
    const double x = r <= 5 ? polynomial(near_tail[0], r - 1.6) / polynomial(near_tail[1], r - 1.6)
                            : polynomial(far_tail[0], r - 5) / polynomial(far_tail[1], r - 5);
    return q < 0 ? -x : x;
}
