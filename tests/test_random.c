/* SPDX-License-Identifier: BSD-3-Clause */
/* The random numbers behind parameters and shuffling. Internal: reaches the generator itself. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* ---- Generator ---- */

/* The known answers that come with Random123 (Salmon et al.). */
static void philox4x32__gives_its_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < COUNT(answers); i++) {
        uint32_t out[4];
        bpb_philox4x32(answers[i].counter, answers[i].key, out);
        assert_memory_equal(out, answers[i].out, sizeof out);
    }
}

/* Seed, stream, substream and index each have a place of their own in key and counter. */
static void random_bits__places_every_argument_in_key_and_counter(void **state)
{
    (void)state;
    const uint64_t seed = 0x299f31d0a4093822, substream = 0x70734413198a2e,
                   index = 0x85a308d3243f6a88;
    const uint32_t counter[] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x02707344};
    const uint32_t key[] = {0xa4093822, 0x299f31d0};
    uint32_t out[4];
    bpb_philox4x32(counter, key, out);
    const uint64_t expected = (uint64_t)out[1] << 32 | out[0];
    assert_int_equal(bpb_random_bits(seed, STREAM_SHUFFLE, substream, index), expected);
}

/* Places where all 64 bits are 1, or 0, found by running the generator backwards. */
static void random_uniform__is_never_0_nor_1(void **state)
{
    (void)state;
    const uint64_t ones[] = {0x8fa13966a5df44, 0xf0587f8a6fe19538};
    const uint64_t zeros[] = {0xca18fe00748bff, 0xfe3e3dfaa0dc9d12};
    assert_true(bpb_random_bits(0, STREAM_WEIGHTS, ones[0], ones[1]) == UINT64_MAX);
    assert_true(bpb_random_bits(0, STREAM_WEIGHTS, zeros[0], zeros[1]) == 0);
    const double high = bpb_random_uniform(0, STREAM_WEIGHTS, ones[0], ones[1]);
    const double low = bpb_random_uniform(0, STREAM_WEIGHTS, zeros[0], zeros[1]);
    assert_true(high < 1 && high > 1 - 0x1p-50);
    assert_true(low > 0 && low < 0x1p-50);
    assert_true(bpb_random_normal(0, STREAM_WEIGHTS, ones[0], ones[1]) > 8);
    assert_true(bpb_random_normal(0, STREAM_WEIGHTS, zeros[0], zeros[1]) < -8);
}

/* p and x with P(N(0,1) < x) = p, computed to 20 digits by inverting erfc. */
static void normal_quantile__equals_20_digits(void **state)
{
    (void)state;
    static const struct {
        double p;
        long double x;
    } quantiles[] = {
        {0x1p-54, -8.2923610758135955382L},
        {0x1.8p-53, -8.1607078408585831755L},
        {0x1.b7cdfd9d7bdbbp-34, -6.3613409024040561991L},
        {0x1.4f8b588e368f1p-17, -4.2648907939228246102L},
        {0x1.0624dd2f1a9fcp-10, -3.0902323061678135354L},
        {0x1.3333185b40987p-4, -1.4395321773759005864L},
        {0x1.3333333333333p-4, -1.4395314709384559349L},
        {0x1.999999999999ap-4, -1.2815515655446004353L},
        {0x1p-2, -0.6744897501960817432L},
        {0x1.f5c28f5c28f5cp-2, -0.025068908258711058033L},
        {0x1.0000035afe535p-1, 2.5066282733116483012e-7L},
        {0x1.6666666666666p-1, 0.52440051270804065631L},
        {0x1.d99999999999ap-1, 1.4395314709384562291L},
        {0x1.d9999cf497ecfp-1, 1.4395321773759004884L},
        {0x1.fae147ae147aep-1, 2.3263478740408407676L},
        {0x1.ffffde7210be9p-1, 4.7534243088170877657L},
        {0x1.fffffffffffffp-1, 8.2095361516013868556L},
    };
    for (size_t i = 0; i < COUNT(quantiles); i++)
        assert_number_close("quantile", (long double)bpb_normal_quantile(quantiles[i].p),
                            quantiles[i].x, fabsl(quantiles[i].x), 1e-15L);
    assert_true(bpb_normal_quantile(0.5) == 0);
}

