/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of a net at each level of vector instructions that this CPU has: accuracy, bits,
 * derivatives. Internal: reaches the tables themselves. */
#include "support_tmpl.h"

#include "functions/functions_tmpl.h"
#include "functions/level_tmpl.h"
#include "base/random.h"

#define SET(level) LEVEL_JOIN(BPB(functions), level)
extern const struct function_set SET(generic);
#ifdef __x86_64__
extern const struct function_set SET(v3), SET(v4);
#endif

#define DIGITS BPB_SELECT(DBL_MANT_DIG, FLT_MANT_DIG)
#define EXPONENT_MIN BPB_SELECT(DBL_MIN_EXP, FLT_MIN_EXP)
#define SMALLEST BPB_SELECT(DBL_TRUE_MIN, FLT_TRUE_MIN)
#define LARGEST BPB_SELECT(DBL_MAX, FLT_MAX)
#define NAN_REAL ((real)NAN)
#define INF_REAL ((real)INFINITY)

/* ---- Levels ---- */

struct level {
    const char *name;
    bool runs; /* on this CPU */
    const struct function_set *set;
};
static struct level levels[3] = {{"generic", true, &SET(generic)}};

static int find_levels(void **state)
{
    (void)state;
#ifdef __x86_64__
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    levels[1] = (struct level){"x86-64-v3", v3, &SET(v3)};
    levels[2] = (struct level){"x86-64-v4", v3 && v4, &SET(v4)};
#endif
    return 0;
}

static void for_each_level(void (*check)(const struct level *level))
{
    for (size_t i = 0; i < COUNT(levels); i++)
        if (levels[i].runs)
            check(&levels[i]);
}

/* The table's entry with the parameter that a net would give it. */
static const struct {
    real leak, alpha, delta;
} parameter = {RC(0.3), RC(1.7), RC(0.7)};

static struct activation_table entry(const struct function_set *set, bpb_activation g)
{
    struct activation_table entry = set->activation[g];
    if (g == BPB_LEAKY_RELU)
        entry.context = &parameter.leak;
    if (g == BPB_ELU)
        entry.context = &parameter.alpha;
    return entry;
}

static struct loss_table loss_entry(const struct function_set *set, enum loss_form form)
{
    struct loss_table entry = set->loss[form];
    if (form == LOSS_HUBER)
        entry.context = &parameter.delta;
    return entry;
}

static void value(const struct level *level, bpb_activation g, size_t n, size_t B, const real *Z,
                  real *A)
{
    const struct activation_table table = entry(level->set, g);
    table.value(table.context, n, B, Z, A);
}

/* ---- Accuracy ---- */

/* |got - want| in units in the last place of want, which below the normal numbers is the
 * smallest number. */
static double ulps(real got, long double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : (double)INFINITY;
    if (isinf((real)want)) // too large
        return got == (real)want ? 0 : (double)INFINITY;
    int exponent;
    frexpl(want, &exponent);
    exponent = (exponent > EXPONENT_MIN ? exponent : EXPONENT_MIN) - DIGITS;
    return (double)(fabsl((long double)got - want) / ldexpl(1, exponent));
}

/* Where the bits of long double do not exceed double's, errors of an ulp cannot be measured;
 * valgrind computes so whatever LDBL_EPSILON says. */
static bool long_double_is_long(void)
{
    volatile long double x = 1;
    x += 0x1p-60L;
    return x != 1 || BPB_SELECT(false, true);
}

enum { ARGUMENTS = 100000 };

/* Densely and at random over [-bound, bound], at random over [-1, 1] and over all orders of
 * magnitude; then the special values, and where a search found the largest errors: of all floats,
 * and of some 10^8 doubles. */
static void draw_arguments(double bound, real *z)
{
    static const real special[] = {0,
                                   -0.0,
                                   SMALLEST,
                                   -SMALLEST,
                                   LARGEST,
                                   -LARGEST,
                                   INF_REAL,
                                   -INF_REAL,
                                   NAN_REAL,
                                   BPB_SELECT(-0x1.62a8f4bed223ep+2, -0x1.f4495ep+0f),
                                   BPB_SELECT(-0x1.bd5cf890fc56p-3, -0x1.205368p+2f),
                                   BPB_SELECT(-0x1.646dd4d4be228p-2, -0x1.6381d8p-2f),
                                   BPB_SELECT(-0x1.496d36f837278p-2, -0x1.a7ba16p-1f),
                                   BPB_SELECT(-0x1.bab6951bb6dc8p+1, -0x1.03b706p+1f),
                                   BPB_SELECT(-0x1.d8eec88f34f58p+0, -0x1.dae014p+0f),
                                   BPB_SELECT(-0x1.5f7e03f63ca03p+1, -0x1.5ac072p+0f)};
    struct rng rng = {1};
    const size_t quarter = ARGUMENTS / 4;
    for (size_t i = 0; i < quarter; i++) {
        z[i] = (real)(bound * (2.0 * (double)i / (double)quarter - 1));
        z[quarter + i] = (real)rng_uniform(&rng, -bound, bound);
        z[2 * quarter + i] = (real)rng_uniform(&rng, -1, 1);
        const double any_order = exp2(rng_uniform(&rng, EXPONENT_MIN - DIGITS, 12));
        z[3 * quarter + i] = (real)(i % 2 ? any_order : -any_order);
    }
    memcpy(z, special, sizeof special);
}

static long double sigmoid_exactly(long double z)
{
    return 1 / (1 + expl(-z));
}

/* Measure an activation over this many arguments; print the largest error, and hold it to limit. */
static void check_accuracy(const struct level *level, bpb_activation g,
                           long double (*exactly)(long double), double bound, double limit)
{
    real *z = make_reals(ARGUMENTS), *a = make_reals(ARGUMENTS);
    double worst = 0, at = 0;
    draw_arguments(bound, z);
    value(level, g, ARGUMENTS, 1, z, a);
    for (size_t i = 0; i < ARGUMENTS; i++) {
        const double error = ulps(a[i], exactly((long double)z[i]));
        if (error > worst)
            worst = error, at = (double)z[i];
    }
    print_message("%s, %s: %.3f ulp at %a\n", bpb_name(BPB_NAMES_ACTIVATION, g), level->name, worst,
                  at);
    assert_true(worst > 0.4 && worst <= limit);
    free(z);
    free(a);
}

static void check_sigmoid(const struct level *level)
{
    check_accuracy(level, BPB_SIGMOID, sigmoid_exactly, BPB_SELECT(760, 110), 3.0);
}

static void sigmoid__is_accurate_everywhere(void **state)
{
    (void)state;
    if (!long_double_is_long())
        skip();
    for_each_level(check_sigmoid);
}

static void check_tanh(const struct level *level)
{
    check_accuracy(level, BPB_TANH, tanhl, 22, 2.6);
}

static void tanh__is_accurate_everywhere(void **state)
{
    (void)state;
    if (!long_double_is_long())
        skip();
    for_each_level(check_tanh);
}

/* ---- The other activations by their definitions, in long double ---- */

struct exact {
    long double f, df, d2f;
};

static struct exact leaky_relu_exactly(long double z)
{
    const long double slope = z > 0 ? 1 : (long double)parameter.leak;
    return (struct exact){slope * z, slope, 0};
}

static struct exact elu_exactly(long double z)
{
    const long double depth = (long double)parameter.alpha, slope = depth * expl(z);
    return z > 0 ? (struct exact){z, 1, 0} : (struct exact){depth * expm1l(z), slope, slope};
}

