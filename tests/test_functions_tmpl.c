/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of a net at each level of vector instructions that this CPU has: accuracy, bits,
 * derivatives. Internal: reaches the tables themselves. */
#include "support_tmpl.h"

#include "functions/functions_tmpl.h"

#define SET(level) LEVEL_JOIN(BPB(functions), level)
extern const struct BPB(functions) SET(generic);
#ifdef __x86_64__
extern const struct BPB(functions) SET(v3), SET(v4);
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
    const struct BPB(functions) * set;
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

static void value(const struct level *level, bpb_activation g, size_t n, size_t B, const real *Z,
                  real *A)
{
    const struct BPB(activation) *table = &level->set->activation[g];
    table->value(table->context, n, B, Z, A);
}

/* ---- Accuracy ---- */

/* |got - want| in units in the last place of want, which below the normal numbers is the
 * smallest number. */
static double ulps(real got, long double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : (double)INFINITY;
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
                                   BPB_SELECT(-0x1.bd5cf890fc56p-3, -0x1.205368p+2f)};
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

/* Measure an activation over so many arguments; print the largest error, and hold it to limit. */
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
    print_message("%s, %s: %.3f ulp at %a\n", bpb_activation_name(g), level->name, worst, at);
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
    void (*run)(const struct BPB(functions) * set, bpb_activation g, size_t n, const real *z,
                const real *d, const real *v, real *out);
    bpb_activation g;
};

#define OPERATION(name)                                                                            \
    static void name(const struct BPB(functions) * set, bpb_activation g, size_t n, const real *z, \
                     const real *d, const real *v, real *out)
#define UNUSED (void)set, (void)g, (void)z, (void)d, (void)v

OPERATION(run_value)
{
    UNUSED;
    set->activation[g].value(NULL, n, 1, z, out);
}

OPERATION(run_value_in_place)
{
    UNUSED;
    memcpy(out, z, n * sizeof *out);
    set->activation[g].value(NULL, n, 1, out, out);
}

OPERATION(run_vjp)
{
    UNUSED;
    memcpy(out, d, n * sizeof *out);
    set->activation[g].vjp(NULL, n, 1, z, v, out); // v stands for a = g(z)
}

OPERATION(run_jvp)
{
    UNUSED;
    memcpy(out, d, n * sizeof *out);
    set->activation[g].jvp(NULL, n, 1, z, v, out);
}

OPERATION(run_second)
{
    UNUSED;
    memcpy(out, z, n * sizeof *out);
    set->activation[g].second(NULL, n, 1, z, v, d, z, out);
}

OPERATION(run_difference)
{
    UNUSED;
    set->squared->gradient(NULL, n, 1, NULL, z, d, out);
}

OPERATION(run_cross_entropy_second)
{
    UNUSED;
    set->sigmoid_cross_entropy->second(NULL, n, 1, NULL, v, NULL, d, out);
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
    {run_value, BPB_SIGMOID},
    {run_value, BPB_TANH},
    {run_value, BPB_RELU},
    {run_value, BPB_IDENTITY},
    {run_value_in_place, BPB_SIGMOID},
    {run_value_in_place, BPB_TANH},
    {run_vjp, BPB_SIGMOID},
    {run_vjp, BPB_TANH},
    {run_vjp, BPB_RELU},
    {run_jvp, BPB_SIGMOID},
    {run_jvp, BPB_TANH},
    {run_jvp, BPB_RELU},
    {run_second, BPB_SIGMOID},
    {run_second, BPB_TANH},
    {run_difference, 0},
    {run_cross_entropy_second, 0},
    {run_scale, 0},
    {run_axpby, 0},
};

/* Every stretch of the entries gives the bits that it has within the whole. */
static void check_operation(const struct BPB(functions) * set, const struct operation *operation)
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
    for (size_t i = 0; i < COUNT(operations); i++)
        check_operation(level->set, &operations[i]);
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
    const struct BPB(activation) *g = &level->set->activation[BPB_SOFTMAX];
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

/* No entry of Z is near a ReLU's kink. */
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
    assert_reals_close(what, n, got, want, 1, DIFFERENCE_TOLERANCE);
}