/* Phi(x(p)) = p: dp = phi(x) dx, with dx = 1e-15 x and what erfc itself rounds. */
static void normal_quantile__inverts_the_distribution_function(void **state)
{
    (void)state;
    struct rng rng = {1};
    for (int i = 0; i < 20000; i++) {
        const double tail = exp2(rng_uniform(&rng, -53, -1)), p = i % 2 ? tail : 1 - tail;
        const long double x = (long double)bpb_normal_quantile(p), sqrt_half = sqrtl(0.5L);
        const long double got = p < 0.5 ? erfcl(-x * sqrt_half) / 2 : erfcl(x * sqrt_half) / 2;
        const long double want = p < 0.5 ? (long double)p : 1 - (long double)p;
        const long double density = expl(-x * x / 2) * 0.3989422804014327L;
        const long double allowed =
            1e-15L * density * fabsl(x) + 4 * (long double)DBL_EPSILON * want;
        assert_true(fabsl(got - want) <= allowed);
    }
}

/* ---- Initial parameters ---- */

static bpb_net *make_net(const size_t *units, size_t n_layers, bpb_init init, uint64_t seed)
{
    bpb_net *net = NULL;
    const bpb_net_options options = {
        .sizes = units, .n_sizes = n_layers + 1, .init = init, .seed = seed};
    assert_int_equal(bpb_net_create(&net, &options), BPB_OK);
    return net;
}

/* Of a 3-2-2 net and seed 42: W_1 b_1 W_2 b_2, whatever the compiler and the library of C. */
static void init__gives_the_same_bits_everywhere(void **state)
{
    (void)state;
    static const size_t units[] = {3, 2, 2};
    static const struct {
        bpb_init init;
        double theta[14];
    } golden[] = {
        {BPB_INIT_SCALED,
         {-0x1.524231800f8dep-1, 0x1.60adba0ff2958p+0, -0x1.573506e75f283p-1, 0x1.1576623390cd1p-2,
          0x1.d3aa6d772dabcp-4, 0x1.0e250cca5b3b5p+0, 0x1.09d076d6b347dp+0, 0x1.b8af283b6a8d3p-2,
          0x1.25fca4d5180c3p-5, 0x1.afc7d797d23abp-1, -0x1.0bad39b374474p-2, 0x1.1b05d733f8238p+0,
          0x1.fff879a366e01p-1, 0x1.6ee49176388adp+1}},
        {BPB_INIT_NORMAL,
         {-0x1.24f0c571f777cp+0, 0x1.316dbba6bd6e5p+1, -0x1.2939e1a09a036p+0, 0x1.e0943bb7eb7eep-2,
          0x1.9502a9e883c1dp-3, 0x1.d3e78634655c9p+0, 0x1.09d076d6b347dp+0, 0x1.b8af283b6a8d3p-2,
          0x1.9fc29f8f7c247p-5, 0x1.3150a4c011e85p+0, -0x1.7a8d4d991d201p-2, 0x1.9041343e39df7p+0,
          0x1.fff879a366e01p-1, 0x1.6ee49176388adp+1}},
        {BPB_INIT_GLOROT_UNIFORM,
         {-0x1.a33fb9160ea14p-1, 0x1.13a8d3d39d97bp+0, -0x1.a71aaf83523d3p-1, 0x1.951f161fe8727p-2,
          0x1.5fb36d2ace35cp-3, 0x1.057af511ea2d7p+0, 0, 0, 0x1.961bd0ccd5cbep-5,
          0x1.e0f474514fadp-1, -0x1.69aac2d431ca4p-2, 0x1.148ebe2ce8deep+0, 0, 0}},
        {BPB_INIT_GLOROT_NORMAL,
         {-0x1.728b2fa4907afp-1, 0x1.82570ef24b4fep+0, -0x1.77f6eecb7215cp-1, 0x1.2ff1e300d0cbp-2,
          0x1.0026ac9ab5816p-3, 0x1.27edc0a720ea6p+0, 0, 0, 0x1.25fca4d5180c3p-5,
          0x1.afc7d797d23abp-1, -0x1.0bad39b374474p-2, 0x1.1b05d733f8238p+0, 0, 0}},
        {BPB_INIT_HE_UNIFORM,
         {-0x1.0e9fbf4e5edb7p+0, 0x1.63dff6e8bd8d9p+0, -0x1.111cd4338b533p+0, 0x1.058137ea93c8ep-1,
          0x1.c60b3c57e8b3p-3, 0x1.5191d2813b2eep+0, 0, 0, 0x1.1f2984def17b6p-4,
          0x1.541622f8ff268p+0, -0x1.ff7974032ef49p-2, 0x1.871c8ad8bc79bp+0, 0, 0}},
        {BPB_INIT_HE_NORMAL,
         {-0x1.de5eaec3a6a88p-1, 0x1.f2c34ca162702p+0, -0x1.e55e41856bff5p-1, 0x1.886421bf6599ep-2,
          0x1.4ab08a58b27a2p-3, 0x1.7e0ad68693b98p+0, 0, 0, 0x1.9fc29f8f7c247p-5,
          0x1.3150a4c011e85p+0, -0x1.7a8d4d991d201p-2, 0x1.9041343e39df7p+0, 0, 0}},
        {BPB_INIT_ZERO, {0}},
    };
    for (size_t g = 0; g < COUNT(golden); g++) {
        bpb_net *net = make_net(units, 2, golden[g].init, 42);
        assert_int_equal(bpb_net_parameters(net), COUNT(golden[g].theta));
        for (size_t i = 0; i < COUNT(golden[g].theta); i++)
            assert_true(bpb_net_ctheta(net)[i] == golden[g].theta[i]);
        bpb_net_destroy(&net);
    }
}