static struct exact selu_exactly(long double z)
{
    const long double lambda = 1.0507009873554805L, depth = lambda * 1.6732632423543772L;
    const long double slope = depth * expl(z);
    return z > 0 ? (struct exact){lambda * z, lambda, 0}
                 : (struct exact){depth * expm1l(z), slope, slope};
}

static struct exact softplus_exactly(long double z)
{
    const long double half_cosh = 2 * coshl(z / 2);
    return (struct exact){fmaxl(z, 0) + log1pl(expl(-fabsl(z))), sigmoid_exactly(z),
                          1 / (half_cosh * half_cosh)};
}

static struct exact softsign_exactly(long double z)
{
    const long double y = 1 + fabsl(z);
    return (struct exact){isinf(z) ? copysignl(1, z) : z / y, 1 / (y * y),
                          (z > 0 ? -2 : 2) / (y * y * y)};
}

/* exp(-z^2/2), z^2 in two parts: z has at most 53 bits; the square of its upper ones is exact */
static long double bell_exactly(long double z)
{
    const long double upper = (long double)(float)z, rest = z - upper;
    return expl(-upper * upper / 2) * expl(-rest * (z + upper) / 2);
}

/* Phi(-t) / phi(t), by Laplace's continued fraction 1/(t + 1/(t + 2/(t + 3/(t + ... */
static long double mills_ratio(long double t)
{
    long double x = t;
    for (int k = 80; k > 0; k--)
        x = t + k / x;
    return 1 / x;
}

/* Beyond 4 the error of t / sqrt 2 would count t^2 times in erfc. */
static struct exact gelu_exactly(long double z)
{
    const long double t = fminl(fabsl(z), 100), phi = 0.398942280401432677939946L * bell_exactly(t);
    const long double tail = t < 4 ? erfcl(t * 0.707106781186547524400844L) / 2
                                   : phi * mills_ratio(t);
    return (struct exact){fmaxl(z, 0) - t * tail,
                          (z > 0 ? 1 - tail : tail) + copysignl(t, z) * phi, (2 - t * t) * phi};
}

/* A sum of two numbers that does not fit one */
struct wide {
    long double high, low;
};

static struct wide wide_product(struct wide a, struct wide b)
{
    const long double high = a.high * b.high, error = fmal(a.high, b.high, -high);
    return (struct wide){high, error + a.high * b.low + a.low * b.high};
}

/* exp(-2u), 2u = c y + d y^3, c = 2 sqrt(2/pi), d = 0.044715 c */
static long double exp_of_cubic(long double y)
{
    const struct wide c = {0xcc42299ea1b28468p-63L, 0xfcb3c500bab8e2ffp-128L}, z = {y, 0};
    const struct wide d = {0x922279526c5a57a5p-67L, -0x843a29d1c7079669p-133L};
    const struct wide first = wide_product(c, z),
                      third = wide_product(d, wide_product(z, wide_product(z, z)));
    return expl(-first.high) * expl(-third.high) * expl(-first.low - third.low);
}

/* f by exp(-2u), f' and f'' by tanh u */
static struct exact gelu_tanh_exactly(long double z)
{
    const long double y = fminl(fabsl(z), 100), e = exp_of_cubic(y), square = y * y;
    const long double root = 0.797884560802865355879892L, tanh_u =
        tanhl(copysignl(root * y * (1 + 0.044715L * square), z));
    const long double du = root * (1 + 3 * 0.044715L * square), slope = (1 - tanh_u * tanh_u),
                      x = copysignl(y, z), d2u = root * 6 * 0.044715L * x;
    return (struct exact){z > 0 ? z / (1 + e) : -(y * e) / (1 + e),
                          (1 + tanh_u) / 2 + x / 2 * slope * du,
                          slope * du + x / 2 * slope * (d2u - 2 * tanh_u * du * du)};
}

static struct exact silu_exactly(long double z)
{
    const long double y = fminl(fabsl(z), 10000), x = copysignl(y, z), s = sigmoid_exactly(x);
    return (struct exact){z > 0 ? z * s : x * s, s * (1 + x * (1 - s)),
                          s * (1 - s) * (2 + x * (1 - 2 * s))};
}

static struct exact exponential_exactly(long double z)
{
    const long double e = expl(z);
    return (struct exact){e, e, e};
}

/* Largest errors: of f in units in the last place, of f' and f'' in eps max(1, |f'|), so far */
struct errors {
    double f, df, d2f, at;
};

struct reference {
    bpb_activation g;
    struct exact (*exactly)(long double z);
    double bound; /* f is interesting within */
    struct errors limit;
};
static const struct reference references[] = {
    {BPB_LEAKY_RELU, leaky_relu_exactly, 10, {0.5, 2, 3, 0}},
    {BPB_ELU, elu_exactly, BPB_SELECT(760, 110), {2.6, 2, 3, 0}},
    {BPB_SELU, selu_exactly, BPB_SELECT(760, 110), {2.2, 2, 3, 0}},
    {BPB_SOFTPLUS, softplus_exactly, BPB_SELECT(760, 110), {3.0, 2, 3, 0}},
    {BPB_SOFTSIGN, softsign_exactly, 100, {1.6, 2, 3, 0}},
    {BPB_GELU, gelu_exactly, BPB_SELECT(39.5, 15), {3.4, 2, 3, 0}},
    {BPB_GELU_TANH, gelu_tanh_exactly, BPB_SELECT(22.5, 11.5), {3.0, 2, 3, 0}},
    {BPB_SILU, silu_exactly, BPB_SELECT(780, 120), {3.0, 2, 3, 0}},
    {BPB_EXPONENTIAL, exponential_exactly, BPB_SELECT(760, 110), {1.1, 2, 3, 0}},
};

/* |got - want| in eps max(1, |want|) */
static double epsilons(real got, long double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : (double)INFINITY;
    if (isinf((real)want))
        return got == (real)want ? 0 : (double)INFINITY;
    return (double)(fabsl((long double)got - want) / fmaxl(1, fabsl(want))) / EPSILON;
}

/* f, f' and f'' of n arguments, as the table gives them for D = V = 1, H = 0 */
static void differentiate(const struct activation_table *g, size_t n, const real *z, real *f,
                          real *df, real *d2f)
{
    real *ones = make_reals(n);
    for (size_t i = 0; i < n; i++)
        df[i] = ones[i] = 1, d2f[i] = 0;
    g->value(g->context, n, 1, z, f);
    g->vjp(g->context, n, 1, z, f, df);
    g->second(g->context, n, 1, z, f, ones, ones, d2f);
    free(ones);
}

static struct errors measure(const struct level *level, const struct reference *reference, size_t n,
                             const real *z)
{
    const struct activation_table g = entry(level->set, reference->g);
    real *f = make_reals(n), *df = make_reals(n), *d2f = make_reals(n);
    struct errors worst = {0};
    differentiate(&g, n, z, f, df, d2f);
    for (size_t i = 0; i < n; i++) {
        if (isnan(z[i])) {
            assert_true(isnan(f[i]) && isnan(df[i]));
            continue;
        }
        const struct exact want = reference->exactly((long double)z[i]);
        const double error = ulps(f[i], want.f);
        if (error > worst.f)
            worst.f = error, worst.at = (double)z[i];
        worst.df = fmax(worst.df, epsilons(df[i], want.df));
        worst.d2f = fmax(worst.d2f, epsilons(d2f[i], want.d2f));
    }
    free(f);
    free(df);
    free(d2f);
    return worst;
}