/* J V, against the difference of values; and <J^T D, V> = <D, J V>. */
static void check_first_derivatives(const struct level *level, bpb_activation g)
{
    const struct BPB(activation) *table = &level->set->activation[g];
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
    const struct BPB(activation) *table = &level->set->activation[g];
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
    for (size_t g = 0; g < COUNT(activations); g++) {
        check_first_derivatives(level, activations[g]);
        check_second_derivative(level, activations[g]);
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

static struct displaced displace(const struct level *level, const struct BPB(loss) * loss,
                                 bpb_activation g, const struct point *point, double t)
{
    struct displaced there;
    move(point, loss->of_Z ? t : 0, point->Z, there.Z);
    value(level, g, N, B, there.Z, there.A);
    if (!loss->of_Z)
        move(point, t, point->A, there.A);
    return there;
}

/* <D, V> of each column is the difference of e. */
static void check_loss_gradient(const struct level *level, const struct BPB(loss) * loss,
                                bpb_activation g)
{
    const struct point point = draw_point(level, g);
    const struct displaced high = displace(level, loss, g, &point, STEP),
                           low = displace(level, loss, g, &point, -STEP);
    double e_high[B], e_low[B];
    real D[ENTRIES];
    loss->value(loss->context, N, B, high.Z, high.A, point.T, e_high);
    loss->value(loss->context, N, B, low.Z, low.A, point.T, e_low);
    loss->gradient(loss->context, N, B, point.Z, point.A, point.T, D);
    for (size_t j = 0; j < B; j++) {
        long double along = 0;
        for (size_t i = j * N; i < (j + 1) * N; i++)
            along += (long double)D[i] * (long double)point.V[i];
        assert_number_close("gradient", along, (long double)(e_high[j] - e_low[j]) / (2 * STEP), N,
                            DIFFERENCE_TOLERANCE);
    }
}

static void check_loss_second(const struct level *level, const struct BPB(loss) * loss,
                              bpb_activation g)
{
    const struct point point = draw_point(level, g);
    const struct displaced high = displace(level, loss, g, &point, STEP),
                           low = displace(level, loss, g, &point, -STEP);
    real D_high[ENTRIES], D_low[ENTRIES], H[ENTRIES];
    loss->gradient(loss->context, N, B, high.Z, high.A, point.T, D_high);
    loss->gradient(loss->context, N, B, low.Z, low.A, point.T, D_low);
    loss->second(loss->context, N, B, point.Z, point.A, point.T, point.V, H);
    assert_difference("second of a loss", ENTRIES, H, D_high, D_low);
}

static void check_losses(const struct level *level)
{
    const struct BPB(functions) *set = level->set;
    const struct {
        const struct BPB(loss) * loss;
        bpb_activation g;
    } pairs[] = {{set->squared, BPB_TANH},
                 {set->sigmoid_cross_entropy, BPB_SIGMOID},
                 {set->softmax_cross_entropy, BPB_SOFTMAX}};
    for (size_t i = 0; i < COUNT(pairs); i++) {
        check_loss_gradient(level, pairs[i].loss, pairs[i].g);
        check_loss_second(level, pairs[i].loss, pairs[i].g);
    }
}

static void losses__have_the_derivatives_of_their_differences(void **state)
{
    (void)state;
    for_each_level(check_losses);
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
        cmocka_unit_test(activations__of_special_values_are_their_limits),
        cmocka_unit_test(softmax__of_special_values_spoils_only_its_column),
        cmocka_unit_test(softmax__equals_its_definition_for_any_length),
        cmocka_unit_test(functions__give_an_entry_the_same_bits_in_any_place),
        cmocka_unit_test(softmax__gives_a_column_the_same_bits_in_any_place),
        cmocka_unit_test(activations__have_the_derivatives_of_their_differences),
        cmocka_unit_test(relu__has_no_slope_at_zero_and_keeps_a_nan),
        cmocka_unit_test(losses__have_the_derivatives_of_their_differences),
        cmocka_unit_test(finite__finds_one_value_in_any_place),
        cmocka_unit_test(matrix_passes__equal_plain_loops),
    };
    return cmocka_run_group_tests(tests, find_levels, NULL);
}