static void init__in_float_is_that_in_double_rounded(void **state)
{
    (void)state;
    static const size_t units[] = {37, 21, 5};
    for (bpb_init init = BPB_INIT_SCALED; init <= BPB_INIT_ZERO; init++) {
        bpbf_net *net = NULL;
        bpb_net *wide = make_net(units, 2, init, 7);
        const bpb_net_options options = {.sizes = units, .n_sizes = 3, .init = init, .seed = 7};
        assert_int_equal(bpbf_net_create(&net, &options), BPB_OK);
        for (size_t i = 0; i < bpb_net_parameters(wide); i++)
            assert_true(bpbf_net_ctheta(net)[i] == (float)bpb_net_ctheta(wide)[i]);
        bpbf_net_destroy(&net);
        bpb_net_destroy(&wide);
    }
}

struct moments {
    double mean, variance, kurtosis, largest;
};

static struct moments moments_of(bpb_out V)
{
    struct moments moments = {0};
    const size_t n = V.rows * V.cols;
    double fourth = 0;
    for (size_t i = 0; i < n; i++) {
        moments.mean += V.data[i] / (double)n;
        moments.largest = fmax(moments.largest, fabs(V.data[i]));
    }
    for (size_t i = 0; i < n; i++) {
        const double square = pow(V.data[i] - moments.mean, 2);
        moments.variance += square / (double)n;
        fourth += square * square / (double)n;
    }
    moments.kurtosis = fourth / pow(moments.variance, 2);
    return moments;
}

/*
 * n values of that variance, normal (kurtosis 3) or uniform (9/5), within five standard errors:
 * of the mean sqrt(variance/n), of the variance sqrt((kurtosis - 1)/n), of the kurtosis, which
 * goes with moments up to the eighth, sqrt(24/n) and sqrt(1.32/n).
 */
static void check_moments(bpb_out V, double variance, bool uniform)
{
    const struct moments moments = moments_of(V);
    const double n = (double)(V.rows * V.cols), kurtosis = uniform ? 1.8 : 3;
    assert_true(fabs(moments.mean) <= 5 * sqrt(variance / n));
    assert_true(fabs(moments.variance / variance - 1) <= 5 * sqrt((kurtosis - 1) / n));
    assert_true(fabs(moments.kurtosis - kurtosis) <= 5 * sqrt((uniform ? 1.32 : 24) / n));
    const double bound = sqrt(3 * variance); // of U(-r, r), whose variance is r^2/3
    assert_true(uniform ? moments.largest <= bound : moments.largest > 3 * sqrt(variance));
}