static void check_references(const struct level *level)
{
    real *z = make_reals(ARGUMENTS);
    for (size_t i = 0; i < COUNT(references); i++) {
        const struct reference *reference = &references[i];
        const struct errors limit = reference->limit;
        draw_arguments(reference->bound, z);
        const struct errors worst = measure(level, reference, ARGUMENTS, z);
        print_message("%s, %s: %.3f ulp at %a; f' %.3f eps, f'' %.3f eps\n",
                      bpb_name(BPB_NAMES_ACTIVATION, reference->g), level->name, worst.f, worst.at,
                      worst.df, worst.d2f);
        assert_true(worst.f > 0.4 && worst.f <= limit.f);
        assert_true(worst.df <= limit.df && worst.d2f <= limit.d2f);
    }
    free(z);
}

static void activations__and_derivatives_are_accurate_everywhere(void **state)
{
    (void)state;
    if (!long_double_is_long())
        skip();
    for_each_level(check_references);
}

/* Softmax of (0, x) for ARGUMENTS values of x <= 0: the second entries, in ulps of the exact. */
static double worst_of_softmax(const struct level *level, double low, double high)
{
    real *Z = make_reals(2 * ARGUMENTS), *A = make_reals(2 * ARGUMENTS);
    struct rng rng = {2};
    double worst = 0;
    for (size_t i = 0; i < ARGUMENTS; i++)
        Z[2 * i + 1] = (real)rng_uniform(&rng, low, high);
    value(level, BPB_SOFTMAX, 2, ARGUMENTS, Z, A);
    for (size_t i = 0; i < ARGUMENTS; i++) {
        const long double e = expl((long double)Z[2 * i + 1]);
        worst = fmax(worst, ulps(A[2 * i + 1], e / (1 + e)));
    }
    free(Z);
    free(A);
    return worst;
}

/*
 * Below -45 (-25 in float) the sum is 1, and what is left is exp itself, down to where it
 * vanishes; above, the sum, its inverse and a product add their roundings.
 */
static void check_exp(const struct level *level)
{
    const double alone = BPB_SELECT(-45, -25), vanished = BPB_SELECT(-760, -110);
    const double of_exp = worst_of_softmax(level, vanished, alone);
    const double of_quotient = worst_of_softmax(level, alone, 0);
    print_message("exp, %s: %.3f ulp; in a quotient %.3f\n", level->name, of_exp, of_quotient);
    assert_true(of_exp > 0.4 && of_exp <= 1.1);
    assert_true(of_quotient > 0.4 && of_quotient <= 3.0);
}

static void softmax__is_accurate_everywhere(void **state)
{
    (void)state;
    if (!long_double_is_long())
        skip();
    for_each_level(check_exp);
}

static void check_specials(const struct level *level)
{
    const real z[] = {0,       -0.0,     INF_REAL, -INF_REAL, NAN_REAL,
                      LARGEST, -LARGEST, SMALLEST, -SMALLEST};
    const struct {
        bpb_activation g;
        real a[9];
    } expected[] = {
        {BPB_SIGMOID, {RC(0.5), RC(0.5), 1, 0, NAN_REAL, 1, 0, RC(0.5), RC(0.5)}},
        {BPB_TANH, {0, -0.0, 1, -1, NAN_REAL, 1, -1, SMALLEST, -SMALLEST}},
        {BPB_RELU, {0, 0, INF_REAL, 0, NAN_REAL, LARGEST, 0, SMALLEST, 0}},
        {BPB_IDENTITY,
         {0, -0.0, INF_REAL, -INF_REAL, NAN_REAL, LARGEST, -LARGEST, SMALLEST, -SMALLEST}},
    };
    for (size_t e = 0; e < COUNT(expected); e++) {
        real a[9];
        value(level, expected[e].g, 9, 1, z, a);
        for (size_t i = 0; i < 9; i++) {
            const real want = expected[e].a[i];
            assert_true(isnan(want) ? isnan(a[i]) : a[i] == want);
            if (expected[e].g == BPB_TANH && want == 0)
                assert_true(!signbit(a[i]) == !signbit(want));
        }
    }
}

static void activations__of_special_values_are_their_limits(void **state)
{
    (void)state;
    for_each_level(check_specials);
}

enum { SPECIALS = 7 };

/* Zeros with their sign and what is not finite exactly, all else to units in the last place. */
static void assert_special(const char *what, real got, real want)
{
    const bool exact = want == 0 || isinf(want);
    const double error = fabs((double)got - (double)want);
    if (isnan(want) ? isnan(got)
        : exact     ? got == want && !signbit(got) == !signbit(want)
                    : error <= 2 * EPSILON * fabs((double)want))
        return;
    fail_msg("%s is %g, not %g", what, (double)got, (double)want);
}

/* f' and f'' are those of the left side where there are two; f'' need only be finite, or 0 at the
 * infinities, where f is. */
static void check_limits(const struct level *level)
{
    const real z[SPECIALS] = {0, -0.0, INF_REAL, -INF_REAL, NAN_REAL, LARGEST, -LARGEST};
    const real slope = parameter.leak, depth = parameter.alpha, half = RC(0.5);
    const real lambda = RC(1.0507009873554805), selu = RC(1.7580993408473768);
    const real ln_2 = RC(0.6931471805599453);
    const struct {
        bpb_activation g;
        real f[SPECIALS], df[SPECIALS];
    } expected[] = {
        {BPB_LEAKY_RELU, {0, -0.0, INF_REAL, -INF_REAL, NAN_REAL, LARGEST, -slope * LARGEST},
         {slope, slope, 1, slope, NAN_REAL, 1, slope}},
        {BPB_ELU, {0, -0.0, INF_REAL, -depth, NAN_REAL, LARGEST, -depth},
         {depth, depth, 1, 0, NAN_REAL, 1, 0}},
        {BPB_SELU, {0, -0.0, INF_REAL, -selu, NAN_REAL, INF_REAL, -selu},
         {selu, selu, lambda, 0, NAN_REAL, lambda, 0}},
        {BPB_SOFTPLUS, {ln_2, ln_2, INF_REAL, 0, NAN_REAL, LARGEST, 0},
         {half, half, 1, 0, NAN_REAL, 1, 0}},
        {BPB_SOFTSIGN, {0, -0.0, 1, -1, NAN_REAL, 1, -1}, {1, 1, 0, 0, NAN_REAL, 0, 0}},
        {BPB_GELU, {0, -0.0, INF_REAL, -0.0, NAN_REAL, LARGEST, -0.0},
         {half, half, 1, 0, NAN_REAL, 1, 0}},
        {BPB_GELU_TANH, {0, -0.0, INF_REAL, -0.0, NAN_REAL, LARGEST, -0.0},
         {half, half, 1, 0, NAN_REAL, 1, 0}},
        {BPB_SILU, {0, -0.0, INF_REAL, -0.0, NAN_REAL, LARGEST, -0.0},
         {half, half, 1, 0, NAN_REAL, 1, 0}},
        {BPB_EXPONENTIAL, {1, 1, INF_REAL, 0, NAN_REAL, INF_REAL, 0},
         {1, 1, INF_REAL, 0, NAN_REAL, INF_REAL, 0}},
    };
    for (size_t e = 0; e < COUNT(expected); e++) {
        const struct activation_table g = entry(level->set, expected[e].g);
        const char *name = bpb_name(BPB_NAMES_ACTIVATION, expected[e].g);
        real f[SPECIALS], df[SPECIALS], d2f[SPECIALS];
        differentiate(&g, SPECIALS, z, f, df, d2f);
        for (size_t i = 0; i < SPECIALS; i++) {
            assert_special(name, f[i], expected[e].f[i]);
            assert_special(name, df[i] + 0, expected[e].df[i]); // a zero of either sign
            if (!isnan(z[i]) && !isinf(df[i]))
                assert_true(i < 2 ? isfinite(d2f[i]) : d2f[i] == 0);
        }
    }
}

