/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Random numbers ---- */

uint64_t rng_bits(struct rng *rng)
{
    uint64_t z = rng->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

double rng_uniform(struct rng *rng, double low, double high)
{
    return low + (high - low) * ((double)(rng_bits(rng) >> 11) * 0x1p-53);
}

size_t rng_between(struct rng *rng, size_t low, size_t high)
{
    return low + (size_t)(rng_bits(rng) % (high - low + 1));
}

void rng_permutation(struct rng *rng, size_t n, size_t *index)
{
    for (size_t i = 0; i < n; i++) {
        const size_t j = rng_between(rng, 0, i);
        index[i] = index[j];
        index[j] = i;
    }
}

void *allocate(size_t n, size_t bytes)
{
    void *memory = calloc(n, bytes);
    assert_non_null(memory);
    return memory;
}

/* ---- Comparisons ---- */

long double largest(size_t n, const long double *x)
{
    long double max = 0;
    for (size_t i = 0; i < n; i++)
        max = fmaxl(max, fabsl(x[i]));
    return max;
}

static bool comparable(size_t n, const long double *want, long double scale, long double tolerance)
{
    return largest(n, want) > 16 * tolerance * scale;
}

void assert_close(const char *what, size_t n, const long double *got, const long double *want,
                  long double scale, long double tolerance)
{
    if (!comparable(n, want, scale, tolerance))
        fail_msg("%s: a reference of at most %Lg at a scale of %Lg shows nothing", what,
                 largest(n, want), scale);
    for (size_t i = 0; i < n; i++)
        if (!(fabsl(got[i] - want[i]) <= tolerance * scale))
            fail_msg("%s: value %zu of %zu is %.20Lg, not %.20Lg; %Lg apart, %Lg allowed", what, i,
                     n, got[i], want[i], fabsl(got[i] - want[i]), tolerance * scale);
}

void assert_number_close(const char *what, long double got, long double want, long double scale,
                         long double tolerance)
{
    assert_close(what, 1, &got, &want, scale, tolerance);
}

/* ---- The oracle ---- */

const struct ending endings[7] = {
    {BPB_SIGMOID, BPB_SQUARED},       {BPB_TANH, BPB_SQUARED},    {BPB_RELU, BPB_SQUARED},
    {BPB_IDENTITY, BPB_SQUARED},      {BPB_SOFTMAX, BPB_SQUARED}, {BPB_SIGMOID, BPB_CROSS_ENTROPY},
    {BPB_SOFTMAX, BPB_CROSS_ENTROPY},
};
const bpb_activation activations[5] = {BPB_SIGMOID, BPB_TANH, BPB_RELU, BPB_IDENTITY, BPB_SOFTMAX};

static void take_options(struct oracle *oracle, const bpb_net_options *options)
{
    const size_t L = options->n_sizes - 1;
    assert_in_range(L, 1, ORACLE_LAYERS);
    *oracle = (struct oracle){.L = L, .loss = options->loss};
    for (size_t l = 0; l <= L; l++)
        oracle->n[l] = options->sizes[l];
    for (size_t l = 1; l <= L; l++) {
        const bpb_activation by_place = l == L ? options->output : options->hidden;
        oracle->g[l] = options->activations ? options->activations[l - 1] : by_place;
        oracle->P += (oracle->n[l - 1] + 1) * oracle->n[l];
    }
}

static long double *take(long double **next, size_t n)
{
    long double *taken = *next;
    *next += n;
    return taken;
}

void oracle_init(struct oracle *oracle, const bpb_net_options *options)
{
    take_options(oracle, options);
    size_t units = 0;
    for (size_t l = 0; l <= oracle->L; l++)
        units += oracle->n[l];
    long double *next = oracle->block = allocate(3 * oracle->P + 6 * units, sizeof *next);
    oracle->gradient = take(&next, oracle->P);
    oracle->scale = take(&next, oracle->P);
    oracle->theta = next;
    for (size_t l = 1; l <= oracle->L; l++) {
        oracle->W[l] = take(&next, oracle->n[l] * oracle->n[l - 1]);
        oracle->b[l] = take(&next, oracle->n[l]);
    }
    for (size_t l = 0; l <= oracle->L; l++) {
        oracle->z[l] = take(&next, oracle->n[l]);
        oracle->a[l] = take(&next, oracle->n[l]);
        oracle->de_da[l] = take(&next, oracle->n[l]);
        oracle->de_dz[l] = take(&next, oracle->n[l]);
        oracle->scale_da[l] = take(&next, oracle->n[l]);
        oracle->scale_dz[l] = take(&next, oracle->n[l]);
    }
}

void oracle_free(struct oracle *oracle)
{
    free(oracle->block);
    *oracle = (struct oracle){0};
}

size_t oracle_terms(const struct oracle *oracle, size_t B)
{
    size_t terms = B;
    for (size_t l = 0; l <= oracle->L; l++)
        terms += oracle->n[l];
    return terms;
}

/* z_i = sum_k W_ik a_k + b_i, of layer l */
static void affine(struct oracle *oracle, size_t l)
{
    for (size_t i = 0; i < oracle->n[l]; i++) {
        long double sum = 0;
        for (size_t k = 0; k < oracle->n[l - 1]; k++)
            sum += oracle->W[l][k * oracle->n[l] + i] * oracle->a[l - 1][k];
        oracle->z[l][i] = sum + oracle->b[l][i];
    }
}

/* g_l(z)_i */
static long double activation(const struct oracle *oracle, size_t l, size_t i)
{
    const long double z = oracle->z[l][i];
    switch (oracle->g[l]) {
    case BPB_SIGMOID:
        return 1 / (1 + expl(-z));
    case BPB_TANH:
        return tanhl(z);
    case BPB_RELU:
        return fmaxl(z, 0);
    case BPB_IDENTITY:
        return z;
    default: /* softmax: the oracle knows these five */
        break;
    }
    long double sum = 0;
    for (size_t k = 0; k < oracle->n[l]; k++)
        sum += expl(oracle->z[l][k] - z);
    return 1 / sum;
}

/* da_i/dz_k of layer l */
static long double jacobian(const struct oracle *oracle, size_t l, size_t i, size_t k)
{
    const long double *a = oracle->a[l];
    if (i != k)
        return oracle->g[l] == BPB_SOFTMAX && !oracle->diagonal ? -a[i] * a[k] : 0;
    switch (oracle->g[l]) {
    case BPB_SIGMOID:
    case BPB_SOFTMAX:
        return a[i] * (1 - a[i]);
    case BPB_TANH:
        return 1 - a[i] * a[i];
    case BPB_RELU:
        return oracle->z[l][i] > 0;
    default:
        break;
    }
    return 1;
}

/* e's part of output a and target t */
static long double loss_of(const struct oracle *oracle, long double a, long double t)
{
    if (oracle->loss == BPB_SQUARED)
        return (a - t) * (a - t) / 2;
    if (oracle->g[oracle->L] == BPB_SOFTMAX)
        return -t * logl(a);
    return -(t * logl(a) + (1 - t) * log1pl(-a));
}

/* de/da */
static long double dloss_of(const struct oracle *oracle, long double a, long double t)
{
    if (oracle->loss == BPB_SQUARED)
        return a - t;
    if (oracle->g[oracle->L] == BPB_SOFTMAX)
        return -t / a;
    return -t / a + (1 - t) / (1 - a);
}

static void forward_sample(struct oracle *oracle, const long double *x)
{
    memcpy(oracle->a[0], x, oracle->n[0] * sizeof *x);
    for (size_t l = 1; l <= oracle->L; l++) {
        affine(oracle, l);
        for (size_t i = 0; i < oracle->n[l]; i++) {
            oracle->a[l][i] = activation(oracle, l, i);
            if (oracle->g[l] == BPB_RELU)
                oracle->kink = fminl(oracle->kink, fabsl(oracle->z[l][i]));
        }
    }
}

static long double square(long double x)
{
    return x * x;
}

/* de/dz_k = sum_i de/da_i da_i/dz_k, of layer l */
static void through_activation(struct oracle *oracle, size_t l)
{
    for (size_t k = 0; k < oracle->n[l]; k++) {
        long double sum = 0, squares = 0;
        for (size_t i = 0; i < oracle->n[l]; i++) {
            const long double da_dz = jacobian(oracle, l, i, k);
            sum += oracle->de_da[l][i] * da_dz;
            squares += square(oracle->scale_da[l][i] * da_dz);
        }
        oracle->de_dz[l][k] = sum;
        oracle->scale_dz[l][k] = sqrtl(squares);
    }
}

/* de/da_k of layer l - 1 = sum_i de/dz_i dz_i/da_k, dz_i/da_k = W_ik of layer l */
static void through_weights(struct oracle *oracle, size_t l)
{
    for (size_t k = 0; k < oracle->n[l - 1]; k++) {
        const long double *dz_da = oracle->W[l] + k * oracle->n[l];
        long double sum = 0, squares = 0;
        for (size_t i = 0; i < oracle->n[l]; i++) {
            sum += oracle->de_dz[l][i] * dz_da[i];
            squares += square(oracle->scale_dz[l][i] * dz_da[i]);
        }
        oracle->de_da[l - 1][k] = sum;
        oracle->scale_da[l - 1][k] = sqrtl(squares);
    }
}

/* Add de/dtheta to the gradient: de/dW_ik = de/dz_i a_k, de/db_i = de/dz_i. */
static void add_gradient(struct oracle *oracle)
{
    long double *gradient = oracle->gradient, *scale = oracle->scale;
    for (size_t l = 1; l <= oracle->L; l++)
        for (size_t k = 0; k <= oracle->n[l - 1]; k++) {
            const long double a = k < oracle->n[l - 1] ? oracle->a[l - 1][k] : 1;
            for (size_t i = 0; i < oracle->n[l]; i++) {
                *gradient++ += oracle->de_dz[l][i] * a;
                *scale++ += oracle->scale_dz[l][i] * fabsl(a);
            }
        }
}

/* e of the sample that was passed forward, and its gradient added. */
static long double backward_sample(struct oracle *oracle, const long double *t)
{
    const size_t L = oracle->L;
    long double e = 0;
    for (size_t i = 0; i < oracle->n[L]; i++) {
        e += loss_of(oracle, oracle->a[L][i], t[i]);
        oracle->de_da[L][i] = dloss_of(oracle, oracle->a[L][i], t[i]);
        oracle->scale_da[L][i] = fabsl(oracle->de_da[L][i]);
    }
    for (size_t l = L; l >= 1; l--) {
        through_activation(oracle, l);
        through_weights(oracle, l);
    }
    add_gradient(oracle);
    return e;
}

long double oracle_batch(struct oracle *oracle, size_t B, const long double *X,
                         const long double *T, long double *Y)
{
    const size_t n_in = oracle->n[0], n_out = oracle->n[oracle->L];
    long double e = 0;
    memset(oracle->gradient, 0, oracle->P * sizeof *oracle->gradient);
    memset(oracle->scale, 0, oracle->P * sizeof *oracle->scale);
    oracle->kink = INFINITY;
    for (size_t j = 0; j < B; j++) {
        forward_sample(oracle, X + j * n_in);
        if (Y)
            memcpy(Y + j * n_out, oracle->a[oracle->L], n_out * sizeof *Y);
        e += backward_sample(oracle, T + j * n_out);
    }
    for (size_t i = 0; i < oracle->P; i++) {
        oracle->gradient[i] /= B;
        oracle->scale[i] /= B;
    }
    return e / B;
}

void oracle_step(struct oracle *oracle, const bpb_sgd_rule *rule)
{
    const long double eta = rule->eta, decay = rule->decay;
    const long double *gradient = oracle->gradient;
    for (size_t l = 1; l <= oracle->L; l++) {
        for (size_t i = 0; i < oracle->n[l] * oracle->n[l - 1]; i++)
            oracle->W[l][i] -= eta * (*gradient++ + decay * oracle->W[l][i]);
        for (size_t i = 0; i < oracle->n[l]; i++)
            oracle->b[l][i] -= eta * (*gradient++ + rule->decay_biases * decay * oracle->b[l][i]);
    }
}

/* Part p = 0 .. 2L-1 of a vector laid out as theta: W_1, b_1, ... */
struct part {
    size_t first, n;
};

static struct part part_of(const struct oracle *oracle, size_t p)
{
    const size_t l = p / 2 + 1;
    const long double *start = p % 2 ? oracle->b[l] : oracle->W[l];
    const size_t n = p % 2 ? oracle->n[l] : oracle->n[l] * oracle->n[l - 1];
    return (struct part){(size_t)(start - oracle->theta), n};
}

bool theta_comparable(const struct oracle *oracle, const long double *want,
                      const long double *scale, long double tolerance)
{
    for (size_t p = 0; p < 2 * oracle->L; p++) {
        const struct part part = part_of(oracle, p);
        const long double of_part = largest(part.n, scale + part.first);
        if (!comparable(part.n, want + part.first, of_part, tolerance))
            return false;
    }
    return true;
}

void assert_theta_close(const struct oracle *oracle, const char *what, const long double *got,
                        const long double *want, const long double *scale, long double tolerance)
{
    for (size_t p = 0; p < 2 * oracle->L; p++) {
        const struct part part = part_of(oracle, p);
        char name[128];
        snprintf(name, sizeof name, "%s: %c_%zu", what, p % 2 ? 'b' : 'W', p / 2 + 1);
        assert_close(name, part.n, got + part.first, want + part.first,
                     largest(part.n, scale + part.first), tolerance);
    }
}