static void init__has_the_moments_of_its_distribution(void **state)
{
    (void)state;
    enum { N_IN = 40, N_OUT = 700 };
    static const size_t units[] = {N_IN, N_OUT};
    static const struct {
        bpb_init init;
        double of_W, of_b;
        bool uniform;
    } distributions[] = {
        {BPB_INIT_SCALED, 1.0 / N_IN, 1, false},
        {BPB_INIT_NORMAL, 1, 1, false},
        {BPB_INIT_GLOROT_UNIFORM, 2.0 / (N_IN + N_OUT), 0, true},
        {BPB_INIT_GLOROT_NORMAL, 2.0 / (N_IN + N_OUT), 0, false},
        {BPB_INIT_HE_UNIFORM, 2.0 / N_IN, 0, true},
        {BPB_INIT_HE_NORMAL, 2.0 / N_IN, 0, false},
    };
    for (size_t d = 0; d < COUNT(distributions); d++) {
        bpb_net *net = make_net(units, 1, distributions[d].init, 11);
        const bpb_out b = bpb_net_b(net, bpb_net_theta(net), 1);
        check_moments(bpb_net_W(net, bpb_net_theta(net), 1), distributions[d].of_W,
                      distributions[d].uniform);
        if (distributions[d].of_b > 0)
            check_moments(b, distributions[d].of_b, false);
        else
            assert_true(moments_of(b).largest == 0);
        bpb_net_destroy(&net);
    }
}

static size_t count_equal(size_t n, const double *x, const double *y)
{
    size_t equal = 0;
    for (size_t i = 0; i < n; i++)
        equal += x[i] == y[i];
    return equal;
}

static void init__differs_between_layers_and_seeds(void **state)
{
    (void)state;
    static const size_t units[] = {9, 9, 9};
    static const uint64_t seeds[] = {1, 2, (uint64_t)1 << 32 | 1};
    bpb_net *net = make_net(units, 2, BPB_INIT_NORMAL, seeds[0]);
    double *theta = bpb_net_theta(net);
    const double *W_1 = bpb_net_W(net, theta, 1).data, *W_2 = bpb_net_W(net, theta, 2).data;
    const double *b_1 = bpb_net_b(net, theta, 1).data, *b_2 = bpb_net_b(net, theta, 2).data;
    assert_int_equal(count_equal(81, W_1, W_2), 0);
    assert_int_equal(count_equal(9, b_1, b_2), 0);
    assert_int_equal(count_equal(9, b_1, W_1), 0);
    for (size_t s = 1; s < COUNT(seeds); s++) {
        bpb_net *other = make_net(units, 2, BPB_INIT_NORMAL, seeds[s]);
        assert_int_equal(count_equal(180, theta, bpb_net_ctheta(other)), 0);
        bpb_net_destroy(&other);
    }
    bpb_net_destroy(&net);
}

static void net_init__draws_as_create_does(void **state)
{
    (void)state;
    static const size_t units[] = {6, 4, 3};
    for (bpb_init init = BPB_INIT_SCALED; init <= BPB_INIT_ZERO; init++) {
        bpb_net *net = make_net(units, 2, BPB_INIT_NORMAL, 1),
                 *fresh = make_net(units, 2, init, 2);
        assert_int_equal(bpb_net_init(net, init, 2), BPB_OK);
        assert_memory_equal(bpb_net_ctheta(net), bpb_net_ctheta(fresh),
                            bpb_net_parameters(net) * sizeof(double));
        bpb_net_destroy(&net);
        bpb_net_destroy(&fresh);
    }
}

/* ---- Shuffling ---- */