static void activations__have_their_limits_signed_zeros_and_nans(void **state)
{
    (void)state;
    for_each_level(check_limits);
}

/* At the kinks of f' f'' is that of the left side; a leak so small that it is 0 in float makes a
 * ReLU; exp is finite as long as it can be. */
static void check_edges(const struct level *level)
{
    const real zero[] = {0, -0.0};
    const bpb_activation kinked[] = {BPB_ELU, BPB_SOFTSIGN};
    const real second[] = {parameter.alpha, 2};
    real f[2], df[2], d2f[2];
    for (size_t k = 0; k < COUNT(kinked); k++) {
        const struct activation_table g = entry(level->set, kinked[k]);
        differentiate(&g, 2, zero, f, df, d2f);
        assert_true(d2f[0] == second[k] && d2f[1] == second[k]);
    }
    const real none = 0, below[] = {-INF_REAL, -3};
    struct activation_table leaky = level->set->activation[BPB_LEAKY_RELU];
    leaky.context = &none;
    differentiate(&leaky, 2, below, f, df, d2f);
    assert_true(f[0] == 0 && f[1] == 0 && df[0] == 0 && df[1] == 0);
    const real highest = BPB_SELECT(0x1.62e42fefa39efp+9, 0x1.62e42ep+6f); // exp of it is the last
    const real around[] = {highest, highest * (1 + 2 * (real)EPSILON)};
    const struct activation_table exponential = entry(level->set, BPB_EXPONENTIAL);
    differentiate(&exponential, 2, around, f, df, d2f);
    assert_true(isfinite(f[0]) && isfinite(df[0]) && isfinite(d2f[0]));
    assert_true(f[1] == INF_REAL);
}

static void activations__at_kinks_and_edges(void **state)
{
    (void)state;
    for_each_level(check_edges);
}

/* Columns with an infinity, a NaN, huge differences, one entry. */
static void check_softmax_specials(const struct level *level)
{
    real Z[] = {1,       NAN_REAL, 2, /**/ INF_REAL, 0, 1, /**/ -INF_REAL, 0, 0, /**/ -LARGEST,
                LARGEST, 0};
    real A[12];
    value(level, BPB_SOFTMAX, 3, 4, Z, A);
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(A[i]));
    assert_true(A[6] == 0 && A[7] == RC(0.5) && A[8] == RC(0.5));
    assert_true(A[9] == 0 && A[10] == 1 && A[11] == 0);
    value(level, BPB_SOFTMAX, 1, 3, Z + 6, A);
    assert_true(isnan(A[0]) && A[1] == 1 && A[2] == 1);
}

static void softmax__of_special_values_spoils_only_its_column(void **state)
{
    (void)state;
    for_each_level(check_softmax_specials);
}

/* Against exp(z_i) / sum exp(z_k), for n of 1 .. 70; the sum in order costs up to n/2 ulp. */
static void check_softmax_lengths(const struct level *level)
{
    struct rng rng = {3};
    for (size_t n = 1; n <= 70; n++) {
        real z[70], a[70];
        long double want[70], sum = 0;
        fill_uniform(&rng, n, -5, 5, z);
        for (size_t i = 0; i < n; i++)
            sum += want[i] = expl((long double)z[i]);
        for (size_t i = 0; i < n; i++)
            want[i] /= sum;
        value(level, BPB_SOFTMAX, n, 1, z, a);
        for (size_t i = 0; i < n; i++)
            assert_number_close("softmax", (long double)a[i], want[i], want[i],
                                (4 + sqrt((double)n)) * EPSILON);
    }
}

static void softmax__equals_its_definition_for_any_length(void **state)
{
    (void)state;
    for_each_level(check_softmax_lengths);
}

/* ---- Bits ---- */

enum { LENGTH = 70 };

/* An operation on entries of z, d and v, each on its own. */
struct operation {
    void (*run)(const struct function_set *set, bpb_activation g, size_t n, const real *z,
                const real *d, const real *v, real *out);
    bpb_activation g;
};

#define OPERATION(name)                                                                            \
    static void name(const struct function_set *set, bpb_activation g, size_t n, const real *z,    \
                     const real *d, const real *v, real *out)
#define UNUSED (void)set, (void)g, (void)z, (void)d, (void)v
#define TABLE const struct activation_table table = entry(set, g)

OPERATION(run_value)
{
    UNUSED;
    TABLE;
    table.value(table.context, n, 1, z, out);
}

OPERATION(run_value_in_place)
{
    UNUSED;
    TABLE;
    memcpy(out, z, n * sizeof *out);
    table.value(table.context, n, 1, out, out);
}

OPERATION(run_vjp)
{
    UNUSED;
    TABLE;
    memcpy(out, d, n * sizeof *out);
    table.vjp(table.context, n, 1, z, v, out); // v stands for a = g(z)
}

OPERATION(run_jvp)
{
    UNUSED;
    TABLE;
    memcpy(out, d, n * sizeof *out);
    table.jvp(table.context, n, 1, z, v, out);
}

OPERATION(run_second)
{
    UNUSED;
    TABLE;
    memcpy(out, z, n * sizeof *out);
    table.second(table.context, n, 1, z, v, d, z, out);
}

OPERATION(run_difference)
{
    UNUSED;
    set->loss[LOSS_SQUARED].gradient(NULL, n, 1, NULL, z, d, out);
}

OPERATION(run_cross_entropy_second)
{
    UNUSED;
    set->loss[LOSS_SIGMOID_CROSS_ENTROPY].second(NULL, n, 1, NULL, v, NULL, d, out);
}

static void run_loss_gradient(const struct function_set *set, enum loss_form form, size_t n,
                              const real *z, const real *d, real *out)
{
    const struct loss_table loss = loss_entry(set, form);
    loss.gradient(loss.context, n, 1, z, z, d, out);
}

static void run_loss_second(const struct function_set *set, enum loss_form form, size_t n,
                            const real *z, const real *d, const real *v, real *out)
{
    const struct loss_table loss = loss_entry(set, form);
    loss.second(loss.context, n, 1, z, z, d, v, out);
}

OPERATION(run_huber_gradient)
{
    UNUSED;
    run_loss_gradient(set, LOSS_HUBER, n, z, d, out);
}

OPERATION(run_huber_second)
{
    UNUSED;
    run_loss_second(set, LOSS_HUBER, n, z, d, v, out);
}

OPERATION(run_absolute_gradient)
{
    UNUSED;
    run_loss_gradient(set, LOSS_ABSOLUTE, n, z, d, out);
}

OPERATION(run_poisson_second)
{
    UNUSED;
    run_loss_second(set, LOSS_POISSON, n, z, d, v, out);
}

OPERATION(run_scale)
{
    UNUSED;
    memcpy(out, z, n * sizeof *out);
    set->scale(n, RC(-0.3), out);
}

OPERATION(run_axpby)
{
    UNUSED;
    memcpy(out, d, n * sizeof *out);
    set->axpby(n, RC(0.3), z, RC(0.7), out);
}

static const struct operation operations[] = {
    {run_difference, 0},     {run_cross_entropy_second, 0}, {run_huber_gradient, 0},
    {run_huber_second, 0},   {run_absolute_gradient, 0},    {run_poisson_second, 0},
    {run_scale, 0},          {run_axpby, 0},
};

