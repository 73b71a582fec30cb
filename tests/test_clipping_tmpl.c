/* SPDX-License-Identifier: BSD-3-Clause */
/* The norm |x|_2 at the ends of the numbers, and its bits; clipping at its limits. */
#include <fenv.h>

#include "functions/level_tmpl.h"
#include "optim/loops_tmpl.h"
#include "optimiser_cases_tmpl.h"

#define LARGEST BPB_SELECT(DBL_MAX, FLT_MAX)
#define SMALLEST BPB_SELECT(0x1p-1074, 0x1p-149f)

enum { MOST = 300 };

static void fill(size_t n, real value, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

/* ---- bpb_norm2 ---- */

static void norm2__any_length__as_in_long_double(void **state)
{
    (void)state;
    struct rng rng = {1};
    for (size_t n = 0; n < MOST; n++) {
        real x[MOST];
        long double square = 0;
        fill_uniform(&rng, n, -2, 3, x);
        for (size_t i = 0; i < n; i++)
            square += (long double)x[i] * (long double)x[i];
        const double want = (double)sqrtl(square);
        assert_true(fabs(BPB(norm2)(x, n) - want) <= (4 + (double)n / 32) * DBL_EPSILON * want);
    }
    assert_true(BPB(norm2)(NULL, 0) == 0 && BPB(norm2)(NULL, 5) == 0);
}

/* Each entry is seen, in vectors and behind them. */
static void norm2__one_entry__is_its_magnitude(void **state)
{
    (void)state;
    const real values[] = {LARGEST, -LARGEST, SMALLEST, -3 * SMALLEST, RC(0.3), RC(-1e-30),
                           BPB_SELECT(DBL_MIN, FLT_MIN), RC(1e30)};
    for (size_t k = 0; k < COUNT(values); k++) {
        for (size_t n = 1; n < 70; n++) {
            real x[70] = {0};
            x[n - 1] = values[k];
            assert_true(BPB(norm2)(x, n) == fabs((double)values[k]));
        }
    }
}

/* 3, 4 -> 5 and 2^2k entries alike -> 2^k of them, in any unit */
static void norm2__any_size_of_entries__nothing_overflows_or_vanishes(void **state)
{
    (void)state;
    const int lowest = BPB_SELECT(-1074, -149), highest = BPB_SELECT(1021, 125);
    real x[256];
    for (int e = lowest; e <= highest; e++) {
        fill(256, 0, x);
        x[100] = (real)ldexp(3, e);
        x[201] = (real)ldexp(-4, e);
        assert_true(BPB(norm2)(x, 256) == ldexp(5, e));
        fill(256, (real)ldexp(1, e), x);
        assert_true(BPB(norm2)(x, 64) == ldexp(1, e + 3));
        assert_true(BPB(norm2)(x, 256) == (e < 1020 ? ldexp(1, e + 4) : INFINITY));
    }
}

static void norm2__not_finite__says_so(void **state)
{
    (void)state;
    const double infinite = INFINITY;
    for (size_t n = 3; n < 70; n++) {
        real x[70];
        fill(n, LARGEST, x);
        x[n - 2] = (real)-INFINITY;
        assert_true(BPB(norm2)(x, n) == infinite);
        x[n - 1] = (real)NAN;
        assert_true(isnan(BPB(norm2)(x, n)));
        x[n - 2] = LARGEST;
        assert_true(isnan(BPB(norm2)(x, n)));
    }
}

static void assert_same_double(double got, double want)
{
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%.17g, not %.17g", got, want);
}

static void norm2__anywhere_and_rounding_of_the_caller__same_bits(void **state)
{
    (void)state;
    struct rng rng = {2};
    real x[MOST], moved[MOST + 16];
    fill_uniform(&rng, MOST, -1, 1, x);
    for (size_t n = 1; n < MOST; n += 7) {
        const double want = BPB(norm2)(x, n);
        for (size_t offset = 0; offset < 16; offset++) {
            memcpy(moved + offset, x, n * sizeof *x);
            assert_same_double(BPB(norm2)(moved + offset, n), want);
        }
        fesetround(FE_UPWARD);
        const double upward = BPB(norm2)(x, n);
        const bool kept = fegetround() == FE_UPWARD;
        fesetround(FE_TONEAREST);
        assert_same_double(upward, want);
        assert_true(kept);
    }
}

/* ---- Levels ---- */

extern const struct steps BPB(steps_generic);
#ifdef BPB_X86_64_LEVELS
extern const struct steps BPB(steps_v3);
#endif

static void assert_norms_alike(const struct steps *steps)
{
    struct rng rng = {3};
    const struct step how = {.scale = RC(0.7), .clip = RC(0.5)};
    for (size_t n = 1; n < MOST; n++) {
        real x[MOST];
        fill_uniform(&rng, n, -1, 1, x);
        const struct norm want = BPB(steps_for_cpu)()->norm(&how, n, x),
                          got = steps->norm(&how, n, x);
        assert_same_double(got.root, want.root);
        assert_same_double(got.unit, want.unit);
    }
}

static void norm__every_level__same_bits(void **state)
{
    (void)state;
    assert_norms_alike(&BPB(steps_generic));
#ifdef BPB_X86_64_LEVELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        assert_norms_alike(&BPB(steps_v3));
#endif
}

/* ---- Clipping: steps of SGD from 0 with eta = 1, which are -g ---- */

static bpb_status steps_of(const bpb_opt_options *options, const real gradient[P], double scale,
                           real step[P])
{
    net_t *net = make_net();
    bpb_opt_options sgd = *options;
    sgd.eta = 1;
    opt_t *opt = make_opt(net, &sgd);
    memset(BPB(net_theta)(net), 0, P * sizeof(real));
    const bpb_status status = BPB(opt_step)(opt, net, gradient, scale);
    for (size_t i = 0; i < P; i++)
        step[i] = -BPB(net_ctheta)(net)[i];
    BPB(opt_destroy)(&opt);
    BPB(net_destroy)(&net);
    return status;
}

static void opt_step__entry_at_or_beyond_clip_value__is_that(void **state)
{
    (void)state;
    const real limit = RC(0.375), above = limit * (1 + (real)EPSILON);
    for (size_t i = 0; i < P; i++) {
        real gradient[P], step[P];
        fill(P, limit * 2, gradient); /* scale is 1/2: at the limit */
        gradient[i] = above * 2;
        gradient[(i + 1) % P] = -LARGEST;
        gradient[(i + 2) % P] = RC(-0.125);
        assert_ok(
            steps_of(&(bpb_opt_options){.tuning = {.clip_value = 0.375}}, gradient, 0.5, step));
        for (size_t j = 0; j < P; j++) {
            const real want = j == (i + 1) % P ? -limit : j == (i + 2) % P ? RC(-0.0625) : limit;
            assert_true(step[j] == want);
        }
    }
}

static void opt_step__norm_at_clip_norm__bits_of_none(void **state)
{
    (void)state;
    struct slopes slopes = {.rng = {4}};
    real step[P], clipped[P];
    draw_slopes(&slopes, 0);
    const double norm = 0.25 * BPB(norm2)(slopes.gradient, P);
    assert_ok(steps_of(&(bpb_opt_options){.eta = 0}, slopes.gradient, 0.25, step));
    assert_ok(steps_of(&(bpb_opt_options){.tuning = {.clip_norm = norm}}, slopes.gradient, 0.25,
                       clipped));
    assert_same_bits(P, clipped, step);
    const double lower = norm * (1 - 4 * EPSILON);
    assert_ok(steps_of(&(bpb_opt_options){.tuning = {.clip_norm = lower}}, slopes.gradient, -0.25,
                       clipped));
    assert_true(clipped[0] != -step[0]);
    assert_true(fabs(BPB(norm2)(clipped, P) - lower) <= 2 * EPSILON * lower);
}

/* 0 clipped by both limits, and not divided by. */
static void opt_step__gradient_of_zeros_clipped__is_nothing(void **state)
{
    (void)state;
    real gradient[P] = {0}, step[P];
    fill(P, 1, step);
    assert_ok(steps_of(&(bpb_opt_options){.tuning = {.clip_value = 1, .clip_norm = 1}}, gradient, 1,
                       step));
    for (size_t i = 0; i < P; i++)
        assert_true(step[i] == 0);
}

/* Entries at the ends of the numbers, whose squares are not even doubles. */
static void opt_step__norm_of_extremes_clipped__has_that_norm(void **state)
{
    (void)state;
    const real smallest = BPB_SELECT(DBL_MIN, FLT_MIN);
    const struct {
        real entry;
        double limit;
    } cases[] = {{LARGEST, 1024}, {-LARGEST, (double)LARGEST}, {LARGEST / 4, (double)LARGEST},
                 {1024 * smallest, 256 * (double)smallest}};
    for (size_t k = 0; k < COUNT(cases); k++) {
        real gradient[P], step[P];
        const double limit = cases[k].limit;
        fill(P, cases[k].entry, gradient);
        assert_ok(steps_of(&(bpb_opt_options){.tuning = {.clip_norm = limit}}, gradient, 1, step));
        const double want = copysign(limit / sqrt(P), (double)cases[k].entry);
        for (size_t i = 0; i < P; i++)
            assert_true(fabs((double)step[i] - want) <= 4 * EPSILON * fabs(want));
    }
}

/* What is not finite is not clipped to something that is. */
static void opt_step__infinite_and_clipped__is_refused(void **state)
{
    (void)state;
    const real bad[] = {(real)INFINITY, (real)-INFINITY, (real)NAN, LARGEST};
    for (size_t k = 0; k < COUNT(bad); k++) {
        for (size_t i = 0; i < P; i++) {
            real gradient[P] = {0}, step[P];
            gradient[i] = bad[k];
            assert_int_equal(
                steps_of(&(bpb_opt_options){.tuning = {.clip_value = 1}}, gradient, 2, step),
                BPB_NONFINITE);
            assert_int_equal(
                steps_of(&(bpb_opt_options){.tuning = {.clip_norm = 1}}, gradient, 2, step),
                BPB_NONFINITE);
            assert_true(step[i] == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(norm2__any_length__as_in_long_double),
        cmocka_unit_test(norm2__one_entry__is_its_magnitude),
        cmocka_unit_test(norm2__any_size_of_entries__nothing_overflows_or_vanishes),
        cmocka_unit_test(norm2__not_finite__says_so),
        cmocka_unit_test(norm2__anywhere_and_rounding_of_the_caller__same_bits),
        cmocka_unit_test(norm__every_level__same_bits),
        cmocka_unit_test(opt_step__entry_at_or_beyond_clip_value__is_that),
        cmocka_unit_test(opt_step__norm_at_clip_norm__bits_of_none),
        cmocka_unit_test(opt_step__gradient_of_zeros_clipped__is_nothing),
        cmocka_unit_test(opt_step__norm_of_extremes_clipped__has_that_norm),
        cmocka_unit_test(opt_step__infinite_and_clipped__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