static void shuffle__gives_the_same_order_everywhere(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t seed, epoch;
        size_t first[6];
    } golden[] = {
        {10, 1, 1, {4, 8, 9, 2, 0, 7}},
        {10, 1, 2, {7, 9, 4, 8, 6, 3}},
        {10, 2, 1, {3, 8, 5, 9, 2, 1}},
        {1000, 7, 3, {27, 654, 741, 925, 770, 743}},
    };
    for (size_t g = 0; g < COUNT(golden); g++) {
        size_t index[1000];
        assert_int_equal(bpb_shuffle(index, golden[g].n, golden[g].seed, golden[g].epoch), BPB_OK);
        assert_memory_equal(index, golden[g].first, sizeof golden[g].first);
    }
}

static void shuffle__is_a_permutation(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 10, 257, 1000};
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t index[1000];
        bool seen[1000] = {false};
        assert_int_equal(bpb_shuffle(index, sizes[s], 3, 4), BPB_OK);
        for (size_t i = 0; i < sizes[s]; i++) {
            assert_true(index[i] < sizes[s] && !seen[index[i]]);
            seen[index[i]] = true;
        }
    }
}

/* The rank of a permutation among the n! of them. */
static size_t rank_of(size_t n, const size_t *index)
{
    size_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        size_t smaller = 0;
        for (size_t k = i + 1; k < n; k++)
            smaller += index[k] < index[i];
        rank = rank * (n - i) + smaller;
    }
    return rank;
}

/* chi^2 of all orders of n is within five standard deviations, sqrt(2 f), of its mean f. */
static void check_uniform(size_t n, size_t orders, size_t draws)
{
    size_t counts[120] = {0}, index[5];
    const double expected = (double)draws / (double)orders, freedom = (double)orders - 1;
    double chi_square = 0;
    for (size_t epoch = 1; epoch <= draws; epoch++) {
        assert_int_equal(bpb_shuffle(index, n, 5, epoch), BPB_OK);
        counts[rank_of(n, index)]++;
    }
    for (size_t i = 0; i < orders; i++)
        chi_square += pow((double)counts[i] - expected, 2) / expected;
    assert_true(fabs(chi_square - freedom) <= 5 * sqrt(2 * freedom));
}

static void shuffle__draws_every_order_equally_often(void **state)
{
    (void)state;
    check_uniform(3, 6, 30000);
    check_uniform(5, 120, 60000);
}

static void shuffle__depends_on_seed_and_epoch_alone(void **state)
{
    (void)state;
    enum { N = 100 };
    static const uint64_t others[][2] = {
        {2, 1}, {1, 2}, {(uint64_t)1 << 32 | 1, 1}, {1, (uint64_t)1 << 32 | 1}};
    size_t index[N], again[N], other[N];
    assert_int_equal(bpb_shuffle(index, N, 1, 1), BPB_OK);
    memset(again, 0xff, sizeof again);
    assert_int_equal(bpb_shuffle(again, N, 1, 1), BPB_OK);
    assert_memory_equal(again, index, sizeof index);
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_int_equal(bpb_shuffle(other, N, others[i][0], others[i][1]), BPB_OK);
        assert_memory_not_equal(other, index, sizeof index);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox4x32__gives_its_known_answers),
        cmocka_unit_test(random_bits__places_every_argument_in_key_and_counter),
        cmocka_unit_test(random_uniform__is_never_0_nor_1),
        cmocka_unit_test(normal_quantile__equals_20_digits),
        cmocka_unit_test(normal_quantile__inverts_the_distribution_function),
        cmocka_unit_test(init__gives_the_same_bits_everywhere),
        cmocka_unit_test(init__in_float_is_that_in_double_rounded),
        cmocka_unit_test(init__has_the_moments_of_its_distribution),
        cmocka_unit_test(init__differs_between_layers_and_seeds),
        cmocka_unit_test(net_init__draws_as_create_does),
        cmocka_unit_test(shuffle__gives_the_same_order_everywhere),
        cmocka_unit_test(shuffle__is_a_permutation),
        cmocka_unit_test(shuffle__draws_every_order_equally_often),
        cmocka_unit_test(shuffle__depends_on_seed_and_epoch_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