/* Every stretch of the entries gives the bits that it has within the whole. */
static void check_operation(const struct function_set *set, const struct operation *operation)
{
    struct rng rng = {4};
    real z[LENGTH], d[LENGTH], v[LENGTH], whole[LENGTH], part[LENGTH];
    fill_uniform(&rng, LENGTH, -3, 3, z);
    fill_uniform(&rng, LENGTH, -1, 1, d);
    fill_uniform(&rng, LENGTH, 0, 1, v);
    operation->run(set, operation->g, LENGTH, z, d, v, whole);
    for (size_t n = 1; n <= LENGTH; n++)
        for (size_t first = 0; first + n <= LENGTH; first += 1 + first / 4) {
            operation->run(set, operation->g, n, z + first, d + first, v + first, part);
            assert_same_bits(n, part, whole + first);
        }
}

static void check_places(const struct level *level)
{
    void (*const of_activation[])(const struct function_set *, bpb_activation, size_t, const real *,
                                  const real *, const real *, real *) = {
        run_value, run_value_in_place, run_vjp, run_jvp, run_second};
    for (size_t i = 0; i < COUNT(operations); i++)
        check_operation(level->set, &operations[i]);
    for (bpb_activation g = 0; g <= BPB_EXPONENTIAL; g++)
        for (size_t i = 0; i < COUNT(of_activation) && g != BPB_SOFTMAX; i++)
            check_operation(level->set, &(struct operation){of_activation[i], g});
}

static void functions__give_an_entry_the_same_bits_in_any_place(void **state)
{
    (void)state;
    for_each_level(check_places);
}

/* A column of softmax: value, derivative and second form, alone and among others. */
static void check_softmax_place(const struct level *level, size_t n)
{
    enum { B = 9 };
    const struct activation_table *g = &level->set->activation[BPB_SOFTMAX];
    struct rng rng = {n};
    real *Z = make_reals(n * B), *A = make_reals(n * B), *D = make_reals(n * B),
         *H = make_reals(n * B);
    real *a = make_reals(n), *d = make_reals(n), *h = make_reals(n);
    fill_uniform(&rng, n * B, -3, 3, Z);
    fill_uniform(&rng, n * B, -3, 3, D);
    for (size_t j = 0; j < B; j++) {
        memcpy(d, D + j * n, n * sizeof *d);
        memset(h, 0, n * sizeof *h);
        memset(H, 0, n * B * sizeof *H);
        g->value(NULL, n, B, Z, A);
        g->second(NULL, n, B, Z, A, D, Z, H);
        g->value(NULL, n, 1, Z + j * n, a);
        g->second(NULL, n, 1, Z + j * n, a, d, Z + j * n, h);
        g->vjp(NULL, n, B, Z, A, D);
        g->vjp(NULL, n, 1, Z + j * n, a, d);
        assert_same_bits(n, a, A + j * n);
        assert_same_bits(n, d, D + j * n);
        assert_same_bits(n, h, H + j * n);
    }
    real *const all[] = {Z, A, D, H, a, d, h};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

static void check_softmax_places(const struct level *level)
{
    for (size_t n = 1; n <= LENGTH; n++)
        check_softmax_place(level, n);
}

static void softmax__gives_a_column_the_same_bits_in_any_place(void **state)
{
    (void)state;
    for_each_level(check_softmax_places);
}

/* ---- Derivatives ---- */

/* Of a difference with step h: truncation and rounding are both about h^2 = eps^(2/3). */
#define STEP cbrt(EPSILON)
#define DIFFERENCE_TOLERANCE (16 * STEP * STEP)
enum { N = 5, B = 4, ENTRIES = N * B };

/* A batch to differentiate at, in directions V, with D as what comes from above. */
struct point {
    real Z[ENTRIES], A[ENTRIES], D[ENTRIES], V[ENTRIES], T[ENTRIES];
};

/* No entry of Z is near the kink of a ReLU or its kin. */
static struct point draw_point(const struct level *level, bpb_activation g)
{
    struct rng rng = {5 + g};
    struct point point;
    fill_uniform(&rng, ENTRIES, -2, 2, point.Z);
    fill_uniform(&rng, ENTRIES, -1, 1, point.D);
    fill_uniform(&rng, ENTRIES, -1, 1, point.V);
    fill_uniform(&rng, ENTRIES, 0, 1, point.T);
    for (size_t i = 0; i < ENTRIES; i++)
        point.Z[i] += point.Z[i] > 0 ? RC(0.1) : -RC(0.1);
    value(level, g, N, B, point.Z, point.A);
    return point;
}

/* Z + t V */
static void move(const struct point *point, double t, const real *from, real *to)
{
    for (size_t i = 0; i < ENTRIES; i++)
        to[i] = (real)((double)from[i] + t * (double)point->V[i]);
}

static void assert_difference(const char *what, size_t n, const real *got, const real *high,
                              const real *low)
{
    long double want[ENTRIES];
    for (size_t i = 0; i < n; i++)
        want[i] = ((long double)high[i] - (long double)low[i]) / (2 * STEP);
    assert_reals_close(what, n, got, want, fmaxl(1, largest(n, want)), DIFFERENCE_TOLERANCE);
}

/* J V, against the difference of values; and <J^T D, V> = <D, J V>. */
static void check_first_derivatives(const struct level *level, bpb_activation g)
{
    const struct activation_table entry_of_g = entry(level->set, g), *table = &entry_of_g;
    const struct point point = draw_point(level, g);
    real Z[ENTRIES], high[ENTRIES], low[ENTRIES], JV[ENTRIES], JtD[ENTRIES];
    memcpy(JV, point.V, sizeof JV);
    memcpy(JtD, point.D, sizeof JtD);
    table->jvp(table->context, N, B, point.Z, point.A, JV);
    table->vjp(table->context, N, B, point.Z, point.A, JtD);
    move(&point, STEP, point.Z, Z);
    value(level, g, N, B, Z, high);
    move(&point, -STEP, point.Z, Z);
    value(level, g, N, B, Z, low);
    assert_difference("jvp", ENTRIES, JV, high, low);
    long double down = 0, up = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        down += (long double)JtD[i] * (long double)point.V[i];
        up += (long double)point.D[i] * (long double)JV[i];
    }
    assert_number_close("vjp", down, up, N, 4 * EPSILON);
}

/* H + (d/dZ (J^T D))[V], H = T at first. */
static void check_second_derivative(const struct level *level, bpb_activation g)
{
    const struct activation_table entry_of_g = entry(level->set, g), *table = &entry_of_g;
    const struct point point = draw_point(level, g);
    real H[ENTRIES], Z[ENTRIES], A[ENTRIES], high[ENTRIES], low[ENTRIES];
    memcpy(H, point.T, sizeof H);
    table->second(table->context, N, B, point.Z, point.A, point.D, point.V, H);
    real *const result[] = {high, low};
    for (int side = 0; side < 2; side++) {
        move(&point, side ? -STEP : STEP, point.Z, Z);
        value(level, g, N, B, Z, A);
        memcpy(result[side], point.D, sizeof point.D);
        table->vjp(table->context, N, B, Z, A, result[side]);
        for (size_t i = 0; i < ENTRIES; i++) // the difference of 2 h H is H
            result[side][i] += (real)(side ? -STEP : STEP) * point.T[i];
    }
    assert_difference("second", ENTRIES, H, high, low);
}

static void check_activations(const struct level *level)
{
    for (bpb_activation g = 0; g <= BPB_EXPONENTIAL; g++) {
        check_first_derivatives(level, g);
        check_second_derivative(level, g);
    }
}

static void activations__have_the_derivatives_of_their_differences(void **state)
{
    (void)state;
    for_each_level(check_activations);
}

/* f' at the kink is 0 from either side; NaN stays NaN. */
static void check_kink(const struct level *level)
{
    const real z[] = {0, -0.0, SMALLEST, -SMALLEST, NAN_REAL, INF_REAL};
    real a[6], D[] = {3, 3, 3, 3, 3, 3};
    const real expected[] = {0, 0, 3, 0, NAN_REAL, 3};
    value(level, BPB_RELU, 6, 1, z, a);
    level->set->activation[BPB_RELU].vjp(NULL, 6, 1, z, a, D);
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(expected[i]) ? isnan(D[i]) : D[i] == expected[i]);
}

static void relu__has_no_slope_at_zero_and_keeps_a_nan(void **state)
{
    (void)state;
    for_each_level(check_kink);
}

/* A loss at t further along V, which is a direction in Z (of_Z) or in A. */
struct displaced {
    real Z[ENTRIES], A[ENTRIES];
};

static struct displaced displace(const struct level *level, const struct loss_table *loss,
                                 bpb_activation g, const struct point *point, double t)
{
    struct displaced there;
    move(point, loss->of_Z ? t : 0, point->Z, there.Z);
    value(level, g, N, B, there.Z, there.A);
    if (!loss->of_Z)
        move(point, t, point->A, there.A);
    return there;
}

/* A loss with an output activation it goes with, and the rows of a batch's columns. */
struct loss_pair {
    enum loss_form form;
    bpb_activation g;
    size_t n;
};

/* <D, V> of each column is the difference of e. */
static void check_loss_gradient(const struct level *level, const struct loss_pair *pair)
{
    const struct loss_table loss = loss_entry(level->set, pair->form);
    const size_t n = pair->n, columns = ENTRIES / n;
    const struct point point = draw_point(level, pair->g);
    const struct displaced high = displace(level, &loss, pair->g, &point, STEP),
                           low = displace(level, &loss, pair->g, &point, -STEP);
    double e_high[ENTRIES], e_low[ENTRIES];
    real D[ENTRIES];
    loss.value(loss.context, n, columns, high.Z, high.A, point.T, e_high);
    loss.value(loss.context, n, columns, low.Z, low.A, point.T, e_low);
    loss.gradient(loss.context, n, columns, point.Z, point.A, point.T, D);
    for (size_t j = 0; j < columns; j++) {
        long double along = 0;
        for (size_t i = j * n; i < (j + 1) * n; i++)
            along += (long double)D[i] * (long double)point.V[i];
        assert_number_close("gradient", along, (long double)(e_high[j] - e_low[j]) / (2 * STEP), N,
                            DIFFERENCE_TOLERANCE);
    }
}

static void check_loss_second(const struct level *level, const struct loss_pair *pair)
{
    const struct loss_table loss = loss_entry(level->set, pair->form);
    const size_t n = pair->n, columns = ENTRIES / n;
    const struct point point = draw_point(level, pair->g);
    const struct displaced high = displace(level, &loss, pair->g, &point, STEP),
                           low = displace(level, &loss, pair->g, &point, -STEP);
    real D_high[ENTRIES], D_low[ENTRIES], H[ENTRIES];
    loss.gradient(loss.context, n, columns, high.Z, high.A, point.T, D_high);
    loss.gradient(loss.context, n, columns, low.Z, low.A, point.T, D_low);
    loss.second(loss.context, n, columns, point.Z, point.A, point.T, point.V, H);
    assert_difference("second of a loss", ENTRIES, H, D_high, D_low);
}

/* The absolute loss has no second derivative but 0: see its values. */
static void check_losses(const struct level *level)
{
    static const struct loss_pair pairs[] = {
        {LOSS_SQUARED, BPB_TANH, N},
        {LOSS_SIGMOID_CROSS_ENTROPY, BPB_SIGMOID, N},
        {LOSS_SOFTMAX_CROSS_ENTROPY, BPB_SOFTMAX, N},
        {LOSS_HUBER, BPB_TANH, N},
        {LOSS_ABSOLUTE, BPB_TANH, N},
        {LOSS_POISSON, BPB_EXPONENTIAL, N},
        {LOSS_GAUSSIAN, BPB_IDENTITY, 4},
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        check_loss_gradient(level, &pairs[i]);
        if (pairs[i].form != LOSS_ABSOLUTE)
            check_loss_second(level, &pairs[i]);
    }
}

static void losses__have_the_derivatives_of_their_differences(void **state)
{
    (void)state;
    for_each_level(check_losses);
}

/* ---- Losses by their definitions, in long double ---- */

/* Of one target t and the output or outputs y that it is for, in direction v: the loss, D and H,
 * and the sums of their terms' sizes, which rounding errors go by. */
struct exact_loss {
    long double e, D[2], H[2], e_size, D_size[2], H_size[2];
};

static struct exact_loss huber_exactly(const long double *y, long double t, const long double *v)
{
    const long double r = y[0] - t, d = (long double)parameter.delta, size = fabsl(r);
    const bool inside = size <= d;
    const long double e = inside ? r * r / 2 : d * (size - d / 2), slope = fminl(size, d);
    const long double second = inside ? v[0] : 0;
    return (struct exact_loss){e,      {copysignl(slope, r)}, {second}, e + d * d / 2,
                               {slope}, {fabsl(second)}};
}

static struct exact_loss absolute_exactly(const long double *y, long double t,
                                          const long double *v)
{
    const long double r = y[0] - t, sign = r > 0 ? 1 : r < 0 ? -1 : 0;
    (void)v;
    return (struct exact_loss){fabsl(r), {sign}, {0}, fabsl(r), {1}, {0}};
}

static struct exact_loss poisson_exactly(const long double *z, long double t,
                                         const long double *v)
{
    const long double y = expl(z[0]), change = y * v[0];
    return (struct exact_loss){y - t * z[0], {y - t}, {change}, y + fabsl(t * z[0]),
                               {y + fabsl(t)}, {fabsl(change)}};
}

static struct exact_loss gaussian_exactly(const long double *z, long double t,
                                          const long double *v)
{
    const long double r = z[0] - t, s = z[1], p = expl(-s), q = r * r * p / 2, slope = r * p;
    return (struct exact_loss){s / 2 + q,
                               {slope, 0.5L - q},
                               {p * v[0] - slope * v[1], q * v[1] - slope * v[0]},
                               fabsl(s) / 2 + q,
                               {fabsl(slope), 0.5L + q},
                               {fabsl(p * v[0]) + fabsl(slope * v[1]),
                                fabsl(q * v[1]) + fabsl(slope * v[0])}};
}

enum { COLUMNS = 20000 };

/* Within 8 units of size's last place, and two of the smallest number. Terms too large for the
 * precision have no sum to compare with. */
static void assert_term(const char *what, long double got, long double want, long double size,
                        double unit)
{
    if (size > (long double)LARGEST)
        return;
    if (!(fabsl(got - want) <= 8 * (long double)unit * size + 2 * (long double)SMALLEST))
        fail_msg("%s is %Lg, not %Lg (of terms %Lg)", what, got, want, size);
}

struct loss_reference {
    enum loss_form form;
    size_t n; /* outputs for one target */
    struct exact_loss (*exactly)(const long double *y, long double t, const long double *v);
};

/* The activation by which outputs are made */
static bpb_activation output_of(enum loss_form form)
{
    return form == LOSS_POISSON ? BPB_EXPONENTIAL : BPB_IDENTITY;
}

/* Outputs of any size the loss may meet: moderate ones first; then r of any order of magnitude,
 * and s so that exp(-s) is of any, or beyond. */
static void draw_outputs(const struct loss_reference *reference, struct rng *rng, real *y, real *t,
                         real *v)
{
    const double orders = BPB_SELECT(300, 37), s_bound = BPB_SELECT(1500, 190);
    const size_t n = reference->n;
    for (size_t j = 0; j < COLUMNS; j++) {
        const bool moderate = j < COLUMNS / 2;
        t[j] = (real)rng_uniform(rng, 0, 3);
        for (size_t i = 0; i < n; i++) {
            y[j * n + i] = (real)rng_uniform(rng, -3, 3);
            v[j * n + i] = (real)rng_uniform(rng, -1, 1);
        }
        if (!moderate && reference->form == LOSS_POISSON)
            y[j] = (real)rng_uniform(rng, -s_bound, s_bound / 2);
        else if (!moderate) {
            y[j * n] = (real)pow(10, rng_uniform(rng, -orders, orders));
            y[j * n + n - 1] = n == 2 ? (real)rng_uniform(rng, -s_bound, s_bound) : y[j];
            t[j] = j % 2 ? 0 : y[j * n];
        }
    }
}

static void check_loss_values(const struct level *level, const struct loss_reference *reference)
{
    const struct loss_table loss = loss_entry(level->set, reference->form);
    const size_t n = reference->n;
    struct rng rng = {reference->form};
    real *y = make_reals(n * COLUMNS), *t = make_reals(COLUMNS), *v = make_reals(n * COLUMNS),
         *a = make_reals(n * COLUMNS), *D = make_reals(n * COLUMNS), *H = make_reals(n * COLUMNS);
    double *e = allocate(COLUMNS, sizeof *e);
    draw_outputs(reference, &rng, y, t, v);
    value(level, output_of(reference->form), n, COLUMNS, y, a);
    loss.value(loss.context, n, COLUMNS, y, a, t, e);
    loss.gradient(loss.context, n, COLUMNS, y, a, t, D);
    loss.second(loss.context, n, COLUMNS, y, a, t, v, H);
    for (size_t j = 0; j < COLUMNS; j++) {
        const long double wide_y[] = {(long double)y[j * n], (long double)y[j * n + n - 1]};
        const long double wide_v[] = {(long double)v[j * n], (long double)v[j * n + n - 1]};
        const struct exact_loss want = reference->exactly(wide_y, (long double)t[j], wide_v);
        if (want.e_size <= (long double)DBL_MAX)
            assert_term("e", (long double)e[j], want.e, want.e_size, DBL_EPSILON);
        const bool D_finite = fmaxl(want.D_size[0], want.D_size[n - 1]) <= (long double)LARGEST;
        for (size_t i = 0; i < n; i++) {
            assert_term("D", (long double)D[j * n + i], want.D[i], want.D_size[i], EPSILON);
            if (D_finite) // H is made of it
                assert_term("H", (long double)H[j * n + i], want.H[i], want.H_size[i], EPSILON);
        }
    }
    real *const all[] = {y, t, v, a, D, H};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
    free(e);
}

static void check_losses_values(const struct level *level)
{
    static const struct loss_reference references_of_losses[] = {
        {LOSS_HUBER, 1, huber_exactly},
        {LOSS_ABSOLUTE, 1, absolute_exactly},
        {LOSS_POISSON, 1, poisson_exactly},
        {LOSS_GAUSSIAN, 2, gaussian_exactly},
    };
    for (size_t i = 0; i < COUNT(references_of_losses); i++)
        check_loss_values(level, &references_of_losses[i]);
}

static void losses__equal_their_definitions_whatever_the_size(void **state)
{
    (void)state;
    if (!long_double_is_long())
        skip();
    for_each_level(check_losses_values);
}

/* One target: e, D and H in direction v, for outputs z of which A is the value. */
struct outcome {
    double e;
    real D[2], H[2];
};

static struct outcome loss_at(const struct level *level, enum loss_form form, size_t n,
                              const real *z, real t, const real *v)
{
    const struct loss_table loss = loss_entry(level->set, form);
    struct outcome outcome = {0};
    real a[2];
    value(level, output_of(form), n, 1, z, a);
    loss.value(loss.context, n, 1, z, a, &t, &outcome.e);
    loss.gradient(loss.context, n, 1, z, a, &t, outcome.D);
    loss.second(loss.context, n, 1, z, a, &t, v, outcome.H);
    return outcome;
}

/* A rate that is 0, or beyond the precision, and an infinity that a count of 0 must not meet. */
static void check_poisson_edges(const struct level *level)
{
    const real v = 1, low = -1000, lowest = -INF_REAL, high = BPB_SELECT(709.0, 300.0f);
    struct outcome at = loss_at(level, LOSS_POISSON, 1, &lowest, 0, &v);
    assert_true(at.e == 0 && at.D[0] == 0 && at.H[0] == 0);
    at = loss_at(level, LOSS_POISSON, 1, &low, 3, &v);
    assert_true(at.e == 3000 && at.D[0] == -3 && at.H[0] == 0);
    at = loss_at(level, LOSS_POISSON, 1, &high, 0, &v);
    assert_true(at.e == exp((double)high));
    at = loss_at(level, LOSS_POISSON, 1, &lowest, 1, &v);
    assert_true(at.e == (double)INFINITY && at.D[0] == -1);
}

/* A mean that is its target, with variances whose inverse is infinite or 0; NaN; no variance. */
static void check_gaussian_edges(const struct level *level)
{
    const real v[] = {0, 1}, certain[] = {2, -4000}, unknown[] = {5, 4000};
    struct outcome at = loss_at(level, LOSS_GAUSSIAN, 2, certain, 2, v);
    assert_true(at.e == -2000 && at.D[0] == 0 && at.D[1] == RC(0.5));
    assert_true(at.H[0] == 0 && at.H[1] == 0);
    at = loss_at(level, LOSS_GAUSSIAN, 2, unknown, 2, v);
    assert_true(at.e == 2000 && at.D[0] == 0 && at.D[1] == RC(0.5));
    const real bad[] = {NAN_REAL, 0, 1, NAN_REAL};
    for (size_t i = 0; i < 4; i += 2) {
        at = loss_at(level, LOSS_GAUSSIAN, 2, bad + i, 1, v);
        assert_true(isnan(at.e) && isnan(at.D[0]) && isnan(at.D[1]));
    }
    const real off[] = {3, -INF_REAL};
    at = loss_at(level, LOSS_GAUSSIAN, 2, off, 2, v);
    assert_true(at.D[0] == INF_REAL && at.D[1] == -INF_REAL);
}

/* At their kinks, at NaN, and where a - t is infinite. */
static void check_residual_edges(const struct level *level)
{
    const real v = 3, d = parameter.delta, z[] = {0, NAN_REAL, LARGEST, -LARGEST, INF_REAL};
    struct outcome at = loss_at(level, LOSS_ABSOLUTE, 1, &z[0], 0, &v);
    assert_true(at.e == 0 && at.D[0] == 0 && at.H[0] == 0);
    at = loss_at(level, LOSS_ABSOLUTE, 1, &z[1], 0, &v);
    assert_true(isnan(at.e) && isnan(at.D[0]));
    at = loss_at(level, LOSS_ABSOLUTE, 1, &z[3], LARGEST, &v);
    assert_true(at.D[0] == -1 && at.H[0] == 0);
    at = loss_at(level, LOSS_HUBER, 1, &d, 0, &v);
    assert_true(at.D[0] == d && at.H[0] == v);
    at = loss_at(level, LOSS_HUBER, 1, &z[1], 0, &v);
    assert_true(isnan(at.e) && isnan(at.D[0]));
    at = loss_at(level, LOSS_HUBER, 1, &z[2], -LARGEST / 4, &v);
    const long double large = RC(1.25) * (long double)d * (long double)LARGEST;
    assert_number_close("Huber", (long double)at.e, large, large, 2 * DBL_EPSILON);
    assert_true(at.D[0] == d && at.H[0] == 0);
    at = loss_at(level, LOSS_HUBER, 1, &z[4], 0, &v);
    assert_true(at.e == (double)INFINITY && at.D[0] == d && at.H[0] == 0);
}

static void check_loss_edges(const struct level *level)
{
    check_poisson_edges(level);
    check_gaussian_edges(level);
    check_residual_edges(level);
}

static void losses__at_kinks_and_edges(void **state)
{
    (void)state;
    for_each_level(check_loss_edges);
}

/* ---- Passes over matrices ---- */

/* One value that is not finite, in any place of any length; none among extreme finite ones. */
static void check_finite(const struct level *level)
{
    const real bad[] = {NAN_REAL, -NAN_REAL, INF_REAL, -INF_REAL};
    const real good[] = {0, -0.0, LARGEST, -LARGEST, SMALLEST, -SMALLEST, 1};
    real x[LENGTH];
    for (size_t i = 0; i < LENGTH; i++)
        x[i] = good[i % COUNT(good)];
    for (size_t n = 1; n <= LENGTH; n++) {
        assert_true(level->set->finite(n, x));
        for (size_t i = 0; i < n; i++) {
            const real kept = x[i];
            x[i] = bad[i % COUNT(bad)];
            assert_false(level->set->finite(n, x));
            assert_true(level->set->finite(i ? i : 1, i ? x : &good[0]));
            x[i] = kept;
        }
    }
}

static void finite__finds_one_value_in_any_place(void **state)
{
    (void)state;
    for_each_level(check_finite);
}

/* An n x B matrix M and vectors x, y, at random. */
struct matrix {
    size_t n, B;
    real M[LENGTH * LENGTH], x[LENGTH * LENGTH], out[LENGTH * LENGTH];
    long double want[LENGTH * LENGTH];
};

static struct matrix *draw_matrix(size_t n, size_t B_)
{
    struct matrix *matrix = allocate(1, sizeof *matrix);
    struct rng rng = {n * 100 + B_};
    matrix->n = n;
    matrix->B = B_;
    fill_uniform(&rng, n * B_, -1, 1, matrix->M);
    fill_uniform(&rng, n * B_, -1, 1, matrix->x);
    return matrix;
}

/* Where beta is 0, y is only written. */
static void check_axpby(const struct level *level, struct matrix *matrix)
{
    const real alpha = RC(0.3), beta = -RC(1.7);
    for (size_t i = 0; i < matrix->n; i++)
        matrix->out[i] = NAN_REAL;
    level->set->axpby(matrix->n, alpha, matrix->x, 0, matrix->out);
    for (size_t i = 0; i < matrix->n; i++)
        assert_true(matrix->out[i] == alpha * matrix->x[i]);
    for (size_t i = 0; i < matrix->n; i++)
        matrix->want[i] = (long double)alpha * (long double)matrix->x[i] +
                          (long double)beta * (long double)matrix->M[i];
    memcpy(matrix->out, matrix->M, sizeof matrix->out);
    level->set->axpby(matrix->n, alpha, matrix->x, beta, matrix->out);
    assert_reals_close("axpby", matrix->n, matrix->out, matrix->want, 2, EPSILON);
}

/* -0.3 x, with word of what is not finite in x. */
static void check_scale(const struct level *level, struct matrix *matrix)
{
    const size_t n = matrix->n * matrix->B;
    real want[LENGTH * LENGTH];
    for (size_t i = 0; i < n; i++)
        want[i] = RC(-0.3) * matrix->M[i];
    memcpy(matrix->out, matrix->M, sizeof matrix->out);
    assert_true(level->set->scale(n, RC(-0.3), matrix->out));
    assert_same_bits(n, matrix->out, want);
    matrix->out[n - 1] = INFINITY;
    assert_false(level->set->scale(n, RC(0.0), matrix->out));
    assert_true(isnan(matrix->out[n - 1]));
    matrix->out[n - 1] = LARGEST;
    assert_false(level->set->scale(n, RC(-2.0), matrix->out)); /* as it is then */
}

/* A threshold of 0.3, columns from the third on; the mask by the scalar generator. */
static void check_masks(const struct level *level, size_t n)
{
    enum { FIRST = 3, WIDTH = 7 };
    const struct dropout dropout = {
        .key = {0x9abcdef0, 0x12345678}, .threshold = 0x4ccccccd, .kept = RC(1.5)};
    struct matrix *matrix = draw_matrix(n, WIDTH);
    real *D = matrix->x, before[LENGTH * WIDTH];
    memcpy(before, D, n * WIDTH * sizeof *D);
    for (size_t i = 0; i < n * WIDTH; i += 3)
        matrix->M[i] = -0.0; /* kept, these are 0 */
    level->set->masks->drop(&dropout, n, FIRST, WIDTH, matrix->M, matrix->out);
    level->set->masks->drop_delta(dropout.kept, n * WIDTH, matrix->out, D);
    for (size_t i = 0; i < n * WIDTH; i++) {
        const size_t j = FIRST + i / n;
        const uint32_t counter[4] = {(uint32_t)(i % n), (uint32_t)(j / 4), 0, 0};
        uint32_t word[4];
        bpb_philox4x32(counter, dropout.key, word);
        const bool dropped = word[j % 4] < dropout.threshold;
        const real want = dropped ? RC(-0.0) : dropout.kept * matrix->M[i] + 0;
        assert_same_bits(1, &matrix->out[i], &want);
        assert_true(D[i] == (dropped ? 0 : dropout.kept * before[i]));
    }
    free(matrix);
}

static void check_all_masks(const struct level *level)
{
    for (size_t n = 1; n <= LENGTH; n++)
        check_masks(level, n);
}

static void masks__equal_the_scalar_generator(void **state)
{
    (void)state;
    for_each_level(check_all_masks);
}

static void check_matrices(const struct level *level)
{
    static const size_t sizes[] = {1, 2, 7, 8, 9, 16, 33, 64, 70};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            struct matrix *matrix = draw_matrix(sizes[i], sizes[j]);
            check_axpby(level, matrix);
            check_scale(level, matrix);
            free(matrix);
        }
}

static void matrix_passes__equal_plain_loops(void **state)
{
    (void)state;
    for_each_level(check_matrices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigmoid__is_accurate_everywhere),
        cmocka_unit_test(tanh__is_accurate_everywhere),
        cmocka_unit_test(softmax__is_accurate_everywhere),
        cmocka_unit_test(activations__and_derivatives_are_accurate_everywhere),
        cmocka_unit_test(activations__of_special_values_are_their_limits),
        cmocka_unit_test(activations__have_their_limits_signed_zeros_and_nans),
        cmocka_unit_test(activations__at_kinks_and_edges),
        cmocka_unit_test(softmax__of_special_values_spoils_only_its_column),
        cmocka_unit_test(softmax__equals_its_definition_for_any_length),
        cmocka_unit_test(functions__give_an_entry_the_same_bits_in_any_place),
        cmocka_unit_test(softmax__gives_a_column_the_same_bits_in_any_place),
        cmocka_unit_test(activations__have_the_derivatives_of_their_differences),
        cmocka_unit_test(relu__has_no_slope_at_zero_and_keeps_a_nan),
        cmocka_unit_test(losses__have_the_derivatives_of_their_differences),
        cmocka_unit_test(losses__equal_their_definitions_whatever_the_size),
        cmocka_unit_test(losses__at_kinks_and_edges),
        cmocka_unit_test(finite__finds_one_value_in_any_place),
        cmocka_unit_test(matrix_passes__equal_plain_loops),
        cmocka_unit_test(masks__equal_the_scalar_generator),
    };
    return cmocka_run_group_tests(tests, find_levels, NULL);
}
